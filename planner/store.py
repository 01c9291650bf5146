"""All SQL of the programme: people (always encrypted here), plans and their homes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from geopandas import GeoDataFrame
from pandas import DataFrame
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from gis.errors import NotFoundError
from gis.frames import read_frame, write_frame
from gis.store import ApplyCounts, apply_rows
from gis.tables import Facility, Household, Region
from planner.sealing import SEALED, resealed
from planner.secrecy import Cipher
from planner.tables import Person, Plan, PlanHome

ROTATED_AT_ONCE = 5_000


@dataclass(frozen=True)
class PlanRecord:
    """A plan as it is kept, without its homes."""

    id: int
    solved_at: datetime
    first_year: int
    years: int
    parameters: dict[str, Any]
    eligible: int
    objective: float
    bound: float
    gap: float
    seconds: float
    state: str


def write_people(session: Session, rows: DataFrame, batch_id: int) -> ApplyCounts:
    """Bring the people to what an import says; `rows` are those of `planner.sealing.sealed`.

    Raises
    ------
    SchemaError
        A uid is missing or comes twice.
    NotFoundError
        There is no import of that number.
    """
    return apply_rows(session, Person, rows, batch_id)


def people(session: Session, *, columns: tuple[str, ...] = SEALED) -> DataFrame:
    """Return the live people, still encrypted, with the sealed columns that are asked for."""
    return DataFrame(read_frame(session, Person, columns=["uid", "household_uid", "region_code", *columns]))


def people_of_plan(session: Session, plan_id: int) -> DataFrame:
    """Return the live people of the homes that have a year in a plan, still encrypted."""
    chosen = select(PlanHome.household_uid).where(PlanHome.plan_id == plan_id, PlanHome.year.is_not(None))
    columns = ["uid", "household_uid", "region_code", *SEALED]
    return DataFrame(read_frame(session, Person, columns=columns, where=Person.household_uid.in_(chosen)))


def people_of_homes(session: Session, homes: Sequence[str]) -> DataFrame:
    """Return the live people of households, still encrypted."""
    columns = ["uid", "household_uid", "region_code", *SEALED]
    return DataFrame(read_frame(session, Person, columns=columns, where=Person.household_uid.in_(homes)))


def rotate_people(session: Session, *, old: Cipher, new: Cipher) -> int:
    """Encrypt every version of every person with another key; return how many rows that were.

    Raises
    ------
    KeyMissingError
        `old` is not the key in force; nothing is changed then.
    """
    wanted = [Person.id, Person.uid, Person.household_uid, Person.region_code]
    wanted += [getattr(Person, name) for name in SEALED]
    table = Person.__table__
    values: dict[str, Any] = {
        name: bindparam(f"new_{name}") for name in (*SEALED, "certificate_mark", "content_hash")
    }
    here = table.c.id == bindparam("row")
    statement = update(table).where(here).values(values)  # type: ignore[arg-type]  # a FromClause
    last, count = 0, 0
    while True:
        query = select(*wanted).where(Person.id > last).order_by(Person.id).limit(ROTATED_AT_ONCE)
        found = session.execute(query).all()
        if not found:
            return count
        rows = DataFrame(
            [tuple(row) for row in found], columns=[column.key for column in wanted], dtype=object
        )
        fresh = resealed(rows, old=old, new=new)
        session.connection().execute(
            statement,
            [
                {"row": int(row["id"]), **{f"new_{name}": _absent_as_none(row[name]) for name in values}}
                for row in fresh.to_dict("records")
            ],
        )
        last, count = int(rows["id"].iloc[-1]), count + len(rows)


def people_marks(session: Session) -> dict[str, bytes | None]:
    """Return the mark of the citizen's ID of every live person, by uid, the first to come first."""
    live = select(Person.uid, Person.certificate_mark).where(Person.retired_by.is_(None)).order_by(Person.id)
    return {uid: mark and bytes(mark) for uid, mark in session.execute(live)}


def households(session: Session, homes: Sequence[str] | None = None) -> DataFrame:
    """Return the live households, all or these, with their facts, without their places."""
    names = (
        "uid", "region_code", "dwelling_kind", "storey", "has_lift", "tenure",
        "safety_grade", "demolition_planned", "relocated", "renovated_on",
    )  # fmt: skip
    where = None if homes is None else Household.uid.in_(homes)
    return DataFrame(read_frame(session, Household, columns=list(names), where=where))


def places(session: Session, plan_id: int) -> GeoDataFrame:
    """Return the live households of a plan's homes with their points: `uid`, `region_code`, `geometry`."""
    inside = Household.uid.in_(select(PlanHome.household_uid).where(PlanHome.plan_id == plan_id))
    return read_frame(session, Household, columns=["uid", "region_code", "geometry"], where=inside)


def region_kinds(session: Session) -> DataFrame:
    """Return `code`, `name`, `level`, `kind` and `ur_code` of the live regions."""
    return DataFrame(read_frame(session, Region, columns=["code", "name", "level", "kind", "ur_code"]))


def facility_classes(session: Session) -> DataFrame:
    """Return `uid` and `facility_class` of the live facilities."""
    return DataFrame(read_frame(session, Facility, columns=["uid", "facility_class"]))


def add_plan(session: Session, plan: Plan, homes: DataFrame) -> int:
    """Keep a plan with its homes and return its number."""
    session.add(plan)
    session.flush()
    write_frame(session, PlanHome, homes.assign(plan_id=plan.id))
    return plan.id


def plan(session: Session, plan_id: int | None = None) -> PlanRecord:
    """Return a plan, by default the last one.

    Raises
    ------
    NotFoundError
        There is no such plan.
    """
    number = plan_id if plan_id is not None else session.scalar(select(func.max(Plan.id)))
    found = session.get(Plan, number) if number is not None else None
    if found is None:
        raise NotFoundError("plan", str(plan_id or "of any number"), "make one: tantu plan run")
    return PlanRecord(**{name: getattr(found, name) for name in PlanRecord.__dataclass_fields__})


def plan_homes(session: Session, plan_id: int) -> DataFrame:
    """Return the homes of a plan in the order of their uid."""
    homes = DataFrame(read_frame(session, PlanHome, where=PlanHome.plan_id == plan_id))
    return homes.sort_values("household_uid").reset_index(drop=True)


def _absent_as_none(value: object) -> object:
    return None if value is None or value is pd.NA or value is pd.NaT else value
