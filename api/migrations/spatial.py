"""Adds and drops geometry columns with their spatial index, metadata and triggers, on both databases.

What may be questioned: Alembic's own operations are not enough, since SpatiaLite keeps the type, the SRID
and the R*Tree of a column in tables of its own; dropping the column alone leaves them behind and every
later insert fails.
"""

from alembic import op
from sqlalchemy import text

SRID = 4326


def add_geometry(table: str, column: str, kind: str, *, nullable: bool) -> None:
    """Add a longitude/latitude geometry column and its spatial index (R*Tree or GiST).

    Parameters
    ----------
    kind
        `POINT`, `LINESTRING`, ... or `GEOMETRY` for any.
    nullable
        False only for a table without rows.
    """
    facts = {"table": table, "column": column, "kind": kind, "srid": SRID, "not_null": int(not nullable)}
    if op.get_bind().dialect.name == "sqlite":
        _sure("AddGeometryColumn(:table, :column, :srid, :kind, 'XY', :not_null)", facts)
        _sure("CreateSpatialIndex(:table, :column)", facts)
        return
    tail = "" if nullable else " NOT NULL"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} geometry({kind}, {SRID}){tail}")
    op.create_index(f"idx_{table}_{column}", table, [column], postgresql_using="gist")


def drop_geometry(table: str, column: str) -> None:
    """Drop a geometry column with everything that was made for it; the rest of each row stays."""
    if op.get_bind().dialect.name == "sqlite":
        facts: dict[str, object] = {"table": table, "column": column}
        _sure("DisableSpatialIndex(:table, :column)", facts)
        op.execute(f"DROP TABLE IF EXISTS idx_{table}_{column}")
        _sure("DiscardGeometryColumn(:table, :column)", facts)
        for kept in ("auth", "field_infos", "statistics", "time"):
            # Left to foreign keys by SpatiaLite, and those are off in a migration.
            op.execute(
                text(
                    f"DELETE FROM geometry_columns_{kept}"
                    " WHERE f_table_name = lower(:table) AND f_geometry_column = lower(:column)"
                ).bindparams(table=table, column=column)
            )
    op.drop_column(table, column)


def _sure(call: str, facts: dict[str, object]) -> None:
    # SpatiaLite answers 0 instead of raising; a migration must not go on after that.
    used = {name: value for name, value in facts.items() if f":{name}" in call}
    if op.get_bind().execute(text(f"SELECT {call}"), used).scalar() != 1:
        raise RuntimeError(f"SpatiaLite refused {call} with {used}")
