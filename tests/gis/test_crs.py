"""Datums: there and back exactly, nothing outside China, and the right way round on real pairs."""

import re
import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.crs import (
    DATUMS,
    SHIFTED_BOX,
    check_lonlat,
    check_metric,
    frame_to_wgs84,
    from_wgs84,
    shift_m,
    to_metric,
    to_wgs84,
)
from gis.errors import CrsError, DatumError

WEST, SOUTH, EAST, NORTH = SHIFTED_BOX
SHIFTING = pytest.mark.parametrize("datum", ["gcj02", "bd09"])
MILLIMETRE_DEG = 0.001 / 111_320

# Tian'anmen as the packages coordtransform and eviltransform give it, to the digits that they print.
KNOWN = {
    "gcj02": (116.404, 39.915, 116.41024449916938, 39.91640428150164),
    "bd09": (116.404, 39.915, 116.41662724378733, 39.922699552216216),
}


def apart_m(lon, lat, other_lon, other_lat):
    east = (np.asarray(lon) - other_lon) * np.cos(np.radians(lat))
    return np.hypot(east, np.asarray(lat) - other_lat) * 111_320


@SHIFTING
def test_a_known_place_is_shifted_as_the_published_formula_says(datum):
    lon, lat, known_lon, known_lat = KNOWN[datum]
    assert apart_m(known_lon, known_lat, *from_wgs84(lon, lat, datum)) < 0.001


@SHIFTING
@given(st.floats(WEST, EAST), st.floats(SOUTH, NORTH))
def test_every_place_of_the_box_comes_back_within_a_millimetre(datum, lon, lat):
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert apart_m(lon, lat, *back) < 0.001


@SHIFTING
def test_places_on_the_very_edge_of_the_box_come_back_too(datum):
    along = np.linspace(0, 1, 500)
    lon = np.concatenate(
        [np.full(500, WEST), np.full(500, EAST), WEST + along * (EAST - WEST), WEST + along * (EAST - WEST)]
    )
    lat = np.concatenate([SOUTH + along * (NORTH - SOUTH)] * 2 + [np.full(500, SOUTH), np.full(500, NORTH)])
    assert apart_m(lon, lat, *to_wgs84(*from_wgs84(lon, lat, datum), datum)).max() < 0.001


@SHIFTING
def test_the_line_where_the_formula_has_a_kink_is_no_exception(datum):
    # The square root of |lon - 105| has no slope there.
    lon = 105 + np.array([-1e-3, -1e-9, -1e-13, 0, 1e-13, 1e-9, 1e-3])
    lat = np.full(7, 38.9)
    assert apart_m(lon, lat, *to_wgs84(*from_wgs84(lon, lat, datum), datum)).max() < 0.001


@SHIFTING
@pytest.mark.parametrize(("lon", "lat"), [(7.42, 43.74), (24.94, 60.17), (-51.2, -30.0), (0, 0), (180, 90)])
def test_outside_china_nothing_is_shifted(datum, lon, lat):
    assert from_wgs84(lon, lat, datum) == (lon, lat)
    assert to_wgs84(lon, lat, datum) == (lon, lat)


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
def test_cgcs2000_is_wgs_84_here(datum):
    assert to_wgs84(100.45, 38.93, datum) == (100.45, 38.93)


@pytest.mark.parametrize("datum", DATUMS)
def test_what_is_no_number_stays_as_it_is_and_harms_no_neighbour(datum):
    lon, lat = to_wgs84([np.nan, np.inf, 100.45], [38.9, 38.9, 38.93], datum)
    assert np.isnan(lon[0])
    assert np.isinf(lon[1])
    assert (lon[2], lat[2]) == to_wgs84(100.45, 38.93, datum)


def test_shapes_are_kept_and_inputs_left_alone():
    lon = np.full((2, 3), 100.45)
    found = to_wgs84(lon, 38.93, "gcj02")
    assert found[0].shape == found[1].shape == (2, 3)
    assert (lon == 100.45).all()
    assert to_wgs84([], [], "bd09")[0].shape == (0,)


def test_an_unknown_datum_is_refused_with_the_choices():
    with pytest.raises(DatumError, match=r"'beijing54' is not known.*gcj02"):
        to_wgs84(100, 38, "beijing54")


def test_a_million_positions_take_seconds():
    generator = np.random.default_rng(1)
    lon, lat = generator.uniform(97, 103, 1_000_000), generator.uniform(37, 40, 1_000_000)
    started = time.perf_counter()
    to_wgs84(lon, lat, "gcj02")
    assert time.perf_counter() - started < 10  # 1.4 s on a quiet machine


def test_whole_geometries_are_unshifted_and_lose_their_heights():
    shapes = [
        shapely.Point(100.45, 38.93, 1480),
        shapely.LineString([(100.4, 38.9), (100.5, 39.0)]),
        shapely.Polygon([(100, 38), (101, 38), (101, 39)], [[(100.5, 38.2), (100.9, 38.2), (100.9, 38.5)]]),
        None,
    ]
    shifted = gpd.GeoDataFrame({"uid": list("abcd")}, geometry=shapes, index=[3, 4, 5, 6])
    frame = frame_to_wgs84(shifted, "gcj02")
    assert frame.crs.to_epsg() == 4326
    assert list(frame.index) == [3, 4, 5, 6]
    assert not frame.geometry.has_z.any()
    assert frame.geometry.isna().tolist() == [False, False, False, True]
    point = frame.geometry[3].coords[0]
    assert point == pytest.approx(np.ravel(to_wgs84(100.45, 38.93, "gcj02")), abs=MILLIMETRE_DEG)
    hole = frame.geometry[5].interiors[0].coords[0]
    assert hole == pytest.approx(np.ravel(to_wgs84(100.5, 38.2, "gcj02")), abs=MILLIMETRE_DEG)


def test_a_layer_in_metres_has_no_datum_to_undo():
    metric = gpd.GeoDataFrame(geometry=[shapely.Point(625_000, 4_310_000)], crs=32647)
    with pytest.raises(CrsError, match="EPSG:32647"):
        frame_to_wgs84(metric, "gcj02")


def test_a_layer_is_brought_into_metres_and_back(town):
    back = to_metric(town.lonlat.homes, 32647)
    check_metric(back, town.homes)
    assert back.distance(town.homes).max() < 1e-6


def test_layers_are_measured_in_one_metric_system_only(town):
    with pytest.raises(CrsError, match="EPSG:4326"):
        check_metric(town.lonlat.homes)
    with pytest.raises(CrsError, match=re.escape("no CRS")):
        check_metric(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]))
    with pytest.raises(CrsError, match="EPSG:32647 and EPSG:32648"):
        check_metric(town.homes, town.homes.to_crs(32648))
    with pytest.raises(CrsError, match="EPSG:2277"):  # US survey feet
        check_metric(town.homes.to_crs(2277))
    check_metric()


def test_layers_are_kept_in_longitude_and_latitude_only(town):
    check_lonlat(town.lonlat.homes, town.lonlat.homes.to_crs("OGC:CRS84"))
    with pytest.raises(CrsError, match="EPSG:32647"):
        check_lonlat(town.homes)


def test_degrees_are_no_metric_system(town):
    with pytest.raises(CrsError, match="EPSG:4490"):
        to_metric(town.lonlat.homes, 4490)
    with pytest.raises(CrsError, match="does not say"):
        to_metric(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]), 32647)


def median_to_same_road(interchanges, roads, number):
    """Count and median distance of interchanges to the nearest bridge of a motorway that they name."""
    shapes = {ref: group.union_all() for ref, group in roads.groupby("ref")["geometry"]}
    named = [set(re.findall(number, names)) & shapes.keys() for names in interchanges["roads"]]
    places = zip(interchanges.geometry, named, strict=True)
    found = [min(shapes[ref].distance(place) for ref in refs) for place, refs in places if refs]
    return len(found), float(np.median(found))


@pytest.mark.realdata
def test_interchanges_of_anhui_fall_onto_their_roads(shared):
    folder = shared / "data/datum_pair_anhui"
    amap = gpd.read_file(folder / "amap_interchanges_gcj02.geojson")
    bridges = gpd.read_file(folder / "osm_motorway_bridges_wgs84.gpkg").dropna(subset=["ref"])
    unshifted = frame_to_wgs84(amap, "gcj02")
    # In metres, to the nearest point of a bridge of any motorway that the interchange names.
    roads = bridges.to_crs(32650).assign(ref=lambda frame: frame["ref"].str.split(";")).explode("ref")
    assert median_to_same_road(amap.to_crs(32650), roads, r"[GS]\d+") == (71, pytest.approx(492, abs=1))
    assert median_to_same_road(unshifted.to_crs(32650), roads, r"[GS]\d+") == (71, pytest.approx(53, abs=1))
    # The figure of SOURCES.md (94 m, n = 69) counts numbers of two digits and more, bridges of one number,
    # and takes the nearest corner, in degrees of 111,195 m.
    corners = bridges.set_geometry(
        [shapely.MultiPoint(shapely.get_coordinates(line)) for line in bridges.geometry]
    )
    count, degrees = median_to_same_road(unshifted, corners, r"[GS]\d{2,}")
    assert (count, degrees * 111_195) == (69, pytest.approx(94, abs=1))
    assert median_to_same_road(amap, corners, r"[GS]\d{2,}")[1] * 111_195 > 500


@pytest.mark.realdata
def test_the_shift_inside_the_six_counties_is_41_to_210_metres(shared):
    counties = gpd.read_file(shared / "data/zhangye/counties_2018_wgs84.gpkg")
    west, south, east, north = counties.total_bounds
    lon, lat = (
        axis.ravel() for axis in np.meshgrid(np.arange(west, east, 0.01), np.arange(south, north, 0.01))
    )
    inside = shapely.contains_xy(counties.union_all(), lon, lat)
    shift = shift_m(lon[inside], lat[inside], "gcj02")
    assert shift.min() == pytest.approx(41, abs=2)
    assert shift.max() == pytest.approx(210, abs=2)
