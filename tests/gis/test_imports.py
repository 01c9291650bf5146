"""Every row of a file is accounted for, nothing is applied silently, and a batch can be taken back."""

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis import store
from gis.catalogue import words
from gis.crs import from_wgs84
from gis.db import transaction
from gis.errors import DatumError, MappingError, NotFoundError
from gis.files import write_layer
from gis.imports import ImportOptions, Prepared, commit, prepare, write_quarantine
from gis.mapping import mapping_from_toml
from gis.schema import FACILITIES, HOUSEHOLDS, LAYERS, REGIONS, ROADS, TOILETS
from gis.specs import Column, LayerSpec, RowIssue

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
ZHANGYE = (97.3, 37.6, 102.3, 39.9)


def written(folder: Path, text: str, name: str = "a.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def options(spec: LayerSpec, mapping: str = "", **said: object) -> ImportOptions:
    return ImportOptions(**({"datum": "wgs84"} | said), mapping=mapping_from_toml(mapping, spec))


def reasons(prepared: Prepared, action: str) -> list[tuple[int, str, str]]:
    return [(issue.row, issue.column, issue.reason) for issue in prepared.issues if issue.action == action]


def balanced(prepared: Prepared) -> bool:
    gone = prepared.count("quarantined") + prepared.count("merged")
    return prepared.read == len(prepared.accepted) - prepared.split + gone


TOILETS_CSV = """uid,name,category,rooms,accessible_room,built_on,经度,纬度
1,甘泉公园公厕,park,4,√,2019-05-01,100.45,38.93
2,南关市场公厕,市场,3,,2019/6/1,100.46,38.92
3,颠倒公厕,park,2,是,,38.93,100.45
4,无坐标公厕,park,2,否,,,
5,原点公厕,park,2,否,,0,0
6,多座公厕,park,-3,否,,100.47,38.93
7,未知类别,樂園,1,否,,100.48,38.93
1,重号公厕,park,1,否,,100.49,38.93
8,坏日期,park,1,否,去年,100.49,38.94
"""


def test_a_table_is_sorted_into_accepted_mended_noted_and_set_aside(tmp_path):
    prepared = prepare(TOILETS, written(tmp_path, TOILETS_CSV), options(TOILETS))
    assert reasons(prepared, "quarantined") == [
        (3, "geometry", "swapped-axes"), (4, "geometry", "no-position"), (5, "geometry", "no-position"),
        (6, "rooms", "out-of-range"), (8, "uid", "duplicate-uid"),
    ]  # fmt: skip
    assert reasons(prepared, "repaired") == [(2, "category", "code-recognised")]
    assert reasons(prepared, "noted") == [(7, "category", "unknown-code"), (9, "built_on", "not-a-date")]
    assert prepared.accepted["uid"].tolist() == ["1", "2", "7", "8"]
    assert (prepared.read, prepared.repaired, prepared.count("quarantined")) == (9, 1, 5)
    assert balanced(prepared)


def test_a_cell_that_was_not_understood_is_empty_and_a_blank_tick_is_not_no(tmp_path):
    accepted = prepare(TOILETS, written(tmp_path, TOILETS_CSV), options(TOILETS)).accepted.set_index("uid")
    assert accepted["category"].isna().tolist() == [False, False, True, False]
    assert accepted["accessible_room"].isna().tolist() == [False, True, False, False]
    assert accepted.loc["1", "accessible_room"]


def test_rows_set_aside_are_written_whole_beside_the_file(tmp_path):
    path = written(tmp_path, TOILETS_CSV)
    aside = write_quarantine(prepare(TOILETS, path, options(TOILETS)), path)
    assert aside == tmp_path / "a.csv.quarantine.csv"
    with aside.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["_row"], row["_reason"], row["name"]) for row in rows] == [
        ("3", "swapped-axes", "颠倒公厕"), ("4", "no-position", "无坐标公厕"), ("5", "no-position", "原点公厕"),
        ("6", "out-of-range", "多座公厕"), ("8", "duplicate-uid", "重号公厕"),
    ]  # fmt: skip
    assert rows[0]["纬度"] == "100.45"


def test_a_clean_file_leaves_no_quarantine_file(tmp_path):
    path = written(tmp_path, "uid,lon,lat\n1,100,38\n")
    assert write_quarantine(prepare(TOILETS, path, options(TOILETS)), path) is None
    assert list(tmp_path.iterdir()) == [path]


CELL = st.sampled_from(
    ["", "1", "2", "x", "-1", "99", "park", "公园", "√", "否", "2024-05-01", "=1", "名" * 300]
)
PLACE = st.sampled_from(["", "0", "38.9", "100.4", "NaN", "170", "abc", "-38.9"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL, PLACE, PLACE), min_size=1, max_size=15))
def test_no_row_of_any_file_is_lost(tmp_path, rows):
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("uid", "name", "category", "rooms", "built_on", "lon", "lat"), *rows])
    if not any(any(row) for row in rows):
        return
    prepared = prepare(TOILETS, path, options(TOILETS))
    assert balanced(prepared)
    kept = set(prepared.accepted.index) | set(prepared.rejected["_row"])
    assert len(kept) == prepared.read
    assert prepared.accepted["uid"].is_unique


def test_a_synonym_is_proposed_with_a_mapping_and_its_values_are_not_taken(tmp_path):
    path = written(tmp_path, "uid,名称,公厕类别,lon,lat\n1,甲,公园,100,38\n")
    prepared = prepare(TOILETS, path, options(TOILETS))
    assert prepared.accepted[["name", "category"]].isna().all(axis=None)
    assert prepared.proposals == {"name": "名称", "category": "公厕类别"}
    again = prepare(TOILETS, path, options(TOILETS, prepared.proposed_mapping))
    assert again.accepted[["name", "category"]].to_numpy().tolist() == [["甲", "park"]]
    assert again.proposals == {}


def test_a_required_column_that_is_only_proposed_refuses_the_file_with_the_mapping(tmp_path):
    path = written(tmp_path, 'uid,道路等级,wkt\n1,县道,"LINESTRING(100 38,101 38)"\n')
    with pytest.raises(
        MappingError, match=r'no column .road_class.*\n.columns.\nuid = "uid"\nroad_class = "道路等级"'
    ):
        prepare(ROADS, path, options(ROADS))


def test_the_name_of_a_published_schema_is_taken_and_noted(tmp_path):
    path = written(tmp_path, 'uid,highway,wkt\n1,primary,"LINESTRING(100 38,101 38)"\n')
    prepared = prepare(ROADS, path, options(ROADS))
    assert reasons(prepared, "noted") == [(0, "road_class", "alias-used")]
    assert prepared.accepted["road_class"].tolist() == ["primary"]


def test_units_missing_codes_and_skipped_rows_are_as_the_mapping_declares(tmp_path):
    text = "uid,宽度（cm）,坡度,状态,wkt\n" + "".join(
        f'{n},{width},{slope},{state},"LINESTRING(100 38,101 3{n})"\n'
        for n, width, slope, state in [(1, 350, 5, "好"), (2, 999, "3%", "好"), (3, 300, 4, "已拆除")]
    )
    mapping = """
    [columns]
    width_m = "宽度（cm）"
    incline_ratio = "坡度"
    road_class = "状态"
    [values.road_class]
    "好" = "tertiary"
    [units]
    incline_ratio = "%"
    [missing]
    width_m = [999]
    [skip]
    "状态" = ["已拆除"]
    """
    prepared = prepare(ROADS, written(tmp_path, text), options(ROADS, mapping))
    roads = prepared.accepted.set_index("uid")
    assert roads["width_m"].tolist() == pytest.approx([3.5, float("nan")], nan_ok=True)
    assert roads["incline_ratio"].tolist() == [0.05, 0.03]
    assert prepared.count("skipped") == 1
    assert prepared.rejected["_action"].tolist() == ["skipped"]
    assert balanced(prepared)


@pytest.mark.parametrize(
    ("columns", "mapping"),
    [
        ("经度,纬度\n1,100.45,38.93", ""),
        ("Longitude,Latitude\n1,100.45,38.93", ""),
        ("X,Y\n1,100.45,38.93", '[position]\nlon = "X"\nlat = "Y"'),
        ("X,Y\n1,100.45,38.93", '[columns]\nlon = "X"\nlat = "Y"'),
        ('_geolocation\n1,"[38.93, 100.45]"', ""),
        ('gps\n1,"38.93 100.45 1480 5"', ""),
        ('place\n1,"100.45,38.93"', '[position]\ncolumn = "place"\norder = "lon lat"'),
        ("wkt\n1,POINT(100.45 38.93)", ""),
    ],
)
def test_a_place_is_found_in_whichever_way_the_file_says_it(tmp_path, columns, mapping):
    path = written(tmp_path, f"uid,{columns}\n")
    place = prepare(TOILETS, path, options(TOILETS, mapping)).accepted.geometry.iloc[0]
    assert (place.x, place.y) == (100.45, 38.93)


def test_a_declared_datum_is_undone_at_the_door(tmp_path):
    (lon,), (lat,) = from_wgs84([100.45], [38.93], "gcj02")
    path = written(tmp_path, f"uid,lon,lat\n1,{float(lon)!r},{float(lat)!r}\n")
    place = prepare(TOILETS, path, options(TOILETS, datum="gcj02")).accepted.geometry.iloc[0]
    assert (place.x, place.y) == pytest.approx((100.45, 38.93), abs=1e-9)
    with pytest.raises(DatumError):
        prepare(TOILETS, path, options(TOILETS, datum=None))


def test_axes_swapped_within_a_valid_range_are_told_by_where_the_rest_lies(tmp_path):
    # Xinjiang: 85 E, 43 N; its mirror image is a real place too (43 E, 85 N).
    rows = [f"{n},{85 + n / 100},{43 + n / 100}" for n in range(20)]
    path = written(tmp_path, "\n".join(["uid,lon,lat", *rows, "20,43.1,85.1"]))
    assert reasons(prepare(TOILETS, path, options(TOILETS)), "quarantined") == [
        (21, "geometry", "swapped-axes")
    ]


def test_a_file_with_all_axes_swapped_is_wholly_set_aside(tmp_path):
    path = written(tmp_path, "uid,lon,lat\n1,38.9,100.4\n2,38.8,100.5\n")
    for bounds in (None, ZHANGYE):
        prepared = prepare(TOILETS, path, options(TOILETS, bounds=bounds))
        assert [reason for _, _, reason in reasons(prepared, "quarantined")] == ["swapped-axes"] * 2
        assert prepared.accepted.empty


def test_a_place_outside_the_city_is_kept_and_noted(tmp_path):
    path = written(tmp_path, "uid,lon,lat\n1,100.4,38.9\n2,100.5,38.9\n3,104.0,36.0\n")
    prepared = prepare(TOILETS, path, options(TOILETS, bounds=ZHANGYE))
    assert reasons(prepared, "noted") == [(3, "geometry", "far-from-city")]
    assert len(prepared.accepted) == 3


def test_a_row_without_an_id_gets_one_from_its_content_that_stays_the_same(tmp_path):
    first = prepare(TOILETS, written(tmp_path, "name,lon,lat\n甲,100,38\n乙,100,38\n"), options(TOILETS))
    turned = prepare(TOILETS, written(tmp_path, "name,lon,lat\n乙,100,38\n甲,100,38\n"), options(TOILETS))
    assert set(first.accepted["uid"]) == set(turned.accepted["uid"])
    twice = prepare(TOILETS, written(tmp_path, "name,lon,lat\n甲,100,38\n甲,100,38\n"), options(TOILETS))
    assert reasons(twice, "quarantined") == [(2, "uid", "duplicate-uid")]


def test_a_line_of_two_parts_becomes_two_and_still_one_row(tmp_path):
    text = 'uid,road_class,wkt\na,path,"MULTILINESTRING((100 38,100.1 38),(100.2 38,100.3 38))"\nb,path,"LINESTRING(100 38,100 39)"\n'
    prepared = prepare(ROADS, written(tmp_path, text), options(ROADS))
    assert prepared.accepted["uid"].tolist() == ["a/1", "a/2", "b"]
    assert (prepared.read, prepared.split) == (2, 1)
    assert balanced(prepared)


ROOMS = """uid,name,lon,lat
1,東門站女廁,121.5,25.0
2,東門站無障礙廁所,121.5,25.0
3,東門站男廁,121.5,25.0
4,大安公園,121.5,25.0
5,公館,121.6,25.0
"""


def test_rooms_at_one_place_become_a_site_with_their_number(tmp_path):
    mapping = '[flags.accessible_room]\ncolumn = "name"\ncontains = ["無障礙"]\n[group]\nby = ["position", "name"]\ncount = "rooms"'
    prepared = prepare(TOILETS, written(tmp_path, ROOMS), options(TOILETS, mapping))
    sites = prepared.accepted
    assert sites["uid"].tolist() == ["1", "4", "5"]
    assert sites["name"].tolist() == ["東門站", "大安公園", "公館"]
    assert sites["rooms"].tolist() == [3, 1, 1]
    # One room is accessible; of the others nobody said anything.
    assert sites["accessible_room"].isna().tolist() == [False, True, True]
    assert reasons(prepared, "merged") == [(2, "", "grouped"), (3, "", "grouped")]
    assert balanced(prepared)


def test_rooms_grouped_by_position_alone_are_one_site_whatever_they_are_called(tmp_path):
    prepared = prepare(TOILETS, written(tmp_path, ROOMS), options(TOILETS, '[group]\nby = "position"'))
    assert prepared.accepted["uid"].tolist() == ["1", "5"]


def note_children(rows: pd.DataFrame) -> list[RowIssue]:
    return [
        RowIssue(int(row), "grade", "quarantined", "too-young", "under age")
        for row in rows.index[rows["grade"] < 1]
    ]


PEOPLE = LayerSpec(
    "people",
    "None",
    (
        Column("uid"),
        Column("name", personal=True, length=4),
        Column("certificate", personal=True, required=True),
        Column("grade", "int"),
    ),
    checks=(note_children,),
)


def test_a_layer_without_geometry_runs_its_own_checks_and_tells_no_personal_value(tmp_path):
    text = "uid,name,certificate,grade\n1,张三,620702199001011234,1\n2,李四,6.20702E+17,2\n3,欧阳修远长名,1234,0\n"
    prepared = prepare(PEOPLE, written(tmp_path, text), ImportOptions())
    assert prepared.accepted["certificate"].tolist() == ["620702199001011234"]
    assert reasons(prepared, "quarantined") == [
        (2, "certificate", "digits-lost"),
        (3, "name", "text-too-long"),
    ]
    told = " ".join(issue.detail for issue in prepared.issues)
    assert not re.search("李四|欧阳|6.20702|1234", told)
    assert prepared.rejected["name"].tolist() == ["李四", "欧阳修远长名"]
    young = prepare(PEOPLE, written(tmp_path, "uid,certificate,grade\n1,1,0\n2,2,1\n"), ImportOptions())
    assert young.accepted["uid"].tolist() == ["2"]


def brought_in(engine, prepared: Prepared, regions: gpd.GeoDataFrame | None = None):
    with transaction(engine) as session:
        return commit(session, prepared, regions=regions, now=NOW, by="tester")


def stored(engine, name: str) -> gpd.GeoDataFrame:
    with transaction(engine) as session:
        return store.layer(session, name)


def test_a_file_is_written_once_and_a_second_time_nothing_changes(engine, tmp_path):
    path = written(tmp_path, TOILETS_CSV)
    prepared = prepare(TOILETS, path, options(TOILETS))
    first = brought_in(engine, prepared)
    assert (first.read, first.accepted, first.unchanged, first.quarantined, first.repaired) == (9, 4, 0, 5, 1)
    assert not first.known
    second = brought_in(engine, prepare(TOILETS, path, options(TOILETS)))
    assert (second.accepted, second.unchanged, second.batch, second.known) == (0, 4, first.batch, True)
    assert sorted(stored(engine, "toilets")["uid"]) == ["1", "2", "7", "8"]
    with transaction(engine) as session:
        assert len(store.batches(session)) == 1
        kept = [(issue.row, issue.reason) for issue in store.issues(session, first.batch)]
        assert store.batches(session)[0].options["datum"] == "wgs84"
    assert kept == [(issue.row, issue.reason) for issue in prepared.issues]


def test_a_changed_row_replaces_the_older_and_undo_brings_it_back(engine, tmp_path):
    brought_in(
        engine,
        prepare(
            TOILETS, written(tmp_path, "uid,name,lon,lat\n1,旧,100,38\n2,乙,100,38.1\n"), options(TOILETS)
        ),
    )
    newer = brought_in(
        engine,
        prepare(
            TOILETS, written(tmp_path, "uid,name,lon,lat\n1,新,100,38\n2,乙,100,38.1\n"), options(TOILETS)
        ),
    )
    assert (newer.accepted, newer.unchanged) == (1, 1)
    assert sorted(stored(engine, "toilets")["name"]) == ["乙", "新"]
    with transaction(engine) as session:
        store.undo_batch(session, newer.batch)
    assert sorted(stored(engine, "toilets")["name"]) == ["乙", "旧"]


def test_an_older_file_comes_back_after_a_newer_one(engine, tmp_path):
    old = written(tmp_path, "uid,name,lon,lat\n1,旧,100,38\n", "old.csv")
    new = written(tmp_path, "uid,name,lon,lat\n1,新,100,38\n", "new.csv")
    for path in (old, new, old):
        report = brought_in(engine, prepare(TOILETS, path, options(TOILETS)))
        assert (report.accepted, report.known) == (1, False)
    assert stored(engine, "toilets")["name"].tolist() == ["旧"]


def test_other_options_make_it_another_import(tmp_path):
    path = written(tmp_path, "uid,lon,lat\n1,100.4,38.9\n")
    keys = {prepare(TOILETS, path, options(TOILETS, datum=datum)).content_key for datum in ("wgs84", "gcj02")}
    keys.add(prepare(TOILETS, path, options(TOILETS, bounds=ZHANGYE)).content_key)
    assert len(keys) == 2


def test_places_get_their_region_and_one_outside_stays_without(engine, tmp_path):
    county = gpd.GeoDataFrame(
        {"code": ["620702"], "name": ["甘州区"]}, geometry=[shapely.box(100, 38, 101, 39)], crs=4326
    )
    write_layer(county, tmp_path / "regions.gpkg")
    brought_in(engine, prepare(REGIONS, tmp_path / "regions.gpkg", options(REGIONS)))
    path = written(tmp_path, "uid,lon,lat\n1,100.4,38.9\n2,103.4,36.0\n")
    report = brought_in(engine, prepare(TOILETS, path, options(TOILETS)), stored(engine, "regions"))
    toilets = stored(engine, "toilets").set_index("uid")
    assert toilets.loc["1", "region_code"] == "620702"
    assert pd.isna(toilets.loc["2", "region_code"])
    with transaction(engine) as session:
        assert [(i.row, i.reason) for i in store.issues(session, report.batch)] == [(2, "no-region")]


def test_a_text_with_control_characters_is_stored_on_either_database(engine, tmp_path):
    path = tmp_path / "a.geojson"
    path.write_bytes(
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"uid":"1","name":"a\\u0000b",'
        b'"category":"x\\u0000y"},"geometry":{"type":"Point","coordinates":[100,38]}}]}'
    )
    brought_in(engine, prepare(TOILETS, path, options(TOILETS)))
    assert stored(engine, "toilets")["name"].tolist() == ["ab"]


def test_every_layer_is_stored_as_it_was_prepared(engine, tmp_path):
    line, point = shapely.LineString([(100, 38), (100.1, 38.1)]), shapely.Point(100, 38)
    needed = {"roads": {"road_class": "path"}, "facilities": {"facility_class": "medical"}}
    needed["regions"] = {"code": "620702", "name": "甘州区", "level": "county"}
    for name, spec in LAYERS.items():
        row = {"uid": "620702"} | needed.get(name, {})
        frame = gpd.GeoDataFrame(
            {k: [v] for k, v in row.items()}, geometry=[line if name == "roads" else point], crs=4326
        )
        write_layer(frame, tmp_path / f"{name}.gpkg")
        brought_in(engine, prepare(spec, tmp_path / f"{name}.gpkg", options(spec)))
        assert stored(engine, name)["uid"].tolist() == ["620702"]


def test_a_layer_of_another_package_needs_its_own_writer(engine, tmp_path):
    prepared = prepare(PEOPLE, written(tmp_path, "uid,certificate\n1,1\n"), ImportOptions())
    with pytest.raises(NotFoundError, match="hand in `write`"):
        brought_in(engine, prepared)
    seen = []

    def write(session, people, batch_id):
        seen.append((len(people), batch_id))
        return store.ApplyCounts(len(people), 0, 0)

    with transaction(engine) as session:
        report = commit(session, prepared, write=write, now=NOW, by="tester")
    assert seen == [(1, report.batch)]
    assert report.accepted == 1


def test_every_reason_that_the_door_gives_has_words_in_both_languages():
    given = set()
    for module in ("sheets", "values", "checks", "positions", "grouping", "intake", "imports", "schema", "readers",
                   "vectors", "geometry", "regions", "units"):  # fmt: skip
        text = (Path(__file__).parents[2] / f"gis/{module}.py").read_text(encoding="utf-8")
        given |= set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', text))
    given -= {"place-within-code", "code-of-ancestor"}  # how a region was found, no reason
    for lang in ("zh", "en"):
        assert sorted(reason for reason in given if f"reason.{reason}" not in words(lang, "gis")) == []


@pytest.mark.realdata
@pytest.mark.parametrize("bounds", [None, ZHANGYE])
def test_the_swapped_site_of_hong_kong_is_set_aside_with_that_reason(shared, bounds):
    mapping = '[columns]\nname = "name_chi"\nfacility_class = "cate"\n'
    path = shared / "data/facilities/hk_football_fields.geojson"
    prepared = prepare(FACILITIES, path, options(FACILITIES, mapping, bounds=bounds))
    assert reasons(prepared, "quarantined") == [(49, "geometry", "swapped-axes")]
    assert prepared.rejected["name_chi"].tolist() == ["大頭嶺遊樂場"]
    assert (prepared.read, len(prepared.accepted)) == (124, 123)


@pytest.mark.realdata
def test_the_rooms_of_taipei_become_sites(shared):
    mapping = """
    [columns]
    uid = "number"
    [flags.accessible_room]
    column = "name"
    contains = ["無障礙"]
    [group]
    count = "rooms"
    """
    prepared = prepare(TOILETS, shared / "data/toilets/taipei_toilets.csv", options(TOILETS, mapping))
    # 4,975 rows repeat an earlier row's coordinate.
    assert (prepared.read, len(prepared.accepted), prepared.count("merged")) == (6994, 2019, 4975)
    assert prepared.accepted["rooms"].sum() == 6994
    assert len([issue for issue in prepared.issues if issue.reason == "flagged"]) == 1059
    assert balanced(prepared)


@pytest.mark.realdata
def test_the_six_counties_come_in_from_amap_without_a_mapping(shared, engine):
    path = shared / "data/zhangye/counties_2018_gcj02.geojson"
    brought_in(engine, prepare(REGIONS, path, options(REGIONS, datum="gcj02")))
    counties = stored(engine, "regions")
    truth = gpd.read_file(shared / "data/zhangye/counties_2018_wgs84.gpkg").set_index("adcode").to_crs(32647)
    found = counties.set_index("code").to_crs(32647)
    assert set(found["level"]) == {"county"}
    assert (found.geometry.symmetric_difference(truth.geometry.reindex(found.index)).area < 1e4).all()


@pytest.mark.realdata
def test_the_unit_list_of_2016_comes_in_with_its_points_unshifted(shared):
    mapping = '[columns]\nparent_code = "parent"\n[position]\nlon = "lon_gcj02"\nlat = "lat_gcj02"\n'
    path = shared / "data/zhangye/admin_units_2016.csv"
    prepared = prepare(REGIONS, path, options(REGIONS, mapping, datum="gcj02", bounds=ZHANGYE))
    kinds = prepared.accepted["kind"].value_counts()
    # 842 villages, 56 communities and 5 dummies of the list; the plan's 836 and 52 are no error of the file.
    assert kinds["village"] + kinds["community"] == 898
    assert kinds["dummy"] == 5
    placed = prepared.accepted[prepared.accepted.geometry.notna()]
    assert (prepared.read, len(prepared.accepted), len(placed)) == (990, 990, 99)
    table = pd.read_csv(path, dtype={"code": str})
    truth = table.loc[placed.index - 1, ["lon_wgs84", "lat_wgs84"]].to_numpy()
    assert shapely.get_coordinates(placed.geometry.array) == pytest.approx(truth, abs=1e-6)


@pytest.mark.realdata
def test_the_synthetic_city_comes_in_with_every_row(shared):
    folder = shared / "data/synthetic_zhangye"
    roads = prepare(ROADS, folder / "roads.parquet", options(ROADS, bounds=ZHANGYE))
    assert (roads.read, len(roads.accepted), roads.count("quarantined")) == (78_764, 78_764, 0)
    units = prepare(REGIONS, folder / "units.gpkg", options(REGIONS))
    assert units.accepted["kind"].value_counts().to_dict() == {"village": 836, "community": 52}
    homes = prepare(
        HOUSEHOLDS,
        folder / "disabled_persons.parquet",
        options(HOUSEHOLDS, '[columns]\nuid = "household_id"\nregion_code = "unit"'),
    )
    # 82,247 people live in 75,600 homes: the second of a home repeats its id.
    assert (homes.read, len(homes.accepted), homes.count("quarantined")) == (82_247, 75_600, 6_647)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("file", "spec", "rows"),
    [
        ("monaco-latest.osm.pbf", ROADS, 4_000),
        ("Helsinki.osm.pbf", FACILITIES, 1_000),
        ("Helsinki.osm.pbf", TOILETS, 18),
        ("berlin-siegessaeule.osm.gz", ROADS, 290),
    ],
)
def test_extracts_of_openstreetmap_come_in_without_a_declared_datum(shared, file, spec, rows):
    prepared = prepare(spec, shared / "data/osm" / file, ImportOptions())
    assert len(prepared.accepted) >= rows
    assert prepared.count("quarantined") == 0
