"""Frames come back from either database as they went in: values, types, places and what is missing."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.cells import content_hashes
from gis.db import transaction
from gis.errors import ConflictError, CrsError, SchemaError
from gis.frames import BULK_ROWS, encoded, read_frame, write_frame
from gis.store import bbox_hit
from gis.tables import Facility, Household, ImportBatch, Region, Road, Toilet
from planner.tables import Plan, PlanHome

HERE = shapely.Point(100.45, 38.93)


def households(rows=1, **columns):
    """Homes `0`, `1`, ... that all stand at the same place."""
    given_columns = {"uid": [str(i) for i in range(rows)], **columns}
    return gpd.GeoDataFrame(given_columns, geometry=[HERE] * rows, crs=4326)


def test_every_type_comes_back_with_what_is_missing(engine):
    homes = households(
        2, region_code=["620702001", None], dwelling_kind=["flat", None], storey=[3, None], has_lift=[False, None],
        demolition_planned=[True, False], renovated_on=[dt.date(2024, 2, 29), None],
    )  # fmt: skip
    with transaction(engine) as session:
        assert write_frame(session, Household, homes) == 2
        back = read_frame(session, Household)
    assert back.crs == 4326
    assert back.geometry.name == "geometry"
    assert back.dtypes.astype(str).to_dict() == {
        "uid": "str", "region_code": "str", "dwelling_kind": "str", "storey": "Int64", "has_lift": "boolean",
        "tenure": "str", "safety_grade": "str", "demolition_planned": "boolean", "relocated": "boolean",
        "renovated_on": "object", "geometry": "geometry",
    }  # fmt: skip
    assert back.loc[0].drop(["tenure", "safety_grade", "relocated"]).tolist() == [
        "0", "620702001", "flat", 3, False, True, dt.date(2024, 2, 29), HERE,
    ]  # fmt: skip
    missing = back.loc[1, ["region_code", "dwelling_kind", "storey", "has_lift", "renovated_on", "tenure"]]
    assert missing.isna().all()
    assert back.loc[1, "renovated_on"] is None


def test_an_empty_table_is_an_empty_frame_of_the_same_types(engine):
    with transaction(engine) as session:
        empty = read_frame(session, Household)
        write_frame(session, Household, households())
        assert empty.dtypes.to_dict() == read_frame(session, Household).dtypes.to_dict()
    assert len(empty) == 0
    assert empty.crs == 4326


def test_a_table_without_geometry_is_a_plain_frame_with_its_objects(engine):
    solved = dt.datetime(2026, 3, 1, 4, 5, 6, 789, tzinfo=dt.UTC)
    with transaction(engine) as session:
        plan = Plan(
            solved_at=solved, first_year=2026, years=5, parameters={"权重": 1}, eligible=2, objective=1.5, bound=1.5,
            gap=0.0, seconds=0.1, state="draft",
        )  # fmt: skip
        session.add(plan)
        session.flush()
        homes = pd.DataFrame({
            "plan_id": plan.id, "household_uid": ["b", "a"], "county_code": "620702", "year": [2026, None],
            "rank": [1, 2], "score": [0.1 + 0.2, 1e-300], "cost_yuan": 3500, "parts": [{"残": [1, None]}, {}],
        })  # fmt: skip
        write_frame(session, PlanHome, homes)
        back = read_frame(session, PlanHome, columns=["household_uid", "year", "score", "parts"])
    assert type(back) is pd.DataFrame
    assert back["household_uid"].tolist() == ["a", "b"]  # in the order of the key
    assert back["score"].tolist() == [1e-300, 0.1 + 0.2]
    assert back["parts"].tolist() == [{}, {"残": [1, None]}]
    assert back["year"].isna().tolist() == [True, False]


def test_moments_come_back_in_utc(engine):
    moment = pd.Timestamp("2026-03-01 08:30", tz="Asia/Shanghai")
    batches = pd.DataFrame({
        "layer": "toilets", "file_name": "f", "content_key": "k", "options": [{}], "read": 1, "accepted": 1,
        "unchanged": 0, "repaired": 0, "quarantined": 0, "state": "applied", "imported_at": [moment],
        "imported_by": "me",
    })  # fmt: skip
    with transaction(engine) as session:
        write_frame(session, ImportBatch, batches)
        back = read_frame(session, ImportBatch)
    assert back["imported_at"].tolist() == [pd.Timestamp("2026-03-01 00:30", tz="UTC")]


def test_only_live_rows_are_read_unless_the_past_is_asked_for(engine):
    with transaction(engine) as session:
        write_frame(session, ImportBatch, _one_batch())
        number = int(read_frame(session, ImportBatch)["id"].item())
        write_frame(session, Household, households(2).assign(retired_by=[None, number]), batch_id=number)
        assert read_frame(session, Household)["uid"].tolist() == ["0"]
        everything = read_frame(session, Household, columns=["uid", "retired_by", "batch_id"], live=False)
        assert everything["retired_by"].isna().tolist() == [True, False]
        assert everything["batch_id"].tolist() == [number, number]


def test_a_condition_and_named_columns_narrow_what_is_read(engine):
    with transaction(engine) as session:
        write_frame(session, Household, households(3, storey=[1, 2, 3]))
        back = read_frame(session, Household, columns=["geometry", "uid"], where=Household.storey >= 2)
        assert list(back.columns) == ["geometry", "uid"]
        assert back["uid"].tolist() == ["1", "2"]
        with pytest.raises(SchemaError, match="no column 'height'"):
            read_frame(session, Household, columns=["height"])


def test_columns_that_the_table_does_not_know_are_left_out(engine):
    with transaction(engine) as session:
        write_frame(session, Household, households(note_of_the_door=["x"]))
        assert read_frame(session, Household)["uid"].tolist() == ["0"]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"storey": [2.5]}, "storey"),
        ({"storey": [3_000_000_000]}, "larger than"),
        ({"has_lift": ["perhaps"]}, "has_lift"),
        ({"dwelling_kind": ["x" * 21]}, "21 characters"),
        ({"dwelling_kind": [5]}, "no text"),
        ({"dwelling_kind": ["a\x00b"]}, "NUL"),
        ({"renovated_on": ["2024-01-01"]}, "no date"),
    ],
)
def test_both_databases_refuse_the_same_values(engine, columns, why):
    with transaction(engine) as session, pytest.raises(SchemaError, match=why):
        write_frame(session, Household, households(**columns))


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        (shapely.LineString([(100, 38), (101, 39)]), "no POINT"),
        (shapely.Point(100, 38, 1500), "heights"),
        (shapely.Point(), "empty"),
    ],
)
@pytest.mark.parametrize("rows", [1, BULK_ROWS])
def test_both_databases_refuse_the_same_geometries(engine, shape, why, rows):
    homes = households(rows)
    homes.loc[0, "geometry"] = shape
    with transaction(engine) as session, pytest.raises(SchemaError, match=why):
        write_frame(session, Household, homes)


@pytest.mark.parametrize("epsg", [None, 4490, 32647])
def test_geometries_in_another_system_are_refused(engine, epsg):
    homes = households().set_crs(epsg, allow_override=True)
    with transaction(engine) as session, pytest.raises(CrsError, match="4326"):
        write_frame(session, Household, homes)


def test_a_row_that_lacks_what_it_must_have_is_refused(engine):
    roads = gpd.GeoDataFrame({"uid": ["r"]}, geometry=[shapely.LineString([(100, 38), (101, 39)])], crs=4326)
    with transaction(engine) as session, pytest.raises(ConflictError, match="road_class"):
        write_frame(session, Road, roads)


def test_a_region_may_be_an_area_a_point_or_nowhere(engine):
    shapes = [
        shapely.box(100, 38, 101, 39),
        HERE,
        None,
        shapely.MultiPolygon([shapely.box(99, 38, 99.5, 38.5)]),
    ]
    regions = gpd.GeoDataFrame(
        {"uid": list("abcd"), "code": list("abcd"), "name": "名", "level": "county"},
        geometry=shapes,
        crs=4326,
    )
    with transaction(engine) as session:
        write_frame(session, Region, regions)
        assert read_frame(session, Region).geometry.tolist() == shapes


@pytest.mark.parametrize("rows", [BULK_ROWS - 1, BULK_ROWS])
def test_rows_are_found_by_the_spatial_index_however_they_were_written(engine, rows):
    # From BULK_ROWS on SpatiaLite's triggers make way for one statement; nothing of that may show.
    toilets = gpd.GeoDataFrame(
        {"uid": [str(i) for i in range(rows)]},
        geometry=shapely.points(100 + np.arange(rows) / 1e3, 38.5),
        crs=4326,
    )
    with transaction(engine) as session:
        write_frame(session, Toilet, toilets.iloc[:10].assign(uid=list("abcdefghij")))
        write_frame(session, Toilet, toilets)
        box = bbox_hit(Toilet.geom, (100.0005, 38, 100.0025, 39))
        assert read_frame(session, Toilet, columns=["uid"], where=box)["uid"].tolist() == ["b", "c", "1", "2"]
        session.execute(text("DELETE FROM toilet WHERE uid = '1'"))
        assert read_frame(session, Toilet, columns=["uid"], where=box)["uid"].tolist() == ["b", "c", "2"]
        if engine.dialect.name == "sqlite":
            assert session.execute(text("SELECT CheckSpatialIndex('toilet', 'geom')")).scalar() == 1
            triggers = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = "
            counts = [session.execute(text(f"{triggers}'{t}'")).scalar() for t in ("toilet", "household")]
            assert counts[0] == counts[1]


def test_a_bulk_write_that_fails_leaves_no_trace(engine):
    rows = households(BULK_ROWS)
    rows.loc[5, "uid"] = "4"
    with pytest.raises(ConflictError), transaction(engine) as session:
        write_frame(session, Household, rows)
    with transaction(engine) as session:
        assert len(read_frame(session, Household)) == 0
        write_frame(session, Household, households(BULK_ROWS))
        box = bbox_hit(Household.geom, (100, 38, 101, 39))
        assert len(read_frame(session, Household, where=box)) == BULK_ROWS


TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30) | st.none()
FACILITY = st.fixed_dictionaries(
    {
        "name": TEXT,
        "note": TEXT,
        "facility_class": st.sampled_from(["medical", "医疗"]),
        "tier": st.integers(-(2**31) + 1, 2**31 - 1) | st.none(),
        "accepts_disabled": st.booleans() | st.none(),
        "built_on": st.dates() | st.none(),
        "lon": st.floats(-180, 180),
        "lat": st.floats(-90, 90),
    }
)


@given(rows=st.lists(FACILITY, min_size=1, max_size=5))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_frame_holds_comes_back_equal_and_hashes_equal(engine, rows):
    table = pd.DataFrame(rows, dtype=object)
    places = gpd.points_from_xy(table.pop("lon"), table.pop("lat"))
    facilities = gpd.GeoDataFrame(table.assign(uid=[str(i) for i in table.index]), geometry=places, crs=4326)
    with Session(engine) as session:  # rolled back at the end, so that examples do not meet
        write_frame(session, Facility, facilities)
        back = read_frame(session, Facility)
    again = back[list(facilities.columns)]
    assert_frame_equal(pd.DataFrame(again).isna(), pd.DataFrame(facilities).isna())
    for name in facilities.columns.drop("geometry"):
        known = facilities[name].notna()
        assert again.loc[known, name].tolist() == facilities.loc[known, name].tolist()
    assert again.geometry.geom_equals_exact(facilities.geometry, tolerance=0).all()
    assert encoded(Facility, back)["content_hash"] == encoded(Facility, facilities)["content_hash"]


def test_a_hash_tells_columns_rows_and_missing_values_apart():
    def hashes(**columns):
        return content_hashes({name: [value] for name, value in columns.items()})

    assert hashes(a="x", b=None) == hashes(a="x") == hashes(b=None, a="x")
    assert (
        len({*hashes(a="x", b="y"), *hashes(a="xy"), *hashes(a="y", b="x"), *hashes(a=""), *hashes(a=None)})
        == 5
    )
    assert hashes(a=None) == content_hashes({"a": [None, None]})[:1]
    assert content_hashes({}) == []


def test_a_hash_is_the_same_in_every_version():
    # Stored hashes are compared with fresh ones: another value here would replace every row of a city.
    rows = {"uid": ["t1"], "name": ["公厕"], "rooms": [4], "free": [True], "geom": [shapely.to_wkb(HERE)]}
    assert content_hashes(rows) == ["bf900c7a2915527013ba71eeee3c4396"]


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=5))
def test_points_hash_the_same_alone_and_among_other_shapes(positions):
    points = [shapely.to_wkb(shapely.Point(position)) for position in positions]
    assert content_hashes({"geom": points}) == content_hashes({"geom": [*points, None]})[:-1]


def _one_batch():
    return pd.DataFrame({
        "layer": ["toilets"], "file_name": "f", "content_key": "k", "options": [{}], "read": 1, "accepted": 1,
        "unchanged": 0, "repaired": 0, "quarantined": 0, "state": "applied",
        "imported_at": pd.Timestamp("2026-03-01", tz="UTC"), "imported_by": "me",
    })  # fmt: skip
