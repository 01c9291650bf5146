"""The mapped tables of the spatial layers and of their imports.

A row of a layer is never overwritten: a later import that changes it inserts a new row and marks the
old one as retired by that batch, so that a whole batch can be undone and the past stays readable.
The live row of a `uid` is the one whose `retired_by` is null; other tables refer to a `uid`, never to
the numeric id of one version. The numeric id only orders and joins.
"""

from datetime import UTC, date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Index, Integer, MetaData, String, Text, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator

WGS84 = 4326

BigId = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """A moment with its time zone, kept and returned in UTC: SQLite would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn a moment into UTC; one without a zone is a mistake of the caller (ValueError)."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; give it one, for instance datetime.now(UTC)")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment in UTC on both databases."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The one metadata of all packages, so that migrations see every table."""

    type_annotation_map = {datetime: Moment}  # noqa: RUF012  read by SQLAlchemy, which types it so
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ImportBatch(Base):
    """One import of one file: what was declared, what came of it, whether it still holds.

    `state` is `applied` or `undone`. `options` holds datum, CRS, mapping and encoding as declared;
    `content_key` is the SHA-256 of file and options, which makes a second import a no-op.
    """

    __tablename__ = "import_batch"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    layer: Mapped[str] = mapped_column(String(40))
    file_name: Mapped[str] = mapped_column(String(255))
    content_key: Mapped[str] = mapped_column(String(64), index=True)
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    read: Mapped[int]
    accepted: Mapped[int]
    unchanged: Mapped[int]
    repaired: Mapped[int]
    quarantined: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    imported_at: Mapped[datetime]
    imported_by: Mapped[str] = mapped_column(String(80))


class BatchBasis(Base):
    """A batch that found rows of an earlier one, its basis, and replaced them or left them as they were.

    The basis cannot be undone before the batch that stands on it.
    """

    __tablename__ = "batch_basis"

    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"), primary_key=True)
    basis_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"), primary_key=True, index=True)


class ImportIssue(Base):
    """A row that was repaired, quarantined or noted; personal values are never kept here."""

    __tablename__ = "import_issue"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"), index=True)
    row: Mapped[int]
    column: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(Text)


class VersionedRow(Base):
    """What every row that an import brings has; see the module docstring."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True, sort_order=-6)
    uid: Mapped[str] = mapped_column(String(80), sort_order=-5)
    content_hash: Mapped[str] = mapped_column(String(32), sort_order=-4)
    region_code: Mapped[str | None] = mapped_column(String(12), index=True, sort_order=-1)

    @declared_attr
    def batch_id(cls) -> Mapped[int | None]:
        """Return the column of the batch that brought this row."""
        return mapped_column(ForeignKey("import_batch.id"), index=True, sort_order=-3)

    @declared_attr
    def retired_by(cls) -> Mapped[int | None]:
        """Return the column of the batch that replaced this row; only an undo asks, so it has no index."""
        return mapped_column(ForeignKey("import_batch.id"), sort_order=-2)


def live_index(table: str) -> Index:
    """Return the unique index that allows one live row a uid, on both databases."""
    live = text("retired_by IS NULL")
    return Index(f"uq_{table}_live_uid", "uid", unique=True, postgresql_where=live, sqlite_where=live)


def geometry_column(kind: str, *, nullable: bool = False) -> Mapped[WKBElement]:
    """Return a longitude/latitude geometry column with its spatial index."""
    return mapped_column(Geometry(kind, srid=WGS84, spatial_index=True), nullable=nullable)


class Region(VersionedRow, Base):
    """City, county, township or village; `uid` is its code, `geom` its area or, lacking that, a point.

    `region_code` is null: a region's place in the tree is `parent_code`.
    """

    __tablename__ = "region"
    __table_args__ = (live_index("region"),)

    code: Mapped[str] = mapped_column(String(12), index=True)
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str | None] = mapped_column(String(120))
    level: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str | None] = mapped_column(String(20))
    parent_code: Mapped[str | None] = mapped_column(String(12), index=True)
    ur_code: Mapped[str | None] = mapped_column(String(3))
    population: Mapped[int | None]
    has_association: Mapped[bool | None]
    premises_m2: Mapped[float | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    geom: Mapped[WKBElement | None] = geometry_column("GEOMETRY", nullable=True)


class RegionChange(Base):
    """A dated change of a region's code: `recoded`, `renamed`, `merged` or `dropped`."""

    __tablename__ = "region_change"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    old_code: Mapped[str] = mapped_column(String(12), index=True)
    new_code: Mapped[str | None] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(10))
    changed_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(255))


class Road(VersionedRow, Base):
    """A stretch of road, street, path or crossing, with what is known of its passability."""

    __tablename__ = "road"
    __table_args__ = (live_index("road"),)

    name: Mapped[str | None] = mapped_column(String(255))
    ref: Mapped[str | None] = mapped_column(String(40))
    road_class: Mapped[str] = mapped_column(String(20))
    oneway: Mapped[str | None] = mapped_column(String(10))
    maxspeed_kmh: Mapped[float | None]
    surface: Mapped[str | None] = mapped_column(String(20))
    smoothness: Mapped[str | None] = mapped_column(String(20))
    width_m: Mapped[float | None]
    incline_ratio: Mapped[float | None]
    kerb: Mapped[str | None] = mapped_column(String(12))
    kerb_height_mm: Mapped[float | None]
    tactile_paving: Mapped[str | None] = mapped_column(String(12))
    wheelchair: Mapped[str | None] = mapped_column(String(10))
    bridge: Mapped[bool | None]
    tunnel: Mapped[bool | None]
    note: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[WKBElement] = geometry_column("LINESTRING")


class Facility(VersionedRow, Base):
    """A public or disabled-service facility, one point; its elements are what audits measure."""

    __tablename__ = "facility"
    __table_args__ = (live_index("facility"),)

    name: Mapped[str | None] = mapped_column(String(255))
    facility_class: Mapped[str] = mapped_column(String(30), index=True)
    services: Mapped[str | None] = mapped_column(String(255))
    tier: Mapped[int | None]
    operator: Mapped[str | None] = mapped_column(String(255))
    operator_type: Mapped[str | None] = mapped_column(String(30))
    operating_status: Mapped[str | None] = mapped_column(String(20))
    capacity: Mapped[int | None]
    accepts_disabled: Mapped[bool | None]
    wheelchair: Mapped[str | None] = mapped_column(String(10))
    built_on: Mapped[date | None]
    opening_hours: Mapped[str | None] = mapped_column(String(255))
    address: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[WKBElement] = geometry_column("POINT")


class Toilet(VersionedRow, Base):
    """A public toilet site (several rooms at one place are one row) as its owner describes it.

    What an inspection found is not here but in the findings of `audits`.
    """

    __tablename__ = "toilet"
    __table_args__ = (live_index("toilet"),)

    name: Mapped[str | None] = mapped_column(String(255))
    category: Mapped[str | None] = mapped_column(String(30))
    operating_status: Mapped[str | None] = mapped_column(String(20))
    wheelchair: Mapped[str | None] = mapped_column(String(10))
    rooms: Mapped[int | None]
    accessible_rooms: Mapped[int | None]
    accessible_room: Mapped[bool | None]
    third_toilet: Mapped[bool | None]
    changing_table: Mapped[bool | None]
    alarm: Mapped[bool | None]
    step_free: Mapped[bool | None]
    free: Mapped[bool | None]
    open_24h: Mapped[bool | None]
    opening_hours: Mapped[str | None] = mapped_column(String(255))
    built_on: Mapped[date | None]
    maintainer: Mapped[str | None] = mapped_column(String(255))
    address: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[WKBElement] = geometry_column("POINT")


class Household(VersionedRow, Base):
    """The place of a home and what is known of the dwelling; who lives there is `planner.Person`."""

    __tablename__ = "household"
    __table_args__ = (live_index("household"),)

    dwelling_kind: Mapped[str | None] = mapped_column(String(20))
    storey: Mapped[int | None]
    has_lift: Mapped[bool | None]
    tenure: Mapped[str | None] = mapped_column(String(20))
    safety_grade: Mapped[str | None] = mapped_column(String(2))
    demolition_planned: Mapped[bool | None]
    relocated: Mapped[bool | None]
    renovated_on: Mapped[date | None]
    geom: Mapped[WKBElement] = geometry_column("POINT")
