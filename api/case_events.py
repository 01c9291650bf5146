"""Events of cases as the service takes them: who may do which, on which version, in which regions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from api.auth import Caller
from api.schemas_office import CaseEventIn
from api.scope import Regions, place_seen, seen
from audits import casework
from audits.case_recheck import check_on_site, reinspect
from audits.case_tables import Case, CaseEvent
from audits.casestate import CaseState
from audits.tables import Finding
from gis.errors import NotFoundError, VersionError

event_in: TypeAdapter[CaseEventIn] = TypeAdapter(CaseEventIn)

# Separation of duties between persons is in `audits.cases` and in the database; here it is between roles.
DOERS: Mapping[str, str] = {
    "repair": "contractor housing reviewer",
    "reinspect": "inspector reviewer",
    "check": "inspector reviewer",
    "opine": "inspector reviewer",
}
DESK = "reviewer admin"


def case_seen(caller: Caller, regions: Regions) -> ColumnElement[bool]:
    """Return the condition that a caller sees a case: in its regions, and a contractor only its own."""
    own = Case.unit == caller.unit if caller.role == "contractor" else true()
    return seen(Case.region_code, regions) & own


def case_for(session: Session, uid: str, caller: Caller, regions: Regions) -> Case:
    """Return a case that a caller sees.

    Raises
    ------
    NotFoundError
        There is none, or it is not the caller's to see.
    """
    found = session.scalars(select(Case).where(Case.uid == uid, case_seen(caller, regions))).first()
    if found is None:
        raise NotFoundError("case", uid[:80])
    return found


def findings_for(session: Session, uids: Sequence[str], regions: Regions) -> None:
    """Make sure that a caller sees these findings and that no case knows them.

    Raises
    ------
    NotFoundError
        There is none of that id, it lies elsewhere, or it is in a case already.
    """
    where = place_seen(Finding.place_layer, Finding.place_uid, regions)
    query = select(Finding.uid).where(Finding.uid.in_(uids), Finding.state == "open", where)
    known = set(session.scalars(query))
    for uid in uids:
        if uid not in known:
            raise NotFoundError("open finding", uid[:80])


def version_of(session: Session, case: Case) -> str:
    """Return the version of a case: the place in the chain of its last event."""
    last = session.scalar(select(func.max(CaseEvent.position)).where(CaseEvent.case_id == case.id))
    return str(last)


def take_event(
    session: Session,
    case: Case,
    said: CaseEventIn,
    *,
    caller: Caller,
    at: datetime,
    base: str | None = None,
) -> CaseState:
    """Do an event of a case, if it still stands as the caller saw it.

    Raises
    ------
    ForbiddenError
        The role may not do that.
    VersionError
        Something happened to the case since.
    ConflictError
        The event is not allowed here, or not to this person.
    """
    caller.need(*DOERS.get(said.event, DESK).split())
    if base is not None and base != version_of(session, case):
        raise VersionError("case", case.uid)
    facts = said.model_dump(exclude={"event"})
    act = _ACTS.get(said.event, _plain(said.event))
    return act(session, case.uid, by=caller.name, at=at, **facts)


def _plain(event: str) -> Callable[..., CaseState]:
    def act(session: Session, uid: str, **facts: Any) -> CaseState:  # noqa: ANN401  the facts of the event
        return casework.act(session, uid, event, **facts)

    return act


def _reinspected(session: Session, uid: str, *, visit: str, **facts: Any) -> CaseState:  # noqa: ANN401
    return reinspect(session, uid, visit_uid=visit, **facts)


_ACTS: Mapping[str, Callable[..., CaseState]] = {
    "dispatch": casework.dispatch, "repair": casework.record_repair, "pause": casework.pause,
    "resume": casework.resume, "penalise": casework.penalise, "merge": casework.merge,
    "reinspect": _reinspected, "check": check_on_site,
}  # fmt: skip
