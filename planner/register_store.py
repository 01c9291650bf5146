"""All SQL of the registers beside a plan: notes in ledgers, consents, home visits, values of indicators."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pandas import DataFrame
from sqlalchemy import select
from sqlalchemy.orm import Session

from gis.frames import read_frame
from planner.register_tables import LedgerEntry


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
