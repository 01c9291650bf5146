"""Covering models in which a site serves only so many people: flows of people from demands to open sites.

The people of one demand may go to different sites. Which sites to open is solved first; among them people
then go so that as many are served with the least travel in all.
"""

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, vstack

from gis.errors import InfeasibleError
from planner.siting_conflicts import contradiction, flows
from planner.siting_covering import chosen_columns, refuse_unreachable
from planner.siting_highs import Linear, minimise
from planner.siting_problem import Bools, Floats, Ints, Siting, SitingProblem, with_flow


def most_served(problem: SitingProblem, new: int | None, *, gap: float, time_limit_s: float) -> Siting:
    """Return the sites that serve most people, of a checked problem with capacities."""
    linear = _model(problem, new)
    found = minimise(linear, time_limit_s=time_limit_s, gap=gap)
    if found.status == "infeasible":
        raise contradiction(problem, new)
    pairs, sites = problem.reach.nnz, len(problem.existing)
    opened = chosen_columns(replace(found, values=found.values[pairs:]), sites, time_limit_s)
    owner, served = _flow(problem, linear, opened)
    reached = float(served.sum())
    limits = (reached, max(reached, -found.bound))
    return with_flow(problem, "mclp", opened, (owner, served), limits=limits)


def fewest_with_capacity(
    problem: SitingProblem, *, reachable_only: bool, gap: float, time_limit_s: float
) -> Siting:
    """Return the fewest (or cheapest) sites that serve everybody, of a checked problem with capacities.

    Raises
    ------
    InfeasibleError
        A demand is out of reach of every site, or all sites together are too small.
    """
    if not reachable_only:
        refuse_unreachable(problem)
    lost = np.diff(problem.reach.indptr) == 0
    problem = replace(problem, weight=np.where(lost, 0.0, problem.weight))
    pairs, many = problem.reach.nnz, len(problem.weight)
    linear = _model(problem, None)
    low = linear.low.copy()
    low[:many] = problem.weight
    cost = np.concatenate([np.zeros(pairs), problem.cost_of_sites()])
    linear = replace(linear, low=low, cost=cost)
    found = minimise(linear, time_limit_s=time_limit_s, gap=gap)
    if found.status == "infeasible":
        raise _too_small(problem, time_limit_s)
    values = replace(found, values=found.values[pairs:])
    opened = chosen_columns(values, len(problem.existing), time_limit_s)
    flow = _flow(problem, linear, opened)
    spent = float(problem.cost_of_sites()[opened].sum())
    return with_flow(problem, "lscp", opened, flow, limits=(spent, min(spent, found.bound)))


def _model(problem: SitingProblem, new: int | None) -> Linear:
    """Return the model of most people served; columns as in `flows`."""
    matrix, caps = flows(problem)
    pairs, sites = problem.reach.nnz, len(problem.existing)
    row = np.repeat(np.arange(len(problem.weight)), np.diff(problem.reach.indptr))
    county = problem.group_of_demands()[row]
    rows, most = [matrix], [caps]
    if new is not None:
        rows.append(csr_array(np.concatenate([np.zeros(pairs), 1.0 * ~problem.existing])[None]))
        most.append(np.array([float(new)]))
    if problem.budget_yuan is not None:
        unit = max(1.0, float(problem.cost_of_sites().max()))
        rows.append(csr_array(np.concatenate([np.zeros(pairs), problem.cost_of_sites() / unit])[None]))
        most.append(np.array([problem.budget_yuan / unit]))
    for number, asked in enumerate([] if problem.floors is None else problem.floors.tolist()):
        rows.append(csr_array(np.concatenate([-1.0 * (county == number), np.zeros(sites)])[None]))
        most.append(np.array([-asked]))
    stacked = csr_array(vstack(rows, format="csr"))
    return Linear(
        np.concatenate([-np.ones(pairs), np.zeros(sites)]),
        stacked,
        np.full(stacked.shape[0], -np.inf),
        np.concatenate(most),
        np.concatenate([problem.weight[row], np.ones(sites)]),
        np.arange(pairs + sites) >= pairs,
        np.concatenate([np.zeros(pairs), problem.existing.astype(np.float64)]),
    )


def _flow(problem: SitingProblem, linear: Linear, opened: Ints) -> tuple[Ints, Floats]:
    """Return owner and people served of each demand when these sites are open, with the least travel."""
    pairs, sites = problem.reach.nnz, len(problem.existing)
    is_open = np.zeros(sites)
    is_open[opened] = 1.0
    fixed = replace(
        linear,
        cost=np.concatenate([-np.ones(pairs), np.zeros(sites)]),
        most=np.concatenate([linear.most[:pairs], is_open]),
        least=np.concatenate([np.zeros(pairs), is_open]),
        whole=np.zeros(pairs + sites, dtype=bool),
    )
    served = -minimise(fixed, time_limit_s=np.inf).objective
    total = csr_array(np.concatenate([np.ones(pairs), np.zeros(sites)])[None])
    shortest = replace(
        fixed,
        cost=np.concatenate([problem.reach.data, np.zeros(sites)]),
        matrix=csr_array(vstack([linear.matrix, total], format="csr")),
        low=np.append(linear.low, served * (1 - 1e-9)),
        high=np.append(linear.high, np.inf),
    )
    people = np.round(minimise(shortest, time_limit_s=np.inf).values[:pairs], 6)
    return _by_demand(problem, people, people > 0)


def _by_demand(problem: SitingProblem, people: Floats, used: Bools) -> tuple[Ints, Floats]:
    row = np.repeat(np.arange(len(problem.weight)), np.diff(problem.reach.indptr))[used]
    site, people = problem.reach.indices[used], people[used]
    served: Floats = np.bincount(row, weights=people, minlength=len(problem.weight)).astype(float)
    order = np.lexsort((site, -people, row))
    first = order[np.unique(row[order], return_index=True)[1]]
    owner = np.full(len(problem.weight), -1, dtype=np.int64)
    owner[row[first]] = site[first]
    return owner, served


def _too_small(problem: SitingProblem, time_limit_s: float) -> InfeasibleError:
    """Return the error that says how many people all sites together cannot serve."""
    everything = _model(problem, None)
    found = minimise(everything, time_limit_s=time_limit_s)
    people = float(problem.weight.sum())
    served = -found.objective
    return InfeasibleError(
        [f"{people:,.0f} people are to be served, all sites together serve {served:,.0f} of them"],
        [f"add {people - served:,.0f} places at sites in their reach", "allow a longer time or distance"],
    )
