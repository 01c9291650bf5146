"""Create the register of assets: vehicles, car parks, footbridges, libraries, websites, renewal areas."""

import sqlalchemy as sa
from alembic import op

from api.migrations.spatial import add_geometry, drop_geometry

revision = "assets"
down_revision = "premises"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "asset",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(80), nullable=False),
        sa.Column("content_hash", sa.String(32), nullable=False),
        sa.Column("batch_id", big_id),
        sa.Column("retired_by", big_id),
        sa.Column("region_code", sa.String(12)),
        sa.Column("name", sa.String(255)),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subtype", sa.String(30)),
        sa.Column("scope", sa.String(30)),
        sa.Column("route", sa.String(40)),
        sa.Column("owner", sa.String(255)),
        sa.Column("equipped", sa.Boolean()),
        sa.Column("total_bays", sa.Integer()),
        sa.Column("accessible_bays", sa.Integer()),
        sa.Column("tested_on", sa.Date()),
        sa.Column("url", sa.String(255)),
        sa.Column("built_on", sa.Date()),
        sa.Column("note", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_asset"),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name="fk_asset_batch_id"),
        sa.ForeignKeyConstraint(["retired_by"], ["import_batch.id"], name="fk_asset_retired_by"),
    )
    add_geometry("asset", "geom", "GEOMETRY", nullable=True)
    for column in ("batch_id", "kind", "region_code"):
        op.create_index(f"ix_asset_{column}", "asset", [column])
    live = sa.text("retired_by IS NULL")
    op.create_index(
        "uq_asset_live_uid", "asset", ["uid"], unique=True, postgresql_where=live, sqlite_where=live
    )


def downgrade() -> None:
    drop_geometry("asset", "geom")
    op.drop_table("asset")
