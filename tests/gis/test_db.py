"""The engine opens both databases as told, says what is missing, and lets nobody write by the way."""

import datetime as dt
import multiprocessing
import re
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import DBAPIError

from gis import db
from gis.db import is_spatialite, make_engine, migrating, spatial_version, sqlite_module, transaction
from gis.errors import ConflictError, ExtensionMissingError, SetupError
from gis.tables import RegionChange

ROOT = Path(__file__).parents[2]
PACKAGES = ("gis", "audits", "planner", "maps", "api", "data")


def shown(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def change(code: str) -> RegionChange:
    return RegionChange(old_code=code, kind="dropped", changed_on=dt.date(2020, 1, 1), source="test")


def count(engine) -> int:
    with transaction(engine, read_only=True) as session:
        return session.execute(text("SELECT count(*) FROM region_change")).scalar_one()


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://localhost/x", "sqlite://", "sqlite:////no/such/folder/x.db"]
)
def test_a_url_that_leads_nowhere_is_refused_with_the_right_form(url):
    with pytest.raises(SetupError, match=r"sqlite:///FILE|does not exist"):
        make_engine(url)


def test_a_password_is_never_part_of_the_message():
    with pytest.raises(SetupError) as raised:
        make_engine("mysql://me:secret@localhost/x")
    assert "secret" not in str(raised.value)


def test_a_database_says_what_it_is(engine):
    kind = "SpatiaLite" if is_spatialite(engine) else "PostGIS"
    assert re.match(rf"{kind} \d+\.\d+.*, (SQLite|PostgreSQL) \d+", spatial_version(engine))


def test_a_transaction_commits_at_the_end_and_leaves_nothing_after_an_error(engine):
    with transaction(engine) as session:
        session.add(change("1"))
    with pytest.raises(DBAPIError, match=r"(?i)null"), transaction(engine) as session:
        session.add_all([change("2"), RegionChange()])
    assert count(engine) == 1


def test_a_read_only_transaction_refuses_to_write_and_the_next_may_again(engine):
    with transaction(engine, read_only=True) as session:
        session.add(change("1"))
        with pytest.raises(DBAPIError, match=r"read-?only"):
            session.flush()
        session.rollback()
    with transaction(engine) as session:
        session.add(change("1"))
    assert count(engine) == 1


def test_a_reader_does_not_wait_for_a_writer(engine):
    with transaction(engine) as writer:
        writer.add(change("1"))
        writer.flush()
        assert count(engine) == 0
    assert count(engine) == 1


def test_a_foreign_key_is_checked_on_both(engine):
    orphan = "INSERT INTO import_issue VALUES (1, 99, 1, 'c', 'a', 'r', 'd')"
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), transaction(engine) as session:
        session.execute(text(orphan))


def _writes(url: str, first: int) -> None:
    engine = make_engine(url)
    for number in range(first, first + 20):
        with transaction(engine) as session:
            session.execute(text("SELECT count(*) FROM region_change"))  # reads first, then writes
            session.add(change(str(number)))
    engine.dispose()


def test_two_processes_that_read_and_then_write_take_turns(database_url):
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_writes, args=(database_url, first)) for first in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(300)
    assert [writer.exitcode for writer in writers] == [0, 0]
    engine = make_engine(database_url)
    assert count(engine) == 40
    engine.dispose()


def _drop(connection, *tables):
    for table in tables:
        connection.execute(text(f"DROP TABLE {table}"))


def test_a_migration_that_fails_or_orphans_a_row_changes_nothing(engine):
    with pytest.raises(DBAPIError, match=r"(?i)nothing_there"), migrating(engine) as connection:
        _drop(connection, "region_change", "nothing_there")
    assert count(engine) == 0
    if is_spatialite(engine):
        with pytest.raises(ConflictError, match="1 rows refer"), migrating(engine) as connection:
            connection.execute(text("INSERT INTO import_issue VALUES (1, 99, 1, 'c', 'a', 'r', 'd')"))
        with transaction(engine) as session:
            assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1
            assert session.execute(text("SELECT count(*) FROM import_issue")).scalar() == 0


def test_without_spatialite_the_message_names_the_package():
    class Driver:
        OperationalError = sqlite_module().OperationalError

        @staticmethod
        def enable_load_extension(_switch):
            pass

        @classmethod
        def load_extension(cls, name):
            raise cls.OperationalError(f"{name}.so: cannot open shared object file")

    with pytest.raises(ExtensionMissingError, match="apt-get install libsqlite3-mod-spatialite"):
        db._load_spatialite(Driver, None)


def test_without_an_sqlite_that_loads_extensions_the_message_names_the_package(monkeypatch):
    sqlite_module.cache_clear()
    monkeypatch.setattr(db.importlib, "import_module", _no_driver)
    try:
        with pytest.raises(ExtensionMissingError, match="pip install pysqlite3"):
            sqlite_module()
    finally:
        sqlite_module.cache_clear()


def _no_driver(name):
    raise ImportError(name)


def test_without_postgis_the_message_names_the_package_of_the_server(postgis_copies):
    engine = make_engine(shown(postgis_copies("template0")))
    hidden = (
        "CREATE VIEW public.pg_available_extensions AS"
        " SELECT * FROM pg_catalog.pg_available_extensions WHERE name <> 'postgis'"
    )
    with engine.begin() as connection:
        major = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
        connection.execute(text(hidden))
        connection.execute(
            text(f'ALTER DATABASE "{engine.url.database}" SET search_path TO public, pg_catalog')
        )
    engine.dispose()
    with pytest.raises(ExtensionMissingError, match=f"apt-get install postgresql-{major}-postgis-3"):
        spatial_version(engine)
    with pytest.raises(ExtensionMissingError, match="postgis-3"), migrating(engine):
        pass
    engine.dispose()


def test_without_the_right_to_enable_postgis_the_message_says_who_may(postgis_copies):
    url = postgis_copies("template0")
    owner = create_engine(url)
    with owner.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS tantu_clerk"))
        connection.execute(text("CREATE ROLE tantu_clerk LOGIN PASSWORD 'x'"))
    clerk = make_engine(shown(url.set(username="tantu_clerk", password="x")))
    try:
        with pytest.raises(SetupError, match="CREATE EXTENSION postgis"), migrating(clerk):
            pass
    finally:
        clerk.dispose()
        with owner.begin() as connection:
            connection.execute(text("DROP ROLE tantu_clerk"))
        owner.dispose()


# What was proved to destroy data or to take the process down; each pattern with a line that it must catch.
TRAPS = {
    "SpatiaLite's KNN table segfaults": (r"(?i)\bfrom\s+\"?knn2?\b", "SELECT * FROM knn2 WHERE"),
    "an engine that skips gis.db opens the live file": (
        r"\bcreate_engine\(|\bsqlite3?\.connect\(|pysqlite3\.connect\(|dbapi2\.connect\(", "sqlite3.connect(path)",
    ),
    "GDAL drops SQLite's locks on the live file": (
        r"(?i)driver=.(sqlite|spatialite)|engine=.(sqlite|spatialite)", "write_dataframe(x, driver='SQLite')",
    ),
    "batch mode destroys SpatiaLite's metadata": (r"batch_alter_table|render_as_batch=True", "op.batch_alter_table("),
    "to_postgis fails on SQLite": (r"\bto_postgis\(|\bread_postgis\(", "x.to_postgis(name)"),
    "one shape object a row is five times slower": (r"\bto_shape\(|\bfrom_shape\(", "to_shape(row.geom)"),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_no_source_steps_into_a_proved_trap(trap):
    pattern, breach = TRAPS[trap]
    assert re.search(pattern, breach)
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert len(sources) > 20
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources
        if path != ROOT / "gis" / "db.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert found == []
