"""The map of repairs says today and after the bundle, and lists every repair that it draws."""

import geopandas as gpd
import pandas as pd
import pytest

from maps import render
from maps.repair_views import repair_view
from tests.maps.frames import PAYLOADS, small_base

ASKED = {"service": "厕所", "norm": "300 m", "people": "7", "cost": "900", "bound": "8"}


def view(rows, base=None, lang="en"):
    reach = pd.DataFrame(
        {"code": ["620702", "620702001"], "people": [40, 30], "reached": [10, 9], "after": [17, 16]}
    )
    columns = ["finding", "name", "effect", "clause", "region_code", "in_bundle"]
    repairs = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns),
        geometry=gpd.points_from_xy([100.1] * len(rows), [38.9] * len(rows)),
        crs=4326,
    )
    return repair_view(reach, repairs, ASKED, lang=lang, base=base or small_base())


def test_two_states_with_the_people_of_each():
    drawn = view([])
    counties = drawn.layer("county")
    assert [slice_.id for slice_ in drawn.slices] == ["now", "bundle"]
    assert [counties.figures[state]["reached"][0] for state in ("now", "bundle")] == [10, 17]
    assert drawn.options["totals"]["bundle"] == {"people": 40, "reached": 17}
    assert any("7" in note and "900" in note and "8" in note for note in drawn.notes)


def test_a_repair_of_the_bundle_is_listed_under_both_states_and_another_only_today():
    rows = [
        ("f1", "Kerb ramp · lip height", "7 people more for 900 yuan", "2.10.2", "620702001201", True),
        ("f2", "Door · threshold", "0 people more for 500 yuan", "2.5.3", "620722001201", False),
    ]
    places = view(rows).layer("places")
    assert list(zip(places.columns["service"], places.columns["name"], strict=True)) == [
        ("now", "Kerb ramp · lip height"),
        ("now", "Door · threshold"),
        ("bundle", "Kerb ramp · lip height"),
    ]
    assert len(set(places.ids)) == 3
    assert places.columns["class"][0] == "7 people more for 900 yuan"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_text_of_a_finding_becomes_markup(lang):
    page = render.html(
        view([("f", text, text, text, "620702001201", True) for text in PAYLOADS], lang=lang), lang
    )
    assert "<script>alert(1)</script>" not in page.replace("\\u003c", "")
    assert "onerror=alert" not in page.split("<main")[0]
