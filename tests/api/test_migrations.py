"""The database has the shape of the mapped tables, gets it safely and gives it up again."""

from alembic import command

from api.database import check_revision, configuration, current_revision, initialise, wanted_revision
from gis.db import make_engine, migrating


def test_a_migrated_database_is_what_the_mapped_tables_say(engine):
    with migrating(engine) as connection:
        command.check(configuration(connection=connection))


def test_a_fresh_database_reaches_the_revision_of_this_version(empty_url):
    engine = make_engine(empty_url)
    assert current_revision(engine) is None
    initialise(engine)
    initialise(engine)
    assert current_revision(engine) == wanted_revision()
    check_revision(engine)
    engine.dispose()
