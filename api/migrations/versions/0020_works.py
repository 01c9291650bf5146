"""Create the tables of the works: cases with their duties kept apart, events, photos and filed papers."""

import sqlalchemy as sa
from alembic import op

revision = "works"
down_revision = "trail"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SIGNERS = (
    "assessor", "township_reviewer", "county_reviewer", "finisher", "inspector", "countersigner",
    "spot_checker",
)  # fmt: skip
APART = (
    ("township_reviewer", "assessor"), ("county_reviewer", "assessor"),
    ("county_reviewer", "township_reviewer"), ("inspector", "finisher"), ("countersigner", "finisher"),
    ("countersigner", "inspector"), ("spot_checker", "finisher"), ("spot_checker", "inspector"),
    ("spot_checker", "countersigner"),
)  # fmt: skip
ACCEPTED = "'accepted', 'settled', 'archived', 'closed'"
REVIEWED = f"'county_reviewed', 'noticed', 'contracted', 'in_works', 'finished', 'inspected', {ACCEPTED}"


def upgrade() -> None:
    op.create_table(
        "works_case",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(40), nullable=False),
        sa.Column("policy", sa.String(20), nullable=False),
        sa.Column("plan_id", big_id),
        sa.Column("household_uid", sa.String(80), nullable=False),
        sa.Column("region_code", sa.String(12)),
        sa.Column("county_code", sa.String(12), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.String(80), server_default="", nullable=False) for name in SIGNERS),
        sa.Column("contractor", sa.String(120)),
        *(sa.Column(f"{name}_yuan", sa.Double()) for name in ("budget", "cost", "price", "settled")),
        sa.Column("need_before", sa.Integer()),
        sa.Column("need_met", sa.Integer()),
        sa.Column("spot_passed", sa.Boolean()),
        sa.Column("accepted_on", sa.Date()),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_works_case"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_works_case_plan_id"),
        sa.UniqueConstraint("uid", name="uq_works_case_uid"),
        sa.UniqueConstraint("household_uid", "year", name="uq_works_case_home_year"),
        *(_check("_is_not_".join(pair), _apart(*pair)) for pair in APART),
        _check(
            "reviewed_twice",
            f"state NOT IN ({REVIEWED}) OR (trim(township_reviewer) <> '' AND trim(county_reviewer) <> '')",
        ),
        _check(
            "accepted_by_two",
            f"state NOT IN ({ACCEPTED}) OR (trim(inspector) <> '' AND trim(countersigner) <> '')",
        ),
        _check("within_price", "settled_yuan IS NULL OR settled_yuan <= price_yuan + 0.005"),
    )
    _indexes()
    _events()
    _evidence()


def downgrade() -> None:
    for table in ("works_document", "works_photo", "works_event", "works_case"):
        op.drop_table(table)


def _indexes() -> None:
    for name in ("contractor", "plan_id", "region_code", "state"):
        op.create_index(f"ix_works_case_{name}", "works_case", [name])
    op.create_index("ix_works_case_year_county", "works_case", ["year", "county_code"])


def _events() -> None:
    op.create_table(
        "works_event",
        sa.Column("position", big_id, autoincrement=False, nullable=False),
        sa.Column("case_id", big_id, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_works_event"),
        sa.ForeignKeyConstraint(["position"], ["chain_link.position"], name="fk_works_event_position"),
        sa.ForeignKeyConstraint(["case_id"], ["works_case.id"], name="fk_works_event_case_id"),
    )
    op.create_index("ix_works_event_case_id", "works_event", ["case_id"])


def _evidence() -> None:
    op.create_table(
        "works_photo",
        sa.Column("photo_uid", sa.String(80), nullable=False),
        sa.Column("case_id", big_id, nullable=False),
        sa.Column("role", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("photo_uid", name="pk_works_photo"),
        sa.ForeignKeyConstraint(["photo_uid"], ["photo.uid"], name="fk_works_photo_photo_uid"),
        sa.ForeignKeyConstraint(["case_id"], ["works_case.id"], name="fk_works_photo_case_id"),
    )
    op.create_index("ix_works_photo_case_id", "works_photo", ["case_id"])
    op.create_table(
        "works_document",
        sa.Column("id", big_id, nullable=False),
        sa.Column("case_id", big_id, nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("shelf_mark", sa.String(80)),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("filed_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_works_document"),
        sa.ForeignKeyConstraint(["case_id"], ["works_case.id"], name="fk_works_document_case_id"),
        sa.UniqueConstraint("case_id", "kind", "sha256", name="uq_works_document_case_kind"),
    )


def _apart(one: str, other: str) -> str:
    return f"trim({one}) = '' OR lower(trim({one})) <> lower(trim({other}))"


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_works_case_{name}"))
