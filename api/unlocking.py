"""The one door to personal columns in clear: whoever opens it stands in the audit trail.

Two deeds are written, one before anything is decrypted and one after, which tells of how many people which
columns were read; so a process that is killed in between has left the first. What may be questioned: the two
are written in transactions of their own, since what reads people runs beside other writers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from api.commands.console import Place
from api.keys import cipher
from audits import trail_store
from audits.trail import Deed
from planner.secrecy import Cipher, CountingCipher

COMMAND_LINE = "command line"


@dataclass(frozen=True)
class Reading:
    """Who reads whose facts, in what role and for what."""

    what: str
    subject: str
    by: str
    role: str = COMMAND_LINE


@contextmanager
def unlocked(
    here: Place, what: str, *, subject: str = "layer:people", by: str | None = None, role: str = COMMAND_LINE
) -> Iterator[Cipher]:
    """Yield the cipher of the personal columns, and record who used it for what.

    Open it outside of any transaction of the caller that writes.

    Parameters
    ----------
    what
        The command or job, such as `plan explain`.
    subject
        Whose facts are read, as `kind:id`.
    by
        Name of the account; by default the user of the settings.

    Raises
    ------
    KeyMissingError
        Neither the setting nor the file holds a key.
    """
    counting = CountingCipher(cipher(here.settings))
    reading = Reading(what, subject, by or here.settings.user, role)
    with here.session() as session:
        record_reading(session, reading, step="opened")
    try:
        yield counting
    finally:
        with here.session() as session:
            record_reading(session, reading, step="closed", columns=counting.counts())


def record_reading(session: Session, reading: Reading, **facts: object) -> None:
    """Write one deed of a reading in the caller's transaction, where `unlocked` cannot stand around it."""
    told = {"what": reading.what, **facts}
    deed = Deed(datetime.now(UTC), reading.by, reading.role, "people_read", reading.subject, told)
    trail_store.record(session, deed)
