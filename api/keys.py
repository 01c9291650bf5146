"""Where the key of the personal columns is found and made; what it does is `planner.secrecy`."""

import secrets
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from api.settings import Settings
from api.uploads_keys import rotate_bodies
from gis.errors import KeyMissingError
from planner.secrecy import KEY_BYTES, Cipher
from planner.service import rotate_key as rotate_people


def cipher(settings: Settings) -> Cipher:
    """Return what encrypts and decrypts personal columns with the key in force.

    Raises
    ------
    KeyMissingError
        Neither the setting nor the file holds a key.
    """
    return Cipher.from_text(key_text(settings))


def key_text(settings: Settings) -> str:
    """Return the key in force as it is written.

    Raises
    ------
    KeyMissingError
        Neither the setting nor the file holds a key.
    """
    if settings.key is not None:
        return settings.key.get_secret_value()
    if not settings.key_file.is_file():
        raise KeyMissingError(f"There is no key file {settings.key_file}")
    return settings.key_file.read_text(encoding="ascii", errors="replace")


def make_key_file(settings: Settings) -> str | None:
    """Write a new key where there is none, readable by its owner alone; return the file's name or None."""
    if settings.key is not None or settings.key_file.exists():
        return None
    write_key(settings.key_file, new_key())
    return str(settings.key_file)


def new_key() -> str:
    """Return a new key as it stands in a file."""
    return secrets.token_bytes(KEY_BYTES).hex()


def write_key(path: Path, new: str) -> None:
    """Write a key to a file that must not exist yet."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(new + "\n", encoding="ascii")


def rotate_key(session: Session, settings: Settings) -> dict[str, Any]:
    """Encrypt every personal column with a new key; the old key's file stays beside it.

    Raises
    ------
    KeyMissingError
        There is no key, it is not the one in force, or it is a setting and so cannot be replaced here.
    """
    if settings.key is not None:
        raise KeyMissingError("The key is set by TANTU_KEY; move it to a file first")
    old = cipher(settings)
    fresh = settings.key_file.with_name(settings.key_file.name + ".new")
    kept = settings.key_file.with_name(f"{settings.key_file.name}.{old.key_id}")
    write_key(fresh, new_key())
    new = Cipher.from_text(fresh.read_text(encoding="ascii"))
    people = rotate_people(session, old=old, new=new)
    rotate_bodies(session, old=old, new=new)
    settings.key_file.rename(kept)
    fresh.rename(settings.key_file)
    return {"people": people, "file": str(settings.key_file), "old": str(kept)}
