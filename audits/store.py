"""All SQL of audits: visits, measurements and findings in bulk, and the places they speak of.

A visit is written once with everything it measured; nothing here changes a measurement afterwards.
"""

from collections.abc import Iterator, Sequence

import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy import select
from sqlalchemy.orm import Session

from audits.tables import Asset, Finding, Measurement, Visit
from gis.frames import read_frame, write_frame
from gis.tables import Base, Facility, Household, Road, Toilet

PlaceTable = type[Toilet] | type[Facility] | type[Road] | type[Household] | type[Asset]

PLACES: dict[str, tuple[PlaceTable, tuple[str, ...]]] = {
    "toilets": (Toilet, ("uid", "built_on", "operating_status", "geometry")),
    "facilities": (Facility, ("uid", "built_on", "facility_class", "operating_status", "geometry")),
    "roads": (Road, ("uid", "road_class", "geometry")),
    "households": (Household, ("uid", "dwelling_kind", "geometry")),
    "assets": (Asset, ("uid", "built_on", "kind", "geometry")),
}
# Tables that an import of audits writes, for `gis.store.undo_batch`.
BATCH_TABLES: tuple[type[Base], ...] = (Visit, Measurement, Finding, Asset)
CHUNK = 5_000  # values of one IN list; SQLite takes 32,766 bound values a statement


def visit_hashes(session: Session, uids: Sequence[str]) -> pd.DataFrame:
    """Return `uid`, `id` and `content_hash` of the visits of a list that are stored."""
    parts = [
        read_frame(session, Visit, columns=["uid", "id", "content_hash"], where=Visit.uid.in_(chunk))
        for chunk in _chunks(uids)
    ]
    return (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["uid", "id", "content_hash"])
    )


def insert_visits(session: Session, visits: GeoDataFrame, batch_id: int | None) -> "pd.Series[int]":
    """Write visits and return their ids by `uid`.

    Raises
    ------
    ConflictError
        A visit of that uid is stored already.
    """
    write_frame(session, Visit, visits, batch_id=batch_id)
    return visit_hashes(session, list(visits["uid"])).set_index("uid")["id"]


def insert_measurements(session: Session, measurements: pd.DataFrame) -> int:
    """Write measurements that carry their `visit_id`, and return how many they are."""
    return write_frame(session, Measurement, measurements)


def insert_findings(session: Session, findings: pd.DataFrame) -> int:
    """Write findings that carry their `visit_id`, and return how many they are.

    Raises
    ------
    ConflictError
        A finding of that uid is stored already.
    """
    return write_frame(session, Finding, findings)


def visits(session: Session, layer: str | None = None) -> GeoDataFrame:
    """Return the visits of one layer's places, or all, with `id`."""
    return read_frame(session, Visit, where=None if layer is None else Visit.place_layer == layer)


def measurements(session: Session, layer: str | None = None) -> pd.DataFrame:
    """Return what was measured, one row a reading, as `audits.rules.judge` takes it.

    Returns
    -------
    DataFrame
        `place_layer`, `place_uid`, `visit_uid`, `visited_on`, `element`, `element_no`, `attribute`,
        `value`, `choice`, `unit`, `not_measured`, in the order they were written.
    """
    own = select(Visit.id).where(Visit.place_layer == layer) if layer is not None else None
    rows = read_frame(session, Measurement, where=None if own is None else Measurement.visit_id.in_(own))
    names = {"id": "visit_id", "uid": "visit_uid"}
    places = visits(session, layer)[["id", "uid", "place_layer", "place_uid", "visited_on"]].rename(
        columns=names
    )
    known = pd.DataFrame(rows).drop(columns="id")
    return known.merge(pd.DataFrame(places), on="visit_id").drop(columns="visit_id")


def findings(session: Session, layer: str | None = None, *, state: str | None = None) -> pd.DataFrame:
    """Return findings of one layer's places or all, in any state or one."""
    asked = [
        column == value
        for column, value in ((Finding.place_layer, layer), (Finding.state, state))
        if value is not None
    ]
    where = asked[0] & asked[1] if len(asked) == 2 else asked[0] if asked else None
    return pd.DataFrame(read_frame(session, Finding, where=where))


def assets(session: Session) -> GeoDataFrame:
    """Return the register of assets in EPSG:4326; vehicles, websites and apps have no geometry."""
    return read_frame(session, Asset)


def places(session: Session, layer: str, uids: Sequence[str] | None = None) -> GeoDataFrame:
    """Return what rules ask of the places of a layer, with `place_layer` and `place_uid`; EPSG:4326.

    Parameters
    ----------
    uids
        Only these places; all of the layer by default.
    """
    table, columns = PLACES[layer]
    asked = (
        [None] if uids is None else [table.uid.in_(chunk) for chunk in _chunks(uids)] or [table.uid.is_(None)]
    )
    found = pd.concat([read_frame(session, table, columns=columns, where=where) for where in asked])
    return GeoDataFrame(found.rename(columns={"uid": "place_uid"}).assign(place_layer=layer), crs=4326)


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
