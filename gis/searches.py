"""Searches of a graph: from many seeds at once, or from each of many sources within a limit.

Each has two ways with the same answers: the compiled kernels, and `scipy.sparse.csgraph.dijkstra` where
numba is absent. For scipy a cost c to owner o is searched as c times the number of places plus o, which
makes the tie rule (the lowest owner) part of the length.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gis import kernels
from gis.kernels import COST, NEVER, OWNER, Ints
from gis.network import Graph

Longs = NDArray[np.int64]

SOURCES_AT_ONCE = 64  # sources that scipy searches from in one call
PART = 32  # least number of searches worth a thread of their own


def spread(graph: Graph, seeds: Ints, most: int) -> tuple[Ints, Ints]:
    """Return the cost from every node's nearest seed, and that seed's owner.

    Parameters
    ----------
    graph
        Arcs in the direction of the search.
    seeds
        Rows (node, cost, owner), costs below NEVER.
    most
        Nodes farther than this get NEVER; their owner says nothing.
    """
    return _spread(graph, seeds, most) if kernels.COMPILED else _spread_by_scipy(graph, seeds, most)


def all_pairs(
    graph: Graph, ends: tuple[Ints, Ints], direct: tuple[Longs, Longs, Longs], most: int
) -> tuple[Ints, Ints]:
    """Return (source, sink) rows within the limit, sorted, and their costs.

    Parameters
    ----------
    graph
        Arcs in the direction of the search.
    ends
        Sources and sinks as rows (node, node, cost, cost): the two ends of their edge.
    direct
        Source, sink and cost of pairs along one edge.
    most
        The limit; below NEVER.
    """
    sources, sinks = ends
    if not len(sources) or not len(sinks):
        return np.zeros((0, 2), np.int32), np.zeros(0, np.int32)
    every = np.arange(len(sources))
    along = np.stack(direct, axis=1)
    along = np.concatenate([along, np.stack([every, 0 * every, 0 * every + NEVER], axis=1)])
    along = np.ascontiguousarray(along[np.lexsort((along[:, 1], along[:, 0]))], np.int32)
    bounds = np.searchsorted(along[:, 0], np.arange(len(sources) + 1))
    heads = _heads(graph, sources[:, 2:][sources[:, 2:] < NEVER])
    search = _pairs_of_part if kernels.COMPILED else _pairs_by_scipy

    def part(which: slice) -> tuple[Ints, Ints]:
        mine = along[bounds[which.start] : bounds[which.stop]] - np.array([which.start, 0, 0], np.int32)
        closing = np.array([[which.stop - which.start, 0, NEVER]], np.int32)
        pairs, cost = search(
            graph, (sources[which], sinks), np.concatenate([mine, closing]), most, heads.copy()
        )
        return pairs + np.array([which.start, 0], np.int32), cost

    parts = kernels.in_parts(part, len(sources), PART)
    return np.concatenate([pairs for pairs, _ in parts]), np.concatenate([cost for _, cost in parts])


def _spread(graph: Graph, seeds: Ints, most: int) -> tuple[Ints, Ints]:
    nodes = len(graph.start) - 1
    state = np.full((nodes, 2), NEVER, np.int32)
    touched, pool = np.empty(nodes, np.int32), np.empty((len(graph.arcs) + len(seeds), 2), np.int32)
    heads = _heads(graph, seeds[:, 1])
    kernels.search(graph.start, graph.arcs, seeds, most, state, heads, pool, touched)
    return state[:, COST].copy(), state[:, OWNER].copy()


def _spread_by_scipy(graph: Graph, seeds: Ints, most: int) -> tuple[Ints, Ints]:
    """Do what `kernels.search` does, from an extra node that leads to the seeds."""
    nodes, many = len(graph.start) - 1, int(seeds[:, 2].max(initial=0)) + 1
    keys = seeds[:, 1].astype(float) * many + seeds[:, 2] + 1  # an arc of cost 0 would be none
    order = np.lexsort((keys, seeds[:, 0]))
    order = order[np.unique(seeds[order, 0], return_index=True)[1]]
    costs = np.concatenate([graph.arcs[:, 1].astype(float) * many, keys[order]])
    ends = np.concatenate([graph.arcs[:, 0], seeds[order, 0]])
    start = np.concatenate([graph.start, [graph.start[-1] + len(order)]])
    links = csr_array((costs, ends, start), shape=(nodes + 1, nodes + 1))
    found = dijkstra(links, indices=nodes, limit=float(most) * many + many)[:nodes] - 1
    near = np.isfinite(found)
    found = np.where(near, found, 0).astype(np.int64)
    cost, owner = np.where(near, found // many, NEVER), np.where(near, found % many, -1)
    within = cost <= most
    return np.where(within, cost, NEVER).astype(np.int32), np.where(within, owner, -1).astype(np.int32)


def _pairs_of_part(
    graph: Graph, ends: tuple[Ints, Ints], direct: Ints, most: int, heads: Ints
) -> tuple[Ints, Ints]:
    sources, sinks = (np.ascontiguousarray(side) for side in ends)
    pairs, cost = kernels.bounded_pairs(graph.start, graph.arcs, sources, sinks, direct, most, heads)
    return pairs, cost


def _pairs_by_scipy(
    graph: Graph, ends: tuple[Ints, Ints], direct: Ints, most: int, heads: Ints
) -> tuple[Ints, Ints]:
    """Do what `kernels.bounded_pairs` does; `heads` are of no use here."""
    del heads
    sources, sinks = ends
    nodes, found = len(graph.start) - 1, []
    for first in range(0, len(sources), SOURCES_AT_ONCE):
        some = sources[first : first + SOURCES_AT_ONCE].astype(np.int64)
        links = csr_array(
            (
                np.concatenate([graph.arcs[:, 1], some[:, 2:].ravel() + 1]).astype(float),
                np.concatenate([graph.arcs[:, 0], some[:, :2].ravel()]),
                np.concatenate([graph.start, graph.start[-1] + 2 * np.arange(1, len(some) + 1)]),
            ),
            shape=(nodes + len(some),) * 2,
        )
        reached = dijkstra(links, indices=nodes + np.arange(len(some)), limit=float(most) + 1) - 1
        reached = np.minimum(reached, NEVER)
        row = np.minimum(reached[:, sinks[:, 0]] + sinks[:, 2], reached[:, sinks[:, 1]] + sinks[:, 3])
        mine = direct[(direct[:, 0] >= first) & (direct[:, 0] < first + len(some))]
        np.minimum.at(row, (mine[:, 0] - first, mine[:, 1]), mine[:, 2])
        source, sink = np.nonzero(row <= most)
        found.append(np.stack([source + first, sink, row[source, sink]], axis=1))
    table = np.concatenate(found).astype(np.int32)
    return table[:, :2], table[:, 2]


def _heads(graph: Graph, seed_costs: Ints) -> Ints:
    """Return empty buckets, more than any arc or seed costs; a power of two."""
    dearest = max(graph.dearest, int(seed_costs.max(initial=0)))
    return np.full(1 << dearest.bit_length(), -1, np.int32)
