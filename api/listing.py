"""Pages of rows for the JSON interface: filters, box, regions and place in the order all inside the query.

What may be questioned: a page begins after the number of the last row of the page before (keyset), so that
the thousandth page costs what the first does, and rows that come meanwhile shift nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from audits.case_tables import Case
from audits.store import PLACES
from audits.tables import Finding, Visit
from gis.spatial import bbox_hit
from gis.store import LAYER_TABLES
from gis.tables import Base, VersionedRow

Bounds = tuple[float, float, float, float]
INNER = frozenset({"batch_id", "retired_by", "visit_id", "id"})


@dataclass(frozen=True)
class Listing:
    """A table that is listed, and the columns that it may be filtered by."""

    table: type[Base]
    filters: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Names of the columns that are shown, the geometry last."""
        names = [column.name for column in self.table.__table__.columns if column.name not in INNER]
        return sorted(names, key=lambda name: name == "geom")


LISTINGS: Mapping[str, Listing] = {
    **{name: Listing(table, ("region_code",)) for name, table in LAYER_TABLES.items()},
    "visits": Listing(Visit, ("place_layer", "place_uid", "inspector", "visited_on")),
    "findings": Listing(Finding, ("place_layer", "place_uid", "element", "severity", "state")),
    "cases": Listing(Case, ("place_layer", "place_uid", "state", "severity", "unit", "region_code")),
}


@dataclass(frozen=True)
class Sought:
    """What is asked of a listing: equal values, a box in degrees, rows after a number, how many."""

    equal: Mapping[str, Any]
    bounds: Bounds | None = None
    after: int | None = None
    limit: int = 100


def page(
    session: Session, listing: Listing, sought: Sought, where: ColumnElement[bool]
) -> tuple[list[dict[str, Any]], int | None]:
    """Return rows in the order they were written, and the number of the last where there are more.

    Parameters
    ----------
    where
        Which rows the caller sees.
    """
    table: Any = listing.table
    stored = table.__table__.columns
    shown = [func.ST_AsBinary(stored.geom) if name == "geom" else stored[name] for name in listing.columns]
    query = select(stored.id, *shown).where(where).order_by(stored.id).limit(sought.limit + 1)
    for name, value in sought.equal.items():
        query = query.where(stored[name] == value)
    if issubclass(listing.table, VersionedRow):
        query = query.where(table.retired_by.is_(None))
    if sought.bounds is not None:
        query = query.where(bbox_hit(table.geom, sought.bounds))
    if sought.after is not None:
        query = query.where(stored.id > sought.after)
    rows = session.execute(query).all()
    found = [_told(listing.columns, row[1:]) for row in rows[: sought.limit]]
    if "place_uid" in listing.columns:
        _name_places(session, found)
    return found, rows[sought.limit - 1].id if len(rows) > sought.limit else None


def _name_places(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    # By one query a layer; homes have no name, and their address is not for a list.
    names: dict[tuple[str, str], str | None] = {}
    for layer, (place, _) in PLACES.items():
        table: Any = place
        uids = {row["place_uid"] for row in rows if row["place_layer"] == layer}
        if uids and hasattr(table, "name"):
            query = select(table.uid, table.name).where(table.uid.in_(uids), table.retired_by.is_(None))
            names |= {(layer, uid): name for uid, name in session.execute(query)}
    for row in rows:
        row["place_name"] = names.get((row["place_layer"], row["place_uid"]))


def _told(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    row = dict(zip(names, values, strict=True))
    if "geom" in row:
        blob = row.pop("geom")
        row["geometry"] = None if blob is None else shapely.geometry.mapping(shapely.from_wkb(bytes(blob)))
    if "content_hash" in row:
        row["version"] = row.pop("content_hash")
    return row
