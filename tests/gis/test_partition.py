"""Parts that know nothing of each other answer what the whole answers."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import EmptyLayerError
from gis.kernels import NEVER
from gis.modes import facts
from gis.network import build, snap
from gis.partition import Question, Whole, answer, parts, solve
from gis.travel import matrix, nearest
from tests.gis.roadnet import place_lists, points_of, road_layers, roads_of

questions = st.sampled_from(
    [
        Question("drive", 40.0),
        Question("walk", 120.0),
        Question("wheelchair", 400.0),
        Question("walk", 150.0, "distance"),
    ]
)
# Odd fractions of a metre: no place is as far from one road as from another.
spots = place_lists.map(
    lambda points: points.set_geometry(
        gpd.points_from_xy(
            points.geometry.x + 0.137 * np.arange(1, len(points) + 1),
            points.geometry.y + 0.071 * np.arange(1, len(points) + 1),
        ),
        crs=points.crs,
    )
)


def whole_answer(roads, homes, places, question):
    network = build(roads, mode=question.mode)
    joints, stands = snap(network, homes), snap(network, places)
    ask = {"limit": question.limit, "by": question.by}
    return nearest(network, joints, stands, **ask), matrix(network, joints, stands, **ask)


@settings(max_examples=80)
@given(road_layers(), spots, spots, questions, st.lists(st.sampled_from("abc"), min_size=7, max_size=7),
       st.sampled_from([0.0, 60.0, 300.0]))  # fmt: skip
def test_the_parts_together_say_what_the_whole_says(roads, homes, places, question, regions, halo_m):
    try:
        whole, _ = whole_answer(roads, homes, places, question)
    except EmptyLayerError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(facts(question.mode), "snap_limit_m", 150)
        whole, _ = whole_answer(roads, homes, places, question)
        cost, owner, _ = solve(Whole(roads, homes, places, regions[: len(homes)]), question, halo_m=halo_m)
    assert cost.tolist() == whole.cost.tolist()
    assert owner.tolist() == whole.owner.tolist()


@settings(max_examples=60)
@given(road_layers(), spots, spots, questions, st.sampled_from([30.0, 200.0, np.inf]))
def test_pairs_of_certain_homes_are_those_of_the_whole(roads, homes, places, question, halo_m):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(facts(question.mode), "snap_limit_m", 150)
        try:
            _, pairs = whole_answer(roads, homes, places, question)
        except EmptyLayerError:
            return
        town = Whole(roads, homes, places, ["a"] * len(homes))
        part = next(iter(parts(town, mode=question.mode, halo_m=halo_m)))
        found = answer(part, question, with_pairs=True)
    rows = np.stack([pairs.origin, pairs.target, pairs.cost], axis=1)
    assert found.pairs.tolist() == rows[found.certain[pairs.origin]].tolist()
    assert np.isfinite(halo_m) or found.certain.all()


def long_street():
    """A street of 20 km in pieces of 100 m, homes at both ends, a clinic 200 m from the west end."""
    street = roads_of([[(100.0 * k, 0.0), (100.0 * (k + 1), 0.0)] for k in range(200)])
    return Whole(street, points_of((0, 0), (20_000, 0)), points_of((200, 0)), ["w", "e"])


def test_a_part_holds_its_surroundings_and_not_the_whole():
    west, east = parts(long_street(), mode="walk", halo_m=500)
    assert len(west.roads) < 60
    assert len(west.places) == 1
    assert len(east.places) == 0


def test_a_home_whose_way_may_lead_out_of_the_halo_is_not_certain():
    west, east = parts(long_street(), mode="walk", halo_m=500)
    the_clinic_is_nearer = answer(west, Question("walk", 10_000.0, "distance"))
    the_exit_is_beyond = answer(east, Question("walk", 300.0, "distance"))
    doubtful = answer(east, Question("walk", 20_000.0, "distance"))
    assert the_clinic_is_nearer.certain.tolist() == [True]
    assert the_exit_is_beyond.certain.tolist() == [True]
    assert doubtful.certain.tolist() == [False]
    assert doubtful.cost.tolist() == [NEVER]


def test_widening_ends_with_the_answer_of_the_whole():
    cost, owner, doubtful = solve(long_street(), Question("walk", 20_000.0, "distance"), halo_m=500)
    assert cost.tolist() == [2_000, 198_000]
    assert owner.tolist() == [0, 0]
    assert doubtful == 1


def test_homes_without_any_road_are_told_apart_from_those_not_yet_certain():
    town = long_street()
    steps = Whole(town.roads.assign(road_class="steps"), town.homes, town.places, town.region)
    for halo_m, certain in ((np.inf, True), (500, False)):
        for part in parts(steps, mode="drive", halo_m=halo_m):
            found = answer(part, Question("drive", 600.0))
            assert found.certain.tolist() == [certain] * len(found.home)
            assert found.cost.tolist() == [NEVER] * len(found.home)
