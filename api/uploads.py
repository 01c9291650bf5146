"""Files that arrive in parts (tus 1.0: creation, checksum, expiration, termination), and their receipts.

What may be questioned: how much of a file has come is the size of the file on the disk and nothing else, so
that no crash can make the two differ. A part is acknowledged after fsync; the receipt is given after the
whole was read again from the disk and has the declared SHA-256.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from api import jobs
from api.jobs import Owner
from api.settings import Settings
from api.uploads_tables import Upload
from audits.photos import PHOTO_BYTES
from gis.errors import BusyError, ChecksumError, ConflictError, NotFoundError
from gis.limits import Limits, check_limit

KEPT = timedelta(days=7)  # an upload that nobody goes on with
UNUSED = timedelta(days=30)  # a file that was received and used, or refused
LARGEST = {"photo": PHOTO_BYTES, "report": PHOTO_BYTES, "import": Limits().file_bytes}
BIN_KEPT = timedelta(days=1)  # the bytes of a photo that stands in the media store
BLOCK = 1 << 20


@dataclass(frozen=True)
class Announced:
    """What a client says of a file before it sends it."""

    kind: str
    name: str
    length: int
    sha256: str | None = None
    visit_uid: str | None = None
    role: str | None = None


@dataclass(frozen=True)
class ReceivedFile:
    """A file that has come in whole."""

    name: str
    path: Path
    sha256: str


def announce(session: Session, said: Announced, *, owner: Owner, now: datetime) -> Upload:
    """Make room for a file and return it.

    Raises
    ------
    FileTooLargeError
        It is larger than such a file may be.
    """
    check_limit(said.name, "the size of the file in bytes", said.length, LARGEST[said.kind])
    upload = Upload(
        uid=secrets.token_hex(jobs.UID_BYTES), owner=owner.uid, by=owner.name,
        **vars(said), state="receiving", created_at=now, expires_at=now + KEPT,
    )  # fmt: skip
    session.add(upload)
    session.flush()
    return upload


def upload_of(session: Session, uid: str, *, owner: str, now: datetime) -> Upload:
    """Return an upload of one owner.

    Raises
    ------
    NotFoundError
        There is none, it is somebody else's, or it has expired.
    """
    query = select(Upload).where(Upload.uid == uid, Upload.owner == owner, Upload.expires_at > now)
    found = session.scalars(query).first()
    if found is None:
        raise NotFoundError("upload", uid[:80])
    return found


def offset_of(settings: Settings, upload: Upload) -> int:
    """Return how many bytes of an upload are safe on the disk."""
    if upload.state != "receiving":
        return upload.length
    path = file_of(settings, upload.uid)
    return path.stat().st_size if path.is_file() else 0


def append(settings: Settings, upload: Upload, part: Path, offset: int) -> int:
    """Put a part at the end of an upload and return how many bytes there are now.

    Raises
    ------
    BusyError
        Another request is writing this upload.
    ConflictError
        The part does not begin where the upload ends.
    FileTooLargeError
        The part goes beyond the length that was announced.
    """
    with _alone(settings, upload.uid):
        there = offset_of(settings, upload)
        if there != offset:
            raise ConflictError(
                f"The upload has {there} bytes, the part begins at {offset}; go on at {there}."
            )
        check_limit(upload.name, "the size in bytes", there + part.stat().st_size, upload.length)
        with file_of(settings, upload.uid).open("ab") as file, part.open("rb") as coming:
            while block := coming.read(BLOCK):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(file_of(settings, upload.uid).parent)
        return offset_of(settings, upload)


def verified(settings: Settings, upload: Upload) -> str | None:
    """Return the SHA-256 of an upload whose last byte has come, None where bytes are missing.

    Raises
    ------
    ChecksumError
        The bytes are not those that were announced; they are dropped, so that the client sends them again.
    BusyError
        Another request is writing this upload.
    """
    if offset_of(settings, upload) < upload.length:
        return None
    with _alone(settings, upload.uid):
        path = file_of(settings, upload.uid)
        path.touch()
        digest = digest_of(path)
        if upload.sha256 not in {None, digest}:
            path.unlink()
            raise ChecksumError(upload.name, str(upload.sha256), digest)
    return digest


def give_receipt(session: Session, uid: str, digest: str, *, now: datetime) -> Upload:
    """Write down that an upload has come in whole, and in the same breath hand a photo to the workers."""
    query = select(Upload).where(Upload.uid == uid).with_for_update()
    upload = session.scalars(query.execution_options(populate_existing=True)).one()
    if upload.state != "receiving":
        return upload
    upload.sha256, upload.state, upload.received_at = digest, "received", now
    upload.expires_at = now + UNUSED
    if upload.kind != "import":
        owner = Owner(upload.owner, upload.by)
        job = jobs.ask(session, "photo", {"upload": uid}, owner=owner, now=now, once=f"photo {uid}")
        upload.job_uid = job.uid
    session.flush()
    return upload


def received_file(session: Session, settings: Settings, uid: str, *, owner: str) -> ReceivedFile:
    """Return a file that has come in whole.

    Raises
    ------
    NotFoundError
        There is none of that owner, or not all of it has come.
    """
    query = select(Upload).where(Upload.uid == uid, Upload.owner == owner, Upload.state != "receiving")
    found = session.scalars(query).first()
    path = file_of(settings, uid)
    if found is None or found.sha256 is None or not path.is_file():
        raise NotFoundError("received upload", uid[:80], "send all of its bytes first")
    return ReceivedFile(found.name, path, found.sha256)


def drop(session: Session, settings: Settings, upload: Upload) -> None:
    """Forget an upload that is not wanted.

    Raises
    ------
    ConflictError
        It was received already, and a receipt was given for it.
    """
    if upload.state != "receiving":
        raise ConflictError(
            "The upload was received and has its receipt; it is deleted when its time is over."
        )
    session.delete(upload)
    session.flush()
    file_of(settings, upload.uid).unlink(missing_ok=True)


def forget_expired(session: Session, settings: Settings, *, now: datetime) -> int:
    """Delete uploads past their time, and return how many; photos stay in the media store."""
    old = session.scalars(select(Upload).where(Upload.expires_at < now)).all()
    for upload in old:
        session.delete(upload)
        for path in (file_of(settings, upload.uid), _lock_of(settings, upload.uid)):
            path.unlink(missing_ok=True)
    session.flush()
    return len(old)


def uploads_folder(settings: Settings) -> Path:
    """Return the folder that uploads arrive in; it is made."""
    folder = settings.media / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def file_of(settings: Settings, uid: str) -> Path:
    """Return where the bytes of an upload are; its name there is ours, never the client's."""
    return uploads_folder(settings) / f"{uid}.bin"


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _lock_of(settings: Settings, uid: str) -> Path:
    return uploads_folder(settings) / f"{uid}.lock"


@contextmanager
def _alone(settings: Settings, uid: str) -> Iterator[None]:
    with _lock_of(settings, uid).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError("upload", uid) from error
        yield


def _sync_folder(folder: Path) -> None:
    listing = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(listing)
    finally:
        os.close(listing)
