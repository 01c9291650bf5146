"""Opens cases: from the findings of inspections, and from reports of the public and of wardens.

What may be questioned: a case is about one element of one place with every clause that it broke, since that
is what a unit is sent to repair; a finding at an element whose case is open joins that case, and both
sources are kept.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from audits import case_store as store
from audits import deadlines, event_store, violations
from audits.case_store import Earlier, Subject
from audits.case_tables import Case
from audits.casepolicy import CasePolicy, policy_on
from audits.cases import step
from audits.casestate import Event
from audits.casework import act
from gis.catalogue import codelist
from gis.errors import ConflictError

UID_DIGITS = 16  # hexadecimal digits
ELEMENT = ["place_layer", "place_uid", "element", "element_no"]


@dataclass(frozen=True)
class Report:
    """What somebody other than an inspection reports: a defect, or a violation (`subject.violation`)."""

    subject: Subject
    finder: str
    severity: str
    note: str | None = None


@dataclass(frozen=True)
class Opened:
    """What became of new findings: cases opened, findings that joined an open case, and those that wait.

    A finding waits while the case of its element is between repair and end: it may be its re-inspection.
    """

    opened: tuple[str, ...]
    recurring: tuple[str, ...]
    joined: int
    waiting: int


def open_cases(
    session: Session, *, by: str, at: datetime, finding_uids: Sequence[str] | None = None
) -> Opened:
    """Open a case for every inspected element that failed, or join the case that is open for it.

    Parameters
    ----------
    finding_uids
        Only these findings; by default all that no case knows.

    Raises
    ------
    ConflictError
        A finder of a new finding had a hand in the case that it would join.
    """
    store.relink_findings(session)
    found = store.new_findings(session, finding_uids)
    opened: list[str] = []
    recurring: list[str] = []
    joined = waiting = 0
    for _, group in found.groupby(ELEMENT, sort=False):
        layer, place, element, number = group[ELEMENT].iloc[0]
        subject = Subject(layer, place, element, int(number))
        earlier = store.earlier_cases(session, subject)
        current = [case for case in earlier if case.state in store.OPEN_STATES and case.kind == "repair"]
        if not current:
            row = _opened(session, subject, group, by=by, at=at)
            opened.append(row.uid)
            recurring += [row.uid] if row.recurs else []
        elif current[-1].state in {"repaired", "confirmed"}:
            waiting += len(group)
        else:
            _joined(session, current[-1].uid, group, by=by, at=at)
            joined += len(group)
    return Opened(tuple(opened), tuple(recurring), joined, waiting)


def report_case(session: Session, report: Report, *, at: datetime) -> str:
    """Open a case from a report of the public or of a warden and return its uid.

    Raises
    ------
    CodeError
        Severity, violation or element is in no code list.
    ConflictError
        The report names nobody.
    """
    codelist("severity")[report.severity]
    codelist("element")[report.subject.element]
    violation, offender = report.subject.violation, report.subject.offender
    if violation is not None:
        codelist("penalty")[violation]
        if offender not in violations.OFFENDERS:
            raise ConflictError(f"Who violates is one of {', '.join(violations.OFFENDERS)}, not {offender}.")
    source = {"origin": "report", "finder": report.finder.strip(), "note": report.note}
    row = _new_case(session, report.subject, [source], severity=report.severity, by=report.finder, at=at)
    return row.uid


def _opened(session: Session, subject: Subject, group: pd.DataFrame, *, by: str, at: datetime) -> Case:
    rank = {code: facts.facts["rank"] for code, facts in codelist("severity").codes.items()}
    gravest = max(group["severity"], key=lambda severity: rank[severity])
    return _new_case(session, subject, _sources(group), severity=gravest, by=by, at=at)


def _joined(session: Session, uid: str, group: pd.DataFrame, *, by: str, at: datetime) -> None:
    row = store.case_row(session, uid)
    sources = _sources(group)
    finders, rules = _finders(sources), _rules(sources)
    act(session, uid, "absorb", by=by, at=at, finders=finders, rules=rules)
    _keep_reports(session, row, sources, at)


def _new_case(
    session: Session,
    subject: Subject,
    sources: Sequence[dict[str, Any]],
    *,
    severity: str,
    by: str,
    at: datetime,
) -> Case:
    day = deadlines.china_day(at)
    policy = policy_on(day)
    kind = "repair" if subject.violation is None else "violation"
    uid = _uid(subject, sources, at)
    facts = {
        "uid": uid, "kind": kind, "severity": severity, "finders": _finders(sources),
        "rules": _rules(sources),
    }  # fmt: skip
    event = Event("report", by.strip(), at, facts)
    state = step(None, event, policy)
    row = {
        **vars(subject), **{name: getattr(state, name) for name in store.STATE_COLUMNS},
        "uid": uid, "policy": policy.id, "finder": _finders(sources)[0], "reported_on": day,
        "region_code": store.region_code(session, subject.place_layer, subject.place_uid),
        "recurs": _recurrence(store.earlier_cases(session, subject), day, policy, kind),
    }  # fmt: skip
    number = store.add_cases(session, [row])[uid]
    event_store.add_events(session, [(number, uid, event)])
    case = store.case_row(session, uid)
    _keep_reports(session, case, sources, at)
    return case


def _keep_reports(session: Session, row: Case, sources: Iterable[dict[str, Any]], at: datetime) -> None:
    empty = {"rule_id": None, "clause": None, "finding_uid": None, "finding_id": None, "note": None}
    shared = {"case_id": row.id, "opened_as": row.uid, **store.roles_of(row)}
    day = deadlines.china_day(at)
    store.add_reports(session, [{**empty, "found_on": day, **source, **shared} for source in sources])
    store.set_finding_state(session, row.id, "in_case")


def _sources(group: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "origin": "inspection", "finder": str(row["inspector"]).strip(), "found_on": row["opened_on"],
            "rule_id": row["rule_id"], "clause": row["clause"], "finding_uid": row["uid"],
            "finding_id": int(row["id"]),
        }
        for row in group.to_dict("records")
    ]  # fmt: skip


def _finders(sources: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(source["finder"] for source in sources))


def _rules(sources: Iterable[dict[str, Any]]) -> list[str]:
    return sorted({source["rule_id"] for source in sources if source.get("rule_id")})


def _recurrence(earlier: Sequence[Earlier], day: date, policy: CasePolicy, kind: str) -> str | None:
    since = (pd.Timestamp(day) - pd.DateOffset(months=policy.recurrence_months)).date()
    recent = [
        (case.ended_on, case.uid)
        for case in earlier
        if case.state == "closed" and case.kind == kind and case.ended_on and case.ended_on >= since
    ]
    return max(recent)[1] if recent else None


def _uid(subject: Subject, sources: Sequence[dict[str, Any]], at: datetime) -> str:
    named = [str(source.get("finding_uid") or source["finder"]) for source in sources]
    text = "\x1f".join([*(str(value) for value in vars(subject).values()), *named, at.isoformat()])
    return hashlib.sha256(text.encode()).hexdigest()[:UID_DIGITS]
