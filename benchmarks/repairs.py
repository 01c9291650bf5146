"""Every single repair's gain and the best bundle, beside whole searches with scipy and trying all bundles.

The peer searches the whole network once for every barrier; its time is that of one search times the number
of barriers, and the answers are compared on some of them, those of the greatest gain first. Bundles are
compared with every bundle of a small town; large ones show their proved gap alone.
"""

from collections.abc import Iterator
from itertools import chain, combinations
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.generator import places, road_layer
from benchmarks.measure import Measured, measured
from gis import kernels
from gis.barrier_openings import Openings, openings
from gis.barriers import with_barriers
from gis.network import build, snap
from gis.repairs import Progress, single_gains
from gis.travel import at_nodes
from planner.repairs import best_bundle

SIZES = {
    "city size, 48,000 nodes": 48_000,
    "200,000 nodes": 200_000,
    "412,000 nodes": 412_000,
    "1.2 M nodes": 1_200_000,
}
BARRIERS, HOMES, PLACES = 2_000, 20_000, 120
LIMIT_S = 2_400.0
COMPARED = 12
PRICE_YUAN = (500, 6_000)


def rows() -> list[dict[str, Any]]:
    """Return the rows of single gains by size of the network, and of bundles."""
    kernels.warm()
    single_gains(*_town(2_000, 20, 200)[:2])  # compiled before anything is measured
    told: list[dict[str, Any]] = []
    for name, nodes in SIZES.items():
        told += _on(name, nodes)
    return [*told, _small()]


def _on(name: str, nodes: int) -> Iterator[dict[str, Any]]:
    town, people, price = _town(nodes, BARRIERS, HOMES)
    ours = measured(lambda: single_gains(town, people), 3)
    one = measured(lambda: _reached(town, people, None))
    most = np.argsort(-ours.answer)[: COMPARED // 2]
    other = np.random.default_rng(5).choice(BARRIERS, COMPARED // 2, replace=False)
    equal = all(
        _reached(town, people, int(unit)) - one.answer == ours.answer[unit] for unit in (*most, *other)
    )
    count = len(town.units)
    note = (
        f"{ours.seconds / count * 1e3:.3f} ms a barrier, {int((ours.answer > 0).sum())} bring somebody;"
        f" peer: one search of {one.seconds * 1e3:,.0f} ms times {count:,}; {COMPARED} compared;"
        f" {ours.memory_mb:,.0f} MB, the peer {one.memory_mb:,.0f} MB"
    )
    yield _row(f"single gains, {name}", ours, "scipy dijkstra, each", one.seconds * count, equal, note)
    budget = float(price.sum()) / 20
    bundle = measured(lambda: best_bundle(town, people, price, budget))
    found = bundle.answer
    note = (
        f"{len(found.units)} of {count:,} repairs for {found.cost_yuan:,.0f} yuan: {found.people} people;"
        f" proved gap {found.gap:.2%}; {bundle.memory_mb:,.0f} MB"
    )
    yield _row(f"bundle, {name}", bundle, "none", None, None, note)


def _small() -> dict[str, Any]:
    """Return the row of a town so small that every bundle can be tried."""
    town, people, price = _town(400, 14, 2_000, limit_s=600.0)
    budget = float(price.sum()) / 2
    ours = measured(lambda: best_bundle(town, people, price, budget), 3)
    peer = measured(lambda: _by_trying_all(town, people, price, budget))
    equal = ours.answer.people == ours.answer.bound == peer.answer
    note = f"14 barriers, 16,384 bundles; {ours.answer.people} people, proved gap {ours.answer.gap:.2%}"
    return _row("bundle, small town", ours, "trying every bundle", peer.seconds, equal, note)


def _town(
    nodes: int, barriers: int, homes: int, *, limit_s: float = LIMIT_S
) -> tuple[Openings, np.ndarray, np.ndarray]:
    """Return a network with blocked and slow barriers within reach of its places, people, and prices."""
    rng = np.random.default_rng(3)
    roads = road_layer(nodes, seed=2)
    network = build(roads, mode="wheelchair")
    stands = snap(network, places(roads, max(PLACES * nodes // 400_000, 3), seed=8))
    cost = at_nodes(network, stands, limit=limit_s).cost
    near = np.flatnonzero(cost[network.start] < kernels.NEVER)
    chosen = roads[roads["uid"].isin(network.uid[rng.choice(near, barriers, replace=False)])]
    marks = chosen.assign(
        source=[f"barrier {number}" for number in range(len(chosen))],
        delay_s=rng.choice([180.0, 600.0, np.nan], len(chosen), p=[0.2, 0.3, 0.5]),
    )
    marks = marks.set_geometry(marks.geometry.interpolate(0.5, normalized=True))
    blocked = with_barriers(network, marks).network
    spots = snap(blocked, places(roads, homes, seed=7))
    town = openings(blocked, spots, stands, by="time", limit=limit_s)
    price = rng.integers(*PRICE_YUAN, len(town.units)).astype(float)
    return town, rng.integers(1, 4, homes), price


def _reached(town: Openings, people: np.ndarray, unit: int | None) -> int:
    """Return the people reached by a whole search with scipy, one unit repaired or none."""
    cost = town.toward.arcs[:, 1].astype(float)
    if unit is not None:
        cost[town.toward_unit == unit] = 0
    nodes = len(town.toward.start) - 1
    links = csr_array((cost, town.toward.arcs[:, 0], town.toward.start), shape=(nodes, nodes))
    far = dijkstra(links, indices=nodes - 1, limit=town.most)
    home = np.repeat(np.arange(len(people)), np.diff(town.door_first))
    within = far[town.doors[:, 0]] + town.doors[:, 1] <= town.most
    return int(people[np.unique(home[within])].sum())


def _by_trying_all(town: Openings, people: np.ndarray, price: np.ndarray, budget: float) -> int:
    units = range(len(town.units))
    most = 0
    for chosen in chain.from_iterable(combinations(units, size) for size in range(len(town.units) + 1)):
        if price[list(chosen)].sum() <= budget:
            progress = Progress(town, people)
            most = max(most, sum(progress.repair(unit) for unit in chosen))
    return most


def _row(
    job: str, ours: Measured, peer: str, peer_s: float | None, equal: bool | None, note: str
) -> dict[str, Any]:
    return {
        "job": job,
        "ours_s": round(ours.seconds, 4),
        "peer": peer,
        "peer_s": None if peer_s is None else round(peer_s, 2),
        "ratio": None if peer_s is None else round(peer_s / ours.seconds, 1),
        "equal": equal,
        "note": note,
    }
