"""A map is a list of layers with twins: what they hold, in which order, and what they never hold."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from gis.errors import CodeError, SchemaError
from maps.basemap import base_layers
from maps.layers import UNKNOWN, WITHHELD, ColumnarLayer, PointLayer
from maps.payload import payload
from maps.render import html
from maps.toilets import NEEDS
from maps.views import coverage_view, renovation_view, toilet_view
from tests.maps.frames import (
    coverage_page,
    homes,
    reach,
    renovation_page,
    service_places,
    small_base,
    toilet_page,
    toilets,
)


def bit(need):
    return 1 << NEEDS.index(need)


def test_the_ground_is_roads_townships_and_counties():
    layers = base_layers(small_base(), "zh")
    assert [layer.id for layer in layers] == ["lane", "road", "motorway", "township", "county"]
    assert [bool(layer.shape) for layer in layers[:3]] == [False, True, True]


def test_the_list_of_toilets_starts_with_the_accessible_ones():
    places = toilet_page("zh", count=4).layer("toilets")
    assert list(places.ids) == ["T0", "T2", "T1", "T3"]
    assert list(places.columns["level"]) == ["accessible", "accessible", "unknown", "unknown"]


def test_yes_no_and_unknown_are_three_things():
    columns = toilet_page("zh").layer("toilets").columns
    first, second = 0, 1
    assert columns["yes"][first] & bit("accessible_room")
    assert not (columns["yes"][second] | columns["no"][second]) & bit("accessible_room")
    assert columns["no"][first] & bit("third_toilet")
    assert columns["yes"][second] & bit("free")


@pytest.mark.parametrize(("day", "fresh"), [(date(2025, 11, 24), True), (date(2025, 11, 23), False)])
def test_an_inspection_is_fresh_for_365_days(day, fresh):
    rows = toilets(count=1)
    rows["inspected_on"] = [day]
    view = toilet_view(rows, lang="zh", on=date(2026, 11, 24), base=small_base())
    assert bool(view.layer("toilets").columns["yes"][0] & bit("verified")) is fresh


def test_a_closed_toilet_is_not_accessible_now():
    rows = toilets(count=1)
    rows["operating_status"] = ["closed"]
    columns = toilet_view(rows, lang="zh", on=date(2026, 11, 24), base=small_base()).layer("toilets").columns
    assert not columns["yes"][0] & bit("accessible")


def test_a_city_without_toilets_still_has_a_page():
    view = toilet_view(toilets(count=1).iloc[:0], lang="zh", on=date(2026, 11, 24), base=small_base())
    assert list(view.layer("toilets").ids) == []
    assert html(view, "zh")


def test_a_toilet_outside_the_known_regions_keeps_its_row():
    rows = toilets(count=1)
    rows["region_code"] = [None]
    view = toilet_view(rows, lang="zh", on=date(2026, 11, 24), base=small_base())
    assert view.lookups["regions"] == [""]
    assert view.layer("toilets").columns["county"] == [-1]


def test_coverage_counts_people_and_reached_by_service_at_every_level():
    view = coverage_page("zh")
    assert [entry.id for entry in view.slices] == ["rehabilitation", "accessible_toilet"]
    # Four villages of ten people in each county; rehabilitation reaches the west only.
    assert view.layer("county").figures["rehabilitation"] == {"people": [40, 40], "reached": [40, 0]}
    assert view.layer("village").figures["accessible_toilet"]["reached"] == [0] * 8
    assert view.options["totals"]["rehabilitation"] == {"people": 80, "reached": 40}


def test_a_region_without_figures_is_not_known_and_not_zero():
    rows = reach()
    view = coverage_view(rows[rows["code"] != "620722"], service_places(), lang="zh", base=small_base())
    assert view.layer("county").figures["rehabilitation"]["people"] == [40, UNKNOWN]


def test_a_service_that_is_in_no_list_is_refused():
    rows = reach().assign(service="teleport")
    with pytest.raises((CodeError, ValueError), match="teleport"):
        coverage_view(rows, service_places(), lang="zh", base=small_base())


def test_the_public_schedule_has_counts_and_neither_points_costs_nor_villages():
    view = renovation_page("zh")
    assert [layer.id for layer in view.layers if layer.id not in {"lane", "road", "motorway"}] == [
        "county",
        "township",
    ]
    assert view.layer("county").figures["2026"] == {"homes": [12, 12]}
    assert view.layer("county").figures["all"] == {"homes": [20, 20]}
    assert view.options["totals"] == {"all": {"homes": 40}, "2026": {"homes": 24}, "2027": {"homes": 16}}
    assert not re.search(r"H62|cost_yuan\"", payload(view))


def test_small_numbers_of_the_public_schedule_are_withheld_with_enough_others():
    rows = homes()
    # Three of the west's twelve homes of 2026 stand in the county's other township.
    rows.loc[rows.index[:3], "region_code"] = "620702100201"
    view = renovation_view(rows, lang="zh", years=(2026, 2027), base=small_base())
    west = view.layer("township")
    assert west.figures["2026"]["homes"][:2] == [WITHHELD, WITHHELD]
    assert WITHHELD not in west.figures["2026"]["homes"][2:]
    assert west.figures["all"]["homes"][0] == WITHHELD or west.figures["2027"]["homes"][0] == WITHHELD


def test_the_office_sees_every_home_its_cost_and_who_waits():
    view = renovation_page("zh", audience="office")
    points = view.layer("homes")
    assert len(points.ids) == 46
    assert np.bincount(points.columns["year"]).tolist() == [6, 24, 16]
    assert view.layer("county").figures["2027"] == {"homes": [8, 8], "cost_yuan": [8000, 8000]}
    assert len(view.layer("village").codes) == 8


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(SchemaError, match="'lats' has 1 values, the layer has 2 rows"):
        PointLayer("x", ["a", "b"], [1.0, 2.0], [1.0], "level", {})
    with pytest.raises(SchemaError, match="'year'"):
        ColumnarLayer("x", np.zeros(2), np.zeros(2), "year", {"year": np.zeros(1, dtype=np.int64)})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_word_of_a_page_is_missing_or_empty(lang):
    for view in (toilet_page(lang), coverage_page(lang), renovation_page(lang)):
        assert view.title
        assert all(entry.label for entry in (*view.legend, *view.filters, *view.slices))


def test_six_hundred_toilets_make_a_page_under_100_kilobytes():
    rows = pd.concat([toilets(count=2)] * 300, ignore_index=True)
    rows["uid"] = [f"T{k}" for k in range(600)]
    rows["name"] = [f"公厕第{k}号" for k in range(600)]
    frame = gpd.GeoDataFrame(
        rows, geometry=[Point(100 + k / 900, 38.8 + k % 37 / 100) for k in range(600)], crs="EPSG:4326"
    )
    view = toilet_view(frame, lang="zh", on=date(2026, 11, 24), base=small_base())
    assert len(html(view, "zh", inline=False).encode()) < 100_000


def test_a_hundred_thousand_homes_make_one_file_under_a_megabyte_and_a_half():
    count = 100_000
    rows = pd.DataFrame(
        {
            "uid": [f"H{k}" for k in range(count)],
            "region_code": "620702001201",
            "year": [2026 + k % 5 for k in range(count)],
            "cost_yuan": 3500.0,
        }
    )
    places = gpd.points_from_xy(np.linspace(100, 100.4, count), np.linspace(38.8, 39.2, count))
    frame = gpd.GeoDataFrame(rows, geometry=places, crs="EPSG:4326")
    view = renovation_view(frame, lang="zh", years=range(2026, 2031), base=small_base(), audience="office")
    assert list(view.layer("homes").ids) == []
    assert len(html(view, "zh").encode()) < 1_500_000


def test_levels_are_in_order_of_the_legend():
    view = toilet_page("zh")
    tones = [entry.tone for entry in view.legend]
    assert tones == ["good", "fair", "poor", "unknown"]
    assert len({entry.shape for entry in view.legend}) == 4
    shares = coverage_page("zh").legend[:5]
    assert all(first.label != second.label for first, second in pairwise(shares))
    assert replace(view, notes=()).notes == ()
