"""Create the tables of accounts, their sessions and tokens, and failed attempts to sign in."""

import sqlalchemy as sa
from alembic import op

revision = "accounts"
down_revision = "0003"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("unit", sa.String(120)),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("valid_until", moment),
        sa.Column("revoked_at", moment),
        sa.CheckConstraint("name = lower(name)", name=op.f("ck_account_lower_name")),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("uid", name="uq_account_uid"),
        sa.UniqueConstraint("name", name="uq_account_name"),
    )
    _credentials()
    op.create_table(
        "login_failure",
        sa.Column("name_digest", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", moment, nullable=False),
        sa.Column("blocked_until", moment),
        sa.PrimaryKeyConstraint("name_digest", name="pk_login_failure"),
    )


def downgrade() -> None:
    op.drop_table("login_failure")
    op.drop_table("credential")
    op.drop_table("account")


def _credentials() -> None:
    op.create_table(
        "credential",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("account_id", big_id, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("revoked_at", moment),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_credential_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credential"),
        sa.UniqueConstraint("uid", name="uq_credential_uid"),
        sa.UniqueConstraint("digest", name="uq_credential_digest"),
    )
    op.create_index("ix_credential_account_id", "credential", ["account_id"])
