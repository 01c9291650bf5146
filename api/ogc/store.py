"""All SQL of the OGC API: pages, counts, single features, extents and tiles, for what a caller may see.

What a caller may see is part of every query. A query is compiled once for its form (which parameters it
has, not their values) and kept, since compiling costs more than the database needs to answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement as Sql
from sqlalchemy import Float, Integer, Select, bindparam, func, literal_column, select
from sqlalchemy.orm import Session

from api.ogc.conditions import Scope, conditions, values
from api.ogc.cql2.shapes import boxes
from api.ogc.model import Collection
from api.ogc.prepared import Prepared, prepared_as
from api.ogc.query import Query
from api.ogc.rows import feature_json
from gis.db import is_spatialite

COUNTED = 10_000  # as far as matches are counted; beyond they are estimated


@dataclass(frozen=True)
class Page:
    """Features as the inside of a JSON list; `last` is their last row, `more` whether others follow."""

    features: str
    returned: int
    last: int
    more: bool


@dataclass(frozen=True)
class Matched:
    """How many features match; beyond `COUNTED` an estimate."""

    number: int
    exact: bool


def page(session: Session, collection: Collection, query: Query, scope: Scope) -> Page:
    """Return a page of features in the order of their rows."""
    asked = prepared("page", collection, session, query, scope)
    bound = {**values(query), "most": query.limit + 1, "shown": query.limit}
    features, found, last = asked.first(session, bound)
    return Page(features or "", min(found, query.limit), last or 0, found > query.limit)


def matched(session: Session, collection: Collection, query: Query, scope: Scope) -> Matched:
    """Return how many features match, exactly up to `COUNTED`.

    Beyond, the share of the rows that the first matches lie among is taken for the whole; an estimate
    that needs no statistics and means the same on both databases.
    """
    counted = prepared("count", collection, session, query, scope)
    found, last = counted.first(session, {**values(query), "most": COUNTED + 1})
    if found <= COUNTED:
        return Matched(found, exact=True)
    lowest, highest = prepared("span", collection, session, Query(), Scope()).first(session, {})
    share = (highest - lowest + 1) / max(last - lowest + 1, 1)
    return Matched(max(COUNTED + 1, round(found * share)), exact=False)


def rows(
    session: Session, collection: Collection, query: Query, scope: Scope, most: int
) -> list[tuple[Any, ...]]:
    """Return the geometry (WKB) and the fields of up to `most` features, as the driver has them."""
    asked = prepared("rows", collection, session, query, scope)
    found: list[tuple[Any, ...]] = asked.run(session, {**values(query), "most": most}).cursor.fetchall()
    return found


def feature(session: Session, collection: Collection, key: str, query: Query, scope: Scope) -> str | None:
    """Return one feature as JSON, None where there is none that the caller may see."""
    found = prepared("feature", collection, session, query, scope).first(session, {"key": key})
    return None if found is None else str(found[0])


def extent(session: Session, collection: Collection) -> tuple[float, float, float, float] | None:
    """Return the box of all features, None where there are none with a geometry."""
    geom = collection.table.c.geom
    names = (
        ("MbrMinX", "MbrMinY", "MbrMaxX", "MbrMaxY")
        if is_spatialite(session)
        else ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")
    )
    west, south, east, north = (getattr(func, name)(geom, type_=Float) for name in names)
    sides = (func.min(west), func.min(south), func.max(east), func.max(north))
    box = session.execute(select(*sides).select_from(collection.table).where(collection.rows)).one()
    return None if box[0] is None else (float(box[0]), float(box[1]), float(box[2]), float(box[3]))


def prepared(kind: str, collection: Collection, session: Session, query: Query, scope: Scope) -> Prepared:
    """Return the compiled query of a kind (a name of `_STATEMENTS`) for the form of what is asked."""
    period = query.period and (query.period[0] is None, query.period[1] is None)
    form = (
        query.crs, bool(query.after), len(boxes(query.bounds)) if query.bounds else 0, period,
        tuple(sorted(query.equal)), query.filter_text, query.filter_lang, query.filter_crs,
    )  # fmt: skip
    lite = is_spatialite(session)
    key = (kind, collection, lite, form, scope)
    return prepared_as(key, session, lambda: _STATEMENTS[kind](collection, query, scope, lite))


def _page(collection: Collection, query: Query, scope: Scope, lite: bool) -> Select[Any]:
    row = collection.table.c.id
    inner = (
        select(
            row.label("n"),
            func.row_number().over(order_by=row).label("r"),
            feature_json(collection, query.crs, lite=lite).label("f"),
        )
        .select_from(collection.table)
        .where(*conditions(collection, query, scope))
        .order_by(row)
        .limit(bindparam("most", type_=Integer()))
        .subquery("page")
    )
    shown = inner.c.r <= bindparam("shown", type_=Integer())
    return select(
        func.string_agg(inner.c.f, literal_column("','")).filter(shown),
        func.count(),
        func.max(inner.c.n).filter(shown),
    ).select_from(inner)


def _count(collection: Collection, query: Query, scope: Scope, lite: bool) -> Select[Any]:  # noqa: ARG001
    inner = (
        select(collection.table.c.id.label("n"))
        .where(*conditions(collection, query, scope))
        .order_by(collection.table.c.id)
        .limit(bindparam("most", type_=Integer()))
        .subquery("counted")
    )
    sums: tuple[Sql[Any], ...] = (func.count(), func.max(inner.c.n))
    return select(*sums).select_from(inner)


def _rows(collection: Collection, query: Query, scope: Scope, lite: bool) -> Select[Any]:  # noqa: ARG001
    table = collection.table
    # As text: SQLAlchemy would turn each value into an object of its own.
    columns: list[Sql[Any]] = [literal_column(f'"{one.name}"') for one in collection.fields]
    return (
        select(func.ST_AsBinary(table.c.geom), *columns)
        .select_from(table)
        .where(*conditions(collection, query, scope))
        .order_by(table.c.id)
        .limit(bindparam("most", type_=Integer()))
    )


def _span(collection: Collection, query: Query, scope: Scope, lite: bool) -> Select[Any]:  # noqa: ARG001
    return select(func.min(collection.table.c.id), func.max(collection.table.c.id))


def _feature(collection: Collection, query: Query, scope: Scope, lite: bool) -> Select[Any]:
    key = collection.table.c[collection.key]
    return (
        select(feature_json(collection, query.crs, lite=lite))
        .select_from(collection.table)
        .where(key == bindparam("key", type_=key.type), *conditions(collection, query, scope))
    )


_STATEMENTS: dict[str, Callable[[Collection, Query, Scope, bool], Select[Any]]] = {
    "page": _page,
    "count": _count,
    "span": _span,
    "feature": _feature,
    "rows": _rows,
}
