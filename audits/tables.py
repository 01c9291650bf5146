"""The mapped tables of audits: a visit, what it measured, its photos, and the findings that came of it.

Verdicts are not stored: they are computed from measurements and the rules in force, so that a past
audit can be judged again; a finding keeps the rule, value and limit it was opened with.
"""

from datetime import date, datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gis.tables import Base, BigId, VersionedRow, geometry_column, live_index


class Visit(Base):
    """One inspection of one place by one inspector; `geom` is where the device said it was.

    A visit is a record of what was seen and is never overwritten: `content_hash` tells a repeated
    import of the same visit from another visit under a number that is taken.
    """

    __tablename__ = "visit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(80), unique=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"), index=True)
    place_layer: Mapped[str] = mapped_column(String(12))
    place_uid: Mapped[str] = mapped_column(String(80), index=True)
    inspector: Mapped[str] = mapped_column(String(80))
    visited_on: Mapped[date] = mapped_column(Date)
    accuracy_m: Mapped[float | None]
    place_distance_m: Mapped[float | None]
    content_hash: Mapped[str] = mapped_column(String(32))
    geom: Mapped[WKBElement | None] = geometry_column("POINT", nullable=True)


class Measurement(Base):
    """One attribute of one element as measured; one of `value`, `choice`, `not_measured` is set.

    `unit` is as measured; numbers are compared after conversion to the rule's unit. A yes/no answer
    is 1 or 0 with unit `bool`; one of several answers is the code `choice` with unit `choice`.
    """

    __tablename__ = "measurement"
    __table_args__ = (Index("ix_measurement_visit_element", "visit_id", "element", "element_no"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"))
    element: Mapped[str] = mapped_column(String(30))
    element_no: Mapped[int]
    attribute: Mapped[str] = mapped_column(String(60))
    value: Mapped[float | None]
    choice: Mapped[str | None] = mapped_column(String(40))
    unit: Mapped[str] = mapped_column(String(12))
    not_measured: Mapped[str | None] = mapped_column(String(30))


class Photo(Base):
    """One photo as evidence of one visit; `geom` is the fused position, `fixes` what everybody said of it.

    The picture itself is in the media store under `sha256`. A photo refers to the number of its visit and
    not to the row, since phones send photos before the visit and some visits are only on paper. `uid` is
    made of content, visit and role, so the same photo handed in twice is one row, and one picture that is
    to prove two visits is two. `time_source` is `gps`, `offset` or `assumed` (the camera's clock in the
    zone of the city), `position_source` is `device`, `exif`, `form` or `place`.
    """

    __tablename__ = "photo"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(80), unique=True)
    visit_uid: Mapped[str | None] = mapped_column(String(80), index=True)
    role: Mapped[str] = mapped_column(String(12))
    file_name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    phash: Mapped[str | None] = mapped_column(String(16))
    format: Mapped[str] = mapped_column(String(8))
    size_bytes: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    orientation: Mapped[int]
    taken_at: Mapped[datetime | None]
    time_source: Mapped[str | None] = mapped_column(String(10))
    altitude_m: Mapped[float | None]
    bearing_deg: Mapped[float | None]
    bearing_ref: Mapped[str | None] = mapped_column(String(1))
    accuracy_m: Mapped[float | None]
    position_source: Mapped[str | None] = mapped_column(String(10))
    disagreement_m: Mapped[float | None]
    fixes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    notes: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    received_by: Mapped[str] = mapped_column(String(80))
    geom: Mapped[WKBElement | None] = geometry_column("POINT", nullable=True)


class Finding(Base):
    """A rule that an element did not meet; `value`, limits and `deviation` are in `unit`.

    `severity` is computed and alone decides deadlines and money; `opinion` is what a reviewer thinks
    of it, kept apart because two experts' opinions hardly agree (kappa 0.04 on kerb ramps).
    """

    __tablename__ = "finding"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(80), unique=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    place_layer: Mapped[str] = mapped_column(String(12))
    place_uid: Mapped[str] = mapped_column(String(80), index=True)
    element: Mapped[str] = mapped_column(String(30))
    element_no: Mapped[int]
    rule_id: Mapped[str] = mapped_column(String(20))
    clause: Mapped[str] = mapped_column(String(60))
    value: Mapped[float | None]
    limit_low: Mapped[float | None]
    limit_high: Mapped[float | None]
    unit: Mapped[str] = mapped_column(String(12))
    deviation: Mapped[float | None]
    severity: Mapped[str] = mapped_column(String(10))
    opinion: Mapped[str | None] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(12))
    opened_on: Mapped[date]
    note: Mapped[str | None] = mapped_column(Text)


class Asset(VersionedRow, Base):
    """A registered thing that the plan asks something of: a bus, a car park, a website, a renewal area.

    `equipped` is what its owner says of what the plan asks of its kind (`catalogue/asset_kind.toml`);
    none is unknown, never no. `subtype` is the kind of a terminal or of a car park, `route` that of a
    bus, `scope` where a footbridge or crossing lies. Vehicles, websites and apps have no position.
    """

    __tablename__ = "asset"
    __table_args__ = (live_index("asset"),)

    name: Mapped[str | None] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(20), index=True)
    subtype: Mapped[str | None] = mapped_column(String(30))
    scope: Mapped[str | None] = mapped_column(String(30))
    route: Mapped[str | None] = mapped_column(String(40))
    owner: Mapped[str | None] = mapped_column(String(255))
    equipped: Mapped[bool | None]
    total_bays: Mapped[int | None]
    accessible_bays: Mapped[int | None]
    tested_on: Mapped[date | None]
    url: Mapped[str | None] = mapped_column(String(255))
    built_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[WKBElement | None] = geometry_column("GEOMETRY", nullable=True)
