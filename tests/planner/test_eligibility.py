"""Who qualifies: every refusal names its rule, and an open question is never a refusal."""

from datetime import date

import pytest

from gis.errors import StandardError
from planner import eligibility
from planner.dated import in_force
from tests.planner.towns import ON, certificate, homes_frame, people_frame, person

RULES = eligibility.load("zhangye", ON)


def judged(*people, homes=None):
    rows = people_frame(*people)
    households = homes_frame("h1") if homes is None else homes
    return eligibility.judge(rows, households, rules=RULES, on=ON).homes.loc["h1"]


def test_a_home_that_passes_everything_qualifies():
    found = judged(person("p1", "h1"))
    assert (found["outcome"], found["plannable"], found["refused_by"], found["unknown"]) == (
        "eligible",
        True,
        "",
        "",
    )


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"certificate": "620799196002030011"}, "EL-01"),
        ({"grade": 3}, "EL-02"),
        ({"hardship": "none"}, "EL-03"),
        ({"hardship_until": date(2025, 12, 31)}, "EL-04"),
        ({"consent": False}, "EL-05"),
        ({"device_only": True}, "EL-06"),
        ({"other_programme": True}, "EL-07"),
    ],
)
def test_a_refusal_of_a_person_names_its_rule(facts, rule):
    found = judged(person("p1", "h1", **facts))
    assert (found["outcome"], found["plannable"], found["refused_by"]) == ("refused", False, rule)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"safety_grade": "C"}, "EL-08"),
        ({"tenure": "rented"}, "EL-09"),
        ({"demolition_planned": True}, "EL-10"),
        ({"renovated_on": date(2021, 6, 1)}, "EL-11"),
    ],
)
def test_a_refusal_of_a_home_names_its_rule(facts, rule):
    found = judged(person("p1", "h1"), homes=homes_frame("h1", **facts))
    assert (found["outcome"], found["refused_by"]) == ("refused", rule)


def test_a_renovation_of_five_years_ago_is_no_obstacle():
    assert judged(person("p1", "h1"), homes=homes_frame("h1", renovated_on=ON.replace(year=2021)))[
        "plannable"
    ]


@pytest.mark.parametrize(
    ("facts", "rule", "plannable"),
    [
        ({"grade": None}, "EL-02", False),
        ({"hardship": None}, "EL-03", False),
        ({"consent": None}, "EL-05", True),
    ],
)
def test_an_open_fact_is_unknown_and_holds_the_plan_only_where_the_rule_says_so(facts, rule, plannable):
    found = judged(person("p1", "h1", **facts))
    assert (found["outcome"], found["unknown"], found["plannable"]) == ("unknown", rule, plannable)


def test_one_person_who_qualifies_is_enough():
    found = judged(person("p1", "h1", grade=4, certificate=certificate(grade=4)), person("p2", "h1"))
    assert (found["outcome"], found["person_uid"], found["qualifying"]) == ("eligible", "p2", 1)


def test_a_refused_home_hears_the_rules_of_the_person_who_came_nearest():
    found = judged(person("p1", "h1", grade=3, hardship="none"), person("p2", "h1", consent=False))
    assert (found["refused_by"], found["person_uid"]) == ("EL-05", "p2")


def test_a_home_that_is_not_registered_is_unknown():
    found = judged(person("p1", "h1"), homes=homes_frame("h9"))
    assert found["outcome"] == "unknown"
    assert found["unknown"] == "EL-08;EL-09;EL-10"


def test_a_county_may_take_in_grades_3_and_4():
    rows = [dict(rule.facts) for rule in RULES]
    for row in rows:
        if row["id"] == "EL-02":
            row["options"] = [
                {"counties": ["620702"], "alternatives": [{"grade": [3, 4], "category": ["5", "6"]}]}
            ]
    rules = [eligibility.rule_from(row, "here") for row in rows]
    people = people_frame(
        person("p1", "h1", grade=3, category="6", certificate=None),
        person("p2", "h2", grade=3, category="6", certificate=None),
    )
    homes = homes_frame("h1", "h2")
    homes.loc[1, "region_code"] = "620723001201"
    found = eligibility.judge(people, homes, rules=rules, on=ON).homes
    assert found["plannable"].tolist() == [True, False]


def test_two_rules_of_one_id_on_one_day_are_refused():
    row = {"id": "EL-1", "valid_from": date(2020, 1, 1), "source": "s"}
    with pytest.raises(StandardError, match="two rows"):
        in_force([row, row | {"valid_from": date(2021, 1, 1)}], ON, file="f")
    ended = row | {"valid_to": date(2020, 12, 31)}
    assert (
        in_force([ended, row | {"valid_from": date(2021, 1, 1)}], ON, file="f")[0]["valid_from"].year == 2021
    )


def test_a_rule_of_an_unknown_kind_is_refused():
    with pytest.raises(StandardError, match="kind"):
        eligibility.rule_from({"id": "x", "kind": "guess", "scope": "home", "needed_for": "plan"}, "f")


def test_every_rule_of_the_city_has_a_source_and_a_confidence():
    assert all(rule.facts["source"] and rule.facts["confidence"] for rule in RULES)
    assert all(rule.facts["confidence"] == "sourced" for rule in RULES if rule.facts["verified"])
