"""Signing in: what a session is, when it ends, and what somebody who guesses is told."""

import pytest
from sqlalchemy import text

from api import passwords
from api.auth import COOKIE
from gis.db import transaction
from gis.errors import InputError
from tests.api.people import PASSWORD


def sign_in(client, name="inspector", password=PASSWORD, **headers):
    return client.post("/api/v1/login", json={"name": name, "password": password}, headers=headers)


def role(client):
    return client.get("/api/v1/me").json()["role"]


def test_a_session_is_a_cookie_that_only_this_host_gets_and_no_script_reads(doors):
    client = doors.browser()
    answer = sign_in(client, "Inspector ")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=tantu_session_")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert answer.json() == {
        "role": "inspector", "name": "inspector", "unit": "", "regions": ["620702"], "must_change": False,
    }  # fmt: skip
    assert role(client) == "inspector"


def test_a_session_is_new_on_every_login_and_the_old_one_ends(doors):
    client = doors.browser()
    sign_in(client)
    first = client.cookies[COOKIE]
    sign_in(client)
    assert client.cookies[COOKIE] != first
    assert role(doors.client(cookies={COOKIE: first})) == "anonymous"
    # A secret that somebody planted before the login is not the one that counts after it.
    planted = doors.browser(cookies={COOKIE: "tantu_session_planted"})
    assert "planted" not in sign_in(planted).headers["set-cookie"]


def test_a_session_ends_after_half_an_hour_of_silence_and_after_twelve_hours_in_any_case(doors):
    client = doors.browser()
    sign_in(client)
    doors.clock.turn(minutes=29)
    assert role(client) == "inspector"
    doors.clock.turn(minutes=31)
    assert role(client) == "anonymous"
    sign_in(client)
    for _ in range(12 * 4 - 1):
        doors.clock.turn(minutes=15)
        assert role(client) == "inspector"
    doors.clock.turn(minutes=15)
    assert role(client) == "anonymous"


def test_signing_out_ends_the_session_on_the_server_too(doors):
    client = doors.browser()
    sign_in(client)
    kept = client.cookies[COOKIE]
    answer = client.post("/api/v1/logout")
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert role(doors.client(cookies={COOKIE: kept})) == "anonymous"


@pytest.mark.parametrize("name", ["inspector", "nobody-of-that-name", "revoked", "expired", "李" * 60])
def test_whoever_guesses_is_told_the_same_for_every_name(doors, name):
    wrong = "not-the-password-of-anybody"
    answers = [sign_in(doors.client(), name, wrong) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.text for answer in answers} == {sign_in(doors.client(), "another", wrong).text}
    blocked = sign_in(doors.client(), name, PASSWORD)
    assert blocked.status_code == 429
    assert blocked.headers["retry-after"] == "31"
    assert blocked.json()["code"] == "throttled"


@pytest.mark.parametrize("name", ["", "x" * 201, "x\u0000y", 5, None, ["x"]])
def test_what_is_no_name_is_not_looked_for(doors, name):
    assert sign_in(doors.client(), name).status_code == 400


def test_the_waiting_doubles_up_to_a_quarter_of_an_hour_and_ends_with_the_right_password(doors):
    for _ in range(5):
        sign_in(doors.client(), password="wrong-wrong-wrong")
    waits = []
    for _ in range(7):
        answer = sign_in(doors.client(), password="wrong-wrong-wrong")
        waits.append(int(answer.headers["retry-after"]) - 1)
        doors.clock.turn(seconds=waits[-1] + 1)
        doors.app.state.throttle.__init__()
        assert sign_in(doors.client(), password="wrong-wrong-wrong").status_code == 401
    assert waits == [30, 60, 120, 240, 480, 900, 900]
    doors.clock.turn(minutes=16)
    assert sign_in(doors.client()).status_code == 200
    assert sign_in(doors.client(), password="wrong-wrong-wrong").status_code == 401


def test_an_account_that_is_kept_waiting_goes_on_working_in_the_field(doors):
    phone = doors.client()
    phone.headers["Authorization"] = f"Bearer {doors.token('inspector', 'device')}"
    for _ in range(6):
        sign_in(doors.client(), password="wrong-wrong-wrong")
    assert sign_in(doors.client()).status_code == 429
    assert role(phone) == "inspector"


def test_one_address_cannot_try_one_password_on_every_name(doors):
    told = [sign_in(doors.client(), f"name{n}", "summer-in-zhangye").status_code for n in range(31)]
    assert told == [401] * 30 + [429]


def test_an_unknown_name_takes_a_hash_as_well(doors, monkeypatch):
    checked = []
    real = passwords._hasher.verify

    class Watched:
        def __getattr__(self, name):
            return getattr(hasher, name)

        def verify(self, kept, password):
            checked.append(kept)
            return real(kept, password)

    hasher = passwords._hasher
    monkeypatch.setattr(passwords, "_hasher", Watched())
    sign_in(doors.client(), "nobody-of-that-name")
    sign_in(doors.client(), "inspector", "wrong-wrong-wrong")
    assert len(checked) == 2
    assert checked[0].split("$")[:4] == checked[1].split("$")[:4]  # the same work: memory, passes, lanes


def test_a_token_of_a_phone_lasts_thirty_days_and_can_be_taken_back(doors):
    client = doors.browser()
    sign_in(client)
    made = client.post("/api/v1/devices", json={"label": "红米"}).json()
    phone = doors.client()
    phone.headers["Authorization"] = f"Bearer {made['token']}"
    doors.clock.turn(days=29)
    assert role(phone) == "inspector"
    assert phone.post("/api/v1/devices", json={"label": "another"}).status_code == 403
    sign_in(client)
    assert [device["uid"] for device in client.get("/api/v1/devices").json()] == [made["uid"]]
    other = doors.client("reviewer")
    assert other.delete(f"/api/v1/devices/{made['uid']}").status_code == 404
    assert role(phone) == "inspector"
    assert client.delete(f"/api/v1/devices/{made['uid']}").status_code == 204
    assert role(phone) == "anonymous"
    doors.clock.turn(days=2)
    assert made["token"] not in str(client.get("/api/v1/devices").json())


def test_changing_the_password_ends_every_other_session_and_the_phones(doors):
    client, elsewhere = doors.browser(), doors.browser()
    sign_in(client), sign_in(elsewhere)
    new = "seven-bridges-over-the-heihe"
    assert client.post("/api/v1/password", json={"old": "wrong", "new": new}).status_code == 401
    assert client.post("/api/v1/password", json={"old": PASSWORD, "new": "short"}).status_code == 400
    assert client.post("/api/v1/password", json={"old": PASSWORD, "new": new}).status_code == 204
    assert (role(client), role(elsewhere)) == ("inspector", "anonymous")
    assert sign_in(doors.client()).status_code == 401
    assert sign_in(doors.client(), password=new).status_code == 200


@pytest.mark.parametrize("password", ["short", "a" * 12, "ab" * 8, "x" * 129, "the-Inspector-of-gates"])
def test_a_password_that_is_easy_to_guess_is_not_taken(password):
    with pytest.raises(InputError):
        passwords.check_strength(password, "inspector")


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Origin": "https://testserver"}, 204),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://testserver"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_a_page_of_another_site_cannot_act_with_the_cookie(doors, headers, told):
    client = doors.client()
    sign_in(client)
    assert client.post("/api/v1/logout", headers=headers).status_code == told


def test_a_program_with_a_token_has_no_origin_to_show(doors):
    assert doors.client("inspector").post("/api/v1/logout").status_code == 204


def test_a_foreign_page_cannot_sign_somebody_in(doors):
    assert sign_in(doors.client(), **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_nothing_that_signs_in_is_kept_in_clear(doors):
    client = doors.browser()
    sign_in(client)
    sign_in(doors.client(), "typed-my-password-here", "wrong-wrong-wrong")
    secret = client.cookies[COOKIE]
    with transaction(doors.engine, read_only=True) as session:
        for table in ("account", "credential", "login_failure", "trail_deed"):
            rows = str(session.execute(text(f"SELECT * FROM {table}")).all())
            for clear in (secret, PASSWORD, "typed-my-password-here"):
                assert clear not in rows, table
