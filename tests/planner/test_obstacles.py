"""Findings become what a wheelchair meets: a kerb that stops it, a toilet behind a step, and what mending costs."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from audits.standards import load
from audits.units import UNITS
from gis.barrier_openings import openings
from gis.barriers import with_barriers
from gis.catalogue import codelist, table
from gis.network import build, snap
from gis.repairs import single_gains
from planner.obstacles import barriers, distinct, price_yuan, relieved, shut_places
from tests.town import METRIC_EPSG, corner

DATA = table("catalogue/repair.toml")


def findings(*rows):
    """Return open findings from (uid, layer, place, element, attribute, value, unit, position)."""
    names = ("uid", "place_layer", "place_uid", "element", "attribute", "value", "unit", "geometry")
    frame = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows], columns=list(names))
    frame = frame.assign(
        element_no=1, rule_id=frame["attribute"], opened_on=pd.Timestamp("2025-05-01"), case_uid=None
    )
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=METRIC_EPSG)


def kerb(uid, road, value, at=None):
    return (uid, "roads", road, "kerb_ramp", "lip_height", value, "mm", at)


@pytest.mark.parametrize(
    ("value", "unit", "delay_s"),
    [(15, "mm", 5), (20, "mm", 5), (25, "mm", 15), (3, "cm", 15), (31, "mm", np.nan), (0.15, "m", np.nan)],
)
def test_a_kerb_is_passed_slowly_up_to_30_mm_and_not_at_all_above(town, value, unit, delay_s):
    found = findings(("k", "roads", "AB", "kerb_ramp", "lip_height", value, unit, None))
    stands = barriers(found, town.roads, "wheelchair")
    assert stands["delay_s"].tolist() == pytest.approx([delay_s], nan_ok=True)
    assert barriers(found, town.roads, "walk").empty


def test_what_harms_nobody_on_wheels_is_no_barrier_and_a_slope_down_is_as_steep(town):
    found = findings(
        ("strip", "roads", "AB", "kerb_ramp", "warning_paving_setback", 10, "mm", None),
        ("slope", "roads", "AB", "kerb_ramp", "running_slope", -0.2, "ratio", None),
        ("door", "toilets", "t1", "door", "clear_width", 700, "mm", None),
    )
    stands = barriers(found, town.roads, "wheelchair")
    assert stands["source"].tolist() == ["slope"]
    assert np.isnan(stands["delay_s"]).all()


def test_a_barrier_stands_where_the_visit_says_if_that_is_near_its_road(town):
    found = findings(
        kerb("near", "AB", 60, corner("A", east=50, north=10)),
        kerb("far", "AB", 60, corner("A", east=50, north=40)),
        kerb("unknown", "AB", 60),
    )
    stands = barriers(found, town.roads, "wheelchair").set_index("source").geometry
    assert stands["near"].distance(corner("A")) == pytest.approx(50)
    assert stands["far"].distance(corner("A")) == pytest.approx(100)
    assert stands["unknown"].distance(corner("A")) == pytest.approx(100)


def test_mending_the_kerb_opens_the_street_that_the_road_layer_calls_raised(town):
    # h3 at F is 600 m by B and C from the toilet t1 at G, and 200 m once the kerb of F-G is mended.
    found = findings(kerb("kerb", "FG", 150, corner("F", east=100)))
    network = build(relieved(town.roads, found, "wheelchair"), mode="wheelchair")
    network = with_barriers(network, barriers(found, town.roads, "wheelchair")).network
    homes, toilets = town.homes, town.toilets[town.toilets["uid"] == "t1"]
    opened = openings(network, snap(network, homes), snap(network, toilets), by="distance", limit=300)
    people = homes["people"].to_numpy(np.int64)
    assert people[opened.reached].sum() == 3
    assert dict(zip(opened.units, single_gains(opened, people).tolist(), strict=True)) == {"kerb": 1}


def test_a_road_without_a_barrier_of_ours_keeps_its_tags(town):
    found = findings(("strip", "roads", "FG", "kerb_ramp", "warning_paving_setback", 10, "mm", None))
    same = relieved(town.roads, found, "wheelchair")
    assert same["kerb"].tolist() == town.roads["kerb"].tolist()
    assert same["wheelchair"].tolist() == town.roads["wheelchair"].tolist()


def test_a_defect_found_twice_is_one_obstacle_and_remembers_both():
    found = findings(kerb("first", "AB", 60), kerb("second", "AB", 70), kerb("other", "BC", 60))
    found.loc[found["uid"] == "second", "opened_on"] = pd.Timestamp("2025-06-01")
    latest = distinct(found).set_index("uid")["also"]
    assert latest.to_dict() == {"second": "first", "other": ""}
    assert distinct(found.iloc[:0]).empty


def test_a_place_is_shut_by_all_its_failures_and_by_no_others():
    places = pd.DataFrame({"uid": list("abcdef"), "counts": pd.array([True] * 5 + [None], dtype="boolean")})
    grades = pd.DataFrame(
        {
            "place_uid": list("abcdf"),
            "level": ["accessible", "partial", "not_accessible", "not_accessible", "partial"],
            "failing": [None, "R1", "R1;R2", "R1", "R1"],
            "missing": [None, None, None, "door.clear_width", None],
        }
    )
    found = pd.DataFrame(
        [("b1", "b", "R1"), ("b9", "b", "R9"), ("c1", "c", "R1"), ("c2", "c", "R2"), ("d1", "d", "R1")],
        columns=["uid", "place_uid", "rule_id"],
    )
    kept = shut_places(places, grades, found).set_index("uid")
    # d lacks a decisive figure, e was never inspected, f may not be operating: none of them can be promised.
    assert kept["findings"].to_dict() == {"a": "", "b": "b1", "c": "c1;c2"}
    assert kept["unit"].to_dict() == {"a": None, "b": "place:b", "c": "place:c"}
    fewer = shut_places(places, grades, found[found["uid"] != "c2"])
    assert "c" not in set(fewer["uid"])  # a failure without an open finding is nobody's to mend


def test_prices_are_the_middle_of_their_range_and_every_element_has_one():
    found = findings(kerb("lip", "AB", 60), ("x", "roads", "AB", "kerb_ramp", "surface", 0, "bool", None))
    assert price_yuan(found).tolist() == [600.0, 1200.0]
    low_high = [
        span for own in DATA["prices"].values() for span in (own.values() if isinstance(own, dict) else [own])
    ]
    assert all(0 < low <= high for low, high in low_high)
    assert "default of this project" in DATA["source"]


def test_every_barrier_names_a_rule_of_the_book_in_a_unit_that_compares():
    book, elements = load(), codelist("element").codes
    for about in DATA["barriers"]:
        meaning = book.meanings[about["element"], about["attribute"]]
        assert "roads" in elements[about["element"]].facts["layers"]
        if "passes" in about:
            assert UNITS[about["unit"]].dimension == UNITS[meaning].dimension
            limits = [limit for limit, _ in about["passes"]]
            assert limits == sorted(limits, reverse=about["worse"] == "lower")
            assert [delay for _, delay in about["passes"]] == sorted(delay for _, delay in about["passes"])


def test_prices_name_elements_of_the_list():
    assert set(DATA["prices"]) - {"default"} <= set(codelist("element").codes)
