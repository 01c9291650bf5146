"""The job queue on both databases: ask for work, take it, tell how far it is, end it, dismiss it.

What may be questioned:

- A job is taken by one statement, `UPDATE … WHERE id = (SELECT …) AND still free RETURNING`: on PostgreSQL
  the inner query skips rows that another worker holds, on SQLite there is one writer at a time, and on
  either the condition is asked again of the row itself, so that no job is ever taken twice.
- A worker owns a job for the time of a lease that it renews. What it computed is written in the same
  transaction that ends the job, and only while the lease is its own (`ended`): a worker that was thought
  dead and comes back changes nothing. So every job may be tried again, and yet has its effect once.
- Dismissing a running job ends it at once; its worker finds out at the next step and its result is dropped.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from api.jobs_tables import Job, JobLine
from gis.db import is_spatialite
from gis.errors import ConflictError, NotFoundError

LEASE = timedelta(seconds=30)
ATTEMPTS = 3  # a job whose worker died this often is marked failed
KEPT = timedelta(days=30)
BACK_OFF = timedelta(seconds=5)
UID_BYTES = 16

WORKER_LOST = {
    "code": "worker-lost",
    "detail": f"The worker of this job died {ATTEMPTS} times; ask again, or ask the administrator.",
}


@dataclass(frozen=True)
class Owner:
    """Whom a job or an upload belongs to: a random id, and the name that records carry."""

    uid: str
    name: str


@dataclass(frozen=True)
class Claimed:
    """A job that a worker holds; `attempt` tells this hold from an earlier one of the same worker."""

    id: int
    uid: str
    kind: str
    owner: Owner
    payload: Mapping[str, Any]
    attempt: int
    worker: str


def ask(
    session: Session,
    kind: str,
    payload: Mapping[str, Any],
    *,
    owner: Owner,
    now: datetime,
    once: str | None = None,
) -> Job:
    """Put a job into the queue and return it; with `once`, the job that was asked for before, if any.

    Raises
    ------
    ConflictError
        Under that name something else was asked for.
    """
    if once is not None:
        known = session.scalars(select(Job).where(Job.once == once)).first()
        if known is not None:
            if (known.kind, known.payload, known.owner) != (kind, dict(payload), owner.uid):
                raise ConflictError(f"Another job was asked for under the name {once}; give it a new name.")
            return known
    job = Job(
        uid=secrets.token_hex(UID_BYTES), kind=kind, once=once, owner=owner.uid, by=owner.name,
        payload=dict(payload), state="queued", attempts=0, run_after=now, share=0.0, step="queued",
        created_at=now,
    )  # fmt: skip
    session.add(job)
    session.flush()
    return job


def waiting(session: Session, *, now: datetime) -> bool:
    """Tell whether there is work to take or to give up, without locking anybody out."""
    return bool(session.scalar(select(exists().where(or_(_free(now), _lost(now))))))


def claim(session: Session, worker: str, *, now: datetime, lease: timedelta = LEASE) -> Claimed | None:
    """Take the oldest free job for a worker, or return None."""
    pick = select(Job.id).where(_free(now)).order_by(Job.id).limit(1)
    if not is_spatialite(session):
        pick = pick.with_for_update(skip_locked=True)
    jobs = Job.__table__.c
    taken = session.execute(
        update(Job)
        .where(Job.id == pick.scalar_subquery(), _free(now))
        .values(
            state="running", worker=worker, lease_until=now + lease, started_at=now, share=0.0,
            step="started", attempts=Job.attempts + 1,
        )
        .returning(jobs.id, jobs.uid, jobs.kind, jobs.owner, jobs.by, jobs.payload, jobs.attempts)
        .execution_options(synchronize_session=False)
    ).first()  # fmt: skip
    if taken is None:
        return None
    _note(session, taken.id, now, "started")
    owner = Owner(taken.owner, taken.by)
    return Claimed(taken.id, taken.uid, taken.kind, owner, taken.payload, taken.attempts, worker)


def give_up_lost(session: Session, *, now: datetime) -> int:
    """Mark as failed the jobs whose workers died as often as is tried; return how many."""
    ids = session.scalars(select(Job.id).where(_lost(now))).all()
    for job_id in ids:
        _end(session, Job.id == job_id, "failed", now, problem=WORKER_LOST)
        _note(session, job_id, now, "failed", WORKER_LOST["code"])
    return len(ids)


def renew(session: Session, job: Claimed, *, now: datetime, lease: timedelta = LEASE) -> bool:
    """Hold a job for another lease; False where it is no longer held."""
    held = update(Job).where(_held(job)).values(lease_until=now + lease)
    return _rows(session, held) == 1


def tell(session: Session, job: Claimed, step: str, share: float, *, now: datetime) -> bool:
    """Write how far a job is; False where it is no longer held, for instance because it was dismissed."""
    before = session.scalar(select(Job.step).where(Job.id == job.id))
    if _rows(session, update(Job).where(_held(job)).values(step=step, share=min(max(share, 0.0), 1.0))) != 1:
        return False
    if before != step:
        _note(session, job.id, now, step)
    return True


def ended(
    session: Session, job: Claimed, write: Callable[[Session], Mapping[str, Any]], *, now: datetime
) -> bool:
    """Let a job write what it computed and mark it done, in one transaction; False where it is not held.

    Parameters
    ----------
    write
        Writes the rows of the job and returns its result as plain JSON values.
    """
    if _rows(session, update(Job).where(_held(job)).values(step="writing")) != 1:
        return False
    _end(session, _held(job), "done", now, result=dict(write(session)))
    _note(session, job.id, now, "done")
    return True


def failed(session: Session, job: Claimed, problem: Mapping[str, Any], *, now: datetime) -> bool:
    """Mark a job as failed with its refusal; False where it is not held."""
    if not _end(session, _held(job), "failed", now, problem=dict(problem)):
        return False
    _note(session, job.id, now, "failed", str(problem["code"]))
    return True


def put_back(session: Session, job: Claimed, *, now: datetime) -> bool:
    """Give a job back to the queue after a fault that may pass; False where it is not held."""
    later = now + BACK_OFF * job.attempt
    back = {"state": "queued", "run_after": later, "lease_until": None, "worker": None, "step": "queued"}
    if _rows(session, update(Job).where(_held(job)).values(back)) != 1:
        return False
    _note(session, job.id, now, "queued")
    return True


def dismiss(session: Session, job: Job, *, now: datetime) -> None:
    """End a job that is not wanted any more.

    Raises
    ------
    ConflictError
        It has ended already.
    """
    alive = and_(Job.id == job.id, Job.state.in_(("queued", "running")))
    if not _end(session, alive, "dismissed", now):
        raise ConflictError(f"Job {job.uid} has ended already; there is nothing to dismiss.")
    _note(session, job.id, now, "dismissed")
    session.refresh(job)


def job_of(session: Session, uid: str, *, owner: str | None = None) -> Job:
    """Return a job, by anybody or by one owner only.

    Raises
    ------
    NotFoundError
        There is no such job, or it is somebody else's.
    """
    query = select(Job).where(Job.uid == uid)
    found = session.scalars(query if owner is None else query.where(Job.owner == owner)).first()
    if found is None:
        raise NotFoundError("job", uid[:80])
    return found


def jobs_page(
    session: Session, *, owner: str | None, state: str | None, after: int | None, limit: int
) -> Sequence[Job]:
    """Return jobs, the newest first, from below the number `after`."""
    query = select(Job).order_by(Job.id.desc()).limit(limit)
    for wanted in (
        None if owner is None else Job.owner == owner,
        None if state is None else Job.state == state,
        None if after is None else Job.id < after,
    ):
        query = query if wanted is None else query.where(wanted)
    return session.scalars(query).all()


def log_of(session: Session, job: Job) -> Sequence[JobLine]:
    """Return the log of a job in order."""
    return session.scalars(select(JobLine).where(JobLine.job_id == job.id).order_by(JobLine.id)).all()


def forget_old(session: Session, *, now: datetime, kept: timedelta = KEPT) -> list[str]:
    """Delete jobs that ended longer ago than results are kept; return their uids, to clear their folders."""
    old = session.execute(select(Job.id, Job.uid).where(Job.ended_at < now - kept)).all()
    for job_id, _ in old:
        session.execute(delete(JobLine).where(JobLine.job_id == job_id))
        session.execute(delete(Job).where(Job.id == job_id))
    return [uid for _, uid in old]


def _free(now: datetime) -> ColumnElement[bool]:
    abandoned = and_(Job.state == "running", Job.lease_until < now, Job.attempts < ATTEMPTS)
    return or_(and_(Job.state == "queued", Job.run_after <= now), abandoned)


def _lost(now: datetime) -> ColumnElement[bool]:
    return and_(Job.state == "running", Job.lease_until < now, Job.attempts >= ATTEMPTS)


def _held(job: Claimed) -> ColumnElement[bool]:
    return and_(
        Job.id == job.id, Job.state == "running", Job.worker == job.worker, Job.attempts == job.attempt
    )


def _end(session: Session, which: ColumnElement[bool], state: str, now: datetime, **columns: object) -> bool:
    share = {"share": 1.0} if state == "done" else {}
    values = {"state": state, "step": state, "ended_at": now, "lease_until": None, **share, **columns}
    return _rows(session, update(Job).where(which).values(values)) == 1


def _rows(session: Session, statement: Any) -> int:  # noqa: ANN401  an UPDATE of any table
    found: Any = session.execute(statement.execution_options(synchronize_session=False))
    return int(found.rowcount)


def _note(session: Session, job_id: int, now: datetime, step: str, detail: str | None = None) -> None:
    session.execute(insert(JobLine).values(job_id=job_id, at=now, step=step, detail=detail))
