"""Barriers that inspections found, and closures of a season, put onto a network without building it anew.

They come as a frame, made by `planner` from findings, so that this package knows no audits. A barrier stands
at one position of one edge: who lives on its near side still gets away on that side.
"""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.crs import check_metric
from gis.errors import SchemaError
from gis.kernels import NEVER
from gis.network import PER_SECOND, Barriers, Longs, Network
from gis.segments import Segments, nearest

PLACE_LIMIT_M = 30.0  # default of this project, to be confirmed by the federation


@dataclass(frozen=True)
class Obstructed:
    """A network with barriers.

    Attributes
    ----------
    network
        Shares everything but the barriers with the network that was given.
    unplaced
        `source` of barriers that concern the mode but stand near no road of the network.
    """

    network: Network
    unplaced: list[str]


def with_barriers(
    network: Network, barriers: gpd.GeoDataFrame, *, limit_m: float = PLACE_LIMIT_M
) -> Obstructed:
    """Return the network with these barriers in place of whatever barriers it had.

    Parameters
    ----------
    barriers
        Points in a metric CRS (missing where only the road is known: then in the middle of every edge of
        that road), with columns `source`; `delay_s` (seconds to pass; missing means no passing); optionally
        `modes` (such as `wheelchair;walk`; missing means all) and `road_uid` (the road it was found on).
    limit_m
        How far from its road a barrier may have been recorded.

    Raises
    ------
    SchemaError
        A column is missing, or a delay is negative.
    CrsError
        The barriers are not in metres.
    """
    check_metric(barriers)
    barriers = _of_mode(barriers, network.mode)
    road_uid = barriers["road_uid"] if "road_uid" in barriers else pd.Series(None, index=barriers.index)
    located = barriers.geometry.notna() & ~barriers.geometry.is_empty
    row, edge, fraction = _at_positions(network, barriers, road_uid.where(located), located, limit_m)
    on_road = pd.DataFrame({"uid": network.uid, "edge": np.arange(len(network.uid))}).merge(
        pd.DataFrame({"uid": road_uid[~located], "row": np.flatnonzero(~located)}).dropna(), on="uid"
    )
    row = np.concatenate([row, on_road["row"].to_numpy(int)])
    edge = np.concatenate([edge, on_road["edge"].to_numpy(np.int32)])
    fraction = np.concatenate([fraction, np.full(len(on_road), 0.5)])
    delay = np.rint(barriers["delay_s"].astype(float).to_numpy() * PER_SECOND)
    delay = np.where(np.isnan(delay), NEVER, delay).astype(np.int64)[row]
    source = barriers["source"].to_numpy(object)
    order = np.lexsort((row, fraction, edge))
    placed = Barriers(edge[order].astype(np.int32), fraction[order], delay[order], source[row][order])
    unplaced = np.setdiff1d(np.arange(len(barriers)), row)
    return Obstructed(replace(network, barriers=placed), source[unplaced].tolist())


def _of_mode(barriers: gpd.GeoDataFrame, mode: str) -> gpd.GeoDataFrame:
    for column in ("source", "delay_s"):
        if column not in barriers:
            raise SchemaError("barriers", f"column {column} is missing")
    if (barriers["delay_s"] < 0).any():
        raise SchemaError("barriers", "delay_s is negative; a barrier takes time or stops")
    if "modes" not in barriers:
        return barriers
    modes = barriers["modes"].fillna(mode).astype(str)
    return barriers[np.array([mode in named.replace(" ", "").split(";") for named in modes], bool)]


def _at_positions(
    network: Network, barriers: gpd.GeoDataFrame, road_uid: pd.Series, located: pd.Series, limit_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row, edge and fraction of barriers that have a position; on their road where it is known."""
    xy = np.column_stack([barriers.geometry.x, barriers.geometry.y])
    edge, fraction = np.full(len(barriers), -1, np.int32), np.zeros(len(barriers))
    known = (road_uid.isin(network.uid) & located).to_numpy()
    shapes = network.segments
    concerned = np.flatnonzero(pd.Index(road_uid.to_numpy()[known]).unique().get_indexer(network.uid) >= 0)
    edges_of = pd.Series(concerned).groupby(network.uid[concerned]).indices
    for uid, rows in pd.Series(np.flatnonzero(known)).groupby(road_uid.to_numpy()[known]):
        edges = concerned[edges_of[uid]]
        found = nearest(_some(shapes, edges), xy[rows], limit_m)
        edge[rows] = np.where(found.edge >= 0, edges[found.edge], -1)
        fraction[rows] = found.fraction
    rest = np.flatnonzero(located.to_numpy() & ~known)
    everything = Segments(shapes.xy, shapes.first, np.ones(len(network.start), bool))
    found = nearest(everything, xy[rest], limit_m)
    edge[rest], fraction[rest] = found.edge, found.fraction
    row = np.flatnonzero(edge >= 0)
    return row, edge[row], fraction[row]


def _some(shapes: Segments, edges: Longs) -> Segments:
    """Return the shapes of some edges alone, numbered anew."""
    parts = [shapes.xy[shapes.first[edge] : shapes.first[edge + 1]] for edge in edges]
    first = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    return Segments(np.concatenate(parts), first, np.ones(len(edges), bool))
