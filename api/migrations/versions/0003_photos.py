"""Create the table of photos: what each is evidence of, what it says of itself, where it was taken."""

import sqlalchemy as sa
from alembic import op

from api.migrations.spatial import add_geometry, drop_geometry

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "photo",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(80), nullable=False),
        sa.Column("visit_uid", sa.String(80)),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("phash", sa.String(16)),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("orientation", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("time_source", sa.String(10)),
        sa.Column("altitude_m", sa.Double()),
        sa.Column("bearing_deg", sa.Double()),
        sa.Column("bearing_ref", sa.String(1)),
        sa.Column("accuracy_m", sa.Double()),
        sa.Column("position_source", sa.String(10)),
        sa.Column("disagreement_m", sa.Double()),
        sa.Column("fixes", sa.JSON(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_photo"),
        sa.UniqueConstraint("uid", name="uq_photo_uid"),
    )
    add_geometry("photo", "geom", "POINT", nullable=True)
    op.create_index("ix_photo_sha256", "photo", ["sha256"])
    op.create_index("ix_photo_visit_uid", "photo", ["visit_uid"])


def downgrade() -> None:
    drop_geometry("photo", "geom")
    op.drop_table("photo")
