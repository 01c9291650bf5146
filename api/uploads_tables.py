"""The mapped tables of what phones and offices send: files that arrive in parts, and changes made offline."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gis.tables import Base, BigId

UPLOAD_STATES = ("receiving", "received", "stored", "refused")
OUTCOMES = ("applied", "conflict", "refused", "not_permitted")


class Upload(Base):
    """One file that arrives in parts; how much has come is the size of its file, not a column.

    `receiving` until the last byte is on the disk and its SHA-256 is the declared one, then `received`: from
    there on the receipt holds. A photo is `stored` once it was read and stands in the media store, or
    `refused` with `problem`, its bytes kept until `expires_at`.
    """

    __tablename__ = "upload"
    __table_args__ = (CheckConstraint(f"state IN {UPLOAD_STATES}", name="state_known"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    owner: Mapped[str] = mapped_column(String(80), index=True)
    by: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(255))
    length: Mapped[int] = mapped_column(BigId)
    sha256: Mapped[str | None] = mapped_column(String(64))
    visit_uid: Mapped[str | None] = mapped_column(String(80))
    role: Mapped[str | None] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10))
    job_uid: Mapped[str | None] = mapped_column(String(32))
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Change(Base):
    """One change made offline and what became of it; never deleted, so that nothing sent is lost.

    `body` is encrypted, since an assessment is about people. A change in conflict waits until somebody
    decides: `decision` is `applied` or `discarded`.
    """

    __tablename__ = "change"
    __table_args__ = (CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome_known"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    batch: Mapped[str] = mapped_column(String(36), index=True)
    by: Mapped[str] = mapped_column(String(80), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(120))
    region_code: Mapped[str | None] = mapped_column(String(12), index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(14), index=True)
    code: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
