"""The programme with crews, solved on a pool of homes that prices choose, with a bound over all homes.

1. A pool: the homes that look best for their score, cost and place.
2. The linear relaxation over the pool gives prices; `planner.visits.priced` turns them into a bound over
   *all* homes and names the homes that would be chosen at those prices. Those that are missing join the pool.
   This is column generation, and it ends when the relaxation meets the bound or nothing is missing.
   The limits may be broken at a dear price meanwhile, so that prices exist from the first round on; if the
   price is still paid in the end, no plan keeps the limits.
3. HiGHS solves the whole-number model over the options near their best at those prices, and then again around
   the plan it found, two years at a time, which a plan may only gain from.

The plan is checked against every limit. Its gap is against the bound over all homes and not against the
bound of the solver, which knows only the pool. The same input gives the same plan whenever a search
ends by its gap; a search that its time ends may differ from run to run.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import sparse

from planner.classes import Bools, Floats, Ints
from planner.pool_model import Model, model_of, upper_ends, years_of
from planner.problem import FREE, IN, OUT, Limit, Problem
from planner.siting_highs import Linear, minimise
from planner.visits import Priced, priced, rows_of, travel_points, works_of

ROUNDS = 25
CLOSE = 2e-4  # relative distance of relaxation and bound at which pricing ends
REACH = 3.0  # points below its price at which an option is still offered
SMALL = 200  # homes of a pool that are offered whole
FIRST_POOL = 1.5  # of the homes of all years


@dataclass(frozen=True)
class Pooled:
    """What was found.

    Attributes
    ----------
    year
        Of each home; None when no plan was found.
    bound
        No plan is worth more.
    prices, excess
        Of each row and year; by how much the last relaxation broke it.
    offered
        Homes of the pool, and home-years that the solver saw at last.
    """

    year: Ints | None
    bound: float
    prices: Floats
    excess: Floats
    offered: tuple[int, int]


class _Budget:
    """Solver seconds that are left."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds


def search(problem: Problem, *, gap: float, time_limit_s: float) -> Pooled:
    """Return the best plan found, and what no plan can exceed."""
    budget = _Budget(time_limit_s)
    rows = rows_of(problem)
    pool = first_pool(problem, rows)
    best: Priced | None = None
    prices = np.zeros((len(rows), problem.years))
    excess = prices
    for _ in range(ROUNDS):
        offer = model_of(problem, rows, np.flatnonzero(pool))
        share = 1.0 if best is None else 0.4
        relaxed = _relaxed(problem, offer, rows, budget, share=share)
        if len(relaxed[0]) == 0:
            break
        model, (values, value, here) = offer, relaxed
        excess = values[len(model.gains) - model.slack :].reshape(2, len(rows), problem.years).sum(axis=0)
        found = priced(problem, rows, here)
        if best is None or found.bound < best.bound:
            best, prices = found, here
        missing = (found.chosen >= 0) & ~pool
        close = best.bound - value <= CLOSE * abs(best.bound)
        if close or not missing.any() or budget.left < 0.6 * time_limit_s:
            break
        pool |= _joining(found, missing, pool)
    if best is None or excess.max(initial=0.0) > 1e-6:
        return Pooled(None, np.inf if best is None else best.bound, prices, excess, (int(pool.sum()), 0))
    year, offered = _whole(problem, model, values, found, budget=budget, gap=gap, bound=best.bound)
    return Pooled(year, best.bound, prices, excess, offered)


def least_excess(problem: Problem, *, time_limit_s: float) -> Floats:
    """Return the least by which the limits are broken whatever homes are chosen, shape (rows, t).

    All zero where the relaxation over all homes keeps them, or was not solved in the time.
    """
    rows = rows_of(problem)
    model = model_of(problem, rows, np.flatnonzero(problem.fixed != OUT))
    width = len(model.gains) - model.slack
    model.gains[:width] = 0.0
    values, _, _ = _relaxed(problem, model, rows, _Budget(time_limit_s), share=1.0)
    if len(values) == 0:
        return np.zeros((len(rows), problem.years))
    excess: Floats = values[width:].reshape(2, len(rows), problem.years).sum(axis=0)
    return excess


def first_pool(problem: Problem, rows: list[Limit]) -> Bools:
    """Return which homes the first relaxation is offered: those of much need for little money and travel."""
    works = works_of(problem)
    free = np.isin(problem.fixed, (FREE, IN))
    wanted = min(int(free.sum()), int(FIRST_POOL * problem.homes.sum()) + 1)
    value = problem.score - _yuan_price(problem, free) * problem.cost
    order = np.lexsort((-value, works.place))
    starts = np.searchsorted(works.place[order], np.arange(len(works.places)))
    early = order[np.arange(len(order)) - starts[works.place[order]] < 12]
    edge = 0.9 * np.partition(value[free], -wanted)[-wanted] if wanted else 0.0
    pull = np.bincount(
        works.place[early], weights=np.maximum(0.0, value[early] - edge), minlength=len(works.places)
    ).astype(np.float64)
    pull = pull - 0.6 * works.points_per_km * works.km
    value = np.where(free, value + 0.15 * np.clip(pull, -40, 40)[works.place], -np.inf)
    pool = problem.fixed != OUT
    pool &= problem.fixed != FREE
    best = np.argsort(-value, kind="stable")
    pool[best[:wanted]] = True
    for row in rows:
        if row.low.max() > 0:
            using = best[row.home[best] > 0]
            pool[using[: 20 + int(1.2 * row.low.sum())]] = True
    allowed: Bools = pool & (problem.fixed != OUT)
    return allowed


def _yuan_price(problem: Problem, free: Bools) -> float:
    # Points a yuan is worth when the money of all years buys the homes of all years.
    low, high, wanted = 0.0, 0.1, int(problem.homes.sum())
    for _ in range(30):
        middle = (low + high) / 2
        value = np.where(free, problem.score - middle * problem.cost, -np.inf)
        best = np.argpartition(-value, min(wanted, len(value) - 1))[:wanted]
        dear = problem.cost[best].sum() > problem.budget.sum()
        low, high = (middle, high) if dear else (low, middle)
    return high


def _joining(found: Priced, missing: Bools, pool: Bools) -> Bools:
    margin = found.worth.max(axis=1)
    joining: Bools = np.zeros(len(pool), dtype=bool)
    named = np.flatnonzero(missing)
    joining[named[np.argsort(-margin[named], kind="stable")[:1500]]] = True
    joining[np.argsort(np.where(pool, np.inf, -margin), kind="stable")[:150]] = True
    joining &= ~pool | missing
    return joining


def _relaxed(
    problem: Problem, model: Model, rows: list[Limit], budget: _Budget, *, share: float
) -> tuple[Floats, float, Floats]:
    width = len(model.gains)
    linear = Linear(
        -model.gains,
        model.matrix,
        model.low,
        model.high,
        upper_ends(problem, model),
        np.zeros(width, dtype=bool),
    )
    found = minimise(linear, time_limit_s=max(1.0, share * budget.left), interior=True)
    budget.left -= found.seconds
    if found.status != "optimal":
        return np.zeros(0), 0.0, np.zeros(0)
    prices = -found.row_dual[model.shared :].reshape(len(rows), problem.years)
    return found.values, -found.objective, prices


def _whole(
    problem: Problem,
    model: Model,
    values: Floats,
    found: Priced,
    *,
    budget: _Budget,
    gap: float,
    bound: float,
) -> tuple[Ints | None, tuple[int, int]]:
    years, size = problem.years, len(model.homes) * problem.years
    done = values[:size].reshape(-1, years)
    visits = values[size : len(model.gains) - model.slack].reshape(-1, years)
    at = np.searchsorted(model.places, works_of(problem).place[model.homes])
    promised = problem.fixed[model.homes] >= 0
    open_visit = visits > 1e-6
    open_visit[at[promised], problem.fixed[model.homes][promised]] = True
    near = (done > 1e-6) | (found.worth[model.homes] > -REACH)
    offered = (near & open_visit[at]) | promised[:, None]
    if len(model.homes) <= SMALL:
        offered, open_visit = np.ones_like(offered), np.ones_like(open_visit)
    solution = _offer(problem, model, offered, open_visit, budget=budget, share=0.7, gap=gap / 2, start=None)
    if solution is None:  # the options were too few: every one of the pool
        offered, open_visit = np.ones_like(offered), np.ones_like(open_visit)
        solution = _offer(
            problem, model, offered, open_visit, budget=budget, share=1.0, gap=gap / 2, start=None
        )
    if solution is None:
        return None, (len(model.homes), int(offered.sum()))
    pairs = list(combinations(range(years), 2)) if years > 2 else []
    for pair in pairs:
        year = years_of(problem, model, solution)
        worth = plan_worth(problem, year)
        if budget.left < 1.0 or bound - worth <= gap * abs(worth):
            break
        better = _around(problem, model, solution, near, pair=pair, budget=budget)
        if better is not None and plan_worth(problem, years_of(problem, model, better)) > worth:
            solution = better
    return years_of(problem, model, solution), (len(model.homes), int(offered.sum()))


def _around(
    problem: Problem, model: Model, solution: Floats, near: Bools, *, pair: tuple[int, int], budget: _Budget
) -> Floats | None:
    # The two years anew, with every place of the pool; the homes of the other years stay.
    years, size = problem.years, len(model.homes) * problem.years
    done = solution[:size].reshape(-1, years) > 0.5
    visits = solution[size : len(model.gains) - model.slack].reshape(-1, years) > 0.5
    other = np.ones(years, dtype=bool)
    other[list(pair)] = False
    kept = (done & other).max(axis=1)
    offered = np.where(other, done, near & ~kept[:, None]) | done
    opened = visits | ~other
    return _offer(problem, model, offered, opened, budget=budget, share=0.3, gap=1e-4, start=solution)


def _offer(
    problem: Problem,
    model: Model,
    offered: Bools,
    opened: Bools,
    *,
    budget: _Budget,
    share: float,
    gap: float,
    start: Floats | None,
) -> Floats | None:
    most = upper_ends(problem, model)
    most[: offered.size + opened.size] *= np.concatenate([offered.ravel(), opened.ravel()])
    use = np.flatnonzero(most[: len(model.gains) - model.slack] > 0)
    matrix = model.matrix[:, use]
    needed = (np.diff(matrix.indptr) > 0) | (model.low > 0)
    linear = Linear(
        -model.gains[use],
        sparse.csr_array(matrix[needed]),
        model.low[needed],
        model.high[needed],
        most[use],
        np.ones(len(use), dtype=bool),
    )
    begin = None if start is None else start[use]
    found = minimise(linear, time_limit_s=max(1.0, share * budget.left), gap=gap, start=begin)
    budget.left -= found.seconds
    if len(found.values) != len(use):
        return None
    solution = np.zeros(len(model.gains))
    solution[use] = np.round(found.values)
    return solution


def plan_worth(problem: Problem, year: Ints) -> float:
    """Return the discounted points a choice meets, less those its kilometres cost."""
    chosen = np.flatnonzero(year >= 0)
    met = float((problem.score[chosen] * problem.discount[year[chosen]]).sum())
    return met - travel_points(problem, year)
