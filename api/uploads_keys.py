"""Encrypts what phones sent with a new key, when the key of the personal columns is changed."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api.uploads_tables import Change
from planner.secrecy import Cipher, rotate


def rotate_bodies(session: Session, *, old: Cipher, new: Cipher) -> int:
    """Encrypt every kept change with a new key; return how many they are.

    Raises
    ------
    KeyMissingError
        `old` is not the key in force.
    """
    rows = session.execute(select(Change.id, Change.uid, Change.body)).all()
    fresh = rotate([row.body for row in rows], "change", "body", [row.uid for row in rows], old=old, new=new)
    for row, body in zip(rows, fresh, strict=True):
        session.execute(update(Change).where(Change.id == row.id).values(body=body))
    return len(rows)
