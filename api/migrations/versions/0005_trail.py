"""Create the audit trail, and let the database itself refuse every change to what is only added to."""

import sqlalchemy as sa
from alembic import op

revision = "trail"
down_revision = "accounts"
branch_labels = None
depends_on = None

APPENDED = ("chain_link", "case_event", "trail_deed")
REFUSAL = "rows of this table are only ever added"


def upgrade() -> None:
    op.create_table(
        "trail_deed",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["position"], ["chain_link.position"], name="fk_trail_deed_position"),
        sa.PrimaryKeyConstraint("position", name="pk_trail_deed"),
    )
    for column in ("at", "by", "kind", "subject"):
        op.create_index(f"ix_trail_deed_{column}", "trail_deed", [column])
    if op.get_bind().dialect.name == "sqlite":
        for table in APPENDED:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER append_only_{table}_{change.lower()} BEFORE {change} ON {table}"
                    f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION tantu_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in APPENDED:
        op.execute(
            f"CREATE TRIGGER append_only_{table} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION tantu_append_only()"
        )


def downgrade() -> None:
    lite = op.get_bind().dialect.name == "sqlite"
    for table in APPENDED:
        names = (f"append_only_{table}_update", f"append_only_{table}_delete")
        for name in names if lite else (f"append_only_{table}",):
            op.execute(f"DROP TRIGGER {name}" + ("" if lite else f" ON {table}"))
    if not lite:
        op.execute("DROP FUNCTION tantu_append_only()")
    op.drop_table("trail_deed")
