"""The shapes that a filter writes, and the relations of space between them and the features."""

import math
from typing import Any

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Column, LargeBinary, and_, bindparam, false, func, or_, true
from sqlalchemy import ColumnElement as Sql

from api.ogc.cql2.functions import Relation
from api.ogc.cql2.values import Value
from api.ogc.cql2.words import NESTING
from api.ogc.crs import Crs, to_lonlat
from gis.errors import InputError
from gis.spatial import BboxHit
from gis.tables import WGS84

__all__ = ["Crs", "boxes", "related", "shape_of"]

Node = Any  # a tree of CQL2 JSON

_MIRRORED = {"s_within": "s_contains", "s_contains": "s_within"}


def shape_of(node: Node, crs: Crs) -> Value:
    """Return a GeoJSON geometry or a `bbox` of a filter as a literal in longitude and latitude.

    Raises
    ------
    InputError
        It is neither, a number is not finite, or a ring or line is too short.
    """
    if isinstance(node, dict) and isinstance(node.get("bbox"), list):
        corners = _corners(node["bbox"])
        low, high = to_lonlat(np.array([corners[:2], corners[2:]]), crs).tolist()
        areas = [shapely.box(*box) for box in boxes((low[0], low[1], high[0], high[1]))]
        return Value("geometry", areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas))
    if not isinstance(node, dict):
        raise InputError("filter: a geometry is expected.")
    if node.get("type") == "GeometryCollection":
        members = node.get("geometries")
        if not isinstance(members, list) or not members:
            raise InputError("filter: a geometry collection holds geometries.")
        return Value("geometry", shapely.GeometryCollection([_simple(member, crs) for member in members]))
    return Value("geometry", _simple(node, crs))


def boxes(bounds: tuple[float, float, float, float]) -> list[tuple[float, float, float, float]]:
    """Return west, south, east, north as one box, or as two where it crosses 180 degrees."""
    west, south, east, north = bounds
    if west <= east:
        return [bounds]
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def related(name: str, first: Value, second: Value, geom: Column[Any], *, indexed: bool) -> Sql[bool]:
    """Return whether two shapes stand in a relation.

    Parameters
    ----------
    indexed
        Ask the spatial index first; not under a negation, where it would turn a missing shape into a
        match.

    Raises
    ------
    InputError
        A collection of shapes stands in a relation that is not defined for it.
    """
    if first.is_literal and second.is_literal:
        held = getattr(shapely, name.removeprefix("s_"))(first.literal, second.literal)
        return true() if held else false()
    if first.is_literal:  # the column first: contains and within change places
        first, second, name = second, first, _MIRRORED.get(name, name)
    function = f"ST_{name.removeprefix('s_').capitalize()}"
    if not second.is_literal:
        return Relation(first.sql, second.sql, name=function)
    shape: BaseGeometry = second.literal
    # Not every function takes a collection: its parts intersect where one of them does.
    parts = list(shape.geoms) if shape.geom_type == "GeometryCollection" else [shape]
    if len(parts) > 1 and name not in {"s_intersects", "s_disjoint"}:
        raise InputError(f"filter: '{name}' takes a point, line or polygon, not a collection.")
    found = [_related(function, geom, part, indexed=indexed and name != "s_disjoint") for part in parts]
    return and_(*found) if name == "s_disjoint" else or_(*found)


def _related(function: str, geom: Column[Any], shape: BaseGeometry, *, indexed: bool) -> Sql[bool]:
    blob = bindparam(None, shapely.to_wkb(shape, output_dimension=2), type_=LargeBinary(), unique=True)
    exact = Relation(geom, func.ST_GeomFromWKB(blob, WGS84), name=function)
    return and_(BboxHit(geom, shape.bounds), exact) if indexed else exact


def _simple(node: Node, crs: Crs) -> BaseGeometry:
    kind = node.get("type") if isinstance(node, dict) else None
    if not isinstance(kind, str) or kind not in NESTING:
        raise InputError("filter: a point, line or polygon of GeoJSON is expected.")
    places = _places(node.get("coordinates"), NESTING[kind])
    try:
        shape = shapely.from_geojson(orjson.dumps({"type": kind, "coordinates": places}))
        return shapely.transform(shape, lambda positions: to_lonlat(positions, crs))
    except (shapely.errors.GEOSException, ValueError) as error:
        raise InputError(f"filter: the {kind} cannot be drawn ({error}).") from error


def _places(found: Node, levels: int) -> list[Any]:
    """Return positions of two numbers in as many lists as the type has; whatever else is refused."""
    if not isinstance(found, list) or not found:
        raise InputError("filter: a geometry lacks positions.")
    if levels:
        return [_places(part, levels - 1) for part in found]
    if not 2 <= len(found) <= 4:
        raise InputError("filter: a position has two numbers.")
    return [_finite(number) for number in found[:2]]


def _corners(found: list[Any]) -> list[float]:
    if len(found) not in {4, 6}:
        raise InputError("filter: a box has four numbers.")
    numbers = [_finite(number) for number in found]
    return numbers if len(numbers) == 4 else [*numbers[:2], *numbers[3:5]]


def _finite(found: object) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise InputError("filter: a position has finite numbers.")
    return float(found)
