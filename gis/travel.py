"""Travel over the network, exactly: the nearest of many places, and all pairs within a limit.

A place stands on an edge at its own position, not at a junction; the way from the door to the joint counts
(at `access_m_s` of the mode, or in metres). Two places on one edge see each other along it. People travel
to places, so that a one-way street counts in that direction. Equal costs go to the place listed first.
The searches themselves are in `gis.searches`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gis.kernels import NEVER, Floats, Ints
from gis.modes import facts
from gis.network import PER_METRE, PER_SECOND, By, Network, Snapped
from gis.searches import all_pairs, spread

Longs = NDArray[np.int64]


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
class Joints:
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
    most = most_cost(limit)
    people, places = joints_on(network, origins, by), joints_on(network, targets, by)
    at_cost, at_owner = _reached(network, places, most, by)
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


def at_nodes(network: Network, targets: Snapped, *, limit: float | None = None, by: By = "time") -> Nearest:
    """Return for every node of the network the target that is nearest to travel to; see `nearest`."""
    cost, owner = _reached(network, joints_on(network, targets, by), most_cost(limit), by)
    return Nearest(cost, np.where(cost < NEVER, owner, -1).astype(np.int32))


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
    most = most_cost(limit)
    people, places = joints_on(network, origins, by), joints_on(network, targets, by)
    person, place, direct = _along_one_edge(people, places)
    toward = len(places.edge) <= len(people.edge)
    graph = network.graph(by, toward=toward)
    if toward:
        pairs, cost = all_pairs(graph, (places.arrive, people.leave), (place, person, direct), most)
        pairs = pairs[:, ::-1]
    else:
        pairs, cost = all_pairs(graph, (people.leave, places.arrive), (person, place, direct), most)
    shape = (len(people.edge), len(places.edge))
    sorted_by_origin = csr_array((cost, (pairs[:, 0], pairs[:, 1])), shape=shape)
    sorted_by_origin.sort_indices()
    origin = np.repeat(np.arange(shape[0], dtype=np.int32), np.diff(sorted_by_origin.indptr))
    return Pairs(origin, sorted_by_origin.indices.astype(np.int32), sorted_by_origin.data)


def most_cost(limit: float | None) -> int:
    """Return a limit in seconds or metres as the highest whole cost within it; NEVER - 1 for none."""
    return NEVER - 1 if limit is None else min(int(np.floor(limit * 10 + 1e-6)), NEVER - 1)


def joints_on(network: Network, snapped: Snapped, by: By) -> Joints:
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
    return Joints(snapped.edge, leave, arrive, along[0], along[1], passed, door)


def _barriers_before(network: Network, edge: Ints, fraction: Floats, by: By) -> tuple[Longs, Longs]:
    """Return the costs of barriers before a position on its edge, and those at it or after it."""
    barriers = network.barriers
    total = np.concatenate([[0], np.cumsum(barriers.costs(by))])
    key, at = barriers.edge * 2.0 + barriers.fraction, edge * 2.0
    first, here, last = (np.searchsorted(key, value) for value in (at, at + fraction, at + 2.0))
    here = np.where(fraction >= 1, last, here)  # a place at the end is the junction, behind all of them
    return total[here] - total[first], total[last] - total[here]


def _along_one_edge(people: Joints, places: Joints) -> tuple[Longs, Longs, Longs]:
    """Return pairs of an origin and a target on one edge, and the cost along it."""
    shared = np.zeros(max(int(people.edge.max(initial=0)), int(places.edge.max(initial=0))) + 2, bool)
    shared[places.edge] = True
    shared[-1] = False  # where places off the network are counted
    near = np.flatnonzero(shared[people.edge])
    order = np.argsort(places.edge, kind="stable")
    low = np.searchsorted(places.edge[order], people.edge[near], side="left")
    many = np.searchsorted(places.edge[order], people.edge[near], side="right") - low
    person = np.repeat(near, many)
    place = order[np.repeat(low - np.cumsum(many) + many, many) + np.arange(len(person))]
    cost = np.full(len(person), NEVER, np.int64)
    walls = places.passed[place] - people.passed[person]
    for along, sign in (("ahead", 1), ("back", -1)):
        mine, theirs = getattr(people, along)[person], getattr(places, along)[place]
        way = (mine < NEVER) & (theirs < NEVER) & (sign * (theirs - mine) >= 0) & (sign * walls >= 0)
        cost = np.where(way, np.minimum(cost, sign * (theirs - mine + walls)), cost)
    cost = np.minimum(cost + people.door[person] + places.door[place], NEVER)
    return person, place, cost


def _seeds(places: Joints) -> Ints:
    """Return (node, cost, owner) rows from which a search spreads."""
    owner = np.arange(len(places.edge), dtype=np.int32)
    sides = [np.stack([places.arrive[:, s], places.arrive[:, 2 + s], owner], axis=1) for s in (0, 1)]
    seeds = np.concatenate(sides)
    return np.ascontiguousarray(seeds[seeds[:, 1] < NEVER])


def _reached(network: Network, places: Joints, most: int, by: By) -> tuple[Ints, Ints]:
    """Return the cost from every node to its nearest place within the limit, and the place."""
    return spread(network.graph(by, toward=True), _seeds(places), most)


def _take(cost: Longs, owner: Ints, offer: tuple[Longs, Longs, Ints | Longs]) -> None:
    """Lower costs in place where an offer (row, cost, owner) is better, at equal cost by the owner."""
    row, offered, by_owner = offer
    good = (offered < cost[row]) | ((offered == cost[row]) & (offered < NEVER) & (by_owner < owner[row]))
    cost[row[good]], owner[row[good]] = offered[good], by_owner[good]
