"""A network in which barriers can be opened one by one: the graph behind the gain of every repair.

Every barrier stands between two nodes of its own, so that repairing it turns the cost of one arc to nothing
and leaves all else as it is; homes and places join the piece of edge on which they stand. A place may be
shut by a unit too (a toilet with steps at its door): the arc from it to the source of the search is then
the barrier. All costs are the whole numbers of `gis.travel`, and the answers are the same to the tenth.

A unit is what is repaired as one; it may stand on several edges. What a unit opens is never closed by
another: costs only fall, which is why `gis.barrier_kernels` can search on from what is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.kernels import NEVER, Ints
from gis.network import By, Graph, Network, Snapped
from gis.searches import spread
from gis.travel import Joints, joints_on, most_cost

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
NO_UNIT = -1


@dataclass(frozen=True, eq=False)
class Openings:
    """Graphs, units and homes, ready to be searched.

    Attributes
    ----------
    toward, away
        All arcs against and along the direction of travel; those of shut units cost NEVER or their delay.
    toward_tail, toward_unit
        Node that every arc of `toward` leaves, and the unit that it belongs to (-1 none).
    away_unit
        The same of `away`.
    units
        Names of the units, in the order of their first barrier, then of the shut places.
    unit_first, unit_arcs
        Arcs of unit k in `toward`: `unit_arcs[unit_first[k]:unit_first[k + 1]]`.
    closed, open_
        Cost from every node to the nearest place with all units shut, and with all repaired; NEVER
        beyond the limit.
    door_first, doors
        Ways of home h out of its door: rows (node, cost).
    most
        The limit as a whole cost.
    """

    toward: Graph
    away: Graph
    toward_tail: Ints
    toward_unit: Ints
    away_unit: Ints
    units: tuple[str, ...]
    unit_first: Ints
    unit_arcs: Ints
    closed: Ints
    open_: Ints
    door_first: Ints
    doors: Ints
    most: int

    @property
    def reached(self) -> Bools:
        """Homes that a place within the limit serves now."""
        return self._within(self.closed)

    @property
    def reachable(self) -> Bools:
        """Homes that a place within the limit would serve if every unit were repaired."""
        return self._within(self.open_)

    def _within(self, cost: Ints) -> Bools:
        home = np.repeat(np.arange(len(self.door_first) - 1), np.diff(self.door_first))
        found = np.zeros(len(self.door_first) - 1, bool)
        found[home[cost[self.doors[:, 0]] + self.doors[:, 1].astype(np.int64) <= self.most]] = True
        return found


@dataclass(frozen=True)
class _Arcs:
    """Arcs from node to node in the direction of travel; `unit` is -1 where nothing is to repair."""

    tail: Longs
    head: Longs
    cost: Longs
    unit: Longs


@dataclass(frozen=True)
class _Pieces:
    """Edges cut at their barriers: rows of pieces, sorted by edge, of which edge e has those from first[e].

    `left`, `right` are their nodes; `low` and `high` the cost from the start of the edge to their ends, by
    direction (ahead, back), without barriers; NEVER where there is no way.
    """

    first: Longs
    left: Longs
    right: Longs
    low: tuple[Longs, Longs]
    high: tuple[Longs, Longs]


def openings(
    network: Network,
    homes: Snapped,
    places: Snapped,
    *,
    by: By,
    limit: float | None,
    shut: Sequence[str | None] | None = None,
) -> Openings:
    """Return the openings of a network with barriers.

    Parameters
    ----------
    network
        With the barriers; each `source` is one unit.
    homes, places
        Snapped to this network.
    by, limit
        What the limit measures, and the limit in seconds or metres.
    shut
        For every place the unit that must be repaired before it serves, None where it serves now; the
        default is that all serve.
    """
    shut = [None] * len(places.edge) if shut is None else list(shut)
    names = dict.fromkeys([*network.barriers.source.tolist(), *(name for name in shut if name is not None)])
    number = {name: at for at, name in enumerate(names)}
    standing = network.barriers.costs(by) > 0
    pieces = _pieces(network, standing, by)
    nodes = len(network.xy) + 2 * int(standing.sum())
    people, stops = joints_on(network, homes, by), joints_on(network, places, by)
    lock = np.array([number.get(name, NO_UNIT) for name in shut], np.int64)
    arcs = _joined(
        _along(pieces),
        _through(network, standing, by, number),
        _to_places(_steps(pieces, _slots(network, standing, places), stops, places), nodes, lock),
    )
    doors, first = _doors(network, standing, pieces, (homes, people), (places, stops), nodes)
    return _finished(arcs, nodes + len(shut) + 1, tuple(names), (doors, first), most_cost(limit))


def _pieces(network: Network, standing: Bools, by: By) -> _Pieces:
    edges = len(network.start)
    edge, fraction = network.barriers.edge[standing], network.barriers.fraction[standing]
    many = np.bincount(edge, minlength=edges)
    first = np.concatenate([[0], np.cumsum(many + 1)])
    cut = np.arange(len(edge)) + edge  # the piece that ends at each barrier
    near = len(network.xy) + 2 * np.arange(len(edge))
    left, right = np.empty(first[-1], np.int64), np.empty(first[-1], np.int64)
    left[first[:-1]], right[first[1:] - 1] = network.start, network.end
    right[cut], left[cut + 1] = near, near + 1
    low, high = [], []
    for way in _ways(network, by):
        along = np.where(way[edge] < NEVER, np.rint(way[edge] * fraction), NEVER).astype(np.int64)
        begin, finish = np.empty(first[-1], np.int64), np.empty(first[-1], np.int64)
        begin[first[:-1]], finish[first[1:] - 1] = np.where(way < NEVER, 0, NEVER), way
        finish[cut], begin[cut + 1] = along, along
        low.append(begin)
        high.append(finish)
    return _Pieces(first, left, right, (low[0], low[1]), (high[0], high[1]))


def _ways(network: Network, by: By) -> tuple[Longs, Longs]:
    ahead, back = network.ahead.astype(np.int64), network.back.astype(np.int64)
    if by == "time":
        return ahead, back
    return np.where(ahead < NEVER, network.length, NEVER), np.where(back < NEVER, network.length, NEVER)


def _along(pieces: _Pieces) -> _Arcs:
    ahead, back = (
        np.where(high < NEVER, high - low, NEVER) for low, high in zip(pieces.low, pieces.high, strict=True)
    )
    tail, head = np.concatenate([pieces.left, pieces.right]), np.concatenate([pieces.right, pieces.left])
    return _Arcs(tail, head, np.concatenate([ahead, back]), np.full(len(tail), NO_UNIT, np.int64))


def _through(network: Network, standing: Bools, by: By, number: dict[str, int]) -> _Arcs:
    cost = network.barriers.costs(by)[standing]
    unit = np.array([number[name] for name in network.barriers.source[standing]], np.int64)
    near = len(network.xy) + 2 * np.arange(len(cost), dtype=np.int64)
    tail, head = np.concatenate([near, near + 1]), np.concatenate([near + 1, near])
    return _Arcs(tail, head, np.concatenate([cost, cost]), np.concatenate([unit, unit]))


def _slots(network: Network, standing: Bools, spots: Snapped) -> Longs:
    """Return on which piece of its edge each place stands: after the barriers before it."""
    edge = np.maximum(spots.edge, 0)
    key = network.barriers.edge[standing] * 2.0 + network.barriers.fraction[standing]
    at_end = spots.fraction >= 1  # the junction, behind all barriers
    before = np.searchsorted(key, edge * 2.0 + np.where(at_end, 2.0, spots.fraction))
    return np.asarray(before - np.searchsorted(key, edge * 2.0))


def _steps(pieces: _Pieces, slot: Longs, joints: Joints, spots: Snapped) -> tuple[Longs, Longs, Longs]:
    """Return pieces, costs (places, 4) to the left, to the right, from the left, from the right, and ends."""
    piece = pieces.first[np.maximum(spots.edge, 0)] + slot
    along = (joints.ahead, joints.back)
    inner = [np.where(at < NEVER, at - low[piece], NEVER) for at, low in zip(along, pieces.low, strict=True)]
    outer = [
        np.where(at < NEVER, high[piece] - at, NEVER) for at, high in zip(along, pieces.high, strict=True)
    ]
    at_start, at_end = spots.fraction <= 0, spots.fraction >= 1
    to_left, from_left = (np.where(at_start, 0, cost) for cost in (inner[1], inner[0]))
    to_right, from_right = (np.where(at_end, 0, cost) for cost in (outer[0], outer[1]))
    costs = np.stack([to_left, to_right, from_left, from_right], axis=1) + joints.door[:, None]
    return piece, np.minimum(costs, NEVER), np.stack([pieces.left[piece], pieces.right[piece]], axis=1)


def _to_places(steps: tuple[Longs, Longs, Longs], nodes: int, lock: Longs) -> _Arcs:
    """Return arcs from the ends of pieces to the nodes of places, and from those to the source."""
    _, costs, ends = steps
    place = nodes + np.arange(len(lock), dtype=np.int64)
    source = np.full(len(lock), nodes + len(lock), np.int64)
    none = np.full(len(lock), NO_UNIT, np.int64)
    return _Arcs(
        np.concatenate([ends[:, 0], ends[:, 1], place]),
        np.concatenate([place, place, source]),
        np.concatenate([costs[:, 2], costs[:, 3], np.where(lock == NO_UNIT, 0, NEVER)]),
        np.concatenate([none, none, lock]),
    )


def _doors(
    network: Network,
    standing: Bools,
    pieces: _Pieces,
    homes: tuple[Snapped, Joints],
    places: tuple[Snapped, Joints],
    nodes: int,
) -> tuple[Ints, Ints]:
    """Return the ways out of homes: to both ends of their piece, and to the places on it."""
    (spots, people), (stands, stops) = homes, places
    piece, costs, ends = _steps(pieces, _slots(network, standing, spots), people, spots)
    there = _steps(pieces, _slots(network, standing, stands), stops, stands)[0]
    on = np.where(spots.edge >= 0, piece, -1)
    home, place = _same(on, np.where(stands.edge >= 0, there, -2))
    straight = np.full(len(home), NEVER, np.int64)
    for mine, theirs, sign in ((people.ahead, stops.ahead, 1), (people.back, stops.back, -1)):
        step = sign * (theirs[place] - mine[home])
        way = (mine[home] < NEVER) & (theirs[place] < NEVER) & (step >= 0)
        straight = np.where(way, np.minimum(straight, step), straight)
    straight = np.minimum(straight + people.door[home] + stops.door[place], NEVER)
    number = np.arange(len(on), dtype=np.int64)
    rows = np.concatenate(
        [
            np.stack([number, ends[:, 0], costs[:, 0]], axis=1),
            np.stack([number, ends[:, 1], costs[:, 1]], axis=1),
            np.stack([home, nodes + place, straight], axis=1),
        ]
    )
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    first = np.searchsorted(rows[:, 0], np.arange(len(on) + 1)).astype(np.int32)
    return np.ascontiguousarray(rows[:, 1:], np.int32), first


def _same(mine: Longs, theirs: Longs) -> tuple[Longs, Longs]:
    """Return all pairs (position in `mine`, position in `theirs`) of one value."""
    order = np.argsort(theirs, kind="stable")
    low = np.searchsorted(theirs[order], mine, side="left")
    many = np.searchsorted(theirs[order], mine, side="right") - low
    row = np.repeat(np.arange(len(mine)), many)
    at = np.repeat(low - np.cumsum(many) + many, many) + np.arange(len(row))
    return row, order[at]


def _joined(*parts: _Arcs) -> _Arcs:
    tail, head, cost, unit = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("tail", "head", "cost", "unit")
    )
    return _Arcs(tail, head, cost, unit)


def _finished(
    arcs: _Arcs, nodes: int, units: tuple[str, ...], doors: tuple[Ints, Ints], most: int
) -> Openings:
    toward, order = _graph(arcs.head, arcs.tail, arcs.cost, nodes)
    away, away_order = _graph(arcs.tail, arcs.head, arcs.cost, nodes)
    unit = arcs.unit[order].astype(np.int32)
    own = np.flatnonzero(unit != NO_UNIT)
    own = own[np.argsort(unit[own], kind="stable")]
    first = np.searchsorted(unit[own], np.arange(len(units) + 1)).astype(np.int32)
    seeds = np.array([[nodes - 1, 0, 0]], np.int32)
    repaired = toward.arcs.copy()
    repaired[own, 1] = 0
    return Openings(
        toward=toward,
        away=away,
        toward_tail=arcs.head[order].astype(np.int32),
        toward_unit=unit,
        away_unit=arcs.unit[away_order].astype(np.int32),
        units=units,
        unit_first=first,
        unit_arcs=own.astype(np.int32),
        closed=spread(toward, seeds, most)[0],
        open_=spread(Graph(toward.start, repaired, toward.dearest), seeds, most)[0],
        door_first=doors[1],
        doors=doors[0],
        most=most,
    )


def _graph(tail: Longs, head: Longs, cost: Longs, nodes: int) -> tuple[Graph, Longs]:
    order = np.argsort(tail, kind="stable")
    start = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=start[1:])
    arcs = np.ascontiguousarray(np.stack([head[order], cost[order]], axis=1), np.int32)
    return Graph(start, arcs, int(cost[cost < NEVER].max(initial=1))), order
