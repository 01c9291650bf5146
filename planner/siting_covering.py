"""Covering models without capacities: most people reached (MCLP) and fewest sites for everybody (LSCP).

MCLP (Church and ReVelle 1974) with a number of sites alone: `planner.siting_core`; with a budget or floors
of counties HiGHS takes the model of people missed as it is. LSCP
(Toregas and others 1971) is the set cover left after reductions feed each other until nothing changes.
"""

import numpy as np
from scipy.sparse import csr_array

from gis.errors import DomainError
from planner.siting_conflicts import contradiction, unreachable
from planner.siting_core import best_choice
from planner.siting_highs import Found, Linear, minimise
from planner.siting_models import covered_by, mask, missed_model
from planner.siting_problem import Floats, Ints, Siting, SitingProblem, answer
from planner.siting_reductions import classes_of, undominated_classes, undominated_sites


def most_reached(problem: SitingProblem, new: int | None, *, gap: float, time_limit_s: float) -> Siting:
    """Return the sites that reach most people, of a checked problem without capacities."""
    held = covered_by(problem.reach, problem.existing)
    wanted = ~held & (problem.weight > 0)
    everywhere = classes_of(problem.reach, problem.weight, problem.group_of_demands(), wanted)
    cost = np.ones(len(problem.existing)) if problem.budget_yuan is None else problem.cost_of_sites()
    sites = undominated_sites(everywhere.cover, cost)
    classes = everywhere.on_sites(sites)
    if problem.budget_yuan is None and problem.floors is None and new is not None:
        chosen, most = best_choice(classes, min(new, len(sites)), gap=gap, time_limit_s=time_limit_s)
    else:
        caps = [] if new is None else [(np.ones(len(sites)), float(new))]
        caps += [] if problem.budget_yuan is None else [(cost[sites], problem.budget_yuan)]
        linear, _, alone = missed_model(classes, caps, problem.floors_beyond(held))
        found = minimise(linear, time_limit_s=time_limit_s, gap=gap)
        if found.status == "infeasible":
            raise contradiction(problem, new)
        chosen = chosen_columns(found, len(sites), time_limit_s)
        most = float(classes.weight.sum()) - alone - found.bound
    opened = np.union1d(np.flatnonzero(problem.existing), sites[chosen])
    reached = float(problem.weight[covered_by(problem.reach, mask(opened, len(problem.existing)))].sum())
    most += float(problem.weight[held].sum())
    return answer(problem, "mclp", opened, objective=reached, bound=max(reached, most))


def fewest_sites(problem: SitingProblem, *, reachable_only: bool, gap: float, time_limit_s: float) -> Siting:
    """Return the fewest (or cheapest) sites that reach everybody, of a checked problem without capacities.

    Raises
    ------
    InfeasibleError
        A demand is in reach of no site and `reachable_only` is false.
    """
    if not reachable_only:
        refuse_unreachable(problem)
    held = covered_by(problem.reach, problem.existing)
    group = np.zeros(len(held), dtype=np.int64)
    classes = classes_of(problem.reach, problem.weight, group, ~held & (problem.weight > 0))
    cost = problem.cost_of_sites()
    chosen, bound = smallest_cover(classes.cover, cost, gap=gap, time_limit_s=time_limit_s)
    return answer(problem, "lscp", chosen, objective=float(cost[chosen].sum()), bound=bound)


def smallest_cover(cover: csr_array, cost: Floats, *, gap: float, time_limit_s: float) -> tuple[Ints, float]:
    """Return the cheapest sites that cover every class, and the cost that no cover undercuts.

    Parameters
    ----------
    cover
        Shape (classes, sites), with ones; every class has a site.
    cost
        Of each site, 0 or more.

    Raises
    ------
    DomainError
        No cover was found in the time given.
    """
    sites, sure = np.arange(cover.shape[1]), np.zeros(0, dtype=np.int64)
    while cover.shape[0]:
        before = cover.shape
        kept = undominated_sites(cover, cost[sites])
        cover, sites = cover[:, kept], sites[kept]
        cover = cover[undominated_classes(cover)]
        single = np.unique(cover[np.diff(cover.indptr) == 1].indices)
        sure = np.append(sure, sites[single])
        cover = cover[~covered_by(cover, mask(single, len(sites)))]
        if cover.shape == before:
            break
    paid = float(cost[sure].sum())
    ones, free = np.ones(cover.shape[0]), np.full(cover.shape[0], np.inf)
    whole = np.ones(len(sites), dtype=bool)
    linear = Linear(cost[sites], csr_array(cover), ones, free, np.ones(len(sites)), whole)
    if cover.shape[0] == 0:
        return np.sort(sure), paid
    found = minimise(linear, time_limit_s=time_limit_s, gap=gap)
    chosen = np.append(sure, sites[chosen_columns(found, len(sites), time_limit_s)])
    bound = paid + found.bound
    if (cost == np.rint(cost)).all():
        bound = float(np.ceil(bound - 1e-6))
    return np.sort(chosen), bound


def refuse_unreachable(problem: SitingProblem) -> None:
    """Refuse a problem in which somebody lives out of reach of every site.

    Raises
    ------
    InfeasibleError
        It names the demands.
    """
    lost = np.flatnonzero((np.diff(problem.reach.indptr) == 0) & (problem.weight > 0))
    if len(lost):
        raise unreachable(problem, lost)


def chosen_columns(found: Found, sites: int, time_limit_s: float) -> Ints:
    """Return which of the first columns are 1.

    Raises
    ------
    DomainError
        There is no solution.
    """
    if len(found.values) == 0 and sites:
        raise DomainError(f"No choice of sites was found in {time_limit_s:.0f} s; give the solver more time.")
    return np.flatnonzero(found.values[:sites] > 0.5)
