"""Brings a database to the shape that this version expects, and says at which shape it is."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from gis.db import is_spatialite, migrating, transaction
from gis.errors import RevisionError


def initialise(engine: Engine, revision: str = "head") -> None:
    """Create or upgrade the database; does nothing where it is up to date.

    Safe to call from several processes at once: one migrates, the others wait.

    Raises
    ------
    ExtensionMissingError
        SpatiaLite or PostGIS is not installed.
    SetupError
        The database user may not install PostGIS.
    """
    with migrating(engine) as connection:
        command.upgrade(configuration(connection=connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to an earlier revision; rows of tables that go are lost."""
    with migrating(engine) as connection:
        command.downgrade(configuration(connection=connection), revision)


def current_revision(engine: Engine) -> str | None:
    """Return the revision of the database, None for one that was never migrated or is not there yet."""
    if is_spatialite(engine) and not Path(str(engine.url.database)).exists():
        return None  # asking would create the file
    with transaction(engine, read_only=True) as session:
        return MigrationContext.configure(session.connection()).get_current_revision()


def wanted_revision() -> str:
    """Return the newest revision of this version."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


def check_revision(engine: Engine) -> None:
    """Make sure that the database has the shape this version expects.

    Raises
    ------
    RevisionError
        It is at another revision; the message says how to mend it.
    """
    found, wanted = current_revision(engine), wanted_revision()
    if found != wanted:
        raise RevisionError(found, wanted)


def configuration(**attributes: object) -> Config:
    """Return Alembic's configuration: found beside this module, so that an installed wheel has it too."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes.update(attributes)
    return config
