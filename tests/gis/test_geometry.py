"""Geometry of rows: what is mended, what is set aside, and that nothing happens in silence."""

import math
import struct

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import (
    GeometryCollection,
    LinearRing,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
    box,
)

from gis.errors import FileTooLargeError
from gis.geometry import clean, drop_z, fit_kind, mend_polygons, split_lines, swapped_axes
from gis.wkb import check_wkb, wkb_depth

ZHANGYE = (97.39, 37.62, 102.21, 39.89)
with np.errstate(invalid="ignore"):  # GEOS remarks on the numbers that are none
    BROKEN_LINE = shapely.linestrings([(100, 39), (math.nan, math.nan)])
BOW_TIE = Polygon([(100, 38), (101, 39), (101, 38), (100, 39)])


def column(*shapes):
    """Geometries numbered as the rows of a file."""
    return gpd.GeoSeries(list(shapes), index=range(1, len(shapes) + 1), crs=4326)


def told(cleaned):
    return [(issue.row, issue.action, issue.reason) for issue in cleaned.issues]


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (None, "no-geometry"),
        (Point(), "empty-geometry"),
        (Polygon(), "empty-geometry"),
        (Point(math.nan, 39), "not-finite"),
        (Point(100, math.inf), "not-finite"),
        (BROKEN_LINE, "not-finite"),
        (Point(39, 100), "swapped-axes"),
        (Point(38.93, 100.45), "swapped-axes"),
        (Point(625_000, 4_310_000), "not-degrees"),
        (Point(100, 95), "not-degrees"),
        (LineString([(100, 39), (100, 39)]), "no-length"),
        (Polygon([(100, 38), (101, 39), (100, 38)]), "no-area"),
        (GeometryCollection([Point(100, 39), LineString([(100, 38), (100, 39)])]), "wrong-geometry"),
    ],
)
def test_a_row_that_cannot_be_mended_is_set_aside_with_its_reason(shape, reason):
    cleaned = clean(column(Point(100, 39), shape), "Any", ZHANGYE)
    assert told(cleaned) == [(2, "quarantined", reason)]
    assert cleaned.refused == [2]
    assert cleaned.geometries[2] is None
    assert cleaned.geometries[1] == Point(100, 39)


def test_a_place_far_from_the_city_is_kept_and_remarked_on():
    cleaned = clean(column(Point(7.42, 43.74)), "Point", ZHANGYE)
    assert told(cleaned) == [(1, "noted", "far-from-city")]
    assert cleaned.geometries[1] == Point(7.42, 43.74)


def test_without_the_box_of_a_city_only_impossible_positions_are_set_aside():
    assert told(clean(column(Point(39, 80), Point(7, 43)), "Point")) == []
    assert told(clean(column(Point(39, 100)), "Point")) == [(1, "quarantined", "not-degrees")]


def test_a_city_on_its_own_mirror_image_never_calls_axes_swapped():
    assert not swapped_axes(column(Point(45, 44), Point(44, 45)), (43, 43, 46, 46)).any()


def test_heights_are_dropped_and_reported():
    cleaned = drop_z(column(Point(100, 39, 1480), Point(100, 39)))
    assert told(cleaned) == [(1, "repaired", "z-dropped")]
    assert not cleaned.geometries.has_z.any()


def test_a_crossed_outline_is_rebuilt_and_reported_with_the_place_of_the_fault():
    cleaned = mend_polygons(column(BOW_TIE, box(100, 38, 101, 39)))
    assert told(cleaned) == [(1, "repaired", "invalid-polygon")]
    assert "Self-intersection[100.5 38.5]" in cleaned.issues[0].detail
    assert cleaned.geometries.is_valid.all()
    # Two triangles of base 1 and height one half.
    assert cleaned.geometries[1].area == pytest.approx(0.5)


def test_an_outline_that_geos_mends_badly_comes_out_valid_too():
    # Two triangles that share a side: make_valid of GEOS 3.13 answers with an invalid multi-polygon.
    drawn = Polygon([(100, 38), (100, 39), (101, 39), (100, 38), (101, 38), (101, 39)])
    assert shapely.equals(mend_polygons(column(drawn)).geometries[1], box(100, 38, 101, 39))


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=9))
def test_whatever_is_drawn_comes_out_valid_or_is_set_aside(corners):
    cleaned = clean(column(Polygon([(100 + x / 10, 38 + y / 10) for x, y in corners])), "Polygon", ZHANGYE)
    kept = cleaned.geometries.dropna()
    assert len(kept) + len(cleaned.refused) == 1
    assert kept.is_valid.all()
    assert kept.geom_type.isin(["Polygon", "MultiPolygon"]).all()


@pytest.mark.parametrize(
    ("kind", "shape", "expected"),
    [
        ("Point", MultiPoint([(100, 39)]), Point(100, 39)),
        ("Point", GeometryCollection([MultiPoint([(100, 39)])]), Point(100, 39)),
        ("LineString", MultiLineString([[(100, 38), (100, 39)]]), LineString([(100, 38), (100, 39)])),
        (
            "LineString",
            LinearRing([(100, 38), (101, 38), (101, 39)]),
            LineString([(100, 38), (101, 38), (101, 39), (100, 38)]),
        ),
        ("Polygon", MultiPolygon([box(100, 38, 101, 39)]), box(100, 38, 101, 39)),
    ],
)
def test_what_is_one_part_in_several_wrappings_becomes_the_part(kind, shape, expected):
    cleaned = fit_kind(column(shape), kind)
    assert cleaned.issues == []
    assert shapely.equals_exact(cleaned.geometries[1], expected)


def test_parts_of_a_line_that_meet_are_joined_and_reported():
    cleaned = fit_kind(
        column(MultiLineString([[(100, 37), (100, 38)], [(100, 38), (100, 39)]])), "LineString"
    )
    assert told(cleaned) == [(1, "repaired", "parts-joined")]
    assert cleaned.geometries[1].equals_exact(LineString([(100, 37), (100, 38), (100, 39)]))


def test_an_area_in_a_layer_of_points_becomes_a_point_inside_it_and_is_reported():
    horseshoe = box(100, 38, 103, 41).difference(box(101, 38, 102, 40))
    cleaned = fit_kind(column(horseshoe, LineString([(100, 38), (100, 39)])), "Point")
    assert told(cleaned) == [(1, "repaired", "area-to-point"), (2, "repaired", "line-to-point")]
    assert horseshoe.contains(cleaned.geometries[1])


@pytest.mark.parametrize(
    ("kind", "shape", "reason"),
    [
        ("Point", MultiPoint([(100, 39), (101, 39)]), "several-parts"),
        ("LineString", MultiLineString([[(100, 37), (100, 38)], [(101, 38), (101, 39)]]), "several-parts"),
        ("LineString", box(100, 38, 101, 39), "wrong-geometry"),
        ("Polygon", Point(100, 39), "wrong-geometry"),
    ],
)
def test_what_does_not_fit_the_layer_is_set_aside(kind, shape, reason):
    assert told(fit_kind(column(shape), kind)) == [(1, "quarantined", reason)]


def test_separate_parts_of_a_line_become_rows_with_numbered_names():
    parts = MultiLineString([[(100, 37), (100, 38)], [(101, 38), (101, 39)]])
    lines = column(parts, LineString([(100, 38), (100, 39)]))
    roads = gpd.GeoDataFrame({"uid": ["a", "b"]}, geometry=lines, index=lines.index)
    split, issues = split_lines(roads)
    assert split["uid"].tolist() == ["a/1", "a/2", "b"]
    assert split.index.tolist() == [1, 1, 2]
    assert [(issue.row, issue.reason) for issue in issues] == [(1, "parts-split")]
    assert split_lines(split[split["uid"] == "b"])[1] == []


def test_a_layer_without_geometry_and_an_empty_column_pass_untouched():
    assert clean(column(None), "None").issues == []
    assert clean(column(), "Point", ZHANGYE).issues == []


def test_a_hundred_thousand_good_points_cause_no_remark():
    generator = np.random.default_rng(1)
    points = shapely.points(generator.uniform(98, 102, 100_000), generator.uniform(38, 39.5, 100_000))
    cleaned = clean(gpd.GeoSeries(points, index=range(1, 100_001), crs=4326), "Point", ZHANGYE)
    assert cleaned.issues == []


def nested(depth):
    """WKB of a point inside so many collections, written without recursion."""
    return b"\x01" + (struct.pack("<II", 7, 1) + b"\x01") * depth + shapely.to_wkb(Point(1, 2))[1:]


def test_a_nesting_that_would_kill_the_process_is_refused_before_shapely_sees_it():
    check_wkb([nested(0), nested(7)], "good.parquet")
    with pytest.raises(FileTooLargeError, match=r"bad\.parquet: nesting of a geometry"):
        check_wkb([nested(0), nested(200_000)], "bad.parquet")


@pytest.mark.parametrize(
    ("shape", "depth"),
    [
        (Point(1, 2), 1),
        (Point(1, 2, 3), 1),
        (Polygon([(0, 0), (9, 0), (9, 9)], [[(5, 1), (8, 1), (8, 4)]]), 1),
        (MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]), 2),
        (
            GeometryCollection(
                [Point(1, 2), GeometryCollection([MultiPoint([(1, 2), (3, 4)])]), box(0, 0, 1, 1)]
            ),
            4,
        ),
    ],
)
@pytest.mark.parametrize("options", [{}, {"byte_order": 0}, {"include_srid": True}, {"flavor": "iso"}])
def test_the_depth_of_ordinary_geometry_is_counted_in_every_flavour(shape, depth, options):
    wkb = shapely.to_wkb(shapely.set_srid(shape, 4326), **options)
    assert wkb_depth(wkb) == depth


@given(st.binary(max_size=60))
def test_bytes_that_are_no_geometry_are_left_to_shapely_to_refuse(blob):
    assert 0 <= wkb_depth(blob) <= 9
