"""A11yJSON is read as it is published and written as it is defined; unknown has no key at all."""

import json
import re

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from audits.exchange import read, write
from audits.exchange.a11yjson import read_a11yjson, write_a11yjson
from gis.errors import FileFormatError, FileTooLargeError, SchemaError
from gis.schema import TOILETS

TOILET = {
    "uid": "t1", "name": "钟鼓楼公厕", "wheelchair": "yes", "accessible_room": True, "changing_table": False,
    "alarm": None, "step_free": True, "phone": "0936", "address": "东街1号", "rooms": 8, "note": "后门进",
}  # fmt: skip


def toilets(*rows):
    columns = {column.name: None for column in TOILETS.columns}
    return gpd.GeoDataFrame(
        [{**columns, **row} for row in rows], geometry=[Point(100.45, 38.93)] * len(rows), crs=4326
    )


def properties(path):
    return [feature["properties"] for feature in json.loads(path.read_text(encoding="utf-8"))["features"]]


def test_a_toilet_is_written_strictly_and_comes_back(tmp_path):
    told = write("toilets", toilets(TOILET), tmp_path / "t.a11y.json")
    assert properties(tmp_path / "t.a11y.json") == [
        {
            "category": "toilets",
            "originalId": "t1",
            "name": "钟鼓楼公厕",
            "phoneNumber": "0936",
            "description": "后门进",
            "address": {"text": "东街1号"},
            "accessibility": {
                "accessibleWith": {"wheelchair": True},
                "restrooms": [{"isAccessibleWithWheelchair": True, "hasChangingTableForBabies": False}],
                "entrances": [{"isLevel": True}],
            },
        }
    ]
    assert [(one.what, one.count) for one in told.uncarried] == [("rooms", 1)]
    back, lost = read(tmp_path / "t.a11y.json", "toilets")
    assert lost.complete
    row = back.iloc[0]
    for name in TOILET.keys() - {"rooms", "alarm"}:
        assert row[name] == TOILET[name], name
    assert row["alarm"] is None
    assert (row.geometry.x, row.geometry.y) == (100.45, 38.93)


def test_nothing_known_is_nothing_said(tmp_path):
    write_a11yjson(toilets({"uid": "t1"}), "toilets", tmp_path / "t.a11y.json")
    assert properties(tmp_path / "t.a11y.json") == [{"category": "toilets", "originalId": "t1"}]


def test_a_grade_decides_and_measurements_give_the_size(tmp_path):
    grades = pd.DataFrame({"place_uid": ["t1"], "level": ["partial"]})
    measurements = pd.DataFrame(
        [("toilets", "t1", "2026-01-01", "accessible_toilet", 1, name, value, "mm") for name, value in (("turning_circle", 1500.0), ("door_clear_width", 850.0))],
        columns=["place_layer", "place_uid", "visited_on", "element", "element_no", "attribute", "value", "unit"],
    )  # fmt: skip
    write(
        "toilets",
        toilets({"uid": "t1", "wheelchair": "yes"}),
        tmp_path / "t.a11y.json",
        grades=grades,
        measurements=measurements,
    )
    assert properties(tmp_path / "t.a11y.json")[0]["accessibility"] == {
        "partiallyAccessibleWith": {"wheelchair": True},
        "restrooms": [
            {
                "turningSpaceInside": {"value": 1500.0, "unit": "mm"},
                "entrance": {"door": {"width": {"value": 850.0, "unit": "mm"}}},
            }
        ],
    }


@pytest.mark.realdata
def test_the_documentation_s_example_is_read_with_its_commas_and_without_types(shared, tmp_path):
    text = (shared / "data/audits/a11yjson/0-place.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (tmp_path / "place.a11y.json").write_text(example, encoding="utf-8")
    places, told = read_a11yjson(tmp_path / "place.a11y.json", "facilities")
    row = places.iloc[0]
    assert (row["name"], row["facility_class"], row["wheelchair"]) == (
        "Quedlinburg-Information",
        "tourism",
        "limited",
    )
    assert row["phone"] == "+49 3946 905-624"
    assert (row.geometry.x, row.geometry.y) == (11.14204, 51.78911)
    kept = json.loads(row["note"])
    assert kept["accessibility"]["restrooms"] == [{"isAccessibleWithWheelchair": False}]
    assert {one.what for one in told.uncarried} >= {
        "accessibility.parking",
        "accessibility.restrooms",
        "infoPageUrl",
    }


@pytest.mark.realdata
def test_a_part_of_a_place_is_refused_with_a_reason(shared, tmp_path):
    text = (shared / "data/audits/a11yjson/canteen.md").read_text(encoding="utf-8")
    for example in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        (tmp_path / "x.a11y.json").write_text(example, encoding="utf-8")
        with pytest.raises(FileFormatError, match="is no"):
            read_a11yjson(tmp_path / "x.a11y.json", "facilities")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"[" * 100_000 + b"]" * 100_000, FileTooLargeError),
        (b'{"features": 5}', FileFormatError),
        (b'{"features": [{"properties": 1}]}', FileFormatError),
        (b'{"properties": {}, "x": }', FileFormatError),
        (b"", FileFormatError),
    ],
)
def test_a_hostile_file_is_refused(content, error, tmp_path):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(error):
        read_a11yjson(tmp_path / "x.json", "facilities")


def test_a_comma_in_a_text_is_no_trailing_comma(tmp_path):
    (tmp_path / "x.json").write_text('{"properties": {"name": "a,} b,]", "category": "park",}, }')
    places, _ = read_a11yjson(tmp_path / "x.json", "facilities")
    assert (places["name"][1], places["facility_class"][1]) == ("a,} b,]", "park")
    assert places.geometry[1] is None


def test_a_layer_without_places_is_refused(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(SchemaError):
        read_a11yjson(tmp_path / "x.json", "roads")
    with pytest.raises(SchemaError):
        write("roads", toilets(TOILET), tmp_path / "x.a11y.json")
