"""What the JSON interface takes: a visit, an event of a case, changes made offline, a decision.

Numbers are finite, texts have an end, and what is not known is refused.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas_jobs import Asked, Uid

Text = Annotated[str, Field(min_length=1, max_length=2_000)]
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Severity = Literal["critical", "major", "minor", "advisory"]
PlaceLayer = Literal["toilets", "facilities", "roads", "households"]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
READINGS = 500  # of one visit


class PositionIn(Asked):
    """Where the device said it was; phones say WGS 84."""

    lon: Annotated[float, Field(allow_inf_nan=False, ge=-180, le=180)]
    lat: Annotated[float, Field(allow_inf_nan=False, ge=-90, le=90)]
    accuracy_m: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e6)] | None = None
    datum: Literal["wgs84", "cgcs2000", "gcj02", "bd09"] = "wgs84"


class ReadingIn(Asked):
    """One attribute of one element: a value with its unit, a choice, or why it was not measured."""

    element: Annotated[str, Field(max_length=30)]
    element_no: Annotated[int, Field(ge=1, le=9_999)] = 1
    attribute: Annotated[str, Field(max_length=60)]
    value: Finite | None = None
    unit: Annotated[str, Field(max_length=12)] | None = None
    choice: Annotated[str, Field(max_length=40)] | None = None
    not_measured: Annotated[str, Field(max_length=30)] | None = None


VISIT_EXAMPLE: dict[str, Any] = {
    "place_layer": "toilets",
    "place_uid": "t1",
    "visited_on": "2026-03-01",
    "position": {"lon": 100.4521, "lat": 38.9311, "accuracy_m": 6.0},
    "readings": [{"element": "door", "attribute": "clear_width", "value": 850, "unit": "mm"}],
}


class VisitIn(Asked):
    """One inspection of one place on one day by whoever sends it.

    `base` is the version of the place (its ETag) that the inspector saw; where the place was changed since,
    the visit is refused with 412, so that nobody measures what is not there any more without knowing.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [VISIT_EXAMPLE]})

    place_layer: PlaceLayer
    place_uid: Uid
    visited_on: date
    position: PositionIn | None = None
    readings: Annotated[list[ReadingIn], Field(min_length=1, max_length=READINGS)]
    base: Annotated[str, Field(max_length=64)] | None = None


class NoteOut(BaseModel):
    """A remark on something that was taken all the same."""

    reason: str
    detail: str


class FindingOut(BaseModel):
    """A clause that an element did not meet."""

    id: str
    element: str
    element_no: int
    clause: str
    value: float | None
    unit: str
    severity: str
    state: str


class VisitOut(BaseModel):
    """A visit that is stored: what it opened, and what is odd about it."""

    id: str
    state: Literal["recorded", "known"]
    version: str
    findings: list[FindingOut]
    notes: list[NoteOut]


class _Event(Asked):
    pass


class PlainEvent(_Event):
    """What needs nothing but to be said."""

    event: Literal["review", "file", "close", "resume", "escalate"]


class ReasonedEvent(_Event):
    """What needs a reason."""

    event: Literal["dismiss", "cancel", "reopen", "pause"]
    reason: Text


class DispatchEvent(_Event):
    """Send it to the unit responsible; without `due_on` the deadline is the usual one."""

    event: Literal["dispatch"]
    unit: Annotated[str, Field(min_length=1, max_length=120)]
    due_on: date | None = None


class RepairEvent(_Event):
    """It was put right; `evidence` are the SHA-256 of photos or papers that show it."""

    event: Literal["repair"]
    evidence: Annotated[list[Digest], Field(min_length=1, max_length=20)]
    note: Text | None = None


class ReinspectEvent(_Event):
    """The same clauses were measured again by a visit of whoever sends this."""

    event: Literal["reinspect"]
    visit: Uid
    due_on: date | None = None


class CheckEvent(_Event):
    """What no clause measures was seen and photographed."""

    event: Literal["check"]
    passed: bool
    evidence: Annotated[list[Digest], Field(min_length=1, max_length=20)]
    due_on: date | None = None


class MergeEvent(_Event):
    """It is a duplicate of another case."""

    event: Literal["merge"]
    into: Uid


class PenaliseEvent(_Event):
    """A violation is fined within the bracket of the law."""

    event: Literal["penalise"]
    yuan: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e9)]


class OpineEvent(_Event):
    """What a reviewer thinks of its severity; the computed one stays."""

    event: Literal["opine"]
    severity: Severity


CaseEventIn = Annotated[
    PlainEvent
    | ReasonedEvent
    | DispatchEvent
    | RepairEvent
    | ReinspectEvent
    | CheckEvent
    | MergeEvent
    | PenaliseEvent
    | OpineEvent,
    Field(discriminator="event", examples=[{"event": "review"}]),
]


class FindingsIn(Asked):
    """Findings of inspections that become cases; elements that failed together become one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"findings": ["V00012-door-1-clear_width"]}]})

    findings: Annotated[list[Uid], Field(min_length=1, max_length=500)]


class ChangeIn(Asked):
    """One change made offline: its own id, when it was made, what it was about, and what it says."""

    id: UUID
    kind: Literal["visit", "case_event"]
    about: Uid
    base: Annotated[str, Field(max_length=64)] | None = None
    made_at: datetime | None = None
    data: dict[str, Any]


class ChangesIn(Asked):
    """Changes in the order they were made; each is answered for itself."""

    changes: Annotated[list[ChangeIn], Field(min_length=1, max_length=200)]


class ChangeOut(BaseModel):
    """What became of a change: applied, in conflict (somebody has to decide), refused, or not permitted."""

    id: str
    kind: str
    about: str
    outcome: Literal["applied", "conflict", "refused", "not_permitted"]
    code: str | None
    detail: str | None
    received_at: datetime


class ConflictOut(ChangeOut):
    """A change in conflict as whoever decides sees it."""

    by: str
    made_at: datetime | None
    data: dict[str, Any]
    decision: Literal["applied", "discarded"] | None
    decided_by: str | None


class DecisionIn(Asked):
    """Apply a change all the same, or put it aside; it is kept either way."""

    decision: Literal["apply", "discard"]
