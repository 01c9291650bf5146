"""A job is done once and only once, whatever dies; who waits for it is told how far it is."""

import multiprocessing
import os
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from api import jobs
from api.jobs_tables import Job
from api.jobs_worker import Bench, perform, work
from api.settings import Settings
from gis.db import make_engine, transaction
from gis.errors import ConflictError, EmptyLayerError, NotFoundError
from gis.tables import RegionChange

LI = jobs.Owner("li", "李")
NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
LATER = NOW + jobs.LEASE + timedelta(seconds=1)


def ask(engine, kind="note", count=1, **payload):
    with transaction(engine) as session:
        return [jobs.ask(session, kind, payload, owner=LI, now=NOW).uid for _ in range(count)]


def claim(engine, worker="w1", now=NOW):
    with transaction(engine) as session:
        return jobs.claim(session, worker, now=now)


def job(engine, uid):
    with transaction(engine, read_only=True) as session:
        return jobs.job_of(session, uid)


def noted(session):
    """The effect of a job in these tests: one row of a table that is not its own."""
    session.add(
        RegionChange(old_code="620799", new_code=None, kind="dropped", changed_on=NOW.date(), source="test")
    )
    return {"noted": 1}


def effects(engine):
    with transaction(engine, read_only=True) as session:
        return session.scalar(select(func.count()).select_from(RegionChange))


def end(engine, claimed, now=NOW):
    with transaction(engine) as session:
        return jobs.ended(session, claimed, noted, now=now)


def drain(url, name, taken):
    engine = make_engine(url)
    while True:
        with transaction(engine) as session:
            found = jobs.claim(session, name, now=NOW)
        if found is None:
            break
        taken.put((found.id, name))
        assert end(engine, found)
    engine.dispose()


def test_four_workers_take_every_job_once(engine, database_url):
    ask(engine, count=80)
    engine.dispose()
    fork = multiprocessing.get_context("fork")
    taken = fork.Queue()
    workers = [fork.Process(target=drain, args=(database_url, f"w{i}", taken)) for i in range(4)]
    for worker in workers:
        worker.start()
    found = [taken.get(timeout=60) for _ in range(80)]
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len({number for number, _ in found}) == 80
    assert taken.empty()
    assert effects(engine) == 80


def test_jobs_are_taken_in_the_order_they_were_asked_for(engine):
    asked = ask(engine, count=3)
    assert [claim(engine).uid for _ in range(3)] == asked
    assert claim(engine) is None


def test_a_lost_worker_changes_nothing_when_it_comes_back(engine):
    (uid,) = ask(engine)
    lost = claim(engine, "w1")
    assert claim(engine, "w2") is None
    second = claim(engine, "w2", now=LATER)
    assert (second.uid, second.attempt) == (uid, 2)
    assert not end(engine, lost, LATER)
    assert effects(engine) == 0
    assert end(engine, second, LATER)
    assert effects(engine) == 1
    assert (job(engine, uid).state, job(engine, uid).result) == ("done", {"noted": 1})


def test_the_same_worker_does_not_finish_what_it_lost_and_took_again(engine):
    ask(engine)
    first = claim(engine, "w1")
    again = claim(engine, "w1", now=LATER)
    assert not end(engine, first, LATER)
    assert end(engine, again, LATER)
    assert effects(engine) == 1


def test_a_lease_that_is_renewed_is_not_taken(engine):
    ask(engine)
    held = claim(engine)
    with transaction(engine) as session:
        assert jobs.renew(session, held, now=NOW + jobs.LEASE)
    assert claim(engine, "w2", now=LATER) is None


def test_a_job_whose_workers_die_three_times_is_marked_failed(engine):
    (uid,) = ask(engine)
    now = NOW
    for attempt in range(1, jobs.ATTEMPTS + 1):
        assert claim(engine, now=now).attempt == attempt
        now += jobs.LEASE + timedelta(seconds=1)
    assert claim(engine, now=now) is None
    with transaction(engine) as session:
        assert jobs.waiting(session, now=now)
        assert jobs.give_up_lost(session, now=now) == 1
        assert not jobs.waiting(session, now=now)
    assert job(engine, uid).state == "failed"
    assert job(engine, uid).problem["code"] == "worker-lost"


def test_a_dismissed_job_has_no_effect_though_its_worker_finishes(engine):
    (uid,) = ask(engine)
    held = claim(engine)
    with transaction(engine) as session:
        jobs.dismiss(session, jobs.job_of(session, uid), now=NOW)
    assert not end(engine, held)
    with transaction(engine) as session:
        assert not jobs.tell(session, held, "solve", 0.5, now=NOW)
        assert not jobs.renew(session, held, now=NOW)
    assert (job(engine, uid).state, effects(engine)) == ("dismissed", 0)
    with transaction(engine) as session, pytest.raises(ConflictError, match="ended already"):
        jobs.dismiss(session, jobs.job_of(session, uid), now=NOW)


def test_an_effect_that_is_refused_leaves_no_trace(engine):
    ask(engine)
    held = claim(engine)

    def half(session):
        noted(session)
        session.flush()
        raise ConflictError("refused at the end")

    with pytest.raises(ConflictError), transaction(engine) as session:
        jobs.ended(session, held, half, now=NOW)
    assert effects(engine) == 0


def test_asking_again_under_the_same_name_is_the_same_job(engine):
    with transaction(engine) as session:
        first = jobs.ask(session, "plan", {"years": 5}, owner=LI, now=NOW, once="a").uid
    with transaction(engine) as session:
        assert jobs.ask(session, "plan", {"years": 5}, owner=LI, now=LATER, once="a").uid == first
        for kind, payload, owner in (
            ("cover", {"years": 5}, "li"),
            ("plan", {}, "li"),
            ("plan", {"years": 5}, "wu"),
        ):
            with pytest.raises(ConflictError, match="new name"):
                jobs.ask(session, kind, payload, owner=jobs.Owner(owner, owner), now=LATER, once="a")


def test_somebody_elses_job_is_as_absent_as_none(engine):
    (uid,) = ask(engine)
    with transaction(engine, read_only=True) as session:
        assert jobs.job_of(session, uid, owner="li").uid == uid
        for asked, owner in ((uid, "wu"), ("0" * 32, "li")):
            with pytest.raises(NotFoundError) as refusal:
                jobs.job_of(session, asked, owner=owner)
            assert str(refusal.value) == f"There is no job '{asked}'"


def test_results_are_forgotten_after_thirty_days(engine):
    old, new = ask(engine, count=2)
    end(engine, claim(engine), NOW)
    end(engine, claim(engine), NOW + timedelta(days=2))
    with transaction(engine) as session:
        assert jobs.forget_old(session, now=NOW + timedelta(days=31)) == [old]
    assert job(engine, new).state == "done"
    with pytest.raises(NotFoundError):
        job(engine, old)


# What follows runs real worker processes on handlers of its own.


def bench(database_url, tmp_path, **handlers):
    settings = Settings(database_url=database_url, media=tmp_path / "media")
    return Bench(settings, handlers, f"test-{time.time_ns()}")


def log_steps(engine, uid):
    with transaction(engine, read_only=True) as session:
        return [line.step for line in jobs.log_of(session, jobs.job_of(session, uid))]


def test_a_worker_does_refuses_and_survives_what_it_is_given(engine, database_url, tmp_path):
    def good(task):
        task.tell("solve", 0.5)
        return noted

    def refused(_task):
        raise EmptyLayerError("people")

    def broken(_task):
        raise ZeroDivisionError("secret of li")

    def crash(_task):
        os.kill(os.getpid(), signal.SIGKILL)

    with transaction(engine) as session:
        uids = {
            kind: jobs.ask(session, kind, {}, owner=LI, now=datetime.now(UTC)).uid
            for kind in ("crash", "good", "refused", "broken", "unknown")
        }
    engine.dispose()
    jobs_taken = 0
    machine = bench(database_url, tmp_path, good=good, refused=refused, broken=broken, crash=crash)
    deadline = time.monotonic() + 60
    while job(engine, uids["crash"]).state not in {"done", "failed"} and time.monotonic() < deadline:
        jobs_taken += work(machine, drain=True)
        with transaction(engine) as session:  # do not wait for the back-off
            for row in session.scalars(select(Job).where(Job.state == "queued")):
                row.run_after = NOW
    assert jobs_taken == 4 + jobs.ATTEMPTS
    states = {
        kind: (job(engine, uid).state, (job(engine, uid).problem or {}).get("code"))
        for kind, uid in uids.items()
    }
    assert states == {
        "good": ("done", None), "refused": ("failed", "empty-layer"), "broken": ("failed", "error"),
        "crash": ("failed", "worker-lost"), "unknown": ("failed", "not-found"),
    }  # fmt: skip
    assert "secret" not in str(job(engine, uids["broken"]).problem)
    assert log_steps(engine, uids["good"]) == ["started", "solve", "done"]
    assert effects(engine) == 1


def test_a_running_job_that_is_dismissed_is_killed(engine, database_url, tmp_path, monkeypatch):
    monkeypatch.setattr("api.jobs_worker.BEAT_S", 0.2)

    def forever(_task):
        with transaction(make_engine(database_url)) as session:
            jobs.dismiss(session, session.scalars(select(Job)).one(), now=datetime.now(UTC))
        time.sleep(600)

    (uid,) = ask(engine, "forever")
    engine.dispose()
    started = time.monotonic()
    assert work(bench(database_url, tmp_path, forever=forever), drain=True) == 1
    assert time.monotonic() - started < 30
    assert job(engine, uid).state == "dismissed"


def test_a_worker_that_is_stopped_gives_its_job_back(engine, database_url, tmp_path):
    (uid,) = ask(engine, "slow")
    engine.dispose()
    begun, seen = time.monotonic(), []

    def until():
        seen.append(job(engine, uid).state)
        return "running" in seen

    work(bench(database_url, tmp_path, slow=lambda _task: time.sleep(600)), until=until)
    assert time.monotonic() - begun < 30
    assert job(engine, uid).state == "queued"


def test_a_job_may_be_done_in_this_process_too(engine, database_url, tmp_path):
    (uid,) = ask(engine, "good")
    perform(bench(database_url, tmp_path, good=lambda _task: noted), claim(engine))
    assert job(engine, uid).state == "done"
