"""Siting against every choice tried one by one, against spopt, and against its own laws."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gis.errors import InfeasibleError
from planner.siting import SitingProblem, solve_lscp, solve_mclp, solve_pcenter, solve_pmedian


def dense(costs, weight=None, existing=(), **limits):
    """Return a problem of a table of costs, in which inf means out of reach."""
    costs = np.asarray(costs, dtype=float)
    row, column = np.nonzero(np.isfinite(costs))
    reach = csr_array((costs[row, column], (row, column)), shape=costs.shape)
    weight = np.ones(len(costs)) if weight is None else np.asarray(weight, dtype=float)
    stands = np.zeros(costs.shape[1], dtype=bool)
    stands[list(existing)] = True
    return SitingProblem(reach, weight, stands, **limits)


@st.composite
def problems(draw, *, floors=False):
    """Draw up to seven demands and six sites, with up to one site that stands already."""
    rows, sites = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    cell = st.sampled_from([0.0, 1.0, 2.0, 3.0, 5.0, np.inf])
    costs = [[draw(cell) for _ in range(sites)] for _ in range(rows)]
    weight = [draw(st.integers(0, 9)) for _ in range(rows)]
    existing = draw(st.lists(st.integers(0, sites - 1), max_size=1))
    limits = {}
    if floors:
        limits["county"] = np.array([draw(st.integers(0, 1)) for _ in range(rows)])
        limits["floors"] = np.array([draw(st.integers(0, 8)) for _ in range(2)], dtype=float)
        limits["cost_yuan"] = np.array([draw(st.integers(1, 5)) for _ in range(sites)], dtype=float)
        limits["budget_yuan"] = float(draw(st.integers(0, 12)))
    return dense(costs, weight, existing, **limits)


def table(problem):
    costs = np.full(problem.reach.shape, np.inf)
    row = np.repeat(np.arange(len(costs)), np.diff(problem.reach.indptr))
    costs[row, problem.reach.indices] = problem.reach.data
    return costs


def choices(problem, most):
    """Yield every choice of new sites, with the existing ones."""
    stands = np.flatnonzero(problem.existing).tolist()
    free = np.flatnonzero(~problem.existing).tolist()
    for size in range(min(most, len(free)) + 1):
        for chosen in combinations(free, size):
            yield list(chosen), stands + list(chosen)


def reached(problem, opened):
    return np.isfinite(table(problem)[:, opened]).any(axis=1)


@given(problems(), st.integers(0, 4))
def test_most_people_are_reached_that_any_choice_reaches(problem, new):
    best = max(problem.weight[reached(problem, opened)].sum() for _, opened in choices(problem, new))
    found = solve_mclp(problem, new)
    assert found.objective == pytest.approx(best)
    assert found.proved
    assert len(found.new) <= new
    assert problem.weight[found.owner >= 0].sum() == found.objective


@given(problems(floors=True), st.integers(0, 4))
def test_budget_and_floors_are_kept_or_refused(problem, new):
    allowed = [
        problem.weight[got].sum()
        for chosen, opened in choices(problem, new)
        for got in [reached(problem, opened)]
        if problem.cost_yuan[chosen].sum() <= problem.budget_yuan
        and (np.bincount(problem.county[got], problem.weight[got], minlength=2) >= problem.floors).all()
    ]
    if not allowed:
        with pytest.raises(InfeasibleError):
            solve_mclp(problem, new)
        return
    found = solve_mclp(problem, new)
    assert found.objective == pytest.approx(max(allowed))
    assert problem.cost_yuan[found.new].sum() <= problem.budget_yuan


@given(problems())
def test_no_smaller_choice_reaches_everybody(problem):
    everybody = reached(problem, list(range(problem.reach.shape[1]))) & (problem.weight > 0)
    least = min(
        len(chosen) for chosen, opened in choices(problem, 9) if (reached(problem, opened) >= everybody).all()
    )
    found = solve_lscp(problem, reachable_only=True)
    assert (len(found.new), found.objective, found.gap) == (least, least, 0.0)
    assert (found.owner[everybody] >= 0).all()


def served(problem, opened):
    """Return whether everybody is reached, the travel in all, and the longest way."""
    counts = problem.weight > 0
    cost = table(problem)[counts][:, opened].min(axis=1, initial=np.inf)
    return bool(np.isfinite(cost).all()), (problem.weight[counts] * cost).sum(), cost.max(initial=0.0)


@given(problems(), st.integers(0, 4))
def test_travel_and_the_longest_way_are_the_least_of_all_choices(problem, new):
    every = [served(problem, opened) for _, opened in choices(problem, new)]
    travels = [travel for whole, travel, _ in every if whole]
    if not travels:
        for solve in (solve_pmedian, solve_pcenter):
            with pytest.raises(InfeasibleError):
                solve(problem, new)
        return
    median, centre = solve_pmedian(problem, new), solve_pcenter(problem, new)
    assert (median.objective, median.gap) == (pytest.approx(min(travels)), 0.0)
    assert (centre.objective, centre.gap) == (min(way for whole, _, way in every if whole), 0.0)
    assert max(len(median.new), len(centre.new)) <= new
