"""The SQL of tiles: PostGIS makes them itself, SpatiaLite hands over what is near and `maps.tiles` encodes.

What may be questioned: no tree of shapes is kept in memory for SpatiaLite. Its own R*Tree finds the rows of
a tile as fast, is never stale, and asks for the rights of the caller in the same query.
"""

from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, Integer, Select, bindparam, func, literal_column, select

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
    place = {"zoom": tile.zoom, "column": tile.column, "row": tile.row}
    return bytes(asked.first(connection, bounds | place)[0])


def _tile(collection: Collection, tile: Tile, scope: Scope) -> Select[Any]:
    table = collection.table
    numbers: list[Any] = [bindparam(name, type_=Integer()) for name in ("zoom", "column", "row")]
    envelope = func.ST_TileEnvelope(*numbers)
    shape = func.ST_AsMVTGeom(
        func.ST_Transform(table.c.geom, 3857, type_=None), envelope, EXTENT, BUFFER, literal_column("true")
    )
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
