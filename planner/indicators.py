"""The indicators that can be computed from what is stored, each with the list behind it. Pure.

A value is a count, a mean or a share with numerator and denominator; where there is nothing to count it is
unknown and never 0 % or 100 %. What may be questioned: an indicator that other departments report is never
computed or guessed here; it is entered with its source and shown as entered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median

import pandas as pd
from pandas import DataFrame

from audits import kpis
from audits.compliance import per_element
from audits.deadlines import working_days_between
from gis.catalogue import codelist
from gis.errors import ConflictError
from planner import gaps
from planner.home_visits import latest
from planner.works_figures import ACCEPTED, satisfaction
from planner.works_policy import WorksPolicy
from planner.works_state import WorksState


@dataclass(frozen=True)
class Facts:
    """Everything indicators are computed from, as of `on`.

    Attributes
    ----------
    grades
        Of each layer, as `audits.grades.place_grades` returns them.
    verdicts
        Of all visits until `on`.
    audit_cases
        Rows of the cases of findings.
    visits
        Home visits in clear.
    """

    on: date
    first_year: int
    works: Sequence[WorksState]
    policy: WorksPolicy
    regions: DataFrame
    facilities: DataFrame
    grades: Mapping[str, DataFrame]
    verdicts: DataFrame
    audit_cases: DataFrame
    visits: DataFrame


@dataclass(frozen=True)
class Value:
    """One value of an indicator.

    Attributes
    ----------
    region
        Code of a county, None for the city.
    behind
        The list it was made of, one row each, with a column `counts` where some count and others do not.
    """

    indicator: str
    region: str | None
    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    behind: DataFrame = field(default_factory=DataFrame)


def computed(code: str, facts: Facts) -> list[Value]:
    """Return the values of an indicator, the city's first; none where it is entered by a department.

    Raises
    ------
    CodeError
        There is no such indicator.
    """
    said = str(codelist("indicator")[code].facts.get("computed", ""))
    if not said:
        return []
    name, *arguments = said.split(":")
    return FUNCTIONS[name](code, facts, *arguments)


def share(code: str, behind: DataFrame, region: str | None = None) -> Value:
    """Return the percentage of the rows of a list whose `counts` is true, unknown ones left out."""
    known = behind[behind["counts"].notna()] if len(behind) else behind
    whole = len(known)
    part = int(known["counts"].astype(bool).sum()) if whole else 0
    return Value(code, region, 100 * part / whole if whole else None, part, whole, behind)


def within(rows: DataFrame, flags: Sequence[bool]) -> DataFrame:
    """Return the rows whose flag is set; a frame without rows keeps its columns."""
    return rows[pd.Series(list(flags), index=rows.index, dtype=bool)]


def _homes(facts: Facts) -> DataFrame:
    rows = [
        (case.uid, case.household, case.county, case.entered["accepted"])
        for case in facts.works
        if case.state in ACCEPTED and case.entered["accepted"] <= facts.on
    ]
    return DataFrame(rows, columns=["case", "household", "county", "accepted_on"])


def _counted_homes(code: str, facts: Facts, first: int) -> list[Value]:
    homes = _homes(facts)
    inside = within(homes, [first <= day.year <= facts.on.year for day in homes["accepted_on"]])
    values = [Value(code, None, float(len(inside)), behind=inside)]
    return values + [
        Value(code, str(county), float(len(rows)), behind=rows) for county, rows in inside.groupby("county")
    ]


def _accepted_in_period(code: str, facts: Facts) -> list[Value]:
    return _counted_homes(code, facts, facts.first_year)


def _accepted_in_year(code: str, facts: Facts) -> list[Value]:
    return _counted_homes(code, facts, facts.on.year)


def _gap_share(code: str, facts: Facts, service: str) -> list[Value]:
    if facts.regions.empty:
        return [Value(code, None, None)]
    found = gaps.gaps(facts.regions, facts.facilities, service).rename(columns={"has": "counts"})
    return _by_county(code, found)


def _association_share(code: str, facts: Facts) -> list[Value]:
    regions = facts.regions
    if regions.empty:
        return [Value(code, None, None)]
    villages = regions[regions["level"] == "village"].rename(columns={"has_association": "counts"})
    return _by_county(code, villages[["code", "name", "counts"]])


def _by_county(code: str, found: DataFrame) -> list[Value]:
    counties = found.groupby(found["code"].astype(str).str[:6]) if len(found) else ()
    return [share(code, found), *(share(code, rows, str(county)) for county, rows in counties)]


def _visited_homes(code: str, facts: Facts) -> list[Value]:
    days = facts.visits["visited_on"]
    visits = within(facts.visits, [day.year == facts.on.year and day <= facts.on for day in days])
    once = latest(visits)[["household_uid", "region_code", "visited_on"]]
    county = once["region_code"].astype(str).str[:6]
    values = [Value(code, None, float(len(once)), behind=once)]
    return values + [Value(code, str(c), float(len(rows)), behind=rows) for c, rows in once.groupby(county)]


def _homes_served(code: str, facts: Facts, what: str) -> list[Value]:
    needs, served = {"rehab": ("needs_rehab", "gets_rehab"), "device": ("needs_device", "has_device")}[what]
    visits = latest(within(facts.visits, [day <= facts.on for day in facts.visits["visited_on"]]))
    need = visits[visits[needs].fillna(False).astype(bool)]  # noqa: FBT003
    return [share(code, need[["household_uid", "visited_on"]].assign(counts=need[served].array))]


def _element_share(code: str, facts: Facts, element: str) -> list[Value]:
    if facts.verdicts.empty:
        return [Value(code, None, None)]
    rows = per_element(facts.verdicts)
    rows = rows[rows["element"] == element]
    if rows.empty or int(rows["decided"].iloc[0]) == 0:
        return [Value(code, None, None)]
    met, decided = int(rows["met"].iloc[0]), int(rows["decided"].iloc[0])
    behind = facts.verdicts[facts.verdicts["element"] == element]
    return [Value(code, None, 100 * met / decided, met, decided, behind)]


def _places(facts: Facts, layer: str) -> DataFrame:
    grades = facts.grades.get(layer, DataFrame())
    if grades.empty:
        return DataFrame(columns=["place_uid", "grade", "counts"])
    told = grades.reset_index()[["place_uid", "grade"]]
    counts = (told["grade"] == "accessible").where(told["grade"] != "unknown")
    return told.assign(counts=counts.astype("boolean"))


def _place_share(code: str, facts: Facts, layer: str) -> list[Value]:
    return [share(code, _places(facts, layer))]


def _places_passed(code: str, facts: Facts, layer: str) -> list[Value]:
    passed = _places(facts, layer)
    passed = passed[passed["counts"].fillna(False)]  # noqa: FBT003
    return [Value(code, None, float(len(passed)), behind=passed)]


def _satisfied_share(code: str, facts: Facts) -> list[Value]:
    told = satisfaction(facts.works, facts.policy)
    overall = facts.policy.questions[0].id
    rows = [
        (case.uid, case.answers[overall], case.answers[overall] >= facts.policy.satisfied_from)
        for case in facts.works
        if case.answers is not None
    ]
    behind = DataFrame(rows, columns=["case", "points", "counts"])
    percent = None if told.share is None else 100 * told.share
    return [Value(code, None, percent, told.satisfied, told.answered, behind)]


def _orders_on_time(code: str, facts: Facts) -> list[Value]:
    if facts.audit_cases.empty:
        return [Value(code, None, None)]
    counted = kpis.counted(facts.audit_cases, date(facts.on.year, 1, 1), facts.on)
    due = counted[counted["due"]]
    return [share(code, due[["uid", "place_uid", "promised_on", "ended_on"]].assign(counts=due["on_time"]))]


def _overdue_orders(code: str, facts: Facts) -> list[Value]:
    cases = facts.audit_cases
    if cases.empty:
        return [Value(code, None, 0.0)]
    open_ = ~cases["state"].isin(["closed", *kpis.WITHDRAWN]) & cases["paused_on"].isna()
    past = pd.Series([isinstance(day, date) and day < facts.on for day in cases["due_on"]], index=cases.index)
    late = cases[open_ & past]
    return [Value(code, None, float(len(late)), behind=late[["uid", "place_uid", "due_on", "unit"]])]


def _days_between(code: str, facts: Facts, start: str, end: str) -> list[Value]:
    return [_spans(code, facts.works, start, end)]


def _days_whole(code: str, facts: Facts, urgent: str = "") -> list[Value]:
    return [
        _spans(code, [case for case in facts.works if case.urgent is bool(urgent)], "applied", "accepted")
    ]


def _spans(code: str, cases: Sequence[WorksState], start: str, end: str) -> Value:
    rows = []
    for case in cases:
        if start in case.entered and end in case.entered:
            try:
                days = working_days_between(case.entered[start], case.entered[end])
            except ConflictError:
                continue  # a year whose holidays are not known
            rows.append((case.uid, case.entered[start], case.entered[end], days))
    behind = DataFrame(rows, columns=["case", start, end, "working_days"])
    return Value(code, None, float(median(behind["working_days"])) if rows else None, behind=behind)


def _cost_per_home(code: str, facts: Facts) -> list[Value]:
    rows = [
        (case.uid, case.county, case.settled_yuan) for case in facts.works if case.settled_yuan is not None
    ]
    behind = DataFrame(rows, columns=["case", "county", "settled_yuan"])
    total = float(behind["settled_yuan"].sum())
    return [Value(code, None, total / len(rows) if rows else None, total, len(rows), behind)]


def _barriers_lowered(code: str, facts: Facts) -> list[Value]:
    rows = [
        (case.uid, case.need_before, case.need_met)
        for case in facts.works
        if case.state in ACCEPTED and case.need_met is not None
    ]
    behind = DataFrame(rows, columns=["case", "before", "lowered_by"])
    return [Value(code, None, float(behind["lowered_by"].mean()) if rows else None, behind=behind)]


def _still_in_use(code: str, facts: Facts) -> list[Value]:
    rows = [
        (case.uid, max(case.follow_ups), case.follow_ups[max(case.follow_ups)])
        for case in facts.works
        if case.follow_ups
    ]
    return [share(code, DataFrame(rows, columns=["case", "months", "counts"]))]


FUNCTIONS: Mapping[str, Callable[..., list[Value]]] = {
    "accepted_in_period": _accepted_in_period, "accepted_in_year": _accepted_in_year, "gap_share": _gap_share,
    "association_share": _association_share, "visited_homes": _visited_homes, "homes_served": _homes_served,
    "element_share": _element_share, "place_share": _place_share, "places_passed": _places_passed,
    "satisfied_share": _satisfied_share, "orders_on_time": _orders_on_time, "overdue_orders": _overdue_orders,
    "days_between": _days_between, "days_whole": _days_whole, "cost_per_home": _cost_per_home,
    "barriers_lowered": _barriers_lowered, "still_in_use": _still_in_use,
}  # fmt: skip
