"""Create what offices write down beside a plan: ledger notes, consents, home visits, indicator values."""

import sqlalchemy as sa
from alembic import op

revision = "registers"
down_revision = "answers"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("plan_id", big_id, nullable=False),
        sa.Column("household_uid", sa.String(80), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("done", sa.String(2), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "household_uid", name="pk_ledger_entry"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_ledger_entry_plan_id"),
    )
    op.create_table(
        "consent",
        sa.Column("id", big_id, nullable=False),
        sa.Column("household_uid", sa.String(80), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("given_by", sa.String(10), nullable=False),
        sa.Column("evidence", sa.String(64)),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_household_purpose", "consent", ["household_uid", "purpose"])
    _visits()
    _indicators()


def downgrade() -> None:
    for table in ("indicator_value", "home_visit", "consent", "ledger_entry"):
        op.drop_table(table)


def _visits() -> None:
    op.create_table(
        "home_visit",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(80), nullable=False),
        sa.Column("content_hash", sa.String(32), nullable=False),
        sa.Column("batch_id", big_id),
        sa.Column("retired_by", big_id),
        sa.Column("region_code", sa.String(12)),
        sa.Column("household_uid", sa.String(80), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("visitor", sa.String(80), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_home_visit"),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name="fk_home_visit_batch_id"),
        sa.ForeignKeyConstraint(["retired_by"], ["import_batch.id"], name="fk_home_visit_retired_by"),
    )
    for name in ("batch_id", "household_uid", "region_code", "visited_on"):
        op.create_index(f"ix_home_visit_{name}", "home_visit", [name])
    live = sa.text("retired_by IS NULL")
    op.create_index(
        "uq_home_visit_live_uid", "home_visit", ["uid"], unique=True, postgresql_where=live, sqlite_where=live
    )


def _indicators() -> None:
    op.create_table(
        "indicator_value",
        sa.Column("id", big_id, nullable=False),
        sa.Column("indicator", sa.String(20), nullable=False),
        sa.Column("period", sa.String(20), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("region_code", sa.String(12)),
        *(sa.Column(name, sa.Double()) for name in ("value", "numerator", "denominator")),
        sa.Column("origin", sa.String(10), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_indicator_value"),
    )
    op.create_index("ix_indicator_value_indicator_on", "indicator_value", ["indicator", "on"])
