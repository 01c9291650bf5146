"""A backup comes back whole on both databases, and a cut, a change and a wrong key are refused."""

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import create_engine, make_url, text

from api import backup
from api.accounts import NewAccount, add_account
from api.sealed import PIECE, Opener, Sealer
from api.settings import Settings
from audits import trail_store
from audits.trail import Deed
from gis.db import make_engine, transaction
from gis.errors import ConflictError, FileFormatError, KeyMissingError
from gis.frames import write_frame
from gis.tables import Toilet
from tests.api.people import KEY
from tests.conftest import shown

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
OTHER_KEY = bytes(range(1, 33)).hex()


@pytest.fixture
def place(database_url, tmp_path):
    """Settings of a small city with a toilet, a person's account, a deed and two photos."""
    media = tmp_path / "media"
    (media / "ab").mkdir(parents=True)
    (media / "ab" / "photo").write_bytes(os.urandom(3 * PIECE + 17))
    (media / "empty").write_bytes(b"")
    here = Settings(database_url=database_url, media=media, key=KEY)
    engine = make_engine(database_url)
    with transaction(engine) as session:
        toilets = gpd.GeoDataFrame(
            {"uid": ["t1"], "name": ["䶮·𠮷\t\\N"]}, geometry=[shapely.Point(100.45, 38.93)], crs=4326
        )
        write_frame(session, Toilet, toilets)
        add_account(session, NewAccount("li.ming", "auditor", ("6207",)), NOW)
        trail_store.record(session, Deed(NOW, "li", "admin", "account_made", "account:1", {"名": "值"}))
    engine.dispose()
    return here


@pytest.fixture
def elsewhere(place, request, tmp_path):
    """Settings of an empty place of the same kind of database."""
    if place.database_url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path / 'restored.sqlite'}"
    else:
        url = shown(request.getfixturevalue("postgis_copies")("template0"))
    return place.model_copy(update={"database_url": url, "media": tmp_path / "restored"})


def rows(settings, table):
    engine = make_engine(settings.database_url)
    try:
        with transaction(engine, read_only=True) as session:
            return sorted(map(str, session.execute(text(f"SELECT * FROM {table}")).all()))
    finally:
        engine.dispose()


def made(settings, file):
    engine = make_engine(settings.database_url)
    try:
        return backup.back_up(settings, engine, file)
    finally:
        engine.dispose()


def restored(settings, file):
    engine = make_engine(settings.database_url)
    try:
        return backup.restore(settings, engine, file)
    finally:
        engine.dispose()


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_backup_comes_back_row_by_row_and_byte_by_byte(place, elsewhere, tmp_path):
    file = tmp_path / "city.backup"
    manifest = made(place, file)
    assert manifest.rows["toilet"] == manifest.rows["trail_deed"] == 1
    assert restored(elsewhere, file) == manifest
    for table in ("toilet", "account", "trail_deed", "chain_link", "alembic_version"):
        assert rows(elsewhere, table) == rows(place, table) != []
    assert files(elsewhere.media) == files(place.media)
    engine = make_engine(elsewhere.database_url)
    with transaction(engine) as session:  # ids go on after those that were restored
        add_account(session, NewAccount("wang.fang", "clerk", ("620702",)), NOW)
    engine.dispose()


def test_nothing_of_a_backup_can_be_read_without_the_key(place, tmp_path):
    file = tmp_path / "city.backup"
    made(place, file)
    content = file.read_bytes()
    for clear in (b"li.ming", b"toilet", b"manifest", b"SQLite", b"account_made"):
        assert clear not in content
    assert oct(file.stat().st_mode & 0o077) == "0o0"
    with pytest.raises(KeyMissingError, match="sealed with key"):
        backup.check(place.model_copy(update={"key": type(place.key)(OTHER_KEY)}), file)


def test_a_cut_a_change_and_an_addition_are_refused_before_anything_is_written(place, elsewhere, tmp_path):
    file = tmp_path / "city.backup"
    made(place, file)
    whole = file.read_bytes()
    assert len(whole) > 3 * PIECE
    spoilt = {
        "nothing": b"", "head": whole[:40], "cut": whole[: len(whole) // 2], "last byte": whole[:-1],
        "added": whole + b"x", "changed": whole[:2_000_000] + bytes([whole[2_000_000] ^ 1]) + whole[2_000_001:],
        "another": b"PK\x03\x04" + whole,
    }  # fmt: skip
    for content in spoilt.values():
        file.write_bytes(content)
        with pytest.raises(FileFormatError):
            restored(elsewhere, file)
    assert not elsewhere.media.exists()
    if elsewhere.database_url.startswith("sqlite"):
        assert not Path(make_url(elsewhere.database_url).database).exists()
    file.write_bytes(whole)
    restored(elsewhere, file)
    assert rows(elsewhere, "toilet") == rows(place, "toilet")


def test_a_restore_overwrites_nothing_and_a_backup_neither(place, elsewhere, tmp_path):
    file = tmp_path / "city.backup"
    made(place, file)
    with pytest.raises(ConflictError, match="already"):
        made(place, file)
    with pytest.raises(ConflictError, match="already"):
        restored(place, file)
    elsewhere.media.mkdir()
    (elsewhere.media / "mine").touch()
    with pytest.raises(ConflictError, match="holds files"):
        restored(elsewhere, file)


def test_a_backup_goes_back_into_its_own_kind_of_database_only(place, tmp_path):
    file = tmp_path / "city.backup"
    made(place, file)
    lite = place.database_url.startswith("sqlite")
    other = (
        create_engine("postgresql+psycopg://x@127.0.0.1/x")
        if lite
        else make_engine(f"sqlite:///{tmp_path / 'x.sqlite'}")
    )
    with pytest.raises(ConflictError, match="this database is"):
        backup.restore(place, other, file)


def test_the_command_line_backs_up_checks_restores_and_upgrades(
    place, elsewhere, tantu, tmp_path, monkeypatch
):
    def at(settings):
        for name in ("database_url", "media"):
            monkeypatch.setenv(f"TANTU_{name.upper()}", str(getattr(settings, name)))
        monkeypatch.setenv("TANTU_KEY", KEY)

    at(place)
    file = tmp_path / "city.backup"
    told = tantu("backup", file, "--json").told
    assert told["rows"] > 4
    assert tantu("backup", file, "--check", "--json").told == told
    assert tantu("upgrade", tmp_path / "unneeded", "--json").told["backup"] is None
    assert [deed["kind"] for deed in tantu("trail", "list", "--json").told] == ["backed_up", "account_made"]
    at(elsewhere)
    assert tantu("restore", file).code == 0
    assert tantu("audit", "chain", "verify").code == 0
    assert [deed["kind"] for deed in tantu("trail", "list", "--json").told] == [
        "restored",
        "backed_up",
        "account_made",
    ]
    assert tantu("restore", file).code == 1


def test_an_upgrade_keeps_the_database_as_it_was(place, tantu, tmp_path, monkeypatch):
    from api.database import downgrade, wanted_revision

    engine = make_engine(place.database_url)
    downgrade(engine, "trail")
    engine.dispose()
    for name, value in (("DATABASE_URL", place.database_url), ("MEDIA", place.media), ("KEY", KEY)):
        monkeypatch.setenv(f"TANTU_{name}", str(value))
    told = tantu("upgrade", tmp_path / "before.backup", "--json").told
    assert (told["before"], told["after"]) == ("trail", wanted_revision())
    assert backup.check(place, tmp_path / "before.backup").revision == "trail"
    assert len(rows(place, "toilet")) == 1


SECRET = bytes(range(32))


@examples(max_examples=25)
@given(sizes=st.lists(st.integers(0, 2 * PIECE), max_size=4), asked=st.integers(1, 3 * PIECE))
def test_a_sealed_file_gives_back_what_was_written_however_it_is_read(sizes, asked):
    content, out = b"".join(bytes([n % 256]) * size for n, size in enumerate(sizes)), io.BytesIO()
    sealer = Sealer(out, SECRET)
    at = 0
    for size in sizes:
        sealer.write(content[at : at + size])
        at += size
    sealer.close()
    out.seek(0)
    opener, parts = Opener(out, SECRET, "x"), []
    while part := opener.read(asked):
        parts.append(part)
    assert b"".join(parts) == content


@examples(max_examples=60)
@given(data=st.data())
def test_no_change_of_a_sealed_file_goes_unseen(data):
    out = io.BytesIO()
    sealer = Sealer(out, SECRET)
    sealer.write(b"a" * (PIECE + 5))
    sealer.close()
    whole = bytearray(out.getvalue())
    kind = data.draw(st.sampled_from(["flip", "cut", "add", "swap"]))
    at = data.draw(st.integers(0, len(whole) - 1))
    if kind == "flip":
        whole[at] ^= data.draw(st.integers(1, 255))
    elif kind == "cut":
        del whole[at:]
    elif kind == "add":
        whole[at:at] = b"\x00"
    else:
        head = whole.index(b"\n") + 1
        first = whole[head : head + 4 + PIECE + 16]
        whole = whole[: head + len(first)] + first + whole[head + len(first) :]
    with pytest.raises((FileFormatError, KeyMissingError)):
        Opener(io.BytesIO(bytes(whole)), SECRET, "x").read()
