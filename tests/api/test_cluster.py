"""Parts on a cluster say what the whole says."""

import numpy as np
import pytest

from api import cluster as door
from api.cluster import cluster, solve
from benchmarks.generator import places, road_layer
from gis.errors import SetupError
from gis.network import build, snap
from gis.partition import Question, Whole, together
from gis.travel import matrix, nearest


def test_a_small_province_on_two_workers_is_the_whole_to_the_tenth():
    roads = road_layer(10_000, seed=3)
    homes, clinics = places(roads, 2_000, seed=4), places(roads, 30, seed=5)
    region = np.floor((homes.geometry.x - homes.geometry.x.min()) / 4_500).astype(int)
    question = Question("drive", 240.0)
    shares = []
    with cluster(workers=2, processes=False) as client:
        town = Whole(roads, homes, clinics, region)
        found = solve(client, town, question, halo_m=2_000, with_pairs=True, advance=shares.append)
    cost, owner, certain = together(found, len(homes))
    network = build(roads, mode="drive")
    joints, stands = snap(network, homes), snap(network, clinics)
    whole, pairs = nearest(network, joints, stands, limit=240.0), matrix(network, joints, stands, limit=240.0)
    assert certain.all()
    assert shares[-1] == 1.0
    assert cost.tolist() == whole.cost.tolist()
    assert owner.tolist() == whole.owner.tolist()
    rows = np.concatenate([part.pairs for part in found])
    rows = np.unique(rows, axis=0)
    assert rows.tolist() == np.stack([pairs.origin, pairs.target, pairs.cost], axis=1).tolist()


def test_without_dask_the_way_to_get_it_is_told(monkeypatch):
    monkeypatch.setattr(door, "THERE", False)
    with pytest.raises(SetupError, match=r"tantu\[dask\]"), cluster():
        pass
