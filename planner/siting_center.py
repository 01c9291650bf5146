"""Shortest longest way (p-centre): the least cost within which so few sites can cover everybody.

A bisection over the costs that occur, each question a set cover (Minieka 1970). The least costs of the
demands bound the answer from below, a farthest-first choice from above.
"""

import numpy as np
from scipy.sparse import csr_array

from gis.errors import DomainError
from planner.siting_conflicts import too_few
from planner.siting_covering import refuse_unreachable, smallest_cover
from planner.siting_models import covered_by
from planner.siting_problem import Ints, Siting, SitingProblem, answer, nearest_open
from planner.siting_reductions import classes_of


def shortest_longest(problem: SitingProblem, new: int, *, time_limit_s: float) -> Siting:
    """Return the sites from which the farthest demand with people is nearest, of a checked problem.

    Parameters
    ----------
    time_limit_s
        Solver seconds of each set cover; one that stays open ends the search with the bound so far.

    Raises
    ------
    InfeasibleError
        Somebody is out of reach of every site, or so few sites cannot reach everybody.
    DomainError
        No choice that reaches everybody was found in the time given.
    """
    refuse_unreachable(problem)
    new = min(new, int((~problem.existing).sum()))
    chosen = _farthest_first(problem, new)
    high = _longest(problem, chosen)
    if not np.isfinite(high):
        chosen, needed = _cover(problem, np.inf, time_limit_s)
        if needed > new:
            raise too_few(new, int(needed))
        if len(chosen) > new:
            raise DomainError(f"No {new} sites that reach everybody were found; allow more time or sites.")
        high = _longest(problem, chosen)
    low = _longest(problem, np.arange(len(problem.existing)))
    costs = np.unique(problem.reach.data[(problem.reach.data >= low) & (problem.reach.data <= high)])
    first, last = 0, len(costs) - 1  # the answer is costs[first] or more, costs[last] can be had
    while first < last:
        middle = (first + last) // 2
        found, needed = _cover(problem, costs[middle], time_limit_s)
        if len(found) <= new:
            chosen = found
            last = int(np.searchsorted(costs, _longest(problem, chosen)))
        elif needed > new:
            first = middle + 1
        else:
            break
    opened = np.union1d(np.flatnonzero(problem.existing), chosen)
    longest = _longest(problem, opened)
    bound = float(costs[first]) if len(costs) else longest
    return answer(problem, "pcenter", opened, objective=longest, bound=bound)


def _farthest_first(problem: SitingProblem, new: int) -> Ints:
    """Return a choice that opens, again and again, the nearest site of the demand that is worst off."""
    chosen, reach = np.flatnonzero(problem.existing), problem.reach
    for _ in range(new):
        _, cost = nearest_open(reach, chosen)
        worst = int(np.where(problem.weight > 0, cost, -1.0).argmax())
        cells = slice(reach.indptr[worst], reach.indptr[worst + 1])
        if cells.start == cells.stop:
            break
        chosen = np.union1d(chosen, reach.indices[cells][reach.data[cells].argmin()])
    return chosen[~problem.existing[chosen]].astype(np.int64)


def _longest(problem: SitingProblem, chosen: Ints) -> float:
    opened = np.union1d(np.flatnonzero(problem.existing), chosen)
    _, cost = nearest_open(problem.reach, opened)
    return float(cost[problem.weight > 0].max(initial=0.0))


def _cover(problem: SitingProblem, limit: float, time_limit_s: float) -> tuple[Ints, float]:
    """Return new sites that cover everybody within a cost, and how few would never do."""
    reach = problem.reach
    row = np.repeat(np.arange(reach.shape[0]), np.diff(reach.indptr))
    near = reach.data <= limit
    within = csr_array((reach.data[near], (row[near], reach.indices[near])), shape=reach.shape)
    open_demand = (problem.weight > 0) & ~covered_by(within, problem.existing)
    group = np.zeros(len(problem.weight), dtype=np.int64)
    classes = classes_of(within, problem.weight, group, open_demand)
    return smallest_cover(classes.cover, np.ones(reach.shape[1]), gap=0.0, time_limit_s=time_limit_s)
