"""Brings rows of measurements into the arrays of `audits.readings`, whatever their order.

Repeated rows of one attribute are readings of the same thing and become their median, so that one slip
of the instrument decides nothing; yes/no answers or choices that contradict each other stay unknown.
Names that other forms use (`clear_width_new`) are brought to ours, and remembered, since such a name
says something.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audits.readings import KEYS, Readings, Slot
from audits.rulebook import RuleBook
from audits.units import DIMENSIONS, in_base


def gather(measurements: pd.DataFrame, rulebook: RuleBook, places: pd.DataFrame | None = None) -> Readings:
    """Return measurements as slots.

    Parameters
    ----------
    measurements
        One row a reading: `KEYS`, `attribute`, `value` (float), `unit`, and optionally `choice` and
        `not_measured`. An element without a number is the first of its kind.
    places
        `place_layer`, `place_uid`, and any facts: `built_on` (date), `exposed` (bool), yes/no facts,
        codes, or figures in base units. A place that is missing has no facts.
    """
    table = measurements.reset_index(drop=True)
    table["element_no"] = table["element_no"].fillna(1).astype("int64")
    item, items = _items(table)
    order, pair, names = _pairs(table, rulebook)
    table = table.assign(item=item, pair=pair, written=order)
    rows = {
        str(element): np.asarray(found, dtype=np.intp)
        for element, found in items.groupby("element").indices.items()
    }
    within = np.empty(len(items), dtype=np.intp)
    for own in rows.values():
        within[own] = np.arange(len(own))
    combined = _combined(table)
    slots = {}
    for found in combined.groupby("pair").indices.values():
        element, attribute = names[combined["pair"].iloc[found[0]]]
        slots[element, attribute] = _slot(combined.iloc[found], within, len(rows[element]))
    named = _named(table, within, rows)
    _fill_implied(slots, named, rulebook)
    return Readings(items, rows, slots, named, _facts(items, places))


def _items(table: pd.DataFrame) -> tuple[NDArray[np.intp], pd.DataFrame]:
    # Sorted codes make the order of items independent of the order of rows.
    code = np.zeros(len(table), dtype=np.int64)
    uniques: list[pd.Index | NDArray[np.object_]] = []
    for key in KEYS:
        column, unique = pd.factorize(table[key], sort=True)
        code = code * max(len(unique), 1) + column
        uniques.append(unique)
    item, distinct = pd.factorize(code, sort=True)
    columns: dict[str, object] = {}
    rest = np.asarray(distinct, dtype=np.int64)
    for key, unique in zip(reversed(KEYS), reversed(uniques), strict=True):
        columns[key] = pd.Series(unique).take(rest % max(len(unique), 1)).reset_index(drop=True)
        rest = rest // max(len(unique), 1)
    return item, pd.DataFrame({key: columns[key] for key in KEYS})


def _pairs(
    table: pd.DataFrame, rulebook: RuleBook
) -> tuple[NDArray[np.intp], NDArray[np.intp], Sequence[tuple[str, str]]]:
    # Pairs as written, pairs as meant, and the latter's names.
    element_codes, elements = pd.factorize(table["element"])
    attribute_codes, attributes = pd.factorize(table["attribute"])
    written, distinct = pd.factorize(
        element_codes.astype(np.int64) * max(len(attributes), 1) + attribute_codes
    )
    meant: dict[tuple[str, str], int] = {}
    canonical = np.empty(len(distinct), dtype=np.intp)
    for number, value in enumerate(distinct):
        element, name = (
            str(elements[int(value) // len(attributes)]),
            str(attributes[int(value) % len(attributes)]),
        )
        rule = rulebook.called.get((element, name))
        canonical[number] = meant.setdefault((element, rule.attribute if rule else name), len(meant))
    return written, canonical[written], tuple(meant)


def _combined(table: pd.DataFrame) -> pd.DataFrame:
    # One row an item and pair: the median of figures, the one choice, the first reason.
    figures = in_base(table["value"], table["unit"])
    read = pd.DataFrame(
        {
            "item": table["item"],
            "pair": table["pair"],
            "amount": figures["amount"],
            "dimension": figures["dimension"],
            "choice": _objects(table, "choice"),
            "reason": _objects(table, "not_measured"),
        }
    )
    repeated = read.duplicated(["item", "pair"], keep=False).to_numpy()
    return (
        pd.concat([read[~repeated], _merged(read[repeated])], ignore_index=True) if repeated.any() else read
    )


def _merged(readings: pd.DataFrame) -> pd.DataFrame:
    # Readings of different kinds, or answers that differ, are a contradiction, not an average.
    answered = readings["amount"].notna()
    again = (
        readings.assign(kind=readings["dimension"].where(answered))
        .sort_values("reason")
        .groupby(["item", "pair"])
    )
    merged = again.agg(
        amount=("amount", "median"), least=("amount", "min"), most=("amount", "max"),
        kinds=("kind", "nunique"), kind=("kind", "first"), dimension=("dimension", "first"),
        choices=("choice", "nunique"), choice=("choice", "first"), reason=("reason", "first"),
    ).reset_index()  # fmt: skip
    yes_and_no = (merged["kind"] == DIMENSIONS["bool"]) & (merged["least"] < merged["most"])
    clash = (yes_and_no | (merged["kinds"] > 1) | (merged["choices"] > 1)).to_numpy()
    known = merged["amount"].notna() | merged["choice"].notna()
    reason = _objects(merged.assign(reason=merged["reason"].where(~known)), "reason")
    return pd.DataFrame(
        {
            "item": merged["item"],
            "pair": merged["pair"],
            "amount": merged["amount"].where(~clash),
            "dimension": np.where(clash, -1, merged["kind"].fillna(merged["dimension"])).astype(np.int8),
            "choice": _objects(merged.assign(choice=merged["choice"].where(~clash)), "choice"),
            "reason": np.where(clash, "conflicting", reason),
        }
    )


def _slot(combined: pd.DataFrame, within: NDArray[np.intp], size: int) -> Slot:
    slot = Slot.empty(size)
    at = within[combined["item"].to_numpy()]
    slot.amount[at] = combined["amount"].to_numpy()
    slot.dimension[at] = combined["dimension"].to_numpy()
    slot.choice[at] = combined["choice"].to_numpy()
    slot.reason[at] = combined["reason"].to_numpy()
    return slot


def _named(
    table: pd.DataFrame, within: NDArray[np.intp], rows: Mapping[str, NDArray[np.intp]]
) -> dict[tuple[str, str], NDArray[np.bool_]]:
    answered = table["value"].notna().to_numpy()
    if "choice" in table:
        answered = answered | table["choice"].notna().to_numpy()
    items, written = table["item"].to_numpy(), table["written"].to_numpy()
    rank = np.argsort(written, kind="stable")
    found = {}
    for rows_of_name in np.split(rank, np.flatnonzero(np.diff(written[rank])) + 1):
        element, name = (
            str(table["element"].iloc[rows_of_name[0]]),
            str(table["attribute"].iloc[rows_of_name[0]]),
        )
        seen = np.zeros(len(rows[element]), dtype=bool)
        seen[within[items[rows_of_name[answered[rows_of_name]]]]] = True
        found[element, name] = seen
    return found


def _fill_implied(
    slots: dict[tuple[str, str], Slot], named: Mapping[tuple[str, str], NDArray[np.bool_]], rulebook: RuleBook
) -> None:
    # Who wrote running_slope_full_width has said that the form is full_width, for every rule to hear.
    for (element, name), seen in sorted(named.items(), key=lambda pair: pair[0]):
        rule = rulebook.called.get((element, name))
        for condition in rule.when if rule else ():
            if (
                not condition.implied
                or condition.unit not in {"bool", "choice"}
                or len(condition.choices) > 1
            ):
                continue
            slot = slots.setdefault((element, condition.attribute), Slot.empty(len(seen)))
            blank = seen & np.isnan(slot.amount) & pd.isna(slot.choice)
            if condition.choices:
                slot.choice[blank] = condition.choices[0]
            else:
                slot.amount[blank], slot.dimension[blank] = condition.limit, DIMENSIONS["bool"]


def _facts(items: pd.DataFrame, places: pd.DataFrame | None) -> pd.DataFrame:
    if places is None or places.empty:
        return items[["place_layer", "place_uid"]].copy()
    known = pd.DataFrame(places).drop_duplicates(["place_layer", "place_uid"], keep="last")
    keys = items[["place_layer", "place_uid"]]
    return keys.merge(known, on=["place_layer", "place_uid"], how="left")


def _objects(table: pd.DataFrame, name: str) -> NDArray[np.object_]:
    if name not in table:
        return np.full(len(table), None, dtype=object)
    known = table[name].astype(object)
    return np.asarray(known.where(known.notna(), None), dtype=object)
