"""Runs migrations on the connection that `api.database` hands over, else on the database of the settings.

What may be questioned: no batch mode (`render_as_batch`), which rebuilds a table and thereby destroys
SpatiaLite's metadata, triggers and R*Tree while reporting success. On SQLite a column is added or dropped
by ALTER TABLE; a geometry column by the functions of `api.migrations.spatial`.
"""

from typing import Any

from alembic import context
from geoalchemy2.alembic_helpers import render_item
from sqlalchemy import Connection

import api.answers_tables
import api.jobs_tables
import api.tables
import api.uploads_tables
import audits.case_tables
import audits.tables
import audits.trail_tables
import planner.register_tables
import planner.tables
import planner.works_tables
from api.migrations.internal import INTERNAL
from api.settings import settings
from gis.db import make_engine, migrating
from gis.tables import Base

# Imported so that their tables are in the metadata.
MAPPED = (
    api.jobs_tables,
    api.answers_tables,
    api.tables,
    api.uploads_tables,
    audits.tables,
    audits.case_tables,
    audits.trail_tables,
    planner.register_tables,
    planner.tables,
    planner.works_tables,
)


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Tell whether Alembic compares a table: not what a spatial extension keeps for itself."""
    return kind != "table" or not name or not (name.lower() in INTERNAL or name.startswith("idx_"))


def run(connection: Connection) -> None:
    """Run the migrations in the transaction of the connection."""
    options: dict[str, Any] = {"render_item": render_item, "include_name": is_ours}
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=False,
        compare_type=True,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with migrating(make_engine(settings().database_url)) as own:
        run(own)
