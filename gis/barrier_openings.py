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

from gis.barrier_pieces import Bools, Longs, Pieces, cut_edges, doors, steps
from gis.kernels import NEVER, Ints
from gis.network import By, Graph, Network, Snapped
from gis.searches import spread
from gis.travel import joints_on, most_cost

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
    pieces = cut_edges(network, standing, by)
    nodes = len(network.xy) + 2 * int(standing.sum())
    people, stops = ((spots, joints_on(network, spots, by)) for spots in (homes, places))
    lock = np.array([number.get(name, NO_UNIT) for name in shut], np.int64)
    arcs = _joined(
        _along(pieces),
        _through(network, standing, by, number),
        _to_places(steps(pieces, stops), nodes, lock),
    )
    out = doors(pieces, people, stops, nodes)
    return _finished(arcs, nodes + len(shut) + 1, tuple(names), out, most_cost(limit))


def _along(pieces: Pieces) -> _Arcs:
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


def _to_places(joined: tuple[Longs, Longs, Longs], nodes: int, lock: Longs) -> _Arcs:
    """Return arcs from the ends of pieces to the nodes of places, and from those to the source."""
    _, costs, ends = joined
    place = nodes + np.arange(len(lock), dtype=np.int64)
    source = np.full(len(lock), nodes + len(lock), np.int64)
    none = np.full(len(lock), NO_UNIT, np.int64)
    return _Arcs(
        np.concatenate([ends[:, 0], ends[:, 1], place]),
        np.concatenate([place, place, source]),
        np.concatenate([costs[:, 2], costs[:, 3], np.where(lock == NO_UNIT, 0, NEVER)]),
        np.concatenate([none, none, lock]),
    )


def _joined(*parts: _Arcs) -> _Arcs:
    tail, head, cost, unit = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("tail", "head", "cost", "unit")
    )
    return _Arcs(tail, head, cost, unit)


def _finished(arcs: _Arcs, nodes: int, units: tuple[str, ...], out: tuple[Ints, Ints], most: int) -> Openings:
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
        door_first=out[1],
        doors=out[0],
        most=most,
    )


def _graph(tail: Longs, head: Longs, cost: Longs, nodes: int) -> tuple[Graph, Longs]:
    order = np.argsort(tail, kind="stable")
    start = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=start[1:])
    arcs = np.ascontiguousarray(np.stack([head[order], cost[order]], axis=1), np.int32)
    return Graph(start, arcs, int(cost[cost < NEVER].max(initial=1))), order
