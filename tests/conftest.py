"""Fixtures of every test: the real inputs beside the project, and fresh databases of both kinds.

A test that takes `engine` runs twice, on SpatiaLite and on PostGIS, each time in a migrated database of its
own: a copy of a template file, or of a template database. PostGIS is a throw-away cluster that each test
process starts when it first needs it; TANTU_TEST_POSTGIS_URL names a server to use instead.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import URL, Engine, create_engine, make_url, text

from api.database import initialise
from gis.db import make_engine
from gis.errors import SetupError
from tests.town import town  # noqa: F401 - the fixture of the hand-drawn town

# A database or a compiled kernel that is slow once is no failure; the printed blob repeats a case anywhere.
# Where a merge is decided the cases are the same each time: a red run is then the work of the change, not of luck.
settings.register_profile("tantu", deadline=None, print_blob=True)
settings.register_profile("merge", settings.get_profile("tantu"), derandomize=True)
settings.load_profile("merge" if os.environ.get("CI") else "tantu")

ATTEMPTS = 5  # another program may take the free port before PostgreSQL does
FAST = (
    "-F -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=4GB -c listen_addresses=127.0.0.1"
)


def missing(what: str) -> None:
    """Skip a test for want of something; where a merge is decided that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}; a merge needs every test to run")
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the real inputs."""
    folder = Path(os.environ.get("TANTU_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"the real inputs are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def spatialite_template(tmp_path_factory) -> Path:
    """A migrated SpatiaLite file that nothing has open."""
    path = tmp_path_factory.mktemp("spatialite") / "template.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    try:
        initialise(engine)
        with engine.connect() as connection:  # one plain file to copy, without -wal beside it
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    except SetupError as error:
        missing(str(error))
    finally:
        engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgis_server() -> Iterator[URL]:
    """A PostgreSQL server where databases may be made and dropped."""
    given = os.environ.get("TANTU_TEST_POSTGIS_URL")
    if given:
        yield make_url(given)
        return
    programs = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)
    if programs is None:
        missing("PostgreSQL is not installed: apt-get install postgresql postgresql-postgis")
    with cluster(programs.parent) as url:
        yield url


@contextmanager
def cluster(programs: Path) -> Iterator[URL]:
    """Run a PostgreSQL cluster in a temporary folder, without any promise to survive a crash."""
    folder = Path(tempfile.mkdtemp(prefix="tantu-postgis-"))
    switch: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        switch = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [*switch, str(programs / program), "-D", str(folder / "data"), *arguments]
        with (folder.parent / f"{folder.name}.log").open("ab") as log:
            return subprocess.run(command, check=False, stdout=log, stderr=log, cwd="/")

    log = folder.parent / f"{folder.name}.log"
    try:
        made = run("initdb", "-U", "tantu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        assert made.returncode == 0, log.read_text()
        for _ in range(ATTEMPTS):
            port = free_port()
            options = f"{FAST} -p {port} -k {folder}"
            if run("pg_ctl", "-w", "-o", options, "start").returncode == 0:
                break
        else:
            pytest.fail(f"PostgreSQL does not start:\n{log.read_text()}")
        yield make_url(f"postgresql+psycopg://tantu@127.0.0.1:{port}/postgres")
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
        log.unlink(missing_ok=True)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgis_copies(postgis_server, worker_id) -> Iterator[Callable[[], URL]]:
    """A maker of migrated PostGIS databases; all are dropped at the end."""
    server = create_engine(postgis_server, isolation_level="AUTOCOMMIT")
    # Several test processes, of this run or of another, may share a server that was given.
    prefix = f"tantu_{os.getpid()}_{worker_id}"
    numbers = count()

    def run(command: str) -> None:
        with server.connect() as connection:
            connection.execute(text(command))

    def make(template: str = f"{prefix}_template") -> URL:
        name = f"{prefix}_{next(numbers)}"
        run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return postgis_server.set(database=name)

    run(f"CREATE DATABASE {prefix}_template")
    engine = make_engine(shown(postgis_server.set(database=f"{prefix}_template")))
    try:
        initialise(engine)
    except SetupError as error:
        missing(str(error))
    finally:
        engine.dispose()
    yield make
    with server.connect() as connection:
        names = connection.execute(text("SELECT datname FROM pg_database")).scalars().all()
    for name in names:
        if name.startswith(f"{prefix}_"):
            run(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


def shown(url: URL) -> str:
    """Return a URL as text with its password."""
    return url.render_as_string(hide_password=False)


@pytest.fixture(params=["spatialite", "postgis"])
def database_url(request, tmp_path) -> str:
    """URL of a fresh migrated database."""
    if request.param == "spatialite":
        path = tmp_path / "tantu.sqlite"
        shutil.copyfile(request.getfixturevalue("spatialite_template"), path)
        return f"sqlite:///{path}"
    return shown(request.getfixturevalue("postgis_copies")())


@pytest.fixture
def engine(database_url) -> Iterator[Engine]:
    """A fresh migrated database, once SpatiaLite and once PostGIS."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["spatialite", "postgis"])
def empty_url(request, tmp_path) -> str:
    """URL of a database that was never migrated (for SpatiaLite, of a file that does not exist)."""
    if request.param == "spatialite":
        return f"sqlite:///{tmp_path / 'new.sqlite'}"
    return shown(request.getfixturevalue("postgis_copies")("template0"))
