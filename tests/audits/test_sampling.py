"""A spot check is drawn so that anybody can draw it again, and says how sure it makes one."""

import itertools
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from audits.freshness import Decay, freshness, freshness_by
from audits.sampling import (
    Stratum,
    allocate,
    draw,
    half_width,
    interval,
    sample_size,
    spread_of_mean,
    stratified,
)
from gis.errors import DomainError, EmptyLayerError


def test_a_share_within_ten_points_takes_96_of_a_great_many_and_79_of_400():
    # 1.96^2 / 4 / 0.1^2 = 96.04; 96.04 / (1 + 95.04 / 400) = 77.6.
    assert sample_size(10**9, 0.1) == 97
    assert sample_size(400, 0.1) == 78
    assert sample_size(5, 0.1) == 5
    assert sample_size(0, 0.1) == 0


@pytest.mark.parametrize("wrong", [0, 1, -0.1])
def test_a_precision_that_cannot_be_meant_is_refused(wrong):
    with pytest.raises(DomainError):
        sample_size(10, wrong)


def test_places_are_shared_out_by_the_size_of_the_stratum():
    assert allocate({"a": 60, "b": 30, "c": 10}, 10) == {"a": 6, "b": 3, "c": 1}
    # 5.4, 4.5 and 0.1 of ten: the last gets its one, which the largest overdraft pays.
    assert allocate({"a": 54, "b": 45, "c": 1}, 10) == {"a": 5, "b": 4, "c": 1}
    assert allocate({"a": 2, "b": 2}, 10) == {"a": 2, "b": 2}
    assert allocate({}, 3) == {}


lists = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 200), max_size=8)


@given(listed=lists, total=st.integers(0, 300), least=st.integers(0, 5))
@settings(deadline=None)
def test_no_stratum_gives_more_than_it_has_and_all_that_was_asked_is_drawn(listed, total, least):
    found = allocate(listed, total, least=least)
    floors = {name: min(least, size) for name, size in listed.items()}
    assert all(floors[name] <= found[name] <= listed[name] for name in listed)
    assert sum(found.values()) == max(min(total, sum(listed.values())), sum(floors.values()))


def hall(count):
    uids = [f"p{number:03}" for number in range(count)]
    return pd.DataFrame(
        {"uid": uids, "stratum": ["north" if number % 3 else "south" for number in range(count)]}
    )


@given(seed=st.integers(0, 2**32), shuffle=st.integers(0, 100))
@settings(deadline=None, max_examples=40)
def test_the_same_seed_draws_the_same_places_in_any_order_of_rows(seed, shuffle):
    places, sizes = hall(40), {"north": 6, "south": 4}
    drawn = draw(places, sizes, seed)
    again = draw(places.sample(frac=1, random_state=shuffle), sizes, seed)
    assert drawn["uid"].tolist() == again["uid"].tolist()
    assert drawn["uid"].is_unique
    assert drawn.groupby("stratum").size().to_dict() == sizes


def test_every_place_is_drawn_as_often_as_every_other():
    places = hall(30)
    found = pd.concat([draw(places, {"south": 2}, seed) for seed in range(1500)])
    # Ten places in the south, two of ten a draw: 300 times each, standard deviation 15.5.
    assert found["uid"].value_counts().between(230, 370).all()
    assert found["uid"].nunique() == 10


def test_a_smaller_draw_is_the_beginning_of_a_larger_one():
    few, more = (draw(hall(40), {"south": size}, 7) for size in (3, 8))
    assert few["uid"].tolist() == more["uid"].tolist()[:3]


def test_a_list_inspected_wholly_has_no_sampling_error():
    whole = interval(7, 10, 10)
    assert (whole.share, whole.low, whole.high, whole.half_width) == (0.7, 0.7, 0.7, 0.0)
    assert stratified({"a": Stratum(4, 4, 1), "b": Stratum(6, 6, 6)}).half_width == 0


def test_thirty_of_thirty_passed_leaves_eleven_points_open():
    # Clopper and Pearson: the low end is 0.025 ** (1 / 30) = 0.884.
    assert interval(30, 30).low == pytest.approx(0.025 ** (1 / 30))
    assert interval(30, 30, 10**6).low == pytest.approx(0.884, abs=1e-3)
    assert interval(30, 30, 40).low > interval(30, 30).low


@pytest.mark.parametrize(("passed", "inspected", "listed"), [(3, 2, 9), (1, 9, 5), (-1, 3, 9)])
def test_counts_that_contradict_each_other_are_refused(passed, inspected, listed):
    with pytest.raises(DomainError):
        interval(passed, inspected, listed)


def test_no_inspection_has_no_interval():
    with pytest.raises(EmptyLayerError):
        interval(0, 0, 5)
    with pytest.raises(EmptyLayerError):
        stratified({"a": Stratum(5, 0, 0)})


@pytest.mark.parametrize(("listed", "inspected"), [(12, 5), (30, 10), (25, 24)])
def test_the_exact_interval_holds_the_truth_at_least_as_often_as_it_says(listed, inspected):
    for good in range(listed + 1):
        covered = sum(
            stats.hypergeom.pmf(passed, listed, good, inspected)
            for passed in range(max(0, inspected - (listed - good)), min(good, inspected) + 1)
            if interval(passed, inspected, listed).low - 1e-12
            <= good / listed
            <= interval(passed, inspected, listed).high + 1e-12
        )
        assert covered >= 0.95


@given(
    sizes=st.lists(st.tuples(st.integers(1, 60), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5)
)
@settings(deadline=None)
def test_a_stratified_share_lies_in_its_interval(sizes):
    strata = {}
    for number, (listed, drawn, good) in enumerate(sizes):
        inspected = max(1, round(listed * drawn))
        strata[str(number)] = Stratum(listed, inspected, round(inspected * good))
    found = stratified(strata)
    assert 0 <= found.low <= found.share <= found.high <= 1


def test_a_stratum_nobody_saw_may_hold_anything():
    # Ten of twenty places are known to pass: between half and all.
    found = stratified({"seen": Stratum(10, 10, 10), "unseen": Stratum(10, 0, 0)})
    assert (found.low, found.high) == (0.5, 1.0)


def test_the_stratified_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    town, village = np.arange(60) < 45, np.arange(40) < 12  # 57 of 100 pass
    held = 0
    for _ in range(400):
        strata = {
            "town": Stratum(60, 12, int(rng.choice(town, 12, replace=False).sum())),
            "village": Stratum(40, 8, int(rng.choice(village, 8, replace=False).sum())),
        }
        found = stratified(strata)
        held += found.low <= 0.57 <= found.high
    assert held / 400 >= 0.94


def test_the_bound_on_a_mean_shrinks_to_nothing_and_never_fails():
    widths = [half_width(spread_of_mean(50, inspected)) for inspected in range(1, 51)]
    assert all(more <= less + 1e-12 for less, more in itertools.pairwise(widths))
    assert widths[-1] == 0
    # One of very many, in [0, 1]: sqrt(ln(40) / 2) = 1.36.
    assert half_width(spread_of_mean(10**9, 1)) == pytest.approx(1.358, abs=1e-3)
    with pytest.raises(DomainError):
        spread_of_mean(3, 4)


def test_the_bound_on_a_mean_holds_the_truth():
    rng = np.random.default_rng(3)
    values = rng.beta(0.3, 0.3, size=40)
    width = half_width(spread_of_mean(40, 15))
    near = [abs(rng.choice(values, 15, replace=False).mean() - values.mean()) <= width for _ in range(500)]
    assert np.mean(near) >= 0.95


DECAY = Decay(full_months=6, half_months=24)


def test_an_inspection_counts_wholly_at_first_and_half_after_thirty_months():
    days = pd.Series([date(2025, 12, 1), date(2023, 7, 2), date(2021, 7, 1), date(2027, 1, 1), None])
    # 6 months in full, then half every 24: after 30 and 54 months a half and a quarter; unseen is nothing.
    assert freshness(days, date(2026, 1, 1), DECAY) == pytest.approx([1, 0.5, 0.25, 1, 0], abs=0.002)


@given(older=st.integers(0, 9000), days=st.integers(0, 3000))
def test_an_older_inspection_never_says_more(older, days):
    on = pd.Timestamp("2026-01-01")
    first, last = freshness(
        pd.Series([on - pd.Timedelta(days=older + days), on - pd.Timedelta(days=older)]), on.date(), DECAY
    )
    assert 0 < first <= last <= 1


def test_each_layer_fades_at_its_own_pace():
    days = pd.Series([date(2024, 1, 1)] * 2)
    found = freshness_by(
        pd.Series(["toilets", "roads"]),
        days,
        date(2026, 1, 1),
        {"toilets": Decay(0, 12), "roads": Decay(0, 24)},
    )
    assert found == pytest.approx([0.25, 0.5], abs=0.002)
