"""The files that jobs make: a folder a job under the media folder, until the job is forgotten."""

import shutil
from pathlib import Path
from typing import Any

from api.settings import Settings
from api.uploads import digest_of
from gis.errors import NotFoundError


def job_folder(settings: Settings, uid: str) -> Path:
    """Return the folder of the files of a job; it may not be there."""
    return settings.media / "jobs" / uid


def clear_folder(settings: Settings, uid: str) -> None:
    """Delete the files of a job."""
    shutil.rmtree(job_folder(settings, uid), ignore_errors=True)


def file_facts(settings: Settings, uid: str) -> list[dict[str, Any]]:
    """Return name, size and SHA-256 of the files of a job."""
    return [
        {"name": path.name, "bytes": path.stat().st_size, "sha256": digest_of(path)}
        for path in sorted(job_folder(settings, uid).glob("*"))
    ]


def job_file(settings: Settings, uid: str, name: str) -> Path:
    """Return one file of a job.

    Raises
    ------
    NotFoundError
        The job made no such file.
    """
    for path in job_folder(settings, uid).glob("*"):
        if path.name == name:  # compared, never joined: a name of the caller is no path
            return path
    raise NotFoundError("file", name[:80])
