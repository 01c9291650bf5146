"""What is kept of a case: its events, and the state they add up to.

What may be questioned: an event carries its facts as plain JSON values, since exactly those are stored,
hashed and replayed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from audits.deadlines import china_day

KINDS = ("repair", "violation")
NEEDED: Mapping[str, tuple[str, ...]] = {
    "report": ("uid", "kind", "finders", "rules", "severity"),
    "dismiss": ("reason",),
    "dispatch": ("unit", "due_on"),
    "repair": ("evidence",),
    "confirm": ("rules",),
    "send_back": ("rules", "due_on"),
    "cancel": ("reason",),
    "merge": ("into",),
    "absorb": ("finders", "rules"),
    "pause": ("reason",),
    "reopen": ("reason",),
    "penalise": ("yuan", "clause"),
    "opine": ("severity",),
}


@dataclass(frozen=True)
class Event:
    """Something done to a case: what, by whom, when, and its facts as plain JSON values."""

    kind: str
    by: str
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def day(self) -> date:
        """The date in China."""
        return china_day(self.at)


@dataclass(frozen=True)
class CaseState:
    """Everything that the events of a case say of it; days are dates in China.

    `due_on` is the deadline that holds now; `promised_on` the one first given, moved by pauses only: what
    is sent back does not become punctual by a new deadline.
    """

    uid: str
    kind: str
    state: str
    severity: str
    finders: frozenset[str]
    rules: frozenset[str]
    at: datetime
    opinion: str | None = None
    reviewer: str = ""
    unit: str | None = None
    repairer: str = ""
    repairers: frozenset[str] = frozenset()
    reinspector: str = ""
    ended_by: str = ""
    filed_on: date | None = None
    due_on: date | None = None
    promised_on: date | None = None
    repaired_on: date | None = None
    checked_on: date | None = None
    ended_on: date | None = None
    paused_on: date | None = None
    reworks: int = 0
    escalations: int = 0
    reopenings: int = 0
    merged_into: str | None = None
    penalty_yuan: float | None = None


def same_person(one: str, other: str) -> bool:
    """Tell whether two names are one, whatever their capitals and the spaces around them."""
    return one.strip().lower() == other.strip().lower()


def among(name: str, names: Iterable[str]) -> bool:
    """Tell whether a name is one of several."""
    return any(same_person(name, other) for other in names)
