"""What there is for each person (E2SFCA), by arithmetic."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.travel import Pairs
from planner.supply import supply, zones


def pairs(*rows):
    origin, target, cost = np.array(rows, np.int32).reshape(-1, 3).T
    return Pairs(origin, target, cost * 10)


def test_near_people_weigh_more_than_far_ones():
    # One place for 12 people; 10 live in the first zone (weight 1), 100 in the last (weight .22).
    found = supply(pairs((0, 0, 10), (1, 0, 55)), np.array([10.0, 100.0]), pd.Series([12.0]), 60.0)
    share = 12 / (10 * 1.0 + 100 * 0.22)
    assert found.ratio.tolist() == pytest.approx([share, 0.22 * share])
    assert (found.unit, found.capacity, found.counted, found.unknown) == ("capacity", 12.0, 1, 0)


def test_the_end_of_a_zone_belongs_to_it_and_nobody_beyond_the_norm_is_served():
    ends = [end for end, _ in zones()]
    assert ends[-1] == 1.0
    found = supply(pairs((0, 0, 20), (1, 0, 40), (2, 0, 60)), np.ones(4), pd.Series([1.0]), 60.0)
    weights = [weight for _, weight in zones()]
    assert found.ratio[:3].tolist() == pytest.approx([w / sum(weights) for w in weights])
    assert found.ratio[3] == 0.0


def test_a_place_of_unknown_capacity_is_left_out_and_counted():
    capacity = pd.Series([10, pd.NA], dtype="Int64").astype("Float64")
    found = supply(pairs((0, 0, 10), (0, 1, 10)), np.array([5.0]), capacity, 60.0)
    assert found.ratio[0] == pytest.approx(2.0)
    assert (found.counted, found.unknown) == (1, 1)


def test_where_no_capacity_is_known_places_are_counted():
    found = supply(pairs((0, 0, 10), (0, 1, 10)), np.array([4.0]), pd.Series([np.nan, np.nan]), 60.0)
    assert (found.unit, found.ratio[0], found.counted) == ("places", 0.5, 2)


def test_a_service_without_places_gives_nobody_anything():
    found = supply(pairs(), np.array([4.0]), pd.Series([], dtype=float), 60.0)
    assert found.ratio.tolist() == [0.0]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 60)),
        max_size=20,
        unique_by=lambda r: r[:2],
    ),
    st.lists(st.integers(0, 50), min_size=6, max_size=6),
    st.lists(st.integers(0, 40), min_size=4, max_size=4),
)
def test_what_is_shared_out_is_what_there_is(rows, people, capacity):
    weight = np.array(people, float)
    found = supply(pairs(*rows), weight, pd.Series(capacity, dtype=float), 60.0)
    asked = {target for origin, target, _ in rows if people[origin] > 0}
    assert (found.ratio * weight).sum() == pytest.approx(sum(capacity[target] for target in asked))
