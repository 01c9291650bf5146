"""Travel and snapping beside scipy, pandana and shapely, on one graph, in one run, with the answers compared.

Peers get the graph that we search (numbers, arcs and limits as they are) ready in the form that they like
best; building it is not held against them. Times are the best of several calls after a first one.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.generator import places, road_layer
from benchmarks.measure import measured
from gis import kernels
from gis.kernels import NEVER
from gis.network import Network, Snapped, build, snap
from gis.travel import at_nodes, matrix

Row = dict[str, Any]
SIZES = {"city size, 48,000 nodes": 48_000, "200,000 nodes": 200_000, "1.2 M nodes": 1_200_000}
FARTHEST = 1e6  # tenths of a second; pandana wants a limit
MOST_FOR_PANDANA = 250_000  # nodes; its contraction of 1.2 M nodes alone takes minutes
MOST_FOR_MATRIX = 250_000  # nodes; scipy's answer is dense


def rows() -> list[Row]:
    """Return one row a job: our seconds, the peer's, their ratio and whether the answers are equal."""
    kernels.warm()
    return [row for name, nodes in SIZES.items() for row in _on(name, nodes)]


def _on(name: str, nodes: int) -> Iterator[Row]:
    roads = road_layer(nodes)
    began = time.perf_counter()
    network = build(roads, mode="drive")
    built_s = time.perf_counter() - began
    size = f"{len(network.xy):,} nodes, {len(network.start):,} edges"
    yield _row(f"network.build, {name}", (built_s, None), "", None, size)
    homes = places(roads, 100_000, seed=2)
    yield _snapping(name, network, homes)
    # At junctions, so that scipy, which knows only nodes, is asked the same.
    at_nodes = gpd.GeoDataFrame({"uid": ""}, index=range(500), geometry=shapely.points(_some(network, 500)))
    facilities = snap(network, at_nodes.set_crs(roads.crs))
    yield from _nearest(name, network, facilities)
    if nodes <= MOST_FOR_MATRIX:
        thousand = gpd.GeoDataFrame(geometry=shapely.points(_some(network, 1000, 4)), crs=roads.crs)
        yield _matrix(name, network, snap(network, thousand), facilities)


def _snapping(name: str, network: Network, homes: gpd.GeoDataFrame) -> Row:
    ours_s, joints = _best(lambda: snap(network, homes))
    lines, edge = network.segments.lines, np.flatnonzero(network.segments.findable)
    points = homes.geometry.to_numpy()

    def by_shapely() -> Any:
        tree = shapely.STRtree(lines[edge])
        found, far_m = tree.query_nearest(points, return_distance=True, all_matches=False)
        return shapely.line_locate_point(lines[edge][found[1]], points[found[0]]), far_m

    peer_s, (_, far_m) = _best(by_shapely, 2)
    equal = bool(np.allclose(joints.distance_m, far_m, atol=1e-6))
    note = f"100,000 points on {len(edge):,} edges; the peer's tree is built in the call, ours kept"
    return _row(f"snap, {name}", (ours_s, peer_s), "shapely STRtree", equal, note)


def _nearest(name: str, network: Network, facilities: Snapped) -> Iterator[Row]:
    ours = measured(lambda: at_nodes(network, facilities), 4)
    links, sources = _links(network), np.unique(_nodes(network, facilities))
    peers = {
        "scipy dijkstra(min_only)": (
            measured(lambda: dijkstra(links, indices=sources, min_only=True), 2),
            0.0,
        )
    }
    if len(network.xy) <= MOST_FOR_PANDANA:
        found = measured(lambda: _by_pandana(network, sources))
        far, build_s = found.answer
        peers["pandana nearest_pois"] = (replace(found, answer=far), build_s)
    for peer, (took, build_s) in peers.items():
        equal = bool((np.where(took.answer < FARTHEST, took.answer, NEVER) == ours.answer.cost).all())
        note = f"500 facilities, all nodes; {ours.memory_mb:,.0f} MB, the peer {took.memory_mb:,.0f} MB"
        note += f", its network built in {build_s:.1f} s more" if build_s else "; ours tells the facility too"
        yield _row(f"nearest, {name}", (ours.seconds, took.seconds - build_s), peer, equal, note)


def _by_pandana(network: Network, sources: Any) -> tuple[Any, float]:
    """Return the cost from every node to the nearest source, and the seconds of building the network."""
    import pandana  # noqa: PLC0415 - heavy, and only here

    graph = network.graph("time", toward=True)
    tail = np.repeat(np.arange(len(network.xy)), np.diff(graph.start))
    way = graph.arcs[:, 1] < NEVER
    weights = pd.DataFrame({"cost": graph.arcs[way, 1].astype(float)})
    x, y = pd.Series(network.xy[:, 0]), pd.Series(network.xy[:, 1])
    began = time.perf_counter()
    peer = pandana.Network(x, y, pd.Series(graph.arcs[way, 0]), pd.Series(tail[way]), weights, twoway=False)
    build_s = time.perf_counter() - began
    peer.set_pois("places", FARTHEST, 1, x.iloc[sources], y.iloc[sources])
    return peer.nearest_pois(FARTHEST, "places", num_pois=1)[1].to_numpy(), build_s


def _links(network: Network) -> csr_array:
    """Return the arcs toward places as scipy takes them."""
    graph = network.graph("time", toward=True)
    open_arcs = graph.arcs[:, 1] < NEVER
    start = np.concatenate([[0], np.cumsum(open_arcs)])[graph.start]
    arcs = graph.arcs[open_arcs]
    return csr_array((arcs[:, 1].astype(float), arcs[:, 0], start), shape=(len(network.xy),) * 2)


def _matrix(name: str, network: Network, origins: Snapped, targets: Snapped) -> Row:
    found = measured(lambda: matrix(network, origins, targets, limit=1800), 4)
    pairs, links = found.answer, _links(network)
    there, back = _nodes(network, origins), _nodes(network, targets)
    peer = measured(lambda: dijkstra(links, indices=back, limit=18_000)[:, there])
    ours = np.full((len(there), len(back)), np.inf)
    ours[pairs.origin, pairs.target] = pairs.cost
    equal = bool((ours == peer.answer.T).all())
    note = f"1,000 x 500 within 30 minutes, {len(pairs.cost):,} pairs; {found.memory_mb:,.0f} MB"
    note += f", the peer {peer.memory_mb:,.0f} MB"
    return _row(f"matrix, {name}", (found.seconds, peer.seconds), "scipy dijkstra(limit)", equal, note)


def _nodes(network: Network, joints: Snapped) -> Any:
    at_end = joints.fraction >= 1
    return np.where(at_end, network.end[joints.edge], network.start[joints.edge])


def _some(network: Network, count: int, seed: int = 3) -> Any:
    return network.xy[np.random.default_rng(seed).choice(len(network.xy), count, replace=False)]


def _best(work: Callable[[], Any], times: int = 4) -> tuple[float, Any]:
    """Return the shortest time of several calls, and the answer."""
    seconds, answer = np.inf, None
    for _ in range(times):
        began = time.perf_counter()
        answer = work()
        seconds = min(seconds, time.perf_counter() - began)
    return float(seconds), answer


def _row(job: str, seconds: tuple[float, float | None], peer: str, equal: bool | None, note: str) -> Row:
    ours_s, peer_s = seconds
    ratio = None if peer_s is None else round(peer_s / ours_s, 1)
    return {
        "job": job,
        "ours_s": ours_s,
        "peer": peer,
        "peer_s": peer_s,
        "ratio": ratio,
        "equal": equal,
        "note": note,
    }
