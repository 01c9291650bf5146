"""A place is what its latest inspection shows, and unknown is neither yes nor no."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits import standards
from audits.grades import LEVELS, place_grades
from audits.rules import judge
from tests.audits.reading import readings

BOOK, POLICY = standards.load(), standards.policy()
TODAY = date(2026, 1, 1)
GOOD = {
    "door_clear_width": "950 mm", "turning_circle": "1.5 m", "grab_bar_height": "700 mm", "open_and_usable": "yes",
}  # fmt: skip


def graded(*inspections, on=TODAY):
    """Grade inspections written as (visit, date, element, said)."""
    rows = pd.concat([readings(element, said, visit=visit) for visit, _, element, said in inspections])
    days = pd.Series({visit: day for visit, day, _, _ in inspections})
    return place_grades(judge(rows, BOOK, on=TODAY), POLICY, visited_on=days, on=on).iloc[0]


def toilet(said, day=date(2025, 6, 1), visit="v1"):
    return visit, day, "accessible_toilet", said


def test_a_toilet_that_meets_every_decisive_rule_is_accessible():
    # Four attributes, the door width by the rule for old and the one for new buildings: five verdicts.
    grade = graded(toilet(GOOD))
    assert (grade["level"], grade["met"], grade["not_met"]) == ("accessible", 5, 0)
    assert grade["unknown"] > 0  # what was not measured is counted, not guessed


def test_a_critical_barrier_makes_it_not_accessible_and_is_named():
    grade = graded(toilet(GOOD | {"turning_circle": "1.2 m"}))
    assert (grade["level"], grade["worst"], grade["failing"]) == ("not_accessible", "critical", "GB-144")


def test_a_lesser_barrier_makes_it_partly_accessible():
    grade = graded(toilet(GOOD | {"basin_height": "850 mm"}))
    assert (grade["level"], grade["worst"], grade["failing"]) == ("partial", "major", "GB-158")


@pytest.mark.parametrize("unseen", GOOD)
def test_one_decisive_attribute_unknown_makes_the_place_unknown(unseen):
    grade = graded(toilet(GOOD | {unseen: "?locked"}))
    assert (grade["level"], grade["missing"]) == ("unknown", f"accessible_toilet.{unseen}")


def test_a_known_barrier_is_not_hidden_by_what_is_unknown():
    grade = graded(toilet({"turning_circle": "1.2 m", "grab_bar_height": "?locked"}))
    assert grade["level"] == "not_accessible"


def test_a_toilet_block_without_its_accessible_toilet_inspected_is_unknown():
    grade = graded(("v1", date(2025, 6, 1), "door", {"clear_width": "950 mm", "threshold_height": "0 mm"}))
    assert (grade["level"], grade["missing"]) == ("unknown", "accessible_toilet|accessible_cubicle")


def test_advice_that_is_not_followed_costs_no_grade():
    table = {"multi_table_length": "500 mm"}
    assert graded(toilet(GOOD | table))["level"] == "accessible"


def test_the_latest_visit_wins():
    old = toilet(GOOD, date(2024, 6, 1), "v1")
    new = toilet(GOOD | {"turning_circle": "1.2 m"}, date(2025, 6, 1), "v2")
    assert graded(old, new)["level"] == "not_accessible"
    assert graded(new, old)["inspected_on"] == date(2025, 6, 1)
    repaired = toilet(GOOD, date(2025, 9, 1), "v3")
    assert graded(old, new, repaired)["level"] == "accessible"


def test_a_later_visit_to_one_element_leaves_the_others_as_they_were():
    door = ("v2", date(2025, 9, 1), "door", {"clear_width": "950 mm", "threshold_height": "0 mm"})
    # Five verdicts of the toilet, and of the door its width (old and new buildings) and threshold.
    grade = graded(toilet(GOOD), door)
    assert (grade["level"], grade["met"]) == ("accessible", 8)


def test_an_old_inspection_says_nothing_and_keeps_its_last_word():
    # Toilets are inspected for 24 months: 1 January 2024 holds until, and not on, 1 January 2026.
    fresh, stale = toilet(GOOD, date(2024, 1, 2)), toilet(GOOD, date(2024, 1, 1))
    assert graded(fresh)["level"] == "accessible"
    grade = graded(stale)
    assert (grade["level"], grade["last_level"], grade["expires_on"]) == ("unknown", "accessible", TODAY)
    assert graded(stale, on=None)["level"] == "accessible"


def test_an_alternative_measure_counts_as_met():
    entrance = ("v1", date(2025, 6, 1), "entrance", {"type_ok": "no", "alternative_measure": "yes"})
    assert graded(toilet(GOOD), entrance)["level"] == "accessible"


def test_nothing_inspected_gives_no_grades():
    empty = judge(readings("door", {"clear_width": "1 m"}).iloc[:0], BOOK, on=TODAY)
    assert place_grades(empty, POLICY, visited_on=pd.Series(dtype=object), on=TODAY).empty


@given(
    st.dictionaries(st.sampled_from(sorted(GOOD)), st.sampled_from(["?locked", "0.1 m", "5 m"]), max_size=4)
)
@settings(max_examples=25)
def test_measuring_less_never_makes_a_place_better(lost):
    order = {
        level: number for number, level in enumerate(("not_accessible", "unknown", "partial", "accessible"))
    }
    blank = dict.fromkeys(lost, "?locked")
    assert graded(toilet(GOOD | blank))["level"] in LEVELS
    assert order[graded(toilet(GOOD | blank))["level"]] <= order["accessible"]
    assert (graded(toilet(GOOD | blank))["level"] == "accessible") == (not lost)
