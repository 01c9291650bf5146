"""People and homes of the demonstration city: nobody can be real, and every rule has both sides."""

from datetime import date

import pandas as pd
import pytest
import shapely

from data.demo.identity import check_digits
from data.demo.people import CATEGORIES
from planner import eligibility


def test_every_home_lies_in_the_cell_of_its_village(full):
    villages = full.regions[full.regions["level"] == "village"].set_index("code")
    cells = villages.geometry.reindex(full.households["region_code"])
    assert shapely.contains(cells.to_numpy(), full.households.geometry.to_numpy()).all()


def test_every_person_lives_in_a_household_of_the_same_village(full):
    village = full.households.set_index("uid")["region_code"]
    assert (full.people["household_uid"].map(village) == full.people["region_code"]).all()
    assert set(full.people["household_uid"]) == set(full.households["uid"])
    assert full.people["uid"].is_unique


def test_no_certificate_can_be_of_a_real_person(full):
    numbers = full.people["certificate"]
    assert numbers.str.fullmatch(r"\d{17}[\dX][1-7][1-4]").all()
    assert numbers.str.startswith(
        "999"
    ).all()  # neither GB/T 2260 nor a residence card; see data.demo.identity
    assert numbers.str[:18].is_unique
    assert (check_digits(numbers.str[:17]) == numbers.str[17]).all()
    assert (numbers.str[6:14] == full.people["born_on"].str.replace("-", "")).all()
    assert ((numbers.str[16].astype(int) % 2 == 1) == (full.people["sex"] == "male")).all()
    assert (numbers.str[18].astype(int) == full.people["category"]).all()
    assert (numbers.str[19].astype(int) == full.people["grade"]).all()
    assert full.people["phone"].str.fullmatch(r"000\d{8}").all()


def test_the_check_digit_is_that_of_the_standard():
    # The worked example of GB 11643: 11010519491231002X.
    assert check_digits(pd.Series(["11010519491231002"])).tolist() == ["X"]


def test_every_rule_of_eligibility_has_people_on_both_sides(full):
    truth = full.truth["eligibility_truth"]
    broken = truth["not_met"].fillna("").str.split(";").explode().value_counts()
    rules = ("severity", "hardship", "hardship_valid", "consent", "dwelling", "tenure", "demolition", "repeat",
             "device_only", "other_programme")  # fmt: skip
    assert set(broken.index) - {""} == set(rules)
    assert (broken[list(rules)] < len(truth) * 0.9).all()
    only = truth["not_met"].isin(rules)
    assert set(truth.loc[only, "not_met"]) == set(rules)  # each is also the single reason of somebody


def test_priority_groups_occur(full):
    people = full.people
    assert (people["household_uid"].value_counts() > 1).sum() > 1000
    assert ((people["grade"] <= 2) & (people["carer_age"] >= 60)).sum() > 1000
    for flag in ("lives_alone", "only_safety_net", "wheelchair_user", "walking_difficulty"):
        assert 0.01 < people[flag].mean() < 0.6


@pytest.mark.realdata
def test_the_people_have_the_shape_of_the_earlier_experiment(full, shared):
    earlier = pd.read_parquet(shared / "data/synthetic_zhangye/disabled_persons.parquet")
    words = dict(enumerate(CATEGORIES, 1))
    ours = full.people.assign(category=full.people["category"].map(words))
    for column in ("category", "grade"):
        expected = earlier[column].astype(str).value_counts(normalize=True).to_dict()
        found = ours[column].astype(str).value_counts(normalize=True).to_dict()
        assert found == pytest.approx(expected, abs=0.02)
    counties = earlier["unit"].str[:6].value_counts(normalize=True).to_dict()
    found = full.people["region_code"].str[:6].value_counts(normalize=True).to_dict()
    assert found == pytest.approx(counties, abs=0.03)
    assert earlier["household_id"].nunique() == len(full.households)


def test_the_programme_finds_exactly_the_homes_that_were_planted(full):
    on = date(2026, 1, 1)
    people = full.people.assign(
        category=full.people["category"].astype(str),
        **{name: pd.to_datetime(full.people[name]).dt.date for name in ("born_on", "hardship_until")},
    )
    homes = pd.DataFrame(full.households.drop(columns="geometry"))
    homes["renovated_on"] = pd.to_datetime(homes["renovated_on"]).dt.date
    judged = eligibility.judge(people, homes, rules=eligibility.load("zhangye", on), on=on).homes
    truth = full.truth["eligibility_truth"]
    planted = truth.loc[truth["eligible"], "household_uid"]
    assert set(judged.index[judged["outcome"] == "eligible"]) == set(planted)
