"""The mapped tables of the works: what stands now, every event, the photos and the filed papers.

`works_case` is what the events of `works_event` add up to; the events are the truth, are only ever added and
stand in the one chain of digests. Constraints of the table keep the duties apart on both databases, whatever
a program does. No column holds a fact of the family: the home is named by its number.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from audits.case_tables import apart
from gis.tables import Base, BigId

SIGNERS = (
    "assessor", "township_reviewer", "county_reviewer", "finisher", "inspector", "countersigner",
    "spot_checker",
)  # fmt: skip
APART = (
    ("township_reviewer", "assessor"), ("county_reviewer", "assessor"),
    ("county_reviewer", "township_reviewer"), ("inspector", "finisher"), ("countersigner", "finisher"),
    ("countersigner", "inspector"), ("spot_checker", "finisher"), ("spot_checker", "inspector"),
    ("spot_checker", "countersigner"),
)  # fmt: skip
ACCEPTED = "'accepted', 'settled', 'archived', 'closed'"
REVIEWED = f"'county_reviewed', 'noticed', 'contracted', 'in_works', 'finished', 'inspected', {ACCEPTED}"


class WorksCase(Base):
    """The renovation of one home in one year; the columns of `SIGNERS` are '' while nobody has signed."""

    __tablename__ = "works_case"
    __table_args__ = (
        *(CheckConstraint(apart(*pair), name="_is_not_".join(pair)) for pair in APART),
        CheckConstraint(
            f"state NOT IN ({REVIEWED}) OR (trim(township_reviewer) <> '' AND trim(county_reviewer) <> '')",
            name="reviewed_twice",
        ),
        CheckConstraint(
            f"state NOT IN ({ACCEPTED}) OR (trim(inspector) <> '' AND trim(countersigner) <> '')",
            name="accepted_by_two",
        ),
        CheckConstraint("settled_yuan IS NULL OR settled_yuan <= price_yuan + 0.005", name="within_price"),
        UniqueConstraint("household_uid", "year", name="uq_works_case_home_year"),
        Index("ix_works_case_year_county", "year", "county_code"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(40), unique=True)
    policy: Mapped[str] = mapped_column(String(20))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"), index=True)
    household_uid: Mapped[str] = mapped_column(String(80))
    region_code: Mapped[str | None] = mapped_column(String(12), index=True)
    county_code: Mapped[str] = mapped_column(String(12))
    year: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), index=True)
    urgent: Mapped[bool]
    assessor: Mapped[str] = mapped_column(String(80), server_default="")
    township_reviewer: Mapped[str] = mapped_column(String(80), server_default="")
    county_reviewer: Mapped[str] = mapped_column(String(80), server_default="")
    finisher: Mapped[str] = mapped_column(String(80), server_default="")
    inspector: Mapped[str] = mapped_column(String(80), server_default="")
    countersigner: Mapped[str] = mapped_column(String(80), server_default="")
    spot_checker: Mapped[str] = mapped_column(String(80), server_default="")
    contractor: Mapped[str | None] = mapped_column(String(120), index=True)
    budget_yuan: Mapped[float | None]
    cost_yuan: Mapped[float | None]
    price_yuan: Mapped[float | None]
    settled_yuan: Mapped[float | None]
    need_before: Mapped[int | None]
    need_met: Mapped[int | None]
    spot_passed: Mapped[bool | None]
    accepted_on: Mapped[date | None]
    changed_on: Mapped[date]


class WorksEventRow(Base):
    """One event of a case, never changed; `position` is its place in the chain of digests."""

    __tablename__ = "works_event"

    position: Mapped[int] = mapped_column(
        ForeignKey("chain_link.position"), primary_key=True, autoincrement=False
    )
    case_id: Mapped[int] = mapped_column(ForeignKey("works_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(80))
    on: Mapped[date]
    at: Mapped[datetime]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class WorksPhoto(Base):
    """A photo of a home as evidence of its case, `before`, `after` or `context`; it proves one case only."""

    __tablename__ = "works_photo"

    photo_uid: Mapped[str] = mapped_column(ForeignKey("photo.uid"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("works_case.id"), index=True)
    role: Mapped[str] = mapped_column(String(12))


class WorksDocument(Base):
    """A signed paper that was filed, by the SHA-256 of its scan and the shelf mark of the original."""

    __tablename__ = "works_document"
    __table_args__ = (UniqueConstraint("case_id", "kind", "sha256", name="uq_works_document_case_kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("works_case.id"))
    kind: Mapped[str] = mapped_column(String(30))
    sha256: Mapped[str] = mapped_column(String(64))
    shelf_mark: Mapped[str | None] = mapped_column(String(80))
    filed_on: Mapped[date]
    filed_by: Mapped[str] = mapped_column(String(80))
