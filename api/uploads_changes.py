"""Changes made offline: each applied for itself, once, and kept whatever became of it.

What may be questioned: a change and what became of it are written in one transaction, the effect inside a
savepoint, so that a change that is refused is remembered and one that is applied is applied once; sent again,
it is answered from memory. An id that comes again with other content is kept too, under an id made of both,
as a conflict: nothing that a phone sent is thrown away.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid5

from pydantic import ValidationError
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from api.auth import Caller
from api.case_events import case_for, event_in, take_event
from api.schemas_office import ChangeIn, VisitIn
from api.scope import Regions, place_facts, seen
from api.uploads_tables import Change
from api.uploads_visits import hold, rows_of, take_visit
from audits.store import visit_hashes
from gis.catalogue import City
from gis.db import transaction
from gis.errors import (
    BusyError,
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    TantuError,
    VersionError,
)
from planner.secrecy import Cipher

OTHER_CONTENT = "This id was used for a change of other content; both are kept."


@dataclass(frozen=True)
class Desk:
    """Who sends or decides, where and when, and what encrypts what is kept.

    `force` where somebody decided to apply a change though what it is about was changed since.
    """

    caller: Caller
    regions: Regions
    city: City
    cipher: Cipher
    now: datetime
    force: bool = False


def take_changes(engine: Engine, desk: Desk, batch: str, changes: Sequence[ChangeIn]) -> list[Change]:
    """Apply changes in order, each in a transaction of its own, and return what became of each.

    Raises
    ------
    BusyError
        The same batch is being taken by another request.
    """
    return [_taken(engine, desk, batch, change) for change in changes]


def decide(session: Session, desk: Desk, uid: str, *, apply: bool) -> Change:
    """Apply a change in conflict all the same, in the name of who made it, or put it aside.

    Raises
    ------
    NotFoundError
        There is no such change in conflict in these regions.
    ConflictError
        It was decided already, or cannot be applied even so.
    """
    query = select(Change).where(Change.uid == uid, Change.outcome == "conflict")
    found = session.scalars(query.where(seen(Change.region_code, desk.regions)).with_for_update()).first()
    if found is None:
        raise NotFoundError("conflict", uid[:80])
    if found.decision is not None:
        raise ConflictError(f"Change {uid} was decided by {found.decided_by}: {found.decision}.")
    if apply:
        said = ChangeIn.model_validate(body_of(found, desk.cipher))
        maker = Caller(role=_maker_role(said), regions=desk.caller.regions, name=found.by)
        own = Desk(maker, desk.regions, desk.city, desk.cipher, desk.now)
        APPLY[said.kind](session, replace(own, force=True), said)
    found.decision = "applied" if apply else "discarded"
    found.decided_by, found.decided_at = desk.caller.name, desk.now
    session.flush()
    return found


def conflicts(
    session: Session, regions: Regions, *, by: str | None, undecided: bool, after: int | None, limit: int
) -> Sequence[Change]:
    """Return the changes in conflict of some regions, the oldest first."""
    query = select(Change).where(Change.outcome == "conflict", seen(Change.region_code, regions))
    for condition in (
        None if by is None else Change.by == by,
        Change.decision.is_(None) if undecided else None,
        None if after is None else Change.id > after,
    ):
        query = query if condition is None else query.where(condition)
    return session.scalars(query.order_by(Change.id).limit(limit)).all()


def body_of(change: Change, cipher: Cipher) -> dict[str, Any]:
    """Return a change as it was sent.

    Raises
    ------
    KeyMissingError
        The key is not the one it was encrypted with.
    """
    (text,) = cipher.decrypt([change.body], "change", "body", [change.uid])
    body: dict[str, Any] = json.loads(text or "{}")
    return body


def _taken(engine: Engine, desk: Desk, batch: str, said: ChangeIn) -> Change:
    text = json.dumps(said.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
    digest = sha256(f"{desk.caller.uid}\n{text}".encode()).hexdigest()
    with transaction(engine) as session:
        hold(session, f"change {said.id}")
        known = session.scalars(select(Change).where(Change.uid == str(said.id))).first()
        if known is not None and known.digest == digest:
            return known
        if known is None:
            uid, outcome, code, detail = str(said.id), *_outcome(session, desk, said)
        else:
            uid, outcome, code, detail = str(uuid5(said.id, digest)), "conflict", "conflict", OTHER_CONTENT
            again = session.scalars(select(Change).where(Change.uid == uid)).first()
            if again is not None:
                return again
        region = _region(session, desk, said)
        (body,) = desk.cipher.encrypt([text], "change", "body", [uid])
        kept = Change(
            uid=uid, batch=batch, by=desk.caller.name, kind=said.kind, about=said.about, body=body,
            region_code=region, digest=digest, outcome=outcome, code=code, detail=detail,
            made_at=said.made_at, received_at=desk.now,
        )  # fmt: skip
        session.add(kept)
        session.flush()
        return kept


def _outcome(session: Session, desk: Desk, said: ChangeIn) -> tuple[str, str | None, str | None]:
    try:
        with session.begin_nested():
            APPLY[said.kind](session, desk, said)
    except BusyError:
        raise
    except ConflictError as error:
        return "conflict", error.code, str(error)
    except (ForbiddenError, NotFoundError) as error:
        return "not_permitted", error.code, None
    except TantuError as error:
        return "refused", error.code, str(error)
    return "applied", None, None


def _apply_visit(session: Session, desk: Desk, said: ChangeIn) -> None:
    desk.caller.need("inspector", "reviewer", "clerk")
    visit = _read(VisitIn, said.data)
    if said.base is not None:
        visit = visit.model_copy(update={"base": said.base})
    number = said.about
    if desk.force and len(visit_hashes(session, [number])):
        number = str(uuid5(said.id, "again"))  # the number is taken by another visit: this one gets its own
    rows = rows_of(number, visit, desk.caller.name, desk.city)
    take_visit(session, number, visit, rows, regions=desk.regions, force=desk.force)


def _apply_case_event(session: Session, desk: Desk, said: ChangeIn) -> None:
    try:
        event = event_in.validate_python(said.data)
    except ValidationError as error:
        raise InputError(_faults(error)) from error
    case = case_for(session, said.about, desk.caller, desk.regions)
    if not desk.force and said.base is None:
        raise VersionError("case", said.about)
    base = None if desk.force else said.base
    take_event(session, case, event, caller=desk.caller, at=desk.now, base=base)


APPLY: Mapping[str, Callable[[Session, Desk, ChangeIn], None]] = {
    "visit": _apply_visit, "case_event": _apply_case_event,
}  # fmt: skip


def _read(model: type[VisitIn], data: Mapping[str, Any]) -> VisitIn:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InputError(_faults(error)) from error


def _faults(error: ValidationError) -> str:
    parts = error.errors(include_input=False, include_url=False)[:20]
    return "; ".join(f"{'/'.join(map(str, part['loc']))}: {part['msg']}" for part in parts)


def _region(session: Session, desk: Desk, said: ChangeIn) -> str | None:
    """Return the region in whose inbox a change belongs: that of the place, else of who sent it."""
    own = desk.caller.regions[0] if desk.caller.regions else None
    if said.kind != "visit":
        return own
    try:
        layer, uid = str(said.data.get("place_layer")), str(said.data.get("place_uid"))
        return place_facts(session, layer, uid, desk.regions)[1] or own
    except (NotFoundError, KeyError):
        return own


def _maker_role(said: ChangeIn) -> str:
    if said.kind == "visit":
        return "inspector"
    return {"repair": "contractor", "reinspect": "inspector", "check": "inspector"}.get(
        str(said.data.get("event")), "reviewer"
    )
