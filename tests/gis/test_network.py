"""Roads become edges where they meet; modes pay what the road is to them; places join edges."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import kernels
from gis.barriers import with_barriers
from gis.crs import to_metric
from gis.errors import CodeError, CrsError, EmptyLayerError, SchemaError
from gis.kernels import NEVER, warm
from gis.modes import BARRIER, REASONS, facts
from gis.network import build, snap
from gis.noding import MEND_M, node
from gis.segments import Segments, nearest, z_order
from gis.travel import nearest as nearest_place
from tests.gis.roadnet import EPSG, barriers_of, place_lists, points_of, road_layers, roads_of

CROSS = [[(0, 0), (100, 0), (200, 0)], [(100, 0), (100, 50)]]


def edges_of(roads, **options):
    noded = node(roads, **options)
    return sorted(tuple(sorted(pair)) for pair in zip(noded.start.tolist(), noded.end.tolist(), strict=True))


def test_lines_meet_where_they_share_a_vertex_even_in_their_middle():
    noded = node(roads_of(CROSS))
    assert sorted(noded.segments.length_m.tolist()) == [50.0, 100.0, 100.0]
    assert len(noded.xy) == 4
    assert np.bincount(np.concatenate([noded.start, noded.end])).max() == 3


def test_a_bridge_that_shares_no_vertex_is_no_junction():
    assert len(edges_of(roads_of([[(0, 0), (200, 0)], [(100, -50), (100, 50)]]))) == 2


def test_ends_that_agree_to_the_centimetre_are_one():
    noded = node(roads_of([[(0, 0), (100, 0)], [(100.003, 0.001), (200, 0)]]), mend_m=0)
    assert len(noded.xy) == 3


def test_an_end_within_a_metre_of_another_end_is_joined_and_listed():
    noded = node(roads_of([[(0, 0), (100, 0)], [(100.6, 0.8), (200, 0)]]))
    assert len(noded.xy) == 3
    repair = noded.repairs.iloc[0]
    assert (repair["kind"], repair["distance_m"]) == ("end", pytest.approx(1.0))
    assert {repair["road"], repair["other"]} == {0, 1}


def test_an_end_within_a_metre_of_a_line_cuts_it_and_is_listed():
    noded = node(roads_of([[(0, 0), (100, 0)], [(40, 0.5), (40, 50)]]))
    assert sorted(noded.segments.length_m.round(3).tolist()) == [40.0, 49.5, 60.0]
    assert noded.repairs[["road", "other", "kind", "distance_m"]].to_numpy().tolist() == [[1, 0, "line", 0.5]]


@pytest.mark.parametrize(
    "lines",
    [
        [[(0, 0), (100, 0)], [(101.5, 0), (200, 0)]],  # too far apart
        [
            [(0, 0), (50, 0), (100, 0)],
            [(50, 0), (50, 0.8)],
        ],  # a stub would be joined to the street it stands on
    ],
)
def test_what_is_no_near_miss_is_left_alone(lines):
    assert node(roads_of(lines)).repairs.empty


def test_a_line_that_hugs_another_is_joined_to_it_once():
    repairs = node(roads_of([[(0, 0), (100, 0)], [(50, 0.1), (50, 0.8)]])).repairs
    assert repairs[["kind", "distance_m"]].to_numpy().tolist() == [["line", 0.1]]


def test_a_path_that_ends_under_a_bridge_is_not_joined_to_it():
    lines = [[(0, 0), (100, 0)], [(40, 0.5), (40, 50)]]
    assert node(roads_of(lines, bridge=[True, False])).repairs.empty


def test_two_dead_ends_that_nearly_meet_a_third_become_one_place():
    noded = node(roads_of([[(0, 0), (100, 0)], [(100.5, 0), (200, 0)], [(100, 0.5), (100, 90)]]))
    assert len(noded.xy) == 4
    assert np.bincount(np.concatenate([noded.start, noded.end])).max() == 3


def test_a_loop_and_a_line_of_no_length_do_no_harm():
    loop = [(0, 0), (100, 0), (100, 100), (0, 0)]
    noded = node(roads_of([loop, [(5, 5), (5, 5.001)], [(0, 0), (-50, 0)]]))
    assert len(noded.start) == 2
    assert noded.segments.length_m.max() == pytest.approx(200 + 100 * 2**0.5)


@settings(max_examples=60, deadline=None)
@given(road_layers())
def test_noding_keeps_every_metre_of_road(roads):
    noded = node(roads)
    assert noded.segments.length_m.sum() == pytest.approx(roads.length.sum())
    for edge in range(len(noded.start)):
        first, last = noded.segments.first[edge], noded.segments.first[edge + 1] - 1
        # Shapes stay as drawn: a mended end may lie up to MEND_M from its junction.
        assert noded.segments.xy[first] == pytest.approx(noded.xy[noded.start[edge]], abs=MEND_M)
        assert noded.segments.xy[last] == pytest.approx(noded.xy[noded.end[edge]], abs=MEND_M)


def test_nodes_lie_in_z_order():
    noded = node(roads_of([[(x, y), (x + 10, y)] for x in range(0, 80, 10) for y in range(0, 80, 10)]))
    assert (np.diff(z_order(noded.xy).astype(float)) >= 0).all()


@pytest.mark.parametrize(
    ("columns", "seconds"),
    [
        ({}, 125.0),  # 100 m at .8 m/s
        ({"surface": "gravel"}, 250.0),
        ({"surface": "gravel", "wheelchair": "yes"}, 125.0),  # somebody said that wheelchairs pass
        ({"smoothness": "bad", "surface": "gravel"}, 250.0),  # the larger factor counts, not both
        ({"incline_ratio": 0.05}, 125.0),
        ({"incline_ratio": -0.08}, 187.5),
        ({"wheelchair": "limited"}, 187.5),
        ({"kerb": "lowered"}, 125.0),
        ({"kerb": "raised", "kerb_height_mm": 20.0}, 125.0),
        ({"kerb": "yes"}, 125.0),  # a kerb of unknown kind does not block: unknown is not no
    ],
)
def test_a_wheelchair_pays_for_the_road(columns, seconds):
    network = build(roads_of([[(0, 0), (100, 0)]], **columns), mode="wheelchair")
    assert network.ahead.tolist() == [seconds * 10]
    assert network.reason.tolist() == [0]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"road_class": "steps"}, "steps"),
        ({"kerb": "raised"}, "kerb"),
        ({"kerb_height_mm": 120.0}, "kerb"),
        ({"width_m": 0.7}, "width"),
        ({"width_m": 0.7, "wheelchair": "yes"}, "width"),
        ({"incline_ratio": -0.2}, "incline"),
        ({"surface": "sand"}, "surface"),
        ({"smoothness": "impassable"}, "smoothness"),
        ({"wheelchair": "no", "road_class": "steps"}, "tagged_no"),
    ],
)
def test_what_stops_a_wheelchair_is_named(columns, reason):
    network = build(roads_of([[(0, 0), (100, 0)]], **columns), mode="wheelchair")
    assert network.ahead.tolist() == [NEVER]
    assert REASONS[network.reason[0]] == reason
    assert build(roads_of([[(0, 0), (100, 0)]], **columns), mode="walk").ahead.tolist() == [833]


@pytest.mark.parametrize(
    ("oneway", "ahead", "back"),
    [("no", 100, 100), ("yes", 100, NEVER), ("reverse", NEVER, 100), (None, 100, 100)],
)
def test_cars_obey_one_way_streets(oneway, ahead, back):
    network = build(roads_of([[(0, 0), (100, 0)]], oneway=oneway, maxspeed_kmh=36.0), mode="drive")
    assert (network.ahead.tolist(), network.back.tolist()) == ([ahead], [back])


def test_a_car_drives_at_the_limit_or_else_as_is_usual_for_the_class():
    roads = roads_of([[(0, 0), (100, 0)], [(100, 0), (200, 0)]], maxspeed_kmh=[36.0, None])
    assert sorted(build(roads, mode="drive").ahead.tolist()) == [100, 120]  # residential: 30 km/h


def test_distances_are_in_decimetres():
    network = build(roads_of([[(0, 0), (12.34, 0)]]), mode="walk")
    assert network.costs("distance")[0].tolist() == [123]


def test_components_are_numbered_from_the_largest(town):
    network = build(town.roads, mode="drive")
    assert np.bincount(network.component).tolist() == [12, 2]


def test_a_network_refuses_what_it_cannot_use(town):
    with pytest.raises(CrsError):
        build(town.lonlat.roads, mode="drive")
    with pytest.raises(CodeError, match="drive, walk, wheelchair"):
        build(town.roads, mode="swim")
    with pytest.raises(SchemaError, match="road_class"):
        build(town.roads.drop(columns="road_class"), mode="drive")
    with pytest.raises(SchemaError, match="uid"):
        build(town.roads.drop(columns="uid"), mode="drive")
    with pytest.raises(EmptyLayerError):
        build(town.roads[town.roads["road_class"] == "steps"], mode="drive")
    with pytest.raises(CrsError):
        snap(build(town.roads, mode="drive"), town.homes.to_crs(32648))


def test_a_place_joins_the_nearest_point_of_the_nearest_edge(town):
    network = build(town.roads, mode="walk")
    joints = snap(network, town.homes)
    assert network.uid[joints.edge].tolist()[:2] == ["GH", "CG"]
    assert joints.fraction.tolist() == [0.25, 0.6, 1.0, 0.0]  # h2: 120 m from C; h3 at F, h4 at M
    assert joints.distance_m.tolist() == pytest.approx([0.0] * 4, abs=1e-6)


def test_a_place_far_from_every_road_is_off_the_network():
    network = build(roads_of([[(0, 0), (100, 0)]]), mode="walk")
    joints = snap(network, points_of((50, facts("walk")["snap_limit_m"] + 1), (50, 30)))
    assert joints.edge.tolist() == [-1, 0]
    assert joints.distance_m.tolist() == [np.inf, 30.0]
    assert snap(network, points_of((50, 30)), limit_m=20).edge.tolist() == [-1]


def test_a_place_without_position_joins_nothing():
    network = build(roads_of([[(0, 0), (100, 0)]]), mode="walk")
    places = gpd.GeoDataFrame(geometry=[None, shapely.Point()], crs=EPSG)
    assert snap(network, places).edge.tolist() == [-1, -1]


def test_nobody_joins_a_motorway_or_steps_in_a_wheelchair():
    roads = roads_of(
        [[(0, 0), (100, 0)], [(100, 0), (100, 60)], [(100, 60), (0, 60)]],
        road_class=["motorway", "motorway_link", "residential"],
    )
    assert snap(build(roads, mode="drive"), points_of((50, 1))).distance_m.tolist() == [59.0]
    roads["road_class"] = ["steps", "footway", "footway"]
    assert snap(build(roads, mode="wheelchair"), points_of((50, 1))).distance_m.tolist() == pytest.approx(
        [50.0], abs=0.02
    )


@settings(max_examples=80, deadline=None)
@given(road_layers(), place_lists, st.booleans())
def test_the_nearest_edge_is_that_of_a_search_through_all(roads, places, compiled):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "COMPILED", compiled)
        shapes = node(roads).segments
        found = nearest(shapes, places.get_coordinates().to_numpy(), 1000.0)
    apart = shapely.distance(places.geometry.to_numpy()[:, None], shapes.lines[None, :])
    assert found.distance_m == pytest.approx(apart.min(axis=1), abs=1e-9)
    assert apart[np.arange(len(apart)), found.edge] == pytest.approx(apart.min(axis=1), abs=1e-9)
    joint = shapely.points(shapes.position(found.edge, found.fraction))
    # A joint within a millimetre of an end is put at the end.
    assert shapely.distance(joint, places.geometry.to_numpy()) == pytest.approx(found.distance_m, abs=0.0011)


def test_an_edge_can_be_barred_from_being_found():
    shapes = Segments(np.array([[0, 0], [9, 0], [0, 5], [9, 5.0]]), np.array([0, 2, 4]), np.ones(2, bool))
    found = nearest(shapes, np.array([[4.0, 1.0], [4.0, 1.0]]), 100.0, np.array([-1, 0], np.int32))
    assert found.edge.tolist() == [0, 1]


def test_a_barrier_stands_between_its_two_sides():
    # A street of 200 m, blocked at 150 m; a toilet at each end; homes at 100 m and 160 m.
    network = build(roads_of([[(0, 0), (200, 0)]]), mode="wheelchair")
    barred = with_barriers(network, barriers_of([(150, 1, "finding-7", np.nan)])).network
    homes, toilets = snap(barred, points_of((100, 0), (160, 0))), snap(barred, points_of((0, 0), (200, 0)))
    found = nearest_place(barred, homes, toilets, by="distance")
    assert (found.owner.tolist(), found.travel.tolist()) == ([0, 1], [100.0, 40.0])
    only_far = nearest_place(barred, homes, snap(barred, points_of((200, 0))), by="distance")
    assert only_far.owner.tolist() == [-1, 0]
    assert barred.barriers.source.tolist() == ["finding-7"]
    assert network.barriers.source.tolist() == []


def test_a_barrier_may_slow_instead_of_stopping():
    network = build(roads_of([[(0, 0), (80, 0)]]), mode="wheelchair")
    slowed = with_barriers(network, barriers_of([(40, 0, "f", 30.0), (50, 0, "g", 20.0)])).network
    home, place = snap(slowed, points_of((0, 0))), snap(slowed, points_of((80, 0)))
    assert nearest_place(slowed, home, place).travel.tolist() == [150.0]  # 100 s and 30 s and 20 s
    assert nearest_place(slowed, home, place, by="distance").travel.tolist() == [80.0]


def test_a_barrier_is_put_on_the_road_it_was_found_on_and_on_its_modes_only():
    roads = roads_of([[(0, 0), (100, 0)], [(0, 8), (100, 8)]])
    rows = [
        (50, 1, "a", np.nan, "r1", "wheelchair"),
        (50, 1, "b", np.nan, None, None),
        (9e5, 0, "c", 1.0, None, None),
    ]
    barriers = barriers_of(rows, ("x", "y", "source", "delay_s", "road_uid", "modes"))
    done = with_barriers(build(roads, mode="wheelchair"), barriers)
    placed = dict(
        zip(done.network.barriers.source, done.network.uid[done.network.barriers.edge], strict=True)
    )
    assert placed == {"a": "r1", "b": "r0"}
    assert done.unplaced == ["c"]
    assert with_barriers(build(roads, mode="walk"), barriers).network.barriers.source.tolist() == ["b"]


def test_a_barrier_without_position_stands_on_every_edge_of_its_road():
    network = build(roads_of(CROSS), mode="walk")
    barriers = gpd.GeoDataFrame(
        pd.DataFrame({"source": ["snow"], "delay_s": [None], "road_uid": ["r0"]}), geometry=[None], crs=EPSG
    )
    closed = with_barriers(network, barriers).network
    assert closed.uid[closed.barriers.edge].tolist() == ["r0", "r0"]
    assert np.bincount(closed.component).tolist() == [2, 1, 1]


def test_barriers_that_make_no_sense_are_refused():
    network = build(roads_of(CROSS), mode="walk")
    with pytest.raises(SchemaError, match="delay_s is negative"):
        with_barriers(network, barriers_of([(0, 0, "f", -1.0)]))
    with pytest.raises(SchemaError, match="source"):
        with_barriers(network, barriers_of([(0, 0, "f", 1.0)]).drop(columns="source"))


def test_the_reason_of_a_finding_has_a_name_too():
    assert REASONS[BARRIER] == "barrier"


def test_the_kernels_compile_ahead_of_use():
    assert warm() is kernels.COMPILED


@pytest.mark.realdata
def test_the_synthetic_city_is_one_network(shared):
    roads = gpd.read_parquet(shared / "data" / "synthetic_zhangye" / "roads.parquet").rename(
        columns={"highway": "road_class"}
    )
    roads["uid"] = roads.index.astype(str)
    network = build(to_metric(roads, EPSG), mode="drive")
    assert (network.component == 0).mean() > 0.999
    assert len(network.repairs) < 20
