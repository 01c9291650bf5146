"""A programme with crews: visits are shared, every limit holds, and the bound is above every choice."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import DomainError, InfeasibleError
from planner.pool import plan_worth
from planner.problem import FREE, IN, LEFT_OUT, OUT, Limit, Works
from planner.programme import solve
from planner.visits import broken_rows, priced, rows_of, travelled_km, visited
from tests.planner.towns import problem

few = settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def with_crews(asked, place, km, *limits, points_per_km=1.0):
    """The programme with crews that visit places."""
    place, size = np.array(place, dtype=np.int64), len(asked.uids)
    km = np.array(km, dtype=float)
    names = tuple(f"v{number}" for number in range(len(km)))
    days = np.ones(size)
    return replace(
        asked, works=Works(place, names, km, points_per_km, limits, days, np.zeros(size, dtype=bool))
    )


def of_days(asked, places, high, *, each=0.0):
    """A limit of crew days: one a home and `each` a visit."""
    years = asked.years
    return Limit(
        "days", np.ones(len(asked.uids)), np.full(places, each), np.zeros(years), np.full(years, high)
    )


def choices(asked):
    """Every choice of years that keeps all limits and promises."""
    for choice in product(range(-1, asked.years), repeat=len(asked.uids)):
        year, fixed = np.array(choice), asked.fixed
        wrong = (
            ((fixed >= 0) & (year != fixed)) | ((fixed == OUT) & (year >= 0)) | ((fixed == IN) & (year < 0))
        )
        if not wrong.any() and not broken_rows(asked, year):
            yield year


@st.composite
def tiny(draw):
    size, years = 5, 2
    numbers = st.lists(st.integers(1, 9), min_size=size, max_size=size)
    asked = problem(
        draw(numbers), draw(numbers), homes=draw(st.integers(1, 3)), budget=draw(st.integers(5, 25)), years=years,
        at_most=draw(st.booleans()),
    )  # fmt: skip
    fixed = draw(st.lists(st.sampled_from([FREE, FREE, FREE, OUT, IN, 0]), min_size=size, max_size=size))
    place = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
    km = draw(st.lists(st.integers(0, 6), min_size=3, max_size=3))
    days = of_days(asked, 3, draw(st.integers(2, 5)), each=draw(st.sampled_from([0.0, 0.5])))
    return with_crews(replace(asked, fixed=np.array(fixed)), place, km, days)


@few
@given(tiny())
def test_a_plan_keeps_all_limits_and_is_no_further_from_the_best_than_its_gap(asked):
    best = max((plan_worth(asked, year) for year in choices(asked)), default=None)
    if best is None:
        with pytest.raises(DomainError):
            solve(asked, time_limit_s=5)
        return
    plan = solve(asked, time_limit_s=5)
    assert broken_rows(asked, plan.year) == []
    assert plan.objective <= best + 1e-9
    assert plan.objective == pytest.approx(plan_worth(asked, plan.year))
    assert plan.bound >= best - 1e-6
    assert best - plan.objective <= plan.gap * abs(plan.objective) + 1e-6


@few
@given(tiny(), st.integers(0, 1_000))
def test_no_prices_prove_a_bound_below_any_choice(asked, seed):
    rows = rows_of(asked)
    prices = np.random.default_rng(seed).normal(0, 4, (len(rows), asked.years))
    bound = priced(asked, rows, prices).bound
    assert all(plan_worth(asked, year) <= bound + 1e-9 for year in choices(asked))


def test_homes_of_one_far_place_are_done_in_one_year():
    # Two homes in each place, one visit is 6 points: apart 4 visits would cost 24, together 2 cost 12.
    asked = with_crews(problem([10, 10, 9, 9], [1] * 4, homes=2), [0, 0, 1, 1], [6, 6])
    plan = solve(asked)
    assert plan.year.tolist() == [0, 0, 1, 1]
    assert travelled_km(asked, plan.year) == 12
    assert plan.objective == pytest.approx(20 + 0.9 * 18 - 12)


def test_a_place_that_costs_more_than_its_homes_is_not_visited():
    # The far home of 10 points costs 12 to reach; the near one of 4 costs 1.
    asked = problem([10, 4], [1, 1], homes=1, years=1, at_most=True)
    assert solve(with_crews(asked, [0, 1], [12, 1])).year.tolist() == [LEFT_OUT, 0]


def test_crew_days_end_a_year():
    # A visit takes half a day and a home one: two homes of one place take 2.5 of 2.9 days, a third none.
    asked = problem([5, 5, 5], [1] * 3, homes=3, years=1, at_most=True)
    plan = solve(with_crews(asked, [0, 0, 0], [0], of_days(asked, 1, 2.9, each=0.5)))
    assert (plan.year >= 0).sum() == 2


def test_a_floor_for_a_group_holds():
    # The better homes are 0 and 1; one of the two places belongs to the group of home 2.
    asked = problem([9, 8, 1], [1] * 3, homes=2, years=1)
    floor = Limit("least:wheelchair", np.array([0.0, 0, 1]), np.zeros(1), np.ones(1), np.full(1, np.inf))
    assert solve(with_crews(asked, [0, 0, 0], [0], floor)).year.tolist() == [0, LEFT_OUT, 0]


def test_limits_that_no_plan_keeps_are_named_with_what_would_do():
    # Three homes need three days and there are two.
    asked = problem([5, 5, 5], [1] * 3, homes=3, years=1)
    with pytest.raises(InfeasibleError) as refused:
        solve(with_crews(asked, [0, 0, 0], [0], of_days(asked, 1, 2.0)))
    assert refused.value.conflict[0] in {"days in 2026", "homes in 2026"}
    assert "by 1.000" in refused.value.relaxations[0]


def test_a_promised_home_is_visited_in_its_year():
    asked = problem([1, 9], [1, 1], homes=1, fixed=np.array([0, FREE]))
    plan = solve(with_crews(asked, [0, 1], [3, 0]))
    assert plan.year.tolist() == [0, 1]
    assert visited(with_crews(asked, [0, 1], [3, 0]), plan.year).tolist() == [[True, False], [False, True]]


def test_facts_of_the_wrong_shape_are_refused():
    asked = with_crews(problem([1, 2], [1, 1]), [0, 0], [1.0])
    with pytest.raises(DomainError, match="km"):
        solve(replace(asked, works=replace(asked.works, km=np.array([-1.0]))))
