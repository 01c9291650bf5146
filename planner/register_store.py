"""All SQL of the registers beside a plan: notes in ledgers, consents, home visits, values of indicators."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pandas import DataFrame
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import Session

from gis.frames import read_frame, write_frame
from gis.store import ApplyCounts, apply_rows
from gis.tables import ImportBatch
from planner.register_tables import Consent, HomeVisit, IndicatorValue, LedgerEntry
from planner.secrecy import Cipher, rotate
from planner.tables import Person
from planner.works_tables import WorksCase

ERASED = "erased"  # the content hash of a row whose personal columns were emptied


def ledger_entries(session: Session, plan_id: int) -> DataFrame:
    """Return what offices filled in: index `household_uid`; `done`, `note`, `revision`."""
    columns = ["household_uid", "done", "note", "revision"]
    rows = DataFrame(read_frame(session, LedgerEntry, columns=columns, where=LedgerEntry.plan_id == plan_id))
    return rows.set_index("household_uid")


def save_ledger_entries(
    session: Session, plan_id: int, rows: Sequence[Mapping[str, Any]], *, at: datetime, by: str
) -> None:
    """Write what an office filled in (`household`, `done`, `note`), each home one revision further."""
    query = select(LedgerEntry).where(LedgerEntry.plan_id == plan_id)
    known = {entry.household_uid: entry for entry in session.scalars(query)}
    for row in rows:
        entry = known.get(row["household"])
        if entry is None:
            entry = LedgerEntry(plan_id=plan_id, household_uid=row["household"], revision=0)
            session.add(entry)
        entry.revision += 1
        entry.done, entry.note = row["done"], row["note"]
        entry.saved_at, entry.saved_by = at, by
    session.flush()


def write_home_visits(session: Session, rows: DataFrame, batch_id: int) -> ApplyCounts:
    """Bring the home visits to what an import says; `rows` are those of `planner.home_visits.sealed_visits`.

    Raises
    ------
    SchemaError
        A uid is missing or comes twice.
    """
    return apply_rows(session, HomeVisit, rows, batch_id)


def home_visits(session: Session) -> DataFrame:
    """Return the live home visits, their answers still encrypted."""
    return DataFrame(read_frame(session, HomeVisit))


def rotate_home_visits(session: Session, *, old: Cipher, new: Cipher) -> int:
    """Encrypt the answers of every version of every visit with another key; return how many.

    Raises
    ------
    KeyMissingError
        `old` is not the key in force.
    """
    rows = session.execute(select(HomeVisit.id, HomeVisit.uid, HomeVisit.answers)).all()
    uids = [row.uid for row in rows]
    fresh = rotate([bytes(row.answers) for row in rows], "home_visit", "answers", uids, old=old, new=new)
    for row, answers in zip(rows, fresh, strict=True):
        session.execute(update(HomeVisit).where(HomeVisit.id == row.id).values(answers=answers))
    return len(rows)


def add_values(session: Session, rows: DataFrame) -> int:
    """Write values of indicators and return how many they are."""
    return write_frame(session, IndicatorValue, rows)


def values(session: Session, indicator: str | None = None, *, origin: str | None = None) -> DataFrame:
    """Return the values that were kept of an indicator, or of all, the oldest first."""
    asked: list[ColumnElement[bool]] = [IndicatorValue.id.is_not(None)]
    if indicator is not None:
        asked.append(IndicatorValue.indicator == indicator)
    if origin is not None:
        asked.append(IndicatorValue.origin == origin)
    found = DataFrame(read_frame(session, IndicatorValue, where=and_(*asked)))
    return found.sort_values(["on", "id"]).reset_index(drop=True)


def drop_snapshot(session: Session, on: date) -> None:
    """Forget the computed values of a day, so that a second snapshot of it takes their place."""
    session.execute(
        delete(IndicatorValue).where(IndicatorValue.on == on, IndicatorValue.origin == "computed")
    )


def add_consent(session: Session, row: Mapping[str, Any]) -> None:
    """Write a consent."""
    session.add(Consent(**row))
    session.flush()


def withdraw_consent(session: Session, household: str, purpose: str, on: date) -> int:
    """Mark the standing consents of a home for a purpose as withdrawn; return how many."""
    standing = select(Consent).where(
        Consent.household_uid == household, Consent.purpose == purpose, Consent.withdrawn_on.is_(None)
    )
    rows = list(session.scalars(standing))
    for row in rows:
        row.withdrawn_on = on
    session.flush()
    return len(rows)


def consents(session: Session, household: str) -> DataFrame:
    """Return the consents of a home, the oldest first."""
    return DataFrame(read_frame(session, Consent, where=Consent.household_uid == household))


def superseded_people(session: Session, before: datetime) -> list[tuple[int, str]]:
    """Return id and uid of versions of people that an import before a moment replaced and that hold facts."""
    query = (
        select(Person.id, Person.uid)
        .join(ImportBatch, ImportBatch.id == Person.retired_by)
        .where(ImportBatch.imported_at < before, Person.content_hash != ERASED)
    )
    return [(row.id, row.uid) for row in session.execute(query.order_by(Person.id))]


def old_visits(session: Session, before: date) -> list[tuple[int, str]]:
    """Return id and uid of home visits made before a day that still hold answers."""
    query = select(HomeVisit.id, HomeVisit.uid).where(
        HomeVisit.visited_on < before, HomeVisit.content_hash != ERASED
    )
    return [(row.id, row.uid) for row in session.execute(query.order_by(HomeVisit.id))]


def ended_homes(session: Session, before: date) -> list[str]:
    """Return the homes whose cases all ended before a day and whose people still hold facts."""
    ended = ("closed", "withdrawn")
    open_ = select(WorksCase.household_uid).where(
        WorksCase.state.not_in(ended) | (WorksCase.changed_on >= before)
    )
    held = select(Person.household_uid).where(Person.content_hash != ERASED)
    query = select(WorksCase.household_uid).where(
        WorksCase.state.in_(ended), WorksCase.household_uid.not_in(open_), WorksCase.household_uid.in_(held)
    )
    return sorted(set(session.scalars(query)))


def versions_of_homes(session: Session, homes: Sequence[str]) -> list[tuple[int, str]]:
    """Return id and uid of every version of every person of homes, that still holds facts."""
    query = select(Person.id, Person.uid).where(
        Person.household_uid.in_(homes), Person.content_hash != ERASED
    )
    return [(row.id, row.uid) for row in session.execute(query.order_by(Person.id))]


def visits_of_homes(session: Session, homes: Sequence[str]) -> list[tuple[int, str]]:
    """Return id and uid of every version of every visit of homes, that still holds answers."""
    query = select(HomeVisit.id, HomeVisit.uid).where(
        HomeVisit.household_uid.in_(homes), HomeVisit.content_hash != ERASED
    )
    return [(row.id, row.uid) for row in session.execute(query.order_by(HomeVisit.id))]


def erase_people(session: Session, rows: Sequence[tuple[int, bytes]]) -> None:
    """Empty the personal columns of rows of people; `facts` becomes the sealed empty object given."""
    for number, empty in rows:
        cleared: dict[str, Any] = dict.fromkeys(
            ("name", "certificate", "certificate_mark", "phone", "address")
        )
        session.execute(
            update(Person).where(Person.id == number).values(facts=empty, content_hash=ERASED, **cleared)
        )


def erase_visits(session: Session, rows: Sequence[tuple[int, bytes]]) -> None:
    """Empty the answers of home visits."""
    for number, empty in rows:
        session.execute(
            update(HomeVisit).where(HomeVisit.id == number).values(answers=empty, content_hash=ERASED)
        )
