"""Takes jobs from the queue and does them, each in a process of its own.

What may be questioned: the process that holds the lease computes nothing. It forks one that does, renews
the lease meanwhile and kills it when the job is dismissed, so that a solver that never looks up, a parser
that eats memory and a library that dies with SIGSEGV all end as a job that failed, and nothing else.
"""

import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from api import jobs
from api.confining import die_with_parent
from api.jobs import Claimed, Owner
from api.settings import Settings
from gis.db import make_engine, transaction
from gis.errors import ConflictError, NotFoundError, TantuError

log = logging.getLogger("tantu.worker")

POLL_S = 0.5  # how long a job waits for a worker that has nothing to do
BEAT_S = 3.0  # how often the lease is renewed and a dismissal noticed
TELL_S = 0.5  # no more than two lines of progress a second: each is a write
INTERNAL = {
    "code": "error",
    "detail": "The job met an error of the program; the administrator finds it in the log.",
}

Finish = Callable[[Session], Mapping[str, Any]]
Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Task:
    """What a handler is given: what was asked, and how to say how far it is (step, share done)."""

    uid: str
    owner: Owner
    payload: Mapping[str, Any]
    settings: Settings
    tell: Tell


Handler = Callable[[Task], Finish]


@dataclass(frozen=True)
class Bench:
    """Where a worker works: its settings, what it can do, and its name, which no other worker has."""

    settings: Settings
    handlers: Mapping[str, Handler]
    name: str


def worker_name() -> str:
    """Return a name for a worker: machine, process, and when it started."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{time.time_ns() % 10**9}"


def work(bench: Bench, *, until: Callable[[], bool] = lambda: False, drain: bool = False) -> int:
    """Do jobs until told to stop or, with `drain`, until there are none; return how many were taken."""
    engine = make_engine(bench.settings.database_url)
    taken = 0
    try:
        while not until():
            job = _next(engine, bench.name)
            if job is None:
                if drain:
                    break
                time.sleep(POLL_S)
                continue
            taken += 1
            engine.dispose()  # a forked process must not share a connection
            _apart(bench, engine, job, until)
    finally:
        engine.dispose()
    return taken


def perform(bench: Bench, job: Claimed) -> None:
    """Do one job in this process and write what came of it: done, failed, or back in the queue."""
    engine = make_engine(bench.settings.database_url)
    try:
        problem = _problem(bench, engine, job)
        if problem is not None:
            with transaction(engine) as session:
                jobs.failed(session, job, problem, now=datetime.now(UTC))
    except DBAPIError:  # the database was away: the lease runs out and somebody tries again
        log.exception("job %s (%s) lost its database", job.uid, job.kind)
    finally:
        engine.dispose()


def _problem(bench: Bench, engine: Engine, job: Claimed) -> Mapping[str, Any] | None:
    """Do a job; return why it failed, None where it was done, put back, or is not ours any more."""
    try:
        task = Task(job.uid, job.owner, job.payload, bench.settings, _teller(engine, job))
        finish = _handler(bench, job.kind)(task)
        with transaction(engine) as session:
            if not jobs.ended(session, job, finish, now=datetime.now(UTC)):
                log.info("job %s is not held any more; its result is dropped", job.uid)
    except TantuError as refusal:
        return {"code": refusal.code, "detail": str(refusal)}
    except DBAPIError:
        if job.attempt >= jobs.ATTEMPTS:
            log.exception("job %s (%s) failed", job.uid, job.kind)
            return INTERNAL
        with transaction(engine) as session:
            jobs.put_back(session, job, now=datetime.now(UTC))
    except Exception:
        log.exception("job %s (%s) failed", job.uid, job.kind)
        return INTERNAL
    return None


def _handler(bench: Bench, kind: str) -> Handler:
    if kind not in bench.handlers:
        raise NotFoundError("kind of job", kind)
    return bench.handlers[kind]


def _next(engine: Engine, name: str) -> Claimed | None:
    now = datetime.now(UTC)
    with transaction(engine, read_only=True) as session:
        if not jobs.waiting(session, now=now):
            return None
    with transaction(engine) as session:
        jobs.give_up_lost(session, now=now)
        return jobs.claim(session, name, now=now)


def _apart(bench: Bench, engine: Engine, job: Claimed, until: Callable[[], bool]) -> None:
    """Do a job in a process of its own, holding its lease meanwhile."""
    child = multiprocessing.get_context("fork").Process(target=_child, args=(bench, job), daemon=False)
    child.start()
    beat = time.monotonic() + BEAT_S
    while child.exitcode is None:
        child.join(0.1)
        stopping = until()
        if not stopping and time.monotonic() < beat:
            continue
        beat = time.monotonic() + BEAT_S
        if stopping or not _renewed(engine, job):
            child.kill()
            child.join()
    if child.exitcode != 0:
        _left(engine, job, killed_by_us=until())
    child.close()


def _renewed(engine: Engine, job: Claimed) -> bool:
    try:
        with transaction(engine) as session:
            return jobs.renew(session, job, now=datetime.now(UTC))
    except DBAPIError:  # the database is away for a moment: the lease is longer than that
        log.exception("the lease of job %s could not be renewed", job.uid)
        return True


def _left(engine: Engine, job: Claimed, *, killed_by_us: bool) -> None:
    """Say what becomes of a job whose process died: tried again, or failed after the last attempt."""
    now = datetime.now(UTC)
    with transaction(engine) as session:
        if killed_by_us or job.attempt < jobs.ATTEMPTS:
            jobs.put_back(session, job, now=now)
        else:
            jobs.failed(session, job, jobs.WORKER_LOST, now=now)


def _child(bench: Bench, job: Claimed) -> None:
    die_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    perform(bench, job)


def _teller(engine: Engine, job: Claimed) -> Tell:
    last: list[Any] = ["", 0.0]

    def tell(step: str, share: float) -> None:
        moment = time.monotonic()
        if step == last[0] and moment - last[1] < TELL_S:
            return
        last[:] = [step, moment]
        with suppress(DBAPIError), transaction(engine) as session:
            if not jobs.tell(session, job, step, share, now=datetime.now(UTC)):
                raise ConflictError(f"Job {job.uid} is not held by this worker any more.")

    return tell
