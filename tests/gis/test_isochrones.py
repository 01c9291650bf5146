"""Areas from which a place is reached: close to the buffer of what is reached, and never beyond."""

import numpy as np
import pytest
import shapely

from gis.barriers import with_barriers
from gis.errors import InputError
from gis.isochrones import isochrones
from gis.network import build, snap
from tests.gis.roadnet import barriers_of, points_of, roads_of


def street(mode="walk", **columns):
    return build(roads_of([[(0, 0), (2000, 0)]], **columns), mode=mode)


def test_the_area_is_the_buffer_of_what_is_reached():
    network = street()
    place = snap(network, points_of((1000.0, 0.0)))
    area = isochrones(network, place, [300.0], by="distance").geometry.iloc[0]
    buffer = shapely.LineString([(700, 0), (1300, 0)]).buffer(60)
    shared = area.intersection(buffer).area / area.union(buffer).area
    assert shared >= 0.9
    assert area.hausdorff_distance(buffer) <= 30


def test_a_town_of_streets_agrees_with_its_buffer_to_95_hundredths():
    lines = [[(x, 0), (x, 2000)] for x in range(0, 2001, 200)] + [
        [(0, y), (2000, y)] for y in range(0, 2001, 200)
    ]
    cut = shapely.node(shapely.MultiLineString(lines)).geoms
    network = build(roads_of([list(part.coords) for part in cut]), mode="walk")
    place = snap(network, points_of((1000.0, 1000.0)))
    area = isochrones(network, place, [700.0], by="distance").geometry.iloc[0]
    # On a lattice, what is within 700 m along the streets are the streets inside the diamond.
    diamond = shapely.Polygon([(1700, 1000), (1000, 1700), (300, 1000), (1000, 300)])
    buffer = shapely.union_all(list(cut)).intersection(diamond).buffer(60)
    assert area.intersection(buffer).area / area.union(buffer).area >= 0.95


def test_a_longer_limit_holds_the_shorter_one():
    network = street()
    place = snap(network, points_of((1000.0, 0.0)))
    areas = isochrones(network, place, [600.0, 120.0, 300.0])
    assert areas["limit"].tolist() == [120.0, 300.0, 600.0]
    small, middle, large = areas.geometry
    assert middle.buffer(1).covers(small)
    assert large.buffer(1).covers(middle)


def test_what_a_barrier_cuts_off_is_outside():
    network = with_barriers(street(), barriers_of([(1100.0, 0.0, "V1", np.nan)])).network
    place = snap(network, points_of((1000.0, 0.0)))
    area = isochrones(network, place, [500.0], by="distance").geometry.iloc[0]
    assert area.covers(shapely.Point(550, 0))
    assert not area.intersects(shapely.Point(1250, 0))


def test_a_one_way_street_counts_in_the_direction_of_the_place():
    network = street("drive", oneway="yes", maxspeed_kmh=36.0)
    place = snap(network, points_of((1000.0, 0.0)))
    area = isochrones(network, place, [60.0]).geometry.iloc[0]  # 600 m at 10 m/s, driven towards it
    assert area.covers(shapely.Point(450, 0))
    assert not area.intersects(shapely.Point(1200, 0))


def test_a_wide_area_has_a_coarser_raster_and_says_so():
    network = build(
        roads_of([[(0, 0), (200_000, 0)], [(0, 0), (0, 200_000)]], maxspeed_kmh=120.0), mode="drive"
    )
    place = snap(network, points_of((0.0, 0.0)))
    area = isochrones(network, place, [7200.0]).iloc[0]
    assert area["cell_m"] > 20
    assert area.geometry.covers(shapely.Point(150_000, 0))


def test_nowhere_is_an_empty_area_and_no_limit_is_refused():
    network = street()
    nowhere = snap(network, points_of((90_000.0, 0.0)))
    assert isochrones(network, nowhere, [300.0]).geometry.iloc[0].is_empty
    with pytest.raises(InputError):
        isochrones(network, nowhere, [])
