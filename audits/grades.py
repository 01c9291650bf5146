"""What a place is said to be: accessible, partly, not accessible or unknown, with what stands behind it.

Unknown is never no and never yes: a place fails only by a measured failure and passes only when every
decisive attribute of the elements inspected is known. Of each element its latest visit speaks; when
that is older than the inspection is good for, the place is unknown again and the old grade is kept
beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

LEVELS = ("accessible", "partial", "not_accessible", "unknown")
PLACE = ["place_layer", "place_uid"]
ITEM = [*PLACE, "element", "element_no"]
OF_OTHERS = "of other groups"  # force of a rule that does not concern the group asked about
DECIDED = ("met", "met_within_tolerance", "not_met", "alternative")
COLUMNS = (
    *PLACE, "level", "last_level", "met", "not_met", "unknown", "worst", "failing", "missing", "inspected_on",
    "expires_on",
)  # fmt: skip


@dataclass(frozen=True)
class Policy:
    """What counts for a grade; data of `catalogue/grade.toml` and `catalogue/element.toml`.

    Attributes
    ----------
    forces
        Forces of rules that count; advice and scores are shown but decide nothing.
    blocking
        Severities that make a place not accessible.
    severities
        All severities from lightest to gravest.
    decisive
        Attributes of each element that must be known.
    essential
        By layer, groups of elements of which one each must have been inspected.
    expiry_months
        By layer, how long an inspection speaks.
    """

    forces: tuple[str, ...]
    blocking: tuple[str, ...]
    severities: tuple[str, ...]
    decisive: Mapping[str, tuple[str, ...]]
    essential: Mapping[str, tuple[tuple[str, ...], ...]]
    expiry_months: Mapping[str, int]


def place_grades(
    verdicts: pd.DataFrame, policy: Policy, *, visited_on: "pd.Series[Any]", on: date | None = None
) -> pd.DataFrame:
    """Return the grade of every inspected place.

    Parameters
    ----------
    verdicts
        As `audits.rules.judge` returns them, of any number of visits.
    visited_on
        Date of each visit, by `visit_uid`.
    on
        Day on which freshness is asked; None for grades that never expire.

    Returns
    -------
    DataFrame
        One row a place, sorted, with the columns `COLUMNS`: `level` and the level before expiry
        `last_level`; `met`, `not_met` and `unknown` count verdicts of rules that count; `worst` is the
        gravest severity, `failing` the rules not met and `missing` the decisive attributes not known,
        each joined by ";"; `inspected_on` and `expires_on` are dates.
    """
    latest = latest_verdicts(verdicts, visited_on)
    if latest.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    counted = latest[latest["force"].isin(policy.forces)]
    grades = latest.groupby(PLACE).agg(inspected_on=("day", "max")).reset_index()
    for part in (_counts(counted), _failures(counted, policy), _missing(latest, policy)):
        grades = grades.merge(part, on=PLACE, how="left")
    for name in ("met", "not_met", "unknown"):
        grades[name] = grades[name].fillna(0).astype(int)
    grades["last_level"] = _levels(grades)
    months = grades["place_layer"].map(policy.expiry_months)
    expires = [
        day + pd.DateOffset(months=int(month))
        for day, month in zip(grades["inspected_on"], months, strict=True)
    ]
    grades["expires_on"] = pd.to_datetime(pd.Series(expires, index=grades.index))
    stale = (
        np.zeros(len(grades), dtype=bool)
        if on is None
        else (grades["expires_on"] <= pd.Timestamp(on)).to_numpy()
    )
    grades["level"] = grades["last_level"].where(~stale, "unknown")
    for name in ("inspected_on", "expires_on"):
        grades[name] = grades[name].dt.date
    return grades.sort_values(PLACE, ignore_index=True)[list(COLUMNS)]


def of_groups(
    verdicts: pd.DataFrame, harmed: Mapping[str, tuple[str, ...]], groups: tuple[str, ...]
) -> pd.DataFrame:
    """Return verdicts in which only rules that protect some groups count; the others decide nothing.

    What must be known of an element stays the same, so that a place of which little is known is no better
    for one group than for another.

    Parameters
    ----------
    verdicts
        As `audits.rules.judge` returns them.
    harmed
        Groups that each rule protects, by `rule_id`.
    groups
        Codes of the list `groups`; none: all rules count.
    """
    if not groups:
        return verdicts
    concerns = verdicts["rule_id"].map(lambda rule: bool(set(groups) & set(harmed[rule]))).astype(bool)
    return verdicts.assign(force=verdicts["force"].where(concerns, OF_OTHERS))


def latest_verdicts(verdicts: pd.DataFrame, visited_on: "pd.Series[Any]") -> pd.DataFrame:
    """Return the verdicts of each element's latest visit, with its `day`; ties go to the last number."""
    dated = verdicts.assign(day=pd.to_datetime(verdicts["visit_uid"].map(visited_on)))
    visits = dated.drop_duplicates([*ITEM, "visit_uid"])[[*ITEM, "visit_uid", "day"]]
    last = visits.sort_values(["day", "visit_uid"]).drop_duplicates(ITEM, keep="last")
    return dated.merge(last[[*ITEM, "visit_uid"]], on=[*ITEM, "visit_uid"])


def _counts(counted: pd.DataFrame) -> pd.DataFrame:
    kinds = {
        "met": counted["outcome"].isin(("met", "met_within_tolerance", "alternative")),
        "not_met": counted["outcome"] == "not_met",
        "unknown": counted["outcome"] == "not_measured",
    }
    return counted.assign(**kinds).groupby(PLACE)[list(kinds)].sum().reset_index()


def _failures(counted: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    rank = {name: number for number, name in enumerate(policy.severities)}
    failed = counted[counted["outcome"] == "not_met"]
    failed = failed.assign(
        rank=failed["severity"].map(rank), blocking=failed["severity"].isin(policy.blocking)
    )
    by_place = failed.sort_values("rule_id").groupby(PLACE)
    found = by_place.agg(rank=("rank", "max"), blocked=("blocking", "any"), failing=("rule_id", _joined))
    found["worst"] = found["rank"].map(dict(enumerate(policy.severities)))
    return found.drop(columns="rank").reset_index()


def _missing(latest: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    # Decisive attributes of inspected elements, and essential elements, that nobody knows of.
    decided = latest[latest["outcome"].isin(DECIDED)]
    known = set(zip(*(decided[key] for key in (*ITEM, "attribute")), strict=True))
    items = latest.drop_duplicates(ITEM)[ITEM]
    rows = [
        (layer, uid, f"{element}.{attribute}")
        for layer, uid, element, number in items.itertuples(index=False)
        for attribute in policy.decisive.get(element, ())
        if (layer, uid, element, number, attribute) not in known
    ]
    seen: dict[tuple[str, str], set[str]] = {}
    for layer, uid, element, _ in items.itertuples(index=False):
        seen.setdefault((layer, uid), set()).add(element)
    rows += [
        (*place, "|".join(group))
        for place, elements in seen.items()
        for group in policy.essential.get(place[0], ())
        if not elements & set(group)
    ]
    lacking = pd.DataFrame(rows, columns=[*PLACE, "missing"]).drop_duplicates()
    return lacking.groupby(PLACE)["missing"].agg(";".join).reset_index()


def _levels(grades: pd.DataFrame) -> np.ndarray:
    blocked = grades["blocked"].eq(other=True).to_numpy()
    nothing = (grades["met"] + grades["not_met"] == 0).to_numpy()
    unknown = grades["missing"].notna().to_numpy() | nothing
    failed = (grades["not_met"] > 0).to_numpy()
    return np.select([blocked, unknown, failed], ["not_accessible", "unknown", "partial"], "accessible")


def _joined(ids: "pd.Series[str]") -> str:
    return ";".join(dict.fromkeys(ids))
