"""How far people travel and how evenly regions fare, by arithmetic."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from planner.evenness import by_share, county_parts, evenness, spread, urban


def test_the_spread_counts_people_and_not_homes():
    found = spread(pd.Series([1, 8, 1]), pd.Series([100.0, 200.0, 1000.0]))
    assert (found.p10, found.p50, found.p90) == (100.0, 200.0, 200.0)
    assert found.mean == pytest.approx((100 + 8 * 200 + 1000) / 10)
    assert (found.worst_tenth, found.cut_off) == (1000.0, 0)


def test_who_cannot_get_there_is_counted_and_never_averaged():
    found = spread(pd.Series([6, 4]), pd.Series([100.0, np.nan]))
    assert (found.p50, found.p90, found.worst_tenth, found.mean, found.cut_off) == (
        100.0,
        None,
        None,
        100.0,
        4,
    )


def test_nobody_has_no_spread():
    found = spread(pd.Series([], dtype=int), pd.Series([], dtype=float))
    assert (found.p50, found.mean, found.worst_tenth, found.cut_off) == (None, None, None, 0)


def test_equal_shares_are_even_and_all_to_one_is_not():
    people = pd.Series([10, 10])
    assert evenness(pd.Series([0.5, 0.5]), people) == {"gini": 0.0, "worst_tenth": 0.5, "best_tenth": 0.5}
    one = evenness(pd.Series([0.0, 1.0]), people)
    assert (one["gini"], one["worst_tenth"], one["best_tenth"]) == (0.5, 0.0, 1.0)
    assert evenness(pd.Series([1.0]), pd.Series([0]))["gini"] is None


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 100)), min_size=1, max_size=12))
def test_the_worst_tenth_is_never_better_than_the_best(groups):
    found = evenness(pd.Series([v for v, _ in groups]), pd.Series([n for _, n in groups]))
    assert 0 <= found["gini"] <= 1
    assert found["worst_tenth"] <= found["best_tenth"] + 1e-9


def regions():
    sunan = shapely.MultiPolygon([shapely.box(x, 0, x + 1, 1) for x in (100, 102, 104, 106)])
    rows = [("620721", "county", None, sunan), ("620702", "county", None, shapely.box(101, 0, 102, 1))]
    rows += [(f"62072110020{n}", "village", code, None) for n, code in enumerate(("111", "220", None))]
    frame = pd.DataFrame(rows, columns=["code", "level", "ur_code", "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=4326)


def homes(*rows):
    places = [shapely.Point(lon, 0.5) for _, lon, _ in rows]
    columns = {"region_code": [code for code, _, _ in rows], "people": [people for _, _, people in rows]}
    return gpd.GeoDataFrame(columns, geometry=places, crs=4326)


def test_sunan_is_told_in_its_four_parts_from_west_to_east():
    lived = homes(("620721100200", 106.5, 2), ("620721100201", 100.5, 3), ("620702100200", 101.5, 9))
    part = county_parts(lived, regions())
    assert part.tolist() == ["620721/4", "620721/1", None]
    answers = pd.DataFrame({"reached": pd.array([True, False, True], "boolean"), "cost": [10.0, 99.0, 1.0]})
    told = by_share(lived, answers, part)
    assert told.to_dict("records") == [
        {"group": "620721/1", "people": 3, "reached": 0, "share": 0.0, "median": 99.0},
        {"group": "620721/4", "people": 2, "reached": 2, "share": 1.0, "median": 10.0},
    ]


def test_a_home_just_outside_is_in_the_nearest_part():
    assert county_parts(homes(("620721100200", 103.1, 1)), regions()).tolist() == ["620721/2"]


def test_town_and_country_are_told_by_the_code_of_the_village():
    lived = homes(("620721100200", 100.5, 1), ("620721100201", 100.5, 1), ("620721100202", 100.5, 1))
    assert urban(lived, regions()).tolist() == ["urban", "rural", None]
