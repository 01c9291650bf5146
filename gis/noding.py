"""Roads cut into edges between junctions, and ends that narrowly miss each other mended.

Lines meet where they share a vertex to the centimetre, wherever on the line it lies: that is the rule of
OpenStreetMap, where a bridge over a street shares none. What a reader may question is the repair of near
misses, which drawn networks are full of. A dead end (an end that no other line shares) within a metre of
a junction or another end is made one with it; failing that, within a metre of another line, that line gets
a junction at its nearest point. Shapes stay as they were drawn, the gap costs nothing. A bridge or tunnel
is mended only with its like. Every repair is listed.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gis.kernels import Floats, Ints
from gis.segments import Segments, nearest, z_order

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]

SAME_PER_M = 100  # vertices are the same where they agree to the centimetre
MEND_M = 1.0  # default of this project, to be confirmed by the federation
NONE = np.zeros(0, np.int64)
MOST_NEAR = 8  # junctions looked at around a dead end


@dataclass(frozen=True, eq=False)
class Noded:
    """Edges between junctions, in Z-order of their beginnings.

    Attributes
    ----------
    xy
        Junctions in Z-order, shape (nodes, 2), metres.
    start, end
        Junction at which an edge begins and ends, shape (edges,).
    road
        Position of the edge's road in the layer.
    segments
        Shapes of the edges, all of them findable.
    repairs
        One row a mended end: `road` and `other` (positions in the layer), `kind` (`end`: made one with
        an end or junction, `line`: with a point of a line), `distance_m` of the gap, `x` and `y` of the end.
    """

    xy: Floats
    start: Ints
    end: Ints
    road: Ints
    segments: Segments
    repairs: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Vertices:
    """Vertices of lines one after another: position, line, and what place it is (equal: the same)."""

    xy: Floats
    line: Longs
    place: Longs


@dataclass(frozen=True, eq=False)
class _DeadEnds:
    """Ends that no other line shares: vertex, its edge, and the place at the edge's other end."""

    vertex: Longs
    edge: Longs
    partner: Longs


def node(roads: gpd.GeoDataFrame, mend_m: float = MEND_M) -> Noded:
    """Return the edges of a layer of lines in metres; see the module for the rules.

    Parameters
    ----------
    roads
        Lines in a metric CRS; columns `bridge` and `tunnel` are respected where they are. Lines shorter
        than a centimetre vanish.
    mend_m
        How far a dead end may be from what it is joined to; 0 mends nothing.
    """
    vertices = _read(roads)
    edges = _cut(vertices)
    repairs: list[pd.DataFrame] = []
    for mend in (_mend_ends, _mend_lines):
        ends = _dead_ends(vertices, edges)
        if mend_m > 0 and len(ends.vertex):
            vertices, repaired = mend(vertices, edges, ends, _crossing(roads), mend_m)
            edges = _cut(vertices)
            repairs.append(repaired)
    listed = pd.concat(repairs, ignore_index=True) if repairs else _listed(vertices, NONE, NONE, np.zeros(0))
    return _z_ordered(vertices, edges, listed)


def _read(roads: gpd.GeoDataFrame) -> _Vertices:
    """Return the vertices of lines, without those that repeat the one before."""
    xy, line = shapely.get_coordinates(roads.geometry.array, return_index=True)
    cells = np.rint(xy * SAME_PER_M).astype(np.int64)
    cells -= cells.min(axis=0) if len(cells) else 0
    keys = cells[:, 0] * (cells[:, 1].max(initial=0) + 1) + cells[:, 1]
    place = np.unique(keys, return_inverse=True)[1].astype(np.int64)
    keep = np.ones(len(place), bool)
    keep[1:] = (np.diff(place) != 0) | (np.diff(line) != 0)
    many = np.bincount(line[keep], minlength=len(roads)) > 1
    keep &= many[line]
    return _Vertices(xy[keep], line[keep], place[keep])


def _crossing(roads: gpd.GeoDataFrame) -> Bools:
    """Return which roads pass over or under others."""
    crossing = np.zeros(len(roads), bool)
    for column in ("bridge", "tunnel"):
        if column in roads:
            crossing |= roads[column].eq(other=True).fillna(value=False).to_numpy(bool)
    return crossing


def _cut(vertices: _Vertices) -> tuple[Longs, Longs]:
    """Return the first and the last vertex of every edge."""
    junction = np.bincount(vertices.place)[vertices.place] > 1 if len(vertices.place) else np.zeros(0, bool)
    change = np.flatnonzero(np.diff(vertices.line))
    junction[change] = junction[change + 1] = True
    junction[:1] = junction[-1:] = True
    at = np.flatnonzero(junction)
    same = vertices.line[at[:-1]] == vertices.line[at[1:]]
    return at[:-1][same], at[1:][same]


def _dead_ends(vertices: _Vertices, edges: tuple[Longs, Longs]) -> _DeadEnds:
    at, across = np.concatenate(edges), np.concatenate(edges[::-1])
    loose = np.flatnonzero(np.bincount(vertices.place[at])[vertices.place[at]] == 1) if len(at) else at
    return _DeadEnds(at[loose], loose % max(len(edges[0]), 1), vertices.place[across[loose]])


def _mend_ends(
    vertices: _Vertices, edges: tuple[Longs, Longs], ends: _DeadEnds, crossing: Bools, mend_m: float
) -> tuple[_Vertices, pd.DataFrame]:
    """Make dead ends one with the nearest junction or end that is not of their own edge."""
    places, at = np.unique(vertices.place[np.concatenate(edges)], return_index=True)
    at = np.concatenate(edges)[at]
    reach = cKDTree(vertices.xy[at]).query(
        vertices.xy[ends.vertex], k=np.arange(1, MOST_NEAR + 1), distance_upper_bound=mend_m
    )
    near = np.isfinite(reach[0])
    found = np.where(near, reach[1], 0)
    own = vertices.place[ends.vertex]
    near &= (places[found] != own[:, None]) & (places[found] != ends.partner[:, None])
    near &= crossing[vertices.line[at[found]]] == crossing[vertices.line[ends.vertex]][:, None]
    rows, best = np.flatnonzero(near.any(axis=1)), np.argmax(near, axis=1)
    target = at[found[rows, best[rows]]]
    count = int(vertices.place.max()) + 1
    links = coo_array((np.ones(len(rows)), (own[rows], vertices.place[target])), shape=(count, count))
    merged = connected_components(links, directed=False)[1].astype(np.int64)
    gap_m = reach[0][rows, best[rows]]
    repairs = _listed(vertices, ends.vertex[rows], vertices.line[target], gap_m, "end")
    return _Vertices(vertices.xy, vertices.line, merged[vertices.place]), repairs


def _mend_lines(
    vertices: _Vertices, edges: tuple[Longs, Longs], ends: _DeadEnds, crossing: Bools, mend_m: float
) -> tuple[_Vertices, pd.DataFrame]:
    """Give lines a junction where a dead end nearly touches them."""
    segments = _segments(vertices, edges)
    found = nearest(segments, vertices.xy[ends.vertex], mend_m, ends.edge.astype(np.int32))
    begin, finish = edges[0][found.edge], edges[1][found.edge]
    good = (found.edge >= 0) & (found.fraction > 0) & (found.fraction < 1)
    good &= (vertices.place[begin] != ends.partner) & (vertices.place[finish] != ends.partner)
    good &= crossing[vertices.line[begin]] == crossing[vertices.line[ends.vertex]]
    # A line that hugs another is joined to it once, where it is nearest.
    rows = np.lexsort((found.distance_m, found.edge, ends.edge))
    rows = rows[good[rows]]
    pairs = np.stack([ends.edge[rows], found.edge[rows]], axis=1)
    rows = np.sort(rows[np.unique(pairs, axis=0, return_index=True)[1]])
    edge, fraction = found.edge[rows], found.fraction[rows]
    spots = segments.position(edge, fraction)
    before = begin[rows] + found.vertex[rows] - segments.first[edge] + 1
    order = np.lexsort((fraction, before))
    before, taken = before[order], rows[order]
    mended = _Vertices(
        np.insert(vertices.xy, before, spots[order], axis=0),
        np.insert(vertices.line, before, vertices.line[begin[taken]]),
        np.insert(vertices.place, before, vertices.place[ends.vertex[taken]]),
    )
    gap_m = found.distance_m[rows]
    return mended, _listed(vertices, ends.vertex[rows], vertices.line[begin[rows]], gap_m, "line")


def _listed(vertices: _Vertices, at: Longs, other: Longs, gap_m: Floats, kind: str = "end") -> pd.DataFrame:
    columns = {"road": vertices.line[at], "other": other, "kind": kind, "distance_m": gap_m}
    return pd.DataFrame(columns | {"x": vertices.xy[at, 0], "y": vertices.xy[at, 1]})


def _segments(vertices: _Vertices, edges: tuple[Longs, Longs]) -> Segments:
    """Return the shapes of edges; vertices between two edges are in both."""
    begin, finish = edges
    first = np.concatenate([[0], np.cumsum(finish - begin + 1)])
    at = np.repeat(begin - first[:-1], np.diff(first)) + np.arange(first[-1])
    return Segments(vertices.xy[at], first, np.ones(len(begin), bool))


def _z_ordered(vertices: _Vertices, edges: tuple[Longs, Longs], repairs: pd.DataFrame) -> Noded:
    """Return the network with junctions and edges numbered in Z-order: neighbours are near in memory."""
    places, at, number = np.unique(
        vertices.place[np.concatenate(edges)], return_index=True, return_inverse=True
    )
    xy = vertices.xy[np.concatenate(edges)[at]]
    order = np.argsort(z_order(xy), kind="stable")
    rank = np.empty(len(places), np.int32)
    rank[order] = np.arange(len(places), dtype=np.int32)
    start, end = rank[number[: len(edges[0])]], rank[number[len(edges[0]) :]]
    sequence = np.lexsort((np.maximum(start, end), np.minimum(start, end)))
    segments = _segments(vertices, (edges[0][sequence], edges[1][sequence]))
    road = vertices.line[edges[0][sequence]].astype(np.int32)
    return Noded(xy[order], start[sequence], end[sequence], road, segments, repairs)
