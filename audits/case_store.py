"""All SQL of cases: rows, their reports, their events, and the one chain of digests.

An event and its link are written once and never changed; a case's row is rewritten from its events.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from audits import chain
from audits.case_tables import ROLES, Case, CaseEvent, CaseReport, ChainLink
from audits.casestate import CaseState, Event
from audits.store import CHUNK, PLACES
from audits.tables import Finding, Measurement, Visit
from gis.db import is_spatialite
from gis.errors import NotFoundError
from gis.frames import read_frame

CHAIN_LOCK = 0x6361_7365  # "case": the advisory lock of PostgreSQL that appending to the chain takes
OPEN_STATES = ("reported", "reviewed", "filed", "dispatched", "repaired", "confirmed")
# Columns of a case's row that its events decide, by the name they have in `CaseState`.
STATE_COLUMNS = (
    "kind", "state", "severity", "opinion", "reviewer", "unit", "repairer", "reinspector", "ended_by",
    "filed_on", "due_on", "promised_on", "repaired_on", "checked_on", "ended_on", "paused_on", "reworks",
    "escalations", "reopenings", "merged_into", "penalty_yuan",
)  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """What a case is about; all but the place may be unknown."""

    place_layer: str
    place_uid: str
    element: str
    element_no: int = 1
    violation: str | None = None
    offender: str | None = None


def case_row(session: Session, uid: str, *, for_update: bool = False) -> Case:
    """Return the row of a case, alone until the end of the transaction where it will be changed.

    Raises
    ------
    NotFoundError
        There is no case of that uid.
    """
    query = select(Case).where(Case.uid == uid)
    row = session.scalars(query.with_for_update() if for_update else query).first()
    if row is None:
        raise NotFoundError("case", uid, "tantu audit cases lists them")
    return row


def events_of(session: Session, case_ids: Iterable[int] | None = None) -> dict[int, list[Event]]:
    """Return the events of cases, or of all, by the id of the case, in the order they were recorded."""
    asked: list[ColumnElement[bool] | None] = [None]
    if case_ids is not None:
        ids = list(case_ids)
        asked = [CaseEvent.case_id.in_(ids[at : at + CHUNK]) for at in range(0, len(ids), CHUNK)]
    found: dict[int, list[Event]] = {}
    for where in asked:
        query = select(CaseEvent.case_id, CaseEvent.kind, CaseEvent.by, CaseEvent.at, CaseEvent.facts)
        rows = session.execute((query if where is None else query.where(where)).order_by(CaseEvent.position))
        for case_id, kind, by, at, facts in rows:
            found.setdefault(case_id, []).append(Event(kind, by, at, facts))
    return found


def add_cases(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Write new cases and return their ids by uid."""
    if not rows:
        return {}
    session.execute(insert(Case), [dict(row) for row in rows])
    uids = [row["uid"] for row in rows]
    found: dict[str, int] = {}
    for at in range(0, len(uids), CHUNK):
        pairs = session.execute(select(Case.uid, Case.id).where(Case.uid.in_(uids[at : at + CHUNK])))
        found |= {row.uid: row.id for row in pairs}
    return found


def add_reports(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write reports; they carry the roles of their case, as the database demands."""
    if rows:
        session.execute(insert(CaseReport), [dict(row) for row in rows])


def add_events(session: Session, events: Sequence[tuple[int, str, Event]]) -> None:
    """Append events (id and uid of the case, event) with their links to the chain.

    Nobody else appends until the transaction ends.
    """
    if not events:
        return
    if not is_spatialite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    links = chain.appended(last_link(session), (event_digest(uid, event) for _, uid, event in events))
    session.execute(insert(ChainLink), [vars(link) for link in links])
    rows = [
        {
            "position": link.position, "case_id": case_id, "kind": event.kind, "by": event.by, "at": event.at,
            "facts": dict(event.facts),
        }
        for link, (case_id, _, event) in zip(links, events, strict=True)
    ]  # fmt: skip
    session.execute(insert(CaseEvent), rows)


def event_digest(uid: str, event: Event) -> str:
    """Return the digest of an event as it stands in the chain."""
    moment = pd.Timestamp(event.at).tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return chain.content_digest(
        {"case": uid, "kind": event.kind, "by": event.by, "at": moment, "facts": dict(event.facts)}
    )


def keep_state(session: Session, row: Case, state: CaseState) -> None:
    """Rewrite the row of a case from its state; the database copies the roles into its reports."""
    for name in STATE_COLUMNS:
        setattr(row, name, getattr(state, name))
    session.flush()


def move_reports(session: Session, source: Case, target: Case) -> None:
    """Hand the reports of one case to another, with the roles of that one."""
    session.execute(
        update(CaseReport)
        .where(CaseReport.case_id == source.id)
        .values(case_id=target.id, **{role: getattr(target, role) for role in ROLES})
    )


def reports(session: Session, case_id: int | None = None) -> pd.DataFrame:
    """Return the reports of a case or of all."""
    where = None if case_id is None else CaseReport.case_id == case_id
    return pd.DataFrame(read_frame(session, CaseReport, where=where))


def cases(session: Session, *, state: str | None = None) -> pd.DataFrame:
    """Return the rows of cases, all or those in one state."""
    return pd.DataFrame(read_frame(session, Case, where=None if state is None else Case.state == state))


def new_findings(session: Session, uids: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the findings that no case knows yet, with `inspector`, in the order they were opened."""
    query = (
        select(Finding, Visit.inspector)
        .join(Visit, Visit.id == Finding.visit_id)
        .outerjoin(CaseReport, CaseReport.finding_uid == Finding.uid)
        .where(CaseReport.id.is_(None))
        .order_by(Finding.opened_on, Finding.id)
    )
    names = [column.name for column in Finding.__table__.columns]
    rows = [
        {name: getattr(finding, name) for name in names} | {"inspector": inspector}
        for finding, inspector in session.execute(query)
        if uids is None or finding.uid in set(uids)
    ]
    return pd.DataFrame(rows, columns=[*names, "inspector"])


def relink_findings(session: Session) -> int:
    """Give reports whose finding came back with a later import its id again; return how many."""
    found = session.execute(
        select(CaseReport.id, Finding.id)
        .join(Finding, Finding.uid == CaseReport.finding_uid)
        .where(CaseReport.finding_id.is_(None))
    ).all()
    for report_id, finding_id in found:
        session.execute(update(CaseReport).where(CaseReport.id == report_id).values(finding_id=finding_id))
    return len(found)


def set_finding_state(session: Session, case_id: int, state: str) -> None:
    """Note at the findings of a case where they stand."""
    own = select(CaseReport.finding_id).where(CaseReport.case_id == case_id)
    session.execute(update(Finding).where(Finding.id.in_(own)).values(state=state))


def earlier_cases(session: Session, subject: Subject) -> pd.DataFrame:
    """Return the cases of one element of one place, open and ended."""
    asked = (
        Case.place_layer == subject.place_layer,
        Case.place_uid == subject.place_uid,
        Case.element == subject.element,
        Case.element_no == subject.element_no,
    )
    where = asked[0] & asked[1] & asked[2] & asked[3]
    return pd.DataFrame(read_frame(session, Case, where=where))


def orphans(session: Session) -> list[Case]:
    """Return the open cases all of whose reports are findings that were taken back with their import."""
    backed = select(CaseReport.case_id).where(
        or_(CaseReport.finding_uid.is_(None), CaseReport.finding_id.is_not(None))
    )
    query = select(Case).where(Case.state.in_(OPEN_STATES), Case.id.not_in(backed)).order_by(Case.id)
    return list(session.scalars(query))


def region_codes(session: Session, layer: str, uids: Sequence[str]) -> dict[str, str | None]:
    """Return the region of places of a layer, by uid."""
    table = PLACES[layer][0]
    found: dict[str, str | None] = {}
    for at in range(0, len(uids), CHUNK):
        query = select(table.uid, table.region_code).where(
            table.uid.in_(uids[at : at + CHUNK]), table.retired_by.is_(None)
        )
        found |= {row.uid: row.region_code for row in session.execute(query)}
    return found


def visit_row(session: Session, uid: str) -> Visit:
    """Return a visit.

    Raises
    ------
    NotFoundError
        There is none of that uid.
    """
    row = session.scalars(select(Visit).where(Visit.uid == uid)).first()
    if row is None:
        raise NotFoundError("visit", uid, "import it first: tantu import audits FILE")
    return row


def measured_at(session: Session, visit: Visit) -> pd.DataFrame:
    """Return what one visit measured, as `audits.rules.judge` takes it."""
    found = pd.DataFrame(read_frame(session, Measurement, where=Measurement.visit_id == visit.id))
    facts = {name: getattr(visit, name) for name in ("place_layer", "place_uid", "visited_on")}
    return found.drop(columns=["id", "visit_id"]).assign(visit_uid=visit.uid, **facts)


def rule_days(session: Session, case_id: int) -> list[tuple[str, date]]:
    """Return the rules that a case is about, each with the day it was found broken."""
    query = select(CaseReport.rule_id, CaseReport.found_on).where(
        CaseReport.case_id == case_id, CaseReport.rule_id.is_not(None)
    )
    return [(str(rule), day) for rule, day in session.execute(query.order_by(CaseReport.id))]


def last_link(session: Session) -> chain.Link | None:
    """Return the end of the chain."""
    number = session.scalar(select(func.max(ChainLink.position)))
    row = session.get(ChainLink, number) if number else None
    return chain.Link(row.position, row.content, row.digest) if row else None


def links(session: Session) -> list[chain.Link]:
    """Return the whole chain, as the rows say."""
    rows = session.execute(
        select(ChainLink.position, ChainLink.content, ChainLink.digest).order_by(ChainLink.position)
    )
    return [chain.Link(*row) for row in rows]


def event_digests(session: Session) -> dict[int, str]:
    """Return the digests of all events as they read now, by their position in the chain."""
    query = select(
        CaseEvent.position, Case.uid, CaseEvent.kind, CaseEvent.by, CaseEvent.at, CaseEvent.facts
    ).join(Case, Case.id == CaseEvent.case_id)
    return {
        position: event_digest(uid, Event(kind, by, at, facts))
        for position, uid, kind, by, at, facts in session.execute(query)
    }
