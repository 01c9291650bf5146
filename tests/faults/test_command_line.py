"""Hostile files at the real door: a stable code or a row kept aside with its reason, and never a traceback."""

import csv
import io
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from gis.files import write_layer

HOSTILE = "{{7*7}}<script>alert(1)</script>"
BOW = [[[100, 38, 1500], [101, 39, 1500], [101, 38, 1500], [100, 39, 1500], [100, 38, 1500]]]


def geojson(path: Path, *geometries: dict | str, **properties: object) -> Path:
    """Write features; a geometry may be text, since NaN is no JSON."""
    shapes = [shape if isinstance(shape, str) else json.dumps(shape) for shape in geometries]
    said = json.dumps({"name": "公厕", **properties})
    features = (f'{{"type":"Feature","properties":{said},"geometry":{shape}}}' for shape in shapes)
    path.write_text(f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}', encoding="utf-8")
    return path


def point(lon: float, lat: float) -> dict:
    return {"type": "Point", "coordinates": [lon, lat]}


def empty(folder: Path) -> Path:
    (folder / "a.csv").touch()
    return folder / "a.csv"


def wide(folder: Path) -> Path:
    header = ",".join(f"c{number}" for number in range(200_000))
    (folder / "a.csv").write_text(f"{header}\n1\n", encoding="utf-8")
    return folder / "a.csv"


def nested(folder: Path) -> Path:
    text = '{"type":"FeatureCollection","features":' + "[" * 100_000
    (folder / "a.geojson").write_text(text, encoding="utf-8")
    return folder / "a.geojson"


def without_projection(folder: Path) -> Path:
    """Write a zipped shapefile in metres from which somebody lost the .prj."""
    places = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(628_000, 4_310_000)], crs=32647)
    places.to_file(folder / "a.shp", encoding="utf-8")
    (folder / "a.prj").unlink()
    path = folder / "a.shp.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in folder.glob("a.*"):
            if part != path:
                archive.write(part, part.name)
    return path


def not_a_workbook(folder: Path) -> Path:
    (folder / "a.xlsx").write_bytes(b"PK\x03\x04 and no more")
    return folder / "a.xlsx"


@pytest.mark.parametrize(
    ("make", "options", "code"),
    [
        (empty, ("--datum", "wgs84"), "file-format"),
        (wide, ("--datum", "wgs84"), "file-too-large"),
        (nested, ("--datum", "wgs84"), "file-too-large"),
        (not_a_workbook, ("--datum", "wgs84"), "file-format"),
        (without_projection, (), "datum"),
        (without_projection, ("--datum", "wgs84"), "crs"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_file_that_cannot_be_used_is_refused_with_a_stable_code(ready, tmp_path, make, options, code):
    said = ready("import", "toilets", make(tmp_path), *options, "--json")
    assert (said.code, said.told["error"]["code"]) == (1, code)
    assert "Traceback" not in said.out + said.err
    assert ready("imports", "--json").told == []


def aside(told: dict) -> list[tuple[str, str]]:
    if told["quarantine_file"] is None:
        return []
    with Path(told["quarantine_file"]).open(encoding="utf-8-sig") as file:
        return [(row["_row"], row["_reason"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("geometries", "expected"),
    [
        ((point(100.4, 38.9), point(38.9, 100.4)), [("2", "swapped-axes")]),
        (('{"type":"Point","coordinates":[NaN,38.9]}', point(100.4, 38.9)), [("1", "no-position")]),
        (("null", point(100.4, 38.9)), [("1", "no-position")]),
        ((point(100.4, 38.9), point(640.0, 38.9)), [("2", "not-degrees")]),
    ],
    ids=["swapped", "nan", "none", "beyond"],
)
def test_a_bad_row_is_kept_aside_with_its_reason_and_the_others_are_in(ready, tmp_path, geometries, expected):
    path = geojson(tmp_path / "a.geojson", *geometries)
    said = ready("import", "toilets", path, "--datum", "wgs84", "--json")
    assert said.code == 0, said.err
    told = said.told
    assert (told["read"], told["accepted"], told["quarantined"]) == (2, 1, 1)
    assert aside(told) == expected
    assert "Traceback" not in said.err


def test_a_crossing_polygon_with_heights_is_mended_and_told(ready, tmp_path):
    path = geojson(
        tmp_path / "a.geojson", {"type": "Polygon", "coordinates": BOW}, code="620702", name="甘州区"
    )
    told = ready("import", "regions", path, "--datum", "wgs84", "--json").told
    assert (told["accepted"], told["repaired"], told["quarantined"]) == (1, 1, 0)
    ready("export", "regions", tmp_path / "back.gpkg", "--json")
    shape = gpd.read_file(tmp_path / "back.gpkg").geometry.iloc[0]
    assert shape.is_valid
    assert not shape.has_z
    assert shape.area == pytest.approx(0.5)  # two triangles of a quarter of a square degree


def test_a_table_in_gbk_comes_in_with_its_names(ready, tmp_path):
    rows = io.StringIO()
    csv.writer(rows).writerows([["uid", "name", "lon", "lat"], ["T1", "张掖大佛寺公厕", "100.45", "38.93"]])
    (tmp_path / "a.csv").write_bytes(rows.getvalue().encode("gbk"))
    told = ready("import", "toilets", tmp_path / "a.csv", "--datum", "wgs84", "--json").told
    assert (told["accepted"], told["quarantined"]) == (1, 0)
    ready("export", "toilets", tmp_path / "back.geojson", "--json")
    assert json.loads((tmp_path / "back.geojson").read_text())["features"][0]["properties"]["name"] == (
        "张掖大佛寺公厕"
    )


def test_a_shapefile_without_its_projection_comes_in_once_somebody_says_it(ready, tmp_path):
    told = ready("import", "toilets", without_projection(tmp_path), "--crs", 32647, "--json").told
    assert (told["accepted"], told["quarantined"]) == (1, 0)


def test_a_name_that_is_a_template_and_a_script_is_text_on_the_map(ready, tmp_path):
    place = gpd.GeoDataFrame(
        {"uid": ["1"], "name": [HOSTILE]}, geometry=[shapely.Point(100.4, 38.9)], crs=4326
    )
    write_layer(place, tmp_path / "a.csv")
    assert ready("import", "toilets", tmp_path / "a.csv", "--datum", "wgs84", "--json").told["accepted"] == 1
    assert ready("map", "toilets", "--out", tmp_path / "map.html", "--json").code == 0
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert "alert(1)" in page  # the name is there
    assert "<script>alert(1)" not in page
    assert "49<" not in page  # no template engine has seen it


def test_bad_rows_of_a_file_where_nobody_may_write_go_to_the_current_folder(ready, tmp_path, monkeypatch):
    from gis import imports

    away = tmp_path / "away"
    away.mkdir()
    path = geojson(away / "a.geojson", "null", point(100.4, 38.9))
    written = imports.files.write_rows

    def refusing(rows, out):
        if out.parent == away:
            raise PermissionError(13, "Permission denied", str(out))  # the tests may run as root
        written(rows, out)

    monkeypatch.setattr(imports.files, "write_rows", refusing)
    told = ready("import", "toilets", path, "--datum", "wgs84", "--json").told
    assert told["quarantine_file"] == str(tmp_path / "a.geojson.quarantine.csv")
    assert aside(told) == [("1", "no-position")]
