"""Spatial SQL that means the same on SpatiaLite and PostGIS: boxes, distances, the nearest rows.

What may be questioned: only a narrow set of functions answers alike. Distances are ellipsoidal for point
columns and measured in a metric CRS for the others, since SpatiaLite's ellipsoid is up to 8 % off on lines
and areas. A box is found by the spatial index and then compared exactly, since both indexes round to
single precision. The nearest rows come from a window that grows, since the virtual table that SpatiaLite
offers for it takes the process down.
"""

import math
from collections.abc import Sequence
from typing import Any, TypeVar

from geoalchemy2 import Geometry
from sqlalchemy import (
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Float,
    and_,
    bindparam,
    false,
    inspect,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler

from gis.errors import CrsError
from gis.tables import WGS84, Base, VersionedRow

Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees
Row = TypeVar("Row", bound=Base)

# Metres of a degree where they are fewest (WGS 84: latitude at the equator, longitude a little below the
# sphere's), so that a window in degrees is never too small.
DEGREE_LAT_M = 110_574.0
DEGREE_LON_M = 111_319.0
POLE = 89.0  # nearer to a pole every longitude is near
FIRST_WINDOW_M = 500.0
FARTHEST_M = 200_000.0
# Degrees that the index of SpatiaLite may be off: it rounds to the nearest single, not outwards, and a
# single next to 180 is 1.5e-5 from its neighbour.
INDEX_SLACK = 2e-5


class BboxHit(ColumnElement[bool]):
    """Whether the bounding box of a geometry column meets a box; use `bbox_hit`."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: Column[Any], bounds: Bounds | Sequence[BindParameter[float]]) -> None:
        self.column = column
        self.bounds = [
            value if isinstance(value, BindParameter) else bindparam(None, float(value), Float(), unique=True)
            for value in bounds
        ]

    def self_group(self, against: object = None) -> "BboxHit":  # noqa: ARG002
        """Stay as it is: SQLite would otherwise be asked `(...) = 1` and skip the R*Tree."""
        return self


class DistanceM(ColumnElement[float]):
    """Metres from a geometry column to a position; use `distance_m`."""

    inherit_cache = False
    type = Float()

    def __init__(self, column: Column[Any], position: tuple[float, float], epsg: int | None) -> None:
        self.column = column
        self.position = [bindparam(None, float(value), type_=Float(), unique=True) for value in position]
        self.epsg = epsg


def bbox_hit(column: InstrumentedAttribute[Any], bounds: Bounds) -> BboxHit:
    """Return the condition that the bounding box of a row meets a box; touching counts.

    Parameters
    ----------
    column
        Geometry column of a mapped class, such as `Toilet.geom`.
    bounds
        West, south, east and north in degrees.
    """
    return BboxHit(_stored(column), bounds)


def distance_m(
    column: InstrumentedAttribute[Any], lon: float, lat: float, *, epsg: int | None = None
) -> DistanceM:
    """Return the distance in metres from each row to a position, on the ellipsoid for a point column.

    Parameters
    ----------
    epsg
        The city's metric CRS, in which lines and areas are measured; not needed for a point column.

    Raises
    ------
    CrsError
        The column holds lines or areas and no metric CRS is given.
    """
    stored = _stored(column)
    if _is_point(stored):
        return DistanceM(stored, (lon, lat), None)
    if epsg is None:
        raise CrsError(f"{stored} holds lines or areas; name the metric CRS of the city to measure them in.")
    return DistanceM(stored, (lon, lat), epsg)


def within_m(
    column: InstrumentedAttribute[Any], lon: float, lat: float, radius_m: float, *, epsg: int | None = None
) -> ColumnElement[bool]:
    """Return the condition that a row is at most `radius_m` metres from a position; uses the index.

    Raises
    ------
    CrsError
        The column holds lines or areas and no metric CRS is given.
    """
    return and_(
        bbox_hit(column, window(lon, lat, radius_m)), distance_m(column, lon, lat, epsg=epsg) <= radius_m
    )


def nearest(
    session: Session,
    table: type[Row],
    position: tuple[float, float],
    *,
    count: int = 1,
    limit_m: float = FARTHEST_M,
    epsg: int | None = None,
    where: ColumnElement[bool] | None = None,
) -> list[tuple[Row, float]]:
    """Return the nearest live rows with their distance in metres, the nearest first.

    Parameters
    ----------
    position
        (lon, lat) in degrees.
    count
        How many at most; fewer come where there are no more within `limit_m`.
    epsg
        The city's metric CRS, for a layer of lines or areas.
    where
        A condition on the columns of `table`.

    Raises
    ------
    CrsError
        The layer holds lines or areas and no metric CRS is given.
    """
    column: InstrumentedAttribute[Any] = inspect(table).attrs["geom"].class_attribute
    distance = distance_m(column, *position, epsg=epsg).label("distance_m")
    radius_m = min(FIRST_WINDOW_M, limit_m)
    while True:
        query = select(table, distance).where(within_m(column, *position, radius_m, epsg=epsg))
        if issubclass(table, VersionedRow):
            query = query.where(table.retired_by.is_(None))
        if where is not None:
            query = query.where(where)
        rows = session.execute(query.order_by(distance, *inspect(table).primary_key).limit(count)).all()
        if len(rows) >= count or radius_m >= limit_m:
            return [(row[0], float(row[1])) for row in rows]
        radius_m = min(limit_m, radius_m * 4)


def window(lon: float, lat: float, radius_m: float) -> Bounds:
    """Return the box in degrees that surely holds a circle; next to a pole it goes around the earth.

    It does not wrap at 180 degrees of longitude: rows beyond are not found.
    """
    half_lat = 1.01 * radius_m / DEGREE_LAT_M
    farthest = abs(lat) + half_lat
    if farthest >= POLE:
        return -180.0, lat - half_lat, 180.0, lat + half_lat
    half_lon = 1.01 * radius_m / (DEGREE_LON_M * math.cos(math.radians(farthest)))
    return lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat


def in_regions(
    column: ColumnElement[Any] | InstrumentedAttribute[Any], regions: Sequence[str]
) -> ColumnElement[bool]:
    """Return the condition that a region lies in one of some regions, or is one; in none of none.

    Codes of regions are nested: a township's begins with its county's. A row without a region is in none.
    """
    return or_(false(), *(column.startswith(code, autoescape=True) for code in regions))


def _stored(column: InstrumentedAttribute[Any]) -> Column[Any]:
    stored: Column[Any] = column.property.columns[0]
    return stored


def _is_point(column: Column[Any]) -> bool:
    return isinstance(column.type, Geometry) and column.type.geometry_type == "POINT"


@compiles(BboxHit, "postgresql")
def _bbox_postgis(element: BboxHit, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    shape = compiler.process(element.column, **options)
    west, south, east, north = (compiler.process(value, **options) for value in element.bounds)
    return (
        f"({shape} && ST_MakeEnvelope({west}, {south}, {east}, {north}, {WGS84})"
        f" AND ST_XMax({shape}) >= {west} AND ST_YMax({shape}) >= {south}"
        f" AND ST_XMin({shape}) <= {east} AND ST_YMin({shape}) <= {north})"
    )


@compiles(BboxHit, "sqlite")
def _bbox_spatialite(element: BboxHit, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column = element.column
    shape = compiler.process(column, **options)
    west, south, east, north = (compiler.process(value, **options) for value in element.bounds)
    row = compiler.process(column.table.c.id, **options)
    return (
        f'({row} IN (SELECT pkid FROM "idx_{column.table.name}_{column.name}"'
        f" WHERE xmax >= {west} - {INDEX_SLACK} AND ymax >= {south} - {INDEX_SLACK}"
        f" AND xmin <= {east} + {INDEX_SLACK} AND ymin <= {north} + {INDEX_SLACK})"
        f" AND MbrMaxX({shape}) >= {west} AND MbrMaxY({shape}) >= {south}"
        f" AND MbrMinX({shape}) <= {east} AND MbrMinY({shape}) <= {north})"
    )


@compiles(DistanceM, "postgresql")
def _distance_postgis(element: DistanceM, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    shape = compiler.process(element.column, **options)
    lon, lat = (compiler.process(value, **options) for value in element.position)
    place = f"ST_SetSRID(ST_MakePoint({lon}, {lat}), {WGS84})"
    if element.epsg is None:
        return f"ST_Distance({shape}::geography, {place}::geography)"
    return f"ST_Distance(ST_Transform({shape}, {element.epsg:d}), ST_Transform({place}, {element.epsg:d}))"


@compiles(DistanceM, "sqlite")
def _distance_spatialite(element: DistanceM, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    shape = compiler.process(element.column, **options)
    lon, lat = (compiler.process(value, **options) for value in element.position)
    place = f"MakePoint({lon}, {lat}, {WGS84})"
    if element.epsg is None:
        return f"ST_Distance({shape}, {place}, 1)"
    return f"ST_Distance(ST_Transform({shape}, {element.epsg:d}), ST_Transform({place}, {element.epsg:d}))"
