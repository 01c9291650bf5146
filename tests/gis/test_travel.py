"""Travel times are exact, wherever on an edge the two places stand."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis import kernels
from gis.barriers import with_barriers
from gis.errors import EmptyLayerError
from gis.kernels import NEVER
from gis.network import build, snap
from gis.travel import matrix, nearest
from tests.gis.roadnet import barriers_of, place_lists, points_of, reference_costs, road_layers, roads_of
from tests.town import build_town, corner

few = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
modes = st.sampled_from(["drive", "walk", "wheelchair"])
measures = st.sampled_from(["time", "distance"])
walls = st.lists(
    st.tuples(
        st.integers(0, 400).map(float),
        st.integers(0, 300).map(float),
        st.just("f"),
        st.sampled_from([5.0, 60.0, np.nan]),
    ),
    max_size=4,
).map(barriers_of)


def network_of(roads, mode, barriers=None):
    try:
        network = build(roads, mode=mode)
    except EmptyLayerError:
        return None
    return network if barriers is None else with_barriers(network, barriers, limit_m=200).network


@few
@given(road_layers(), modes, measures, place_lists, place_lists, walls)
def test_the_nearest_target_is_that_of_a_textbook_search(roads, mode, by, people, places, barriers):
    network = network_of(roads, mode, barriers)
    origins, targets = snap(network, people), snap(network, places)
    costs = reference_costs(network, origins, targets, by)
    found = nearest(network, origins, targets, by=by)
    assert found.cost.tolist() == costs.min(axis=1).tolist()
    first_best = np.where(costs.min(axis=1) < NEVER, costs.argmin(axis=1), -1)
    assert found.owner.tolist() == first_best.tolist()


@few
@given(road_layers(), modes, measures, place_lists, place_lists, walls, st.sampled_from([None, 30.0, 200.0]))
def test_all_pairs_within_a_limit_are_those_of_a_textbook_search(
    roads, mode, by, people, places, barriers, limit
):
    network = network_of(roads, mode, barriers)
    origins, targets = snap(network, people), snap(network, places)
    costs = reference_costs(network, origins, targets, by)
    pairs = matrix(network, origins, targets, limit=limit, by=by)
    most = NEVER - 1 if limit is None else limit * 10
    origin, target = np.nonzero(costs <= most)
    assert pairs.origin.tolist() == origin.tolist()
    assert pairs.target.tolist() == target.tolist()
    assert pairs.cost.tolist() == costs[origin, target].tolist()


@few
@given(road_layers(), modes, measures, place_lists, place_lists, walls, st.sampled_from([None, 30.0, 200.0]))
def test_scipy_gives_the_same_answers_where_numba_is_absent(roads, mode, by, people, places, barriers, limit):
    answers = []
    for compiled in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kernels, "COMPILED", compiled)
            network = network_of(roads, mode, barriers)
            origins, targets = snap(network, people), snap(network, places)
            found = nearest(network, origins, targets, limit=limit, by=by)
            pairs = matrix(network, origins, targets, limit=limit, by=by)
            arrays = (origins.edge, origins.fraction, origins.distance_m, found.cost, found.owner)
            answers.append([array.tolist() for array in (*arrays, pairs.origin, pairs.target, pairs.cost)])
    assert answers[0][1:3] == [pytest.approx(values) for values in answers[1][1:3]]
    del answers[0][1:3], answers[1][1:3]
    assert answers[0] == answers[1]


@few
@given(road_layers(), place_lists)
def test_no_detour_over_a_third_place_is_shorter(roads, places):
    network = network_of(roads, "drive")
    spots = snap(network, places)
    on = spots.edge >= 0
    door = np.where(on, np.rint(np.where(on, spots.distance_m, 0) / 1.2 * 10), 0).astype(int)
    pairs = matrix(network, spots, spots, limit=None)
    far = np.full((len(door), len(door)), 10 * NEVER, np.int64)
    far[pairs.origin, pairs.target] = pairs.cost
    # Both ways from the door of the place between are walked for nothing.
    over = (far[:, :, None] + far[None, :, :] - 2 * door[None, :, None]).min(axis=1)
    assert (far <= over)[over < NEVER].all()


@few
@given(road_layers(), place_lists, place_lists, walls)
def test_fewer_barriers_never_make_a_way_longer(roads, people, places, barriers):
    hindered, free = network_of(roads, "walk", barriers), network_of(roads, "walk")
    origins, targets = snap(hindered, people), snap(hindered, places)
    before, after = nearest(hindered, origins, targets), nearest(free, origins, targets)
    assert (after.cost <= before.cost).all()
    assert snap(free, people).edge.tolist() == origins.edge.tolist()


def test_home_and_toilet_on_one_edge_see_each_other_along_it():
    # 30 m and 170 m along a street of 200 m at 1.2 m/s: 140 m, 116.7 s; both stand on the street.
    network = build(roads_of([[(0, 0), (200, 0)]]), mode="walk")
    home, toilet = snap(network, points_of((30, 0))), snap(network, points_of((170, 0)))
    assert nearest(network, home, toilet, by="distance").travel.tolist() == [140.0]
    assert nearest(network, home, toilet).travel.tolist() == pytest.approx([116.7], abs=0.1)


def test_on_a_one_way_street_the_person_goes_round_and_the_place_ahead_is_near():
    # A ring of 400 m, one-way as drawn: 50 m ahead, or 350 m round to what lies 50 m behind.
    ring = [[(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 100)], [(0, 100), (0, 0)]]
    network = build(roads_of(ring, oneway="yes"), mode="drive")
    near, far = snap(network, points_of((25, 0))), snap(network, points_of((75, 0)))
    assert nearest(network, near, far, by="distance").travel.tolist() == [50.0]
    assert nearest(network, far, near, by="distance").travel.tolist() == [350.0]


def test_the_way_from_the_door_to_the_road_counts():
    # 12 m from each door to the street at 1.2 m/s are 10 s each; 120 m between them by car at 10 m/s 12 s.
    network = build(roads_of([[(0, 0), (200, 0)]], maxspeed_kmh=36.0), mode="drive")
    home, clinic = snap(network, points_of((40, 12))), snap(network, points_of((160, -12)))
    assert nearest(network, home, clinic).travel.tolist() == [32.0]
    assert nearest(network, home, clinic, by="distance").travel.tolist() == [144.0]


def test_equal_ways_go_to_the_place_listed_first():
    network = build(roads_of([[(0, 0), (100, 0)], [(100, 0), (200, 0)]]), mode="walk")
    home = snap(network, points_of((100, 0)))
    both = snap(network, points_of((160, 0), (40, 0)))
    assert nearest(network, home, both).owner.tolist() == [0]


def test_a_limit_is_reached_but_not_passed():
    network = build(roads_of([[(0, 0), (300, 0)], [(300, 0), (400, 0)]]), mode="walk")
    homes, place = snap(network, points_of((0, 0), (0.1, 0))), snap(network, points_of((300.1, 0)))
    found = nearest(network, homes, place, limit=300.0, by="distance")
    assert found.travel.tolist() == pytest.approx([np.nan, 300.0], nan_ok=True)


def test_nobody_and_nothing_have_no_nearest():
    network = build(roads_of([[(0, 0), (300, 0)]]), mode="walk")
    home, nothing = snap(network, points_of((0, 0))), snap(network, points_of())
    assert nearest(network, home, nothing).owner.tolist() == [-1]
    assert len(nearest(network, nothing, home).cost) == 0
    assert len(matrix(network, home, nothing, limit=None).cost) == 0
    assert len(matrix(network, nothing, home, limit=None).cost) == 0


@pytest.mark.parametrize(
    ("mode", "start", "end", "metres"),
    [
        ("walk", "F", "G", 200),
        ("drive", "F", "G", 200),
        ("wheelchair", "F", "G", 600),  # the raised kerb of FG: F-B-C-G
        ("drive", "J", "K", 200),
        ("drive", "K", "J", 600),  # JK is one-way: K-G-F-J
        ("walk", "K", "J", 200),
        ("walk", "E", "I", 200),
        ("drive", "E", "I", 600),  # EI is a footway: E-F-J-I
        ("walk", "H", "L", 200),
        ("drive", "H", "L", 600),  # HL are steps: H-G-K-L
        ("wheelchair", "H", "L", 600),
    ],
)
def test_the_town_is_walked_as_it_is_drawn(mode, start, end, metres):
    town = build_town()
    network = build(town.roads, mode=mode)
    ends = [town.homes.iloc[:1].set_geometry([corner(letter)]).set_crs(EPSG) for letter in (start, end)]
    home, place = (snap(network, frame) for frame in ends)
    assert nearest(network, home, place, by="distance").travel.tolist() == [metres]


def test_nobody_leaves_a_street_that_is_joined_to_nothing(town):
    network = build(town.roads, mode="walk")
    found = nearest(network, snap(network, town.homes), snap(network, town.toilets))
    assert found.owner.tolist() == [0, 0, 0, -1]


EPSG = 32647
