"""The store of photos: one file a content, named by its SHA-256, on a disk that may lose power.

An original is written once and then sealed (read-only for everybody); beside it stand the clean copy and the
thumbnail that others see. The receipt is written last and only after everything else is on the disk, so that
who holds a receipt may delete the photo from the phone. A photo that comes again gets its first receipt.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

from audits.photos import Developed
from gis.errors import ConflictError, NotFoundError

Copy = Literal["clean", "thumbnail"]
SEALED, SHOWN = 0o440, 0o644


@dataclass(frozen=True)
class Receipt:
    """The word of the store that it has a photo; `known` if it had it before."""

    sha256: str
    size_bytes: int
    received_at: datetime
    known: bool = False


def keep(folder: Path, content: bytes, photo: Developed, now: datetime) -> Receipt:
    """Store a photo with its copies, and return the receipt once all of it is on the disk.

    Parameters
    ----------
    folder
        Root of the store; it is made.
    now
        With time zone; the receipt carries it.

    Raises
    ------
    ConflictError
        The facts are those of other bytes.
    """
    digest = sha256(content).hexdigest()
    if photo.facts.sha256 != digest:
        raise ConflictError(f"The facts are of {photo.facts.sha256}, the photo is {digest}; read it again.")
    had = receipt(folder, digest)
    if had is not None and not damaged(folder, digest):
        return had
    _write(_path(folder, "original", digest, f".{photo.facts.format}"), content, SEALED)
    _write(_path(folder, "clean", digest, ".jpg"), photo.clean, SHOWN)
    _write(_path(folder, "thumbnail", digest, ".jpg"), photo.thumbnail, SHOWN)
    if had is not None:
        return had
    told = {"sha256": digest, "size_bytes": len(content), "received_at": now.isoformat()}
    _write(_path(folder, "receipt", digest, ".json"), json.dumps(told).encode(), SEALED)
    return Receipt(digest, len(content), now)


def receipt(folder: Path, digest: str) -> Receipt | None:
    """Return the receipt of a photo, None if the store does not have it."""
    path = _path(folder, "receipt", digest, ".json")
    if not path.is_file():
        return None
    told = json.loads(path.read_bytes())
    return Receipt(
        told["sha256"], told["size_bytes"], datetime.fromisoformat(told["received_at"]), known=True
    )


def original(folder: Path, digest: str) -> bytes:
    """Return the sealed original, for a court or an audit of the audit.

    Raises
    ------
    NotFoundError
        The store does not have it.
    ConflictError
        The file is no longer what was received.
    """
    path = next(iter(sorted(_path(folder, "original", digest, "").parent.glob(f"{digest}.*"))), None)
    if path is None:
        raise NotFoundError("photo", digest)
    content = path.read_bytes()
    if sha256(content).hexdigest() != digest:
        raise ConflictError(f"The original {digest} was changed on the disk; restore it from a backup.")
    return content


def copy(folder: Path, digest: str, kind: Copy) -> bytes:
    """Return the JPEG without metadata that others may see.

    Raises
    ------
    NotFoundError
        The store does not have it.
    """
    path = _path(folder, kind, digest, ".jpg")
    if not path.is_file():
        raise NotFoundError("photo", digest)
    return path.read_bytes()


def damaged(folder: Path, digest: str) -> bool:
    """Tell whether a photo with a receipt is missing a file, or its original is not what it was."""
    copies = all(_path(folder, kind, digest, ".jpg").is_file() for kind in ("clean", "thumbnail"))
    try:
        original(folder, digest)
    except (NotFoundError, ConflictError):
        return True
    return not copies


def all_receipts(folder: Path) -> list[str]:
    """Return the SHA-256 of every photo that the store gave a receipt for, in order."""
    return sorted(path.stem for path in (folder / "receipt").glob("*/*.json"))


def _path(folder: Path, kind: str, digest: str, ending: str) -> Path:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise NotFoundError("photo", digest[:80], "a photo is named by 64 hexadecimal digits")
    return folder / kind / digest[:2] / f"{digest}{ending}"


def _write(path: Path, content: bytes, mode: int) -> None:
    # Whole or not at all, and on the disk before we say so: its name and new folders must be, too.
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        listing = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(listing)
        finally:
            os.close(listing)
