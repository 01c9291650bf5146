"""What a phone sends is stored once, whatever is sent again; what cannot be applied is kept and answered."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import func, select

from api.settings import Settings
from api.uploads_keys import rotate_bodies
from api.uploads_tables import Change
from audits import store
from audits.case_opening import open_cases
from audits.tables import Measurement, Visit
from gis.db import transaction
from gis.frames import write_frame
from gis.tables import Toilet
from planner.secrecy import Cipher
from tests.api.people import KEY, Doors

UID = "0d1c2b3a-0000-4000-8000-000000000001"
OTHER = "0d1c2b3a-0000-4000-8000-000000000002"


def put_toilet(doors, uid="t1", region="620702101", name=None):
    frame = gpd.GeoDataFrame(
        {"uid": [uid], "region_code": [region], "name": [name]},
        geometry=[shapely.Point(100.45, 38.93)],
        crs=4326,
    )
    with transaction(doors.engine) as session:
        write_frame(session, Toilet, frame)


@pytest.fixture
def doors(database_url, tmp_path):
    doors = Doors(Settings(database_url=database_url, maps=tmp_path, media=tmp_path / "media", key=KEY))
    put_toilet(doors)
    yield doors
    doors.close()


@pytest.fixture
def phone(doors):
    return doors.client("inspector")


def visit(width=600, place="t1", **said):
    return {
        "place_layer": "toilets", "place_uid": place, "visited_on": "2026-03-01",
        "position": {"lon": 100.4501, "lat": 38.9301, "accuracy_m": 6},
        "readings": [{"element": "door", "attribute": "clear_width", "value": width, "unit": "mm"}],
        **said,
    }  # fmt: skip


def put(client, said, uid=UID):
    return client.put(f"/api/v1/visits/{uid}", json=said)


def counted(doors, table):
    with transaction(doors.engine, read_only=True) as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_visit_is_stored_once_and_opens_its_findings(doors, phone):
    first = put(phone, visit())
    assert (first.status_code, first.json()["state"]) == (201, "recorded")
    assert first.json()["findings"]
    assert {finding["element"] for finding in first.json()["findings"]} == {"door"}
    again = put(phone, visit())
    assert (again.status_code, again.json()["state"]) == (200, "known")
    assert again.json()["findings"] == first.json()["findings"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert (counted(doors, Visit), counted(doors, Measurement)) == (1, 1)
    with transaction(doors.engine) as session:
        assert store.visits(session)["inspector"].tolist() == ["inspector"]


def test_the_same_id_with_other_content_is_a_conflict_and_changes_nothing(doors, phone):
    put(phone, visit())
    for other in (visit(width=900), visit(visited_on="2026-02-28")):
        answer = put(phone, other)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert put(doors.client("reviewer"), visit()).status_code == 409  # another person's visit
    assert counted(doors, Measurement) == 1


def test_a_visit_to_a_place_that_was_changed_since_is_told(doors, phone):
    with transaction(doors.engine) as session:
        version = session.scalar(select(Toilet.content_hash))
    assert put(phone, visit(base="0" * 32)).status_code == 412
    assert put(phone, visit(base=version)).status_code == 201


def test_a_visit_need_not_say_where_the_phone_was(doors, phone):
    assert put(phone, visit(position=None)).status_code == 201
    far = put(phone, visit(position={"lon": 100.5, "lat": 38.93}), OTHER).json()
    assert [note["reason"] for note in far["notes"]] == ["far-from-place"]


def test_a_place_elsewhere_is_as_absent_as_none(doors, phone):
    put_toilet(doors, "far", region="620724100")
    elsewhere, absent = put(phone, visit(place="far")), put(phone, visit(place="none"))
    assert elsewhere.status_code == absent.status_code == 404
    assert elsewhere.json() == absent.json()
    assert put(doors.client("inspector_elsewhere"), visit(place="far")).status_code == 201


@pytest.mark.parametrize(
    "said",
    [
        visit(readings=[{"element": "door", "attribute": "clear_width", "value": 6, "unit": "parsec"}]),
        visit(readings=[{"element": "dragon", "attribute": "clear_width", "value": 6, "unit": "mm"}]),
        visit(readings=[{"element": "door", "attribute": "clear_width"}]),
        visit(readings=[]),
        visit(readings=[{"element": "door", "attribute": "x"}] * 501),
        visit(position={"lon": 400, "lat": 38}),
        visit(visited_on="2026-02-30"),
        visit(place="a\x00b"),
        visit(place="\ud800"),
        visit(colour="red"),
        visit(place_layer="castles"),
        [],
        None,
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_reason(doors, phone, said):

    answer = phone.put(
        f"/api/v1/visits/{UID}", content=json.dumps(said), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert counted(doors, Visit) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[" * 100_000, b'{"readings": NaN}', b'{"place_layer": "toilets", "position": {"lon": Infinity}}',
        b"\xff\xfe", b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    ],
)  # fmt: skip
def test_a_hostile_body_is_a_problem_and_never_an_error(doors, phone, body):
    answer = phone.put(f"/api/v1/visits/{UID}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_hostile_addresses_are_problems(phone):
    for path in (
        "/api/v1/jobs/%00", "/api/v1/uploads/a%00b", "/api/v1/cases/%00", "/api/v1/jobs?limit=nan",
        "/api/v1/jobs?after=99999999999999999999999", "/api/v1/jobs?colour=red", "/api/v1/conflicts?undecided=maybe",
        "/api/v1/visits/not-a-uuid", "/api/v1/jobs/" + "a" * 7000,
    ):  # fmt: skip
        answer = phone.get(path) if "visits" not in path else phone.put(path, json=visit())
        assert 400 <= answer.status_code < 500, path
        assert answer.headers["content-type"] == "application/problem+json", path


def test_a_body_of_more_than_a_megabyte_is_not_read(phone):
    answer = phone.put(
        f"/api/v1/visits/{UID}", content=b" " * 1_000_001, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413


def change(kind="visit", about=UID, number=1, **said):
    return {"id": str(UUID(int=number)), "kind": kind, "about": about, "data": visit(), **said}


def sync(client, *changes):
    answer = client.put(f"/api/v1/changes/{uuid4()}", json={"changes": list(changes)})
    assert answer.status_code == 200, answer.text
    return [(told["outcome"], told["code"]) for told in answer.json()]


def test_changes_made_offline_are_answered_one_by_one_and_kept(doors, phone):
    put_toilet(doors, "far", region="620724100")
    sent = (
        change(number=1),
        change(number=2, data=visit(width=900)),
        change(number=3, about=OTHER, data=visit(place="far")),
        change(number=4, about=OTHER, data={"nonsense": 1}),
        change(number=5, about=OTHER, data=visit(), base="0" * 32),
        change(number=6, about=OTHER),
    )
    told = [
        ("applied", None), ("conflict", "conflict"), ("not_permitted", "not-found"), ("refused", "input"),
        ("conflict", "version"), ("applied", None),
    ]  # fmt: skip
    assert sync(phone, *sent) == told
    assert sync(phone, *reversed(sent)) == told[::-1]
    assert (counted(doors, Visit), counted(doors, Change)) == (2, 6)


def test_an_id_that_comes_again_with_other_content_is_kept_as_a_conflict(doors, phone):
    assert sync(phone, change()) == [("applied", None)]
    other = change(data=visit(width=900))
    assert sync(phone, other) == sync(phone, other) == [("conflict", "conflict")]
    assert counted(doors, Change) == 2


def test_a_conflict_waits_for_a_reviewer_who_applies_it_or_puts_it_aside(doors, phone):
    put(phone, visit())
    sync(phone, change(number=2, data=visit(width=900)), change(number=3, data=visit(width=800)))
    desk = doors.client("reviewer")
    inbox = desk.get("/api/v1/conflicts").json()
    assert [(one["by"], one["data"]["readings"][0]["value"]) for one in inbox] == [
        ("inspector", 900),
        ("inspector", 800),
    ]
    assert [one["id"] for one in phone.get("/api/v1/conflicts").json()] == [one["id"] for one in inbox]
    assert doors.client("inspector_elsewhere").get("/api/v1/conflicts").json() == []
    first, second = (f"/api/v1/conflicts/{one['id']}/decision" for one in inbox)
    assert phone.post(first, json={"decision": "apply"}).status_code == 403
    assert desk.post(first, json={"decision": "apply"}).json()["decision"] == "applied"
    assert desk.post(second, json={"decision": "discard"}).json()["decided_by"] == "reviewer"
    assert desk.post(second, json={"decision": "apply"}).status_code == 409
    assert desk.get("/api/v1/conflicts").json() == []
    assert len(desk.get("/api/v1/conflicts?undecided=false").json()) == 2
    with transaction(doors.engine) as session:
        assert store.measurements(session)["value"].tolist() == [600, 900]
        assert set(store.visits(session)["inspector"]) == {"inspector"}


def test_kept_changes_are_encrypted_and_follow_the_key(doors, phone):
    sync(phone, change(data=visit(place="secret-place")))
    old, new = Cipher.from_text(KEY), Cipher.from_text("22" * 32)
    with transaction(doors.engine) as session:
        assert b"secret-place" not in bytes(session.scalar(select(Change.body)))
        assert rotate_bodies(session, old=old, new=new) == 1
    with transaction(doors.engine) as session:
        row = session.scalars(select(Change)).one()
        assert "secret-place" in str(new.decrypt([row.body], "change", "body", [row.uid]))


def a_case(doors, phone):
    """Open a case by a visit; return the client of a reviewer and the case's address."""
    put(phone, visit())
    with transaction(doors.engine) as session:
        (uid,) = open_cases(session, by="reviewer", at=doors.clock()).opened
    doors.clock.turn(minutes=1)
    return doors.client("reviewer"), f"/api/v1/cases/{uid}"


def done(doors, client, address, **said):
    doors.clock.turn(minutes=1)
    return client.post(f"{address}/events", json=said)


def test_a_case_goes_its_way_by_roles_and_persons_on_its_version(doors, phone):
    desk, address = a_case(doors, phone)
    seen = desk.get(address)
    assert (seen.json()["state"], len(seen.json()["events"])) == ("reported", 1)
    assert done(doors, phone, address, event="review").status_code == 403
    assert done(doors, desk, address, event="close").status_code == 409
    stale = {"If-Match": seen.headers["ETag"]}
    assert done(doors, desk, address, event="review").json()["state"] == "reviewed"
    doors.clock.turn(minutes=1)
    late = desk.post(f"{address}/events", json={"event": "file"}, headers=stale)
    assert (late.status_code, late.json()["code"]) == (412, "version")
    assert done(doors, desk, address, event="file").json()["state"] == "filed"
    builder = doors.client("contractor")
    assert builder.get(address).status_code == 404
    assert done(doors, desk, address, event="dispatch", unit="恒通建筑").json()["state"] == "dispatched"
    assert builder.get(address).json()["unit"] == "恒通建筑"
    repaired = done(doors, builder, address, event="repair", evidence=["ab" * 32])
    assert repaired.json()["state"] == "repaired"
    assert done(doors, builder, address, event="close").status_code == 403
    doors.clock.turn(days=1)
    again = visit(width=1000, visited_on=(doors.clock() + timedelta(hours=8)).date().isoformat())
    assert put(phone, again, OTHER).status_code == 201
    own = done(doors, phone, address, event="reinspect", visit=OTHER)
    assert (own.status_code, own.json()["code"]) == (409, "conflict")  # it was the inspector who found it


def test_an_event_sent_offline_is_applied_only_on_the_version_it_was_made_on(doors, phone):
    desk, address = a_case(doors, phone)
    uid, version = address.rsplit("/", 1)[-1], desk.get(address).json()["version"]
    event = {"kind": "case_event", "about": uid, "data": {"event": "review"}}
    assert sync(desk, change(number=7, **event)) == [("conflict", "version")]
    assert sync(desk, change(number=8, base=version, **event)) == [("applied", None)]
    assert sync(phone, change(number=9, base=version, **event)) == [("not_permitted", "forbidden")]
    assert desk.get(address).json()["state"] == "reviewed"
