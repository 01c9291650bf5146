"""What becomes of a received photo: read in a confined process, stored with its copies, written down."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.commands.console import Place
from api.confining import confined
from api.jobs_worker import Finish, Task
from api.uploads import BIN_KEPT, received_file
from api.uploads_tables import Upload
from audits import media
from audits.evidence import Kept, record_photos
from audits.photorows import KeptPhoto
from audits.photos import developed
from gis.errors import FileFormatError, FileTooLargeError


def photo(task: Task) -> Finish:
    """Develop a received photo and record what it is evidence of."""
    uid, now = str(task.payload["upload"]), datetime.now(UTC)
    with Place(task.settings).session(read_only=True) as session:
        file = received_file(session, task.settings, uid, owner=task.owner.uid)
        upload = _row(session, uid)
        visit_uid, role = upload.visit_uid, upload.role or "context"
    task.tell("develop", 0.1)
    content = file.path.read_bytes()
    try:
        made = confined(lambda _folder: developed(content, file.name), file.name)
    except (FileFormatError, FileTooLargeError) as refusal:
        problem = {"code": refusal.code, "detail": str(refusal)}
        return lambda session: _settled(session, uid, "refused", problem)
    media.keep(task.settings.media, content, made, now)
    kept = Kept([KeptPhoto(file.name, made.facts, visit_uid, role, declared=True)], [])

    def write(session: Session) -> dict[str, Any]:
        report = record_photos(session, kept, now=now, by=task.owner.name)
        told = {"photo": made.facts.sha256, "recorded": report.recorded, "reused": len(report.reused)}
        return told | _settled(session, uid, "stored", None, expires_at=now + BIN_KEPT)

    return write


def _settled(
    session: Session, uid: str, state: str, problem: dict[str, Any] | None, **columns: datetime
) -> dict[str, Any]:
    upload = _row(session, uid)
    upload.state, upload.problem = state, problem
    for name, value in columns.items():
        setattr(upload, name, value)
    session.flush()
    return {"upload": uid, "state": state} | ({} if problem is None else {"problem": problem})


def _row(session: Session, uid: str) -> Upload:
    return session.scalars(select(Upload).where(Upload.uid == uid)).one()
