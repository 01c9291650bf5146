"""What the card of a place or a region shows: fields as data, never as HTML.

The page writes each value with `textContent` under the label of the field; a field without value is
left out, except those that say "not known", since unknown is not the same as no.
"""

from dataclasses import dataclass
from typing import Literal

Format = Literal["text", "date", "flag", "count", "share", "yuan", "level"]


@dataclass(frozen=True)
class Field:
    """One line of a card or one column of a table.

    Attributes
    ----------
    key
        Column of the layer it is read from.
    label
        Key of its label in the section `maps` of the words.
    format
        How the page writes it; `flag` is yes, no or not known.
    """

    key: str
    label: str
    format: Format = "text"


TOILET_FIELDS = (
    Field("category", "field.category"),
    Field("address", "field.address"),
    Field("region", "field.region"),
    Field("hours", "field.hours"),
    Field("phone", "field.phone"),
    Field("inspected_on", "field.inspected_on", "date"),
)

COVERAGE_FIELDS = (
    Field("people", "field.people", "count"),
    Field("reached", "field.reached", "count"),
    Field("missed", "field.missed", "count"),
    Field("share", "field.share", "share"),
)

# Both kinds of access side by side: any place, and one that passed its inspection.
BOTH_FIELDS = (*COVERAGE_FIELDS, Field("passed", "field.passed", "count"))

RENOVATION_FIELDS = (Field("homes", "field.homes", "count"),)

OFFICE_RENOVATION_FIELDS = (
    Field("homes", "field.homes", "count"),
    Field("cost_yuan", "field.cost_yuan", "yuan"),
)

FACILITY_FIELDS = (
    Field("class", "field.facility_class"),
    Field("region", "field.region"),
    Field("address", "field.address"),
)

HOME_FIELDS = (
    Field("year", "renovations.year"),
    Field("cost_yuan", "field.cost_yuan", "yuan"),
)
