"""The gain of a repair is what two searches of the whole network would tell."""

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import kernels
from gis.barrier_openings import openings
from gis.barriers import with_barriers
from gis.errors import EmptyLayerError
from gis.network import Snapped, build, snap
from gis.repairs import Progress, in_the_way, single_gains
from gis.travel import nearest
from tests.gis.roadnet import barriers_of, place_lists, points_of, road_layers, roads_of

few = settings(max_examples=60)
LIMITS = st.sampled_from([(60.0, "time"), (250.0, "time"), (150.0, "distance"), (320.0, "distance")])
walls = st.lists(
    st.tuples(
        st.integers(0, 400).map(float),
        st.integers(0, 300).map(float),
        st.sampled_from("abcde"),
        st.sampled_from([5.0, 60.0, np.nan, np.nan]),
    ),
    min_size=1,
    max_size=7,
)
locks = st.lists(st.sampled_from([None, None, "k", "l", "a"]), min_size=7, max_size=7)


def reached_by(roads, walls, people, places, limit, shut):
    """Return who is reached, by the ordinary search."""
    network = with_barriers(build(roads, mode="wheelchair"), barriers_of(walls), limit_m=200).network
    stands = snap(network, places)
    open_ = np.array([name is None for name in shut], bool)
    serving = Snapped(stands.edge[open_], stands.fraction[open_], stands.distance_m[open_])
    found = nearest(network, snap(network, people), serving, limit=limit[0], by=limit[1])
    return found.cost < kernels.NEVER


def town_of(roads, walls, people, places, limit, shut):
    network = with_barriers(build(roads, mode="wheelchair"), barriers_of(walls), limit_m=200).network
    return openings(
        network, snap(network, people), snap(network, places), by=limit[1], limit=limit[0], shut=shut
    )


def without(walls, shut, repaired):
    left = [wall for wall in walls if wall[2] not in repaired]
    return left, [None if name in repaired else name for name in shut]


def subsets(names):
    return chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))


@few
@given(road_layers(), walls, place_lists, place_lists, LIMITS, locks)
def test_every_single_gain_is_that_of_two_whole_searches(roads, walls, people, places, limit, shut):
    shut = shut[: len(places)]
    try:
        town = town_of(roads, walls, people, places, limit, shut)
    except EmptyLayerError:
        return
    count = np.arange(1, len(people) + 1)
    before = reached_by(roads, walls, people, places, limit, shut)
    assert town.reached.tolist() == before.tolist()
    for unit, gain in zip(town.units, single_gains(town, count), strict=True):
        after = reached_by(roads, *_repaired(walls, people, places, limit, shut, {unit}))
        assert gain == count[after & ~before].sum()
        assert not (before & ~after).any()  # a repair never takes anything away
    all_open = reached_by(roads, *_repaired(walls, people, places, limit, shut, set(town.units)))
    assert town.reachable.tolist() == all_open.tolist()


def _repaired(walls, people, places, limit, shut, repaired):
    left, doors = without(walls, shut, repaired)
    return left, people, places, limit, doors


@few
@given(road_layers(), walls, place_lists, place_lists, LIMITS, locks, st.randoms())
def test_repairs_one_after_another_bring_what_all_of_them_bring(
    roads, walls, people, places, limit, shut, random
):
    shut = shut[: len(places)]
    try:
        town = town_of(roads, walls, people, places, limit, shut)
    except EmptyLayerError:
        return
    count = np.arange(1, len(people) + 1)
    before = reached_by(roads, walls, people, places, limit, shut)
    progress, repaired, total = Progress(town, count), set(), 0
    for unit in random.sample(range(len(town.units)), len(town.units)):
        expected = progress.gains()[unit]
        gained = progress.repair(unit)
        repaired.add(town.units[unit])
        total += gained
        after = reached_by(roads, *_repaired(walls, people, places, limit, shut, repaired))
        assert gained == expected
        assert total == count[after & ~before].sum()


@few
@given(road_layers(), walls, place_lists, place_lists, LIMITS, locks)
def test_what_is_in_the_way_must_be_repaired_and_is_enough_to_know(roads, walls, people, places, limit, shut):
    shut = shut[: len(places)]
    try:
        town = town_of(roads, walls, people, places, limit, shut)
    except EmptyLayerError:
        return
    homes = np.flatnonzero(town.reachable & ~town.reached)
    for names in subsets(town.units[:4]):
        opened = np.array([unit in names for unit in town.units], bool)
        after = reached_by(roads, *_repaired(walls, people, places, limit, shut, set(names)))
        found = in_the_way(town, homes, opened)
        assert found.reached.tolist() == after[homes].tolist()
        for number in np.flatnonzero(~found.reached):
            cut = set(found.cuts[found.cuts[:, 0] == number, 1].tolist())
            assert cut
            rest = {unit for at, unit in enumerate(town.units) if at not in cut}
            others = reached_by(roads, *_repaired(walls, people, places, limit, shut, rest))
            assert not others[homes[number]]


def test_two_kerbs_on_one_way_gain_nothing_alone():
    # Home and toilet 200 m apart on one street, a blocked kerb at 50 m and one at 150 m, two people.
    street = roads_of([[(0, 0), (200, 0)]])
    walls = [(50.0, 0.0, "first", np.nan), (150.0, 0.0, "second", np.nan)]
    town = town_of(street, walls, points_of((0, 0)), points_of((200, 0)), (300.0, "distance"), [None])
    progress = Progress(town, np.array([2]))
    assert progress.gains().tolist() == [0, 0]
    assert progress.repair(0) == 0
    assert progress.gains().tolist() == [0, 2]


@pytest.mark.parametrize("compiled", [True, False])
def test_a_locked_place_opens_when_its_unit_is_repaired(compiled, monkeypatch):
    monkeypatch.setattr(kernels, "COMPILED", compiled)
    street = roads_of([[(0, 0), (200, 0)]])
    town = town_of(street, [], points_of((0, 0)), points_of((200, 0)), (200.0, "distance"), ["toilet"])
    assert town.units == ("toilet",)
    assert single_gains(town, np.array([3])).tolist() == [3]
