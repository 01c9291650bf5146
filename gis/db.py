"""Opens the database, SpatiaLite or PostGIS, and is the only place that commits.

What may be questioned: SQLite comes from `pysqlite3`, since the one built into many Pythons cannot load
SpatiaLite; and every transaction that may write begins IMMEDIATE, since one that begins reading and
writes later is refused ("database is locked") instead of waiting its turn.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from gis.errors import ConflictError, ExtensionMissingError, SetupError
from gis.folding import lowered, unaccented

BUSY_TIMEOUT_MS = 30_000
CACHE_KIB = 65_536
MIGRATION_LOCK = 0x7461_6E74_75  # "tantu": the advisory lock of PostgreSQL that migrations take

# A plan made once for all values ignores how many rows a box finds, and is up to ten times slower.
CUSTOM_PLANS = "-c plan_cache_mode=force_custom_plan"

SPATIALITE_PACKAGE = "apt-get install libsqlite3-mod-spatialite"
POSTGIS_PACKAGE = "apt-get install postgresql-{major}-postgis-3"


def make_engine(url: str) -> Engine:
    """Return the engine of a database; nothing is opened or created yet.

    Parameters
    ----------
    url
        `sqlite:///FILE` for SpatiaLite, `postgresql+psycopg://USER:PASSWORD@HOST/NAME` for PostGIS.

    Raises
    ------
    SetupError
        The URL is malformed, names another database, or the file's folder does not exist.
    ExtensionMissingError
        No SQLite of this Python can load extensions; raised on connecting where SpatiaLite is missing.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SetupError(f"TANTU_DATABASE_URL cannot be read; write it as {_FORMS}.") from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _spatialite_engine(parsed)
    if backend == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={} if "options" in parsed.query else {"options": CUSTOM_PLANS},
        )
    raise SetupError(f"The database '{backend}' is neither SpatiaLite nor PostGIS; write {_FORMS}.")


@contextmanager
def transaction(engine: Engine, *, read_only: bool = False) -> Iterator[Session]:
    """Open a session that is committed at the end and rolled back on any error.

    Parameters
    ----------
    read_only
        Refuse every write, and on SpatiaLite read beside a writer instead of waiting for it.
    """
    bound = engine.execution_options(tantu_read_only=True, postgresql_readonly=True) if read_only else engine
    with Session(bound, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection for queries that each stand alone; for answers that are asked often.

    On PostGIS there is no transaction, whose beginning and end cost more than many a query; two queries
    may see different states. On SpatiaLite writes are refused, as in `transaction(read_only=True)`.
    """
    if is_spatialite(engine):
        with engine.execution_options(tantu_read_only=True).connect() as connection:
            yield connection
        return
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        yield connection


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """Open the transaction of a migration: alone in the database, spatial functions ready.

    A second process waits and then finds the work done. Foreign keys are off on SQLite, where changing a
    table would delete the rows that refer to it, and are all checked before the commit.

    Raises
    ------
    ExtensionMissingError
        The server has no PostGIS, or this machine no SpatiaLite.
    SetupError
        The database user may not install PostGIS.
    ConflictError
        A row refers to one that the migration took away.
    """
    with engine.connect() as connection:
        lite = is_spatialite(connection)
        if lite:
            _pragma(connection, "foreign_keys=OFF")
        try:
            with connection.begin():
                if not lite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
                _enable_spatial(connection)
                yield connection
                orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all() if lite else []
                if orphans:
                    raise ConflictError(f"{len(orphans)} rows refer to a row that is gone: {orphans[0][:3]}")
        finally:
            if lite:
                _pragma(connection, "foreign_keys=ON")


def is_spatialite(connection: Engine | Connection | Session) -> bool:
    """Tell SpatiaLite from PostGIS."""
    bind = connection.get_bind() if isinstance(connection, Session) else connection
    return bind.dialect.name == "sqlite"


def spatial_version(engine: Engine) -> str:
    """Return what the database is, such as `PostGIS 3.3.2, PostgreSQL 15.5`.

    Raises
    ------
    ExtensionMissingError
        The spatial extension is not installed on the machine of the database.
    """
    with transaction(engine, read_only=True) as session:
        if is_spatialite(engine):
            spatial, plain = session.execute(text("SELECT spatialite_version(), sqlite_version()")).one()
            return f"SpatiaLite {spatial}, SQLite {plain}"
        spatial = _postgis_version(session.connection())
        return f"PostGIS {spatial}, PostgreSQL {session.execute(text('SHOW server_version')).scalar_one()}"


_FORMS = "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME"


def _spatialite_engine(url: URL) -> Engine:
    if url.database in {None, "", ":memory:"}:
        raise SetupError("A SpatiaLite database is a file; write sqlite:///FILE.")
    folder = Path(str(url.database)).absolute().parent
    if not folder.is_dir():
        raise SetupError(f"The folder {folder} of the database does not exist; make it first.")
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        module=sqlite_module(),
        hide_parameters=True,  # the message of an error must not hold a person
        connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _load_spatialite)
    event.listen(engine, "begin", _begin)
    return engine


@cache
def sqlite_module() -> ModuleType:
    """Return the first SQLite driver of this Python that can load extensions.

    Raises
    ------
    ExtensionMissingError
        There is none.
    """
    for name in ("pysqlite3.dbapi2", "sqlite3.dbapi2"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if hasattr(module.Connection, "enable_load_extension"):
            return module
    raise ExtensionMissingError("An SQLite that can load SpatiaLite", "pip install pysqlite3")


def _load_spatialite(connection: Any, _record: object) -> None:  # noqa: ANN401  two drivers, no common type
    connection.enable_load_extension(1)
    try:
        connection.load_extension("mod_spatialite")
    except sqlite_module().OperationalError as error:
        raise ExtensionMissingError("SpatiaLite (mod_spatialite)", SPATIALITE_PACKAGE) from error
    finally:
        connection.enable_load_extension(0)
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"cache_size=-{CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
    # What PostgreSQL has and SQLite lacks: its lower() knows ASCII only, and it takes no accents away.
    connection.create_function("tantu_lower", 1, _lower, deterministic=True)
    connection.create_function("tantu_unaccented", 1, _unaccented, deterministic=True)


def _lower(text: object) -> object:
    return lowered(text) if isinstance(text, str) else text


def _unaccented(text: object) -> object:
    return unaccented(text) if isinstance(text, str) else text


def _begin(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("tantu_read_only", False)
    connection.exec_driver_sql(f"PRAGMA query_only={int(read_only)}")
    connection.exec_driver_sql("BEGIN DEFERRED" if read_only else "BEGIN IMMEDIATE")


def _pragma(connection: Connection, pragma: str) -> None:
    # On the driver's connection: SQLAlchemy would begin a transaction, inside which the pragma is ignored.
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA {pragma}").close()


def _enable_spatial(connection: Connection) -> None:
    if is_spatialite(connection):
        if connection.exec_driver_sql("SELECT CheckSpatialMetaData()").scalar_one() < 1:
            connection.exec_driver_sql("SELECT InitSpatialMetaData()")
        return
    _postgis_version(connection)
    try:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
    except DBAPIError as error:
        raise SetupError(
            "PostGIS cannot be enabled in this database by its user; let a superuser run in it:"
            " CREATE EXTENSION postgis;"
        ) from error


def _postgis_version(connection: Connection) -> str:
    version: str | None = connection.execute(
        text(
            "SELECT coalesce(installed_version, default_version)"
            " FROM pg_available_extensions WHERE name = 'postgis'"
        )
    ).scalar()
    if version is None:
        major = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
        raise ExtensionMissingError("PostGIS", POSTGIS_PACKAGE.format(major=major))
    return version
