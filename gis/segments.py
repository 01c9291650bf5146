"""Edges as chains of straight segments, and the exact nearest one of a point.

The segments lie in the order of their edges, which lie in Z-order: eight neighbours make a box, eight boxes
the next, and the tree needs neither sorting nor a cell size that suits both a town and a desert. The tie
rule (the lowest edge of equally near ones) makes a point on a junction find the same edge every time.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from gis import kernels
from gis.kernels import FANOUT, Floats, Ints

Bools = NDArray[np.bool_]

SLACK_M = 1e-6  # far more than GEOS and we differ by rounding
AT_END_M = 0.001  # a place within a millimetre of an end is at the end
NO_EDGE = -1
# Steps that move the bits of a 32-bit number to the even places of a 64-bit one.
SPREAD = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


@dataclass(frozen=True)
class Found:
    """The nearest edges of points, all arrays of shape (points,).

    Attributes
    ----------
    edge
        Index of the edge, -1 where none is within reach.
    vertex
        First vertex of the segment on which the nearest position lies; -1 where there is no edge.
    fraction
        Share of the edge's length before the nearest position, 0-1; 0 where there is no edge.
    distance_m
        From the point to that position; infinite where there is no edge.
    """

    edge: Ints
    vertex: Ints
    fraction: Floats
    distance_m: Floats


@dataclass(frozen=True, eq=False)
class Segments:
    """Shapes of edges.

    Attributes
    ----------
    xy
        Vertices of all edges one after another, shape (vertices, 2), metres.
    first
        Where each edge begins in `xy`, shape (edges + 1,).
    findable
        Which edges a search may find, shape (edges,).
    """

    xy: Floats
    first: NDArray[np.int64]
    findable: Bools

    @cached_property
    def edge(self) -> Ints:
        """Edge of every vertex."""
        return np.repeat(np.arange(len(self.first) - 1, dtype=np.int32), np.diff(self.first))

    @cached_property
    def along_m(self) -> Floats:
        """Length of the edge up to every vertex."""
        steps = np.hypot(*np.diff(self.xy, axis=0).T)
        total = np.concatenate([[0.0], np.cumsum(steps)])
        return np.asarray(total - total[self.first[:-1]][self.edge])

    @cached_property
    def length_m(self) -> Floats:
        """Length of every edge."""
        return self.along_m[self.first[1:] - 1]

    @cached_property
    def owner(self) -> Ints:
        """Edge of the segment that begins at a vertex; -1 where none begins or it is not to be found."""
        owner = np.where(self.findable[self.edge], self.edge, NO_EDGE).astype(np.int32)
        owner[self.first[1:] - 1] = NO_EDGE
        return owner

    @cached_property
    def tree(self) -> tuple[Floats, Ints]:
        """Boxes of all levels (west, south, east, north), lowest first, and where each level begins."""
        after = np.vstack([self.xy[1:], self.xy[-1:]])
        boxes = np.hstack([np.minimum(self.xy, after), np.maximum(self.xy, after)])
        boxes[self.owner == NO_EDGE] = [np.inf, np.inf, -np.inf, -np.inf]
        levels: list[Floats] = []
        starts = [0]
        while not levels or len(boxes) > 1:
            cuts = np.arange(0, len(boxes), FANOUT)
            low = np.minimum.reduceat(boxes[:, :2], cuts)
            boxes = np.hstack([low, np.maximum.reduceat(boxes[:, 2:], cuts)])
            levels.append(boxes)
            starts.append(starts[-1] + len(boxes))
        return np.vstack(levels), np.array(starts, np.int32)

    def position(self, edge: Ints, fraction: Floats) -> Floats:
        """Return where shares of edges lie, shape (n, 2)."""
        spots = shapely.line_interpolate_point(self.lines[edge], fraction, normalized=True)
        return np.asarray(shapely.get_coordinates(spots))

    @cached_property
    def lines(self) -> NDArray[np.object_]:
        """The edges as lines."""
        return np.asarray(shapely.linestrings(self.xy, indices=self.edge))


def nearest(segments: Segments, points: Floats, reach_m: float, barred: Ints | None = None) -> Found:
    """Return the nearest edge of every point, exactly.

    Parameters
    ----------
    segments
        Shapes of the edges; none findable is allowed.
    points
        Positions in the system of the edges, shape (points, 2); one that is not finite finds nothing.
    reach_m
        How far an edge may be.
    barred
        For each point the edge that it must not find, -1 for none.
    """
    if barred is None:
        barred = np.full(len(points), NO_EDGE, np.int32)
    if not segments.findable.any() or not len(points):
        nothing = np.full(len(points), np.inf)
        nowhere = np.full(len(points), NO_EDGE, np.int32)
        return Found(nowhere, nowhere, np.zeros(len(points)), nothing)
    search = _by_tree if kernels.COMPILED else _by_shapely
    there = np.isfinite(points).all(axis=1, keepdims=True)
    points = np.where(there, points, np.inf)  # inf is near nothing
    vertex, share, distance_m = search(segments, points, reach_m, barred)
    found = vertex >= 0
    edge = np.where(found, segments.edge[vertex], NO_EDGE).astype(np.int32)
    begin, end = segments.along_m[vertex], segments.along_m[np.minimum(vertex + 1, len(segments.xy) - 1)]
    length_m = segments.length_m[edge]
    along_m = begin + share * (end - begin)
    along_m = np.where(length_m - along_m <= AT_END_M, length_m, along_m)
    along_m = np.where(along_m <= AT_END_M, 0.0, along_m)
    fraction = np.divide(along_m, length_m, out=np.zeros(len(points)), where=found & (length_m > 0))
    return Found(edge, vertex, fraction, distance_m)


def z_order(xy: Floats) -> NDArray[np.uint64]:
    """Return the Morton key of positions, shape (n, 2): near in the plane is mostly near in the order."""
    if not len(xy):
        return np.zeros(0, np.uint64)
    low, size = xy.min(axis=0), max(float(np.ptp(xy, axis=0).max()), 1.0)
    cells = ((xy - low) / size * (2**26 - 1)).astype(np.uint64)
    for shift, mask in SPREAD:
        cells = (cells | (cells << np.uint64(shift))) & np.uint64(mask)
    return np.asarray(cells[:, 0] | (cells[:, 1] << np.uint64(1)))


def _by_tree(segments: Segments, points: Floats, reach_m: float, barred: Ints) -> tuple[Ints, Floats, Floats]:
    boxes, levels = segments.tree
    xy, owner = segments.xy, segments.owner

    # Neighbours one after another: the answer of one is a good guess for the next, and still in the cache.
    order = np.argsort(z_order(np.nan_to_num(points, posinf=0.0)), kind="stable")
    sorted_points, sorted_barred = points[order], barred[order]

    def part(which: slice) -> tuple[Ints, Floats, Floats]:
        mine = (sorted_points[which], sorted_barred[which])
        return kernels.nearest_segments(xy, owner, boxes, levels, *mine, reach_m)

    parts = kernels.in_parts(part, len(points), kernels.PART)
    vertex, share, distance_m = (np.concatenate(column) for column in zip(*parts, strict=True))
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return vertex[back], share[back], distance_m[back]


def _by_shapely(
    segments: Segments, points: Floats, reach_m: float, barred: Ints
) -> tuple[Ints, Floats, Floats]:
    """Do what the compiled search does: candidates by an STR tree, then the same arithmetic."""
    begins = np.flatnonzero(segments.owner != NO_EDGE)
    pieces = shapely.linestrings(np.stack([segments.xy[begins], segments.xy[begins + 1]], axis=1))
    tree = shapely.STRtree(pieces)
    places = shapely.points(points)
    vertex = np.full(len(points), -1, np.int32)
    share, squared = np.zeros(len(points)), np.full(len(points), np.inf)
    # Whatever is nearest but for rounding is a candidate, so that ties are broken here and not by GEOS.
    around_m = np.full(len(points), float(reach_m))
    free = np.flatnonzero((barred == NO_EDGE) & np.isfinite(points).all(axis=1))
    found, far_m = tree.query_nearest(
        places[free], max_distance=reach_m + SLACK_M, return_distance=True, all_matches=False
    )
    around_m[free[found[0]]] = far_m
    number, piece = tree.query(places, predicate="dwithin", distance=around_m + SLACK_M)
    at = begins[piece]
    allowed = segments.owner[at] != barred[number]
    number, at = number[allowed], at[allowed]
    apart, where = _segment_distances(segments.xy, at, points[number])
    order = np.lexsort((at, apart, number))
    order = order[apart[order] <= reach_m * reach_m]
    first = order[np.unique(number[order], return_index=True)[1]]
    won = number[first]
    vertex[won], share[won], squared[won] = at[first], where[first], apart[first]
    return vertex, share, np.sqrt(squared)


def _segment_distances(xy: Floats, at: NDArray[np.int64], points: Floats) -> tuple[Floats, Floats]:
    begin, step = xy[at], xy[at + 1] - xy[at]
    squared = (step**2).sum(axis=1)
    dot = ((points - begin) * step).sum(axis=1)
    share = np.clip(np.divide(dot, squared, out=np.zeros(len(at)), where=squared > 0), 0.0, 1.0)
    spot = np.where(share[:, None] >= 1.0, xy[at + 1], begin + share[:, None] * step)
    return ((points - spot) ** 2).sum(axis=1), share
