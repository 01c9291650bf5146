"""Which rows of a table a caller sees: a condition of the query, never a test after it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.auth import Caller
from api.settings import Settings
from audits.store import PLACES
from gis.catalogue import city
from gis.errors import NotFoundError
from gis.spatial import in_regions

Regions = Sequence[str] | None  # None: the whole city, rows without a region included


def regions_of(caller: Caller, settings: Settings) -> Regions:
    """Return the regions whose rows a caller sees; None where the role holds in the whole city."""
    return None if caller.covers(city(settings.city).code) else caller.regions


def seen(column: InstrumentedAttribute[Any], regions: Regions) -> ColumnElement[bool]:
    """Return the condition that a row lies in one of the regions."""
    return true() if regions is None else in_regions(column, regions)


def place_seen(
    layer: InstrumentedAttribute[Any], uid: InstrumentedAttribute[Any], regions: Regions
) -> ColumnElement[bool]:
    """Return the condition that the place that a row speaks of lies in one of the regions."""
    if regions is None:
        return true()
    return or_(
        *(
            and_(
                layer == name,
                exists(
                    select(table.id).where(
                        table.uid == uid, table.retired_by.is_(None), in_regions(table.region_code, regions)
                    )
                ),
            )
            for name, (table, _) in PLACES.items()
        )
    )


def place_facts(session: Session, layer: str, uid: str, regions: Regions) -> tuple[str, str | None]:
    """Return the version and the region of a place in some regions.

    Raises
    ------
    NotFoundError
        There is no such place, or it lies elsewhere.
    """
    table = PLACES[layer][0]
    found = session.execute(
        select(table.content_hash, table.region_code).where(
            table.uid == uid, table.retired_by.is_(None), seen(table.region_code, regions)
        )
    ).first()
    if found is None:
        raise NotFoundError("place", f"{layer} {uid[:80]}")
    return found.content_hash, found.region_code
