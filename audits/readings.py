"""What was measured, as arrays: one slot an element and attribute, one entry an inspected element.

An inspected element ("item") is one numbered element of one place on one visit. A fact that a rule
asks for is looked up at the element first and at its place second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audits.units import DIMENSIONS, Floats

KEYS = ("place_layer", "place_uid", "visit_uid", "element", "element_no")
PUBLIC_LAYERS = ("facilities", "toilets")


@dataclass(frozen=True)
class Slot:
    """One attribute of all items of one element.

    Attributes
    ----------
    amount
        Figure in the base unit of its dimension, NaN where there is none.
    dimension
        Index into `audits.units.DIMENSIONS`, -1 where there is no figure or its unit is unknown.
    choice, reason
        Code, or None where there is none.
    """

    amount: Floats
    dimension: NDArray[np.int8]
    choice: NDArray[np.object_]
    reason: NDArray[np.object_]

    @classmethod
    def empty(cls, size: int) -> "Slot":
        """Return a slot in which nothing was recorded."""
        none = np.full(size, None, dtype=object)
        return cls(np.full(size, np.nan), np.full(size, -1, dtype=np.int8), none, none.copy())


@dataclass(frozen=True)
class Readings:
    """All items, sorted by their keys within each element, with their slots and place facts.

    Attributes
    ----------
    items
        One row an item with the columns `KEYS`.
    rows
        Row numbers in `items` of each element, in order.
    slots
        Slot of each (element, attribute), aligned to `rows[element]`.
    named
        For each (element, name as written): whether an item was measured under that name.
    facts
        Place facts aligned to `items` (columns of the places frame).
    """

    items: pd.DataFrame
    rows: Mapping[str, NDArray[np.intp]]
    slots: Mapping[tuple[str, str], Slot]
    named: Mapping[tuple[str, str], NDArray[np.bool_]]
    facts: pd.DataFrame

    def slot(self, element: str, attribute: str) -> Slot:
        """Return what was measured of an attribute; an empty slot where it never was."""
        return self.slots.get((element, attribute)) or Slot.empty(len(self.rows[element]))

    def was_named(self, element: str, name: str) -> NDArray[np.bool_]:
        """Return which items were measured under a name as written."""
        found = self.named.get((element, name))
        return np.zeros(len(self.rows[element]), dtype=bool) if found is None else found

    def fact(self, element: str, name: str) -> Slot:
        """Return what is known of a fact: recorded at the element, else known of its place."""
        own = self.slot(element, name)
        place = self._place_facts.get(name)
        if place is None:
            return own
        rows = self.rows[element]
        blank = np.isnan(own.amount) & pd.isna(own.choice)
        return Slot(
            np.where(blank, place.amount[rows], own.amount),
            np.where(blank, place.dimension[rows], own.dimension),
            np.where(blank, place.choice[rows], own.choice),
            own.reason,
        )

    def built_on(self, element: str) -> NDArray[np.datetime64]:
        """Return the day each item's place was built, NaT where it is not known."""
        return self._built[self.rows[element]]

    @cached_property
    def _built(self) -> NDArray[np.datetime64]:
        if "built_on" not in self.facts:
            return np.full(len(self.items), np.datetime64("NaT"), dtype="datetime64[D]")
        days = pd.to_datetime(self.facts["built_on"])
        return days.to_numpy().astype("datetime64[D]")

    @cached_property
    def _place_facts(self) -> dict[str, Slot]:
        names = [
            name for name in self.facts if name not in {"built_on", "place_layer", "place_uid", "geometry"}
        ]
        found = {str(name): _place_slot(self.facts[name]) for name in names}
        if "public_building" not in found:
            public = self.items["place_layer"].isin(PUBLIC_LAYERS).to_numpy(dtype=bool)
            blank = Slot.empty(len(public))
            dimension = np.where(public, DIMENSIONS["bool"], -1).astype(np.int8)
            found["public_building"] = Slot(
                np.where(public, 1.0, np.nan), dimension, blank.choice, blank.reason
            )
        return found


def _place_slot(column: "pd.Series[Any]") -> Slot:
    slot = Slot.empty(len(column))
    for row, value in enumerate(column.astype(object)):
        if isinstance(value, bool | np.bool_):
            slot.amount[row], slot.dimension[row] = float(value), DIMENSIONS["bool"]
        elif isinstance(value, int | float | np.number):
            slot.amount[row] = float(value)
        elif isinstance(value, str):
            slot.choice[row] = value
    return slot
