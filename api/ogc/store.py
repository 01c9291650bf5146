"""All SQL of the OGC API: pages, counts, single features, extents and tiles, for what a caller may see.

What a caller may see is part of every query. A query is compiled once for its form (which parameters it
has, not their values) and kept, since compiling costs more than the database needs to answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy import ColumnElement as Sql
from sqlalchemy import Connection, Float, Integer, Select, bindparam, func, literal_column, select

from api.ogc.conditions import Scope, conditions, values
from api.ogc.cql2.shapes import boxes
from api.ogc.cql2.sql import condition
from api.ogc.model import Collection
from api.ogc.prepared import Prepared, compiled, prepared_as
from api.ogc.query import Query
from api.ogc.rows import feature_json
from gis.db import is_spatialite

ESTIMATE_KEPT_S = 60.0
COUNTED = 10_000  # as far as matches are counted; beyond they are estimated


@dataclass(frozen=True)
class Page:
    """Features as the inside of a JSON list.

    Attributes
    ----------
    last
        The row of the last feature; `more` says whether others follow.
    matched
        How many features match on all pages, None where it was not counted (every page but the first);
        beyond `COUNTED` an estimate, which `estimated` says.
    """

    features: str
    returned: int
    last: int
    more: bool
    matched: int | None
    estimated: bool = False


def page(connection: Connection, collection: Collection, query: Query, scope: Scope) -> Page:
    """Return a page of features in the order of their rows.

    What a filter leaves is counted while the first page is read, in one pass; all rows are counted apart,
    since their first page needs no pass.
    """
    counting = query.narrowed and not query.after
    bound = {**values(query), "shown": query.limit, "most": COUNTED + 1 if counting else query.limit + 1}
    kind = "counted_page" if counting else "page"
    features, found, last, end = prepared(kind, collection, connection, query, scope).first(connection, bound)
    returned, more = min(found, query.limit), found > query.limit
    part = features or "", returned, last or 0, more
    if query.after:
        return Page(*part, matched=None)
    if more and not counting:
        return Page(*part, *_all(connection, collection, scope))
    if found <= COUNTED:
        return Page(*part, matched=found)
    return Page(*part, matched=_estimated(connection, collection, end), estimated=True)


def _all(connection: Connection, collection: Collection, scope: Scope) -> tuple[int, bool]:
    """Return how many features there are in all, and whether that is an estimate, which is kept a while."""
    until, number = _kept_estimates.get((collection, scope), (0.0, 0))
    if monotonic() < until:
        return number, True
    asked = prepared("count", collection, connection, Query(), scope)
    found, end = asked.first(connection, {"most": COUNTED + 1})
    if found <= COUNTED:
        return found, False
    number = _estimated(connection, collection, end)
    _kept_estimates[collection, scope] = monotonic() + ESTIMATE_KEPT_S, number
    return number, True


def _estimated(connection: Connection, collection: Collection, end: int) -> int:
    """Return how many match where more than `COUNTED` do and the next one is the row `end`.

    The share of the rows that they lie among is taken for the whole: an estimate that needs no statistics
    and means the same on both databases.
    """
    asked = prepared("span", collection, connection, Query(), Scope())
    lowest, highest = asked.first(connection, {})
    share: float = (highest - lowest + 1) / max(end - lowest + 1, 1)
    return max(COUNTED + 1, round((COUNTED + 1) * share))


def rows(
    connection: Connection, collection: Collection, query: Query, scope: Scope, most: int
) -> list[tuple[Any, ...]]:
    """Return the geometry (WKB) and the fields of up to `most` features, as the driver has them."""
    asked = prepared("rows", collection, connection, query, scope)
    found: list[tuple[Any, ...]] = asked.run(connection, {**values(query), "most": most}).cursor.fetchall()
    return found


def feature(
    connection: Connection, collection: Collection, key: str, query: Query, scope: Scope
) -> str | None:
    """Return one feature as JSON, None where there is none that the caller may see."""
    found = prepared("feature", collection, connection, query, scope).first(connection, {"key": key})
    return None if found is None else str(found[0])


def extent(connection: Connection, collection: Collection) -> tuple[float, float, float, float] | None:
    """Return the box of all features, None where there are none with a geometry."""
    geom = collection.table.c.geom
    names = (
        ("MbrMinX", "MbrMinY", "MbrMaxX", "MbrMaxY")
        if is_spatialite(connection)
        else ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")
    )
    west, south, east, north = (getattr(func, name)(geom, type_=Float) for name in names)
    sides = (func.min(west), func.min(south), func.max(east), func.max(north))
    box = connection.execute(select(*sides).select_from(collection.table).where(collection.rows)).one()
    return None if box[0] is None else (float(box[0]), float(box[1]), float(box[2]), float(box[3]))


def prepared(
    kind: str, collection: Collection, connection: Connection, query: Query, scope: Scope
) -> Prepared:
    """Return the compiled query of a kind (a name of `_STATEMENTS`) for the form of what is asked."""
    period = query.period and (query.period[0] is None, query.period[1] is None)
    form = (
        query.crs, bool(query.after), len(boxes(query.bounds)) if query.bounds else 0, period,
        tuple(sorted(query.equal)), bool(query.filter_text),
    )  # fmt: skip
    lite = is_spatialite(connection)
    key = (kind, collection, lite, form, scope)
    found = prepared_as(key, connection, lambda: _STATEMENTS[kind](collection, query, scope, lite))
    if not query.filter_text:
        return found
    wanted = condition(query.tree, collection, query.filter_crs)
    return found.filtered(compiled(wanted, connection.dialect, "filter_"))


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
    sums: tuple[Sql[Any], ...] = (
        func.string_agg(inner.c.f, literal_column("','")).filter(shown),
        func.count(),
        func.max(inner.c.n).filter(shown),
        func.max(inner.c.n),
    )
    return select(*sums).select_from(inner)


def _counted_page(collection: Collection, query: Query, scope: Scope, lite: bool) -> Select[Any]:
    """Return the query of a page among all matches, of which only those shown become JSON."""
    table = collection.table
    matches = (
        select(table.c.id.label("n"), func.row_number().over(order_by=table.c.id).label("r"))
        .where(*conditions(collection, query, scope))
        .order_by(table.c.id)
        .limit(bindparam("most", type_=Integer()))
        .cte("matches")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    shown = matches.c.r <= bindparam("shown", type_=Integer())
    features = (
        select(feature_json(collection, query.crs, lite=lite).label("f"))
        .select_from(matches.join(table, table.c.id == matches.c.n))
        .where(shown)
        .order_by(matches.c.n)
        .subquery("shown")
    )
    joined = select(func.string_agg(features.c.f, literal_column("','"))).select_from(features)
    sums: tuple[Sql[Any], ...] = (
        joined.scalar_subquery(),
        func.count(),
        func.max(matches.c.n).filter(shown),
        func.max(matches.c.n),
    )
    return select(*sums).select_from(matches)


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
    "counted_page": _counted_page,
    "count": _count,
    "span": _span,
    "feature": _feature,
    "rows": _rows,
}
_kept_estimates: dict[tuple[Collection, Scope], tuple[float, int]] = {}
