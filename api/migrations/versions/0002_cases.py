"""Create the tables of cases, their reports and events, and the chain of digests."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLES = ("reviewer", "repairer", "reinspector", "ended_by")


def upgrade() -> None:
    op.create_table(
        "chain_link",
        sa.Column("position", big_id, autoincrement=False, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_chain_link"),
    )
    _cases()
    _reports()
    op.create_table(
        "case_event",
        sa.Column("position", big_id, autoincrement=False, nullable=False),
        sa.Column("case_id", big_id, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["position"], ["chain_link.position"], name="fk_case_event_position"),
        sa.ForeignKeyConstraint(["case_id"], ["audit_case.id"], name="fk_case_event_case_id"),
        sa.PrimaryKeyConstraint("position", name="pk_case_event"),
    )
    op.create_index("ix_case_event_case_id", "case_event", ["case_id"])


def downgrade() -> None:
    op.drop_table("case_event")
    op.drop_table("case_report")
    op.drop_table("audit_case")
    op.drop_table("chain_link")


# Long because it lists the columns and constraints of a case.
def _cases() -> None:
    op.create_table(
        "audit_case",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(80), nullable=False),
        sa.Column("policy", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("place_layer", sa.String(12), nullable=False),
        sa.Column("place_uid", sa.String(80), nullable=False),
        sa.Column("element", sa.String(30), nullable=False),
        sa.Column("element_no", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(12)),
        sa.Column("violation", sa.String(20)),
        sa.Column("offender", sa.String(10)),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("opinion", sa.String(10)),
        sa.Column("finder", sa.String(80), nullable=False),
        sa.Column("reviewer", sa.String(80), server_default="", nullable=False),
        sa.Column("unit", sa.String(120)),
        sa.Column("repairer", sa.String(80), server_default="", nullable=False),
        sa.Column("reinspector", sa.String(80), server_default="", nullable=False),
        sa.Column("ended_by", sa.String(80), server_default="", nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("filed_on", sa.Date()),
        sa.Column("due_on", sa.Date()),
        sa.Column("promised_on", sa.Date()),
        sa.Column("repaired_on", sa.Date()),
        sa.Column("checked_on", sa.Date()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("paused_on", sa.Date()),
        sa.Column("reworks", sa.Integer(), nullable=False),
        sa.Column("escalations", sa.Integer(), nullable=False),
        sa.Column("reopenings", sa.Integer(), nullable=False),
        sa.Column("merged_into", sa.String(80)),
        sa.Column("recurs", sa.String(80)),
        sa.Column("penalty_yuan", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_audit_case"),
        sa.UniqueConstraint("uid", name="uq_audit_case_uid"),
        sa.UniqueConstraint("id", *ROLES, name="uq_audit_case_roles"),
        _check("audit_case", "finder_named", "trim(finder) <> ''"),
        _check("audit_case", "reviewer_is_not_finder", _apart("reviewer", "finder")),
        _check("audit_case", "repairer_is_not_finder", _apart("repairer", "finder")),
        _check("audit_case", "reinspector_is_not_finder", _apart("reinspector", "finder")),
        _check("audit_case", "reinspector_is_not_repairer", _apart("reinspector", "repairer")),
        _check("audit_case", "ender_is_not_finder", _apart("ended_by", "finder")),
        _check("audit_case", "ender_is_not_repairer", _apart("ended_by", "repairer")),
        _check(
            "audit_case",
            "closed_after_reinspection",
            "state <> 'closed'"
            " OR (trim(reviewer) <> '' AND trim(repairer) <> '' AND trim(reinspector) <> '')",
        ),
        _check(
            "audit_case",
            "ended_by_somebody",
            "state NOT IN ('closed', 'dismissed', 'cancelled', 'merged') OR trim(ended_by) <> ''",
        ),
        _check("audit_case", "penalty_of_violation", "penalty_yuan IS NULL OR kind = 'violation'"),
    )
    op.create_index("ix_audit_case_due_on", "audit_case", ["due_on"])
    op.create_index(
        "ix_audit_case_place", "audit_case", ["place_layer", "place_uid", "element", "element_no"]
    )
    op.create_index("ix_audit_case_region_code", "audit_case", ["region_code"])
    op.create_index("ix_audit_case_state", "audit_case", ["state"])


def _reports() -> None:
    op.create_table(
        "case_report",
        sa.Column("id", big_id, nullable=False),
        sa.Column("case_id", big_id, nullable=False),
        *(sa.Column(role, sa.String(80), server_default="", nullable=False) for role in ROLES),
        sa.Column("opened_as", sa.String(80), nullable=False),
        sa.Column("origin", sa.String(12), nullable=False),
        sa.Column("finder", sa.String(80), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("rule_id", sa.String(20)),
        sa.Column("clause", sa.String(60)),
        sa.Column("finding_uid", sa.String(80)),
        sa.Column("finding_id", big_id),
        sa.Column("note", sa.Text()),
        sa.ForeignKeyConstraint(
            ["case_id", *ROLES],
            ["audit_case.id", *(f"audit_case.{role}" for role in ROLES)],
            name="fk_case_report_case",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name="fk_case_report_finding_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_case_report"),
        sa.UniqueConstraint("finding_uid", name="uq_case_report_finding_uid"),
        _check("case_report", "finder_named", "trim(finder) <> ''"),
        *(_check("case_report", f"{role}_is_not_finder", _apart(role, "finder")) for role in ROLES),
    )
    op.create_index("ix_case_report_case_id", "case_report", ["case_id"])
    op.create_index("ix_case_report_finding_id", "case_report", ["finding_id"])


def _apart(one: str, other: str) -> str:
    return f"trim({one}) = '' OR lower(trim({one})) <> lower(trim({other}))"


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
