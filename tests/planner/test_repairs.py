"""The best bundle of repairs is that of trying every bundle, and more money or fewer barriers never harm."""

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.barrier_openings import openings
from gis.barriers import with_barriers
from gis.errors import EmptyLayerError, InputError
from gis.network import build, snap
from gis.repairs import Progress
from planner.repairs import best_bundle
from tests.gis.roadnet import barriers_of, place_lists, points_of, road_layers, roads_of

walls = st.lists(
    st.tuples(
        st.integers(0, 400).map(float),
        st.integers(0, 300).map(float),
        st.sampled_from("abcdef"),
        st.sampled_from([30.0, 90.0, np.nan, np.nan]),
    ),
    min_size=1,
    max_size=8,
)
prices = st.lists(st.integers(1, 9).map(float), min_size=10, max_size=10)


def town_of(roads, walls, people, places, limit_m, shut=None):
    network = with_barriers(build(roads, mode="wheelchair"), barriers_of(walls), limit_m=200).network
    return openings(
        network, snap(network, people), snap(network, places), by="time", limit=limit_m / 0.8, shut=shut
    )


def by_trying_all(town, people, cost, budget):
    """Return the most people that any affordable set of units brings."""
    units = range(len(town.units))
    best = 0
    for chosen in chain.from_iterable(combinations(units, size) for size in range(len(town.units) + 1)):
        if sum(cost[unit] for unit in chosen) > budget:
            continue
        progress = Progress(town, people)
        best = max(best, sum(progress.repair(unit) for unit in chosen))
    return best


@settings(max_examples=80)
@given(
    road_layers(), walls, place_lists, place_lists, prices, st.integers(0, 20), st.sampled_from([200, 400])
)
def test_the_best_bundle_is_that_of_trying_all(roads, walls, people, places, prices, budget, limit_m):
    shut = ["k", "l", *[None] * len(places)][: len(places)]
    try:
        town = town_of(roads, walls, people, places, limit_m, shut)
    except EmptyLayerError:
        return
    count, cost = np.arange(1, len(people) + 1), np.array(prices[: len(town.units)])
    bundle = best_bundle(town, count, cost, budget)
    assert bundle.people == bundle.bound == by_trying_all(town, count, cost, budget)
    assert bundle.cost_yuan == cost[list(bundle.units)].sum() <= budget
    progress = Progress(town, count)
    assert sum(progress.repair(unit) for unit in bundle.units) == bundle.people
    richer = best_bundle(town, count, cost, budget + 5)
    assert richer.people >= bundle.people
    whole = best_bundle(town, count, cost)
    assert whole.people == by_trying_all(town, count, cost, np.inf)


def two_streets():
    """Two homes in a street with two blocked kerbs each, a toilet at the far end of both."""
    streets = roads_of([[(0, 0), (200, 0)], [(0, 300), (200, 300)], [(200, 0), (200, 300)]])
    walls = [
        (50.0, 0.0, "south 1", np.nan),
        (150.0, 0.0, "south 2", np.nan),
        (100.0, 300.0, "north", np.nan),
    ]
    return town_of(streets, walls, points_of((0, 0), (0, 300)), points_of((200, 150)), 400)


def test_repairs_that_only_help_together_are_bought_together():
    # South: 5 people behind two kerbs of 10 yuan; north: 2 people behind one of 10 yuan. 20 yuan buy the south.
    bundle = best_bundle(two_streets(), np.array([5, 2]), np.array([10.0, 10.0, 10.0]), 20)
    assert [two_streets().units[unit] for unit in bundle.units] == ["south 1", "south 2"]
    assert (bundle.people, bundle.cost_yuan, bundle.bound) == (5, 20.0, 5)


def test_a_budget_for_one_kerb_buys_the_one_that_helps_alone():
    bundle = best_bundle(two_streets(), np.array([5, 2]), np.array([10.0, 10.0, 10.0]), 19)
    assert [two_streets().units[unit] for unit in bundle.units] == ["north"]
    assert (bundle.people, bundle.bound) == (2, 2)


def test_without_a_budget_everybody_is_reached_and_nothing_is_paid_in_vain():
    town = two_streets()
    bundle = best_bundle(town, np.array([5, 0]), np.array([10.0, 10.0, 10.0]))
    assert [town.units[unit] for unit in bundle.units] == ["south 1", "south 2"]
    assert bundle.people == 5


def test_where_nobody_can_gain_nothing_is_bought():
    town = two_streets()
    assert best_bundle(town, np.array([0, 0]), np.array([1.0, 1.0, 1.0]), 100).units == ()
    assert best_bundle(town, np.array([5, 2]), np.array([1.0, 1.0, 1.0]), 0).people == 0


def test_a_negative_budget_is_refused():
    with pytest.raises(InputError, match="0 yuan or more"):
        best_bundle(two_streets(), np.array([5, 2]), np.array([1.0, 1.0, 1.0]), -1)
