"""Covering models without capacities: most people reached (MCLP) and fewest sites for everybody (LSCP).

MCLP (Church and ReVelle 1974) is solved by the people missed: z[c] is the share of class c that no open
site covers, and the sum of people x z is least with z[c] + sum of x over the sites of c >= 1. Only x must
be whole, since z follows. A class with a single site needs no z: its people are the site's own. LSCP
(Toregas and others 1971) is the set cover left after reductions feed each other until nothing changes.
"""

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from gis.errors import DomainError
from planner.siting_conflicts import contradiction, unreachable
from planner.siting_highs import Found, Linear, minimise
from planner.siting_problem import Bools, Floats, Ints, Siting, SitingProblem, answer
from planner.siting_reductions import Classes, classes_of, undominated_classes, undominated_sites
from planner.siting_swaps import best_by_swaps


def most_reached(problem: SitingProblem, new: int | None, *, gap: float, time_limit_s: float) -> Siting:
    """Return the sites that reach most people, of a checked problem without capacities."""
    held = covered_by(problem.reach, problem.existing)
    wanted = ~held & (problem.weight > 0)
    everywhere = classes_of(problem.reach, problem.weight, problem.group_of_demands(), wanted)
    cost = np.ones(len(problem.existing)) if problem.budget_yuan is None else problem.cost_of_sites()
    sites = undominated_sites(everywhere.cover, cost)
    classes = everywhere.on_sites(sites)
    least = problem.floors_beyond(held)
    start = None
    if problem.budget_yuan is None and problem.floors is None and new is not None:
        start = best_by_swaps(classes.cover, classes.weight, min(new, len(sites)))
    linear, alone = _missing(problem, classes, sites, (new, least))
    begin = None if start is None else _as_columns(linear, start)
    found = minimise(linear, time_limit_s=time_limit_s, gap=gap, start=begin)
    if found.status == "infeasible":
        raise contradiction(problem, new)
    chosen = chosen_columns(found, len(sites), time_limit_s)
    opened = np.union1d(np.flatnonzero(problem.existing), sites[chosen])
    reached = float(problem.weight[covered_by(problem.reach, _mask(opened, len(problem.existing)))].sum())
    most = float(problem.weight[held].sum() + classes.weight.sum()) - alone - found.bound
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
        cover = cover[~covered_by(cover, _mask(single, len(sites)))]
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


def covered_by(reach: csr_array, opened: Bools) -> Bools:
    """Return which rows of `reach` hold one of the open sites."""
    hits = np.concatenate([[0], np.cumsum(opened[reach.indices])])
    return np.asarray(hits[reach.indptr[1:]] > hits[reach.indptr[:-1]])


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


def _missing(
    problem: SitingProblem, classes: Classes, sites: Ints, limits: tuple[int | None, Floats]
) -> tuple[Linear, float]:
    """Return the model of people missed, and the people to add to its objective.

    Columns are the sites, then the classes with several sites. The people added are those of classes with
    a single site, which that site takes off again.
    """
    new, floors = limits
    width = len(sites)
    alone = (np.diff(classes.cover.indptr) == 1) & (len(floors) == 0)
    own = np.bincount(classes.cover[alone].indices, weights=classes.weight[alone], minlength=width)
    rest = np.flatnonzero(~alone)
    many = len(rest)
    rows, highs = [hstack([classes.cover[rest], eye_array(many)])], [np.full(many, np.inf)]
    cost_yuan = problem.cost_of_sites()[sites]
    for factor, most in ((np.ones(width), new), (cost_yuan, problem.budget_yuan)):
        if most is not None:
            unit = max(1.0, float(factor.max(initial=0.0)))
            rows.append(csr_array(np.concatenate([factor / unit, np.zeros(many)])[None]))
            highs.append(np.array([most / unit]))
    for county in np.flatnonzero(floors > 0):
        people = np.where(classes.group == county, classes.weight, 0.0)
        rows.append(csr_array(np.concatenate([np.zeros(width), people])[None]))
        highs.append(np.array([people.sum() - floors[county]]))
    matrix = csr_array(vstack(rows, format="csr"))
    low = np.where(np.arange(matrix.shape[0]) < many, 1.0, -np.inf)
    cost = np.concatenate([-own, classes.weight[rest]])
    whole = np.arange(width + many) < width
    return Linear(cost, matrix, low, np.concatenate(highs), np.ones(width + many), whole), float(own.sum())


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


def _as_columns(linear: Linear, start: Ints) -> Floats:
    """Return the columns of a choice of sites: each class missed that it does not cover."""
    width = int(linear.whole.sum())
    values = np.zeros(len(linear.cost))
    values[start] = 1.0
    many = len(values) - width
    values[width:] = ~covered_by(csr_array(linear.matrix[:many, :width]), values[:width] > 0)
    return values


def _mask(places: Ints, size: int) -> Bools:
    mask = np.zeros(size, dtype=bool)
    mask[places] = True
    return mask
