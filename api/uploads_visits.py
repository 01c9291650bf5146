"""A visit as a phone sends it: checked like the rows of an import, written once, never overwritten.

What may be questioned: the rows go through the very preparation of an imported file, so that the office and
the phone cannot disagree on what is a valid measurement; and who measured is the account, not a field.
"""

from typing import Any

import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.schemas_office import VisitIn
from api.scope import Regions, place_facts
from audits.layer import AUDITS
from audits.service import Recorded, record_visit
from audits.tables import Finding, Visit
from gis.catalogue import City
from gis.db import is_spatialite
from gis.errors import BusyError, SchemaError, VersionError
from gis.intake import ImportOptions, prepared_of
from gis.sources import Source

FAULTS = 20  # that are listed


def rows_of(uid: str, said: VisitIn, inspector: str, city: City) -> GeoDataFrame:
    """Return a visit as accepted rows of the audits layer, EPSG:4326.

    Raises
    ------
    SchemaError
        A reading cannot be judged as meant; the message says which and why.
    """
    position = said.position
    facts = {
        "visit_uid": uid, "place_layer": said.place_layer, "place_uid": said.place_uid,
        "inspector": inspector, "visited_on": said.visited_on.isoformat(),
        "accuracy_m": None if position is None else position.accuracy_m,
        "lon": None if position is None else position.lon,
        "lat": None if position is None else position.lat,
    }  # fmt: skip
    table = pd.DataFrame([facts | reading.model_dump() for reading in said.readings])
    table.index = pd.RangeIndex(1, len(table) + 1)
    west, south, east, north = city.facts["bbox"]
    datum = "wgs84" if position is None else position.datum
    options = ImportOptions(datum=datum, bounds=(west, south, east, north))
    prepared = prepared_of(AUDITS, Source(table.astype(object)), options)
    faults = [issue for issue in prepared.issues if issue.action == "quarantined"]
    if faults:
        told = "; ".join(f"readings/{issue.row - 1}: {issue.detail}" for issue in faults[:FAULTS])
        raise SchemaError("audits", told)
    return prepared.accepted


def take_visit(
    session: Session, uid: str, said: VisitIn, rows: GeoDataFrame, *, regions: Regions, force: bool = False
) -> Recorded:
    """Store a visit to a place in some regions.

    Parameters
    ----------
    force
        Whether to take it though the place was changed since the inspector saw it.

    Raises
    ------
    NotFoundError
        There is no such place in these regions.
    VersionError
        The place was changed since.
    ConflictError
        The number is taken by a visit of other content.
    BusyError
        The same visit is being stored by another request.
    """
    hold(session, f"visit {uid}")
    version, _ = place_facts(session, said.place_layer, said.place_uid, regions)
    if not force and said.base not in {None, version}:
        raise VersionError("place", said.place_uid)
    return record_visit(session, rows)


def hold(session: Session, name: str) -> None:
    """Be alone with something of that name until the transaction ends.

    SpatiaLite has one writer at a time anyway.

    Raises
    ------
    BusyError
        Another request is at work on it.
    """
    if is_spatialite(session):
        return
    held = session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0))))
    if not held:
        raise BusyError(*name.split(" ", 1))


def findings_of(session: Session, visit_uid: str) -> list[dict[str, Any]]:
    """Return what a visit found, in order."""
    names = ("uid", "element", "element_no", "clause", "value", "unit", "severity", "state")
    query = select(*(getattr(Finding, name) for name in names)).join(Visit, Visit.id == Finding.visit_id)
    rows = session.execute(query.where(Visit.uid == visit_uid).order_by(Finding.id))
    return [{"id": row.uid, **dict(zip(names[1:], row[1:], strict=True))} for row in rows]
