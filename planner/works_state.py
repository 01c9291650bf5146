"""What is kept of the renovation of a home: its events, and the state they add up to.

What may be questioned: an event carries the day it happened on, beside the moment it was written down, since
offices enter papers days later; and it holds no name, number or remark of the family, so that their facts
can be erased while the chain of digests over the events still verifies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from gis.catalogue import codelist

# Facts that an event cannot do without.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "register": ("uid", "household", "year", "county"),
    "apply": ("consents",),
    "assess": ("barriers",),
    "propose": ("items", "cost_yuan", "agreed"),
    "send_back": ("reason",),
    "publish": ("until",),
    "object": ("reason",),
    "resolve": ("answer",),
    "contract": ("contractor", "price_yuan"),
    "change": ("reason", "items", "price_yuan"),
    "accept": ("items", "barriers", "signatures"),
    "rework": ("reason",),
    "settle": ("lines",),
    "archive": ("documents",),
    "spot_check": ("passed",),
    "survey": ("answers",),
    "follow_up": ("month", "in_use"),
    "withdraw": ("reason",),
    "pause": ("reason",),
}
WORST = 4  # severity of a barrier: 0 none, 1 to 4 as Housing Enabler grades it


@dataclass(frozen=True)
class WorksEvent:
    """Something done to a case: what, by whom, on which day in China, and its facts as plain JSON values."""

    kind: str
    by: str
    on: date
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class WorksState:
    """Everything that the events of a case say of it.

    Attributes
    ----------
    entered
        The day on which each state was entered last.
    barriers, barriers_after
        Severity (0 to 4) of each barrier found before, and of the same ones after the works.
    items
        Quantity of each item of the scheme, as approved.
    open_change
        A change that waits for its approval: who asked, and the items and price asked for.
    lines
        Yuan settled by funding line.
    pauses
        First and last day of each rest; the last day of one that goes on is None.
    """

    uid: str
    household: str
    year: int
    county: str
    state: str
    on: date
    urgent: bool = False
    entered: Mapping[str, date] = field(default_factory=dict)
    assessor: str = ""
    township_reviewer: str = ""
    county_reviewer: str = ""
    finisher: str = ""
    inspector: str = ""
    countersigner: str = ""
    spot_checker: str = ""
    barriers: Mapping[str, int] = field(default_factory=dict)
    barriers_after: Mapping[str, int] | None = None
    items: Mapping[str, float] = field(default_factory=dict)
    cost_yuan: float | None = None
    notice_until: date | None = None
    objections: int = 0
    open_objections: int = 0
    contractor: str | None = None
    price_yuan: float | None = None
    open_change: Mapping[str, Any] | None = None
    changes: int = 0
    reworks: int = 0
    lines: Mapping[str, float] = field(default_factory=dict)
    spot_passed: bool | None = None
    answers: Mapping[str, int] | None = None
    follow_ups: Mapping[int, bool] = field(default_factory=dict)
    pauses: tuple[tuple[date, date | None], ...] = ()

    @property
    def settled_yuan(self) -> float | None:
        """What was paid in the end, None before."""
        return sum(self.lines.values()) if self.lines else None

    @property
    def outdoor(self) -> bool:
        """Some of its works are outdoors and wait for the season; so until a scheme says otherwise."""
        catalogue = codelist("renovation_item").codes
        known = [item for item in self.items if item in catalogue]
        return not known or any(catalogue[item].facts["location"] == "outdoor" for item in known)

    @property
    def paused(self) -> bool:
        """It is at rest."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    @property
    def need_before(self) -> int:
        """Sum of the severities found before the works."""
        return sum(self.barriers.values())

    @property
    def need_met(self) -> int | None:
        """By how much the works lowered the severities, None before acceptance."""
        return None if self.barriers_after is None else self.need_before - sum(self.barriers_after.values())
