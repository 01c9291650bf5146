"""Backup and restore: the database and the photos in one sealed file that proves itself before it is used.

The file is a compressed tar inside `api.sealed`. Its last member is a manifest: revision, kind of database,
rows of every table, head of the chain, and the SHA-256 of every other member. `restore` reads the file
twice: once to check all of it, before anything is written, and once to write. The key is not in it; keep that
elsewhere. What may be questioned: a backup of SpatiaLite goes back into SpatiaLite and one of PostGIS into
PostGIS, since the rows keep their ids and their place in the chain.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import Engine

from api import dumps
from api.database import current_revision, initialise
from api.keys import key_text
from api.sealed import Opener, Sealer
from api.settings import Settings
from audits.case_integrity import checked_chain
from gis.db import is_spatialite, transaction
from gis.errors import ConflictError, FileFormatError, NotFoundError
from planner.secrecy import key_from_text

MANIFEST = "manifest.json"
MEDIA = "media/"


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; `digests` are SHA-256 by member."""

    made_at: str
    backend: str
    revision: str
    rows: dict[str, int]
    chain_head: str
    digests: dict[str, str]


def back_up(settings: Settings, engine: Engine, file: Path) -> Manifest:
    """Write a backup; the file appears under its name only when it is whole.

    Raises
    ------
    ConflictError
        The file is there already.
    KeyMissingError
        There is no key to seal it with.
    NotFoundError
        There is no database.
    """
    if file.exists():
        raise ConflictError(f"{file} is there already; a backup is never overwritten.")
    revision = current_revision(engine)
    if revision is None:
        raise NotFoundError("database", engine.url.render_as_string(), "make one with: tantu init")
    key = key_from_text(key_text(settings))
    fresh = file.with_name(file.name + ".part")
    try:
        fresh.touch(mode=0o600, exist_ok=False)
        with fresh.open("wb") as out:
            sealer = Sealer(out, key)
            manifest = _written(cast("IO[bytes]", sealer), settings, engine, revision)
            sealer.close()
        check(settings, fresh)
        fresh.rename(file)
    finally:
        fresh.unlink(missing_ok=True)
    return manifest


def check(settings: Settings, file: Path) -> Manifest:
    """Read a backup to its end and return what it says of itself.

    Raises
    ------
    FileFormatError
        It is no backup, was cut off or changed.
    KeyMissingError
        It was sealed with another key.
    """
    digests: dict[str, str] = {}
    manifest: dict[str, Any] = {}
    for name, content in _members(settings, file):
        if name == MANIFEST:
            manifest = json.loads(content.read())
        else:
            digests[name] = hashlib.file_digest(cast("Any", content), "sha256").hexdigest()
    if not manifest or manifest["digests"] != digests:
        raise FileFormatError(file.name, "its content is not what its manifest says")
    return Manifest(**manifest)


def restore(settings: Settings, engine: Engine, file: Path) -> Manifest:
    """Check a backup, write it into an empty place, bring it up to date and check what was written.

    Raises
    ------
    FileFormatError
        It is no backup, was cut off or changed.
    KeyMissingError
        It was sealed with another key.
    ConflictError
        There is a database or a folder of photos already, the backup is of the other kind of database,
        or what was written does not count up.
    """
    manifest = check(settings, file)
    if manifest.backend != engine.dialect.name:
        raise ConflictError(f"The backup is of {manifest.backend}, this database is {engine.dialect.name}.")
    dumps.check_empty(engine)
    if settings.media.exists() and any(settings.media.iterdir()):
        raise ConflictError(f"The folder {settings.media} holds files; move them away, or set TANTU_MEDIA.")
    if is_spatialite(engine):
        for name, content in _members(settings, file):
            if name == dumps.LITE:
                dumps.restore_lite(engine, content)
    else:
        with dumps.restoring(engine, manifest.revision) as session:
            for name, content in _members(settings, file):
                if name.startswith("tables/"):
                    dumps.restore_table(session, name.removeprefix("tables/"), content)
    _restore_media(settings, file)
    _check_rows(engine, manifest)
    initialise(engine)
    _check_chain(engine, manifest)
    return manifest


def _written(out: IO[bytes], settings: Settings, engine: Engine, revision: str) -> Manifest:
    digests = {}
    # Level 1: photos do not shrink, and the rest should not wait.
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        with dumps.dumped(engine) as dump:
            for name, path in dump.files:
                digests[name] = _add(archive, name, path)
        for path in sorted(settings.media.rglob("*")):
            if path.is_file():
                name = MEDIA + path.relative_to(settings.media).as_posix()
                digests[name] = _add(archive, name, path)
        manifest = Manifest(
            datetime.now(UTC).isoformat(), engine.dialect.name, revision, dump.rows, dump.head, digests,
        )  # fmt: skip
        told = json.dumps(asdict(manifest)).encode()
        facts = tarfile.TarInfo(MANIFEST)
        facts.size = len(told)
        archive.addfile(facts, io.BytesIO(told))
    return manifest


def _add(archive: tarfile.TarFile, name: str, path: Path) -> str:
    facts = tarfile.TarInfo(name)
    with path.open("rb") as content:
        facts.size = os.fstat(content.fileno()).st_size
        hashing = _Hashing(content)
        archive.addfile(facts, cast("IO[bytes]", hashing))  # of a file that still grows, what was there
    return hashing.digest.hexdigest()


class _Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.digest = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        block = self._source.read(size)
        self.digest.update(block)
        return block


def _members(settings: Settings, file: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with file.open("rb") as source:
        opener = Opener(source, key_from_text(key_text(settings)), file.name)
        try:
            with tarfile.open(fileobj=cast("IO[bytes]", opener), mode="r|gz") as archive:
                for member in archive:
                    content = archive.extractfile(member)
                    if content is None or ".." in Path(member.name).parts or member.name.startswith("/"):
                        raise FileFormatError(file.name, "it holds something that no backup holds")
                    yield member.name, content
            opener.read()
        except (tarfile.TarError, EOFError, ValueError) as error:
            raise FileFormatError(file.name, "it is damaged inside") from error


def _restore_media(settings: Settings, file: Path) -> None:
    for name, content in _members(settings, file):
        if name.startswith(MEDIA):
            path = settings.media / name.removeprefix(MEDIA)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(content.read())
            path.chmod(0o600)


def _check_rows(engine: Engine, manifest: Manifest) -> None:
    with transaction(engine, read_only=True) as session:
        if dumps.counts(session) != manifest.rows:
            raise ConflictError("The restored tables do not hold as many rows as the backup says.")


def _check_chain(engine: Engine, manifest: Manifest) -> None:
    with transaction(engine, read_only=True) as session:
        found = checked_chain(session)
    if not found.whole or (manifest.chain_head and found.head != manifest.chain_head):
        raise ConflictError("The restored chain of the audit trail is not whole.")
