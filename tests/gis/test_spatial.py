"""Boxes, distances and neighbours are the same on both databases as on paper."""

import datetime as dt

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gis.db import transaction
from gis.errors import CrsError
from gis.frames import write_frame
from gis.spatial import window
from gis.store import bbox_hit, distance_m, nearest, within_m
from gis.tables import ImportBatch, Region, Road, Toilet

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
HERE = (100.45, 38.93)  # the centre of Ganzhou
METRIC = 32647
GEOD = Geod(ellps="WGS84")

LON, LAT = st.floats(99.0, 101.5), st.floats(38.0, 39.8)
POSITIONS = st.tuples(LON, LAT)
SPATIAL = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])


def batch(session, layer_name="toilets", key="a" * 64) -> int:
    row = ImportBatch(
        layer=layer_name, file_name="toilets.csv", content_key=key, options={"datum": "wgs84"}, read=0,
        accepted=0, unchanged=0, repaired=0, quarantined=0, state="applied", imported_at=NOW, imported_by="me",
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def placed(session, table, shapes, **columns):
    rows = gpd.GeoDataFrame(
        {"uid": [str(i) for i in range(len(shapes))], **columns}, geometry=shapes, crs=4326
    )
    write_frame(session, table, rows)


def uids(session, table, condition):
    return set(session.scalars(select(table.uid).where(condition)))


@given(places=st.lists(POSITIONS, min_size=1, max_size=12), here=POSITIONS, radius_m=st.floats(10, 150_000))
@SPATIAL
def test_points_are_as_far_as_on_the_ellipsoid(engine, places, here, radius_m):
    reference = [GEOD.inv(*here, *place)[2] for place in places]
    with Session(engine) as session:  # rolled back at the end, so that examples do not meet
        placed(session, Toilet, shapely.points(places))
        found = session.execute(select(Toilet.uid, distance_m(Toilet.geom, *here).label("metres"))).all()
        assert {uid: round(metres, 3) for uid, metres in found} == pytest.approx(
            {str(i): metres for i, metres in enumerate(reference)}, abs=2e-3
        )
        inside = uids(session, Toilet, within_m(Toilet.geom, *here, radius_m))
        surely = {str(i) for i, metres in enumerate(reference) if metres < radius_m - 1e-3}
        perhaps = {str(i) for i, metres in enumerate(reference) if metres < radius_m + 1e-3}
        assert surely <= inside <= perhaps
        count = min(3, len(places))
        near = nearest(session, Toilet, here, count=3, limit_m=500_000)
        assert [metres for _, metres in near] == pytest.approx(sorted(reference)[:count], abs=2e-3)


@given(ends=st.lists(st.tuples(POSITIONS, POSITIONS), min_size=1, max_size=8), here=POSITIONS)
@SPATIAL
def test_lines_are_as_far_as_in_the_metric_system_of_the_city(engine, ends, here):
    lines = shapely.linestrings(ends)
    to_metric = Transformer.from_crs(4326, METRIC, always_xy=True).transform
    place = shapely.Point(to_metric(*here))
    reference = [shapely.transform(line, to_metric, interleaved=False).distance(place) for line in lines]
    with Session(engine) as session:  # rolled back at the end, so that examples do not meet
        placed(session, Road, lines, road_class="village")
        near = nearest(session, Road, here, count=len(lines), limit_m=1_000_000, epsg=METRIC)
        assert [metres for _, metres in near] == pytest.approx(sorted(reference), abs=1e-3)


@given(
    places=st.lists(POSITIONS, min_size=1, max_size=12),
    corners=st.tuples(POSITIONS, POSITIONS),
    pick=st.integers(0, 11),
)
@example(places=[(99.0, 38.00000000000001)], corners=((99.0, 38.0), (99.0, 39.0)), pick=0)
@SPATIAL
def test_boxes_are_compared_exactly_edges_included(engine, places, corners, pick):
    # One corner is moved onto a place: the index alone, in single precision, could not tell.
    (west, south), (east, north) = places[pick % len(places)], corners[1]
    bounds = (min(west, east), min(south, north), max(west, east), max(south, north))
    expected = {
        str(i)
        for i, (lon, lat) in enumerate(places)
        if bounds[0] <= lon <= bounds[2] and bounds[1] <= lat <= bounds[3]
    }
    with Session(engine) as session:  # rolled back at the end, so that examples do not meet
        placed(session, Toilet, shapely.points(places))
        assert uids(session, Toilet, bbox_hit(Toilet.geom, bounds)) == expected
        assert (
            uids(session, Toilet, ~bbox_hit(Toilet.geom, bounds))
            == {str(i) for i in range(len(places))} - expected
        )


@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-85, 85),
    radius_m=st.floats(1, 300_000),
    course=st.floats(0, 360),
)
def test_a_window_holds_its_circle(lon, lat, radius_m, course):
    west, south, east, north = window(lon, lat, radius_m)
    to_lon, to_lat, _ = GEOD.fwd(lon, lat, course, radius_m)
    around = (to_lon - lon + 180) % 360 - 180
    assert west - lon - 1e-9 <= around <= east - lon + 1e-9
    assert south - 1e-9 <= to_lat <= north + 1e-9


def test_a_window_next_to_a_pole_goes_around_the_earth():
    west, _, east, _ = window(100.0, 88.9, 20_000)
    assert (west, east) == (-180, 180)


def test_the_nearest_are_live_and_pass_the_condition(engine):
    with transaction(engine) as session:
        placed(session, Toilet, shapely.points([(HERE[0] + 0.01 * i, HERE[1]) for i in range(4)]))
        retired = session.scalars(select(Toilet).where(Toilet.uid == "1")).one()
        retired.retired_by = batch(session)
        session.flush()
        found = nearest(session, Toilet, HERE, count=2, where=Toilet.uid != "2")
        # A hundredth of a degree of longitude is 867 m here.
        assert [(row.uid, round(metres, -1)) for row, metres in found] == [("0", 0), ("3", 2600)]
        assert nearest(session, Toilet, (0.0, 0.0)) == []


def test_lines_are_not_measured_without_a_metric_system(engine):
    with transaction(engine) as session, pytest.raises(CrsError, match="metric CRS"):
        nearest(session, Road, HERE)
    with pytest.raises(CrsError, match="metric CRS"):
        within_m(Region.geom, *HERE, 100)


def test_a_search_uses_the_spatial_index(engine):
    with transaction(engine) as session:
        placed(session, Toilet, shapely.points([(99 + 0.001 * i, 38.5) for i in range(2000)]))
        query = str(
            select(Toilet.uid)
            .where(within_m(Toilet.geom, 99.5, 38.5, 500))
            .compile(engine, compile_kwargs={"literal_binds": True})
        )
        if engine.dialect.name == "sqlite":
            steps = session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
            plan = " ".join(step[-1] for step in steps)
            assert "VIRTUAL TABLE INDEX" in plan
            assert "SCAN toilet" not in plan
        else:
            session.execute(text("ANALYZE toilet"))
            plan = " ".join(session.execute(text(f"EXPLAIN {query}")).scalars())
            assert "idx_toilet_geom" in plan
