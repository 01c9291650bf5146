"""Create the table of what visitors answer to "is this still right?"."""

import sqlalchemy as sa
from alembic import op

revision = "answers"
down_revision = "uploads"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "place_answer",
        sa.Column("id", big_id, nullable=False),
        sa.Column("place_layer", sa.String(12), nullable=False),
        sa.Column("place_uid", sa.String(80), nullable=False),
        sa.Column("still_right", sa.Boolean(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_place_answer"),
    )
    op.create_index("ix_place_answer_place", "place_answer", ["place_layer", "place_uid", "answered_on"])


def downgrade() -> None:
    op.drop_table("place_answer")
