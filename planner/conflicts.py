"""Why no programme keeps all its limits: the smallest set of them that contradicts, and the cheapest way out.

The set is found by a deletion filter: a limit whose removal leaves the rest contradictory is removed for
good, so that in the end every limit left is needed for the contradiction. Only costs matter here, hence
only the cheapest homes of each county are asked (`planner.classes` with all scores alike, which is exact).
Ways out are computed one kind at a time, since a department rarely may choose between money and quotas.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gis.errors import InfeasibleError
from planner.classes import Classes, alike, undominated
from planner.model import YUAN, Columns, Limits, Slack, every_column, must_serve, run
from planner.problem import FREE, IN, Problem

UNLIMITED = 1e9
SECONDS = 10.0


@dataclass(frozen=True)
class Limit:
    """One limit by its field in `Limits`, its place in that array, and its words."""

    field: str
    place: tuple[int, ...]
    words: str


def contradiction(problem: Problem) -> InfeasibleError:
    """Return the error that names the contradicting limits and the cheapest ways out.

    Parameters
    ----------
    problem
        A programme that no plan fits.
    """
    limits = limits_of(problem)
    classes = _cheapest(problem, limits)
    named = list(_named(problem, limits))
    for field in ("quota_max", "quota_min", "homes_max", "budget", "homes_min"):
        without = _without(limits, [limit for limit in named if limit.field == field])
        if not _fits(classes, without):
            limits = without
            named = [limit for limit in named if limit.field != field]
    for limit in list(named):
        without = _without(limits, [limit])
        if not _fits(classes, without):
            limits = without
            named.remove(limit)
    supply = int(np.isin(problem.fixed, (FREE, IN)).sum())
    words = [limit.words for limit in named]
    words.append(f"{supply} homes are free to choose from, each at most once")
    return InfeasibleError(words, ways_out(problem))


def ways_out(problem: Problem) -> list[str]:
    """Return the cheapest relaxation of each kind that makes the problem solvable, in words."""
    limits = limits_of(problem)
    classes = _cheapest(problem, limits)
    size, years, counties = len(classes.count), limits.years, len(limits.quota_max)
    quotas = size + 2 * years + np.arange(counties * years)
    kinds = {
        "money": (size + years + np.arange(years), np.full(years, -1.0)),
        "homes": (size + np.arange(years), np.ones(years)),
        "quota": (np.concatenate([quotas, quotas]), np.repeat([1.0, -1.0], counties * years)),
    }
    found = []
    for kind, (rows, adds) in kinds.items():
        units = _elastic(classes, limits, Slack(rows, adds, np.ones(len(rows))))
        if units is not None and units.sum() > 0:
            found.append(_in_words(problem, kind, units))
    return found


def limits_of(problem: Problem) -> Limits:
    """Return what is left of all limits after the promised homes; negative where promises exceed them."""
    homes = problem.homes.astype(np.float64)
    promised = np.flatnonzero(problem.fixed >= 0)
    left = Limits(
        np.zeros_like(homes) if problem.at_most else homes,
        homes,
        problem.budget.astype(np.float64),
        problem.quota_min.astype(np.float64),
        problem.quota_max.astype(np.float64),
    ).less(problem.county[promised], problem.fixed[promised], np.ones(len(promised)), problem.cost[promised])
    return replace(left, homes_min=np.maximum(0.0, left.homes_min), quota_min=np.maximum(0.0, left.quota_min))


def _cheapest(problem: Problem, limits: Limits) -> Classes:
    free = np.flatnonzero(np.isin(problem.fixed, (FREE, IN)))
    level = np.zeros_like(problem.score)
    classes = alike(problem.county, level, problem.cost, problem.fixed == IN, free)
    most = np.full(len(problem.counties), int(max(limits.homes_max.sum(), limits.homes_min.sum(), 0)))
    return classes.subset(undominated(classes, most))


def _named(problem: Problem, limits: Limits) -> Iterator[Limit]:
    for step in range(problem.years):
        year = problem.first_year + step
        if limits.homes_min[step] > 0:
            yield Limit("homes_min", (step,), f"{problem.homes[step]} homes in {year}")
        yield Limit("homes_max", (step,), f"at most {problem.homes[step]} homes in {year}")
        yield Limit("budget", (step,), f"{problem.budget[step]:,.0f} yuan in {year}")
        for place, county in enumerate(problem.counties):
            low, high = problem.quota_min[place, step], problem.quota_max[place, step]
            if limits.quota_min[place, step] > 0:
                yield Limit("quota_min", (place, step), f"at least {low} homes of {county} in {year}")
            yield Limit("quota_max", (place, step), f"at most {high} homes of {county} in {year}")


def _without(limits: Limits, removed: list[Limit]) -> Limits:
    for limit in removed:
        values = getattr(limits, limit.field).copy()
        values[limit.place] = 0.0 if limit.field.endswith("_min") else UNLIMITED
        limits = replace(limits, **{limit.field: values})
    return limits


def _fits(classes: Classes, limits: Limits) -> bool:
    return _elastic(classes, limits, None) is not None


def _elastic(classes: Classes, limits: Limits, slack: Slack | None) -> np.ndarray | None:
    columns: Columns = every_column(classes, limits.years)
    gains = np.zeros(len(columns.year))
    options = {} if slack is None else {"slack": slack}
    answer = run(
        classes,
        columns,
        gains,
        limits,
        least=must_serve(classes),
        whole=True,
        time_limit_s=SECONDS,
        **options,
    )
    if answer.status == "infeasible" or (answer.status == "limit" and len(answer.values) == 0):
        return None
    return answer.values[len(gains) :]


def _in_words(problem: Problem, kind: str, units: np.ndarray) -> str:
    years = range(problem.first_year, problem.first_year + problem.years)
    if kind == "money":
        parts = [f"{year}: {unit * YUAN:,.0f}" for year, unit in zip(years, units, strict=True) if unit > 0]
        return f"more yuan ({', '.join(parts)})"
    if kind == "homes":
        parts = [f"{year}: {unit:.0f}" for year, unit in zip(years, units, strict=True) if unit > 0]
        return f"fewer homes, as 'at most' allows ({', '.join(parts)})"
    lower, upper = units.reshape(2, len(problem.counties), problem.years)
    parts = [
        f"{county} {year}: {sign}{change[place, step]:.0f}"
        for sign, change in (("least -", lower), ("most +", upper))
        for place, county in enumerate(problem.counties)
        for step, year in enumerate(years)
        if change[place, step] > 0
    ]
    return f"other quotas ({', '.join(parts)})"
