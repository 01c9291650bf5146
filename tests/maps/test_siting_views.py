"""The maps of gaps and of new sites say the same in the list as on the map, and withhold small numbers."""

import geopandas as gpd
import pandas as pd
import pytest

from maps import render
from maps.layers import WITHHELD
from maps.siting_views import gap_view, site_view
from maps.tallies import reach_values
from tests.maps.frames import PAYLOADS, small_base

ASKED = {"service": "托养", "norm": "20 min", "new": "1", "people": "40", "objective": "30", "gap": "0.00%"}


def points(rows, columns):
    frame = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(
        frame, geometry=gpd.points_from_xy([100.1] * len(rows), [38.9] * len(rows)), crs=4326
    )


def gaps_page(names=("西乡",), lang="en", reached=10):
    reach = pd.DataFrame(
        {
            "service": ["care", "care"],
            "code": ["6207", "620702"],
            "people": [90, 40],
            "reached": [50, reached],
        }
    )
    rows = [("care", "620702001", name, "620702001") for name in names]
    return gap_view(
        reach, points(rows, ["service", "code", "name", "region_code"]), lang=lang, base=small_base()
    )


def sites_page(name="新站", lang="en"):
    reach = pd.DataFrame(
        {"service": ["now", "after"], "code": ["620702"] * 2, "people": [40, 40], "reached": [10, 30]}
    )
    sites = points([("region:1", name, "620702001201", 20)], ["uid", "name", "region_code", "people"])
    return site_view(reach, sites, ASKED, lang=lang, base=small_base())


def test_a_gap_is_a_point_of_its_service_and_the_city_keeps_its_own_total():
    view = gaps_page()
    assert [(entry.id, entry.note) for entry in view.slices] == [
        ("care", "asked for in every County or district")
    ]
    places = view.layer("places")
    assert (places.columns["service"], places.columns["name"]) == (["care"], ["西乡"])
    assert view.options["totals"]["care"] == {"people": 90, "reached": 50}


def test_a_withheld_number_is_drawn_as_withheld_and_never_as_zero():
    counties = gaps_page(reached=None).layer("county")
    assert counties.figures["care"]["reached"][0] == WITHHELD
    both = pd.DataFrame(
        {"service": ["care"], "code": ["620702"], "people": [40], "reached": [9], "passed": [None]}
    )
    assert reach_values(both, ["620702", "620722"], ["care"])["care"]["passed"] == [WITHHELD, -2]


def test_new_sites_are_drawn_where_they_would_be_and_both_states_are_told():
    view = sites_page()
    assert [view.layer("county").figures[state]["reached"][0] for state in ("now", "after")] == [10, 30]
    assert view.layer("places").columns["class"] == ["nearest site of 20 people"]
    assert view.layer("places").columns["service"] == ["after"]
    assert any("30" in note for note in view.notes)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_name_becomes_markup(lang):
    pages = [render.html(gaps_page(PAYLOADS, lang), lang), render.html(sites_page(PAYLOADS[0], lang), lang)]
    for page in pages:
        assert "<script>alert(1)</script>" not in page.replace("\\u003c", "")
        assert "onerror=alert" not in page.split("<main")[0]
