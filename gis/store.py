"""All SQL of the spatial layers: what is live, what an import changed, and how it is given back.

What may be questioned: an undo deletes the rows that a batch brought, since they are in nobody's present
and the file they came from is named; the rows that the batch replaced are live again. A batch cannot be
undone before a later one that replaced its rows or found them unchanged, since the later one would lose
what it had taken for granted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from geopandas import GeoDataFrame
from pandas import DataFrame
from sqlalchemy import ColumnElement, Select, bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from gis.errors import ConflictError, NotFoundError, SchemaError
from gis.frames import collector_at_rest, encoded, insert_rows, read_frame
from gis.spatial import bbox_hit, distance_m, nearest, window, within_m
from gis.specs import RowIssue
from gis.tables import (
    Base,
    BatchBasis,
    Facility,
    Household,
    ImportBatch,
    ImportIssue,
    Region,
    Road,
    Toilet,
    VersionedRow,
)

__all__ = [
    "LAYER_TABLES",
    "ApplyCounts",
    "add_issues",
    "apply_rows",
    "batches",
    "bbox_hit",
    "distance_m",
    "issues",
    "layer",
    "live_rows",
    "nearest",
    "standing_batch",
    "undo_batch",
    "window",
    "within_m",
]

LAYER_TABLES: dict[str, type[VersionedRow]] = {
    "regions": Region,
    "roads": Road,
    "facilities": Facility,
    "toilets": Toilet,
    "households": Household,
}


@dataclass(frozen=True)
class ApplyCounts:
    """What became of the rows of an import; their sum is the number of rows handed over."""

    inserted: int
    replaced: int
    unchanged: int


def layer(session: Session, name: str) -> GeoDataFrame:
    """Return the live rows of a layer in EPSG:4326, one column for each of its specification.

    Raises
    ------
    NotFoundError
        There is no layer of that name.
    """
    if name not in LAYER_TABLES:
        raise NotFoundError("layer", name, f"there are {', '.join(LAYER_TABLES)}")
    return read_frame(session, LAYER_TABLES[name])


def live_rows(table: type[VersionedRow]) -> Select[Any]:
    """Return the query of the rows that no later batch replaced."""
    return select(table).where(table.retired_by.is_(None))


def batches(session: Session) -> list[ImportBatch]:
    """Return all imports, the newest first."""
    return list(session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc())))


def standing_batch(session: Session, layer_name: str, content_key: str) -> ImportBatch | None:
    """Return the last import of a layer if it was of this very content and still holds."""
    last = session.scalars(
        select(ImportBatch)
        .where(ImportBatch.layer == layer_name, ImportBatch.state == "applied")
        .order_by(ImportBatch.id.desc())
        .limit(1)
    ).first()
    return last if last is not None and last.content_key == content_key else None


def issues(session: Session, batch_id: int) -> list[ImportIssue]:
    """Return what was repaired, quarantined or noted in an import, in the order of the file.

    Raises
    ------
    NotFoundError
        There is no import of that number.
    """
    _batch(session, batch_id)
    query = select(ImportIssue).where(ImportIssue.batch_id == batch_id)
    return list(session.scalars(query.order_by(ImportIssue.row, ImportIssue.id)))


def add_issues(session: Session, batch_id: int, found: Iterable[RowIssue]) -> None:
    """Keep what was said of the rows of an import."""
    rows = [{**vars(issue), "batch_id": batch_id} for issue in found]
    if rows:
        session.execute(insert(ImportIssue), rows)


def apply_rows(session: Session, table: type[VersionedRow], frame: DataFrame, batch_id: int) -> ApplyCounts:
    """Bring a layer to what a file says: insert new rows, replace changed ones, leave the others.

    Rows that the file does not mention stay live, since a file may hold one county only.

    Parameters
    ----------
    frame
        Geometries in EPSG:4326 and a column `uid`, each one once. Columns it lacks become null. A column
        `content_hash` is taken as it is, for rows that are encrypted differently each time.

    Raises
    ------
    SchemaError
        A `uid` is missing or comes twice, or a value does not fit its column.
    CrsError
        The geometries are not in EPSG:4326.
    NotFoundError
        There is no import of that number.
    """
    _batch(session, batch_id)
    if "uid" not in frame or frame["uid"].isna().any() or frame["uid"].duplicated().any():
        raise SchemaError(table.__tablename__, "every row needs a uid of its own")
    with collector_at_rest():
        rows = encoded(table, frame)
        known: dict[str, tuple[int, str, int | None]] = {
            row.uid: (row.id, row.content_hash, row.batch_id)
            for row in session.execute(
                select(table.uid, table.id, table.content_hash, table.batch_id).where(
                    table.retired_by.is_(None)
                )
            )
        }
        before = [known.get(uid) for uid in rows["uid"]]
        same = [
            old is not None and old[1] == new for old, new in zip(before, rows["content_hash"], strict=True)
        ]
        retired = [old[0] for old, kept in zip(before, same, strict=True) if old is not None and not kept]
        _retire(session, table, retired, batch_id)
        fresh = [not kept for kept in same]
        insert_rows(
            session,
            table,
            {name: list(compress(values, fresh)) for name, values in rows.items()},
            batch_id=batch_id,
        )
        _stand_on(session, batch_id, {old[2] for old in before if old is not None})
    return ApplyCounts(sum(fresh) - len(retired), len(retired), sum(same))


def undo_batch(session: Session, batch_id: int, *, tables: Sequence[type[Base]] = ()) -> int:
    """Take an import back: its rows go, the rows it replaced are live again; return how many rows went.

    Parameters
    ----------
    tables
        Tables of other packages that imports write, beside the five layers: versioned tables, tables with
        a `batch_id`, and tables that refer to one of those (a measurement goes with its visit).

    Raises
    ------
    NotFoundError
        There is no import of that number.
    ConflictError
        It is undone already, or a later import stands on it.
    SchemaError
        One of `tables` is none that an import writes.
    """
    batch = _batch(session, batch_id)
    if batch.state == "undone":
        raise ConflictError(f"Import {batch_id} is undone already; tantu imports lists what holds.")
    every: set[type[Base]] = {*LAYER_TABLES.values(), *tables}
    later = _later(session, batch_id, [table for table in every if issubclass(table, VersionedRow)])
    if later:
        raise ConflictError(
            f"Import {batch_id} cannot be undone while import {', '.join(map(str, later))} stands on it;"
            f" undo the later one first: tantu imports undo {later[-1]}"
        )
    order = [table.name for table in Base.metadata.sorted_tables]
    gone = sum(
        _taken_back(session, table, batch_id, every)
        for table in sorted(every, key=lambda table: order.index(table.__tablename__), reverse=True)
    )
    session.execute(delete(BatchBasis).where(BatchBasis.batch_id == batch_id))
    batch.state = "undone"
    session.flush()
    return gone


def _batch(session: Session, batch_id: int) -> ImportBatch:
    batch = session.get(ImportBatch, batch_id)
    if batch is None:
        raise NotFoundError("import", str(batch_id), "tantu imports lists them")
    return batch


def _retire(session: Session, table: type[VersionedRow], ids: list[int], batch_id: int) -> None:
    if ids:
        session.connection().execute(
            update(table).where(table.id == bindparam("row")).values(retired_by=batch_id),
            [{"row": row} for row in ids],
        )


def _stand_on(session: Session, batch_id: int, bases: set[int | None]) -> None:
    known = set(session.scalars(select(BatchBasis.basis_id).where(BatchBasis.batch_id == batch_id)))
    for basis in sorted({basis for basis in bases if basis is not None} - known - {batch_id}):
        session.add(BatchBasis(batch_id=batch_id, basis_id=basis))
    session.flush()


def _later(session: Session, batch_id: int, tables: Sequence[type[VersionedRow]]) -> list[int]:
    """Return the imports that stand on one, in the order they came."""
    found = set(session.scalars(select(BatchBasis.batch_id).where(BatchBasis.basis_id == batch_id)))
    for table in tables:
        replaced = table.batch_id == batch_id, table.retired_by.is_not(None)
        found |= set(session.scalars(select(table.retired_by).where(*replaced).distinct()))
    return sorted(batch for batch in found if batch is not None)


def _taken_back(session: Session, table: type[Base], batch_id: int, every: set[type[Base]]) -> int:
    """Delete the rows of one table that a batch brought, and revive those it replaced."""
    connection = session.connection()
    gone = connection.execute(delete(table).where(_brought(table, batch_id, every))).rowcount
    if issubclass(table, VersionedRow):
        connection.execute(update(table).where(table.retired_by == batch_id).values(retired_by=None))
    return gone


def _brought(table: type[Base], batch_id: int, every: set[type[Base]]) -> ColumnElement[bool]:
    """Return the condition that a row came with a batch, itself or through the row it refers to."""
    columns = table.__table__.c
    if "batch_id" in columns:
        return columns.batch_id == batch_id
    parents = {parent.__table__ for parent in every if "batch_id" in parent.__table__.c}
    through = [
        column.in_(select(key.column).where(key.column.table.c.batch_id == batch_id))
        for column in columns
        for key in column.foreign_keys
        if key.column.table in parents
    ]
    if not through:
        raise SchemaError(
            table.__tablename__, "no import writes it: neither it nor its parent has a batch_id"
        )
    return or_(*through)
