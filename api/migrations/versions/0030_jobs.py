"""Create the tables of the job queue."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "jobs"
down_revision = "works"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("once", sa.String(120)),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        moment("run_after", nullable=False),
        moment("lease_until"),
        sa.Column("worker", sa.String(80)),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("result", sa.JSON()),
        sa.Column("problem", sa.JSON()),
        moment("created_at", nullable=False),
        moment("started_at"),
        moment("ended_at"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("uid", name="uq_job_uid"),
        sa.UniqueConstraint("once", name="uq_job_once"),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'dismissed')", name=op.f("ck_job_state_known")
        ),
    )
    op.create_index("ix_job_state_run_after", "job", ["state", "run_after"])
    op.create_index("ix_job_owner", "job", ["owner"])
    op.create_index("ix_job_ended_at", "job", ["ended_at"])
    _lines()


def _lines() -> None:
    op.create_table(
        "job_line",
        sa.Column("id", big_id, nullable=False),
        sa.Column("job_id", big_id, nullable=False),
        moment("at", nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_job_line_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_job_line"),
    )
    op.create_index("ix_job_line_job_id", "job_line", ["job_id"])


def downgrade() -> None:
    op.drop_table("job_line")
    op.drop_table("job")
