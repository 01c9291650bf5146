"""What one can do with papers: the dossier behind a home's forms, the notice of a year, a returned ledger."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from pandas import DataFrame
from sqlalchemy.orm import Session

from gis.catalogue import City
from planner import register_store, service, store, works_service, works_store
from planner.forms import Dossier
from planner.ledger_return import Returned, returned
from planner.notices import Notice, notice_homes
from planner.people import PERSONAL
from planner.sealing import opened
from planner.secrecy import Cipher
from planner.stored import StoredPlan
from planner.works_policy import policy_on
from planner.works_store import EVERYTHING, Scope

TOWNSHIP_DIGITS = 9


def dossier(
    session: Session, cipher: Cipher, uid: str, *, city: City, on: date, scope: Scope = EVERYTHING
) -> Dossier:
    """Return everything that the forms of a case may say, in clear.

    Raises
    ------
    NotFoundError
        There is no such case in the scope.
    KeyMissingError
        The key is not the one the people were encrypted with.
    """
    row = works_store.case_row(session, uid, scope)
    case, _ = works_service.state_of(session, row, city.id)
    people = opened(store.people_of_homes(session, [case.household]), cipher).sort_values("uid")
    homes = store.households(session, [case.household])
    names = _names(store.region_kinds(session))
    code = row.region_code or ""
    place = [names[part] for part in (case.county, code[:TOWNSHIP_DIGITS], code) if part in names]
    plain = [_plain(person) for person in people.to_dict("records")]
    asked = {item for person in plain for item in str(person.get("needs") or "").split(";") if item}
    dwelling = _plain(homes.to_dict("records")[0]) if len(homes) else {}
    return Dossier(case, plain, dwelling, list(dict.fromkeys(place)), city, on, frozenset(asked))


def notice(
    session: Session, cipher: Cipher, stored: StoredPlan, *, city: City, year: int, first: date,
    contact: str, counties: tuple[str, ...] = (),
) -> tuple[Notice, frozenset[str]]:  # fmt: skip
    """Return the notice of a year of a plan, and what must not stand in it: names and numbers in clear.

    Raises
    ------
    EmptyLayerError
        The plan has no home in that year and these counties.
    KeyMissingError
        The key is not the one the people were encrypted with.
    NotFoundError
        The city has no procedure of works.
    """
    days = policy_on(first, city.id).notice_days
    contents = service.ledger(session, cipher, stored, masked=True)
    homes = notice_homes(contents.homes, store.region_kinds(session), year, counties)
    people = opened(store.people_of_plan(session, stored.id), cipher, columns=PERSONAL)
    secrets = {str(value) for name in PERSONAL for value in people[name].dropna()}
    last = first + timedelta(days=days)
    return Notice(city, year, stored.id, homes, first, last, contact), frozenset(secrets)


def returned_ledger(session: Session, cipher: Cipher, stored: StoredPlan, sheet: DataFrame) -> Returned:
    """Return what a ledger that came back changes, compared in the masking that it was written with.

    Raises
    ------
    KeyMissingError
        The key is not the one the people were encrypted with.
    """
    masked = bool(sheet["certificate"].astype(str).str.contains("*", regex=False).any())
    now = service.ledger(session, cipher, stored, masked=masked).homes
    return returned(now, sheet, stored.id)


def save_returned(session: Session, stored: StoredPlan, found: Returned, *, at: datetime, by: str) -> int:
    """Save what an office filled in, and return how many homes that were; nothing where it may not be."""
    if not found.can_be_saved:
        return 0
    register_store.save_ledger_entries(session, stored.id, found.entries, at=at, by=by)
    return len(found.entries)


def _names(regions: DataFrame) -> dict[str, str]:
    return dict(zip(regions["code"].astype(str), regions["name"].astype(str), strict=True))


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row of a frame with plain values, None for what is missing."""
    plain: dict[str, Any] = {}
    for name, value in row.items():
        missing = value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124  NaN
        item = getattr(value, "item", None)
        plain[str(name)] = None if missing else item() if callable(item) else value
    return plain
