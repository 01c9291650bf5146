"""What has to be right before the service answers anybody; each fault says how to mend it.

The key may be missing altogether: then nobody's facts can be read, and everything else works.
"""

import os
from pathlib import Path

from sqlalchemy import Engine, select

from api.database import check_revision
from api.keys import cipher, key_text
from api.settings import Settings
from gis.catalogue import city
from gis.db import spatial_version, transaction
from gis.errors import KeyMissingError, SetupError
from planner.secrecy import Cipher, key_from_text
from planner.tables import Person

DISTINCT = 12  # different bytes in a key; fewer in 32 random ones happens once in 10^15


def check_start(settings: Settings, engine: Engine) -> None:
    """Make sure that the service can start.

    Raises
    ------
    RevisionError
        The database is at another revision.
    ExtensionMissingError
        The database lacks its spatial extension.
    KeyMissingError
        The key is malformed, easy to guess, or not the one of this database.
    SetupError
        The folder of the photos cannot be written to.
    NotFoundError
        There is no such city.
    """
    city(settings.city)
    check_revision(engine)
    spatial_version(engine)
    _check_key(settings, engine)
    _check_folder(settings.media)


def _check_key(settings: Settings, engine: Engine) -> None:
    if settings.key is None and not settings.key_file.is_file():
        return
    if len(set(key_from_text(key_text(settings)))) < DISTINCT:
        raise KeyMissingError(
            "The key of the personal columns is easy to guess; `tantu init` makes a random one"
        )
    _check_fits(cipher(settings), engine)


def _check_fits(secret: Cipher, engine: Engine) -> None:
    with transaction(engine, read_only=True) as session:
        row = session.execute(select(Person.uid, Person.facts).limit(1)).one_or_none()
    if row is not None:
        secret.decrypt([row.facts], "person", "facts", [row.uid])


def _check_folder(media: Path) -> None:
    at = media if media.exists() else media.absolute().parent
    if not at.is_dir() or not os.access(at, os.W_OK):
        raise SetupError(
            f"The folder of the photos {media} cannot be written to; make it, or set TANTU_MEDIA."
        )
