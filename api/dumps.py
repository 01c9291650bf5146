"""A whole database as a stream of files and back: a copy of the SpatiaLite file, or the rows of every table.

What may be questioned: PostGIS is read by COPY in one transaction that sees one moment, not by `pg_dump`,
which is a program of its own and has to be as new as the server. A dump goes back into the kind of
database it came from, at the revision it had; migrations then bring it up to date. The append-only
tables take the rows like any other, since nothing there is changed.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import Engine, inspect, text
from sqlalchemy.orm import Session

from api.database import initialise
from api.migrations.internal import INTERNAL
from audits import event_store
from gis.db import is_spatialite, make_engine, transaction
from gis.errors import ConflictError

LITE = "database.sqlite"
KEPT_BY_OTHERS = frozenset({"spatial_ref_sys", "alembic_version"})
BLOCK = 1 << 20


@dataclass(frozen=True)
class Dump:
    """A database at one moment.

    Attributes
    ----------
    files
        Names and files, each readable until the next is asked for.
    rows
        Of every table.
    head
        Digest of the last link of the chain, empty without one.
    """

    files: Iterator[tuple[str, Path]]
    rows: dict[str, int]
    head: str


@contextmanager
def dumped(engine: Engine) -> Iterator[Dump]:
    """Yield the dump of a database that others may go on writing to."""
    with tempfile.TemporaryDirectory(prefix="tantu-backup-") as folder:
        if is_spatialite(engine):
            copy = Path(folder) / LITE
            _vacuum(engine, copy)
            frozen = make_engine(f"sqlite:///{copy}")
            try:
                with transaction(frozen, read_only=True) as session:
                    rows, head = counts(session), _head(session)
            finally:
                frozen.dispose()
            yield Dump(iter([(LITE, copy)]), rows, head)
            return
        at_once = engine.execution_options(isolation_level="REPEATABLE READ")
        with transaction(at_once, read_only=True) as session:
            rows, head = counts(session), _head(session)
            yield Dump(_tables(session, Path(folder)), rows, head)


def counts(session: Session) -> dict[str, int]:
    """Return the number of rows of every table of ours."""
    return {
        table: session.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()
        for table in tables_in_order(session)
    }


def tables_in_order(session: Session) -> list[str]:
    """Return the names of our tables, each after those its rows refer to."""
    ordered = inspect(session.connection()).get_sorted_table_and_fkc_names()
    named = [str(name) for name, _ in ordered if name]
    return [name for name in named if name not in KEPT_BY_OTHERS | INTERNAL and not name.startswith("idx_")]


def check_empty(engine: Engine) -> None:
    """Make sure that a dump would overwrite nothing.

    Raises
    ------
    ConflictError
        There is a database already.
    """
    if is_spatialite(engine):
        path = Path(str(engine.url.database))
        if path.exists():
            raise ConflictError(f"{path} is there already; move it away, or set another TANTU_DATABASE_URL.")
    elif inspect(engine).has_table("alembic_version"):
        raise ConflictError("The database holds tables of Tantu already; restore into an empty one.")


def restore_lite(engine: Engine, source: IO[bytes]) -> None:
    """Put the copy of a SpatiaLite file in its place."""
    path = Path(str(engine.url.database))
    fresh = path.with_name(path.name + ".restoring")
    with fresh.open("wb") as out:
        shutil.copyfileobj(source, out, BLOCK)
    fresh.rename(path)


@contextmanager
def restoring(engine: Engine, revision: str) -> Iterator[Session]:
    """Make the tables of a revision, and yield the one transaction that fills them."""
    initialise(engine, revision)
    with transaction(engine) as session:
        yield session
        for table in tables_in_order(session):
            _advance(session, table)


def restore_table(session: Session, table: str, source: IO[bytes]) -> None:
    """Put the rows of one table back; its first line names the columns."""
    columns = source.readline().decode().rstrip("\n")
    with _cursor(session).copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
        while block := source.read(BLOCK):
            copy.write(block)


def _vacuum(engine: Engine, copy: Path) -> None:
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA query_only=0").close()  # a reader may have left it on
        driver.execute("VACUUM INTO ?", (str(copy),)).close()


def _head(session: Session) -> str:
    link = event_store.last_link(session)
    return link.digest if link else ""


def _tables(session: Session, folder: Path) -> Iterator[tuple[str, Path]]:
    for name in tables_in_order(session):
        described = inspect(session.connection()).get_columns(name)
        columns = ", ".join(f'"{column["name"]}"' for column in described)
        file = folder / "table"
        with file.open("wb") as out, _cursor(session).copy(f'COPY "{name}" ({columns}) TO STDOUT') as copy:
            out.write(columns.encode() + b"\n")
            for block in copy:
                out.write(block)
        yield f"tables/{name}", file


def _cursor(session: Session) -> Any:  # noqa: ANN401 - of psycopg
    driver = cast("Any", session.connection().connection.driver_connection)
    return driver.cursor()


def _advance(session: Session, table: str) -> None:
    # A sequence that was not advanced would hand out ids that are taken.
    if not any(column["name"] == "id" for column in inspect(session.connection()).get_columns(table)):
        return
    sequence = session.execute(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table}).scalar()
    if sequence:
        session.execute(text(f'SELECT setval(:name, (SELECT max(id) FROM "{table}"))'), {"name": sequence})
