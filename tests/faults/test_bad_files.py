"""Hostile, broken and mislabelled files: each is refused with a clear error or set aside row by row."""

import gzip
import io
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import (
    CrsError,
    DatumError,
    EncodingError,
    FileFormatError,
    FileTooLargeError,
    InputError,
    MappingError,
)
from gis.files import write_layer
from gis.imports import ImportOptions, prepare
from gis.limits import Limits
from gis.schema import REGIONS, ROADS, TOILETS

WGS84 = ImportOptions(datum="wgs84")
ENDINGS = (".geojson", ".gpkg", ".zip", ".csv", ".xlsx", ".fgb", ".parquet", ".osm.pbf", ".osm", ".osm.gz")
HOSTILE = "{{7*7}}<script>alert(1)</script>"


def geojson(folder: Path, *coordinates: str, name: str = "甲", kind: str = "Point") -> Path:
    shapes = (f'{{"type":"{kind}","coordinates":{text}}}' for text in coordinates)
    features = (
        f'{{"type":"Feature","properties":{{"name":"{name}"}},"geometry":{shape}}}' for shape in shapes
    )
    path = folder / "a.geojson"
    path.write_text(f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}', encoding="utf-8")
    return path


def packed(folder: Path, name: str, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content)
    return folder / name


def whole(folder: Path, ending: str) -> Path:
    """Return a good file of that ending."""
    path = folder / f"good{'.shp.zip' if ending == '.zip' else ending}"
    if ending.startswith(".osm"):
        node = '<node id="1" lat="38.9" lon="100.4"><tag k="amenity" v="toilets"/></node>'
        xml = f'<?xml version="1.0"?><osm version="0.6">{node * 50}</osm>'.encode()
        path.write_bytes(gzip.compress(xml) if ending == ".osm.gz" else xml)
        return path
    table = {"uid": [str(number) for number in range(500)], "name": [f"公厕{n}" for n in range(500)]}
    places = gpd.points_from_xy([100 + number / 1000 for number in range(500)], [38.9] * 500)
    write_layer(gpd.GeoDataFrame(table, geometry=places, crs=4326), path)
    return path


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_file_is_said_to_be_empty(tmp_path, ending):
    (tmp_path / f"a{ending}").touch()
    with pytest.raises(FileFormatError, match="the file is empty"):
        prepare(TOILETS, tmp_path / f"a{ending}", WGS84)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path, ending):
    with pytest.raises(FileFormatError, match="there is no such file"):
        prepare(TOILETS, tmp_path / f"a{ending}", WGS84)


@pytest.mark.parametrize(
    "ending", [".gpkg", ".zip", ".xlsx", ".fgb", ".parquet", ".geojson", ".osm.gz", ".osm"]
)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_file_cut_short_is_refused(tmp_path, ending, kept):
    content = whole(tmp_path, ending).read_bytes()
    path = tmp_path / f"cut{ending}"
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(InputError):
        prepare(TOILETS, path, WGS84)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("really", [".gpkg", ".zip", ".csv", ".fgb", ".parquet", ".osm.gz"])
def test_a_file_of_another_type_under_a_wrong_ending_is_refused(tmp_path, ending, really):
    if ending == really:
        return  # the right ending is no fault
    path = tmp_path / f"a{ending}"
    path.write_bytes(whole(tmp_path, really).read_bytes())
    with pytest.raises(InputError, match="a\\.") as refused:
        prepare(TOILETS, path, WGS84)
    assert not isinstance(refused.value, MappingError)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=300), ending=st.sampled_from(ENDINGS))
def test_random_bytes_under_any_ending_are_refused_and_never_break(tmp_path, content, ending):
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    with pytest.raises(InputError):
        prepare(TOILETS, path, WGS84)


def test_a_header_of_two_hundred_thousand_columns_is_refused_at_once(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(",".join(f"c{number}" for number in range(200_000)) + "\n1\n", encoding="utf-8")
    start = time.perf_counter()
    with pytest.raises(FileTooLargeError, match="columns is 200,000, the limit is 200"):
        prepare(TOILETS, path, WGS84)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize("opening", ['{"a":', "["])
def test_deeply_nested_json_is_refused_before_it_is_parsed(tmp_path, opening):
    path = tmp_path / "a.geojson"
    path.write_text('{"type":"FeatureCollection","features":' + opening * 200_000, encoding="utf-8")
    with pytest.raises(FileTooLargeError, match="nesting of the JSON is 200,001, the limit is 32"):
        prepare(TOILETS, path, WGS84)


def test_brackets_within_a_name_are_no_nesting(tmp_path):
    path = geojson(tmp_path, "[100.4,38.9]", name="[" * 100 + '\\"{')
    assert prepare(TOILETS, path, WGS84).accepted["name"].tolist() == ["[" * 100 + '"{']


def test_a_nested_collection_in_a_geopackage_is_refused(tmp_path):
    shape = shapely.Point(100, 38)
    for _ in range(12):
        shape = shapely.GeometryCollection([shape])
    gpd.GeoDataFrame({"uid": ["1"]}, geometry=[shape], crs=4326).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(FileTooLargeError, match="nesting"):
        prepare(TOILETS, tmp_path / "a.parquet", WGS84)


def test_nan_and_infinite_coordinates_are_set_aside_row_by_row(tmp_path):
    prepared = prepare(
        TOILETS, geojson(tmp_path, "[NaN,38.9]", "[100.4,-Infinity]", "[100.4,38.9]", "[]"), WGS84
    )
    assert [(issue.row, issue.reason) for issue in prepared.issues if issue.action == "quarantined"] == [
        (1, "no-position"), (2, "no-position"), (4, "no-position"),
    ]  # fmt: skip
    assert len(prepared.accepted) == 1


def test_shapes_in_three_dimensions_and_crossing_polygons_are_mended(tmp_path):
    bow = "[[[100,38,1500],[101,39,1500],[101,38,1500],[100,39,1500],[100,38,1500]]]"
    path = geojson(tmp_path, bow, kind="Polygon")
    text = path.read_text(encoding="utf-8").replace('"name"', '"code":"620702001","name"')
    path.write_text(text, encoding="utf-8")
    prepared = prepare(REGIONS, path, WGS84)
    assert {"z-dropped", "invalid-polygon"} <= {issue.reason for issue in prepared.issues}
    shape = prepared.accepted.geometry.iloc[0]
    assert shape.is_valid
    assert not shape.has_z
    # The bow of a one-degree square is two triangles of a quarter each.
    assert shape.area == pytest.approx(0.5)


@pytest.mark.parametrize("ending", [".geojson", ".csv", ".xlsx", ".gpkg"])
def test_a_name_that_is_a_template_and_a_script_stays_plain_text(tmp_path, ending):
    sites = gpd.GeoDataFrame(
        {"uid": ["1"], "name": [HOSTILE]}, geometry=[shapely.Point(100.4, 38.9)], crs=4326
    )
    write_layer(sites, tmp_path / f"a{ending}")
    assert prepare(TOILETS, tmp_path / f"a{ending}", WGS84).accepted["name"].tolist() == [HOSTILE]


def test_a_zip_within_a_zip_is_refused(tmp_path):
    path = packed(tmp_path, "a.zip", {"inner.zip": b"PK\x03\x04"})
    with pytest.raises(FileFormatError, match="holds another archive"):
        prepare(TOILETS, path, WGS84)


@pytest.mark.parametrize("entry", ["../a.shp", "/etc/a.shp", "x\\..\\a.shp"])
def test_a_zip_that_climbs_out_of_its_folder_is_refused(tmp_path, entry):
    with pytest.raises(FileFormatError, match="unsafe path"):
        prepare(TOILETS, packed(tmp_path, "a.zip", {entry: b"x"}), WGS84)


@pytest.mark.parametrize(("name", "entry"), [("a.zip", "a.shp"), ("a.xlsx", "xl/worksheets/sheet1.xml")])
def test_a_bomb_of_zeros_is_refused_by_its_ratio(tmp_path, name, entry):
    with pytest.raises(FileTooLargeError, match="ratio of unpacked to packed size"):
        prepare(TOILETS, packed(tmp_path, name, {entry: bytes(5_000_000)}), WGS84)


def test_a_zip_of_too_many_entries_is_refused(tmp_path):
    with pytest.raises(FileTooLargeError, match="number of entries is 1,001"):
        prepare(TOILETS, packed(tmp_path, "a.zip", {f"{n}.txt": b"x" for n in range(1001)}), WGS84)


def test_a_zip_without_a_shapefile_is_refused_with_what_it_holds(tmp_path):
    with pytest.raises(FileFormatError, match=r"holds no \.shp"):
        prepare(TOILETS, packed(tmp_path, "a.zip", {"a.txt": b"x"}), WGS84)


def edited(folder: Path, entry: str, change) -> Path:
    """Return a good workbook with one entry changed."""
    book = openpyxl.Workbook()
    book.active.append(["编号", "名称"])
    book.active.append(["1", "甲"])
    raw = io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries[entry] = change(entries.get(entry, b"<sst/>"))
    return packed(folder, "a.xlsx", entries)


def test_a_workbook_with_an_entity_bomb_is_refused(tmp_path):
    bomb = b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>'
    path = edited(tmp_path, "xl/sharedStrings.xml", lambda xml: bomb + xml)
    with pytest.raises(FileFormatError, match="document type"):
        prepare(TOILETS, path, WGS84)


def test_a_workbook_with_one_cell_in_the_last_corner_is_refused(tmp_path):
    path = edited(tmp_path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'r="B2"', b'r="XFD1048576"'))
    with pytest.raises(FileTooLargeError, match="columns is 16,384"):
        prepare(TOILETS, path, WGS84)


def test_a_workbook_that_repeats_one_long_text_is_refused(tmp_path):
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 30_001))
    sheet = b"<worksheet><sheetData>" + cells + b"</sheetData></worksheet>"
    path = edited(tmp_path, "xl/worksheets/sheet1.xml", lambda _: sheet)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries["xl/sharedStrings.xml"] = b"<sst><si><t>" + bytes(range(65, 91)) * 400 + b"</t></si></sst>"
    with pytest.raises(FileTooLargeError, match="size of the texts"):
        prepare(TOILETS, packed(tmp_path, "b.xlsx", entries), WGS84)


def test_more_vertices_than_are_read_are_refused(tmp_path):
    line = shapely.LineString([(100 + n / 1e5, 38 + n % 2) for n in range(2_000)])
    roads = gpd.GeoDataFrame({"uid": ["1"], "road_class": ["path"]}, geometry=[line], crs=4326)
    write_layer(roads, tmp_path / "a.gpkg")
    with pytest.raises(FileTooLargeError, match="vertices of a feature is 2,000, the limit is 1,000"):
        prepare(ROADS, tmp_path / "a.gpkg", ImportOptions(datum="wgs84", limits=Limits(vertices=1_000)))


def test_more_features_or_bytes_than_are_read_are_refused(tmp_path):
    path = geojson(tmp_path, "[100,38]", "[100,38.1]")
    with pytest.raises(FileTooLargeError, match="features is 2, the limit is 1"):
        prepare(TOILETS, path, ImportOptions(datum="wgs84", limits=Limits(features=1)))
    with pytest.raises(FileTooLargeError, match="size in bytes"):
        prepare(TOILETS, path, ImportOptions(datum="wgs84", limits=Limits(file_bytes=10)))


def test_metres_that_call_themselves_degrees_are_refused_with_the_way_out(tmp_path):
    metres = gpd.points_from_xy([628_000.0, 629_000.0], [4_310_000.0, 4_311_000.0])
    gpd.GeoDataFrame({"uid": ["1", "2"]}, geometry=metres, crs=4326).to_file(tmp_path / "a.gpkg")
    with pytest.raises(CrsError, match=r"metres, not degrees.*--crs"):
        prepare(TOILETS, tmp_path / "a.gpkg", WGS84)
    prepared = prepare(TOILETS, tmp_path / "a.gpkg", ImportOptions(epsg=32647))
    assert prepared.accepted.geometry.iloc[0].x == pytest.approx(100.48, abs=0.01)
    assert [issue.reason for issue in prepared.issues] == ["crs-overridden"]


@pytest.mark.parametrize(("declared", "error"), [(None, DatumError), ("nad27", DatumError)])
def test_a_file_in_degrees_without_a_known_datum_is_refused(tmp_path, declared, error):
    with pytest.raises(error, match=r"--datum wgs84 \(phone GPS"):
        prepare(TOILETS, geojson(tmp_path, "[100.4,38.9]"), ImportOptions(datum=declared))


def test_a_coordinate_system_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(CrsError, match="no coordinate system EPSG:999999"):
        prepare(TOILETS, geojson(tmp_path, "[100.4,38.9]"), ImportOptions(epsg=999_999))


def test_a_table_that_says_no_place_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "a.csv").write_text("编号,名称\n1,甲\n", encoding="utf-8")
    with pytest.raises(MappingError, match=r"\[position\]"):
        prepare(TOILETS, tmp_path / "a.csv", WGS84)
    (tmp_path / "a.csv").write_text("编号,经度\n1,100\n", encoding="utf-8")
    with pytest.raises(MappingError, match="not the other axis"):
        prepare(TOILETS, tmp_path / "a.csv", WGS84)


def test_well_known_text_that_nests_is_refused(tmp_path):
    text = "GEOMETRYCOLLECTION(" * 50_000 + "POINT(1 1)" + ")" * 50_000
    pd.DataFrame({"uid": ["1"], "road_class": ["path"], "wkt": [text]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(MappingError, match="nests too deeply"):
        prepare(ROADS, tmp_path / "a.parquet", WGS84)


def test_a_text_in_no_encoding_is_asked_about(tmp_path):
    (tmp_path / "a.csv").write_bytes("名称,lon,lat\r".encode() + b"\xff\xfe\xff,100,38\r")
    with pytest.raises(EncodingError, match="--encoding"):
        prepare(TOILETS, tmp_path / "a.csv", WGS84)


def test_a_cell_that_never_ends_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text('名称,lon,lat\n"' + "x" * 200_000, encoding="utf-8")
    with pytest.raises(FileTooLargeError, match="a cell"):
        prepare(TOILETS, tmp_path / "a.csv", WGS84)


def test_an_unknown_ending_is_refused_with_those_that_are_read(tmp_path):
    with pytest.raises(FileFormatError, match=r"known: \.geojson"):
        prepare(TOILETS, tmp_path / "a.mdb", WGS84)
