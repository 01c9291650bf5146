"""Add to regions the area of the premises that they give to services for disabled people."""

import sqlalchemy as sa
from alembic import op

revision = "premises"
down_revision = "registers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("region", sa.Column("premises_m2", sa.Double(), nullable=True))


def downgrade() -> None:
    op.drop_column("region", "premises_m2")
