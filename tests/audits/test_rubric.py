"""A published rubric is reproduced to the digit; what nobody answered is an interval, never a zero."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.rubric import parse, score
from gis.catalogue import table
from gis.errors import StandardError

RAW = table("catalogue/rubric.toml")
EXAMPLE = parse(RAW)
ANSWERS = {
    "step_free": "ramp", "door_clear_width_mm": 850.0, "turning_circle": "yes", "grab_bars": "one",
    "open_and_usable": "yes",
}  # fmt: skip


def changed(**keys):
    return parse({**copy.deepcopy(RAW), **keys})


def test_points_and_weights_give_the_score():
    # Getting there (8 + 6) / 20 of 40, inside (10 + 5 + 10) / 30 of 60.
    found = score(EXAMPLE, ANSWERS)
    assert found.total == 40 * 0.7 + 60 * 25 / 30 == 78
    assert found.level == "fair"
    assert found.shares == {"approach": 0.7, "inside": 25 / 30}


def test_an_override_caps_the_total_and_says_why():
    found = score(EXAMPLE, {**ANSWERS, "open_and_usable": "no"})
    assert found.total == 30
    assert found.capped == ("locked or used for something else",)


def test_a_gate_decides_the_level_and_leaves_the_figure():
    found = score(EXAMPLE, {**ANSWERS, "turning_circle": "no", "grab_bars": "none", "step_free": "yes"})
    # 16 / 20 of 40 and 10 / 30 of 60; less than half inside.
    assert (found.total, found.level) == (52, "poor")
    assert found.failed == ("less than half of the points inside",)


def test_not_applicable_leaves_the_denominator_or_earns_full_marks():
    assert score(EXAMPLE, {**ANSWERS, "grab_bars": "not_present"}).total == 40 * 0.7 + 60
    assert score(EXAMPLE, {**ANSWERS, "grab_bars": "exempt"}).total == 40 * 0.7 + 60
    assert score(EXAMPLE, {**ANSWERS, "step_free": "not_present"}).total == 40 * 0.6 + 50
    assert score(EXAMPLE, {**ANSWERS, "step_free": "exempt"}).total == 40 * 0.8 + 50


def test_a_group_in_which_nothing_applies_gives_its_weight_to_the_others():
    nothing = {"step_free": "not_present", "door_clear_width_mm": "not_present"}
    found = score(EXAMPLE, {**ANSWERS, **nothing})
    assert found.total == 83.3
    assert found.shares["approach"] is None


def test_an_unknown_answer_gives_an_interval_and_no_figure():
    found = score(EXAMPLE, {**ANSWERS, "grab_bars": None})
    assert found.total is None
    assert (found.low, found.high) == (40 * 0.7 + 40, 40 * 0.7 + 60)
    assert found.unknown == ("grab_bars",)
    assert found.level is None  # fair or good


def test_a_level_that_no_answer_can_move_is_told():
    found = score(EXAMPLE, {**ANSWERS, "open_and_usable": "no", "step_free": None})
    assert found.total is None
    assert found.level == "poor"


def test_an_unknown_decisive_answer_may_still_cap():
    found = score(EXAMPLE, {**ANSWERS, "open_and_usable": None})
    assert (found.low, found.high) == (30, 78)


def test_another_agency_s_treatment_of_missing_answers_is_a_key():
    missing = {**ANSWERS, "grab_bars": None}
    assert score(changed(unknown="zero"), missing).total == 68
    assert score(changed(unknown="leave_out"), missing).total == 88


def test_halves_are_rounded_as_the_rubric_says():
    full = {**ANSWERS, "step_free": "yes", "door_clear_width_mm": 950.0, "grab_bars": "both"}
    assert score(changed(points=2.5, digits=0), full).total == 3
    assert score(changed(points=2.5, digits=0, rounding="half_even"), full).total == 2
    assert score(changed(points=12.5, digits=1), ANSWERS).total == 9.8  # 78 % of 12.5 is 9.75


def test_a_figure_at_the_edge_of_a_band_is_in_the_better_one():
    totals = [
        score(EXAMPLE, {**ANSWERS, "door_clear_width_mm": mm}).shares["approach"]
        for mm in (799.9, 800, 899.9, 900)
    ]
    assert totals == [8 / 20, 14 / 20, 14 / 20, 18 / 20]


@given(
    st.fixed_dictionaries(
        {
            "step_free": st.sampled_from([None, "yes", "ramp", "no", "not_present", "exempt"]),
            "door_clear_width_mm": st.none() | st.floats(0, 2000),
            "turning_circle": st.sampled_from([None, "yes", "no", "not_present"]),
            "grab_bars": st.sampled_from([None, "both", "one", "none"]),
            "open_and_usable": st.sampled_from([None, "yes", "no"]),
        }
    )
)
def test_the_interval_holds_every_score_and_the_level_is_never_contradicted(answers):
    found = score(EXAMPLE, answers)
    assert 0 <= found.low <= found.high <= 100
    best = {
        "step_free": "yes",
        "door_clear_width_mm": 950.0,
        "turning_circle": "yes",
        "grab_bars": "both",
        "open_and_usable": "yes",
    }
    worst = {
        "step_free": "no",
        "door_clear_width_mm": 0.0,
        "turning_circle": "no",
        "grab_bars": "none",
        "open_and_usable": "no",
    }
    for filling in (best, worst):
        whole = score(
            EXAMPLE, {name: filling[name] if value is None else value for name, value in answers.items()}
        )
        assert found.low <= whole.total <= found.high
        assert found.level in {None, whole.level}


@pytest.mark.parametrize(
    "broken",
    [
        {"colour": "red"},
        {"unknown": "guess"},
        {"rounding": "up"},
        {"not_applicable": {"na": "half"}},
        {"gates": [{"item": "nobody", "answers": ["no"], "level": "poor"}]},
        {"gates": [{"group": "inside", "level": "poor"}]},
        {"gates": [{"group": "inside", "below": 0.5, "level": "nowhere"}]},
        {"overrides": [{"item": "grab_bars", "answers": ["none"]}]},
        {"groups": [{"id": "g", "weight": 1, "items": [{"id": "i", "points": 1}]}]},
        {
            "groups": [
                {"id": "g", "weight": 1, "items": [{"id": "i", "points": 1, "scores": {"yes": 1}}] * 2}
            ],
            "gates": [],
            "overrides": [],
        },
    ],
)
def test_a_rubric_that_is_not_well_formed_is_refused(broken):
    with pytest.raises(StandardError):
        changed(**broken)


def test_the_example_says_that_it_is_one():
    assert EXAMPLE.example
    assert "default of this project" in EXAMPLE.source
