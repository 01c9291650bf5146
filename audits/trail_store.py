"""All SQL of the audit trail: deeds are added with their links in the chain, and read; nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session

from audits import chain, event_store
from audits.trail import Deed, deed_facts
from audits.trail_tables import TrailDeed
from gis.catalogue import codelist


@dataclass(frozen=True)
class Sought:
    """Which deeds are asked for; None asks for all, `before` is a position (the newest come first)."""

    by: str | None = None
    kind: str | None = None
    subject: str | None = None
    since: datetime | None = None
    before: int | None = None


def record(session: Session, *deeds: Deed) -> None:
    """Add deeds to the trail, in the transaction of what they tell of.

    Nobody else adds to the chain until it ends, so a deed is recorded last.

    Raises
    ------
    CodeError
        The kind of a deed is not in the list `deed`.
    """
    kinds = codelist("deed")
    for deed in deeds:
        kinds[deed.kind]
    contents = [chain.content_digest(deed_facts(deed)) for deed in deeds]
    links = event_store.append_digests(session, contents)
    rows = [
        {
            "position": link.position, "at": deed.at, "by": deed.by, "role": deed.role, "kind": deed.kind,
            "subject": deed.subject, "facts": dict(deed.facts),
        }
        for link, deed in zip(links, deeds, strict=True)
    ]  # fmt: skip
    if rows:
        session.execute(insert(TrailDeed), rows)


def deeds(session: Session, sought: Sought, limit: int) -> list[tuple[int, Deed]]:
    """Return deeds with their positions, the newest first."""
    asked: list[ColumnElement[bool]] = []
    if sought.by is not None:
        asked.append(TrailDeed.by == sought.by)
    if sought.kind is not None:
        asked.append(TrailDeed.kind == sought.kind)
    if sought.subject is not None:
        asked.append(TrailDeed.subject == sought.subject)
    if sought.since is not None:
        asked.append(TrailDeed.at >= sought.since)
    if sought.before is not None:
        asked.append(TrailDeed.position < sought.before)
    query = select(TrailDeed).where(*asked).order_by(TrailDeed.position.desc()).limit(limit)
    return [(row.position, _deed(row)) for row in session.scalars(query)]


def records(session: Session) -> dict[int, dict[str, Any]]:
    """Return every deed as it is exported, by position."""
    query = select(TrailDeed).order_by(TrailDeed.position)
    return {row.position: deed_facts(_deed(row)) for row in session.scalars(query)}


def digests(session: Session) -> dict[int, str]:
    """Return the digests of all deeds as they read now, by position."""
    return {position: chain.content_digest(record) for position, record in records(session).items()}


def _deed(row: TrailDeed) -> Deed:
    return Deed(row.at, row.by, row.role, row.kind, row.subject, row.facts)
