"""The streets inside every village and town: a jittered lattice cut to the village's own cell.

All lattice rows are kept and some cross streets are left out, so each village stays connected; no street
leaves its cell, so streets of two villages never cross.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from data.demo.draw import Flags, Floats, Ints, stream
from data.demo.links import Links, rows_of, straight
from data.demo.plane import on_grid
from data.demo.skeleton import RANKS, Web
from data.demo.units import Units

LEFT_OUT = 0.18
"""Share of the cross streets that are not there."""

RIM_M = 22.0
"""Streets keep this distance from the border of their cell, so that homes beside them stay inside."""

EDGES_PER_NODE = 2 - LEFT_OUT
SIDE = 4096


@dataclass(frozen=True)
class Lattice:
    """Street corners: village row, lattice column and row, place in metres (n, 2), turn of the lattice."""

    unit: Ints
    i: Ints
    j: Ints
    places: Floats
    turn: Floats
    spacing_m: Floats


def street_lattice(units: Units, edges: int, seed: int) -> Lattice:
    """Return the street corners of all villages for about that many street edges in all."""
    rng = stream(seed, "streets")
    villages = units.villages
    wanted = _corner_counts(villages["people"].to_numpy(), edges)
    urban = villages["kind"].to_numpy() == "community"
    spacing = np.where(urban, rng.uniform(52, 66, len(villages)), rng.uniform(56, 78, len(villages)))
    turn = rng.uniform(0, np.pi / 2, len(villages))
    unit, i, j = _candidates(np.ceil(np.sqrt(wanted) * 0.75).astype(np.int64) + 1)
    jitter = np.where(((i == 0) & (j == 0))[:, None], 0.0, rng.uniform(-0.1, 0.1, (len(unit), 2)))
    flat = (np.column_stack([i, j]) + jitter) * spacing[unit, None]
    cos, sin = np.cos(turn[unit]), np.sin(turn[unit])
    centres = villages[["x", "y"]].to_numpy()
    places = centres[unit] + np.column_stack(
        [cos * flat[:, 0] - sin * flat[:, 1], sin * flat[:, 0] + cos * flat[:, 1]]
    )
    places = on_grid(places)
    kept = _own_cell(places, unit, centres, RIM_M) | ((i == 0) & (j == 0))
    kept[kept] = _nearest_first(unit[kept], np.hypot(i, j)[kept]) < wanted[unit[kept]]
    return Lattice(unit[kept], i[kept], j[kept], places[kept], turn, spacing)


def gates(lattice: Lattice, units: Units, web: Web) -> tuple[Floats, Ints]:
    """Return where each web edge meets the streets: places (n, 2, 2) and corner rows (n, 2).

    The gate is the corner that lies farthest towards the other village: a line from there leaves the
    streets without crossing them.
    """
    centres = units.villages[["x", "y"]].to_numpy()
    first = np.searchsorted(lattice.unit, np.arange(len(centres) + 1))
    corner = np.empty(web.pairs.shape, dtype=np.int64)
    for end in (0, 1):
        own, other = web.pairs[:, end], web.pairs[:, 1 - end]
        towards = centres[other] - centres[own]
        towards = towards / np.hypot(*towards.T)[:, None]
        for row, unit in enumerate(own):
            block = slice(first[unit], first[unit + 1])
            ahead = (lattice.places[block] - centres[unit]) @ towards[row]
            corner[row, end] = first[unit] + int(ahead.argmax())
    return lattice.places[corner], corner


def street_lines(lattice: Lattice, units: Units, web: Web, corners: Ints, seed: int) -> Links:
    """Return the streets; the ways of main roads through a village get the class of the road."""
    rng = stream(seed, "street lines")
    pairs, across = _street_pairs(lattice, rng)
    urban = (units.villages["kind"].to_numpy() == "community")[lattice.unit[pairs[:, 0]]]
    local = np.where(rng.random(len(pairs)) < np.where(urban, 0.35, 0.65), "living_street", "residential")
    rank = _through_ranks(lattice, pairs, across, web, corners)
    names = np.array(RANKS, dtype=object)
    classes = np.where(rank > 0, names[rank], local)
    shapes = straight(lattice.places[pairs[:, 0]], lattice.places[pairs[:, 1]])
    return Links(shapes, rows_of(len(pairs), classes, lattice.unit[pairs[:, 0]]))


def _corner_counts(people: Ints, edges: int) -> Ints:
    """Return corners per village so that the edges 1.82 n - 2.1 sqrt(n) sum to about the total."""
    weights = np.sqrt(people + 4.0) * np.sqrt(people + 40.0)
    low, high = 0.0, 10.0 * edges / weights.sum()
    for _ in range(50):
        factor = (low + high) / 2
        corners = np.maximum(weights * factor, 4.0)
        total = (EDGES_PER_NODE * corners - 2.1 * np.sqrt(corners)).sum()
        low, high = (factor, high) if total < edges else (low, factor)
    return np.asarray(np.maximum(np.round(weights * low), 4), dtype=np.int64)


def _candidates(half: Ints) -> tuple[Ints, Ints, Ints]:
    """Return village, column and row of all corners of square lattices of that half width."""
    width = 2 * half + 1
    unit = np.repeat(np.arange(len(half)), width**2)
    serial = np.arange(len(unit)) - np.repeat(np.cumsum(width**2) - width**2, width**2)
    return unit, serial % width[unit] - half[unit], serial // width[unit] - half[unit]


def _own_cell(places: Floats, unit: Ints, centres: Floats, margin_m: float) -> Flags:
    """Return which places lie in the Voronoi cell of their village, at least so far from its border."""
    near = cKDTree(centres).query(places, k=5)[1]
    own = np.hypot(*(places - centres[unit]).T)
    inside = np.ones(len(places), dtype=bool)
    for column in near.T:
        apart = np.hypot(*(centres[column] - centres[unit]).T)
        other = np.hypot(*(places - centres[column]).T)
        gap = (other**2 - own**2) / np.where(apart > 0, 2 * apart, 1)
        inside &= (column == unit) | (gap > margin_m)
    return inside


def _nearest_first(unit: Ints, distance: Floats) -> Ints:
    """Return the place of each corner in the order of distance within its village."""
    order = np.lexsort([distance, unit])
    first = np.searchsorted(unit[order], unit[order])
    place = np.empty(len(unit), dtype=np.int64)
    place[order] = np.arange(len(unit)) - first
    return place


def _street_pairs(lattice: Lattice, rng: np.random.Generator) -> tuple[Ints, Flags]:
    """Return corner rows of each street edge, and which of them are cross streets."""
    key = _key(lattice.unit, lattice.i, lattice.j)
    along, has_along = _find(key, _key(lattice.unit, lattice.i + 1, lattice.j))
    across, has_across = _find(key, _key(lattice.unit, lattice.i, lattice.j + 1))
    kept = has_across & ((rng.random(len(key)) >= LEFT_OUT) | (lattice.i == 0))
    row = np.arange(len(key))
    pairs = np.vstack([
        np.column_stack([row[has_along], along[has_along]]), np.column_stack([row[kept], across[kept]]),
    ])  # fmt: skip
    return pairs, np.arange(len(pairs)) >= has_along.sum()


def _key(unit: Ints, i: Ints, j: Ints) -> Ints:
    return (unit * SIDE + j + SIDE // 2) * SIDE + i + SIDE // 2


def _find(keys: Ints, wanted: Ints) -> tuple[Ints, Flags]:
    """Return the row of each wanted key and whether it is there; keys ascend."""
    row = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return row, keys[row] == wanted


def _through_ranks(lattice: Lattice, pairs: Ints, across: Flags, web: Web, corners: Ints) -> Ints:
    """Return the rank of each street edge: along the row of a gate to the main column, and along that."""
    rank = pd.Series(0, index=pd.MultiIndex.from_arrays([pairs[:, 0], across]))
    best: dict[tuple[int, bool], int] = {}
    row_of = {key: row for row, key in enumerate(zip(lattice.unit, lattice.i, lattice.j, strict=True))}
    for corner, level in zip(corners.ravel(), np.repeat(web.rank, 2), strict=True):
        if level == 0:
            continue
        unit, i, j = int(lattice.unit[corner]), int(lattice.i[corner]), int(lattice.j[corner])
        steps = [((unit, column, j), False) for column in range(min(i, 0), max(i, 0))]
        steps += [((unit, 0, line), True) for line in range(min(j, 0), max(j, 0))]
        for place, cross in steps:
            step = (row_of.get(place, -1), cross)
            best[step] = max(best.get(step, 0), int(level))
    levels = pd.Series(best, dtype=np.int64)
    return rank.index.map(levels.to_dict()).fillna(0).to_numpy(dtype=np.int64)
