"""The way between two places: as long as the search says, unbroken, and told in steps."""

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from gis.barriers import with_barriers
from gis.errors import InputError, NoRouteError
from gis.kernels import NEVER
from gis.network import build, snap
from gis.routes import avoided, in_the_way, merged, route, steps
from gis.travel import matrix, nearest
from tests.gis.roadnet import barriers_of, place_lists, points_of, road_layers, roads_of
from tests.town import corner

# A square of 100 m with a diagonal street, all 36 km/h (10 m/s): round numbers of seconds.
STANDING = [("V1:ramp", np.nan), ("V2:slope", 30.0)]  # one stops, one takes half a minute
SQUARE = [[(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 100)], [(0, 100), (0, 0)]]


def square(**columns):
    return build(roads_of(SQUARE, maxspeed_kmh=36.0, **columns), mode="drive")


def at(network, *xy):
    return snap(network, points_of(xy))


def test_the_directions_say_where_to_turn_and_how_far_it_goes_on():
    network = square()
    way = route(network, at(network, 20.0, 0.0), at(network, 100.0, 80.0))
    told = steps(network, way)
    assert [(step.turn, step.road, round(step.length_m)) for step in told] == [
        ("depart", "r0", 80),
        ("left", "r1", 80),
        ("arrive", "", 0),
    ]
    assert [step.seconds for step in told] == [8.0, 8.0, 0.0]
    assert way.cost == 160


def test_one_goes_against_the_drawing_too():
    network = square()
    told = steps(network, route(network, at(network, 100.0, 80.0), at(network, 20.0, 0.0)))
    assert [(step.turn, step.road) for step in told[:2]] == [("depart", "r1"), ("right", "r0")]


def test_the_way_along_one_edge_needs_no_junction():
    network = square()
    way = route(network, at(network, 80.0, 0.0), at(network, 30.0, 0.0))
    assert (way.edge.tolist(), way.begin.tolist(), way.finish.tolist()) == ([0], [0.8], [0.3])
    assert [step.turn for step in steps(network, way)] == ["depart", "arrive"]


def test_straight_steps_along_one_name_are_one():
    roads = roads_of([[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)]], maxspeed_kmh=36.0)
    network = build(roads, mode="drive")
    told = steps(network, route(network, at(network, 0.0, 0.0), at(network, 300.0, 0.0)))
    assert len(told) == 4
    short = merged(told, {"r0": "东街", "r1": "东街", "r2": "西街"})
    assert [(step.road, round(step.length_m)) for step in short] == [("r0", 200), ("r2", 100), ("", 0)]


@pytest.mark.parametrize(
    ("then", "turn"),
    [
        ((200, 0), "straight"),
        ((200, 80), "slight_left"),
        ((100, 100), "left"),
        ((20, 60), "sharp_left"),
        ((200, -80), "slight_right"),
        ((100, -100), "right"),
        ((20, -60), "sharp_right"),
    ],
)
def test_turns_have_names(then, turn):
    network = build(roads_of([[(0, 0), (100, 0)], [(100, 0), then]]), mode="drive")
    way = route(network, at(network, 10.0, 0.0), at(network, *map(float, then)))
    assert steps(network, way)[1].turn == turn


def test_a_wheelchair_is_told_which_finding_it_avoids_and_which_it_passes(town):
    network = build(town.roads, mode="wheelchair")
    spots = [corner("G", east=100), corner("D", north=100)]
    stands = barriers_of([(*spot.coords[0], *said) for spot, said in zip(spots, STANDING, strict=True)])
    network = with_barriers(network, stands).network
    places = gpd.GeoDataFrame(geometry=[corner("G"), corner("H")], crs=town.roads.crs)
    start, end = (snap(network, places.iloc[[row]]) for row in (0, 1))
    way = route(network, start, end)
    # G-H is shut in its middle: round by G-C-D-H, 600 m at 0.8 m/s and 30 s at the slope.
    assert way.cost == 10 * (600 / 0.8 + 30)
    assert in_the_way(network, way) == ("V2:slope",)
    assert avoided(network, start, end) == ("V1:ramp",)
    assert steps(network, way)[-2].sources == ("V2:slope",)


def test_where_findings_shut_every_way_the_refusal_names_them():
    network = square()
    stands = barriers_of([(60.0, 0.0, "V9:kerb", np.nan)])
    line = build(roads_of([[(0, 0), (100, 0)]]), mode="drive")
    shut = with_barriers(line, stands).network
    with pytest.raises(NoRouteError, match="V9:kerb"):
        route(shut, at(shut, 20.0, 0.0), at(shut, 90.0, 0.0))
    round_about = with_barriers(network, stands).network
    assert len(steps(round_about, route(round_about, at(network, 20.0, 0.0), at(network, 90.0, 0.0)))) == 6


def test_places_without_connection_or_road_are_refused():
    network = build(roads_of([[(0, 0), (100, 0)], [(5000, 0), (5100, 0)]]), mode="drive")
    with pytest.raises(NoRouteError, match="do not connect"):
        route(network, at(network, 10.0, 0.0), at(network, 5050.0, 0.0))
    with pytest.raises(NoRouteError, match="too far from every road"):
        route(network, at(network, 10.0, 0.0), at(network, 90_000.0, 0.0))
    with pytest.raises(InputError):
        route(network, snap(network, points_of((0.0, 0.0), (1.0, 0.0))), at(network, 10.0, 0.0))


@settings(max_examples=80, deadline=None)
@given(road_layers(), place_lists, place_lists)
def test_a_route_is_unbroken_and_costs_what_the_search_says(roads, people, places):
    network = build(roads, mode="drive")
    start, end = snap(network, people.iloc[[0]]), snap(network, places.iloc[[0]])
    cost = int(nearest(network, start, end).cost[0])
    assume(cost < NEVER)
    way = route(network, start, end)
    assert way.cost == cost
    told = steps(network, way)
    doors = sum(way.door_m) / 1.2
    assert sum(step.seconds for step in told) + doors == pytest.approx(cost / 10, abs=0.4)
    for before, after in pairwise(told):
        assert before.line.coords[-1] == pytest.approx(after.line.coords[0], abs=1e-6)
    assert told[-1].turn == "arrive"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(road_layers())
def test_all_ways_between_junctions_are_those_of_networkx(roads):
    network = build(roads, mode="drive")
    links = nx.DiGraph()
    links.add_nodes_from(range(len(network.xy)))
    for way, ends in (
        (network.ahead, (network.start, network.end)),
        (network.back, (network.end, network.start)),
    ):
        for cost, a, b in zip(way.tolist(), *(side.tolist() for side in ends), strict=True):
            if cost < NEVER and cost < links.get_edge_data(a, b, {"weight": NEVER})["weight"]:
                links.add_edge(a, b, weight=cost)
    joined = snap(network, points_of(*network.xy.tolist()))
    pairs = matrix(network, joined, joined, limit=None)
    found = {(a, b): c for a, b, c in zip(pairs.origin, pairs.target, pairs.cost, strict=True)}
    truth = dict(nx.all_pairs_dijkstra_path_length(links))
    # A junction of one road may lie in the middle of another that runs over it; snapped there it is no junction.
    near = np.where(joined.fraction < 0.5, network.start[joined.edge], network.end[joined.edge])
    junction = (joined.edge >= 0) & np.isin(joined.fraction, (0.0, 1.0)) & (near == np.arange(len(near)))
    for (a, b), cost in found.items():
        if junction[a] and junction[b]:
            assert truth[a][b] == cost


def test_two_places_a_step_apart_on_a_one_way_road_are_one_place():
    network = build(roads_of([[(0, 0), (500, 0)]], oneway="yes", maxspeed_kmh=36.0), mode="drive")
    way = route(network, at(network, 100.0, 5.0), at(network, 99.99, 5.0))
    assert way.begin.tolist() == way.finish.tolist()
    assert [step.turn for step in steps(network, way)] == ["arrive"]
