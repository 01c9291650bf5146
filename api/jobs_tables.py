"""The mapped tables of the job queue: what is to be done, how far it is, and what came of it.

What may be questioned: the queue is a table of the same database and not a broker, so that a job is
accepted, and its result written, in the same transaction as the rows it is about.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gis.tables import Base, BigId

STATES = ("queued", "running", "done", "failed", "dismissed")


class Job(Base):
    """One piece of long work.

    `uid` is random, since it stands in addresses; `owner` is the id of whom it belongs to, `by` their name.
    `once` is the name under which a caller asks for the same work only once, however often a lost answer
    makes them ask. While `running`, the job belongs to `worker` until `lease_until`; after that it is
    anybody's. `step` is a key of the labels `jobs`, `problem` is `{code, detail}` of a refusal.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state_known"),
        Index("ix_job_state_run_after", "state", "run_after"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    once: Mapped[str | None] = mapped_column(String(120), unique=True)
    owner: Mapped[str] = mapped_column(String(80), index=True)
    by: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int]
    run_after: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(80))
    share: Mapped[float]
    step: Mapped[str] = mapped_column(String(40))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)


class JobLine(Base):
    """One line of the log of a job: it was taken up, reached a step, or ended."""

    __tablename__ = "job_line"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    step: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(Text)
