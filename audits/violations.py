"""Violations (占用、破坏 and the like): what the law lets an authority fine once an order has run out.

The amounts are data (`data/catalogue/penalty.toml`). What may be questioned: a fine needs an order whose
deadline has passed without the violation being put right, since art. 65 fines only then (逾期未改正).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from gis.errors import ConflictError, NotFoundError

Offender = Literal["unit", "person"]
OFFENDERS: tuple[Offender, ...] = ("unit", "person")


@dataclass(frozen=True)
class Bracket:
    """The least and the most that may be fined, in yuan, both included."""

    clause: str
    low_yuan: int
    high_yuan: int


def bracket(penalties: Mapping[str, Any], violation: str, offender: Offender, on: date) -> Bracket:
    """Return what may be fined for a violation committed on a day.

    Parameters
    ----------
    penalties
        The table `catalogue/penalty.toml`.

    Raises
    ------
    NotFoundError
        The law did not fine it on that day.
    """
    held = [
        row
        for row in penalties["bracket"]
        if violation in row["violations"] and row["valid_from"] <= on <= row.get("valid_to", on)
    ]
    if not held:
        raise NotFoundError("penalty", violation, f"no law in force on {on} fines it")
    row = max(held, key=lambda row: row["valid_from"])
    return Bracket(row["clause"], row[offender]["low_yuan"], row[offender]["high_yuan"])


def checked_penalty(yuan: float, allowed: Bracket) -> float:
    """Return an amount that the law allows.

    Raises
    ------
    ConflictError
        It is outside the bracket.
    """
    if not allowed.low_yuan <= yuan <= allowed.high_yuan:
        raise ConflictError(
            f"A fine of {yuan:,.0f} yuan is outside {allowed.clause}:"
            f" give between {allowed.low_yuan:,} and {allowed.high_yuan:,}."
        )
    return yuan
