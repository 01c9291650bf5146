"""Forgets what is kept for a time only: ended jobs with their files, and uploads that were never finished."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError

from api import jobs
from api.jobs_files import clear_folder
from api.settings import Settings
from api.uploads import forget_expired
from gis.db import make_engine, transaction

log = logging.getLogger("tantu.worker")
EVERY_S = 3600.0


def forget(settings: Settings, *, now: datetime) -> dict[str, int]:
    """Delete what is past its time, and say how much that was."""
    engine = make_engine(settings.database_url)
    try:
        with transaction(engine) as session:
            old = jobs.forget_old(session, now=now)
            uploads = forget_expired(session, settings, now=now)
    finally:
        engine.dispose()
    for uid in old:
        clear_folder(settings, uid)
    return {"jobs": len(old), "uploads": uploads}


def cleaning(settings: Settings) -> Callable[[], None]:
    """Return a function that forgets at its first call and then once an hour, however often it is called."""
    due = [0.0]

    def clean() -> None:
        if time.monotonic() < due[0]:
            return
        due[0] = time.monotonic() + EVERY_S
        try:
            forget(settings, now=datetime.now(UTC))
        except DBAPIError:
            log.exception("nothing was cleaned up; it is tried again in an hour")

    return clean
