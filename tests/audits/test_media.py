"""The store of photos holds what it gave a receipt for, sealed, and never half of it."""

import os
import stat
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import ExifTags, Image

from audits import evidence, media
from audits.photo_store import photos
from audits.photorows import told_by_name
from audits.photos import developed
from audits.store import insert_visits
from gis.db import transaction
from gis.errors import ConflictError, NotFoundError
from gis.frames import write_frame
from gis.tables import Toilet

NOW = datetime(2026, 5, 4, 3, 0, tzinfo=UTC)


def photo(seed=1, *, north=38.93, clock="2026:05:04 10:30:20", size=(200, 120)):
    grid = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (5, 7, 3), dtype=np.uint8))
    tags = Image.Exif()
    tags[ExifTags.Base.Make] = f"Synthetic {seed}"
    degrees, minutes = int(north), (north - int(north)) * 60
    tags.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: (degrees, minutes, 0), 3: "E", 4: (100.0, 27.0, 0.0)}
    )
    tags.get_ifd(ExifTags.IFD.Exif).update({0x9003: clock})
    written = BytesIO()
    grid.resize(size, Image.Resampling.BICUBIC).save(written, "JPEG", exif=tags)
    return written.getvalue()


def kept(folder, content, now=NOW):
    return media.keep(folder, content, developed(content, "a"), now)


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_photo_is_stored_under_its_own_digest_with_its_copies(tmp_path):
    content = photo()
    digest = sha256(content).hexdigest()
    assert kept(tmp_path, content) == media.Receipt(digest, len(content), NOW)
    under = f"{digest[:2]}/{digest}"
    assert files(tmp_path) == [
        f"clean/{under}.jpg", f"original/{under}.jpeg", f"receipt/{under}.json", f"thumbnail/{under}.jpg",
    ]  # fmt: skip
    assert media.original(tmp_path, digest) == content
    assert media.copy(tmp_path, digest, "clean").startswith(b"\xff\xd8")
    assert media.all_receipts(tmp_path) == [digest]


def test_the_original_is_sealed_and_the_copies_are_not(tmp_path):
    digest = kept(tmp_path, photo()).sha256
    modes = {path.parts[-3]: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob(f"{digest}*")}
    assert modes == {"original": 0o440, "receipt": 0o440, "clean": 0o644, "thumbnail": 0o644}


def test_a_photo_that_comes_again_gets_its_first_receipt(tmp_path):
    content = photo()
    kept(tmp_path, content)
    again = kept(tmp_path, content, NOW + timedelta(days=1))
    assert (again.received_at, again.known) == (NOW, True)


@pytest.mark.parametrize("step", range(1, 5))
def test_a_power_cut_at_any_write_leaves_no_receipt_without_everything(tmp_path, monkeypatch, step):
    content, real, done = photo(), Path.replace, []

    def cut(path, target):
        done.append(target)
        if len(done) == step:
            raise OSError("power")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", cut)
    with pytest.raises(OSError, match="power"):
        kept(tmp_path, content)
    assert media.all_receipts(tmp_path) == []
    assert not [name for name in files(tmp_path) if ".part-" in name]
    monkeypatch.undo()
    assert kept(tmp_path, content).known is False


def test_everything_is_flushed_to_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    steps = []
    flush, rename = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("flush"), flush(handle))[1])
    monkeypatch.setattr(Path, "replace", lambda path, to: (steps.append("name"), rename(path, to))[1])
    kept(tmp_path, photo())
    # Each of the four files is flushed, named, and its three folders are flushed.
    assert steps == ["flush", "name", "flush", "flush", "flush"] * 4


def test_a_changed_original_is_noticed_and_mended_by_sending_it_again(tmp_path):
    content = photo()
    digest = kept(tmp_path, content).sha256
    path = next(tmp_path.glob(f"original/*/{digest}.*"))
    path.chmod(0o600)
    path.write_bytes(content[:-1] + b"?")
    assert media.damaged(tmp_path, digest)
    with pytest.raises(ConflictError):
        media.original(tmp_path, digest)
    assert kept(tmp_path, content).known
    assert not media.damaged(tmp_path, digest)


def test_facts_of_another_photo_are_refused(tmp_path):
    with pytest.raises(ConflictError):
        media.keep(tmp_path, photo(1), developed(photo(2), "b"), NOW)


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", "0" * 63 + "/"])
def test_a_photo_that_is_not_there_is_not_found_whatever_its_name(tmp_path, digest):
    with pytest.raises(NotFoundError):
        media.original(tmp_path, digest)
    with pytest.raises(NotFoundError):
        media.copy(tmp_path, digest, "clean")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("V00012_after_2.jpg", ("V00012", "after")),
        ("V00012/before.heic", ("V00012", "before")),
        ("V00012/整改后/1.jpg", ("V00012", "after")),
        ("day 1/V00012/1.jpg", ("V00012", "context")),
        ("V00012.jpg", ("V00012", "context")),
        ("V00012_测量.jpg", ("V00012", "measurement")),
        ("after.jpg", (None, "after")),
    ],
)
def test_a_name_says_whose_photo_it_is(name, said):
    assert told_by_name(name) == said


def visit(session, uid, place):
    import geopandas as gpd

    facts = {
        "uid": [uid], "place_layer": "toilets", "place_uid": place, "inspector": "INS-1",
        "visited_on": NOW.date(), "accuracy_m": 6.0, "content_hash": uid,
    }  # fmt: skip
    insert_visits(
        session, gpd.GeoDataFrame(facts, geometry=gpd.points_from_xy([100.45], [38.93]), crs=4326), None
    )


def taken_in(engine, folder, store):
    read = evidence.keep_photos(folder, store, now=NOW)
    with transaction(engine) as session:
        return evidence.record_photos(session, read, now=NOW, by="clerk")


@pytest.fixture
def delivery(engine, tmp_path):
    import geopandas as gpd

    with transaction(engine) as session:
        toilet = gpd.GeoDataFrame({"uid": ["T1"]}, geometry=gpd.points_from_xy([100.45], [38.93]), crs=4326)
        write_frame(session, Toilet, toilet)
        visit(session, "V1", "T1")
        visit(session, "V2", "T1")
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "V1_before.jpg").write_bytes(photo(1))
    (folder / "V1_after.jpg").write_bytes(photo(2, clock="2026:06:04 10:30:20"))
    (folder / "V9_1.jpg").write_bytes(photo(3, north=38.95))
    (folder / "broken.jpg").write_bytes(b"no photo")
    return folder


def test_photos_of_a_folder_are_recorded_once_with_their_visit_place_and_time(engine, delivery, tmp_path):
    report = taken_in(engine, delivery, tmp_path / "media")
    assert (report.recorded, report.unchanged) == (3, 0)
    assert [(name, code) for name, code, _ in report.refused] == [("broken.jpg", "file-format")]
    assert report.without_visit == ["V9_1.jpg"]
    again = taken_in(engine, delivery, tmp_path / "media")
    assert (again.recorded, again.unchanged) == (0, 3)
    with transaction(engine) as session:
        rows = photos(session).set_index("file_name")
    row = rows.loc["V1_before.jpg"]
    assert (row["visit_uid"], row["role"], row["received_by"]) == ("V1", "before", "clerk")
    assert row["taken_at"] == datetime(2026, 5, 4, 2, 30, 20, tzinfo=UTC)
    assert (row["time_source"], row["position_source"]) == ("assumed", "device")
    assert (row["geometry"].x, row["geometry"].y) == pytest.approx((100.45, 38.93), abs=1e-6)
    assert [(each["source"], each["state"]) for each in row["fixes"]] == [
        ("device", "used"), ("exif", "used"), ("place", "compared"),
    ]  # fmt: skip
    assert pd.isna(rows.loc["V9_1.jpg", "visit_uid"])


def test_a_picture_used_again_for_another_visit_is_told_and_so_is_a_far_one(engine, delivery, tmp_path):
    taken_in(engine, delivery, tmp_path / "media")
    for path in delivery.iterdir():
        path.unlink()
    (delivery / "V2_after.jpg").write_bytes(developed(photo(2), "a").clean)
    (delivery / "V2_context.jpg").write_bytes(photo(5, north=38.97))
    report = taken_in(engine, delivery, tmp_path / "media")
    assert [(name, visit_uid) for name, _, visit_uid, bits in report.reused] == [("V2_after.jpg", "V1")]
    # 0.04 degrees of latitude are 4.4 km: the camera contradicts the device.
    ((name, notes, disagreement_m),) = report.doubtful
    assert (name, notes) == ("V2_context.jpg", ("sources-disagree",))
    assert disagreement_m == pytest.approx(4441, abs=5)


def test_two_recorded_photos_prove_a_repair(engine, delivery, tmp_path):
    taken_in(engine, delivery, tmp_path / "media")
    with transaction(engine) as session:
        uids = photos(session).set_index("file_name")["uid"]
        forth = evidence.proof_of(session, uids["V1_before.jpg"], uids["V1_after.jpg"])
        back = evidence.proof_of(session, uids["V1_after.jpg"], uids["V1_before.jpg"])
        with pytest.raises(NotFoundError):
            evidence.proof_of(session, "nobody", uids["V1_after.jpg"])
    assert (forth.holds, forth.hours_between) == (True, 31 * 24)
    assert (back.holds, back.later) == (False, False)


def test_a_folder_without_photos_is_refused(tmp_path):
    with pytest.raises(NotFoundError):
        evidence.keep_photos(tmp_path, tmp_path / "media", now=NOW)
