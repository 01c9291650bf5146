"""What a row must fulfil to be in an answer: that it is there, that the caller may see it, what was asked.

The values of a request are bound by name, so that one compiled query serves every request of its form.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Date, Float, and_, bindparam, or_
from sqlalchemy import ColumnElement as Sql

from api.ogc.cql2.functions import Box, Relation
from api.ogc.cql2.shapes import boxes
from api.ogc.model import Collection
from api.ogc.prepared import FILTER
from api.ogc.query import Period, Query
from gis.spatial import BboxHit
from gis.tables import Moment

SIDES = ("west", "south", "east", "north")


@dataclass(frozen=True)
class Scope:
    """What a caller may see of a collection: codes of regions, None for everything."""

    regions: tuple[str, ...] | None = None


def conditions(collection: Collection, query: Query, scope: Scope) -> list[Sql[bool]]:
    """Return what a row must fulfil; the values are bound by name (see `values`), a filter has its place."""
    table = collection.table
    found = [collection.rows]
    if scope.regions is not None and collection.scope is not None:
        found.append(collection.scope(scope.regions))
    if query.after:
        found.append(table.c.id > bindparam("after", type_=BigInteger()))
    if query.bounds is not None:
        found.append(or_(*(_in_box(collection, part) for part in range(len(boxes(query.bounds))))))
    if query.period is not None and any(collection.period):
        found += _in_period(collection, query.period)
    found += [
        table.c[name] == bindparam(f"is_{name}", type_=table.c[name].type) for name in sorted(query.equal)
    ]
    if query.filter_text:
        found.append(FILTER)
    return found


def values(query: Query) -> dict[str, Any]:
    """Return the values of the names in `conditions`."""
    found: dict[str, Any] = {f"is_{name}": value for name, value in query.equal.items()}
    if query.after:
        found["after"] = query.after
    if query.bounds is not None:
        for part, box in enumerate(boxes(query.bounds)):
            found |= {f"{side}_{part}": value for side, value in zip(SIDES, box, strict=True)}
    if query.period is not None:
        since, until = query.period
        found |= {"since": since, "until": until}
        found |= {"since_day": since and since.date(), "until_day": until and until.date()}
    return found


def near(collection: Collection, part: int) -> BboxHit:
    """Return the condition that the box of a feature meets a box, whose sides are bound by name."""
    return BboxHit(collection.table.c.geom, [bindparam(f"{side}_{part}", type_=Float()) for side in SIDES])


def _in_box(collection: Collection, part: int) -> Sql[bool]:
    geom = collection.table.c.geom
    found = near(collection, part)
    if collection.geometry == "Point":
        return found
    sides = [bindparam(f"{side}_{part}", type_=Float()) for side in SIDES]
    return and_(found, Relation(geom, Box(*sides), name="ST_Intersects"))


def _in_period(collection: Collection, period: Period) -> list[Sql[bool]]:
    """Return that a feature is there at some moment of a period; one without dates always is."""
    start, end = collection.period
    found: list[Sql[bool]] = []
    if start and period[1] is not None:
        column = collection.table.c[start]
        found.append(or_(column.is_(None), column <= _bound("until", collection, start)))
    if end and period[0] is not None:
        column = collection.table.c[end]
        found.append(or_(column.is_(None), column >= _bound("since", collection, end)))
    return found


def _bound(name: str, collection: Collection, field: str) -> Sql[Any]:
    one = collection.field(field)
    if one is not None and one.kind == "moment":
        return bindparam(name, type_=Moment())
    return bindparam(f"{name}_day", type_=Date())
