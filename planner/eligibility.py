"""Tells which homes qualify for the programme, by dated rules; every refusal names its rule.

A rule has three answers for a person or a home: passed, refused, unknown. A home qualifies when all rules
of its dwelling are passed and one of its people passes all rules of people; it is refused when a rule
of the dwelling refuses it or every one of its people is refused; otherwise it is unknown, which is never a
refusal. An unknown home may still be planned when only facts are open that a visit settles before the works
(`needed_for = "works"`); a fact needed for the plan keeps it out until somebody asks.

What a reader may question: when all people are refused, the home is told the rules of the person who
came nearest (fewest refusals, then uid), not of all of them together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series

from gis.errors import StandardError
from planner.dated import Row, programme_file, programme_rows
from planner.people import certificates_ok

PASSED, UNKNOWN, REFUSED = 2, 1, 0
OUTCOMES = {PASSED: "eligible", UNKNOWN: "unknown", REFUSED: "refused"}

Answers = NDArray[np.int8]


@dataclass(frozen=True)
class Rule:
    """One rule in force; `facts` holds what its kind needs."""

    id: str
    scope: str
    kind: str
    columns: tuple[str, ...]
    needed_for: str
    missing: int
    facts: Mapping[str, Any]

    def label(self, lang: str) -> str:
        """Return the rule in words."""
        return str(self.facts[lang])


@dataclass(frozen=True)
class Judgement:
    """Who qualifies.

    Attributes
    ----------
    homes
        Index `household_uid`; `outcome` (eligible, unknown, refused), `plannable`, `refused_by` and
        `unknown` (rule ids joined by `;`), `person_uid` (whose answers these are), `qualifying` (people
        who pass or may pass).
    people
        Index that of the people; a column of answers (2 passed, 1 unknown, 0
        refused) for each rule of people.
    """

    homes: DataFrame
    people: DataFrame


def load(city_id: str, on: date) -> list[Rule]:
    """Return the rules of a city in force on a day.

    Raises
    ------
    NotFoundError
        The city has no programme.
    StandardError
        A rule is not well formed.
    """
    return [rule_from(row, programme_file(city_id)) for row in programme_rows(city_id, "eligibility", on)]


def rule_from(row: Row, file: str) -> Rule:
    """Return a rule from its row of data.

    Raises
    ------
    StandardError
        Its kind, scope or `needed_for` is not known.
    """
    for name, known in (
        ("kind", TESTS),
        ("scope", ("person", "home")),
        ("needed_for", ("plan", "works")),
    ):
        if row.get(name) not in known:
            raise StandardError(
                file, str(row["id"]), f"{name} '{row.get(name)}' is none of {', '.join(known)}"
            )
    missing = PASSED if row.get("missing") == "pass" else UNKNOWN
    return Rule(
        row["id"], row["scope"], row["kind"], tuple(row["columns"]), row["needed_for"], missing, dict(row)
    )


def judge(people: DataFrame, households: DataFrame, *, rules: Sequence[Rule], on: date) -> Judgement:
    """Return which homes qualify.

    Parameters
    ----------
    people
        Columns of the layer `people` in clear; absent columns are unknown.
    households
        Column `uid` and those of the layer `households`; a home of people that is not in it has unknown
        facts.
    rules
        What `load` returns.
    on
        Day the dates are compared with.

    Returns
    -------
    Judgement
        One row for every home somebody lives in; empty when nobody is registered.
    """
    lived_in = pd.Index(sorted(people["household_uid"].unique()), name="household_uid")
    homes = households.drop_duplicates("uid").set_index("uid").reindex(lived_in)
    code = _column(homes, "region_code")
    at_home = people["household_uid"].map(code).astype("object")
    counties = at_home.where(at_home.notna(), _column(people, "region_code")).str[:6]
    of_people = [rule for rule in rules if rule.scope == "person"]
    of_homes = [rule for rule in rules if rule.scope == "home"]
    person_answers = _answers(people, of_people, counties, on)
    home_answers = _answers(homes, of_homes, code.str[:6], on)
    nearest, qualifying = _nearest(people, person_answers, lived_in)
    joined = np.column_stack([person_answers.to_numpy()[nearest], home_answers.to_numpy()])
    outcome = joined.min(axis=1, initial=PASSED)
    holds = np.array([rule.needed_for == "plan" for rule in (*of_people, *of_homes)], dtype=bool)
    held = ((joined == UNKNOWN) & holds).any(axis=1)
    names = [rule.id for rule in (*of_people, *of_homes)]
    judged = DataFrame(
        {
            "outcome": pd.Series(outcome, index=lived_in).map(OUTCOMES),
            "plannable": (outcome > REFUSED) & ~held,
            "refused_by": _joined(joined == REFUSED, names),
            "unknown": _joined(joined == UNKNOWN, names),
            "person_uid": people["uid"].to_numpy()[nearest],
            "qualifying": qualifying,
        },
        index=lived_in,
    )
    return Judgement(judged, person_answers)


def _nearest(
    people: DataFrame, answers: DataFrame, lived_in: pd.Index
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    # The person of each home who came nearest: fewest refusals, then fewest unknowns, then the uid.
    values = answers.to_numpy()
    home = lived_in.get_indexer(pd.Index(people["household_uid"]))
    refusals, unknowns = (values == REFUSED).sum(axis=1), (values == UNKNOWN).sum(axis=1)
    order = np.lexsort((people["uid"].astype(str).to_numpy(), unknowns, refusals, home))
    first = np.searchsorted(home[order], np.arange(len(lived_in)))
    qualifying = np.bincount(home[refusals == 0], minlength=len(lived_in))
    return order[first] if len(order) else order, qualifying


def _answers(rows: DataFrame, rules: Sequence[Rule], counties: Series, on: date) -> DataFrame:
    columns = {}
    for rule in rules:
        facts = DataFrame({name: _column(rows, name) for name in rule.columns}, index=rows.index)
        columns[rule.id] = TESTS[rule.kind](rule, facts, counties, on)
    return DataFrame(columns, index=rows.index, dtype=np.int8)


def _column(rows: DataFrame, name: str) -> Series:
    return rows[name].astype("object") if name in rows else Series(None, index=rows.index, dtype=object)


def _joined(marked: NDArray[np.bool_], names: list[str]) -> list[str]:
    patterns, which = np.unique(marked, axis=0, return_inverse=True)  # few patterns, many rows
    words = [";".join(name for name, mark in zip(names, row, strict=True) if mark) for row in patterns]
    return [words[number] for number in which.ravel()]


def _three(passed: Series, known: Series, missing: int) -> Answers:
    told = np.where(passed.fillna(value=False).astype(bool), PASSED, REFUSED)
    return np.where(known, told, missing).astype(np.int8)


def _one_of(rule: Rule, facts: DataFrame, _counties: Series, _on: date) -> Answers:
    value = facts[rule.columns[0]]
    return _three(value.isin(rule.facts["values"]), value.notna(), rule.missing)


def _is(rule: Rule, facts: DataFrame, _counties: Series, _on: date) -> Answers:
    value = facts[rule.columns[0]].astype("boolean")
    return _three(value, value.notna(), rule.missing)


def _is_not(rule: Rule, facts: DataFrame, _counties: Series, _on: date) -> Answers:
    value = facts[rule.columns[0]].astype("boolean")
    return _three(~value, value.notna(), rule.missing)


def _until(rule: Rule, facts: DataFrame, _counties: Series, on: date) -> Answers:
    day = pd.to_datetime(facts[rule.columns[0]], errors="coerce")
    return _three(day >= pd.Timestamp(on), day.notna(), rule.missing)


def _not_within_years(rule: Rule, facts: DataFrame, _counties: Series, on: date) -> Answers:
    day = pd.to_datetime(facts[rule.columns[0]], errors="coerce")
    since = pd.Timestamp(on) - pd.DateOffset(years=rule.facts["years"])
    return _three(day <= since, day.notna(), rule.missing)


def _certificate(rule: Rule, facts: DataFrame, _counties: Series, _on: date) -> Answers:
    right = certificates_ok(facts[rule.columns[0]])
    return _three(right, right.notna(), rule.missing)


def _any_of(rule: Rule, facts: DataFrame, counties: Series, _on: date) -> Answers:
    # The best of the alternatives, each as weak as its weakest condition; options hold in their counties.
    answers = np.zeros(len(facts), dtype=np.int8)
    for alternative in rule.facts["alternatives"]:
        answers = np.maximum(answers, _all_of(alternative, facts, rule.missing))
    for option in rule.facts.get("options", ()):
        inside = counties.isin(option["counties"]).to_numpy()
        for alternative in option["alternatives"]:
            answers = np.where(
                inside, np.maximum(answers, _all_of(alternative, facts, rule.missing)), answers
            )
    return answers


def _all_of(conditions: Mapping[str, Any], facts: DataFrame, missing: int) -> Answers:
    answers = np.full(len(facts), PASSED, dtype=np.int8)
    for column, values in conditions.items():
        known = facts[column].notna()
        answers = np.minimum(answers, _three(facts[column].isin(values), known, missing))
    return answers


Test = Callable[[Rule, DataFrame, Series, date], Answers]

TESTS: dict[str, Test] = {
    "one_of": _one_of,
    "any_of": _any_of,
    "is": _is,
    "is_not": _is_not,
    "until": _until,
    "not_within_years": _not_within_years,
    "certificate": _certificate,
}
