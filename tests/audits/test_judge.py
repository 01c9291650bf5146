"""Laws of the judge: units, order and repetition change nothing, and unknown stays unknown."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits import standards
from audits.rules import COLUMNS, changes, judge, judge_each
from audits.units import UNITS, in_unit, to_base
from gis.errors import NotFoundError
from tests.audits.reading import places, readings

BOOK = standards.load()
TODAY = date(2026, 1, 1)
SAME_LENGTH = [code for code, unit in UNITS.items() if unit.dimension == "length"]
SLOPES = ["ratio", "percent", "permille", "degree", "1:n"]
FIGURES = [
    rule for rule in BOOK.in_force(TODAY).rules
    if rule.unit in {"mm", "m", "ratio"} and (rule.low or rule.high)
]  # fmt: skip
few = settings(max_examples=15)


def outcomes(verdicts):
    return dict(zip(verdicts["rule_id"], verdicts["outcome"], strict=True))


@st.composite
def measured(draw):
    """A handful of readings of several elements at several places, near and far from their limits."""
    rows = []
    for number in range(draw(st.integers(1, 12))):
        rule = draw(st.sampled_from(FIGURES))
        share = draw(st.sampled_from([0.3, 0.8, 0.95, 1.0, 1.05, 1.3, 2.0]))
        limit = rule.low or rule.high
        rows.append(
            readings(rule.element, {rule.attribute: f"{limit * share} {rule.unit}"},
                     place=("toilets", f"t{number % 3}"), visit=f"v{number % 3}")
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


@given(st.sampled_from(FIGURES), st.floats(0.2, 3), st.data())
@few
def test_the_unit_of_a_reading_never_changes_its_verdicts(rule, share, data):
    amount = to_base((rule.low or rule.high) * share, rule.unit)
    unit = data.draw(st.sampled_from(SLOPES if rule.unit == "ratio" else SAME_LENGTH))
    written = in_unit(np.array([amount]), unit)[0]
    base = "ratio" if rule.unit == "ratio" else "mm"
    ours = judge(readings(rule.element, {rule.attribute: f"{amount} {base}"}), BOOK, on=TODAY)
    theirs = judge(readings(rule.element, {rule.attribute: f"{written} {unit}"}), BOOK, on=TODAY)
    assert outcomes(ours) == outcomes(theirs)
    assert ours["severity"].fillna("").tolist() == theirs["severity"].fillna("").tolist()


@given(st.sampled_from(FIGURES), st.sampled_from([0.0, 1e-12, -1e-12]))
@few
def test_a_figure_at_its_limit_meets_it(rule, noise):
    for limit in (rule.low, rule.high):
        if limit is not None:
            said = {rule.attribute: f"{limit * (1 + noise)} {rule.unit}"}
            assert outcomes(judge(readings(rule.element, said), BOOK, on=TODAY))[rule.id] in {
                "met",
                "not_applicable",
            }


@given(measured(), st.randoms(use_true_random=False))
@few
def test_the_order_of_readings_changes_nothing(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(judge(rows, BOOK, on=TODAY), judge(rows.iloc[order], BOOK, on=TODAY))


@given(measured())
@few
def test_judging_again_by_the_same_rules_changes_nothing(rows):
    first, again = judge(rows, BOOK, on=TODAY), judge(rows, BOOK, on=TODAY)
    pd.testing.assert_frame_equal(first, again)
    assert changes(first, again).empty


@given(measured())
@few
def test_what_was_not_measured_is_never_met_or_failed(rows):
    blank = rows.assign(value=np.nan, not_measured="locked")
    verdicts = judge(blank, BOOK, on=TODAY)
    assert set(verdicts["outcome"]) <= {"not_measured", "not_applicable"}
    assert verdicts["severity"].isna().all()
    assert verdicts["deviation"].isna().all()


@given(measured())
@few
def test_another_place_changes_no_verdict(rows):
    alone = rows[rows["place_uid"] == "t0"]
    together = judge(rows, BOOK, on=TODAY)
    expected = together[together["place_uid"] == "t0"].reset_index(drop=True)
    pd.testing.assert_frame_equal(judge(alone, BOOK, on=TODAY), expected, check_dtype=False)


@given(st.sampled_from(FIGURES), st.floats(0.3, 2))
@few
def test_learning_a_condition_never_turns_met_into_failed_or_back(rule, share):
    # What is unknown may become known; what is decided while conditions are unknown stays decided.
    said = {rule.attribute: f"{(rule.low or rule.high) * share} {rule.unit}"}
    before = outcomes(judge(readings(rule.element, said), BOOK, on=TODAY))
    for day in (date(2015, 1, 1), date(2024, 1, 1)):
        after = outcomes(judge(readings(rule.element, said), BOOK, on=TODAY, places=places(built_on=day)))
        for name, outcome in before.items():
            if outcome in {"met", "met_within_tolerance"}:
                assert after[name] in {outcome, "not_applicable"}


def test_a_deviation_is_in_the_unit_of_the_rule():
    verdict = judge(readings("wheelchair_ramp", {"clear_width": "90 cm"}), BOOK, on=TODAY).set_index(
        "rule_id"
    )
    row = verdict.loc["GB-069"]
    assert (row["value"], row["unit"], row["limit_low"], row["deviation"], row["relative"]) == (
        0.9,
        "m",
        1.2,
        0.3,
        0.25,
    )
    assert np.isnan(row["limit_high"])


def test_a_verdict_carries_its_clause_and_force():
    verdict = (
        judge(readings("door", {"threshold_height": "20 mm"}), BOOK, on=TODAY)
        .set_index("rule_id")
        .loc["GB-102"]
    )
    assert (verdict["standard"], verdict["clause"], verdict["force"]) == (
        "GB 55019-2021",
        "2.5.3",
        "mandatory",
    )


def test_nothing_measured_gives_no_verdicts():
    empty = readings("door", {"clear_width": "900 mm"}).iloc[:0]
    assert judge(empty, BOOK, on=TODAY).empty
    assert list(judge(empty, BOOK, on=TODAY).columns) == list(COLUMNS)
    assert judge_each(empty, BOOK, on=pd.Series([], dtype=object)).empty


def test_an_element_without_rules_in_force_has_no_verdicts():
    assert judge(readings("hotel_room", {"count": "1 count"}), BOOK, on=TODAY).empty


def test_each_visit_is_judged_by_the_rules_of_its_own_day():
    rows = pd.concat([
        readings("wheelchair_ramp", {"clear_width": "1.1 m", "at_entrance": "no"}, visit="old"),
        readings("wheelchair_ramp", {"clear_width": "1.1 m", "at_entrance": "no"}, visit="new"),
    ])  # fmt: skip
    days = rows["visit_uid"].map({"old": date(2020, 5, 1), "new": date(2023, 5, 1)})
    found = judge_each(rows, BOOK, on=days, places=places(built_on=date(2015, 1, 1)))
    decided = found[found["outcome"].isin(["met", "not_met"])]
    assert dict(zip(decided["visit_uid"], decided["rule_id"], strict=True)) == {
        "old": "GB-070",
        "new": "GB-069",
    }
    assert decided.set_index("visit_uid")["outcome"].to_dict() == {"old": "met", "new": "not_met"}


def test_rejudging_under_another_standard_lists_what_changes():
    rows = readings("wheelchair_ramp", {"clear_width": "1 m", "landing_length": "1.6 m"})
    found = changes(judge(rows, BOOK, on=TODAY), judge(rows, BOOK, on=TODAY, standard="ADA 2010"))
    widths = found[found["attribute"] == "clear_width"].iloc[0]
    assert (widths["before"], widths["after"], widths["rule_after"]) == ("not_met", "met", "INT-025")
    assert "landing_length" not in set(found["attribute"])


def test_an_unknown_standard_is_refused():
    with pytest.raises(NotFoundError):
        judge(readings("door", {"clear_width": "1 m"}), BOOK, on=TODAY, standard="none")
