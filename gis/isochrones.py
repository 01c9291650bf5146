"""The area from which places are reached within a limit, as polygons.

Every stretch of road within the limit is sampled on a raster; whatever lies within `beside_m` of one, by an
exact distance transform, is inside, and the contour of that distance is the outline. It is the union of
buffers of all reached stretches, but for the rounding of corners to the raster, in a small part of the time.
The raster is 20 m wide where the area is a town and coarser where it is a county, and says so.
"""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from contourpy import FillType, contour_generator
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from gis.errors import InputError
from gis.kernels import Floats
from gis.network import By, Network, Snapped
from gis.travel import at_nodes, most_cost, nearest

CELL_M = 20.0
BESIDE_M = 60.0  # how far from a road still counts as there; default of this project, to be confirmed
MOST_CELLS = 6_000_000  # a coarser raster beyond this many


def isochrones(
    network: Network,
    places: Snapped,
    limits: list[float],
    *,
    by: By = "time",
    beside_m: float = BESIDE_M,
    cell_m: float = CELL_M,
) -> gpd.GeoDataFrame:
    """Return the area from which the nearest of the places is reached, for each limit.

    Parameters
    ----------
    places
        Snapped to this network.
    limits
        Seconds (`by` time) or metres (`by` distance), each above 0.
    beside_m
        How far beside a road the area goes; at least a cell and a half of the raster used.

    Returns
    -------
    GeoDataFrame
        One row a limit, rising: `limit`, `cell_m` of the raster used, and a polygon or multipolygon in the
        metric system of the network (empty where nothing is within the limit).

    Raises
    ------
    InputError
        There is no limit, or one that is not above 0.
    """
    if not limits or min(limits) <= 0:
        raise InputError("An isochrone needs limits above 0, such as 10min.")
    spots, cost = _reached(network, places, max(limits), by, cell_m)
    rows = []
    for limit in sorted(set(limits)):
        inside = spots[cost <= most_cost(limit)]
        size_m = _cell(inside, cell_m, beside_m)
        rows.append((limit, size_m, _outline(inside, size_m, max(beside_m, 1.5 * size_m))))
    told = pd.DataFrame(rows, columns=["limit", "cell_m", "geometry"])
    return gpd.GeoDataFrame(told, geometry="geometry", crs=network.epsg)


def _reached(
    network: Network, places: Snapped, limit: float, by: By, step_m: float
) -> tuple[Floats, NDArray[np.int32]]:
    """Return positions along all roads within a limit, closer than the step, and their costs."""
    cost = at_nodes(network, places, limit=limit, by=by).cost
    most = most_cost(limit)
    near = np.minimum(cost[network.start], cost[network.end]) <= most
    near[places.edge[places.edge >= 0]] = True
    edge = np.flatnonzero(near)
    length_m = network.segments.length_m[edge]
    many = np.maximum(1, np.ceil(length_m / (step_m / 2))).astype(np.int64) + 1
    on = np.repeat(edge, many).astype(np.int32)
    number = np.arange(len(on)) - np.repeat(np.cumsum(many) - many, many)
    fraction = number / np.repeat(many - 1, many)
    samples = Snapped(on, fraction, np.zeros(len(on)))
    found = nearest(network, samples, places, limit=limit, by=by).cost
    within = found <= most
    return network.segments.position(on[within], fraction[within]), found[within]


def _cell(spots: Floats, cell_m: float, beside_m: float) -> float:
    """Return the width of a cell so that the raster is not too large."""
    if not len(spots):
        return cell_m
    wide, high = np.ptp(spots, axis=0) + 4 * beside_m
    return float(max(cell_m, np.ceil(np.sqrt(wide * high / MOST_CELLS))))


def _outline(spots: Floats, cell_m: float, beside_m: float) -> shapely.Geometry:
    """Return the area within a distance of positions, by a raster of cells."""
    if not len(spots):
        return shapely.MultiPolygon()
    margin = int(np.ceil(beside_m / cell_m)) + 2
    corner = np.floor(spots.min(axis=0) / cell_m).astype(np.int64) - margin
    cells = np.floor(spots / cell_m).astype(np.int64) - corner
    free = np.ones((cells[:, 1].max() + margin + 1, cells[:, 0].max() + margin + 1), bool)
    free[cells[:, 1], cells[:, 0]] = False
    spot = np.zeros((*free.shape, 2))  # where in its cell a road lies, so that no cell shifts the outline
    spot[cells[:, 1], cells[:, 0]] = spots
    row, column = distance_transform_edt(free, return_distances=False, return_indices=True)
    x, y = (
        (np.arange(size) + 0.5 + start) * cell_m for size, start in zip(free.shape[::-1], corner, strict=True)
    )
    near = spot[row, column]
    far_m = np.hypot(near[..., 0] - x, near[..., 1] - y[:, None])
    areas = contour_generator(x, y, -far_m, fill_type=FillType.OuterOffset)
    outlines = areas.filled(-beside_m, 1.0)[:2]
    parts = [
        shapely.Polygon(rings[0], rings[1:])
        for outline, cuts in zip(*outlines, strict=True)
        if outline is not None and cuts is not None
        for rings in [[outline[begin:end] for begin, end in pairwise(cuts)]]
    ]
    return shapely.union_all(shapely.make_valid(np.array(parts, dtype=object)))
