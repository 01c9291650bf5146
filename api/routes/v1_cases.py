"""A case and what is done to it: every event by a role, a person and on a version."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from api.case_events import case_for, findings_for, take_event, version_of
from api.deps import CallerDep, NowDep, ReadDep, SessionDep, SettingsDep
from api.schemas import NO_NUL
from api.schemas_office import CaseEventIn, FindingsIn
from api.scope import regions_of
from audits import case_store, event_store
from audits.case_opening import open_cases
from audits.case_tables import Case

router = APIRouter(tags=["cases"])

CaseId = Annotated[str, Path(max_length=80, pattern=NO_NUL)]


class EventOut(BaseModel):
    """One event of a case."""

    event: str
    by: str
    at: datetime
    facts: dict[str, Any]


class CaseOut(BaseModel):
    """A case as it stands; `version` goes into If-Match of the next event."""

    id: str
    version: str
    kind: str
    state: str
    place_layer: str
    place_uid: str
    element: str
    element_no: int
    region_code: str | None
    severity: str
    opinion: str | None
    unit: str | None
    filed_on: date | None
    due_on: date | None
    ended_on: date | None
    paused_on: date | None
    reworks: int
    escalations: int
    reopenings: int
    merged_into: str | None
    rules: list[str]
    events: list[EventOut]


class OpenedOut(BaseModel):
    """What became of findings: cases opened, of them recurrences, findings that joined a case or wait."""

    opened: list[str]
    recurring: list[str]
    joined: int
    waiting: int


@router.post("/cases", status_code=201)
def open_(
    said: FindingsIn, caller: CallerDep, session: SessionDep, settings: SettingsDep, now: NowDep
) -> OpenedOut:
    """Open cases from findings that no case knows yet.

    Raises
    ------
    NotFoundError
        There is no such finding, it lies elsewhere, or it is in a case already.
    ConflictError
        Somebody who found it had a hand in the case that it would join.
    """
    findings_for(session, said.findings, regions_of(caller, settings))
    opened = open_cases(session, by=caller.name, at=now, finding_uids=said.findings)
    return OpenedOut(
        opened=list(opened.opened), recurring=list(opened.recurring), joined=opened.joined,
        waiting=opened.waiting,
    )  # fmt: skip


@router.get("/cases/{uid}")
def shown(
    uid: CaseId, caller: CallerDep, session: ReadDep, settings: SettingsDep, response: Response
) -> CaseOut:
    """Return a case with its events."""
    case = case_for(session, uid, caller, regions_of(caller, settings))
    return _told(session, case, response)


@router.post("/cases/{uid}/events")
def act(
    *,
    uid: CaseId,
    said: CaseEventIn,
    response: Response,
    caller: CallerDep,
    session: SessionDep,
    settings: SettingsDep,
    now: NowDep,
    base: Annotated[str | None, Header(alias="If-Match", max_length=40)] = None,
) -> CaseOut:
    """Do an event of a case; with `If-Match` only if nothing happened to it since.

    Raises
    ------
    ForbiddenError
        The role may not do that (403).
    ConflictError
        The event is not allowed in this state, or not to this person (409).
    VersionError
        Something happened to the case since (412).
    """
    case = case_for(session, uid, caller, regions_of(caller, settings))
    version = None if base is None else base.strip('"')
    take_event(session, case, said, caller=caller, at=now, base=version)
    session.refresh(case)
    return _told(session, case, response)


def _told(session: Session, case: Case, response: Response) -> CaseOut:
    version = version_of(session, case)
    response.headers["ETag"] = f'"{version}"'
    events = event_store.events_of(session, [case.id]).get(case.id, [])
    rules = sorted({rule for rule, _ in case_store.rule_days(session, case.id)})
    facts = {name: getattr(case, name) for name in CaseOut.model_fields if hasattr(case, name)}
    return CaseOut(
        **(facts | {"id": case.uid}), version=version, rules=rules,
        events=[EventOut(event=one.kind, by=one.by, at=one.at, facts=dict(one.facts)) for one in events],
    )  # fmt: skip
