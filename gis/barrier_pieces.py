"""Edges cut at their barriers, and how homes and places join the pieces.

The whole costs are those of `gis.travel`: a piece costs what lies between its ends, counted from the start
of the edge, so that the pieces of an edge cost together what the edge costs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.kernels import NEVER, Floats, Ints
from gis.network import By, Network, Snapped
from gis.travel import Joints

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
Stand = tuple[Snapped, Joints]  # where places join the network, and what it costs


@dataclass(frozen=True)
class Pieces:
    """Edges cut at their barriers: rows of pieces, sorted by edge, of which edge e has those from first[e].

    `left`, `right` are their nodes; `low` and `high` the cost from the start of the edge to their ends, by
    direction (ahead, back), without barriers; NEVER where there is no way. `at` sorts the barriers: twice the
    edge plus the fraction.
    """

    first: Longs
    left: Longs
    right: Longs
    low: tuple[Longs, Longs]
    high: tuple[Longs, Longs]
    at: Floats


def cut_edges(network: Network, standing: Bools, by: By) -> Pieces:
    """Return the edges cut at the barriers that stand; barrier k lies between nodes n + 2k and n + 2k + 1."""
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
    return Pieces(first, left, right, (low[0], low[1]), (high[0], high[1]), edge * 2.0 + fraction)


def steps(pieces: Pieces, places: Stand) -> tuple[Longs, Longs, Longs]:
    """Return pieces, costs (places, 4) to the left, to the right, from the left, from the right, and ends."""
    spots, joints = places
    piece = pieces.first[np.maximum(spots.edge, 0)] + _slots(pieces, spots)
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


def doors(pieces: Pieces, homes: Stand, places: Stand, nodes: int) -> tuple[Ints, Ints]:
    """Return the ways out of homes, rows (node, cost), and where each home's begin.

    They lead to both ends of the home's piece, and straight to the places on it; `nodes` is the node of the
    first place.
    """
    (spots, people), (stands, stops) = homes, places
    piece, costs, ends = steps(pieces, homes)
    there = steps(pieces, places)[0]
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


def _ways(network: Network, by: By) -> tuple[Longs, Longs]:
    ahead, back = network.ahead.astype(np.int64), network.back.astype(np.int64)
    if by == "time":
        return ahead, back
    return np.where(ahead < NEVER, network.length, NEVER), np.where(back < NEVER, network.length, NEVER)


def _slots(pieces: Pieces, spots: Snapped) -> Longs:
    """Return on which piece of its edge each place stands: after the barriers before it."""
    edge = np.maximum(spots.edge, 0)
    key = pieces.at
    at_end = spots.fraction >= 1  # the junction, behind all barriers
    before = np.searchsorted(key, edge * 2.0 + np.where(at_end, 2.0, spots.fraction))
    return np.asarray(before - np.searchsorted(key, edge * 2.0))


def _same(mine: Longs, theirs: Longs) -> tuple[Longs, Longs]:
    """Return all pairs (position in `mine`, position in `theirs`) of one value."""
    order = np.argsort(theirs, kind="stable")
    low = np.searchsorted(theirs[order], mine, side="left")
    many = np.searchsorted(theirs[order], mine, side="right") - low
    row = np.repeat(np.arange(len(mine)), many)
    at = np.repeat(low - np.cumsum(many) + many, many) + np.arange(len(row))
    return row, order[at]
