"""`tantu backup`, `restore` and `upgrade`: what keeps the data of a city."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.console import Json, answer, place, say, word
from api.settings import settings

File = Annotated[Path, typer.Argument(help=word("option.backup"))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup", help=word("command.backup"))(backup)
    app.command("restore", help=word("command.restore"))(restore)
    app.command("upgrade", help=word("command.upgrade"))(upgrade)


def backup(
    file: File,
    check: Annotated[bool, typer.Option("--check", help=word("option.backup_check"))] = False,
    *,
    as_json: Json = False,
) -> None:
    """Write the database and the photos into one sealed file and read it back; with --check only read one."""
    from api import backup as backups

    here = place()
    if check:
        manifest = backups.check(here.settings, file)
    else:
        _did(kind="backed_up", subject=f"file:{file.name[:80]}")
        try:
            manifest = backups.back_up(here.settings, here.engine, file)
        finally:
            here.engine.dispose()
    told = _told(manifest, file)
    answer(told, as_json=as_json, show=lambda: say(word("backup.whole", **told)))


def restore(file: File, *, as_json: Json = False) -> None:
    """Write a backup into an empty place, bring it up to date and check it."""
    from api import backup as backups
    from gis.db import make_engine

    here = settings()
    engine = make_engine(here.database_url)
    try:
        manifest = backups.restore(here, engine, file)
    finally:
        engine.dispose()
    _did(kind="restored", subject=f"file:{file.name[:80]}")
    told = _told(manifest, file)
    answer(told, as_json=as_json, show=lambda: say(word("backup.restored", **told)))


def upgrade(file: File, *, as_json: Json = False) -> None:
    """Back the database up as it is, bring it to this version's shape, and check it."""
    from api import backup as backups
    from api.database import current_revision, initialise, wanted_revision
    from api.starting import check_start
    from gis.db import make_engine

    here = settings()
    engine = make_engine(here.database_url)
    try:
        before = current_revision(engine)
        if before != wanted_revision():
            backups.back_up(here, engine, file)
            initialise(engine)
        check_start(here, engine)
        told = {"before": before, "after": current_revision(engine), "backup": str(file)}
    finally:
        engine.dispose()
    told["backup"] = told["backup"] if before != told["after"] else None
    key = "upgrade.done" if told["backup"] else "upgrade.nothing"
    answer(told, as_json=as_json, show=lambda: say(word(key, **told)))


def _told(manifest: Any, file: Path) -> dict[str, Any]:  # noqa: ANN401 - imported when it is needed
    return {
        "file": str(file), "made_at": manifest.made_at, "revision": manifest.revision,
        "rows": sum(manifest.rows.values()), "files": len(manifest.digests),
    }  # fmt: skip


def _did(kind: str, subject: str) -> None:
    from audits import trail_store
    from audits.trail import Deed

    with place().session() as session:
        deed = Deed(datetime.now(UTC), settings().user, "command line", kind, subject, {})
        trail_store.record(session, deed)
