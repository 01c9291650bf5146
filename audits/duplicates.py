"""Which reports speak of one and the same thing, across inspectors and the public.

Reports are clustered by complete linkage, the baseline of street audits: no two reports of a cluster are
farther apart than the radius of their element (Project Sidewalk, 7.5 m for kerb ramps and 10 m for the
rest). Two things are known here that it does not know, and they come first. A report that names its asset
belongs to that asset, however far off its position is; and one visit does not report one thing twice, since
an inspector numbers the elements. What names nothing joins the asset, or the others, around it.

Reports are put in order by their number before anything is computed, so the order of input means nothing.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist, squareform
from shapely import Point

from gis.crs import check_metric
from gis.errors import SchemaError

RADIUS_M = {"kerb_ramp": 7.5}
OTHER_RADIUS_M = 10.0
HINT_M = 250.0  # for reports of the public: shown to whoever decides, never joined by itself
NEVER_M = 1e9  # between reports that cannot be of one thing
NEEDED = ("uid", "element", "source")
OPTIONAL = ("asset", "visit_uid", "reported_on")

MERGED = ("cluster", "element", "asset", "reports", "sources", "count", "first_on", "last_on", "geometry")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Nodes:
    """What is clustered within one element: an asset with its reports, or one report that names none.

    Attributes
    ----------
    points
        Metres, shape (n, 2): the median of the asset's reports, or the report's own position.
    asset
        Whether a node is an asset; two assets are two things.
    visits
        For each node the visits that reported it, empty for the public.
    """

    points: Floats
    asset: NDArray[np.bool_]
    visits: list[frozenset[str]]


def clusters(reports: GeoDataFrame) -> "pd.Series[str]":
    """Return for each report the number (uid) of the first report of its cluster.

    Parameters
    ----------
    reports
        Points in a metric CRS with `uid` (unique), `element` and `source` (`inspection` or `public`), and
        where known `asset` (such as `toilets/T0001/door/1`) and `visit_uid`. A point may be missing.

    Returns
    -------
    Series
        With the index of `reports`, name `cluster`.

    Raises
    ------
    CrsError
        The reports are in degrees.
    SchemaError
        A column is missing, or two reports share a number.
    """
    known = _checked(reports)
    label = pd.Series(known["uid"].to_numpy(), index=known.index, name="cluster", dtype="str")
    for element, of_element in known.groupby("element", sort=True):
        groups = _groups(of_element, RADIUS_M.get(str(element), OTHER_RADIUS_M))
        first = of_element.groupby(groups)["uid"].transform("min")
        label.loc[of_element.index] = first
    return label.reindex(reports.index)


def merged(reports: GeoDataFrame, cluster: "pd.Series[str]") -> GeoDataFrame:
    """Return one row a cluster that keeps who said so.

    Returns
    -------
    GeoDataFrame
        `cluster`, `element`, `asset` (None if nobody named it), `reports` (their numbers, a tuple),
        `sources` (those that reported, a tuple), `count`, `first_on`, `last_on` and the median position,
        in the order of `cluster`.
    """
    known = _checked(reports).assign(cluster=cluster)
    rows = [_merged(str(name), members) for name, members in known.groupby("cluster", sort=True)]
    columns = [
        "cluster",
        "element",
        "asset",
        "reports",
        "sources",
        "count",
        "first_on",
        "last_on",
        "geometry",
    ]
    return GeoDataFrame(rows, columns=columns, geometry="geometry", crs=reports.crs)


def hints(reports: GeoDataFrame, cluster: "pd.Series[str]") -> pd.DataFrame:
    """Return, for reports of the public, other clusters of the element within 250 m, nearest first.

    Returns
    -------
    DataFrame
        `uid` (the public report), `cluster` (which it may repeat), `distance_m` (to its nearest report).
    """
    known = _checked(reports).assign(cluster=cluster)
    known = known[known.geometry.notna()]
    found = []
    for _, of_element in known.groupby("element", sort=True):
        points = _coordinates(of_element)
        names, uids = of_element["cluster"].to_numpy(), of_element["uid"].to_numpy()
        public = np.flatnonzero(of_element["source"] == "public")
        near = cKDTree(points).query_ball_point(points[public], HINT_M)
        for row, others in zip(public, near, strict=True):
            found += [
                (uids[row], names[other], float(np.hypot(*(points[other] - points[row]))))
                for other in others
                if names[other] != names[row]
            ]
    table = pd.DataFrame(found, columns=["uid", "cluster", "distance_m"])
    nearest = table.sort_values(["uid", "distance_m", "cluster"]).drop_duplicates(["uid", "cluster"])
    return nearest.reset_index(drop=True)


def complete_linkage(points: Floats, radius_m: float) -> NDArray[np.intp]:
    """Return the cluster of each point by complete linkage alone: the baseline.

    Parameters
    ----------
    points
        Metres, shape (n, 2).
    """
    return _linked(pdist(points), len(points), radius_m)


def _groups(of_element: pd.DataFrame, radius_m: float) -> NDArray[np.intp]:
    # Assets first, then the rest around them; a report without asset and position stays alone.
    asset = of_element["asset"]
    key = asset.where(asset.notna(), "\0" + of_element["uid"].astype(str))
    number, _ = pd.factorize(key)
    nodes = _nodes(of_element, number)
    placed = np.isfinite(nodes.points).all(axis=1)
    group = np.arange(len(nodes.points))
    where = np.flatnonzero(placed)
    for part in _parts(nodes.points[where], radius_m):
        members = where[part]
        linked = _linked(_distances(nodes, members), len(members), radius_m)
        group[members] = members[[int(np.flatnonzero(linked == value)[0]) for value in linked]]
    return group[number]


def _nodes(of_element: pd.DataFrame, number: NDArray[np.intp]) -> Nodes:
    spots = pd.DataFrame(_coordinates(of_element), columns=["x", "y"])
    middle = spots.groupby(number).median().to_numpy()
    named = of_element["asset"].notna().groupby(number).any().to_numpy()
    visits: list[set[str]] = [set() for _ in middle]
    for node, visit in zip(number, of_element["visit_uid"], strict=True):
        if isinstance(visit, str):
            visits[node].add(visit)
    return Nodes(middle, named, [frozenset(each) for each in visits])


def _distances(nodes: Nodes, members: NDArray[np.intp]) -> Floats:
    distances = squareform(pdist(nodes.points[members]))
    apart = np.logical_and.outer(nodes.asset[members], nodes.asset[members])
    shared = Counter(visit for member in members for visit in nodes.visits[member])
    for visit in sorted(visit for visit, times in shared.items() if times > 1):
        same = np.array([visit in nodes.visits[member] for member in members])
        apart |= np.logical_and.outer(same, same)
    np.fill_diagonal(apart, val=False)
    distances[apart] = NEVER_M
    return np.asarray(squareform(distances, checks=False), dtype=np.float64)


def _linked(distances: Floats, size: int, radius_m: float) -> NDArray[np.intp]:
    if size < 2:
        return np.zeros(size, dtype=np.intp)
    found = fcluster(linkage(distances, "complete"), radius_m, "distance")
    return np.asarray(found, dtype=np.intp)


def _parts(points: Floats, radius_m: float) -> list[NDArray[np.intp]]:
    # Complete linkage never joins what no chain of neighbours connects, so each chain is worked on alone.
    pairs = (
        cKDTree(points).query_pairs(radius_m, output_type="ndarray") if len(points) else np.empty((0, 2), int)
    )
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(points), len(points)))
    count, part = connected_components(graph, directed=False)
    order = np.argsort(part, kind="stable")
    return [
        rows for rows in np.split(order, np.searchsorted(part[order], np.arange(1, count))) if len(rows) > 1
    ]


def _merged(name: str, members: pd.DataFrame) -> tuple[object, ...]:
    named = sorted(members["asset"].dropna().unique())
    spots = _coordinates(members)
    spots = spots[np.isfinite(spots).all(axis=1)]
    days = sorted(day for day in members["reported_on"] if pd.notna(day))
    return (
        name, members["element"].iloc[0], named[0] if named else None, tuple(sorted(members["uid"])),
        tuple(sorted(set(members["source"]))), len(members), days[0] if days else None,
        days[-1] if days else None, Point(*np.median(spots, axis=0)) if len(spots) else None,
    )  # fmt: skip


def _coordinates(reports: GeoDataFrame) -> Floats:
    return np.column_stack([reports.geometry.x, reports.geometry.y]).astype(np.float64)


def _checked(reports: GeoDataFrame) -> GeoDataFrame:
    check_metric(reports)
    missing = [name for name in NEEDED if name not in reports]
    if missing:
        raise SchemaError("reports", f"the column {missing[0]} is missing; it needs {', '.join(NEEDED)}")
    if reports["uid"].duplicated().any():
        twice = reports.loc[reports["uid"].duplicated(), "uid"].iloc[0]
        raise SchemaError("reports", f"the number {twice} stands twice; give every report its own")
    known = reports.copy()
    for name in OPTIONAL:
        if name not in known:
            known[name] = None
    return known.sort_values("uid")
