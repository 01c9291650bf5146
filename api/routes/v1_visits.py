"""Visits from phones, each under an id that the phone made, and changes made offline."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from api.deps import CallerDep, NowDep, ReadDep, SessionDep, SettingsDep
from api.keys import cipher
from api.schemas import NO_NUL
from api.schemas_office import ChangeOut, ChangesIn, ConflictOut, DecisionIn, NoteOut, VisitIn, VisitOut
from api.scope import regions_of
from api.settings import Settings
from api.uploads_changes import Desk, body_of, conflicts, decide, take_changes
from api.uploads_tables import Change
from api.uploads_visits import findings_of, rows_of, take_visit
from gis.catalogue import city

router = APIRouter(tags=["visits"])


@router.put("/visits/{uid}", status_code=201, responses={200: {"model": VisitOut}})
def put(
    *,
    uid: UUID,
    said: VisitIn,
    response: Response,
    caller: CallerDep,
    session: SessionDep,
    settings: SettingsDep,
) -> VisitOut:
    """Store a visit; sent again with the same content it is answered 200, so that a phone may always retry.

    Raises
    ------
    ConflictError
        A visit of this id is stored with other content (409).
    VersionError
        The place was changed since `base` (412).
    BusyError
        The same visit is being stored by another request (423).
    SchemaError
        A reading cannot be judged as meant (400).
    NotFoundError
        The place is not in one of the caller's regions (404).
    """
    rows = rows_of(str(uid), said, caller.name, city(settings.city))
    done = take_visit(session, str(uid), said, rows, regions=regions_of(caller, settings))
    response.status_code = 200 if done.known else 201
    response.headers["ETag"] = f'"{done.content_hash}"'
    return VisitOut(
        id=done.uid,
        state="known" if done.known else "recorded",
        version=done.content_hash,
        findings=findings_of(session, done.uid),
        notes=[NoteOut(reason=note.reason, detail=note.detail) for note in done.notes],
    )


@router.put("/changes/{batch}")
def put_changes(
    *,
    batch: UUID,
    said: ChangesIn,
    request: Request,
    caller: CallerDep,
    settings: SettingsDep,
    now: NowDep,
) -> list[ChangeOut]:
    """Take changes made offline, in order, each for itself; sent again they are answered as before."""
    desk = _desk(caller, settings, now)
    return [told(change) for change in take_changes(request.app.state.engine, desk, str(batch), said.changes)]


@router.get("/conflicts")
def list_conflicts(
    *,
    caller: CallerDep,
    session: ReadDep,
    settings: SettingsDep,
    now: NowDep,
    undecided: bool = True,
    after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[ConflictOut]:
    """List changes in conflict, the oldest first: a reviewer's those of its regions, others' their own."""
    desk = _desk(caller, settings, now)
    by = None if caller.is_one_of("reviewer", "admin") else caller.name
    found = conflicts(session, desk.regions, by=by, undecided=undecided, after=after, limit=limit)
    return [_conflict(change, desk) for change in found]


@router.post("/conflicts/{uid}/decision")
def decide_conflict(
    *,
    uid: Annotated[str, Path(max_length=40, pattern=NO_NUL)],
    said: DecisionIn,
    caller: CallerDep,
    session: SessionDep,
    settings: SettingsDep,
    now: NowDep,
) -> ConflictOut:
    """Decide a change in conflict: apply it all the same in the name of who made it, or put it aside.

    Raises
    ------
    ConflictError
        It was decided already, or cannot be applied even so.
    """
    desk = _desk(caller, settings, now)
    return _conflict(decide(session, desk, uid, apply=said.decision == "apply"), desk)


def told(change: Change) -> ChangeOut:
    """Return what became of a change."""
    return ChangeOut(
        id=change.uid, kind=change.kind, about=change.about, outcome=change.outcome, code=change.code,
        detail=change.detail, received_at=change.received_at,
    )  # fmt: skip


def _conflict(change: Change, desk: Desk) -> ConflictOut:
    return ConflictOut(
        **told(change).model_dump(), by=change.by, made_at=change.made_at, decision=change.decision,
        data=body_of(change, desk.cipher)["data"], decided_by=change.decided_by,
    )  # fmt: skip


def _desk(caller: CallerDep, settings: Settings, now: NowDep) -> Desk:
    return Desk(caller, regions_of(caller, settings), city(settings.city), cipher(settings), now)
