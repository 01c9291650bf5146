"""All SQL of cases: their rows, which are rewritten from events, and the reports they came from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.orm import Session

from audits.case_tables import ROLES, Case, CaseReport
from audits.casestate import CaseState
from audits.store import CHUNK, PLACES
from audits.tables import Finding, Measurement, Visit
from gis.errors import NotFoundError
from gis.frames import read_frame

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


@dataclass(frozen=True)
class Earlier:
    """A case of the same element of the same place."""

    uid: str
    kind: str
    state: str
    ended_on: date | None


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


def case_rows(session: Session) -> list[Case]:
    """Return the rows of all cases."""
    return list(session.scalars(select(Case).order_by(Case.id)))


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
        .values(case_id=target.id, **roles_of(target))
    )


def reports(session: Session, case_id: int | None = None) -> pd.DataFrame:
    """Return the reports of a case or of all."""
    where = None if case_id is None else CaseReport.case_id == case_id
    return pd.DataFrame(read_frame(session, CaseReport, where=where))


def cases(
    session: Session, *, state: str | None = None, where: ColumnElement[bool] | None = None
) -> pd.DataFrame:
    """Return the rows of cases, all or those in one state or that meet a condition."""
    return pd.DataFrame(read_frame(session, Case, where=where if state is None else Case.state == state))


def new_findings(session: Session, uids: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the findings that no case knows yet, with `inspector`, in the order they were opened."""
    query = (
        select(Finding, Visit.inspector)
        .join(Visit, Visit.id == Finding.visit_id)
        .outerjoin(CaseReport, CaseReport.finding_uid == Finding.uid)
        .where(CaseReport.id.is_(None), Finding.state == "open")
        .order_by(Finding.opened_on, Finding.id)
    )
    names = [column.name for column in Finding.__table__.columns]
    asked = None if uids is None else set(uids)
    rows = [
        {name: getattr(finding, name) for name in names} | {"inspector": inspector}
        for finding, inspector in session.execute(query)
        if asked is None or finding.uid in asked
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


def release_findings(session: Session, case_id: int) -> None:
    """Forget which findings, gone with their import, the reports of a case came from."""
    session.execute(
        update(CaseReport)
        .where(
            CaseReport.case_id == case_id,
            CaseReport.finding_id.is_(None),
            CaseReport.finding_uid.is_not(None),
        )
        .values(note=CaseReport.finding_uid, finding_uid=None)
    )


def roles_of(row: Case) -> dict[str, str]:
    """Return who did what in a case, as its reports repeat it."""
    return {role: getattr(row, role) for role in ROLES}


def set_finding_state(session: Session, case_id: int, state: str) -> None:
    """Note at the findings of a case where they stand."""
    own = select(CaseReport.finding_id).where(CaseReport.case_id == case_id)
    session.execute(update(Finding).where(Finding.id.in_(own)).values(state=state))


def note_recheck(session: Session, visit: Visit, subject: Subject, rules: Iterable[str]) -> None:
    """Note that what a re-inspection found of the clauses of a case is no new report."""
    own = (Finding.visit_id == visit.id, Finding.element == subject.element, Finding.rule_id.in_(list(rules)))
    session.execute(update(Finding).where(*own).values(state="in_case"))


def earlier_cases(session: Session, subject: Subject) -> list[Earlier]:
    """Return the cases of one element of one place, open and ended, in the order they were opened."""
    query = select(Case.uid, Case.kind, Case.state, Case.ended_on).where(
        Case.place_layer == subject.place_layer,
        Case.place_uid == subject.place_uid,
        Case.element == subject.element,
        Case.element_no == subject.element_no,
    )
    return [Earlier(*row) for row in session.execute(query.order_by(Case.id))]


def orphans(session: Session) -> list[Case]:
    """Return the cases before repair all of whose reports are findings taken back with their import."""
    backed = select(CaseReport.case_id).where(
        or_(CaseReport.finding_uid.is_(None), CaseReport.finding_id.is_not(None))
    )
    query = select(Case).where(Case.state.in_(OPEN_STATES[:4]), Case.id.not_in(backed)).order_by(Case.id)
    return list(session.scalars(query))


def region_code(session: Session, layer: str, uid: str) -> str | None:
    """Return the region of a place, None where place or region is not known."""
    table = PLACES[layer][0]
    return session.scalar(select(table.region_code).where(table.uid == uid, table.retired_by.is_(None)))


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
