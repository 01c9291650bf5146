"""Administrators make, change and end accounts, within their own regions, and every deed is in the trail."""

import io
import json
import zipfile

import pytest

from gis.db import transaction
from tests.api.people import GANZHOU, GAOTAI, PASSWORD, account_row, hash_of


@pytest.fixture(autouse=True)
def county(doors):
    """An administrator of one county."""
    with transaction(doors.engine) as session:
        session.add(account_row("county", "admin", (GANZHOU,)))


def deeds(doors):
    found = doors.client("auditor").get("/api/v1/trail").json()["deeds"]
    return [(deed["by"], deed["kind"], deed["subject"]) for deed in reversed(found)]


def test_a_new_account_does_nothing_before_its_first_password_is_changed(doors):
    admin = doors.client("admin")
    asked = {"name": "Zhao.Min", "role": "auditor", "regions": ["6207"]}
    made = admin.post("/api/v1/users", json=asked).json()
    first = made["first_password"]
    assert (made["user"]["name"], made["user"]["must_change"]) == ("zhao.min", True)
    client = doors.browser()
    told = client.post("/api/v1/login", json={"name": "zhao.min", "password": first}).json()
    assert told["must_change"]
    assert client.get("/api/v1/users").status_code == 403
    new = "a-road-without-any-steps"
    assert client.post("/api/v1/password", json={"old": first, "new": new}).status_code == 204
    assert client.get("/api/v1/users").status_code == 200
    uid = made["user"]["uid"]
    assert deeds(doors) == [
        ("admin", "account_made", f"account:{uid}"),
        ("zhao.min", "signed_in", f"account:{uid}"),
        ("zhao.min", "password_changed", f"account:{uid}"),
    ]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": "admin"}, 409),
        ({"name": "a"}, 400),
        ({"name": "a b"}, 400),
        ({"role": "emperor"}, 400),
        ({"regions": ["62%"]}, 400),
        ({"colour": "red"}, 400),
        ({"valid_until": "NaN"}, 400),
    ],
)
def test_an_account_that_makes_no_sense_is_refused_with_the_place_of_the_fault(doors, change, status):
    asked = {"name": "new.one", "role": "clerk", "regions": [GANZHOU]} | change
    answer = doors.client("admin").post("/api/v1/users", json=asked)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if "colour" in change:
        assert answer.json()["errors"] == [
            {"pointer": "#/colour", "code": "extra_forbidden", "detail": "Extra inputs are not permitted"}
        ]


def test_an_administrator_of_a_county_neither_sees_nor_makes_accounts_beyond_it(doors):
    county = doors.client("county")
    seen = {user["name"] for user in county.get("/api/v1/users").json()}
    assert seen == {"county", "clerk", "contractor", "inspector", "housing"}
    absent = county.get("/api/v1/users/0123").text
    for name in ("inspector_elsewhere", "planner"):
        answer = county.get(f"/api/v1/users/{hash_of(name)}")
        assert (answer.status_code, answer.text) == (404, absent)
        assert county.post(f"/api/v1/users/{hash_of(name)}/reset").status_code == 404
    asked = {"name": "new.one", "role": "admin", "regions": [GAOTAI]}
    assert county.post("/api/v1/users", json=asked).status_code == 403
    widened = county.patch(f"/api/v1/users/{hash_of('county')}", json={"regions": ["6207"]})
    assert widened.status_code == 403


def test_a_change_of_rights_holds_at_once_and_ends_the_sessions(doors):
    admin, inspector = doors.client("admin"), doors.client("inspector")
    told = admin.patch(f"/api/v1/users/{hash_of('inspector')}", json={"regions": [GAOTAI]})
    assert (told.json()["regions"], told.json()["role"]) == ([GAOTAI], "inspector")
    assert inspector.get("/api/v1/me").json()["role"] == "anonymous"
    assert doors.client("inspector").get("/api/v1/me").json()["regions"] == [GAOTAI]


def test_revoking_ends_everything_at_once_but_never_oneself(doors):
    admin, inspector = doors.client("admin"), doors.client("inspector")
    assert admin.post(f"/api/v1/users/{hash_of('inspector')}/revoke").status_code == 200
    assert inspector.get("/api/v1/me").json()["role"] == "anonymous"
    signing = doors.client().post("/api/v1/login", json={"name": "inspector", "password": PASSWORD})
    assert signing.status_code == 401
    assert admin.post(f"/api/v1/users/{hash_of('admin')}/revoke").status_code == 409


def test_a_reset_ends_the_old_password_and_every_token(doors):
    inspector = doors.client("inspector")
    first = doors.client("admin").post(f"/api/v1/users/{hash_of('inspector')}/reset").json()["first_password"]
    assert inspector.get("/api/v1/me").json()["role"] == "anonymous"
    client = doors.client()
    assert client.post("/api/v1/login", json={"name": "inspector", "password": PASSWORD}).status_code == 401
    assert client.post("/api/v1/login", json={"name": "inspector", "password": first}).json()["must_change"]


def test_a_machine_has_a_token_that_can_be_taken_back(doors):
    admin = doors.client("admin")
    made = admin.post(f"/api/v1/users/{hash_of('planner')}/tokens", json={"label": "夜间导出"}).json()
    machine = doors.client()
    machine.headers["Authorization"] = f"Bearer {made['token']}"
    assert machine.get("/api/v1/me").json()["role"] == "planner"
    assert admin.delete(f"/api/v1/users/{hash_of('planner')}/tokens/{made['uid']}").status_code == 204
    assert machine.get("/api/v1/me").json()["role"] == "anonymous"


def test_the_trail_is_read_page_by_page_checked_and_exported_as_proof(doors):
    admin, auditor = doors.client("admin"), doors.client("auditor")
    for name in ("inspector", "clerk", "reviewer"):
        admin.post(f"/api/v1/users/{hash_of(name)}/reset")
    first = auditor.get("/api/v1/trail?limit=2").json()
    second = auditor.get(f"/api/v1/trail?limit=2&before={first['next']}").json()
    assert [deed["position"] for deed in first["deeds"] + second["deeds"]] == [3, 2, 1]
    assert second["next"] is None
    subject = f"account:{hash_of('clerk')}"
    assert len(auditor.get("/api/v1/trail", params={"subject": subject}).json()["deeds"]) == 1
    assert auditor.get("/api/v1/trail/check").json() | {"head": ""} == {
        "whole": True, "links": 3, "head": "", "faults": [], "altered": [],
    }  # fmt: skip
    answer = auditor.get("/api/v1/trail/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        records = [json.loads(line)["record"] for line in packed.read("deeds.jsonl").splitlines()]
    assert [record["kind"] for record in records] == ["password_reset"] * 3 + ["exported"]


@pytest.mark.parametrize(
    "query", ["limit=NaN", "limit=0", "before=99999999999999999999", "since=yesterday", "by=%00", "x=1"]
)
def test_a_hostile_question_to_the_trail_is_a_problem_of_the_asker(doors, query):
    answer = doors.client("auditor").get(f"/api/v1/trail?{query}")
    assert answer.status_code == 400
    told = answer.json()
    assert told["code"] == "input"
    # A NUL and a parameter that is not there are refused before the route reads what it knows.
    assert query in {"by=%00", "x=1"} or told["errors"][0]["in"] == "query"
