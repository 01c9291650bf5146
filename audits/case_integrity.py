"""Checks that cases and the audit trail are what was recorded: the chain, what is under it, and the cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from audits import case_store, chain, event_store, trail_store
from audits.case_tables import Case
from audits.casepolicy import policy_of
from audits.cases import replay
from audits.casestate import Event
from gis.errors import ConflictError


@dataclass(frozen=True)
class Integrity:
    """What a check found: the length and head of the chain, its faults, and cases that were altered."""

    links: int
    head: str
    faults: tuple[chain.Fault, ...]
    altered: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Nothing is wrong."""
        return not (self.faults or self.altered)


def checked_chain(session: Session, others: Mapping[int, str] | None = None) -> Integrity:
    """Check the chain of this database against its events and deeds, and every case against its events.

    Parameters
    ----------
    others
        The digests, by position, of records that packages to the right keep in the same chain.
    """
    links = event_store.links(session)
    contents = event_store.event_digests(session) | trail_store.digests(session) | dict(others or {})
    faults = chain.verified(links) + chain.faults_of_contents(links, contents)
    return Integrity(
        len(links), links[-1].digest if links else chain.GENESIS, tuple(faults), altered(session)
    )


def checked_export(text: str, name: str, *, now: Sequence[chain.Link] | None = None) -> Integrity:
    """Check an exported chain by itself, and against the chain as it is now where that is at hand.

    Parameters
    ----------
    name
        Name of the file, for messages.
    now
        The links of the database; an earlier export must be their beginning.

    Raises
    ------
    FileFormatError
        It is no exported chain.
    """
    links, head = chain.read(text, name)
    faults = chain.verified_export(links, head)
    if now is not None and not faults:
        faults = chain.continued(links, now)
    return Integrity(len(links), links[-1].digest if links else chain.GENESIS, tuple(faults), ())


def exported_chain(session: Session) -> str:
    """Return the chain of this database as text."""
    return chain.written(event_store.links(session))


def altered(session: Session) -> tuple[str, ...]:
    """Return the cases whose row is not what their events add up to, or whose events are not legal."""
    events = event_store.events_of(session)
    return tuple(row.uid for row in case_store.case_rows(session) if not _true(row, events.get(row.id, [])))


def _true(row: Case, events: Sequence[Event]) -> bool:
    try:
        state = replay(events, policy_of(row.policy))
    except ConflictError:
        return False
    return row.uid == state.uid and all(
        getattr(row, name) == getattr(state, name) for name in case_store.STATE_COLUMNS
    )
