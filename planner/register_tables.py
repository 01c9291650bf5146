"""The mapped tables of what offices write down beside a plan: notes, consents, home visits, indicator values.

The answers of a home visit are facts of a family and encrypted like those of a person; the rest holds none.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gis.tables import Base, BigId, VersionedRow, live_index


class LedgerEntry(Base):
    """What an office filled in by hand in the ledger of a plan; `revision` grows with every saving."""

    __tablename__ = "ledger_entry"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    household_uid: Mapped[str] = mapped_column(String(80), primary_key=True)
    revision: Mapped[int]
    done: Mapped[str] = mapped_column(String(2))
    note: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(80))


class Consent(Base):
    """A consent of a family for one purpose, by the digest of its signed paper; kept when withdrawn."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_household_purpose", "household_uid", "purpose"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    household_uid: Mapped[str] = mapped_column(String(80))
    purpose: Mapped[str] = mapped_column(String(20))
    given_on: Mapped[date]
    given_by: Mapped[str] = mapped_column(String(10))
    evidence: Mapped[str | None] = mapped_column(String(64))
    withdrawn_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class HomeVisit(VersionedRow, Base):
    """One visit of a family 走访探视; `answers` is an encrypted JSON object of what was seen and said."""

    __tablename__ = "home_visit"
    __table_args__ = (live_index("home_visit"), Index("ix_home_visit_visited_on", "visited_on"))

    household_uid: Mapped[str] = mapped_column(String(80), index=True)
    visited_on: Mapped[date]
    visitor: Mapped[str] = mapped_column(String(80))
    answers: Mapped[bytes] = mapped_column(LargeBinary)


class IndicatorValue(Base):
    """One value of one indicator on one day, computed (a snapshot) or entered with its source.

    `region_code` is null for the city; `numerator` and `denominator` are what a share was made of.
    """

    __tablename__ = "indicator_value"
    __table_args__ = (Index("ix_indicator_value_indicator_on", "indicator", "on"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    indicator: Mapped[str] = mapped_column(String(20))
    period: Mapped[str] = mapped_column(String(20))
    on: Mapped[date]
    region_code: Mapped[str | None] = mapped_column(String(12))
    value: Mapped[float | None]
    numerator: Mapped[float | None]
    denominator: Mapped[float | None]
    origin: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
