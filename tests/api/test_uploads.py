"""A file that arrives in parts over a bad line arrives whole, once, or is refused before it is read."""

from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import uploads
from api.jobs_work import HANDLERS
from api.jobs_worker import Bench, work
from api.settings import Settings
from audits import media, photo_store
from gis.db import transaction
from tests.api import sending
from tests.api.people import KEY, Doors


@pytest.fixture
def doors(database_url, tmp_path):
    doors = Doors(Settings(database_url=database_url, maps=tmp_path, media=tmp_path / "media", key=KEY))
    yield doors
    doors.close()


@pytest.fixture
def phone(doors):
    return doors.client("inspector")


def worked(doors):
    """Let a worker do what is in the queue."""
    doors.engine.dispose()
    doors.app.state.engine.dispose()
    doors.clock.turn(seconds=0)
    return work(Bench(doors.settings, HANDLERS, "test"), drain=True)


def test_a_photo_in_one_part_gets_its_receipt_and_is_stored_by_a_worker(doors, phone):
    content = sending.picture(1)
    receipt = sending.sent(phone, content, visit="v-1", role="before")
    assert receipt["state"] == "received"
    assert (receipt["sha256"], receipt["offset"]) == (sha256(content).hexdigest(), len(content))
    assert worked(doors) == 1
    again = phone.get(f"/api/v1/uploads/{receipt['id']}").json()
    assert again["state"] == "stored"
    assert again["received_at"] == receipt["received_at"]
    assert media.original(doors.settings.media, receipt["sha256"]) == content
    with transaction(doors.engine) as session:
        rows = photo_store.photos(session)
    assert rows[["visit_uid", "role", "sha256", "received_by"]].to_numpy().tolist() == [
        ["v-1", "before", receipt["sha256"], "inspector"]
    ]


def test_what_is_no_photo_is_refused_and_its_bytes_are_kept_for_a_while(doors, phone):
    receipt = sending.sent(phone, b"MZ" + b"\x00" * 500)
    assert worked(doors) == 1
    told = phone.get(f"/api/v1/uploads/{receipt['id']}").json()
    assert told["state"] == "refused"
    assert told["problem"]["code"] == "file-format"
    assert uploads.file_of(doors.settings, receipt["id"]).stat().st_size == 502


def test_the_parts_of_a_file_follow_one_another_whatever_is_tried(phone):
    content = bytes(range(256)) * 40
    address = sending.announced(phone, content, kind="import", filename="roads.csv")
    assert sending.part(phone, address, content[:4000], 0).headers["Upload-Offset"] == "4000"
    for begins in (0, 3999, 4001):
        answer = sending.part(phone, address, content[begins:], begins)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert sending.offset(phone, address) == 4000
    too_much = sending.part(phone, address, content[4000:] + b"x", 4000)
    assert (too_much.status_code, too_much.json()["code"]) == (413, "file-too-large")
    assert sending.part(phone, address, content[4000:], 4000).status_code == 204
    told = phone.get(address).json()
    assert (told["state"], told["sha256"]) == ("received", sha256(content).hexdigest())
    assert sending.part(phone, address, b"", len(content)).status_code == 204
    dropped = phone.delete(address, headers=sending.TUS)
    assert dropped.status_code == 409


def test_a_part_with_a_wrong_checksum_leaves_no_byte(phone):
    content = b"abc" * 1000
    address = sending.announced(phone, content, kind="import")
    digest = sending.base64_of(sha256(content).digest())
    damaged = sending.part(phone, address, content[:-1] + b"x", 0, **{"Upload-Checksum": f"sha256 {digest}"})
    assert (damaged.status_code, damaged.json()["code"]) == (460, "checksum")
    assert sending.offset(phone, address) == 0
    whole = sending.part(phone, address, content, 0, **{"Upload-Checksum": f"sha256 {digest}"})
    assert whole.status_code == 204
    other = sending.announced(phone, content, kind="import")
    for header in ("md5 abc", "sha256 ???", "sha256"):
        assert sending.part(phone, other, content, 0, **{"Upload-Checksum": header}).status_code in {400, 460}


def test_a_whole_that_is_not_what_was_announced_has_to_be_sent_again(phone):
    content = b"abc" * 1000
    address = sending.announced(phone, content, kind="import")
    assert sending.part(phone, address, content[:-1] + b"x", 0).status_code == 460
    assert sending.offset(phone, address) == 0
    assert sending.part(phone, address, content, 0).status_code == 204
    assert phone.get(address).json()["state"] == "received"


def test_the_receipt_is_given_though_the_service_died_before_it_wrote_it(doors, phone):
    content = sending.picture(2)
    address = sending.announced(phone, content)
    uploads.file_of(doors.settings, address.rsplit("/", 1)[-1]).write_bytes(content)
    assert sending.offset(phone, address) == len(content)
    assert phone.get(address).json()["state"] == "received"
    assert worked(doors) == 1


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 5000), max_size=12), content=st.binary(min_size=1, max_size=5000))
def test_however_a_file_is_cut_it_arrives_as_it_was(phone, cuts, content):
    address = sending.announced(phone, content, kind="import", filename="a.csv")
    for cut in sorted(min(cut, len(content)) for cut in (*cuts, len(content))):
        begins = sending.offset(phone, address)
        assert sending.part(phone, address, content[begins:cut], begins).status_code == 204
    assert phone.get(address).json()["sha256"] == sha256(content).hexdigest()


def test_an_upload_expires_and_is_forgotten_with_its_bytes(doors, phone):
    address = sending.announced(phone, b"abc", kind="import")
    sending.part(phone, address, b"ab", 0)
    doors.clock.turn(days=8)
    assert sending.part(doors.client("inspector"), address, b"c", 2).status_code == 404
    with transaction(doors.engine) as session:
        assert uploads.forget_expired(session, doors.settings, now=doors.clock()) == 1
    assert list((doors.settings.media / "uploads").iterdir()) == []


def test_nobody_sees_or_touches_somebody_elses_upload(doors, phone):
    content = b"abc"
    address = sending.announced(phone, content, kind="import")
    stranger = doors.client("inspector_elsewhere")
    for answer in (
        stranger.get(address),
        stranger.head(address, headers=sending.TUS),
        sending.part(stranger, address, content, 0),
        stranger.delete(address, headers=sending.TUS),
    ):
        assert answer.status_code == 404
    assert sending.offset(phone, address) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "20000001", "Upload-Metadata": sending.metadata(filename="a.jpg")}, 413),
        ({"Upload-Length": "200000001", "Upload-Metadata": sending.metadata(filename="a", kind="import")}, 413),
        ({"Upload-Length": "0", "Upload-Metadata": sending.metadata(filename="a.jpg")}, 400),
        ({"Upload-Length": "-1", "Upload-Metadata": sending.metadata(filename="a.jpg")}, 400),
        ({"Upload-Length": "9" * 400, "Upload-Metadata": sending.metadata(filename="a.jpg")}, 400),
        ({"Upload-Length": "nan", "Upload-Metadata": sending.metadata(filename="a.jpg")}, 400),
        ({"Upload-Length": "10"}, 400),
        ({"Upload-Length": "10", "Upload-Metadata": "filename ???"}, 400),
        ({"Upload-Length": "10", "Upload-Metadata": "filename " + sending.base64_of(b"\xff\xfe")}, 400),
        ({"Upload-Length": "10", "Upload-Metadata": sending.metadata(filename="a.jpg", colour="red")}, 400),
        ({"Upload-Length": "10", "Upload-Metadata": sending.metadata(filename="a", kind="report")}, 400),
        ({"Upload-Length": "10", "Upload-Metadata": sending.metadata(filename="a" * 4000)}, 400),
        ({"Upload-Length": "10", "Upload-Metadata": sending.metadata(filename="a"), "Tus-Resumable": "0.2.2"}, 412),
    ],
)  # fmt: skip
def test_what_is_announced_badly_is_refused_before_a_byte_is_read(phone, headers, status):
    answer = phone.post("/api/v1/uploads", headers={**sending.TUS, **headers})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_part_of_another_type_and_one_without_an_offset_are_refused(phone):
    address = sending.announced(phone, b"abc", kind="import")
    wrong = phone.patch(address, content=b"abc", headers={**sending.TUS, "Upload-Offset": "0"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "file-format")
    assert phone.patch(address, content=b"abc", headers=sending.PART).status_code == 400
    assert sending.offset(phone, address) == 0


def test_the_name_of_a_file_is_no_path(doors, phone):
    receipt = sending.sent(phone, b"a,b\n1,2\n", kind="import", filename="../../../etc/passwd\x00\n.csv")
    assert receipt["name"] == "passwd.csv"
    names = {path.name for path in (doors.settings.media / "uploads").iterdir()}
    assert names == {f"{receipt['id']}.bin", f"{receipt['id']}.lock"}


def test_a_client_may_ask_what_is_spoken(doors):
    told = doors.client().options("/api/v1/uploads")
    assert told.status_code == 204
    assert told.headers["Tus-Version"] == "1.0.0"
    assert set(told.headers["Tus-Extension"].split(",")) == {
        "creation",
        "checksum",
        "expiration",
        "termination",
    }
