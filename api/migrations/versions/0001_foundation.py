"""Create the tables of the spatial layers, imports, audits and the programme.

Everything is written out, not taken from the mapped classes: those go on changing, this does not.
"""

import sqlalchemy as sa
from alembic import op

from api.migrations.spatial import add_geometry, drop_geometry

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
live = sa.text("retired_by IS NULL")


def upgrade() -> None:
    _imports_and_layers()
    _audits()
    _programme()


def downgrade() -> None:
    op.drop_table("plan_home")
    op.drop_table("person")
    op.drop_table("plan")
    op.drop_table("measurement")
    op.drop_table("finding")
    drop_geometry("visit", "geom")
    op.drop_table("visit")
    drop_geometry("household", "geom")
    op.drop_table("household")
    drop_geometry("toilet", "geom")
    op.drop_table("toilet")
    drop_geometry("facility", "geom")
    op.drop_table("facility")
    drop_geometry("road", "geom")
    op.drop_table("road")
    op.drop_table("region_change")
    drop_geometry("region", "geom")
    op.drop_table("region")
    op.drop_table("import_issue")
    op.drop_table("batch_basis")
    op.drop_table("import_batch")


# Long because it lists the columns of the spatial layers and their imports.
def _imports_and_layers() -> None:
    op.create_table(
        "import_batch",
        sa.Column("id", big_id, nullable=False),
        sa.Column("layer", sa.String(40), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("content_key", sa.String(64), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("repaired", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_import_batch"),
    )
    op.create_index("ix_import_batch_content_key", "import_batch", ["content_key"])
    op.create_table(
        "batch_basis",
        sa.Column("batch_id", big_id, nullable=False),
        sa.Column("basis_id", big_id, nullable=False),
        sa.ForeignKeyConstraint(["basis_id"], ["import_batch.id"], name="fk_batch_basis_basis_id"),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name="fk_batch_basis_batch_id"),
        sa.PrimaryKeyConstraint("batch_id", "basis_id", name="pk_batch_basis"),
    )
    op.create_index("ix_batch_basis_basis_id", "batch_basis", ["basis_id"])
    op.create_table(
        "import_issue",
        sa.Column("id", big_id, nullable=False),
        sa.Column("batch_id", big_id, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(80), nullable=False),
        sa.Column("action", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(60), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name="fk_import_issue_batch_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_issue"),
    )
    op.create_index("ix_import_issue_batch_id", "import_issue", ["batch_id"])
    _versioned(
        "region",
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120)),
        sa.Column("level", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(20)),
        sa.Column("parent_code", sa.String(12)),
        sa.Column("ur_code", sa.String(3)),
        sa.Column("population", sa.Integer()),
        sa.Column("has_association", sa.Boolean()),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
    )
    add_geometry("region", "geom", "GEOMETRY", nullable=True)
    op.create_index("ix_region_code", "region", ["code"])
    op.create_index("ix_region_parent_code", "region", ["parent_code"])
    op.create_table(
        "region_change",
        sa.Column("id", big_id, nullable=False),
        sa.Column("old_code", sa.String(12), nullable=False),
        sa.Column("new_code", sa.String(12)),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_region_change"),
    )
    op.create_index("ix_region_change_old_code", "region_change", ["old_code"])
    _versioned(
        "road",
        sa.Column("name", sa.String(255)),
        sa.Column("ref", sa.String(40)),
        sa.Column("road_class", sa.String(20), nullable=False),
        sa.Column("oneway", sa.String(10)),
        sa.Column("maxspeed_kmh", sa.Double()),
        sa.Column("surface", sa.String(20)),
        sa.Column("smoothness", sa.String(20)),
        sa.Column("width_m", sa.Double()),
        sa.Column("incline_ratio", sa.Double()),
        sa.Column("kerb", sa.String(12)),
        sa.Column("kerb_height_mm", sa.Double()),
        sa.Column("tactile_paving", sa.String(12)),
        sa.Column("wheelchair", sa.String(10)),
        sa.Column("bridge", sa.Boolean()),
        sa.Column("tunnel", sa.Boolean()),
        sa.Column("note", sa.Text()),
    )
    add_geometry("road", "geom", "LINESTRING", nullable=False)
    _versioned(
        "facility",
        sa.Column("name", sa.String(255)),
        sa.Column("facility_class", sa.String(30), nullable=False),
        sa.Column("services", sa.String(255)),
        sa.Column("tier", sa.Integer()),
        sa.Column("operator", sa.String(255)),
        sa.Column("operator_type", sa.String(30)),
        sa.Column("operating_status", sa.String(20)),
        sa.Column("capacity", sa.Integer()),
        sa.Column("accepts_disabled", sa.Boolean()),
        sa.Column("wheelchair", sa.String(10)),
        sa.Column("built_on", sa.Date()),
        sa.Column("opening_hours", sa.String(255)),
        sa.Column("address", sa.String(255)),
        sa.Column("phone", sa.String(60)),
        sa.Column("note", sa.Text()),
    )
    add_geometry("facility", "geom", "POINT", nullable=False)
    op.create_index("ix_facility_facility_class", "facility", ["facility_class"])
    _versioned(
        "toilet",
        sa.Column("name", sa.String(255)),
        sa.Column("category", sa.String(30)),
        sa.Column("operating_status", sa.String(20)),
        sa.Column("wheelchair", sa.String(10)),
        sa.Column("rooms", sa.Integer()),
        sa.Column("accessible_rooms", sa.Integer()),
        sa.Column("accessible_room", sa.Boolean()),
        sa.Column("third_toilet", sa.Boolean()),
        sa.Column("changing_table", sa.Boolean()),
        sa.Column("alarm", sa.Boolean()),
        sa.Column("step_free", sa.Boolean()),
        sa.Column("free", sa.Boolean()),
        sa.Column("open_24h", sa.Boolean()),
        sa.Column("opening_hours", sa.String(255)),
        sa.Column("built_on", sa.Date()),
        sa.Column("maintainer", sa.String(255)),
        sa.Column("address", sa.String(255)),
        sa.Column("phone", sa.String(60)),
        sa.Column("note", sa.Text()),
    )
    add_geometry("toilet", "geom", "POINT", nullable=False)
    _versioned(
        "household",
        sa.Column("dwelling_kind", sa.String(20)),
        sa.Column("storey", sa.Integer()),
        sa.Column("has_lift", sa.Boolean()),
        sa.Column("tenure", sa.String(20)),
        sa.Column("safety_grade", sa.String(2)),
        sa.Column("demolition_planned", sa.Boolean()),
        sa.Column("relocated", sa.Boolean()),
        sa.Column("renovated_on", sa.Date()),
    )
    add_geometry("household", "geom", "POINT", nullable=False)


# Long because it lists the columns of audits.
def _audits() -> None:
    op.create_table(
        "visit",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(80), nullable=False),
        sa.Column("batch_id", big_id),
        sa.Column("place_layer", sa.String(12), nullable=False),
        sa.Column("place_uid", sa.String(80), nullable=False),
        sa.Column("inspector", sa.String(80), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("accuracy_m", sa.Double()),
        sa.Column("place_distance_m", sa.Double()),
        sa.Column("content_hash", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name="fk_visit_batch_id"),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
        sa.UniqueConstraint("uid", name="uq_visit_uid"),
    )
    add_geometry("visit", "geom", "POINT", nullable=True)
    op.create_index("ix_visit_batch_id", "visit", ["batch_id"])
    op.create_index("ix_visit_place_uid", "visit", ["place_uid"])
    op.create_table(
        "finding",
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(80), nullable=False),
        sa.Column("visit_id", big_id, nullable=False),
        sa.Column("place_layer", sa.String(12), nullable=False),
        sa.Column("place_uid", sa.String(80), nullable=False),
        sa.Column("element", sa.String(30), nullable=False),
        sa.Column("element_no", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(20), nullable=False),
        sa.Column("clause", sa.String(60), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("limit_low", sa.Double()),
        sa.Column("limit_high", sa.Double()),
        sa.Column("unit", sa.String(12), nullable=False),
        sa.Column("deviation", sa.Double()),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("opinion", sa.String(10)),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name="fk_finding_visit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_finding"),
        sa.UniqueConstraint("uid", name="uq_finding_uid"),
    )
    op.create_index("ix_finding_place_uid", "finding", ["place_uid"])
    op.create_index("ix_finding_visit_id", "finding", ["visit_id"])
    op.create_table(
        "measurement",
        sa.Column("id", big_id, nullable=False),
        sa.Column("visit_id", big_id, nullable=False),
        sa.Column("element", sa.String(30), nullable=False),
        sa.Column("element_no", sa.Integer(), nullable=False),
        sa.Column("attribute", sa.String(60), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("choice", sa.String(40)),
        sa.Column("unit", sa.String(12), nullable=False),
        sa.Column("not_measured", sa.String(30)),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name="fk_measurement_visit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_measurement"),
    )
    op.create_index("ix_measurement_visit_element", "measurement", ["visit_id", "element", "element_no"])


# Long because it lists the columns of the programme.
def _programme() -> None:
    op.create_table(
        "plan",
        sa.Column("id", big_id, nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_year", sa.Integer(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("objective", sa.Double(), nullable=False),
        sa.Column("bound", sa.Double(), nullable=False),
        sa.Column("gap", sa.Double(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
    )
    _versioned(
        "person",
        sa.Column("household_uid", sa.String(80), nullable=False),
        sa.Column("certificate_mark", sa.LargeBinary(32)),
        sa.Column("name", sa.LargeBinary()),
        sa.Column("certificate", sa.LargeBinary()),
        sa.Column("phone", sa.LargeBinary()),
        sa.Column("address", sa.LargeBinary()),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_person_certificate_mark", "person", ["certificate_mark"])
    op.create_index("ix_person_household_uid", "person", ["household_uid"])
    op.create_table(
        "plan_home",
        sa.Column("plan_id", big_id, nullable=False),
        sa.Column("household_uid", sa.String(80), nullable=False),
        sa.Column("county_code", sa.String(12), nullable=False),
        sa.Column("year", sa.Integer()),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("cost_yuan", sa.Double(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("assessed_on", sa.Date()),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_plan_home_plan_id"),
        sa.PrimaryKeyConstraint("plan_id", "household_uid", name="pk_plan_home"),
    )


def _versioned(table: str, *columns: sa.Column[object]) -> None:
    """Create a table whose rows are replaced and never overwritten."""
    op.create_table(
        table,
        sa.Column("id", big_id, nullable=False),
        sa.Column("uid", sa.String(80), nullable=False),
        sa.Column("content_hash", sa.String(32), nullable=False),
        sa.Column("batch_id", big_id),
        sa.Column("retired_by", big_id),
        sa.Column("region_code", sa.String(12)),
        *columns,
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=f"fk_{table}_batch_id"),
        sa.ForeignKeyConstraint(["retired_by"], ["import_batch.id"], name=f"fk_{table}_retired_by"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_batch_id", table, ["batch_id"])
    op.create_index(f"ix_{table}_region_code", table, ["region_code"])
    op.create_index(
        f"uq_{table}_live_uid", table, ["uid"], unique=True, postgresql_where=live, sqlite_where=live
    )
