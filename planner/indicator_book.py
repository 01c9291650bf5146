"""The registry of indicators, the periods with their targets, and who answers for what: all of it data.

A period is a file of the city; when one is over, the next is another file, and a day belongs to the
period that holds its year. A target carries its source, and says where it is only carried on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from gis.catalogue import Code, Language, codelist, table
from gis.errors import NotFoundError, StandardError

SENSES = {">=", ">", "<="}


@dataclass(frozen=True)
class Target:
    """What an indicator is to reach in a period: at least, more than or at most `value`."""

    value: float
    sense: str
    source: str
    verified: bool
    baseline: str = ""

    def reached(self, value: float | None) -> bool | None:
        """Tell whether a value reaches the target; unknown where there is none."""
        if value is None:
            return None
        if self.sense == ">":
            return value > self.value
        return value <= self.value if self.sense == "<=" else value >= self.value


@dataclass(frozen=True)
class Period:
    """The years of one plan with the targets of its indicators."""

    id: str
    zh: str
    en: str
    first: int
    last: int
    midterm: int
    source: str
    targets: Mapping[str, Target]

    def label(self, lang: Language) -> str:
        """Return its name."""
        return self.zh if lang == "zh" else self.en


def periods(city_id: str) -> tuple[Period, ...]:
    """Return the periods of a city, the oldest first.

    Raises
    ------
    NotFoundError
        The city has none.
    StandardError
        A file is not well formed.
    """
    folder = files("data").joinpath(f"cities/{city_id}/periods")
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if not names:
        raise NotFoundError("period of the plan", city_id, f"add one under data/cities/{city_id}/periods")
    found = (_period(f"cities/{city_id}/periods/{name}") for name in names)
    return tuple(sorted(found, key=lambda period: period.first))


def period_of(year: int, city_id: str) -> Period:
    """Return the period that holds a year.

    Raises
    ------
    NotFoundError
        No period of the city holds it.
    StandardError
        A file is not well formed.
    """
    for period in periods(city_id):
        if period.first <= year <= period.last:
            return period
    raise NotFoundError("period of the plan", str(year), "add a file for it under periods of the city")


def indicator(code: str) -> Code:
    """Return an indicator of the registry.

    Raises
    ------
    CodeError
        There is none of that code.
    """
    return codelist("indicator")[code]


def formula(code: Code, lang: Language) -> str:
    """Return how an indicator is computed, in words."""
    return str(code.facts[f"formula_{lang}"])


def department_of(layer: str, element: str, facility_class: str | None) -> str:
    """Return the department that answers for a finding: by element, else by facility, else by layer."""
    known = table("catalogue/responsibility.toml")
    if element in known["element"]:
        return str(known["element"][element])
    if layer == "facilities" and facility_class in known["facility_class"]:
        return str(known["facility_class"][facility_class])
    return str(known["layer"][layer])


@cache
def _period(file: str) -> Period:
    raw: dict[str, Any] = dict(table(file))
    known, targets = codelist("indicator").codes, {}
    for code, row in raw.pop("targets").items():
        if code not in known or row.get("sense") not in SENSES or not row.get("source"):
            raise StandardError(file, code, "a target needs a known indicator, value, sense and source")
        targets[code] = Target(
            float(row["value"]), row["sense"], row["source"], row["verified"], row.get("baseline", "")
        )
    try:
        return Period(targets=targets, **raw)
    except TypeError as error:
        raise StandardError(file, "the period", str(error)) from error
