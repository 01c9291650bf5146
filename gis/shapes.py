"""Vectorised operations on arrays of shapes (object arrays of shapely geometries, None where missing).

What `gis.geometry` and the readers are written in; nothing here knows a layer, a row or a reason.
"""

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.wkb import DEEPEST_NESTING

Bools = NDArray[np.bool_]
Positions = NDArray[np.float64]
Shapes = NDArray[np.object_]
Bounds = tuple[float, float, float, float]  # west, south, east, north

# GEOS type ids.
POINT, LINE, RING, POLYGON, POINTS, LINES, POLYGONS, COLLECTION = range(8)
LINEAR, AREAL = (LINE, RING, LINES), (POLYGON, POLYGONS)


def masked(shapes: Shapes, keep: Bools) -> Shapes:
    """Return the shapes with None where `keep` is false."""
    kept = shapes.copy()
    kept[~keep] = None
    return kept


def placed(shapes: Shapes) -> Bools:
    """Return which shapes are there and not empty."""
    placed: Bools = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    return placed


def any_position(shapes: Shapes, wrong: Callable[[Positions], Bools]) -> Bools:
    """Return which shapes have a position of which a coordinate, of the (n, 2) handed over, is wrong."""
    positions, owners = shapely.get_coordinates(shapes, return_index=True)
    found: Bools = np.bincount(owners[wrong(positions).any(axis=1)], minlength=len(shapes)).astype(bool)
    return found


def outside(shapes: Shapes, bounds: Bounds, *, swapped: bool = False) -> Bools:
    """Return which shapes have a position outside the box, as they are or with their axes swapped."""
    axes = [1, 0] if swapped else [0, 1]
    low, high = np.array(bounds[:2])[axes], np.array(bounds[2:])[axes]
    return any_position(shapes, lambda positions: (positions < low) | (positions > high))


def single_parts(shapes: Shapes) -> Shapes:
    """Return multi-parts and collections of one part as that part, rings as lines."""
    for _ in range(DEEPEST_NESTING):
        one = (shapely.get_type_id(shapes) >= POINTS) & (shapely.get_num_geometries(shapes) == 1)
        if not one.any():
            break
        shapes = np.where(one, shapely.get_geometry(shapes, 0), shapes)
    rings = shapely.get_type_id(shapes) == RING
    if rings.any():
        shapes = shapes.copy()
        shapes[rings] = [shapely.LineString(ring) for ring in shapes[rings]]
    return shapes


def joined(shapes: Shapes) -> Shapes:
    """Return multi-part lines with the parts joined that meet end to end."""
    multi = shapely.get_type_id(shapes) == LINES
    joined: Shapes = np.where(multi, shapely.line_merge(masked(shapes, multi)), shapes)
    return joined


def valid_areas(shapes: Shapes) -> Shapes:
    """Return the areas that broken outlines enclose, as valid (multi-)polygons, empty where there is none.

    GEOS 3.13 now and then answers with a shape that is again invalid (two triangles that share a side, a
    hole that touches the outline by rounding); a buffer of no width puts those right. What resists is empty.
    """
    areas = polygons_only(shapely.make_valid(shapes, method="structure", keep_collapsed=False))
    broken = ~shapely.is_valid(areas)
    areas[broken] = polygons_only(shapely.buffer(areas[broken], 0))
    areas[~shapely.is_valid(areas)] = shapely.Polygon()
    return areas


def polygons_only(shapes: Shapes) -> Shapes:
    """Return the areas of shapes, of one part as a polygon, of several as a multi-polygon."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    types = shapely.get_type_id(parts)
    inner, inner_owners = shapely.get_parts(parts[types == POLYGONS], return_index=True)
    areas = np.concatenate([parts[types == POLYGON], inner])
    area_owners = np.concatenate([owners[types == POLYGON], owners[types == POLYGONS][inner_owners]])
    order = np.argsort(area_owners, kind="stable")
    found = np.full(len(shapes), shapely.Polygon(), dtype=object)
    if len(areas):
        shapely.multipolygons(areas[order], indices=area_owners[order], out=found)
    return single_parts(found)
