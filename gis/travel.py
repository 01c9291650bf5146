"""Travel over the network, exactly: the nearest of many places, all pairs within a limit, one route.

A place stands on an edge at its own position, not at a junction; the way from the door to the joint counts
(at `access_m_s` of the mode, or in metres). Two places on one edge see each other along it. People travel
to places, so that a one-way street counts in that direction. Equal costs go to the place listed first.

Without numba the same answers come from `scipy.sparse.csgraph.dijkstra`: a cost c to owner o is searched
as c times the number of places plus o, which makes the tie rule part of the length.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gis import kernels
from gis.kernels import COST, NEVER, OWNER, Floats, Ints
from gis.modes import facts
from gis.network import PER_METRE, PER_SECOND, By, Graph, Network, Snapped

Longs = NDArray[np.int64]

SOURCES_AT_ONCE = 64  # rows of a matrix that scipy searches in one call
PART = 32  # least number of searches worth a thread of their own


@dataclass(frozen=True)
class Nearest:
    """The nearest place of every origin.

    Attributes
    ----------
    cost
        Tenths of a second or decimetres, NEVER where no place is within the limit; shape (origins,).
    owner
        Position of the place among the targets, -1 where there is none.
    """

    cost: Ints
    owner: Ints

    @property
    def travel(self) -> Floats:
        """Seconds or metres, NaN where no place is within the limit."""
        return np.where(self.cost < NEVER, self.cost / 10.0, np.nan)


@dataclass(frozen=True)
class Pairs:
    """Pairs of an origin and a target within a limit, sorted by origin, then target.

    Attributes
    ----------
    origin, target
        Positions in what was handed in, shape (pairs,).
    cost
        Tenths of a second or decimetres.
    """

    origin: Ints
    target: Ints
    cost: Ints


@dataclass(frozen=True)
class _Places:
    """Joints of places, as rows of whole numbers.

    `leave` and `arrive` have columns (start node, end node, cost to or from each), the way from the door
    included; `ahead` and `back` say how far along the edge the joint lies by its cost as drawn and against
    the drawing (NEVER: no way), `passed` what barriers stand before it; `door` is the way to the joint.
    """

    edge: Ints
    leave: Ints
    arrive: Ints
    ahead: Longs
    back: Longs
    passed: Longs
    door: Longs


def nearest(
    network: Network, origins: Snapped, targets: Snapped, *, limit: float | None = None, by: By = "time"
) -> Nearest:
    """Return for every origin the target that is nearest to travel to.

    Parameters
    ----------
    origins, targets
        Places snapped to this network; either may be empty.
    limit
        Seconds (`by` time) or metres (`by` distance); None for no limit.
    """
    most = _most(limit)
    people, places = _places(network, origins, by), _places(network, targets, by)
    seeds = _seeds(places)
    graph = network.graph(by, toward=True)
    spread = _spread if kernels.COMPILED else _spread_by_scipy
    at_cost, at_owner = spread(graph, seeds, most)
    cost = np.full(len(people.edge), NEVER, np.int64)
    owner = np.full(len(people.edge), -1, np.int32)
    rows = np.arange(len(people.edge))
    for side in (0, 1):
        node = people.leave[:, side]
        _take(cost, owner, (rows, people.leave[:, 2 + side].astype(np.int64) + at_cost[node], at_owner[node]))
    person, place, direct = _along_one_edge(people, places)
    order = np.lexsort((place, direct, person))
    first = order[np.unique(person[order], return_index=True)[1]]
    _take(cost, owner, (person[first], direct[first], place[first]))
    within = cost <= most
    return Nearest(
        np.where(within, cost, NEVER).astype(np.int32), np.where(within, owner, -1).astype(np.int32)
    )


def matrix(
    network: Network, origins: Snapped, targets: Snapped, *, limit: float | None, by: By = "time"
) -> Pairs:
    """Return all pairs of an origin and a target within a limit, with the cost from origin to target.

    Parameters
    ----------
    origins, targets
        Places snapped to this network; either may be empty. The search runs from the shorter list.
    limit
        Seconds (`by` time) or metres (`by` distance); None for no limit, which needs memory for every pair.
    """
    most = _most(limit)
    people, places = _places(network, origins, by), _places(network, targets, by)
    person, place, direct = _along_one_edge(people, places)
    toward = len(places.edge) <= len(people.edge)
    graph = network.graph(by, toward=toward)
    if toward:
        pairs, cost = _all_pairs(graph, (places.arrive, people.leave), (place, person, direct), most)
        pairs = pairs[:, ::-1]
    else:
        pairs, cost = _all_pairs(graph, (people.leave, places.arrive), (person, place, direct), most)
    shape = (len(people.edge), len(places.edge))
    sorted_by_origin = csr_array((cost, (pairs[:, 0], pairs[:, 1])), shape=shape)
    sorted_by_origin.sort_indices()
    origin = np.repeat(np.arange(shape[0], dtype=np.int32), np.diff(sorted_by_origin.indptr))
    return Pairs(origin, sorted_by_origin.indices.astype(np.int32), sorted_by_origin.data)


def _most(limit: float | None) -> int:
    return NEVER - 1 if limit is None else min(int(np.floor(limit * 10 + 1e-6)), NEVER - 1)


def _places(network: Network, snapped: Snapped, by: By) -> _Places:
    """Return the joints of places with what it costs to leave and to reach them."""
    on = snapped.edge >= 0
    edge, fraction = np.where(on, snapped.edge, 0), snapped.fraction
    whole = (network.ahead, network.back)
    if by == "distance":
        whole = (
            np.where(network.ahead < NEVER, network.length, NEVER),
            np.where(network.back < NEVER, network.length, NEVER),
        )
        door = np.where(on, snapped.distance_m, 0) * PER_METRE
    else:
        door = np.where(on, snapped.distance_m, 0) / facts(network.mode)["access_m_s"] * PER_SECOND
    door = np.where(on, np.rint(door), NEVER).astype(np.int64)
    passed, ahead_of = _barriers_before(network, edge, fraction, by)
    full = [way[edge].astype(np.int64) for way in whole]
    along = [np.where(way < NEVER, np.rint(way * fraction), NEVER).astype(np.int64) for way in full]
    to_end = np.where(fraction >= 1, 0, full[0] - along[0] + np.where(full[0] < NEVER, ahead_of, NEVER))
    from_end = np.where(fraction >= 1, 0, full[1] - along[1] + np.where(full[1] < NEVER, ahead_of, NEVER))
    to_start = np.where(fraction <= 0, 0, along[1] + passed)
    from_start = np.where(fraction <= 0, 0, along[0] + passed)
    nodes = [network.start[edge], network.end[edge]]
    leave, arrive = (
        np.stack([*nodes, *(np.minimum(cost + door, NEVER) for cost in costs)], axis=1).astype(np.int32)
        for costs in ((to_start, to_end), (from_start, from_end))
    )
    return _Places(snapped.edge, leave, arrive, along[0], along[1], passed, door)


def _barriers_before(network: Network, edge: Ints, fraction: Floats, by: By) -> tuple[Longs, Longs]:
    """Return the costs of barriers before a position on its edge, and those at it or after it."""
    barriers = network.barriers
    total = np.concatenate([[0], np.cumsum(barriers.costs(by))])
    key, at = barriers.edge * 2.0 + barriers.fraction, edge * 2.0
    first, here, last = (np.searchsorted(key, value) for value in (at, at + fraction, at + 2.0))
    here = np.where(fraction >= 1, last, here)  # a place at the end is the junction, behind all of them
    return total[here] - total[first], total[last] - total[here]


def _along_one_edge(people: _Places, places: _Places) -> tuple[Longs, Longs, Longs]:
    """Return pairs of an origin and a target on one edge, and the cost along it."""
    order = np.argsort(places.edge, kind="stable")
    low = np.searchsorted(places.edge[order], people.edge, side="left")
    high = np.searchsorted(places.edge[order], people.edge, side="right")
    many = np.where(people.edge >= 0, high - low, 0)
    person = np.repeat(np.arange(len(people.edge)), many)
    place = order[np.repeat(low - np.cumsum(many) + many, many) + np.arange(len(person))]
    cost = np.full(len(person), NEVER, np.int64)
    walls = places.passed[place] - people.passed[person]
    for along, sign in (("ahead", 1), ("back", -1)):
        mine, theirs = getattr(people, along)[person], getattr(places, along)[place]
        way = (mine < NEVER) & (theirs < NEVER) & (sign * (theirs - mine) >= 0) & (sign * walls >= 0)
        cost = np.where(way, np.minimum(cost, sign * (theirs - mine + walls)), cost)
    cost = np.minimum(cost + people.door[person] + places.door[place], NEVER)
    return person, place, cost


def _seeds(places: _Places) -> Ints:
    """Return (node, cost, owner) rows from which a search spreads."""
    owner = np.arange(len(places.edge), dtype=np.int32)
    sides = [np.stack([places.arrive[:, s], places.arrive[:, 2 + s], owner], axis=1) for s in (0, 1)]
    seeds = np.concatenate(sides)
    return np.ascontiguousarray(seeds[seeds[:, 1] < NEVER])


def _heads(arcs: Ints, seed_costs: Ints) -> Ints:
    """Return empty buckets, more than any arc or seed costs; a power of two."""
    dearest = max(int(arcs[arcs[:, 1] < NEVER, 1].max(initial=1)), int(seed_costs.max(initial=0)))
    return np.full(1 << dearest.bit_length(), -1, np.int32)


def _spread(graph: Graph, seeds: Ints, most: int) -> tuple[Longs, Ints]:
    nodes = len(graph.start) - 1
    state = np.full((nodes, 4), NEVER, np.int32)
    touched = np.empty(nodes, np.int32)
    heads = _heads(graph.arcs, seeds[:, 1])
    kernels.search(graph.start, graph.arcs, seeds, most, state, heads, touched)
    return state[:, COST].astype(np.int64), state[:, OWNER]


def _spread_by_scipy(graph: Graph, seeds: Ints, most: int) -> tuple[Longs, Ints]:
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
    return np.where(cost <= most, cost, NEVER), np.where(cost <= most, owner, -1).astype(np.int32)


def _take(cost: Longs, owner: Ints, offer: tuple[Longs, Longs, Ints | Longs]) -> None:
    """Lower costs in place where an offer (row, cost, owner) is better, at equal cost by the owner."""
    row, offered, by_owner = offer
    good = (offered < cost[row]) | ((offered == cost[row]) & (offered < NEVER) & (by_owner < owner[row]))
    cost[row[good]], owner[row[good]] = offered[good], by_owner[good]


def _all_pairs(
    graph: Graph, ends: tuple[Ints, Ints], direct: tuple[Longs, Longs, Longs], most: int
) -> tuple[Ints, Ints]:
    """Return (source, sink) rows within the limit, sorted, and their costs."""
    sources, sinks = ends
    if not len(sources) or not len(sinks):
        return np.zeros((0, 2), np.int32), np.zeros(0, np.int32)
    every = np.arange(len(sources))
    along = np.stack(direct, axis=1)
    along = np.concatenate([along, np.stack([every, 0 * every, 0 * every + NEVER], axis=1)])
    along = np.ascontiguousarray(along[np.lexsort((along[:, 1], along[:, 0]))], np.int32)
    bounds = np.searchsorted(along[:, 0], np.arange(len(sources) + 1))
    heads = _heads(graph.arcs, sources[:, 2:][sources[:, 2:] < NEVER])
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
