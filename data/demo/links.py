"""The road lines of the demonstration city, and how their crossings become junctions.

A line is a row of `Links`; everything a road is later given (surface, width, kerb) follows from its
class, place and draw. Lines are drawn first and noded at the end, because only then are all crossings
known; motorways take no part in the noding, so that they have no junction except by their links.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.demo.draw import Flags, Floats, Ints
from data.demo.plane import METRE_DIGITS

NEAR_M = 0.25
"""Lines that come nearer than this are noded together, so that no two of them miss each other by a hair."""

COLUMNS = ("road_class", "ref", "name", "oneway", "unit")
"""`unit` is the row of the village, -1 for none."""


@dataclass(frozen=True)
class Links:
    """Road lines in metres with their columns (`COLUMNS`), rows in step."""

    shapes: np.ndarray
    rows: pd.DataFrame


def straight(start: Floats, end: Floats) -> np.ndarray:
    """Return straight lines between two arrays of points (n, 2)."""
    return np.asarray(shapely.linestrings(np.stack([start, end], axis=1)))


def rows_of(count: int, road_class: object, unit: object, **more: object) -> pd.DataFrame:
    """Return the columns of that many lines; whatever is not given has its plain value."""
    plain = {"road_class": road_class, "ref": None, "name": None, "oneway": "no", "unit": unit}
    return pd.DataFrame(plain | more, index=range(count), columns=list(COLUMNS))


def joined(parts: list[Links]) -> Links:
    """Return all lines as one set."""
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    return Links(np.concatenate([part.shapes for part in parts]), rows)


def taken(links: Links, kept: Flags | Ints) -> Links:
    """Return the chosen lines."""
    return Links(links.shapes[kept], links.rows.loc[kept].reset_index(drop=True))


def noded(links: Links, suspects: Flags) -> Links:
    """Return the lines cut wherever two of them meet, with their vertices on the grid.

    Parameters
    ----------
    links
        Lines whose vertices stand on the grid (`plane.on_grid`).
    suspects
        Lines that may meet others away from their ends; the rest is known not to.
    """
    near = shapely.STRtree(links.shapes).query(links.shapes[suspects], predicate="dwithin", distance=NEAR_M)
    cut = suspects.copy()
    cut[near[1]] = True
    whole = links.shapes[cut]
    pieces = shapely.get_parts(shapely.union_all(whole, grid_size=10.0**-METRE_DIGITS))
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    origin = np.flatnonzero(cut)[shapely.STRtree(whole).nearest(middle)]
    return joined([taken(links, ~cut), Links(pieces, links.rows.iloc[origin])])


def crossings(shapes: np.ndarray, suspects: Ints) -> Ints:
    """Return the pairs (2, n) of lines that cross, a suspect first."""
    pairs = shapely.STRtree(shapes).query(shapes[suspects], predicate="crosses")
    return np.vstack([suspects[pairs[0]], pairs[1]])


def ends(shapes: np.ndarray) -> tuple[Ints, Ints, Floats]:
    """Return the node number of both ends of each line, and the places (n, 2) of the nodes."""
    first = shapely.get_coordinates(shapely.get_point(shapes, 0))
    last = shapely.get_coordinates(shapely.get_point(shapes, -1))
    per_metre = 10**METRE_DIGITS
    grid = np.round(np.vstack([first, last]) * per_metre).astype(np.int64)
    key = grid[:, 0] * 2**32 + grid[:, 1]
    _, where, number = np.unique(key, return_index=True, return_inverse=True)
    half = len(shapes)
    places = np.asarray(grid[where] / per_metre, dtype=float)
    return np.asarray(number[:half]), np.asarray(number[half:]), places


def in_largest_part(shapes: np.ndarray) -> Flags:
    """Return which lines belong to the largest connected part of the network (most nodes)."""
    tail, head, places = ends(shapes)
    size = len(places)
    graph = coo_matrix((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(size, size))
    part = connected_components(graph, directed=False)[1]
    return np.asarray(part[tail] == np.bincount(part).argmax())
