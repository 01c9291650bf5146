"""All 288 rules and their parts, each at the exact edge of its limit, worked out apart from the judge."""

from functools import cache

import pandas as pd
import pytest

from audits import standards
from audits.rules import judge
from tests.audits.edges import alone, asked, day_of, edges, in_every_unit
from tests.audits.reading import places, readings

BOOK = standards.load()
RULES = {f"{rule.id} {rule.valid_from or ''}".strip(): rule for rule in BOOK.rules if rule.judged}
LIMITED = {name: rule for name, rule in RULES.items() if not rule.unset and not rule.steps}


@cache
def outcomes(name, *, units):
    """What the judge says at every edge of a rule, beside what arithmetic says."""
    rule = LIMITED[name]
    said = [
        (each, outcome)
        for one, outcome in edges(rule)
        for each in (in_every_unit(rule, one) if units else [one])
    ]
    if not said:
        return []
    parts = [asked(rule, one, f"p{number}") for number, (one, _) in enumerate(said)]
    verdicts = judge(
        pd.concat([rows for rows, _ in parts]),
        alone(BOOK, rule),
        on=day_of(BOOK, rule),
        places=pd.concat([facts for _, facts in parts]),
        standard=rule.standard,
    )
    found = verdicts.set_index("place_uid")
    return [
        (one, outcome, found.loc[f"p{number}", "outcome"], found.loc[f"p{number}", "severity"])
        for number, (one, outcome) in enumerate(said)
    ]


@pytest.mark.parametrize("name", LIMITED)
def test_every_rule_divides_at_its_limit(name):
    found = outcomes(name, units=False)
    assert {outcome for _, outcome, _, _ in found} >= {"met", "not_met"}
    assert [(one, got) for one, _, got, _ in found] == [(one, outcome) for one, outcome, _, _ in found]


def test_a_failure_has_a_severity_wherever_its_rule_has_one():
    for name, rule in LIMITED.items():
        for one, _, got, severity in outcomes(name, units=False):
            assert pd.notna(severity) == (got == "not_met" and bool(rule.severity)), (name, one)


def test_no_unit_of_measurement_changes_a_verdict_of_any_rule():
    asked_of = 0
    for name in LIMITED:
        for one, outcome, got, _ in outcomes(name, units=True):
            asked_of += 1
            assert got == outcome, (name, one)
    assert asked_of > 2_000


def test_a_limit_that_is_still_to_be_filled_in_decides_nothing():
    unset = [rule for rule in RULES.values() if rule.unset]
    assert {rule.id for rule in unset} == {"GB-065", "GB-200"}
    for rule in unset:
        rows = readings(rule.element, {rule.attribute: f"1 {rule.unit}"}, place=("facilities", "p"))
        facts = places(place_layer="facilities", place_uid="p")
        verdict = judge(rows, alone(BOOK, rule), on=day_of(BOOK, rule), places=facts, standard=rule.standard)
        assert verdict["outcome"].tolist() == ["not_measured"]
        assert verdict["reason"].tolist() == ["no_limit"]


# Bays that a table of steps asks for: to 25 one, to 50 two, to 75 three, to 100 four, to 150 five, to 200 six,
# to 300 seven, to 400 eight, to 500 nine, to 1000 two in a hundred, then twenty and one a hundred begun.
BAYS = {1: 1, 25: 1, 26: 2, 50: 2, 51: 3, 100: 4, 101: 5, 200: 6, 201: 7, 500: 9, 501: 11, 1000: 20, 1001: 21, 1100: 21, 1101: 22}  # fmt: skip


@pytest.mark.parametrize(("total", "needed"), BAYS.items())
def test_a_table_of_steps_divides_at_every_step(total, needed):
    (rule,) = [rule for rule in RULES.values() if rule.steps]
    for bays, outcome in ((needed, "met"), (needed - 1, "not_met")):
        said = {rule.attribute: f"{bays} count", rule.steps.attribute: f"{total} count"}
        rows = readings(rule.element, said, place=("facilities", "p"))
        facts = places(place_layer="facilities", place_uid="p")
        verdict = judge(rows, alone(BOOK, rule), on=day_of(BOOK, rule), places=facts, standard=rule.standard)
        assert verdict["outcome"].tolist() == [outcome]
