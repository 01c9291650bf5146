"""What is written is read back the same in every format, and files of other people are read as they are."""

import zipfile
from datetime import date
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import FileFormatError
from gis.files import READERS, WRITERS, read, read_table, read_vector, write_layer, write_rows
from gis.imports import ImportOptions, prepare
from gis.mapping import Mapping, known_words
from gis.schema import HOUSEHOLDS, ROADS, TOILETS
from gis.sources import ReadOptions

NAMES = st.text(st.sampled_from("张掖·䶮𠮷渠aZ09 =+-@'\",;{}<>《》é"), min_size=1, max_size=20).map(str.strip)
SITES = st.lists(
    st.fixed_dictionaries({
        "name": st.none() | NAMES.filter(lambda name: name and not name.startswith("'")),
        "category": st.none() | st.sampled_from(["park", "market", "other"]),
        "rooms": st.none() | st.integers(0, 50),
        "accessible_rooms": st.none() | st.integers(0, 5),
        "accessible_room": st.none() | st.booleans(),
        "free": st.none() | st.booleans(),
        "built_on": st.none() | st.dates(date(1950, 1, 1), date(2026, 11, 24)),
        "phone": st.none() | st.sampled_from(["+86 936 821", "09368210000", "-1", "013800138000"]),
        "lon": st.floats(97, 103),
        "lat": st.floats(37, 40),
    }),
    min_size=1,
    max_size=12,
)  # fmt: skip
BLANK = {
    "name": None, "rooms": None, "accessible_rooms": None, "accessible_room": None, "free": None,
    "lon": 100.4, "lat": 38.9,
}  # fmt: skip


def toilets(sites) -> gpd.GeoDataFrame:
    table = pd.DataFrame(sites, dtype=object)
    places = gpd.points_from_xy(table.pop("lon").astype(float), table.pop("lat").astype(float))
    table.insert(0, "uid", [f"6207{number:014d}" for number in range(len(table))])
    types = {"rooms": "Int64", "accessible_rooms": "Int64", "accessible_room": "boolean", "free": "boolean"}
    # Frames of an import are indexed by row number, which is no column of theirs.
    table.index = pd.RangeIndex(1, len(table) + 1, name="row")
    return gpd.GeoDataFrame(table.astype(types), geometry=places, crs=4326)


def cells(features: gpd.GeoDataFrame) -> dict[str, list[object]]:
    ordered = features.sort_values("uid")
    table = {name: ordered[name].astype(object) for name in ordered.columns.drop("geometry")}
    plain = {name: [None if pd.isna(cell) else cell for cell in column] for name, column in table.items()}
    # A workbook keeps 16 digits: 1e-9 degrees are a tenth of a millimetre.
    degrees = shapely.get_coordinates(ordered.geometry.array).ravel().tolist()
    return plain | {"degrees": degrees}


@pytest.mark.parametrize("ending", WRITERS)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sites=SITES)
def test_a_layer_comes_back_from_every_format_as_it_was(tmp_path, ending, sites):
    written = toilets(sites)
    path = tmp_path / f"toilets{ending}"
    write_layer(written, path)
    prepared = prepare(TOILETS, path, ImportOptions(datum="wgs84"))
    found = cells(prepared.accepted[written.columns])
    wanted = cells(written)
    assert found.pop("degrees") == pytest.approx(wanted.pop("degrees"), abs=1e-9)
    assert found == wanted
    assert prepared.issues == []


@pytest.mark.parametrize("ending", WRITERS)
def test_lines_come_back_from_every_format(tmp_path, ending):
    line = shapely.LineString([(100.1, 38.9), (100.123456789012, 38.95), (100.2, 38.91)])
    roads = gpd.GeoDataFrame({"uid": ["a"], "road_class": ["primary"]}, geometry=[line], crs=4326)
    write_layer(roads, tmp_path / f"roads{ending}")
    prepared = prepare(ROADS, tmp_path / f"roads{ending}", ImportOptions(datum="wgs84"))
    assert prepared.accepted.geometry.iloc[0].equals(line)


def test_a_layer_without_geometry_is_a_table_and_no_map(tmp_path):
    people = pd.DataFrame({"uid": ["1"], "born_on": [date(1960, 1, 1)], "consent": [True]})
    for ending in (".csv", ".xlsx", ".parquet"):
        write_layer(people, tmp_path / f"people{ending}")
        rows = read(tmp_path / f"people{ending}", "people", ReadOptions()).rows
        assert rows["uid"].tolist() == ["1"]
    with pytest.raises(FileFormatError, match="no geometry"):
        write_layer(people, tmp_path / "people.gpkg")


@pytest.mark.parametrize("name", ["a.osw.zip", "a.a11y.json", "a.osm", "a.docx"])
def test_an_ending_that_is_not_written_is_refused_with_those_that_are(tmp_path, name):
    with pytest.raises(FileFormatError, match=r"known: .geojson .gpkg .shp.zip .csv .xlsx .fgb .parquet"):
        write_layer(toilets([BLANK]), tmp_path / name)


def test_an_export_that_fails_leaves_the_older_file_alone(tmp_path):
    path = tmp_path / "toilets.shp.zip"
    path.write_bytes(b"older")
    long = toilets([BLANK | {"name": "名" * 200}])
    with pytest.raises(FileFormatError, match="longer than 254 bytes"):
        write_layer(long, path)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_no_cell_of_a_csv_starts_a_formula(tmp_path):
    path = tmp_path / "a.csv"
    write_rows(pd.DataFrame({"=name": ["=1+1", "@x", "-cmd", "+86", "-5.5", " =2", "plain"]}), path)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines == ["'=name", "'=1+1", "'@x", "'-cmd", "+86", "-5.5", "' =2", "plain"]


def test_a_workbook_is_read_below_its_title_with_ids_as_texts(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.merge_cells("A1:D1")
    rows = [
        ["张掖市公共厕所台账"], ["编号", "名称", "建成日期", "免费"],
        ["620702001001000001", "甘泉公园公厕", date(2020, 5, 1), True], [2, "南关市场公厕", 45413, "√"],
        ["合计", None, None, 2],
    ]  # fmt: skip
    for row in rows:
        sheet.append(row)
    book.create_sheet("说明").append(["无"])
    book.save(tmp_path / "a.xlsx")
    source = read(tmp_path / "a.xlsx", "toilets", ReadOptions(known=known_words(TOILETS, Mapping())))
    assert source.rows["编号"].tolist() == ["620702001001000001", 2]
    assert source.rows["建成日期"].tolist() == [date(2020, 5, 1), 45413]
    assert [(issue.row, issue.reason) for issue in source.issues] == [
        (0, "other-sheets"), (0, "title-row"), (3, "footer-row"),
    ]  # fmt: skip


def shapefile(folder: Path, *, encoding: str, parts: tuple[str, ...], stem: str = "厕所") -> Path:
    sites = toilets([BLANK | {"name": "龙·渠"}])
    sites[["uid", "name", "geometry"]].to_file(folder / f"{stem}.shp", encoding=encoding)
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for part in parts:
            archive.write(folder / f"{stem}{part}", f"图层/{stem}{part}")
    return folder / "a.zip"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("parts", [(".shp", ".shx", ".dbf"), (".shp", ".shx", ".dbf", ".cpg", ".prj")])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_shapefile_is_read_with_or_without_its_code_page(tmp_path, encoding, parts):
    source = read(shapefile(tmp_path, encoding=encoding, parts=parts), "toilets", ReadOptions())
    assert source.rows["name"].tolist() == ["龙·渠"]
    assert (source.crs is not None) == (".prj" in parts)
    assert any(issue.reason == "encoding-told" for issue in source.issues) == (
        encoding == "gb18030" and ".cpg" not in parts
    )


def test_a_shapefile_beside_its_parts_is_read_too(tmp_path):
    shapefile(tmp_path, encoding="utf-8", parts=(".shp",))
    assert read_vector(tmp_path / "厕所.shp")["name"].tolist() == ["龙·渠"]


def test_a_file_of_several_layers_wants_one_to_be_named(tmp_path):
    one = toilets([BLANK | {"name": "甲"}])
    one.to_file(tmp_path / "a.gpkg", layer="旧公厕")
    one.to_file(tmp_path / "a.gpkg", layer="公厕")
    with pytest.raises(FileFormatError, match="旧公厕, 公厕"):
        read_vector(tmp_path / "a.gpkg")
    assert len(read(tmp_path / "a.gpkg", "toilets", ReadOptions(part="公厕")).rows) == 1


def test_long_whole_numbers_with_gaps_keep_their_last_digits(tmp_path):
    ids = pd.array([620702199001011235, None], dtype="Int64")
    homes = gpd.GeoDataFrame({"uid": ids}, geometry=gpd.points_from_xy([100, 100.1], [38, 38]), crs=4326)
    for ending in (".gpkg", ".parquet", ".fgb"):
        write_layer(homes, tmp_path / f"homes{ending}")
        accepted = prepare(HOUSEHOLDS, tmp_path / f"homes{ending}", ImportOptions(datum="wgs84")).accepted
        assert "620702199001011235" in accepted["uid"].tolist()


def test_geojson_that_declares_cgcs2000_needs_no_datum(tmp_path):
    crs = '"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},'
    feature = (
        '{"type":"Feature","properties":{"name":"甲"},"geometry":{"type":"Point","coordinates":[100.4,38.9]}}'
    )
    path = tmp_path / "a.geojson"
    path.write_text(f'{{"type":"FeatureCollection",{crs}"features":[{feature}]}}', encoding="utf-8")
    assert len(prepare(TOILETS, path, ImportOptions()).accepted) == 1


def test_every_ending_that_is_written_is_read():
    assert {ending.rsplit(".", 1)[-1] for ending in WRITERS} <= {ending[1:] for ending in READERS}


def test_a_table_is_no_vector_file_and_the_other_way_round(tmp_path):
    (tmp_path / "a.csv").write_text("编号,名称\n1,甲\n", encoding="utf-8")
    assert read_table(tmp_path / "a.csv")["名称"].tolist() == ["甲"]
    with pytest.raises(FileFormatError):
        read_vector(tmp_path / "a.csv")
    with pytest.raises(FileFormatError):
        read_table(tmp_path / "a.gpkg")


@pytest.mark.realdata
def test_the_samples_of_a_city_are_read(shared):
    counties = read_vector(shared / "data/zhangye/counties_2018_wgs84.gpkg")
    assert (len(counties), counties.crs.to_epsg()) == (6, 4326)
    assert len(read_table(shared / "data/zhangye/townships_2023.csv")) == 78
    grid = read_vector(shared / "data/population/helsinki_population_grid_2020.gpkg")
    assert grid["population"].sum() == 71_724
