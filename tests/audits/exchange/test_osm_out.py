"""Tags of OpenStreetMap: what is known comes back equal, what is unknown is never written."""

import xml.etree.ElementTree as ET
from collections import Counter
from datetime import date

import geopandas as gpd
import osmium
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point

from audits.exchange import write
from audits.exchange.osmtags_out import facility_tags, graded, measured, road_tags, toilet_tags
from gis import osmtags
from gis.catalogue import codelist
from gis.errors import SchemaError
from gis.osm import read_roads, read_toilets
from gis.schema import FACILITIES, LAYERS, ROADS, TOILETS


def codes(name):
    return st.none() | st.sampled_from(sorted(codelist(name).codes))


ROAD_ROWS = st.fixed_dictionaries(
    {
        "road_class": st.sampled_from(sorted(codelist("road_class").codes)),
        **{
            name: codes(name)
            for name in ("oneway", "surface", "smoothness", "kerb", "tactile_paving", "wheelchair")
        },
        "width_m": st.none() | st.integers(1, 2000).map(lambda cm: cm / 10),
        "incline_ratio": st.none() | st.integers(-100, 100).map(lambda percent: percent / 100),
        "kerb_height_mm": st.none() | st.integers(0, 1000).map(float),
        "maxspeed_kmh": st.none() | st.integers(1, 140).map(float),
        "bridge": st.none() | st.booleans(),
    }
)


@given(ROAD_ROWS)
def test_a_road_comes_back_from_its_tags_as_it_was(row):
    back = osmtags.road_row(road_tags(row))
    for name, value in row.items():
        expected = "yes" if name == "oneway" and value is None and back.get("oneway") == "yes" else value
        assert back.get(name) == (pytest.approx(expected) if isinstance(expected, float) else expected), name


@pytest.mark.parametrize(
    ("layer", "tags_of"), [(ROADS, road_tags), (FACILITIES, facility_tags), (TOILETS, toilet_tags)]
)
def test_what_is_unknown_is_never_written(layer, tags_of):
    nothing = {column.name: None for column in layer.columns}
    expected = {"amenity": "toilets"} if layer is TOILETS else {}
    assert tags_of(nothing) == tags_of({}) == expected
    assert (
        graded(expected, None)
        == graded(expected, {"level": "unknown", "inspected_on": date(2026, 1, 1)})
        == expected
    )


def test_a_no_is_written_and_is_not_the_same_as_unknown():
    tags = toilet_tags(
        {
            "accessible_room": False,
            "changing_table": True,
            "free": True,
            "open_24h": True,
            "step_free": True,
            "wheelchair": "no",
        }
    )
    assert tags == {
        "amenity": "toilets", "toilets:wheelchair": "no", "changing_table": "yes", "fee": "no",
        "opening_hours": "24/7", "step_count": "0", "wheelchair": "no",
    }  # fmt: skip


def test_a_closed_toilet_is_no_toilet_to_look_for():
    assert toilet_tags({"operating_status": "closed"}) == {"abandoned:amenity": "toilets"}
    assert osmtags.toilet_row({"abandoned:amenity": "toilets"})["operating_status"] == "closed"


def test_a_grade_comes_before_an_old_tag():
    grade = {"level": "not_accessible", "inspected_on": date(2026, 1, 2)}
    assert graded({"wheelchair": "yes"}, grade) == {"wheelchair": "no", "check_date": "2026-01-02"}
    assert graded({"wheelchair": "yes"}, {"level": "unknown"}) == {"wheelchair": "yes"}


def test_the_worst_element_of_the_latest_visit_gives_the_size():
    rows = [
        ("2026-01-01", 1, 850.0, "mm"), ("2026-01-01", 2, 0.9, "m"), ("2025-01-01", 1, 600.0, "mm"),
        ("2026-01-01", 3, 5.0, "percent"),
    ]  # fmt: skip
    measurements = pd.DataFrame(
        [
            ("toilets", "t1", day, "door", number, "clear_width", value, unit)
            for day, number, value, unit in rows
        ],
        columns=[
            "place_layer",
            "place_uid",
            "visited_on",
            "element",
            "element_no",
            "attribute",
            "value",
            "unit",
        ],
    )
    assert measured("toilets", measurements) == {"t1": {"door:width": "0.85"}}
    assert measured("roads", measurements) == {}
    assert measured("toilets", measurements.head(0)) == {}


def test_what_has_no_tag_is_counted():
    lost = Counter()
    toilet_tags({"alarm": True, "category": "park", "note": "后门进; access=yes"}, lost)
    assert lost == {("alarm", "no-tag"): 1, ("category", "no-tag"): 1, ("note", "not-a-tag"): 1}
    facility_tags({"facility_class": "catering"}, lost := Counter())
    assert lost == {("facility_class catering", "no-main-tag"): 1}


def test_a_class_gets_only_the_tag_that_is_certain():
    assert facility_tags({"facility_class": "postal"}) == {"amenity": "post_office"}
    assert facility_tags({"facility_class": "park", "name": "甘泉公园"}) == {"name": "甘泉公园"}


def test_xml_keeps_any_text_and_gives_roads_that_meet_one_node(tmp_path):
    name = 'A & B <"南">\x01'
    streets = gpd.GeoDataFrame(
        {"uid": ["a", "b"], "road_class": ["footway", "crossing"], "name": [name, None]},
        geometry=[LineString([(100, 38), (100.1, 38)]), LineString([(100.1, 38), (100.1, 38.1)])],
        crs=4326,
    )
    told = write("roads", streets, tmp_path / "x.osm")
    root = ET.parse(tmp_path / "x.osm").getroot()  # noqa: S314  written a line above
    assert told.carried == 2
    assert len(root.findall("node")) == 3  # four ends, two of them at one place
    assert all(int(thing.get("id")) < 0 for thing in root if thing.tag in {"node", "way"})
    assert root.find("way/tag[@k='name']").get("v") == 'A & B <"南">'
    assert root.get("upload") == "never"


def test_households_are_never_tags(tmp_path):
    homes = gpd.GeoDataFrame({"uid": ["h"]}, geometry=[Point(100, 38)], crs=4326)
    with pytest.raises(SchemaError):
        write("households", homes, tmp_path / "x.osm")


@pytest.mark.realdata
def test_the_known_tags_of_monaco_come_back_equal(shared):
    columns, tags = Counter(), Counter()
    for thing in osmium.FileProcessor(str(shared / "data/osm/monaco-latest.osm.pbf")):
        said = dict(thing.tags)
        readers = [(osmtags.toilet_row, toilet_tags)]
        if thing.is_way() and osmtags.road_class(said):
            readers.append((osmtags.road_row, road_tags))
        for read, tags_of in readers:
            row = read(said)
            if row is None:
                continue
            written = tags_of(row)
            assert read(written) == row
            columns[read.__name__] += 1
            for key in written.keys() & said.keys() - {"tunnel"}:  # its kinds are only yes to us
                assert written[key] == said[key], key
                tags[key] += 1
    assert columns == {"road_row": 2369, "toilet_row": 31}
    assert tags["incline"] == 142
    assert tags["wheelchair"] > 0


@pytest.mark.realdata
@pytest.mark.parametrize(("layer", "read"), [("roads", read_roads), ("toilets", read_toilets)])
def test_the_file_of_monaco_comes_back_through_the_ordinary_reader(layer, read, shared, tmp_path):
    before = read(shared / "data/osm/monaco-latest.osm.pbf")
    told = write(layer, before, tmp_path / "negative.osm")
    assert told.carried == len(before)
    # The library that reads OpenStreetMap files knows no places of objects with negative numbers.
    text = (tmp_path / "negative.osm").read_text(encoding="utf-8").replace('="-', '="')
    (tmp_path / "plain.osm").write_text(text, encoding="utf-8")
    after = read(tmp_path / "plain.osm")
    assert len(after) == len(before)
    for column in LAYERS[layer].columns:
        if column.name not in {"uid", "note"}:
            count = [frame[column.name].value_counts(dropna=False).to_dict() for frame in (before, after)]
            assert {str(key): n for key, n in count[0].items()} == {
                str(key): n for key, n in count[1].items()
            }, column.name
