"""What holds for every request: headers, limits, logs without people, commits before answers, fast failure."""

import io
import json

import pytest
from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from sqlalchemy import text

from api import rights
from api.app import create_app
from api.deps import SessionDep
from api.outermost import HEADERS
from api.settings import Settings
from gis.db import transaction
from gis.errors import ConflictError, KeyMissingError, NotFoundError, RevisionError, SetupError
from planner.secrecy import Cipher
from tests.api.people import KEY, Doors, hash_of

NAME, PHONE = "张三丰", "13900001234"


# Routes that no product has: each does something wrong.
ODD = APIRouter(prefix="/api/v1/odd")
LATE = """INSERT INTO credential (uid, digest, account_id, kind, label, created_at, seen_at, expires_at)
    VALUES ('1', '1', 987654321, 'token', 'x', '2026-01-01', '2026-01-01', '2026-01-01')"""


@ODD.post("/crash")
def crash() -> None:
    raise RuntimeError(f"{NAME} {PHONE}")


@ODD.post("/late")
def late(session: SessionDep) -> dict[str, bool]:
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
    session.execute(text(LATE))
    return {"done": True}


@ODD.post("/refuse")
def refuse(session: SessionDep) -> None:
    session.execute(text("UPDATE account SET unit = 'changed'"))
    raise ConflictError("It contradicts.")


@pytest.fixture
def odd(doors, monkeypatch):
    """The service with the odd routes."""
    doors.app.include_router(ODD)
    doors.app.state.paths = {
        id(r.original_route): r.path_format for r in iter_route_contexts(doors.app.routes)
    }
    for name in ("crash", "late", "refuse"):
        monkeypatch.setitem(rights._ALLOWED, f"POST /api/v1/odd/{name}", frozenset({"admin"}))
    return doors


def test_every_answer_carries_the_headers_even_a_crash(odd):
    admin = odd.client("admin")
    answers = [
        admin.get("/health"), admin.get("/nowhere"), admin.get("/api/v1/users"), odd.client().get("/api/v1/users"),
        admin.post("/api/v1/odd/crash"), admin.put("/health"), admin.get("/api/v1/me?x=%00"),
        admin.post("/api/v1/password", content=b"x" * 1_000_001),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 404, 200, 401, 500, 405, 400, 413]
    for answer in answers:
        assert HEADERS.items() <= dict(answer.headers).items() | {(k, answer.headers[k]) for k in HEADERS}
        assert len(answer.headers["x-request-id"]) == 32
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code


def test_a_refusal_is_in_the_language_of_the_caller(doors):
    client = doors.client()
    said = [
        client.get("/api/v1/users", headers={"Accept-Language": asked}).json()
        for asked in ("zh-CN,zh;q=0.9,en;q=0.5", "fr;q=0.9,en-GB;q=0.8,zh;q=0.1", "*", "zh;q=x,en;q=2")
    ]
    assert [told["title"] for told in said[:2]] == ["请先登录", "Sign in first"]
    assert {told["code"] for told in said} == {"login-required"}
    assert said[2]["title"] == said[3]["title"]


def test_a_body_is_refused_by_its_size_before_it_is_read(doors):
    sent = []

    def endless():
        for _ in range(400):
            sent.append(1)
            yield b"x" * 10_000

    answer = doors.client().post(
        "/api/v1/login", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    declared = doors.client().post("/api/v1/login", content=b"{}", headers={"Content-Length": "99999999999"})
    assert declared.status_code == 413
    assert declared.json()["code"] == "file-too-large"


def test_a_commit_that_fails_is_never_answered_as_done(odd):
    if odd.engine.dialect.name == "postgresql":
        with transaction(odd.engine) as session:
            session.execute(
                text(
                    "ALTER TABLE credential ALTER CONSTRAINT fk_credential_account_id DEFERRABLE INITIALLY DEFERRED"
                )
            )
    answer = odd.client("admin").post("/api/v1/odd/late")
    assert answer.status_code == 409
    assert "done" not in answer.text


def test_a_refusal_takes_back_what_the_request_wrote(odd):
    assert odd.client("admin").post("/api/v1/odd/refuse").status_code == 409
    with transaction(odd.engine, read_only=True) as session:
        assert session.execute(text("SELECT count(*) FROM account WHERE unit = 'changed'")).scalar_one() == 0


def test_the_log_says_what_happened_and_nothing_about_anybody(engine, tmp_path, monkeypatch):
    out = io.StringIO()
    url = engine.url.render_as_string(hide_password=False)
    doors = Doors(Settings(database_url=url, maps=tmp_path, media=tmp_path / "media", key=KEY))
    doors.app = create_app(doors.settings, now=doors.clock, log=out)
    doors.app.include_router(ODD)
    doors.app.state.paths |= {
        id(r.original_route): r.path_format for r in iter_route_contexts(doors.app.routes)
    }
    monkeypatch.setitem(rights._ALLOWED, "POST /api/v1/odd/crash", frozenset({"admin"}))
    admin = doors.client("admin")
    admin.get(f"/api/v1/users/{hash_of('inspector')}")
    admin.post("/api/v1/odd/crash")
    doors.client().post("/api/v1/login", json={"name": NAME, "password": PHONE})
    admin.get(f"/api/v1/trail?by={NAME}")
    admin.get(f"/{NAME}")
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    told = [(line["event"], line["route"], line.get("status")) for line in lines]
    assert told == [
        ("answer", "/api/v1/users/{uid}", 200),
        ("crash", "/api/v1/odd/crash", None),
        ("answer", "/api/v1/odd/crash", 500),
        ("answer", "/api/v1/login", 401),
        ("answer", "/api/v1/trail", 200),
        ("answer", "none", 404),
    ]
    assert lines[1]["error"] == "builtins.RuntimeError"
    assert any("test_app.py" in place for place in lines[1]["at"])
    for secret in (NAME, PHONE, hash_of("inspector"), "testclient", "Bearer", "admin@"):
        assert secret not in out.getvalue()
    doors.close()


def test_the_figures_are_for_machines_that_sign_in(doors):
    doors.client().get("/health")
    assert doors.client().get("/metrics").status_code == 401
    told = doors.client("auditor").get("/metrics").text
    assert 'tantu_requests_total{method="GET",route="/health",status="200"} 1.0' in told
    assert 'tantu_request_seconds_count{method="GET",route="/health"} 1.0' in told


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/me?x=1",
        "/api/v1/toilets?bbox=NaN,0,0,0",
        "/health?%00",
        "/%00",
        "/maps/%00",
        "/?" + "x" * 9000,
    ],
)
def test_a_hostile_address_is_a_problem_of_the_asker(doors, address):
    answer = doors.client().get(address)
    assert 400 <= answer.status_code < 500
    assert answer.json()["status"] == answer.status_code


def settings(engine, tmp_path, **changed):
    url = engine.url.render_as_string(hide_password=False)
    values = {"database_url": url, "maps": tmp_path, "media": tmp_path / "media", "key": KEY}
    return Settings(**values | changed)


def test_a_service_that_cannot_work_does_not_start(engine, empty_url, tmp_path):
    create_app(settings(engine, tmp_path)).state.engine.dispose()
    create_app(settings(engine, tmp_path, key=None, key_file=tmp_path / "none")).state.engine.dispose()
    refusals = [
        (RevisionError, {"database_url": empty_url}),
        (KeyMissingError, {"key": "11" * 32}),
        (KeyMissingError, {"key": "no key"}),
        (SetupError, {"media": tmp_path / "absent" / "media"}),
        (NotFoundError, {"city": "atlantis"}),
    ]
    for refusal, changed in refusals:
        with pytest.raises(refusal):
            create_app(settings(engine, tmp_path, **changed))


def test_a_key_of_another_database_is_refused_before_anybody_is_served(engine, tmp_path):
    sealed = Cipher(bytes(range(32))).encrypt(["{}"], "person", "facts", ["p1"])[0]
    with transaction(engine) as session:
        session.execute(
            text(
                "INSERT INTO person (uid, content_hash, household_uid, facts) VALUES ('p1', 'x', 'h1', :facts)"
            ),
            {"facts": sealed},
        )
    create_app(settings(engine, tmp_path)).state.engine.dispose()
    with pytest.raises(KeyMissingError):
        create_app(settings(engine, tmp_path, key=bytes(range(1, 33)).hex()))
