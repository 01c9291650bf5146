"""All SQL of the works: cases, which are rewritten from their events, their photos and filed papers.

Who may see which cases is an argument of every query: a `Scope` of regions and, for a contractor, of the
works that were given to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pandas import DataFrame
from sqlalchemy import ColumnElement, and_, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audits import chain, event_store
from audits.tables import Photo
from gis.errors import ConflictError, NotFoundError
from gis.frames import read_frame
from gis.tables import Household
from planner.works_state import WorksEvent, WorksState
from planner.works_tables import SIGNERS, WorksCase, WorksDocument, WorksEventRow, WorksPhoto

CHUNK = 500
STATE_COLUMNS = ("state", "urgent", *SIGNERS, "contractor", "cost_yuan", "price_yuan", "settled_yuan",
                 "need_met", "spot_passed")  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """What a user may see: cases of these regions (a code and all below it), of one contractor, of one year.

    Empty means without that limit.
    """

    regions: tuple[str, ...] = ()
    contractor: str = ""
    year: int | None = None

    def where(self) -> ColumnElement[bool]:
        """Return the condition on the table of cases."""
        limits: list[ColumnElement[bool]] = [WorksCase.id.is_not(None)]
        if self.regions:
            codes = func.coalesce(WorksCase.region_code, WorksCase.county_code)
            limits.append(or_(*(codes.startswith(code, autoescape=True) for code in self.regions)))
        if self.contractor:
            limits.append(WorksCase.contractor == self.contractor)
        if self.year is not None:
            limits.append(WorksCase.year == self.year)
        return and_(*limits)


EVERYTHING = Scope()


def case_row(session: Session, uid: str, scope: Scope = EVERYTHING, *, for_update: bool = False) -> WorksCase:
    """Return the row of a case, alone until the end of the transaction where it will be changed.

    Raises
    ------
    NotFoundError
        There is no such case, or none that the scope shows.
    """
    query = select(WorksCase).where(WorksCase.uid == uid, scope.where())
    row = session.scalars(query.with_for_update() if for_update else query).first()
    if row is None:
        raise NotFoundError("works case", uid, "tantu works list shows them")
    return row


def cases(session: Session, scope: Scope = EVERYTHING) -> DataFrame:
    """Return the rows of the cases of a scope."""
    return DataFrame(read_frame(session, WorksCase, where=scope.where()))


def known_homes(session: Session, year: int) -> set[str]:
    """Return the households that have a case of a year."""
    return set(session.scalars(select(WorksCase.household_uid).where(WorksCase.year == year)))


def last_number(session: Session, year: int) -> int:
    """Return the highest number given to a case of a year, 0 for none."""
    last = session.scalar(select(func.max(WorksCase.uid)).where(WorksCase.year == year))
    return int(str(last).rpartition("-")[2]) if last else 0


def add_cases(session: Session, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Write new cases and return their ids by uid."""
    if not rows:
        return {}
    session.execute(insert(WorksCase), list(rows))
    uids = [row["uid"] for row in rows]
    found: dict[str, int] = {}
    for at in range(0, len(uids), CHUNK):
        query = select(WorksCase.uid, WorksCase.id).where(WorksCase.uid.in_(uids[at : at + CHUNK]))
        found |= {row.uid: row.id for row in session.execute(query)}
    return found


def keep_state(session: Session, row: WorksCase, case: WorksState) -> None:
    """Rewrite the row of a case from its state.

    Raises
    ------
    ConflictError
        The database refuses it: one person would have signed twice.
    """
    for name in STATE_COLUMNS:
        setattr(row, name, getattr(case, name))
    row.need_before = case.need_before if case.barriers else None
    row.accepted_on = case.entered.get("accepted")
    row.changed_on = case.on
    try:
        session.flush()
    except IntegrityError as error:
        raise ConflictError(f"Case {case.uid}: {str(error.orig).splitlines()[0]}") from error


def add_events(session: Session, events: Sequence[tuple[int, str, WorksEvent]], *, at: datetime) -> None:
    """Write events (id and uid of the case, event) with their links in the chain."""
    digests = [event_digest(uid, event, at) for _, uid, event in events]
    links = event_store.append_digests(session, digests)
    rows = [
        {
            "position": link.position, "case_id": case_id, "kind": event.kind, "by": event.by,
            "on": event.on, "at": at, "facts": dict(event.facts),
        }
        for link, (case_id, _, event) in zip(links, events, strict=True)
    ]  # fmt: skip
    if rows:
        session.execute(insert(WorksEventRow), rows)


def event_record(uid: str, event: WorksEvent, at: datetime) -> dict[str, Any]:
    """Return an event as it is exported, and as its digest stands in the chain."""
    return {
        "works": uid,
        "kind": event.kind,
        "by": event.by,
        "on": event.on.isoformat(),
        "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "facts": dict(event.facts),
    }


def event_digest(uid: str, event: WorksEvent, at: datetime) -> str:
    """Return the digest of an event as it stands in the chain."""
    return chain.content_digest(event_record(uid, event, at))


def event_digests(session: Session) -> dict[int, str]:
    """Return the digests of all events as they read now, by their position in the chain."""
    return {position: chain.content_digest(record) for position, record in event_records(session).items()}


def event_records(session: Session) -> dict[int, dict[str, Any]]:
    """Return every event as it is exported, by its position in the chain."""
    table = WorksEventRow
    query = select(table.position, WorksCase.uid, table.kind, table.by, table.on, table.at, table.facts)
    rows = session.execute(query.join(WorksCase, WorksCase.id == table.case_id))
    return {
        position: event_record(uid, WorksEvent(kind, by, on, facts), at)
        for position, uid, kind, by, on, at, facts in rows
    }


def events_of(session: Session, case_ids: Iterable[int] | None = None) -> dict[int, list[WorksEvent]]:
    """Return the events of cases, or of all, by the id of the case, in the order they were recorded."""
    asked: list[ColumnElement[bool] | None] = [None]
    if case_ids is not None:
        ids = list(case_ids)
        asked = [WorksEventRow.case_id.in_(ids[at : at + CHUNK]) for at in range(0, len(ids), CHUNK)]
    found: dict[int, list[WorksEvent]] = {}
    table = WorksEventRow
    for where in asked:
        query = select(table.case_id, table.kind, table.by, table.on, table.facts)
        rows = session.execute((query if where is None else query.where(where)).order_by(table.position))
        for case_id, kind, by, on, facts in rows:
            found.setdefault(case_id, []).append(WorksEvent(kind, by, on, facts))
    return found


def add_photos(session: Session, case_id: int, photos: Sequence[tuple[str, str]]) -> int:
    """Note photos (uid, role) as evidence of a case and return how many are new.

    Raises
    ------
    ConflictError
        A photo is evidence of another case already.
    """
    new = 0
    for uid, role in photos:
        held = session.get(WorksPhoto, uid)
        if held is not None and held.case_id != case_id:
            raise ConflictError(f"Photo {uid} is evidence of another home already; it proves one only.")
        if held is None:
            session.add(WorksPhoto(photo_uid=uid, case_id=case_id, role=role))
            new += 1
    session.flush()
    return new


def photos(session: Session, case_id: int) -> DataFrame:
    """Return the photos of a case: `photo_uid`, `role`, `sha256`, `taken_at`."""
    query = select(WorksPhoto.photo_uid, WorksPhoto.role, Photo.sha256, Photo.taken_at)
    rows = session.execute(
        query.join(Photo, Photo.uid == WorksPhoto.photo_uid)
        .where(WorksPhoto.case_id == case_id)
        .order_by(Photo.id)
    )
    return DataFrame([tuple(row) for row in rows], columns=["photo_uid", "role", "sha256", "taken_at"])


def add_document(session: Session, row: dict[str, Any]) -> bool:
    """Note a filed paper; return whether it is new."""
    query = select(WorksDocument.id).where(
        WorksDocument.case_id == row["case_id"],
        WorksDocument.kind == row["kind"],
        WorksDocument.sha256 == row["sha256"],
    )
    if session.scalar(query) is not None:
        return False
    session.add(WorksDocument(**row))
    session.flush()
    return True


def documents(session: Session, case_id: int) -> DataFrame:
    """Return the filed papers of a case."""
    return DataFrame(read_frame(session, WorksDocument, where=WorksDocument.case_id == case_id))


def evidence_kinds(session: Session, scope: Scope = EVERYTHING) -> DataFrame:
    """Return `case_id` and `kind` of all papers and, as `photo_<role>`, of all photos of a scope."""
    papers = select(WorksDocument.case_id, WorksDocument.kind).join(
        WorksCase, WorksCase.id == WorksDocument.case_id
    )
    pictures = select(WorksPhoto.case_id, ("photo_" + WorksPhoto.role).label("kind")).join(
        WorksCase, WorksCase.id == WorksPhoto.case_id
    )
    rows = [
        tuple(row)
        for query in (papers, pictures)
        for row in session.execute(query.where(scope.where())).all()
    ]
    return DataFrame(sorted(set(rows)), columns=["case_id", "kind"])


def regions_of_homes(session: Session, homes: Sequence[str]) -> dict[str, str | None]:
    """Return the region code of households."""
    found: dict[str, str | None] = {}
    for at in range(0, len(homes), CHUNK):
        query = select(Household.uid, Household.region_code).where(
            Household.uid.in_(homes[at : at + CHUNK]), Household.retired_by.is_(None)
        )
        found |= {str(row.uid): row.region_code for row in session.execute(query)}
    return found
