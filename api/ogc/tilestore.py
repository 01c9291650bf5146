"""The SQL of tiles: PostGIS makes them itself, SpatiaLite hands over what is near and `maps.tiles` encodes.

What may be questioned: no tree of shapes is kept in memory for SpatiaLite. Its own R*Tree finds the rows of
a tile as fast, is never stale, and asks for the rights of the caller in the same query.
"""

import math
from typing import Any

import numpy as np
import shapely
from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Integer,
    Select,
    bindparam,
    func,
    literal_column,
    select,
)

from api.ogc.conditions import SIDES, Scope, conditions, near
from api.ogc.model import Collection, Field
from api.ogc.prepared import prepared_as
from api.ogc.query import Query
from gis.db import is_spatialite
from maps.tiles import BUFFER, EXTENT, Tile, encoded


def tile_of(connection: Connection, collection: Collection, tile: Tile, scope: Scope) -> bytes:
    """Return a tile of the features that the caller may see; empty where there are none."""
    lite = is_spatialite(connection)
    statement = _rows if lite else _tile
    form = next((below for below, _ in collection.by_zoom if tile.zoom < below), 0)
    asked = prepared_as(
        ("tile", collection, lite, form, scope), connection, lambda: statement(collection, tile, scope)
    )
    bounds = {f"{side}_0": value for side, value in zip(SIDES, tile.bounds, strict=True)}
    if lite:
        return _encoded(collection, tile, asked.run(connection, bounds).cursor.fetchall())
    place = {"zoom": tile.zoom, "column": tile.column, "row": tile.row} | {
        "side": float(EXTENT << tile.zoom),
        "left": float(tile.column * EXTENT),
        "top": float(tile.row * EXTENT),
    }
    return bytes(asked.first(connection, bounds | place)[0])


def _tile(collection: Collection, tile: Tile, scope: Scope) -> Select[Any]:
    table = collection.table
    shape = _spot(collection) if collection.geometry == "Point" else _clipped(collection)
    inner = (
        select(table.c.id, *(table.c[one.name] for one in collection.tiled), shape.label("geom"))
        .where(*_shown(collection, tile, scope))
        .subquery("tile")
    )
    made = func.ST_AsMVT(literal_column("tile"), collection.id, EXTENT, "geom", "id")
    return (
        select(func.coalesce(made, literal_column("''::bytea")))
        .select_from(inner)
        .where(inner.c.geom.is_not(None))
    )


def _clipped(collection: Collection) -> ColumnElement[Any]:
    numbers: list[Any] = [bindparam(name, type_=Integer()) for name in ("zoom", "column", "row")]
    envelope = func.ST_TileEnvelope(*numbers)
    projected = func.ST_Transform(collection.table.c.geom, 3857, type_=None)
    found: ColumnElement[Any] = func.ST_AsMVTGeom(
        projected, envelope, EXTENT, BUFFER, literal_column("true"), type_=None
    )
    return found


def _spot(collection: Collection) -> ColumnElement[Any]:
    """Return a point in the tile's own numbers, by the formula of the map: nothing is to be clipped."""
    geom = collection.table.c.geom
    side, left, top = (_number(name) for name in ("side", "left", "top"))
    east = (func.ST_X(geom, type_=Double()) + 180.0) / 360.0
    lat: ColumnElement[float] = func.radians(func.ST_Y(geom), type_=Double())
    north = func.ln(func.tan(math.pi / 4 + lat / 2), type_=Double()) / (2 * math.pi)
    found: ColumnElement[Any] = func.ST_MakePoint(
        func.round(east * side - left), func.round((0.5 - north) * side - top), type_=None
    )
    return found


def _number(name: str) -> ColumnElement[float]:
    return bindparam(name, type_=Double())


def _rows(collection: Collection, tile: Tile, scope: Scope) -> Select[Any]:
    table = collection.table
    columns: list[Any] = [literal_column(f'"{one.name}"') for one in collection.tiled]
    return (
        select(table.c.id, func.ST_AsBinary(table.c.geom), *columns)
        .select_from(table)
        .where(*_shown(collection, tile, scope))
        .order_by(table.c.id)
    )


def _shown(collection: Collection, tile: Tile, scope: Scope) -> list[Any]:
    return [*conditions(collection, Query(), scope), collection.shown(tile.zoom), near(collection, 0)]


def _encoded(collection: Collection, tile: Tile, rows: list[tuple[Any, ...]]) -> bytes:
    if not rows:
        return b""
    ids, blobs, *columns = zip(*rows, strict=True)
    shapes = shapely.from_wkb(np.array(blobs, dtype=object))
    told = {one.name: _told(one, values) for one, values in zip(collection.tiled, columns, strict=True)}
    return encoded(collection.id, tile, shapes, ids, told)


def _told(one: Field, values: tuple[Any, ...]) -> list[Any]:
    # SQLite keeps yes and no as numbers.
    if one.kind == "bool":
        return [None if value is None else bool(value) for value in values]
    return list(values)
