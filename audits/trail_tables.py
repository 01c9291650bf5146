"""The mapped table of the audit trail; rows are only ever added, which the database itself enforces."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gis.tables import Base


class TrailDeed(Base):
    """One deed; `position` is its place in the chain of digests."""

    __tablename__ = "trail_deed"

    position: Mapped[int] = mapped_column(
        ForeignKey("chain_link.position"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(index=True)
    by: Mapped[str] = mapped_column(String(80), index=True)
    role: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(30), index=True)
    subject: Mapped[str] = mapped_column(String(120), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
