"""The scenarios of tests/scenarios/standards, which an expert in the standards can read and correct."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from audits import standards
from audits.rules import judge
from tests.audits.reading import places, readings

FOLDER = Path(__file__).parents[1] / "scenarios" / "standards"
TODAY = date(2026, 1, 1)
OUTCOMES = ("met", "met_within_tolerance", "not_met")


@cache
def files():
    return {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))}


@cache
def edges():
    """Every single figure of every limit table, by a name a person can find."""
    return {
        f"{name} {rule['id']} {said}": (tables["element"], rule, said, outcome)
        for name, tables in files().items()
        for rule in tables.get("rule", ())
        for outcome in OUTCOMES
        for said in rule.get(outcome, ())
    }


@cache
def cases():
    return {
        f"{name}: {case['says']}": case for name, tables in files().items() for case in tables.get("case", ())
    }


@cache
def verdicts():
    """All scenarios judged at once a day and standard, each as a place of its own."""
    asked = {name: (element, {**rule.get("given", {}), rule["attribute"]: said}, rule)
             for name, (element, rule, said, _) in edges().items()}  # fmt: skip
    asked |= {name: (case["element"], case["measured"], case) for name, case in cases().items()}
    together = {}
    for name, (_, _, facts) in asked.items():
        together.setdefault((facts.get("on", TODAY), facts.get("standard")), []).append(name)
    found = []
    for (on, standard), names in together.items():
        rows = pd.concat([readings(*asked[name][:2], place=("toilets", name)) for name in names])
        facts = pd.concat([places(place_uid=name, **asked[name][2].get("place", {})) for name in names])
        found.append(judge(rows, standards.load(), on=on, places=facts, standard=standard))
    return pd.concat(found).set_index(["place_uid", "rule_id"])


@pytest.mark.parametrize("name", list(edges()))
def test_a_limit_divides_where_its_clause_says(name):
    _, rule, _, outcome = edges()[name]
    verdict = verdicts().loc[(name, rule["id"])]
    assert verdict["outcome"] == outcome
    graded = bool(standards.load().rule(rule["id"]).severity)  # a rate or a class of defect has no severity
    assert pd.notna(verdict["severity"]) == (outcome == "not_met" and graded)


@pytest.mark.parametrize("name", list(cases()))
def test_a_case_is_judged_as_an_expert_would(name):
    case, found = cases()[name], verdicts().loc[name]
    for column, key in (("outcome", "expect"), ("severity", "severity"), ("reason", "reason")):
        expected = case.get(key, {})
        assert {rule: found.loc[rule, column] for rule in expected} == expected


def test_every_rule_shows_both_sides_of_its_limit():
    shown = {rule["id"]: rule for tables in files().values() for rule in tables.get("rule", ())}
    limited = {rule.id: rule for rule in standards.load().rules if rule.judged and not rule.unset}
    tabled = {
        rule.id for rule in limited.values() if rule.steps
    }  # tests/audits/test_edges.py asks every step
    assert set(shown) == set(limited) - tabled
    for name, sides in shown.items():
        assert sides["met"], name
        assert sides["not_met"], name
        assert not limited[name].tolerance or sides["met_within_tolerance"], name


def test_every_family_of_rules_has_at_least_three_scenarios():
    families = {rule.element for rule in standards.load().rules if rule.judged and not rule.unset}
    told = [element for element, *_ in edges().values()] + [case["element"] for case in cases().values()]
    assert {family: told.count(family) for family in families if told.count(family) < 3} == {}
