"""A large area in parts that know nothing of each other, with the answers of the whole.

Each part has the homes of its own, and of roads and places what lies in a halo around them. Why its answers
are those of the whole:

1. Places within the halo and `snap_limit_m` around it belong to the part, and roads within twice that and all
   roads that touch those: so every home of the part and every place of the halo finds the same edge as in the
   whole, and every edge that touches the halo is cut at the same junctions, hence costs the same.
2. A way to anything else leaves the halo, so it passes an end of an edge that does not lie within the halo
   (an exit). The cost from a home to its nearest exit is therefore a bound: nothing that the part does
   not know is nearer.
3. A home is certain if its nearest place is nearer than its nearest exit, or if the exit is beyond the
   limit. Homes that are not certain are asked again with a halo twice as wide, and in the end with all roads.

No bound on speeds is assumed and no rounding matters: the certificate is in the whole costs themselves. The
first halo only decides how much is done twice. A point exactly as far from two roads may join either of
them, in a part as in the whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis.errors import EmptyLayerError
from gis.kernels import NEVER, Ints
from gis.modes import Mode, facts
from gis.network import By, Network, Snapped, build, snap
from gis.travel import Pairs, matrix, nearest

Bools = NDArray[np.bool_]
Longs = NDArray[np.int64]

TOUCH_M = 5.0  # roads this near may be joined by the noding; more than any of its rules reaches


@dataclass(frozen=True)
class Question:
    """What is asked of every home: by which mode, what the limit (seconds or metres) measures."""

    mode: Mode
    limit: float
    by: By = "time"


@dataclass(frozen=True, eq=False)
class Whole:
    """A large area, its three layers in one metric CRS.

    Attributes
    ----------
    roads
        The layer `roads`.
    homes, places
        Points.
    region
        Region of every home, such as its county: who is asked together.
    """

    roads: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    region: Sequence[object]


@dataclass(frozen=True, eq=False)
class Part:
    """What one worker needs.

    Attributes
    ----------
    homes
        Points in a metric CRS, with their positions in the whole as index.
    roads, places
        What lies in the halo and around it; `places` have their positions in the whole as index.
    halo
        The halo, an area; None where the part holds everything.
    """

    homes: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    halo: Any


@dataclass(frozen=True, eq=False)
class PartAnswer:
    """The nearest place of homes, and pairs within the limit if they were asked for.

    Attributes
    ----------
    home, cost, owner
        Positions in the whole of homes and their nearest places (-1 none), and whole costs.
    certain
        Whether the whole would say the same.
    pairs
        Rows (home, place, cost) of certain homes.
    roads
        Roads that the part held.
    """

    home: Longs
    cost: Ints
    owner: Longs
    certain: Bools
    pairs: Longs
    roads: int


def parts(whole: Whole, *, mode: Mode, halo_m: float, asked: Bools | None = None) -> Iterator[Part]:
    """Yield a part for every region that homes are in, in the order of first appearance.

    Parameters
    ----------
    halo_m
        Width of the halo; an infinite one holds everything.
    asked
        Which homes are asked; None for all.
    """
    homes = whole.homes.set_axis(np.arange(len(whole.homes)))
    number, names = pd.factorize(np.asarray(whole.region, dtype=object), use_na_sentinel=False)
    index = shapely.STRtree(whole.roads.geometry.to_numpy())
    asked = np.ones(len(homes), bool) if asked is None else asked
    for name in range(len(names)):
        own = homes[(number == name) & asked]
        if len(own):
            yield part_of(whole, own, mode=mode, halo_m=halo_m, index=index)


def part_of(
    whole: Whole, homes: gpd.GeoDataFrame, *, mode: Mode, halo_m: float, index: shapely.STRtree | None = None
) -> Part:
    """Return the part of some homes.

    Parameters
    ----------
    homes
        Some homes of the whole, with their positions there as index.
    halo_m
        Width of the halo; an infinite one holds everything.
    index
        Tree of the roads, where there is one already.
    """
    roads, places = whole.roads, whole.places.set_axis(np.arange(len(whole.places)))
    if not np.isfinite(halo_m):
        return Part(homes, roads, places, None)
    index = shapely.STRtree(roads.geometry.to_numpy()) if index is None else index
    around = float(facts(mode)["snap_limit_m"])
    points = shapely.MultiPoint(shapely.get_coordinates(homes.geometry.to_numpy()))
    halo = points.convex_hull.buffer(halo_m, quad_segs=4)
    region = halo.buffer(2 * around, quad_segs=4)
    near = index.query(region, predicate="intersects")
    # The roads that touch those decide where they are cut; only at the rim are they not among those.
    within = region.buffer(-2 * TOUCH_M, quad_segs=4)
    shapely.prepare(within)
    rim = near[~shapely.contains(within, roads.geometry.to_numpy()[near])]
    touching = index.query(roads.geometry.to_numpy()[rim], predicate="dwithin", distance=TOUCH_M)[1]
    kept = np.union1d(near, touching)
    close = places.geometry.dwithin(halo, around).to_numpy(bool)
    return Part(homes[["geometry"]], roads.iloc[kept], places[close][["geometry"]], halo)


def answer(part: Part, question: Question, *, with_pairs: bool = False) -> PartAnswer:
    """Return what a part knows, and of which homes it is certain.

    Parameters
    ----------
    with_pairs
        Also all pairs within the limit: then only a home whose exits are beyond the limit is certain.
    """
    home = part.homes.index.to_numpy(np.int64)
    try:
        network = build(part.roads, mode=question.mode)
    except EmptyLayerError:
        certain = np.full(len(home), part.halo is None)
        none = np.full(len(home), NEVER, np.int32)
        return PartAnswer(home, none, np.full(len(home), -1), certain, np.zeros((0, 3), np.int64), 0)
    joints, stands = snap(network, part.homes), snap(network, part.places)
    ask = {"limit": question.limit, "by": question.by}
    found = nearest(network, joints, stands, **ask)  # type: ignore[arg-type]  # as `Question` says
    exits = _exits(network, part.halo, joints, question)
    pairs = matrix(network, joints, stands, **ask) if with_pairs else None  # type: ignore[arg-type]
    certain = (exits == NEVER) if with_pairs else (exits == NEVER) | (found.cost < exits)
    place = np.append(part.places.index.to_numpy(np.int64), -1)
    rows = _rows(pairs, home, place, certain)
    return PartAnswer(home, found.cost, place[found.owner], certain, rows, len(part.roads))


def together(answers: Sequence[PartAnswer], homes: int) -> tuple[Ints, Longs, Bools]:
    """Return cost, nearest place and certainty of all homes; a later answer about a home counts."""
    cost, owner = np.full(homes, NEVER, np.int32), np.full(homes, -1, np.int64)
    certain = np.zeros(homes, bool)
    for found in answers:
        cost[found.home], owner[found.home] = found.cost, found.owner
        certain[found.home] = found.certain
    return cost, owner, certain


def _exits(network: Network, halo: Any, joints: Snapped, question: Question) -> Ints:  # noqa: ANN401 - a shape
    """Return the cost from homes to where the halo ends, NEVER beyond the limit."""
    if halo is None:
        return np.full(len(joints.edge), NEVER, np.int32)
    shapely.prepare(halo)
    first = network.segments.first[:-1]
    inside = shapely.contains_xy(halo, network.segments.xy)  # the halo is convex: ends inside, edge inside
    leaving = ~np.logical_and.reduceat(inside, first)
    edges = np.flatnonzero(leaving).astype(np.int32)
    at = np.concatenate([edges, edges])
    ends = Snapped(at, np.repeat([0.0, 1.0], len(edges)), np.zeros(len(at)))
    cost = nearest(network, joints, ends, limit=question.limit, by=question.by).cost
    on_leaving = (joints.edge >= 0) & leaving[np.maximum(joints.edge, 0)]
    return np.where(on_leaving, 0, cost).astype(np.int32)


def _rows(pairs: Pairs | None, home: Longs, place: Longs, certain: Bools) -> Longs:
    if pairs is None:
        return np.zeros((0, 3), np.int64)
    kept = certain[pairs.origin]
    return np.stack([home[pairs.origin], place[pairs.target], pairs.cost], axis=1)[kept]


def solve(whole: Whole, question: Question, *, halo_m: float) -> tuple[Ints, Longs, int]:
    """Return cost and nearest place of every home, part after part, and how many were asked twice.

    This is what a cluster does (`api.cluster`), without one.
    """
    answers = [answer(part, question) for part in parts(whole, mode=question.mode, halo_m=halo_m)]
    cost, owner, certain = together(answers, len(whole.homes))
    doubtful = int((~certain).sum())
    while not certain.all():
        halo_m = wider(whole.roads, halo_m)
        again = parts(whole, mode=question.mode, halo_m=halo_m, asked=~certain)
        answers += [answer(part, question) for part in again]
        cost, owner, certain = together(answers, len(whole.homes))
    return cost, owner, doubtful


def wider(roads: gpd.GeoDataFrame, halo_m: float) -> float:
    """Return a halo twice as wide; infinite once it would hold all roads anyway."""
    west, south, east, north = roads.total_bounds
    doubled = 2 * max(halo_m, 1.0)
    return np.inf if doubled >= float(np.hypot(east - west, north - south)) else doubled
