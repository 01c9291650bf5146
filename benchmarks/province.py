"""A province in parts: nine counties of over a million edges, on two workers, beside the whole in one piece.

The pairs of homes and places within the limit are asked too, since ratios of supply and demand need them.
Seconds include cutting the parts, sending them to the workers and building their networks; the whole builds
its network in this process. What matters is that the answers are the same, and that no worker holds the
whole.
"""

import time
from typing import Any

import numpy as np

from api.cluster import cluster, solve
from benchmarks.generator import places, road_layer
from benchmarks.measure import peak_mb
from gis import kernels
from gis.network import build, snap
from gis.partition import Question, Whole, parts, together
from gis.travel import matrix, nearest

NODES = 860_000  # 1.2 M edges
COUNTIES = 3  # a side
HOMES, PLACES = 60_000, 500
WORKERS = 2
QUESTION = Question("drive", 900.0)
HALO_M = 13_000.0  # 15 minutes at 50 km/h, the fastest road of the generator


def rows() -> list[dict[str, Any]]:
    """Return one row: the parts beside the whole, with replication and memory in the note."""
    kernels.warm()
    province = _province()
    began = time.perf_counter()
    network = build(province.roads, mode=QUESTION.mode)
    joints, stands = snap(network, province.homes), snap(network, province.places)
    found = nearest(network, joints, stands, limit=QUESTION.limit)
    pairs = matrix(network, joints, stands, limit=QUESTION.limit)
    whole_s = time.perf_counter() - began
    edges = len(network.start)
    del network
    held = [len(part.roads) for part in parts(province, mode=QUESTION.mode, halo_m=HALO_M)]
    began = time.perf_counter()
    with cluster(workers=WORKERS) as client:
        started_s = time.perf_counter() - began
        answers = solve(client, province, QUESTION, halo_m=HALO_M, with_pairs=True)
        theirs = max(client.run(peak_mb).values())
    parts_s = time.perf_counter() - began
    cost, owner, certain = together(answers, HOMES)
    listed = np.concatenate([answer.pairs for answer in answers])
    listed = listed[np.lexsort((listed[:, 1], listed[:, 0]))]
    same = np.stack([pairs.origin, pairs.target, pairs.cost], axis=1)
    equal = (
        bool(certain.all())
        and bool((cost == found.cost).all())
        and bool((owner == found.owner).all())
        and np.array_equal(listed, same)
    )
    note = (
        f"{edges:,} edges, {len(held)} counties, {HOMES:,} homes, {len(same):,} pairs within 15 minutes;"
        f" {WORKERS} workers ready in {started_s:.1f} s, {len(answers) - len(held)} parts asked again,"
        f" roads held {sum(held) / len(province.roads):.2f}x, the largest part {max(held) / edges:.0%};"
        f" {peak_mb():,.0f} MB here, {theirs:,.0f} MB in the largest worker"
    )
    return [
        {
            "job": "province in parts",
            "ours_s": round(parts_s, 2),
            "peer": "the whole in one piece",
            "peer_s": round(whole_s, 2),
            "ratio": round(whole_s / parts_s, 2),
            "equal": equal,
            "note": note,
        }
    ]


def _province() -> Whole:
    roads = road_layer(NODES, seed=7)
    homes, stands = places(roads, HOMES, seed=8), places(roads, PLACES, seed=9)
    west, south, east, north = roads.total_bounds
    column = ((homes.geometry.x - west) / (east - west) * COUNTIES).astype(int).clip(0, COUNTIES - 1)
    row = ((homes.geometry.y - south) / (north - south) * COUNTIES).astype(int).clip(0, COUNTIES - 1)
    return Whole(roads, homes, stands, (row * COUNTIES + column).tolist())
