"""A network on disk is the one that would be built, and never another."""

import numpy as np
import pytest
from hypothesis import given, settings

from gis import network_cache
from gis.network import build
from gis.network_cache import cached_network, content_key
from tests.gis.roadnet import road_layers, roads_of

LINES = [[(0, 0), (100, 0)], [(100, 0.4), (200, 0)], [(100, 0), (100, 100)]]  # the second narrowly misses


def assert_same(one, other):
    for name in ("xy", "start", "end", "road", "length", "ahead", "back", "reason"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
        assert getattr(one, name).dtype == getattr(other, name).dtype, name
    assert one.uid.tolist() == other.uid.tolist()
    assert np.array_equal(one.segments.xy, other.segments.xy)
    assert np.array_equal(one.segments.findable, other.segments.findable)
    assert one.repairs.to_dict("records") == other.repairs.to_dict("records")
    assert (one.mode, one.epsg) == (other.mode, other.epsg)


@pytest.mark.parametrize("mode", ["drive", "walk", "wheelchair"])
def test_the_second_time_the_network_comes_from_disk_and_is_the_same(tmp_path, monkeypatch, mode):
    roads = roads_of(LINES, kerb=["raised", None, None], maxspeed_kmh=36.0)
    first = cached_network(roads, mode=mode, folder=tmp_path / "kept")
    monkeypatch.setattr(network_cache, "build", None)  # whoever builds now fails
    again = cached_network(roads, mode=mode, folder=tmp_path / "kept")
    assert_same(first, again)
    assert_same(build(roads, mode=mode), again)
    assert len(again.repairs) == 1


@settings(max_examples=25, deadline=None)
@given(roads=road_layers())
def test_any_network_survives_the_disk(tmp_path_factory, roads):
    folder = tmp_path_factory.mktemp("cache")
    cached_network(roads, mode="walk", folder=folder)
    assert_same(build(roads, mode="walk"), cached_network(roads, mode="walk", folder=folder))


def test_any_change_of_a_road_is_another_network():
    roads = roads_of(LINES, maxspeed_kmh=36.0, name="街")
    keys = {content_key(roads, "drive"), content_key(roads, "walk")}
    keys.add(content_key(roads.assign(maxspeed_kmh=50.0), "drive"))
    keys.add(content_key(roads.assign(uid=["a", "b", "c"]), "drive"))
    keys.add(content_key(roads.set_geometry(roads.geometry.translate(0.01)), "drive"))
    keys.add(content_key(roads.iloc[:2], "drive"))
    assert len(keys) == 6
    assert content_key(roads.copy(), "drive") == content_key(roads, "drive")


def test_a_spoilt_file_is_built_again(tmp_path):
    roads = roads_of(LINES)
    made = cached_network(roads, mode="walk", folder=tmp_path)
    (file,) = tmp_path.glob("*.npz")
    file.write_bytes(file.read_bytes()[:200])
    assert_same(made, cached_network(roads, mode="walk", folder=tmp_path))


def test_old_networks_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(network_cache, "KEPT", 2)
    for speed in (10.0, 20.0, 30.0):
        cached_network(roads_of(LINES, maxspeed_kmh=speed), mode="drive", folder=tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 2


def test_nothing_is_kept_where_no_folder_is_given():
    assert len(cached_network(roads_of(LINES), mode="walk", folder=None).start)
