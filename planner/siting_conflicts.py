"""Why no choice of sites keeps all limits: who is out of reach, what contradicts, the cheapest way out.

The contradicting limits are found by a deletion filter: a limit without which the rest still contradicts is
dropped for good. Each way out changes one limit only, by the least that helps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from gis.errors import InfeasibleError
from planner.siting_highs import Linear, minimise
from planner.siting_problem import Floats, Ints, SitingProblem

SECONDS = 10.0  # of the solver, for each question
NAMED = 5  # demands that a message names


@dataclass(frozen=True)
class Limits:
    """Number of new sites, budget and floors of counties; None or 0 for no limit."""

    new: int | None
    budget_yuan: float | None
    floors: Floats


def unreachable(problem: SitingProblem, lost: Ints) -> InfeasibleError:
    """Return the error that names demands which no site reaches."""
    names = ", ".join(problem.demand_name(number) for number in lost[:NAMED].tolist())
    more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
    people = float(problem.weight[lost].sum())
    conflict = [f"everybody is to be reached, but no site reaches {names}{more} ({people:,.0f} people)"]
    ways = [
        "add candidate sites near them",
        "allow a longer time or distance",
        "ask only for the others",
    ]
    return InfeasibleError(conflict, ways)


def too_few(asked: int, needed: int) -> InfeasibleError:
    """Return the error of too few sites to reach everybody."""
    return InfeasibleError(
        [f"everybody is to be reached with {asked} new sites, at least {needed} are needed"],
        [f"allow {needed} new sites", "allow a longer time or distance"],
    )


def contradiction(problem: SitingProblem, new: int | None) -> InfeasibleError:
    """Return the error that names the contradicting limits of a most-reached model and the ways out.

    Parameters
    ----------
    problem
        One that no choice fits, without capacities or with them.
    new
        The most new sites.
    """
    floors = np.zeros(0) if problem.floors is None else problem.floors
    limits = Limits(new, problem.budget_yuan, floors)
    conflict = []
    for words, without in _each_dropped(problem, limits):
        weaker = _intersection(limits, without)
        if _least(problem, weaker, "any") is None:
            limits = weaker
        else:
            conflict.append(words)
    return InfeasibleError(conflict, list(_ways_out(problem, Limits(new, problem.budget_yuan, floors))))


def _each_dropped(problem: SitingProblem, limits: Limits) -> Iterator[tuple[str, Limits]]:
    if limits.budget_yuan is not None:
        yield f"at most {limits.budget_yuan:,.0f} yuan", replace(limits, budget_yuan=None)
    if limits.new is not None:
        yield f"at most {limits.new} new sites", replace(limits, new=None)
    for county in np.flatnonzero(limits.floors > 0).tolist():
        words = f"at least {limits.floors[county]:,.0f} people reached in {problem.county_name(county)}"
        yield words, replace(limits, floors=_changed(limits.floors, county, 0.0))


def _intersection(one: Limits, other: Limits) -> Limits:
    """Return the limits that stand in both."""
    return Limits(
        one.new if other.new is not None else None,
        one.budget_yuan if other.budget_yuan is not None else None,
        np.minimum(one.floors, other.floors),
    )


def _ways_out(problem: SitingProblem, limits: Limits) -> Iterator[str]:
    if limits.new is not None:
        needed = _least(problem, replace(limits, new=None), "sites")
        if needed is not None:
            yield f"allow {needed:,.0f} new sites"
    if limits.budget_yuan is not None:
        needed = _least(problem, replace(limits, budget_yuan=None), "yuan")
        if needed is not None:
            yield f"allow {needed:,.0f} yuan"
    for county in np.flatnonzero(limits.floors > 0).tolist():
        relaxed = replace(limits, floors=_changed(limits.floors, county, 0.0))
        reached = _least(problem, relaxed, f"people {county}")
        if reached is not None:
            yield f"ask for {np.floor(-reached + 1e-6):,.0f} people in {problem.county_name(county)}"


def _changed(floors: Floats, county: int, value: float) -> Floats:
    changed = floors.copy()
    changed[county] = value
    return changed


def _least(problem: SitingProblem, limits: Limits, aim: str) -> float | None:
    """Return the least of an aim under limits, None where nothing fits.

    The aim is `any`, `sites`, `yuan`, or `people k`, which is minus the people reached in county k.
    """
    matrix, caps = flows(problem)
    pairs, sites = problem.reach.nnz, len(problem.existing)
    new = np.concatenate([np.zeros(pairs), ~problem.existing])
    yuan = np.concatenate([np.zeros(pairs), problem.cost_of_sites()])
    row = np.repeat(np.arange(len(problem.weight)), np.diff(problem.reach.indptr))
    county = problem.group_of_demands()[row]
    people = [np.concatenate([-1.0 * (county == one), np.zeros(sites)]) for one in range(len(limits.floors))]
    rows = [new, yuan, *people]
    money = np.inf if limits.budget_yuan is None else limits.budget_yuan
    most = [np.inf if limits.new is None else limits.new, money, *(-limits.floors)]
    whole = np.vstack(rows)
    aims = {"any": np.zeros(pairs + sites), "sites": new, "yuan": yuan}
    aims |= {f"people {number}": values for number, values in enumerate(people)}
    linear = Linear(
        aims[aim],
        csr_array(vstack([matrix, csr_array(whole)], format="csr")),
        np.full(len(caps) + len(rows), -np.inf),
        np.concatenate([caps, most]),
        np.concatenate([np.full(pairs, np.inf), np.ones(sites)]),
        np.arange(pairs + sites) >= pairs,
        np.concatenate([np.zeros(pairs), problem.existing.astype(np.float64)]),
    )
    found = minimise(linear, time_limit_s=SECONDS)
    return float(found.objective) if len(found.values) else None


def flows(problem: SitingProblem) -> tuple[csr_array, Floats]:
    """Return rows and their upper limits of people going from demands to open sites.

    Columns are the pairs of `reach`, in its order, then the sites. Rows are: people of each demand, people
    of each pair only to an open site, and the capacity of each site where there is one.
    """
    pairs, sites = problem.reach.nnz, len(problem.existing)
    row = np.repeat(np.arange(len(problem.weight)), np.diff(problem.reach.indptr))
    site = problem.reach.indices
    each = np.arange(pairs)
    ones = np.ones(pairs)
    leave = csr_array((ones, (row, each)), shape=(len(problem.weight), pairs + sites))
    held = problem.weight[row]
    if problem.capacity is not None:
        held = np.minimum(held, problem.capacity[site])
    link = csr_array(
        (np.concatenate([ones, -held]), (np.tile(each, 2), np.concatenate([each, pairs + site]))),
        shape=(pairs, pairs + sites),
    )
    rows, most = [leave, link], [problem.weight, np.zeros(pairs)]
    if problem.capacity is not None:
        arrive = csr_array(
            (
                np.concatenate([ones, -problem.capacity]),
                (np.concatenate([site, np.arange(sites)]), np.concatenate([each, pairs + np.arange(sites)])),
            ),
            shape=(sites, pairs + sites),
        )
        rows.append(arrive)
        most.append(np.zeros(sites))
    return csr_array(vstack(rows, format="csr")), np.concatenate(most)
