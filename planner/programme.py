"""The renovation programme: which homes in which year, solved exactly.

The model. x[i, t] is 1 when home i is done in year t. Maximise the sum of discount[t] * score[i] * x[i, t]
(the discounted need met) so that every home is done at most once, every year has its number of homes
(exactly, or at most), keeps its budget, and gives every county a number between its quotas. Homes already
promised are fixed to their year or kept out.

Why it is exact although only a small part is ever handed to the solver:

1. Alike and dominated homes: `planner.classes`.
2. Prices. The dual values of the linear relaxation price a place, a yuan and a county's place in each
   year. For any prices of the right sign the value of a home in a year is
   v[i, t] = discount[t] * score[i] - yuan[t] * cost[i] - place[t] - county[k(i), t], and no plan is worth
   more than U = the priced limits + the sum over homes of the best of 0 and max v[i, .]. U is computed
   here from the prices, so the proof does not rest on the solver's tolerances.
3. The core. A plan in which some home uses an option that is worth less than its best by more than r is
   worth less than U - r. So the solver only sees the options within r of the best; with z the best
   plan it finds there and b its bound, no plan at all is worth more than max(b, U - r). The core grows
   until that meets z within the gap, or the time is up; objective, bound and gap are then what is proved.

Ties: homes that are alike are served in the order of their uid, in the earliest years first. Input is
sorted by uid before anything else, so the order of the rows changes nothing.

With crews (`Problem.works`) homes of one place share their visits, and `planner.pool` solves the
programme to a proved gap instead.

Raising the score of a home never delays it while the limits stay: a plan with it later gained less by the
raise than the plan that was best before. (A raise may change its cost or the quotas; that is another
problem.) Arrays are read only and never changed; nothing here knows a person.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gis.errors import DomainError
from planner.baseline import broken_limits
from planner.classes import Bools, Classes, Floats, Ints, alike, undominated
from planner.conflicts import contradiction, limits_of
from planner.model import Answer, Columns, Limits, every_column, must_serve, run
from planner.pool import least_excess, plan_worth, search
from planner.problem import FREE, IN, LEFT_OUT, OUT, Problem, check
from planner.visits import SHORT, YUAN, beyond, broken_rows

__all__ = ["FREE", "IN", "LEFT_OUT", "OUT", "Plan", "Prices", "Problem", "solve"]

PROVED_GAP = 1e-9
BROKEN = "The solved programme breaks a limit; this is a fault of the program, report it."
FIRST_RADIUS = 5e-4  # of the highest score: the first core
CORE_SHARE = 0.3  # of the time left that one core may take, so that another can follow

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Prices:
    """What one more unit of a limit is worth at the optimum of the linear relaxation, in points.

    Attributes
    ----------
    place, yuan
        Of one place and of one yuan in each year, shape (t,).
    county
        Of a place of a county in a year, shape (k, t): above 0 the most binds, below 0 the least.
    limits
        Of one unit of each limit of `Problem.works`, shape (limits, t); empty without crews.
    """

    place: Floats
    yuan: Floats
    county: Floats
    limits: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def worth(self, problem: Problem) -> Floats:
        """Return what each home adds in each year beyond the prices it uses, before travel, shape (n, t)."""
        worth: Floats = (
            problem.score[:, None] * problem.discount
            - problem.cost[:, None] * self.yuan
            - self.place
            - self.county[problem.county]
        )
        if problem.works is not None:
            for limit, price in zip(problem.works.limits, self.limits, strict=True):
                worth -= limit.home[:, None] * price
        return worth


@dataclass(frozen=True)
class Plan:
    """The solved programme.

    Attributes
    ----------
    year
        Position of the year of each home, LEFT_OUT where it has none; in the order of `Problem.uids`.
    objective, bound
        Discounted need met (less travel, where there are crews), and the most that any plan can meet.
    gap
        (bound - objective) / objective; 0.0 exactly when the plan is proved best within 1e-9.
    offered
        Homes and home-years that the last core held, of those that were free.
    """

    year: Ints
    objective: float
    bound: float
    gap: float
    prices: Prices
    offered: tuple[int, int]

    @property
    def proved(self) -> bool:
        """Whether no plan can be better by more than one part in a thousand million."""
        return self.gap <= PROVED_GAP


def solve(
    problem: Problem, *, gap: float = 0.0, time_limit_s: float = 60.0, progress: Progress | None = None
) -> Plan:
    """Return the best programme.

    Parameters
    ----------
    gap
        Relative gap at which to stop; 0 asks for the proved optimum.
    time_limit_s
        Solver seconds; when they are up the best plan so far is returned with its proved gap.
    progress
        Told a word and a share between 0 and 1.

    Raises
    ------
    DomainError
        The problem contradicts itself (lengths, negative values, repeated uids), or no plan was found
        in the time given.
    EmptyLayerError
        There are no homes.
    InfeasibleError
        No plan keeps all the limits; it names the contradicting ones and the cheapest ways out.
    """
    check(problem)
    tell = progress or (lambda _word, _share: None)
    tell("reduce", 0.0)
    if problem.works is not None:
        return _with_crews(problem, gap=gap, time_limit_s=time_limit_s)
    limits, free = _without_promised(problem)
    classes = alike(problem.county, problem.score, problem.cost, problem.fixed == IN, free)
    kept = classes.subset(undominated(classes, limits.quota_max.sum(axis=1).astype(np.int64)))
    tell("price", 0.1)
    columns = every_column(kept, problem.years)
    gains = kept.score[columns.number] * problem.discount[columns.year]
    relaxed = run(
        kept, columns, gains, limits, least=must_serve(kept), whole=False, time_limit_s=time_limit_s
    )
    if relaxed.status == "infeasible":
        raise contradiction(problem)
    prices = Prices(relaxed.homes_price, relaxed.yuan_price, relaxed.county_price)
    core = _Core(kept, limits, problem.discount, prices)
    promised = float(_worth_of(problem, problem.fixed))
    found = core.search(promised, max(gap, PROVED_GAP), time_limit_s - relaxed.seconds, tell)
    if found is None:
        if core.bound == -np.inf:
            raise contradiction(problem)
        raise DomainError(f"No plan was found in {time_limit_s:.0f} s; give the solver more time.")
    year = _by_uid(problem, kept, found)
    if broken_limits(problem, year):
        raise DomainError(BROKEN)
    objective = float(_worth_of(problem, year))
    bound = max(objective, core.bound + promised)
    relative = (bound - objective) / max(abs(objective), 1e-12)
    tell("done", 1.0)
    shown = 0.0 if relative <= PROVED_GAP else relative
    return Plan(year, objective, objective if shown == 0 else bound, shown, prices, core.offered)


def _with_crews(problem: Problem, *, gap: float, time_limit_s: float) -> Plan:
    found = search(problem, gap=gap, time_limit_s=time_limit_s)
    if found.excess.max(initial=0.0) > SHORT:
        least = least_excess(problem, time_limit_s=time_limit_s)
        if least.max() > SHORT:
            raise beyond(problem, least)
    if found.year is None:
        raise DomainError(f"No plan was found in {time_limit_s:.0f} s; give the solver more time.")
    if broken_rows(problem, found.year):
        raise DomainError(BROKEN)
    objective = plan_worth(problem, found.year)
    bound = max(objective, found.bound)
    relative = (bound - objective) / max(abs(objective), 1e-12)
    shown = 0.0 if relative <= PROVED_GAP else relative
    counties = len(problem.counties)
    prices = Prices(
        found.prices[0],
        np.maximum(0.0, found.prices[1]) / YUAN,
        found.prices[2 : 2 + counties],
        found.prices[2 + counties :],
    )
    return Plan(found.year, objective, bound, shown, prices, found.offered)


class _Core:
    """The options near their best by the prices, and what has been proved so far."""

    def __init__(self, classes: Classes, limits: Limits, discount: Floats, prices: Prices) -> None:
        self.classes, self.limits = classes, limits
        self.gains = classes.score[:, None] * discount
        worth = (
            self.gains - classes.cost[:, None] * prices.yuan - prices.place - prices.county[classes.county]
        )
        left_out = np.where(classes.must, -np.inf, 0.0)
        options = np.column_stack([worth, left_out])
        best = options.max(axis=1)
        self.loss = best[:, None] - options
        priced = (
            np.where(prices.place > 0, limits.homes_max, limits.homes_min) @ prices.place
            + limits.budget @ prices.yuan
            + (np.where(prices.county > 0, limits.quota_max, limits.quota_min) * prices.county).sum()
        )
        self.top = float(priced + best @ classes.count)
        self.bound = self.top
        self.offered = (0, 0)

    def search(self, promised: float, gap: float, seconds: float, tell: Progress) -> Ints | None:
        """Return homes served by class and year (m, t), or None; `bound` is then what is proved."""
        radius = FIRST_RADIUS * max(1.0, float(self.gains.max(initial=1.0)))
        served: Ints | None = None
        value, left, tries = -np.inf, seconds, 0
        widest = float(self.loss[np.isfinite(self.loss)].max(initial=0.0))
        while left > 0:
            tries += 1
            last = radius >= widest
            answer, candidate = self._within(radius, left if last else max(1.0, CORE_SHARE * left))
            left -= max(answer.seconds, 0.01)
            inside = self._bound_inside(answer)
            self.bound = min(self.bound, inside if last else max(inside, self.top - radius))
            if candidate is not None and float((candidate * self.gains).sum()) > value:
                served, value = candidate, float((candidate * self.gains).sum())
            if served is not None and self.bound - value <= gap * max(1.0, abs(value + promised)):
                break
            if last:
                break
            tell("prove", min(0.95, 0.2 + 0.1 * tries))
            needed = self.top - value if served is not None else np.inf
            radius = needed * (1 + 1e-9) if radius < needed < np.inf else 4 * radius
        return served

    def _within(self, radius: float, seconds: float) -> tuple[Answer, Ints | None]:
        near = self.loss <= radius
        years = self.limits.years
        single = near.sum(axis=1) == 1
        choice = self.loss.argmin(axis=1)
        sure = np.flatnonzero(single & (choice < years))
        served = np.zeros((len(choice), years), dtype=np.int64)
        served[sure, choice[sure]] = self.classes.count[sure]
        open_classes = self.classes.subset(~single)
        number, year = np.nonzero(near[~single, :years])
        sure_count = self.classes.count[sure].astype(np.float64)
        left = self.limits.less(self.classes.county[sure], choice[sure], sure_count, self.classes.cost[sure])
        least = np.where(near[~single, years], 0, open_classes.count)
        self.offered = (int(open_classes.count.sum()), len(year))
        answer = run(
            open_classes,
            Columns(number, year),
            self.gains[~single][number, year],
            left,
            least=least,
            whole=True,
            time_limit_s=seconds,
        )
        self._sure_value = float((served * self.gains).sum())
        if len(answer.values) == 0 and len(year) > 0:
            return answer, None
        if answer.status == "infeasible":
            return answer, None
        served[np.flatnonzero(~single)[number], year] = answer.values.astype(np.int64)
        return answer, served

    def _bound_inside(self, answer: Answer) -> float:
        return -np.inf if answer.status == "infeasible" else answer.bound + self._sure_value


def _without_promised(problem: Problem) -> tuple[Limits, Ints]:
    left = limits_of(problem)
    if min(left.homes_max.min(), left.budget.min(), left.quota_max.min()) < 0:
        raise contradiction(problem)
    order = np.argsort(np.asarray(problem.uids, dtype=str), kind="stable")
    return left, order[np.isin(problem.fixed[order], (FREE, IN))]


def _by_uid(problem: Problem, classes: Classes, served: Ints) -> Ints:
    year = np.where(problem.fixed >= 0, problem.fixed, LEFT_OUT)
    for number in np.flatnonzero(served.sum(axis=1)):
        years = np.repeat(np.arange(problem.years), served[number])
        year[classes.homes(int(number))[: len(years)]] = years
    return year


def _worth_of(problem: Problem, year: Ints) -> np.float64:
    chosen: Bools = year >= 0
    return np.float64(np.sum(problem.score[chosen] * problem.discount[year[chosen]]))
