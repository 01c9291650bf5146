"""Moves whole frames in and out of the database, a hundred thousand rows at a time.

What may be questioned: values do not pass through mapped objects, since one object a row costs five times
the time; rows come from the driver's cursor as they are and geometries as WKB, decoded in one call. In
SpatiaLite a big write fills the R*Tree in one statement instead of one trigger a row (the triggers are put
back in the same transaction), so the types of its geometries are checked here.
"""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from geoalchemy2 import Geometry
from geopandas import GeoDataFrame
from pandas import DataFrame, Series
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    String,
    func,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gis import cells
from gis.cells import Cell, Kind, Rows, content_hashes
from gis.db import is_spatialite
from gis.errors import ConflictError, SchemaError
from gis.tables import WGS84, Base, Moment, VersionedRow

GEOMETRY = "geometry"  # name in a frame of what a table calls `geom`
BOOKKEEPING = ("id", "content_hash", "batch_id", "retired_by")
BULK_ROWS = 1_000  # from here on it pays to rebuild the R*Tree's share in one statement

_KINDS: tuple[tuple[type, Kind], ...] = (
    (Geometry, "geometry"), (Boolean, "bool"), (Integer, "int"), (Float, "float"), (Date, "date"),
    (Moment, "moment"), (LargeBinary, "bytes"), (JSON, "json"), (String, "text"),
)  # fmt: skip


def read_frame(
    session: Session,
    table: type[Base],
    *,
    columns: Sequence[str] | None = None,
    where: ColumnElement[bool] | None = None,
    live: bool = True,
) -> GeoDataFrame:
    """Return the rows of a table as a frame, in the order of their primary key.

    Parameters
    ----------
    columns
        Names in the frame (the geometry is `geometry`); by default all, for a layer without `id`,
        `content_hash`, `batch_id` and `retired_by`.
    where
        A condition on the columns of `table`.
    live
        Only rows that no later batch replaced; without meaning for a table that is no layer.

    Returns
    -------
    GeoDataFrame
        In EPSG:4326, or a plain DataFrame where no geometry is asked for. Text is `str`, numbers are
        float64 or Int64, yes and no `boolean`, all with missing values; dates are `datetime.date` or
        None. Columns that are never null are int64 and bool.

    Raises
    ------
    SchemaError
        The table has no column of that name.
    """
    wanted = [_named(table, name) for name in columns] if columns is not None else _usual(table)
    stored = table.__table__.columns
    query = select(*(func.ST_AsBinary(stored[name]) if name == "geom" else stored[name] for name in wanted))
    if live and issubclass(table, VersionedRow):
        query = query.where(table.retired_by.is_(None))
    if where is not None:
        query = query.where(where)
    session.flush()
    with collector_at_rest():
        cursor: Any = session.connection().execute(query.order_by(*table.__table__.primary_key)).cursor
        fetched = list(zip(*cursor.fetchall(), strict=True)) or [()] * len(wanted)
        kinds = table_cells(table)
        frame = {
            GEOMETRY if name == "geom" else name: _decoded(values, kinds[name])
            for name, values in zip(wanted, fetched, strict=True)
        }
    if GEOMETRY in frame:
        return GeoDataFrame(frame, geometry=GEOMETRY, crs=WGS84)
    return DataFrame(frame)


def write_frame(session: Session, table: type[Base], frame: DataFrame, *, batch_id: int | None = None) -> int:
    """Append the rows of a frame to a table and return how many they are.

    Columns of the frame that the table does not know are left out, so that a layer may carry notes of its
    own; columns that the frame does not have become null. A `content_hash` that is absent is computed.

    Parameters
    ----------
    frame
        Geometries in EPSG:4326; a bare frame without geometry for a table without one.
    batch_id
        The import that brings the rows, for tables that keep it.

    Raises
    ------
    SchemaError
        A value is of a wrong type, or a geometry is of a type that the table does not take.
    CrsError
        The geometries are not in EPSG:4326.
    """
    with collector_at_rest():
        insert_rows(session, table, encoded(table, frame), batch_id=batch_id)
    return len(frame)


def encoded(table: type[Base], frame: DataFrame) -> Rows:
    """Return the columns of a frame that a table knows, as plain values: None, WKB for geometries.

    Raises
    ------
    SchemaError
        A value is of a wrong type, or a geometry is of a type that the table does not take.
    CrsError
        The geometries are not in EPSG:4326.
    """
    rows: Rows = {}
    for name, cell in table_cells(table).items():
        source = GEOMETRY if name == "geom" else name
        if source not in frame:
            continue
        try:
            rows[name] = cells.encoded(frame[source], cell)
        except (TypeError, ValueError) as error:
            raise SchemaError(table.__tablename__, f"column {source}: {error}") from error
    known = table.__table__.columns
    if "content_hash" in known and "content_hash" not in rows:
        rows["content_hash"] = content_hashes({k: v for k, v in rows.items() if k not in BOOKKEEPING})
    return rows


def insert_rows(session: Session, table: type[Base], rows: Rows, *, batch_id: int | None = None) -> None:
    """Append encoded rows, after the session's pending objects.

    Raises
    ------
    ConflictError
        A row breaks a rule of the table: a `uid` that is live already, or a value that must not be null.
    """
    session.flush()
    count = len(next(iter(rows.values()), []))
    if count == 0:
        return
    if batch_id is not None:
        rows = {**rows, "batch_id": [batch_id] * count}
    connection = session.connection()
    broken: tuple[type[Exception], ...] = (IntegrityError, connection.dialect.loaded_dbapi.IntegrityError)
    try:
        if is_spatialite(session):
            _insert_spatialite(connection, table, rows, bulk=count >= BULK_ROWS and "geom" in rows)
        else:
            _copy_postgis(connection, table, rows)
    except broken as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise ConflictError(f"{table.__tablename__}: {reason}") from error


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector from walking a million fresh cells; none of them is a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def table_cells(table: type[Base]) -> dict[str, Cell]:
    """Return what each column of a table takes."""
    return {column.name: _cell(column) for column in table.__table__.columns if isinstance(column, Column)}


def _decoded(values: Sequence[Any], cell: Cell) -> Series:
    # Arrow takes texts five times as fast as pandas.
    return cells.decoded(pa.array(values, pa.large_string()) if cell.kind == "text" else values, cell)


def _insert_spatialite(connection: Connection, table: type[Base], rows: Rows, *, bulk: bool) -> None:
    run = connection.exec_driver_sql
    name = table.__tablename__
    last = run(f"SELECT coalesce(max(id), 0) FROM {name}").scalar_one() if bulk else 0
    triggers = _dropped_triggers(connection, name) if bulk else []
    marks = ", ".join(f"GeomFromWKB(?, {WGS84})" if column == "geom" else "?" for column in rows)
    values = [_for_sqlite(values) for values in rows.values()]
    run(f"INSERT INTO {name} ({_quoted(rows)}) VALUES ({marks})", list(zip(*values, strict=True)))
    if bulk:
        run(
            f"INSERT INTO idx_{name}_geom (pkid, xmin, xmax, ymin, ymax) SELECT id, ST_MinX(geom),"
            f" ST_MaxX(geom), ST_MinY(geom), ST_MaxY(geom) FROM {name} WHERE id > ? AND geom IS NOT NULL",
            (last,),
        )
    for trigger in triggers:
        run(trigger)


def _dropped_triggers(connection: Connection, name: str) -> list[str]:
    """Drop SpatiaLite's triggers that check, index and date every inserted row; return their SQL."""
    run = connection.exec_driver_sql
    found = run(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name IN (?, ?, ?)",
        tuple(f"{kind}_{name}_geom" for kind in ("ggi", "gii", "tmi")),
    ).all()
    for trigger, _ in found:
        run(f'DROP TRIGGER "{trigger}"')
    return [text for _, text in found]


def _copy_postgis(connection: Connection, table: type[Base], rows: Rows) -> None:
    values = [[v and v.hex() for v in values] if name == "geom" else values for name, values in rows.items()]
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {table.__tablename__} ({_quoted(rows)}) FROM STDIN") as copy:
        for row in zip(*values, strict=True):
            copy.write_row(row)


def _for_sqlite(values: list[Any]) -> list[Any]:
    first = next((value for value in values if value is not None), None)
    if isinstance(first, datetime):
        return [v and v.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") for v in values]
    return [v and v.isoformat() for v in values] if isinstance(first, date) else values


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _cell(column: Column[Any]) -> Cell:
    kind = next(kind for type_, kind in _KINDS if isinstance(column.type, type_))
    return Cell(
        kind,
        nullable=bool(column.nullable),
        length=getattr(column.type, "length", None),
        wide=isinstance(column.type, BigInteger),
        shape=getattr(column.type, "geometry_type", None) or "GEOMETRY",
    )


def _usual(table: type[Base]) -> list[str]:
    hidden = BOOKKEEPING if issubclass(table, VersionedRow) else ()
    names = [column.name for column in table.__table__.columns if column.name not in hidden]
    return sorted(names, key=lambda name: name == "geom")


def _named(table: type[Base], name: str) -> str:
    stored = "geom" if name == GEOMETRY else name
    if stored not in table.__table__.columns:
        raise SchemaError(table.__tablename__, f"there is no column '{name}'")
    return stored
