"""Features as JSON, made by the database: one text for a whole page, no object for each feature.

What may be questioned: the expression is written as SQL text for each database. PostgreSQL has
`json_build_object`; SQLite would need a reading of the geometry's own JSON to nest it, so there the parts
are joined, each value quoted by `json_quote`. Names of columns come from our own tables.
"""

from sqlalchemy import ColumnElement, Text, literal_column

from api.ogc.crs import Crs, axes
from api.ogc.model import Collection, Field

_MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


def feature_json(collection: Collection, crs: Crs, *, lite: bool) -> ColumnElement[str]:
    """Return a feature of GeoJSON as an expression over the table of its collection."""
    shape = f"coalesce({_geometry(crs, lite=lite)}, 'null')"
    key = f'"{collection.key}"'
    name = f"json_quote({key})" if lite else f"to_json({key})::text"
    head = f"""'{{"type":"Feature","id":' || {name} || ',"geometry":' || {shape}"""
    return literal_column(
        f"{head} || ',\"properties\":' || {_properties(collection, lite=lite)} || '}}'", Text()
    )


def geometry_json(crs: Crs, *, lite: bool) -> ColumnElement[str]:
    """Return the geometry alone."""
    return literal_column(_geometry(crs, lite=lite), Text())


def _geometry(crs: Crs, *, lite: bool) -> str:
    how, shape = axes(crs), '"geom"'
    if how.mercator:
        shape = f"ST_Transform({shape}, 3857)"
    if how.swapped:
        shape = f"SwapCoords({shape})" if lite else f"ST_FlipCoordinates({shape})"
    return f"AsGeoJSON({shape}, {how.digits})" if lite else f"ST_AsGeoJSON({shape}, {how.digits}, 0)"


def _properties(collection: Collection, *, lite: bool) -> str:
    if lite:
        parts = (f"""'"{one.name}":' || {_quoted(one)}""" for one in collection.fields)
        return "'{' || " + " || ',' || ".join(parts) + " || '}'"
    parts = (f"'{one.name}', {_value(one)}" for one in collection.fields)
    return f"json_build_object({', '.join(parts)})::text"


def _quoted(one: Field) -> str:
    column = f'"{one.name}"'
    if one.kind == "bool":
        return f"CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END"
    if one.kind == "moment":
        return f"json_quote(replace({column}, ' ', 'T') || 'Z')"
    return f"json_quote({column})"


def _value(one: Field) -> str:
    column = f'"{one.name}"'
    return f"to_char({column} AT TIME ZONE 'UTC', '{_MOMENT}')" if one.kind == "moment" else column
