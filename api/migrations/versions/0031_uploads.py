"""Create the tables of uploads that arrive in parts and of changes made offline."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "uploads"
down_revision = "jobs"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("length", big_id, nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("visit_uid", sa.String(80)),
        sa.Column("role", sa.String(12)),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("job_uid", sa.String(32)),
        sa.Column("problem", sa.JSON()),
        moment("created_at", nullable=False),
        moment("received_at"),
        moment("expires_at", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
        sa.UniqueConstraint("uid", name="uq_upload_uid"),
        sa.CheckConstraint(
            "state IN ('receiving', 'received', 'stored', 'refused')", name=op.f("ck_upload_state_known")
        ),
    )
    op.create_index("ix_upload_owner", "upload", ["owner"])
    op.create_index("ix_upload_expires_at", "upload", ["expires_at"])
    _changes()


def downgrade() -> None:
    op.drop_table("change")
    op.drop_table("upload")


def _changes() -> None:
    op.create_table(
        "change",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("batch", sa.String(36), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("about", sa.String(120), nullable=False),
        sa.Column("region_code", sa.String(12)),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(14), nullable=False),
        sa.Column("code", sa.String(40)),
        sa.Column("detail", sa.Text()),
        moment("made_at"),
        moment("received_at", nullable=False),
        sa.Column("decision", sa.String(10)),
        sa.Column("decided_by", sa.String(80)),
        moment("decided_at"),
        sa.PrimaryKeyConstraint("id", name="pk_change"),
        sa.UniqueConstraint("uid", name="uq_change_uid"),
        sa.CheckConstraint(
            "outcome IN ('applied', 'conflict', 'refused', 'not_permitted')",
            name=op.f("ck_change_outcome_known"),
        ),
    )
    for name in ("batch", "by", "region_code", "outcome"):
        op.create_index(f"ix_change_{name}", "change", [name])
