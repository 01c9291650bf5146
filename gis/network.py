"""The road graph of one mode of travel: edges, what they cost, and where a place joins them.

Everything is a numpy array: nodes and edges in Z-order, costs as whole tenths of a second (or decimetres),
so that two machines give the same answer and a search needs no heap. Places join edges, not nodes.

The decision a reader would question: what blocks an edge for good (steps, a raised kerb in the road layer)
makes it unfit to join, so that a home beside steps goes by the next way; but a barrier that an inspection
found never moves the place where a home joins. It stands at its own position, and who lives on its near
side gets away on that side. Hence fewer barriers never make anything farther.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.crs import check_metric
from gis.errors import CrsError, EmptyLayerError, SchemaError
from gis.kernels import NEVER, Floats, Ints
from gis.modes import Mode, facts, pace, usable
from gis.noding import node
from gis.segments import Segments, nearest

By = Literal["time", "distance"]
Longs = NDArray[np.int64]

PER_SECOND = 10  # costs by time are tenths of a second
PER_METRE = 10  # costs by distance are decimetres


@dataclass(frozen=True)
class Graph:
    """Arcs by the node they leave: those of node n are `arcs[start[n]:start[n + 1]]`, (node, cost) each.

    `dearest` is the highest cost of an arc that is open.
    """

    start: Ints
    arcs: Ints
    dearest: int


@dataclass(frozen=True)
class Snapped:
    """Where points join the network, all arrays of shape (points,).

    Attributes
    ----------
    edge
        Index of the edge, -1 for a point too far from every edge.
    fraction
        Share of the edge before the joint, 0-1.
    distance_m
        Straight way from the point to the joint; infinite for a point off the network.
    """

    edge: Ints
    fraction: Floats
    distance_m: Floats


@dataclass(frozen=True, eq=False)
class Barriers:
    """What stands on edges, sorted by edge and fraction.

    Attributes
    ----------
    edge, fraction
        Where it stands.
    delay
        Tenths of a second to pass it; NEVER where there is no passing.
    source
        What it comes from, such as the uid of a finding.
    """

    edge: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    fraction: Floats = field(default_factory=lambda: np.zeros(0))
    delay: Longs = field(default_factory=lambda: np.zeros(0, np.int64))
    source: NDArray[np.object_] = field(default_factory=lambda: np.zeros(0, object))

    def costs(self, by: By) -> Longs:
        """Return what it costs to pass each: a delay costs no metres, but what stops stops."""
        return self.delay if by == "time" else np.where(self.delay < NEVER, 0, NEVER)


@dataclass(frozen=True, eq=False)
class Network:
    """A road graph for one mode; made by `build`, changed by `gis.barriers.with_barriers`.

    Attributes
    ----------
    mode, epsg
        Mode of travel and metric system.
    xy
        Nodes, shape (nodes, 2), metres.
    start, end
        Nodes of every edge, shape (edges,).
    road, uid
        Position of the edge's road in the layer, and the `uid` of that road.
    length
        Decimetres, at least 1.
    ahead, back
        Tenths of a second as drawn and against the drawing, at least 1, without the delay of `barriers`;
        NEVER where there is no way.
    reason
        Position in `gis.modes.REASONS` of what blocks the edge for good, 0 where nothing does.
    segments
        Shapes; `findable` are the edges that a place may join.
    barriers
        What inspections found on the edges.
    repairs
        Ends that narrowly missed each other, see `gis.noding`, with `uid` and `other_uid`.
    """

    mode: Mode
    epsg: int
    xy: Floats
    start: Ints
    end: Ints
    road: Ints
    uid: NDArray[np.object_]
    length: Ints
    ahead: Ints
    back: Ints
    reason: NDArray[np.int8]
    segments: Segments
    barriers: Barriers
    repairs: pd.DataFrame

    @cached_property
    def component(self) -> Ints:
        """Connected component of every node by edges open in at least one direction; 0 is the largest."""
        ahead, back = self.costs("time")
        way = np.minimum(ahead, back) < NEVER
        ends = (self.start[way], self.end[way])
        links = coo_array((np.ones(int(way.sum()), np.int8), ends), shape=(len(self.xy), len(self.xy)))
        label = connected_components(links, directed=False)[1]
        rank = np.argsort(np.argsort(-np.bincount(label), kind="stable"), kind="stable")
        return np.asarray(rank[label], np.int32)

    def costs(self, by: By) -> tuple[Ints, Ints]:
        """Return the cost of every edge as drawn and against the drawing, barriers included."""
        delay = np.zeros(len(self.start), np.int64)
        np.add.at(delay, self.barriers.edge, self.barriers.costs(by))
        if by == "time":
            ahead, back = self.ahead + delay, self.back + delay
        else:
            ahead = np.where((self.ahead < NEVER) & (delay < NEVER), self.length, NEVER)
            back = np.where((self.back < NEVER) & (delay < NEVER), self.length, NEVER)
        return np.minimum(ahead, NEVER).astype(np.int32), np.minimum(back, NEVER).astype(np.int32)

    def graph(self, by: By, *, toward: bool) -> Graph:
        """Return the graph for searches from places, or `toward` them (every arc turned round)."""
        return self._graphs[by, toward]

    @cached_property
    def arc_edge(self) -> Ints:
        """Edge of every arc of the graphs from places; plus the number of edges where it runs against it."""
        return np.argsort(np.concatenate([self.start, self.end]), kind="stable").astype(np.int32)

    @cached_property
    def _graphs(self) -> "dict[tuple[By, bool], Graph]":
        return _Graphs(self)


class _Graphs(dict["tuple[By, bool]", Graph]):
    """The four graphs of a network, each made when it is first asked for."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def __missing__(self, key: tuple[By, bool]) -> Graph:
        network, (by, toward) = self.network, key
        ahead, back = network.costs(by)
        # By the end of an edge one arrives from its start at the cost ahead, and leaves at the cost back.
        costs = np.concatenate([back, ahead] if toward else [ahead, back])
        leave = np.concatenate([network.start, network.end])
        arrive = np.concatenate([network.end, network.start])
        order = np.argsort(leave, kind="stable")
        start = np.zeros(len(network.xy) + 1, np.int32)
        np.cumsum(np.bincount(leave, minlength=len(network.xy)), out=start[1:])
        arcs = np.ascontiguousarray(np.stack([arrive[order], costs[order]], axis=1))
        self[key] = Graph(start, arcs, int(costs[costs < NEVER].max(initial=1)))
        return self[key]


def build(roads: gpd.GeoDataFrame, *, mode: Mode) -> Network:
    """Return the network of a mode from the road layer.

    Parameters
    ----------
    roads
        The layer `roads` in a metric CRS; only `uid`, `road_class` and the geometry must be there.

    Raises
    ------
    CrsError
        The layer is not in metres.
    EmptyLayerError
        No road may be used by the mode.
    SchemaError
        The layer lacks `uid` or `road_class`.
    CodeError
        The mode or a road class is not known.
    """
    check_metric(roads)
    if "uid" not in roads:
        raise SchemaError("roads", "column uid is missing; a finding names the road it was made on by it")
    roads = roads[usable(roads, mode)]
    noded = node(roads)
    if not len(noded.start):
        raise EmptyLayerError("roads")
    on_roads = pace(roads, mode)
    uid, length_m = roads["uid"].to_numpy(object), noded.segments.length_m
    segments = Segments(noded.segments.xy, noded.segments.first, on_roads.joinable[noded.road])
    repairs = noded.repairs.assign(uid=uid[noded.repairs["road"]], other_uid=uid[noded.repairs["other"]])
    return Network(
        mode=mode,
        epsg=int(roads.crs.to_epsg()),
        xy=noded.xy,
        start=noded.start,
        end=noded.end,
        road=noded.road,
        uid=uid[noded.road],
        length=_whole(length_m * PER_METRE),
        ahead=_whole(length_m * on_roads.ahead_s_per_m[noded.road] * PER_SECOND),
        back=_whole(length_m * on_roads.back_s_per_m[noded.road] * PER_SECOND),
        reason=on_roads.reason[noded.road],
        segments=segments,
        barriers=Barriers(),
        repairs=repairs.drop(columns=["road", "other"]),
    )


def snap(network: Network, points: gpd.GeoDataFrame, *, limit_m: float | None = None) -> Snapped:
    """Return where points join the network: exactly, on the nearest edge that may be joined.

    Parameters
    ----------
    points
        Points in the metric system of the network; missing and empty ones join nothing.
    limit_m
        How far the edge may be; by default `snap_limit_m` of the mode.

    Raises
    ------
    CrsError
        The points are in another system than the network.
    """
    check_metric(points)
    if points.crs.to_epsg() != network.epsg:
        raise CrsError(
            f"The places are in {points.crs.to_string()}, the network in EPSG:{network.epsg};"
            f" bring them together with gis.crs.to_metric(frame, {network.epsg})."
        )
    limit_m = float(facts(network.mode)["snap_limit_m"]) if limit_m is None else limit_m
    xy = np.column_stack([points.geometry.x, points.geometry.y])
    found = nearest(network.segments, xy, limit_m)
    return Snapped(found.edge, found.fraction, found.distance_m)


def _whole(costs: Floats) -> Ints:
    return np.clip(np.rint(costs), 1, NEVER).astype(np.int32)
