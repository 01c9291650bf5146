"""The need is a sum of named parts, and an unknown fact is neither zero nor full marks."""

from datetime import date

import pytest

from gis.errors import StandardError
from planner import costs, measures, needs
from tests.planner.towns import ON, homes_frame, people_frame, person

WEIGHTS = needs.load("zhangye", ON)


def scored(*people, rural=True, **facts):
    rows = people_frame(*people).assign(counts=True)
    homes = homes_frame("h1", **facts).set_index("uid").assign(rural=rural)
    homes["rural"] = homes["rural"].astype("boolean")
    return needs.score(rows, homes, weights=WEIGHTS, on=ON)


def test_the_score_is_the_sum_of_its_parts():
    # Grade 1: 30; physical: 15; 65 years old: 6; village and severe: 5; dibao: 6.
    found = scored(person("p1", "h1"))
    parts = found.parts.loc["h1"]
    assert parts[parts > 0].to_dict() == {
        "severity": 30, "dependence": 15, "old_and_disabled": 6, "rural_severe": 5, "hardship": 6,
    }  # fmt: skip
    assert found.totals.loc["h1", "score"] == 62
    assert found.totals.loc["h1", "score_high"] == 62


@pytest.mark.parametrize(
    ("part", "facts", "points"),
    [
        ("wheelchair", {"wheelchair_user": True}, 10),
        ("walking", {"walking_difficulty": True}, 6),
        ("alone", {"lives_alone": True}, 5),
        ("no_labour", {"has_labour": False}, 4),
        ("safety_net", {"only_safety_net": True}, 4),
        ("old_carer", {"carer_age": 60}, 6),
        ("old_carer", {"carer_age": 59}, 0),
        ("child", {"born_on": date(2008, 1, 2)}, 4),  # 17 on the day
        ("child", {"born_on": date(2008, 1, 1)}, 0),  # 18 on the day
        ("recent_onset", {"disabled_on": date(2024, 1, 2)}, 5),
        ("recent_onset", {"disabled_on": date(2024, 1, 1)}, 0),
        ("waiting", {"applied_on": date(2022, 6, 1)}, 3),
        ("waiting", {"applied_on": date(2010, 6, 1)}, 5),  # at most 5
        ("hardship", {"hardship": "tekun"}, 8),
        ("severity", {"grade": 2}, 20),
    ],
)
def test_a_fact_gives_the_points_of_its_part(part, facts, points):
    assert scored(person("p1", "h1", **facts)).parts.loc["h1", part] == points


def test_two_disabled_people_in_one_home_count_the_gravest_and_the_number():
    parts = scored(person("p1", "h1", grade=2), person("p2", "h1", grade=1)).parts.loc["h1"]
    assert (parts["severity"], parts["several_disabled"]) == (30, 8)


def test_stairs_count_without_a_lift_only():
    up = {"dwelling_kind": "flat", "storey": 3}
    assert scored(person("p1", "h1"), **up).parts.loc["h1", "stairs"] == 5
    assert scored(person("p1", "h1"), **up, has_lift=True).parts.loc["h1", "stairs"] == 0


def test_an_unknown_fact_widens_the_score_upwards():
    found = scored(person("p1", "h1", wheelchair_user=None)).totals.loc["h1"]
    assert (found["score"], found["score_high"], found["unknown"]) == (62, 72, "wheelchair")


def test_an_unknown_region_leaves_rural_open():
    assert "rural_severe" in scored(person("p1", "h1"), rural=None).totals.loc["h1", "unknown"]


def test_a_weight_without_a_measure_is_refused(monkeypatch):
    monkeypatch.delitem(needs.MEASURES, "waiting_years")
    with pytest.raises(StandardError, match="waiting_years"):
        needs.load("zhangye", ON)


def scheme(*people, **facts):
    homes = homes_frame("h1", **facts).set_index("uid")
    items = measures.schemes(people_frame(*people), homes, rows=measures.scheme_rows())
    return costs.item_costs(items), homes


def test_a_hearing_scheme_costs_the_middle_of_its_prices():
    # Assessment 100; doorbells (200+800)/2 and (80+300)/2; gas alarm 190; alarm clock 155; smoke alarm 250;
    # electrical safety 600.
    items, homes = scheme(person("p1", "h1", category="2"))
    assert set(items["item"]) == {"RI-59", "RI-08", "RI-09", "RI-30", "RI-52", "RI-54", "RI-58"}
    cost = costs.home_costs(items, homes, step_yuan=500).loc["h1"]
    assert cost["cost_yuan"] == 100 + 500 + 190 + 190 + 155 + 250 + 600
    assert cost["reserve_yuan"] == 2000
    assert cost["low_yuan"] < cost["cost_yuan"] < cost["high_yuan"]


def test_only_a_wheelchair_user_with_a_yard_gets_a_ramp():
    assert "RI-01" in set(scheme(person("p1", "h1", wheelchair_user=True))[0]["item"])
    assert "RI-01" not in set(scheme(person("p1", "h1"))[0]["item"])
    assert "RI-01" not in set(scheme(person("p1", "h1", wheelchair_user=None))[0]["item"])
    in_a_flat = scheme(person("p1", "h1", wheelchair_user=True), dwelling_kind="flat")[0]
    assert {"RI-01", "RI-02"} & set(in_a_flat["item"]) == {"RI-02"}


def test_what_a_person_asks_for_is_added_where_it_fits_the_category():
    items, _ = scheme(person("p1", "h1", category="2", needs="RI-55;RI-01"))
    assert items.set_index("item").loc["RI-55", "reason"] == "asked_for"
    assert "RI-01" not in set(items["item"])
