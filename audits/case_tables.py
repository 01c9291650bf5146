"""The mapped tables of cases: what stands now, who reported it, every event, and the chain of digests.

`audit_case` is what the events of `case_event` add up to; the events are the truth and are only ever added.
What may be questioned: who reported, repaired, re-inspected and ended a case stands in the row of the case
and again in the row of each report, where the foreign key copies it (ON UPDATE CASCADE). So the database
itself refuses, on both databases and for every report that was merged into a case, that anybody ends
a case of their own: a check may look at one row only.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from gis.tables import Base, BigId

ROLES = ("reviewer", "repairer", "reinspector", "ended_by")


def apart(one: str, other: str) -> str:
    """Return the SQL condition that two columns do not name the same person; nobody is ''."""
    return f"trim({one}) = '' OR lower(trim({one})) <> lower(trim({other}))"


class Case(Base):
    """One case (案件): a defect to repair, or a violation (`kind`); `severity` is computed, `opinion` is not.

    The columns of `ROLES` are '' while nobody has done that. Days are dates in China.
    """

    __tablename__ = "audit_case"
    __table_args__ = (
        CheckConstraint("trim(finder) <> ''", name="finder_named"),
        CheckConstraint(apart("reviewer", "finder"), name="reviewer_is_not_finder"),
        CheckConstraint(apart("repairer", "finder"), name="repairer_is_not_finder"),
        CheckConstraint(apart("reinspector", "finder"), name="reinspector_is_not_finder"),
        CheckConstraint(apart("reinspector", "repairer"), name="reinspector_is_not_repairer"),
        CheckConstraint(apart("ended_by", "finder"), name="ender_is_not_finder"),
        CheckConstraint(apart("ended_by", "repairer"), name="ender_is_not_repairer"),
        CheckConstraint(
            "state <> 'closed'"
            " OR (trim(reviewer) <> '' AND trim(repairer) <> '' AND trim(reinspector) <> '')",
            name="closed_after_reinspection",
        ),
        CheckConstraint(
            "state NOT IN ('closed', 'dismissed', 'cancelled', 'merged') OR trim(ended_by) <> ''",
            name="ended_by_somebody",
        ),
        CheckConstraint("penalty_yuan IS NULL OR kind = 'violation'", name="penalty_of_violation"),
        UniqueConstraint("id", *ROLES, name="uq_audit_case_roles"),
        Index("ix_audit_case_place", "place_layer", "place_uid", "element", "element_no"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(80), unique=True)
    policy: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), index=True)
    place_layer: Mapped[str] = mapped_column(String(12))
    place_uid: Mapped[str] = mapped_column(String(80))
    element: Mapped[str] = mapped_column(String(30))
    element_no: Mapped[int]
    region_code: Mapped[str | None] = mapped_column(String(12), index=True)
    violation: Mapped[str | None] = mapped_column(String(20))
    offender: Mapped[str | None] = mapped_column(String(10))
    severity: Mapped[str] = mapped_column(String(10))
    opinion: Mapped[str | None] = mapped_column(String(10))
    finder: Mapped[str] = mapped_column(String(80))
    reviewer: Mapped[str] = mapped_column(String(80), server_default="")
    unit: Mapped[str | None] = mapped_column(String(120))
    repairer: Mapped[str] = mapped_column(String(80), server_default="")
    reinspector: Mapped[str] = mapped_column(String(80), server_default="")
    ended_by: Mapped[str] = mapped_column(String(80), server_default="")
    reported_on: Mapped[date] = mapped_column(Date)
    filed_on: Mapped[date | None]
    due_on: Mapped[date | None] = mapped_column(Date, index=True)
    promised_on: Mapped[date | None]
    repaired_on: Mapped[date | None]
    checked_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    paused_on: Mapped[date | None]
    reworks: Mapped[int]
    escalations: Mapped[int]
    reopenings: Mapped[int]
    merged_into: Mapped[str | None] = mapped_column(String(80))
    recurs: Mapped[str | None] = mapped_column(String(80))
    penalty_yuan: Mapped[float | None]


class CaseReport(Base):
    """One source of a case: a finding of an inspection or a report of the public, with who made it.

    A merge moves it to the other case and keeps `opened_as`, the case it was made with. `finding_id` turns
    null when the import of the finding is taken back; `finding_uid` keeps its name.
    """

    __tablename__ = "case_report"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", *ROLES],
            ["audit_case.id", *(f"audit_case.{role}" for role in ROLES)],
            name="fk_case_report_case",
            onupdate="CASCADE",
        ),
        CheckConstraint("trim(finder) <> ''", name="finder_named"),
        *(CheckConstraint(apart(role, "finder"), name=f"{role}_is_not_finder") for role in ROLES),
        Index("ix_case_report_case_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(BigId)
    reviewer: Mapped[str] = mapped_column(String(80), server_default="")
    repairer: Mapped[str] = mapped_column(String(80), server_default="")
    reinspector: Mapped[str] = mapped_column(String(80), server_default="")
    ended_by: Mapped[str] = mapped_column(String(80), server_default="")
    opened_as: Mapped[str] = mapped_column(String(80))
    origin: Mapped[str] = mapped_column(String(12))
    finder: Mapped[str] = mapped_column(String(80))
    found_on: Mapped[date] = mapped_column(Date)
    rule_id: Mapped[str | None] = mapped_column(String(20))
    clause: Mapped[str | None] = mapped_column(String(60))
    finding_uid: Mapped[str | None] = mapped_column(String(80), unique=True)
    finding_id: Mapped[int | None] = mapped_column(ForeignKey("finding.id", ondelete="SET NULL"), index=True)
    note: Mapped[str | None] = mapped_column(Text)


class CaseEvent(Base):
    """One event of a case, never changed; `position` is its place in the chain of digests."""

    __tablename__ = "case_event"

    position: Mapped[int] = mapped_column(
        ForeignKey("chain_link.position"), primary_key=True, autoincrement=False
    )
    case_id: Mapped[int] = mapped_column(ForeignKey("audit_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class ChainLink(Base):
    """One link of the one chain of this database: digests only, see `audits.chain`."""

    __tablename__ = "chain_link"

    position: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    content: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
