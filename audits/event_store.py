"""All SQL of the events of cases and of the one chain of digests: both are only ever added to."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, func, insert, select, text
from sqlalchemy.orm import Session

from audits import chain
from audits.case_tables import Case, CaseEvent, ChainLink
from audits.casestate import Event
from audits.store import CHUNK
from gis.db import is_spatialite

CHAIN_LOCK = 0x6361_7365  # "case": the advisory lock of PostgreSQL that appending to the chain takes


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


def append_digests(session: Session, contents: Sequence[str]) -> list[chain.Link]:
    """Append the digests of records to the chain and return their links.

    Nobody else appends until the transaction ends.
    """
    if not contents:
        return []
    if not is_spatialite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    links = chain.appended(last_link(session), contents)
    session.execute(insert(ChainLink), [vars(link) for link in links])
    return links


def add_events(session: Session, events: Sequence[tuple[int, str, Event]]) -> None:
    """Write events (id and uid of the case, event) with their links."""
    links = append_digests(session, [event_digest(uid, event) for _, uid, event in events])
    rows = [
        {
            "position": link.position, "case_id": case_id, "kind": event.kind, "by": event.by, "at": event.at,
            "facts": dict(event.facts),
        }
        for link, (case_id, _, event) in zip(links, events, strict=True)
    ]  # fmt: skip
    if rows:
        session.execute(insert(CaseEvent), rows)


def event_digest(uid: str, event: Event) -> str:
    """Return the digest of an event as it stands in the chain."""
    return chain.content_digest(event_record(uid, event))


def event_record(uid: str, event: Event) -> dict[str, Any]:
    """Return an event as it is digested and exported."""
    moment = pd.Timestamp(event.at).tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"case": uid, "kind": event.kind, "by": event.by, "at": moment, "facts": dict(event.facts)}


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


def event_records(session: Session) -> dict[int, dict[str, Any]]:
    """Return every event as it is exported, by its position in the chain."""
    query = select(
        CaseEvent.position, Case.uid, CaseEvent.kind, CaseEvent.by, CaseEvent.at, CaseEvent.facts
    ).join(Case, Case.id == CaseEvent.case_id)
    return {
        position: event_record(uid, Event(kind, by, at, facts))
        for position, uid, kind, by, at, facts in session.execute(query)
    }


def event_digests(session: Session) -> dict[int, str]:
    """Return the digests of all events as they read now, by their position in the chain."""
    return {position: chain.content_digest(record) for position, record in event_records(session).items()}
