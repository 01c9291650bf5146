"""Rows of dated data in force on a day: parameters, rules and weights of a city's programme.

Two rows of one id in force on the same day contradict each other and are refused, so that a new row
with a later date always comes with an end for the old one.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from gis.catalogue import table
from gis.errors import NotFoundError, StandardError

Row = Mapping[str, Any]


def in_force(rows: Sequence[Row], on: date, *, file: str, key: str = "id") -> list[Row]:
    """Return the rows valid on a day, in their order.

    Raises
    ------
    StandardError
        A row lacks its date or source, or two rows of one id are in force on that day.
    """
    found: dict[str, Row] = {}
    for row in rows:
        name = str(row.get(key, ""))
        if not name or "valid_from" not in row or not row.get("source"):
            raise StandardError(file, name or "a row", f"{key}, valid_from and source are needed")
        until = row.get("valid_to")
        if row["valid_from"] > on or (until is not None and until < on):
            continue
        if name in found:
            raise StandardError(file, name, f"two rows are in force on {on}; end the older with valid_to")
        found[name] = row
    return list(found.values())


def programme_file(city_id: str) -> str:
    """Return the path of a city's programme table under `data/`."""
    return f"cities/{city_id}/programme.toml"


def programme_rows(city_id: str, section: str, on: date) -> list[Row]:
    """Return the rows of one section (`eligibility`, `need`) of a city's programme in force on a day.

    Raises
    ------
    NotFoundError
        The city has no programme.
    StandardError
        A row is not well formed or contradicts another.
    """
    file = programme_file(city_id)
    return in_force(table(file).get(section, ()), on, file=file)


def parameters(city_id: str, on: date) -> dict[str, float]:
    """Return the numbers of a city's programme in force on a day, by name.

    Raises
    ------
    NotFoundError
        The city has no programme, or no number is in force on that day.
    StandardError
        A row is not well formed or contradicts another.
    """
    file = programme_file(city_id)
    found = in_force(table(file)["parameter"], on, file=file, key="name")
    if not found:
        raise NotFoundError("programme in force", str(on), f"the rows of {file} start later")
    return {row["name"]: row["value"] for row in found}
