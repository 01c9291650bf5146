"""The programme is the best there is, keeps its limits, and says why when there is none."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import DomainError, EmptyLayerError, InfeasibleError
from planner.baseline import broken_limits, lottery, outcome, ranked_list
from planner.problem import FREE, IN, LEFT_OUT, OUT
from planner.programme import solve
from tests.planner.towns import problem

quick = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
few = settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])


def best_by_hand(asked):
    """The best objective over every possible choice of years, or None when none keeps the limits."""
    best = None
    for choice in product(range(-1, asked.years), repeat=len(asked.uids)):
        year = np.array(choice)
        fixed = asked.fixed
        if ((fixed >= 0) & (year != fixed)).any() or ((fixed == OUT) & (year >= 0)).any():
            continue
        if ((fixed == IN) & (year < 0)).any() or broken_limits(asked, year):
            continue
        chosen = year >= 0
        met = float((asked.score[chosen] * asked.discount[year[chosen]]).sum())
        best = met if best is None else max(best, met)
    return best


@st.composite
def tiny(draw):
    size, years = draw(st.integers(1, 6)), draw(st.integers(1, 2))
    numbers = st.integers(0, 9)
    counties = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    homes = draw(st.integers(0, 3))
    asked = problem(
        draw(st.lists(numbers, min_size=size, max_size=size)),
        draw(st.lists(numbers, min_size=size, max_size=size)),
        homes=homes,
        budget=draw(st.integers(0, 20)),
        years=years,
        county=[*counties, 1][:size],
        at_most=draw(st.booleans()),
    )
    shape = asked.quota_max.shape
    limit = st.lists(st.integers(0, 3), min_size=shape[0] * years, max_size=shape[0] * years)
    most = np.array(draw(limit)).reshape(shape)
    least = np.minimum(np.array(draw(limit)).reshape(shape), most) * draw(st.booleans())
    choices = st.sampled_from([FREE, FREE, FREE, OUT, IN, 0])
    fixed = np.array(draw(st.lists(choices, min_size=size, max_size=size)))
    return replace(asked, quota_min=least, quota_max=most, fixed=fixed)


@quick
@given(tiny())
def test_the_plan_is_as_good_as_the_best_of_all_choices(asked):
    best = best_by_hand(asked)
    if best is None:
        with pytest.raises(InfeasibleError):
            solve(asked)
        return
    plan = solve(asked)
    assert plan.objective == pytest.approx(best, abs=1e-9)
    assert plan.gap == 0
    assert broken_limits(asked, plan.year) == 0


@st.composite
def towns(draw, size=30):
    """A programme of 3 counties and 3 years whose money binds."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return problem(
        rng.integers(10, 60, size), rng.integers(2, 12, size) * 500, homes=5, budget=14_000, years=3,
        county=np.arange(size) % 3, quota_min=np.ones((3, 3), dtype=np.int64),
        quota_max=np.full((3, 3), 3), at_most=True,
    )  # fmt: skip


@few
@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_the_homes_changes_nothing(asked, random):
    order = list(range(len(asked.uids)))
    random.shuffle(order)
    shuffled = replace(
        asked,
        uids=[asked.uids[place] for place in order],
        **{name: getattr(asked, name)[order] for name in ("county", "score", "cost", "fixed")},
    )
    year = dict(zip(asked.uids, solve(asked).year.tolist(), strict=True))
    again = dict(zip(shuffled.uids, solve(shuffled).year.tolist(), strict=True))
    assert again == year


@few
@given(towns(), st.integers(0, 29), st.integers(1, 30))
def test_a_raised_score_never_delays_a_home(asked, home, more):
    # A plan with the home later gains less by the raise than the plan that was best before.
    before = solve(asked).year[home]
    raised = asked.score.copy()
    raised[home] += more
    after = solve(replace(asked, score=raised)).year[home]
    later = {LEFT_OUT: asked.years}
    assert later.get(after, after) <= later.get(before, before)


@few
@given(towns())
def test_the_same_input_gives_the_same_plan(asked):
    assert solve(asked).year.tolist() == solve(asked).year.tolist()


@few
@given(towns())
def test_no_limit_is_exceeded_and_every_home_is_done_once(asked):
    plan = solve(asked)
    assert broken_limits(asked, plan.year) == 0
    assert set(plan.year) <= {LEFT_OUT, 0, 1, 2}
    assert plan.objective <= plan.bound


def test_the_budget_decides_between_one_dear_and_two_cheap_homes():
    # 4,000 yuan in one year: the home of 10 points takes all of it, two of 6 points take 2,000 each.
    plan = solve(problem([10, 6, 6], [4000, 2000, 2000], homes=2, budget=4000, years=1, at_most=True))
    assert plan.year.tolist() == [LEFT_OUT, 0, 0]
    assert plan.objective == 12


def test_homes_that_are_alike_are_served_in_the_order_of_their_number():
    plan = solve(problem([5, 5, 5], [100, 100, 100], homes=1, years=2))
    assert plan.year.tolist() == [0, 1, LEFT_OUT]


def test_a_promised_home_keeps_its_year_and_one_kept_out_stays_out():
    asked = problem([1, 9, 5], [100, 100, 100], homes=1, years=2, fixed=np.array([0, OUT, FREE]))
    assert solve(asked).year.tolist() == [0, LEFT_OUT, 1]


def test_what_cannot_be_afforded_is_explained_with_the_ways_out():
    # Two homes of 3,000 a year cost 6,000; the year has 5,000.
    with pytest.raises(InfeasibleError) as refused:
        solve(problem([5, 5], [3000, 3000], homes=2, budget=5000, years=1))
    assert refused.value.conflict[:2] == ("2 homes in 2026", "5,000 yuan in 2026")
    assert "more yuan (2026: 1,000)" in refused.value.relaxations
    assert "fewer homes, as 'at most' allows (2026: 1)" in refused.value.relaxations


def test_contradicting_quotas_are_named_alone():
    # County A must have 2 homes and owns one; the money is no part of it.
    asked = problem([5, 5, 5], [100] * 3, homes=2, years=1, county=[0, 1, 1], quota_min=np.array([[2], [0]]))
    with pytest.raises(InfeasibleError) as refused:
        solve(asked)
    assert refused.value.conflict[0] == "at least 2 homes of A in 2026"
    assert len(refused.value.conflict) == 2
    assert refused.value.relaxations == ("other quotas (A 2026: least -1)",)


def test_at_most_does_what_can_be_afforded():
    plan = solve(problem([5, 4], [3000, 3000], homes=2, budget=5000, years=1, at_most=True))
    assert plan.year.tolist() == [0, LEFT_OUT]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uids": ["a", "a"]}, "twice"),
        ({"score": np.array([1.0, -1.0])}, "negative"),
        ({"cost": np.array([1.0, np.nan])}, "negative or missing"),
        ({"score": np.array([1.0])}, "shape"),
        ({"discount": np.array([0.9, 1.0])}, "rise"),
        ({"fixed": np.array([7, FREE])}, "promised"),
    ],
)
def test_a_problem_that_contradicts_itself_is_refused(change, words):
    with pytest.raises(DomainError, match=words):
        solve(replace(problem([1, 2], [1, 2]), **change))


def test_nobody_to_plan_for_is_an_error():
    empty = replace(problem([1], [1]), uids=[], **{k: np.zeros(0) for k in ("score", "cost")})
    with pytest.raises(EmptyLayerError):
        solve(empty)


def test_a_plain_list_serves_the_gravest_first_and_its_broken_limits_are_counted():
    # By score: the home of 10 points takes the whole money; two homes were asked for.
    asked = problem([10, 6, 6], [4000, 2000, 2000], homes=2, budget=4000, years=1)
    year = ranked_list(asked)
    assert year.tolist() == [0, LEFT_OUT, LEFT_OUT]
    found = outcome(asked, year)
    assert (found.homes, found.need_met, found.broken) == (1, 10, 1)


def test_a_lottery_gives_every_place_out_and_the_same_seed_draws_the_same():
    asked = problem([10, 6, 6, 1], [100] * 4, homes=1, years=2)
    year = lottery(asked, seed=3)
    assert sorted(year.tolist()) == [LEFT_OUT, LEFT_OUT, 0, 1]
    assert lottery(asked, seed=3).tolist() == year.tolist()
    assert len({tuple(lottery(asked, seed=seed)) for seed in range(20)}) > 1


@pytest.mark.slow
def test_a_city_of_5850_homes_is_proved_best():
    rng = np.random.default_rng(1)
    size, years = 5850, 5
    county = rng.choice(6, size, p=[0.46, 0.10, 0.11, 0.13, 0.17, 0.03])
    score = np.round(np.clip(rng.normal(55, 14, size), 10, 110))
    cost = np.ceil(np.clip(np.exp(rng.normal(8.1, 0.45, size)) + 20 * score, 800, 15_000) / 500) * 500
    share = 200 * np.bincount(county) / size
    asked = problem(
        score, cost, homes=200, budget=700_000, years=years, county=county, discount=0.97 ** np.arange(years),
        quota_min=np.tile(np.floor(0.85 * share)[:, None], years).astype(int),
        quota_max=np.tile(np.ceil(1.2 * share)[:, None], years).astype(int),
    )  # fmt: skip
    plan = solve(asked)
    assert plan.proved
    assert plan.gap == 0
    assert np.bincount(plan.year[plan.year >= 0]).tolist() == [200] * 5
