"""The judge: measurements against the rules in force, one verdict a rule and inspected element.

Three-valued throughout. A rule whose condition is unknown is met if its limit is met, since it then
holds whether or not it applies; it is never failed. What was not measured is `not_measured` with the
reason. Where a stricter rule speaks of the same case, the other one is `not_applicable`. A failure is
an `alternative` where the inspector recorded an accepted substitute at a building older than the rule
(accessibility law, art. 18).
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from audits.gathering import gather
from audits.readings import KEYS, Readings
from audits.rulebook import RuleBook
from audits.units import Floats, in_unit
from audits.verdicts import OUTCOMES, Judged, judged, replaced

COLUMNS = (
    *KEYS, "rule_id", "standard", "clause", "force", "attribute", "value", "choice", "unit", "limit_low",
    "limit_high", "outcome", "reason", "deviation", "relative", "severity",
)  # fmt: skip


def judge(
    measurements: pd.DataFrame,
    rulebook: RuleBook,
    *,
    on: date,
    places: pd.DataFrame | None = None,
    standard: str | None = None,
) -> pd.DataFrame:
    """Return the verdict of every rule in force on every inspected element.

    Parameters
    ----------
    measurements
        One row a reading: `place_layer`, `place_uid`, `visit_uid`, `element`, `element_no`,
        `attribute`, `value`, `unit`, and optionally `choice` and `not_measured`; may be empty.
    on
        The day whose rules are applied.
    places
        Facts of places (see `audits.gathering.gather`); `built_on` tells new from existing, `exposed`
        moves a severity up.
    standard
        Judge by this one rule set instead of the primary ones.

    Returns
    -------
    DataFrame
        The columns `COLUMNS`, sorted by place, visit, element and rule, whatever the order of the
        measurements. `value`, limits and `deviation` (how far beyond the limit) are in `unit`;
        `relative` is the deviation as a share of the limit; `severity` is empty unless not met.

    Raises
    ------
    NotFoundError
        There is no such standard.
    """
    book = rulebook.in_force(on, standard=standard)
    if measurements.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    readings = gather(measurements, rulebook, places)
    verdicts = [
        one
        for element in readings.rows
        for one in replaced([judged(readings, rule, book) for rule in book.for_element(element)])
    ]
    return _frame(readings, verdicts, book)


def judge_each(
    measurements: pd.DataFrame,
    rulebook: RuleBook,
    *,
    on: "pd.Series[Any]",
    places: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return verdicts by the rules in force on a day of each row's own, such as the visit's.

    Parameters
    ----------
    on
        A date for each measurement (same index); rows without a date are left out. The day a place
        was built gives its verdict at birth, as `judge` of today gives the need of renovation.
    """
    days = pd.to_datetime(on)
    known = days.notna().to_numpy()
    eras = np.searchsorted(
        np.array(rulebook.eras(), dtype="datetime64[D]"),
        days[known].to_numpy().astype("datetime64[D]"),
        side="right",
    )
    rows = measurements[known]
    parts = [
        judge(rows[eras == era], rulebook, on=days[known][eras == era].min().date(), places=places)
        for era in np.unique(eras)
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(parts, ignore_index=True)


def changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return what changes for the inspected attributes when they are judged another way.

    Parameters
    ----------
    before, after
        Verdicts of the same measurements under two dates or two standards.

    Returns
    -------
    DataFrame
        One row an attribute whose worst outcome differs: the item's columns, `attribute`,
        `before`, `after` (missing where no rule speaks of it) and the rules `rule_before`,
        `rule_after`. What neither way decides is left out.
    """
    keys = [*KEYS, "attribute"]
    joined = _worst(before).merge(_worst(after), on=keys, how="outer", suffixes=("_before", "_after"))
    joined = joined.rename(columns={"outcome_before": "before", "outcome_after": "after"})
    joined = joined.rename(columns={"rule_id_before": "rule_before", "rule_id_after": "rule_after"})
    undecided = {"", "not_measured"}
    was, becomes = joined["before"].fillna(""), joined["after"].fillna("")
    differs = (was != becomes) & ~(was.isin(undecided) & becomes.isin(undecided))
    return joined.loc[differs, [*keys, "before", "after", "rule_before", "rule_after"]].reset_index(drop=True)


def _worst(verdicts: pd.DataFrame) -> pd.DataFrame:
    gravity = {"not_met": 0, "not_measured": 1, "alternative": 2, "met_within_tolerance": 3, "met": 4}
    spoken = verdicts[verdicts["outcome"] != "not_applicable"]
    ranked = spoken.assign(rank=spoken["outcome"].map(gravity)).sort_values(
        ["rank", "rule_id"], kind="stable"
    )
    return ranked.drop_duplicates([*KEYS, "attribute"])[[*KEYS, "attribute", "outcome", "rule_id"]]


def _frame(readings: Readings, verdicts: Sequence[Judged], book: RuleBook) -> pd.DataFrame:
    if not verdicts:
        return pd.DataFrame(columns=list(COLUMNS))
    number = {(rule.id, rule.valid_from): index for index, rule in enumerate(book.rules)}
    sizes = [len(one.outcome) for one in verdicts]
    item = np.concatenate([readings.rows[one.rule.element] for one in verdicts])
    rule = np.repeat([number[one.rule.id, one.rule.valid_from] for one in verdicts], sizes)
    order = np.lexsort((rule, item))

    def each(pick: Callable[[Judged], NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([pick(one) for one in verdicts])[order]

    def figure(pick: Callable[[Judged], Floats]) -> Floats:
        return each(lambda one: np.round(in_unit(pick(one), one.rule.unit), 9))

    def of_rule(name: str) -> ExtensionArray:
        return pd.array([getattr(known, name) for known in book.rules], dtype="str").take(rule[order])

    columns: dict[str, object] = {key: readings.items[key].take(item[order]).array for key in KEYS}
    columns |= {name: of_rule(name) for name in ("standard", "clause", "force", "attribute", "unit")}
    columns |= {
        "rule_id": of_rule("id"),
        "value": figure(lambda one: one.slot.amount),
        "choice": pd.array(each(lambda one: one.slot.choice), dtype="str"),
        "limit_low": figure(lambda one: one.low),
        "limit_high": figure(lambda one: one.high),
        "outcome": pd.array(OUTCOMES, dtype="str").take(each(lambda one: one.outcome)),
        "reason": pd.array(each(lambda one: one.reason), dtype="str"),
        "deviation": figure(lambda one: one.deviation),
        "relative": np.round(each(lambda one: one.relative), 9),
        "severity": pd.array(book.bands.names, dtype="str").take(
            each(lambda one: one.severity), allow_fill=True
        ),
    }
    return pd.DataFrame({name: columns[name] for name in COLUMNS})
