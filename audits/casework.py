"""What one can do with a case that is open: move it on, dispatch, repair, pause, fine, merge it.

Each function does one event: it replays the case, lets `audits.cases.step` decide, and writes event, chain
link and row in the caller's transaction. Opening is in `audits.case_opening`, re-inspecting in
`audits.case_recheck`, and the check of the whole in `audits.case_integrity`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from audits import case_store as store
from audits import deadlines, event_store, violations
from audits.case_tables import Case
from audits.casepolicy import CasePolicy, policy_of
from audits.cases import replay, step
from audits.casestate import CaseState, Event
from gis.catalogue import table
from gis.errors import ConflictError

ENDED = ("closed", "dismissed", "cancelled")  # a merged case lives on in another


def act(session: Session, uid: str, kind: str, *, by: str, at: datetime, **facts: Any) -> CaseState:  # noqa: ANN401  plain JSON values
    """Do an event that needs nothing but its facts: review, dismiss, file, repair, close, cancel, ...

    Raises
    ------
    NotFoundError
        There is no such case.
    ConflictError
        The event is not allowed; the message says why.
    """
    row = store.case_row(session, uid, for_update=True)
    state, policy = state_of(session, row)
    event = Event(kind, by.strip(), at, {name: value for name, value in facts.items() if value is not None})
    changed = step(state, event, policy)
    event_store.add_events(session, [(row.id, row.uid, event)])
    store.keep_state(session, row, changed)
    if changed.state in ENDED or kind == "reopen":
        store.set_finding_state(session, row.id, changed.state if changed.state in ENDED else "in_case")
    return changed


def dispatch(
    session: Session, uid: str, *, by: str, at: datetime, unit: str, due_on: date | None = None
) -> CaseState:
    """Send a case to the unit responsible, with a deadline in working days by its computed severity.

    Parameters
    ----------
    due_on
        The deadline, where it is not the usual one; needed where the calendar of its year is not known.

    Raises
    ------
    ConflictError
        It cannot be dispatched now, or the working days of the year of its deadline are not known.
    """
    row = store.case_row(session, uid)
    policy = policy_of(row.policy)
    due = due_on or deadlines.due_day(deadlines.china_day(at), policy.working_days[row.severity])
    return act(session, uid, "dispatch", by=by, at=at, unit=unit, due_on=due.isoformat())


def record_repair(
    session: Session, uid: str, *, by: str, at: datetime, evidence: Sequence[str], note: str | None = None
) -> CaseState:
    """Record that a case was put right, with the digests of the photos or papers that show it.

    Raises
    ------
    ConflictError
        There is no evidence, or whoever repaired reported the case.
    """
    return act(session, uid, "repair", by=by, at=at, evidence=list(evidence), note=note)


def pause(session: Session, uid: str, *, by: str, at: datetime, reason: str) -> CaseState:
    """Let a case rest (缓办), such as through the frost; its deadline moves by the working days it rests.

    Raises
    ------
    ConflictError
        It is not filed or dispatched, or is paused already.
    """
    return act(session, uid, "pause", by=by, at=at, reason=reason)


def resume(session: Session, uid: str, *, by: str, at: datetime) -> CaseState:
    """Go on with a paused case.

    Raises
    ------
    ConflictError
        It is not paused, or the working days of the year of its deadline are not known.
    """
    row = store.case_row(session, uid)
    moved: dict[str, str] = {}
    if row.paused_on is not None and row.due_on is not None and row.promised_on is not None:
        day = deadlines.china_day(at)
        moved = {
            name: deadlines.extended(due, row.paused_on, day).isoformat()
            for name, due in (("due_on", row.due_on), ("promised_on", row.promised_on))
        }
    return act(session, uid, "resume", by=by, at=at, **moved)


def penalise(session: Session, uid: str, *, by: str, at: datetime, yuan: float) -> CaseState:
    """Record the fine of a violation whose order ran out, within the bracket of the law.

    Raises
    ------
    NotFoundError
        No law fined it when it was reported.
    ConflictError
        It is no violation, its deadline has not passed, or the amount is outside the bracket.
    """
    row = store.case_row(session, uid)
    if row.violation is None or row.offender not in violations.OFFENDERS:
        raise ConflictError(f"Case {uid} is no violation; only a violation is fined.")
    allowed = violations.bracket(
        table("catalogue/penalty.toml"), row.violation, row.offender, row.reported_on
    )
    amount = violations.checked_penalty(yuan, allowed)
    return act(session, uid, "penalise", by=by, at=at, yuan=amount, clause=allowed.clause)


def merge(session: Session, uid: str, *, into: str, by: str, at: datetime) -> CaseState:
    """Merge a duplicate into another case and return that one; both keep their reports and their finders.

    Raises
    ------
    ConflictError
        The clauses of the duplicate belong to another element, a finder had a hand in the other case, or
        one of the two is past dispatch.
    """
    source, target = store.case_row(session, uid), store.case_row(session, into)
    state, _ = state_of(session, source)
    about = ("kind", "place_layer", "place_uid", "element")
    if state.rules and any(getattr(source, name) != getattr(target, name) for name in about):
        raise ConflictError(
            f"Case {uid} is about another element than case {into}; only duplicates are merged."
        )
    act(session, uid, "merge", by=by, at=at, into=into)
    absorbed = act(
        session, into, "absorb", by=by, at=at, finders=sorted(state.finders), rules=sorted(state.rules),
        source=uid,
    )  # fmt: skip
    store.move_reports(session, source, target)
    return absorbed


def cancel_orphans(session: Session, *, by: str, at: datetime) -> tuple[str, ...]:
    """Cancel the open cases whose findings were all taken back with their import; return their uids.

    Their findings are free for a new case, should the file come again.

    A case that is repaired already is finished like any other, since work was done on it.

    Raises
    ------
    ConflictError
        Whoever cancels reported one of them.
    """
    gone = store.orphans(session)
    for row in gone:
        act(session, row.uid, "cancel", by=by, at=at, reason="import-undone")
        store.release_findings(session, row.id)
    return tuple(row.uid for row in gone)


def state_of(session: Session, row: Case) -> tuple[CaseState, CasePolicy]:
    """Return a case as its events say, with the procedure it follows."""
    policy = policy_of(row.policy)
    return replay(event_store.events_of(session, [row.id]).get(row.id, []), policy), policy
