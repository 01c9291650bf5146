"""The mapped tables of the programme: people (encrypted), plans and the homes of a plan.

Every personal column of `Person` is AES-GCM ciphertext from the first migration on, the category of a
disability included, since being a disabled person is itself sensitive (GB/T 45574-2025). `facts` is one
encrypted JSON object of what eligibility and need are computed from; a certificate number is found
again by `certificate_mark`, a keyed digest, and never by its text.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from gis.tables import Base, BigId, VersionedRow, live_index


class Person(VersionedRow, Base):
    """A disabled person of a household; every personal column is encrypted."""

    __tablename__ = "person"
    __table_args__ = (live_index("person"),)

    household_uid: Mapped[str] = mapped_column(String(80), index=True)
    certificate_mark: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    name: Mapped[bytes | None] = mapped_column(LargeBinary)
    certificate: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    facts: Mapped[bytes] = mapped_column(LargeBinary)


class Plan(Base):
    """One solved programme with everything it was solved from; `state` is `draft` or `approved`."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    solved_at: Mapped[datetime]
    first_year: Mapped[int]
    years: Mapped[int]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    eligible: Mapped[int]
    objective: Mapped[float]
    bound: Mapped[float]
    gap: Mapped[float]
    seconds: Mapped[float]
    state: Mapped[str] = mapped_column(String(10))


class PlanHome(Base):
    """One eligible home in one plan; `year` is null for a home that was left out."""

    __tablename__ = "plan_home"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    household_uid: Mapped[str] = mapped_column(String(80), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(12))
    year: Mapped[int | None]
    rank: Mapped[int]
    score: Mapped[float]
    cost_yuan: Mapped[float]
    parts: Mapped[dict[str, Any]] = mapped_column(JSON)
    assessed_on: Mapped[date | None]
