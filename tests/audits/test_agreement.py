"""Agreement is what is left when chance is taken away; Krippendorff's published example comes out."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.agreement import alpha, alpha_interval, cohen_kappa, kappa_interval
from audits.calibration import criteria, drift, gold_items, ratings
from gis.errors import DomainError, EmptyLayerError

# Krippendorff (2011), section C: four observers, twelve units, missing ratings.
EXAMPLE = pd.DataFrame({
    "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
})  # fmt: skip


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_the_published_example_of_krippendorff_comes_out(level, published):
    assert round(alpha(EXAMPLE, level), 3) == published


def test_the_published_example_of_cohen_comes_out():
    # 50 units: 20 yes-yes, 15 no-no, 5 + 10 apart: (0.7 - 0.5) / (1 - 0.5) = 0.4.
    first = ["y"] * 25 + ["n"] * 25
    second = ["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)


def test_weights_forgive_near_misses_of_ranked_codes():
    first, second = [1, 1, 2, 2, 3, 3], [1, 2, 2, 3, 3, 3]
    # Disagreement seen: two of one step. By chance, over 36 pairs: 22 differ, of which four by two steps.
    plain, linear, quadratic = (
        cohen_kappa(first, second, weights=w) for w in ("none", "linear", "quadratic")
    )
    table = {(a, b): first.count(a) * second.count(b) / 6 for a in (1, 2, 3) for b in (1, 2, 3)}
    for value, power in ((plain, 0), (linear, 1), (quadratic, 2)):
        chance = sum(abs(a - b) ** power * share for (a, b), share in table.items() if a != b)
        assert value == pytest.approx(1 - 2 / chance)
    assert plain < linear < quadratic


def test_a_word_order_is_taken_from_the_caller():
    order = ["minor", "major", "critical"]
    near = cohen_kappa(["minor", "critical"], ["major", "critical"], weights="linear", order=order)
    far = cohen_kappa(["minor", "critical"], ["critical", "critical"], weights="linear", order=order)
    assert near > far
    with pytest.raises(DomainError):
        cohen_kappa(["minor"], ["grave"], order=order)
    with pytest.raises(DomainError):
        alpha(pd.DataFrame({"a": ["grave"], "b": ["minor"]}), "ordinal", order=order)


def test_two_that_always_say_the_same_thing_show_no_agreement_and_no_disagreement():
    assert np.isnan(cohen_kappa(["y"] * 5, ["y"] * 5))
    assert np.isnan(alpha(pd.DataFrame({"a": ["y"] * 5, "b": ["y"] * 5}), "nominal"))
    assert np.isnan(alpha(pd.DataFrame({"a": [1.0, None], "b": [None, 2.0]}), "interval"))


def test_raters_of_different_or_no_units_are_refused():
    with pytest.raises(DomainError):
        cohen_kappa(["y"], ["y", "n"])
    with pytest.raises(EmptyLayerError):
        cohen_kappa(["y", None], [None, "n"])


tables = st.lists(st.lists(st.sampled_from([1, 2, 3, None]), min_size=3, max_size=3), min_size=1, max_size=12)


@given(rows=tables, level=st.sampled_from(["nominal", "ordinal", "interval"]))
@settings(deadline=None, max_examples=60)
def test_alpha_does_not_depend_on_the_order_of_units_or_raters_and_is_at_most_one(rows, level):
    table = pd.DataFrame(rows, columns=list("abc"), dtype=object)
    found, turned = alpha(table, level), alpha(table.iloc[::-1, ::-1], level)
    assert np.isnan(found) == np.isnan(turned)
    if not np.isnan(found):
        assert found == pytest.approx(turned)
        assert found <= 1


@given(codes=st.lists(st.sampled_from("abc"), min_size=2, max_size=20))
def test_who_copies_agrees_perfectly_unless_nothing_varies(codes):
    found = cohen_kappa(codes, codes)
    assert np.isnan(found) if len(set(codes)) == 1 else found == 1


def test_the_bootstrap_is_repeatable_and_holds_the_coefficient():
    first = alpha_interval(EXAMPLE, "nominal", 7)
    assert first == alpha_interval(EXAMPLE, "nominal", 7)
    assert first != alpha_interval(EXAMPLE, "nominal", 8)
    assert first.low < first.value < first.high <= 1
    # The last unit has one rating only, which pairs with nothing: 11 units, 40 ratings.
    assert (first.units, first.ratings) == (11, 40)


def test_more_units_narrow_the_interval():
    rng = np.random.default_rng(1)
    said = rng.integers(0, 2, 400)
    other = np.where(rng.random(400) < 0.85, said, 1 - said)
    pairs = pd.DataFrame({"a": said, "b": other})
    few, many = kappa_interval(pairs[:40], 3), kappa_interval(pairs, 3)
    assert many.high - many.low < few.high - few.low
    assert many.low <= many.value <= many.high
    assert many.value == pytest.approx(0.7, abs=0.1)  # 85 % of even odds: (0.85 - 0.5) / 0.5


def test_one_unit_has_a_coefficient_but_no_interval():
    found = alpha_interval(pd.DataFrame({"a": [1.0], "b": [2.0]}), "interval", 1)
    assert np.isnan(found.low)
    assert found.value == pytest.approx(0.0)


def audits(*rows):
    """Rows (inspector, day, place, attribute, value, unit, choice) as measurements and visits."""
    names = ["inspector", "visited_on", "place_uid", "attribute", "value", "unit", "choice"]
    said = pd.DataFrame(rows, columns=names)
    said["visit_uid"] = said["inspector"] + said["place_uid"] + said["visited_on"].astype(str)
    said = said.assign(place_layer="toilets", element="door", element_no=1)
    visits = said.rename(columns={"visit_uid": "uid"})[["uid", "inspector", "visited_on"]].drop_duplicates(
        "uid"
    )
    return said.drop(columns=["inspector", "visited_on"]), visits


DAY = date(2026, 3, 1)


def test_millimetres_and_metres_agree():
    rated = ratings(*audits(
        ("Li", DAY, "p1", "width", 900.0, "mm", None), ("Wu", DAY, "p1", "width", 0.9, "m", None),
        ("Li", DAY, "p2", "width", 800.0, "mm", None), ("Wu", DAY, "p2", "width", 0.8, "m", None),
    ))  # fmt: skip
    row = criteria(rated, 1).iloc[0]
    assert (row["alpha"], row["agreed"], row["units"], row["inspectors"]) == (1.0, 1.0, 2, 2)


def test_two_inspectors_of_yes_and_no_get_a_kappa():
    said = [("p1", 1, 1), ("p2", 1, 1), ("p3", 0, 0), ("p4", 1, 0)]
    rows = [
        (who, DAY, place, "clear", float(value), "bool", None)
        for place, *both in said
        for who, value in zip(("Li", "Wu"), both, strict=True)
    ]
    row = criteria(ratings(*audits(*rows)), 1).iloc[0]
    # Three of four alike; by chance 3/4 x 2/4 + 1/4 x 2/4 = 0.5: kappa 0.5.
    assert (row["level"], row["kappa"], row["agreed"]) == ("nominal", 0.5, 0.75)


def test_a_visit_long_before_is_no_double_audit_and_of_one_inspector_the_latest_speaks():
    rated = ratings(*audits(
        ("Li", date(2025, 1, 1), "p1", "width", 700.0, "mm", None),
        ("Wu", DAY, "p1", "width", 900.0, "mm", None),
        ("Wu", date(2026, 2, 20), "p1", "width", 100.0, "mm", None),
    ))  # fmt: skip
    assert rated["rating"].tolist() == [900.0]
    assert criteria(rated, 1).empty


def test_what_was_not_measured_is_no_rating():
    assert ratings(*audits(("Li", DAY, "p1", "width", None, "mm", None))).empty


def test_three_readings_of_a_visit_are_one_rating():
    rated = ratings(
        *audits(*[("Li", DAY, "p1", "slope", value, "percent", None) for value in (4.0, 5.0, 6.0)])
    )
    assert rated["rating"].tolist() == pytest.approx([0.05])


def test_gold_items_show_who_is_right_and_whose_tape_is_short():
    places = [f"p{number}" for number in range(10)]
    rows = [("gold", DAY, place, "width", 1000.0, "mm", None) for place in places]
    rows += [("Li", DAY, place, "width", 1005.0, "mm", None) for place in places]
    rows += [("Wu", DAY, place, "width", 950.0, "mm", None) for place in places]
    rows += [
        ("gold", DAY, "p0", "kind", None, "choice", "sliding"),
        ("Li", DAY, "p0", "kind", None, "choice", "hinged"),
    ]
    found = gold_items(ratings(*audits(*rows)), "gold").set_index("inspector")
    assert found.loc["Li", ["checked", "right"]].tolist() == [11, 10]
    assert found.loc["Wu", ["checked", "right"]].tolist() == [10, 0]
    assert found.loc["Wu", "median_error"] == pytest.approx(-0.05)
    assert found.loc["Li", "low"] < 10 / 11 < found.loc["Li", "high"]


def test_a_tape_that_stretches_drifts_and_a_steady_one_does_not():
    rows = []
    for month in range(1, 13):
        day, place = date(2026, month, 1), f"p{month}"
        rows += [
            ("gold", day, place, "width", 1000.0, "mm", None),
            ("Li", day, place, "width", 1000.0 + 4 * month, "mm", None),
            ("Wu", day, place, "width", 1000.0 + (-1) ** month, "mm", None),
        ]
    found = drift(ratings(*audits(*rows)), "gold").set_index("inspector")
    assert found["drifts"].to_dict() == {"Li": True, "Wu": False}
    assert found.loc["Li", "per_year"] == pytest.approx(0.048, abs=0.002)
