"""Who reaches what: the town by arithmetic, and the laws that hold for every town."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.catalogue import codelist
from gis.errors import CodeError, InputError, SchemaError
from gis.network import build
from planner.coverage import changed, coverage_table, effective, norm, reach, serving
from planner.gaps import gaps
from planner.groups import ages, members, with_people
from tests.town import COUNTY, EAST, EAST_NORTH, EAST_SOUTH, WEST, WEST_NORTH, WEST_SOUTH, build_town, corner

TOILET = norm("accessible_toilet")
TOWN = build_town()
WALK, DRIVE, WHEELCHAIR = (build(TOWN.roads, mode=mode) for mode in ("walk", "drive", "wheelchair"))


def share_of(table, code):
    return table.set_index("code").loc[code]


def test_a_toilet_reaches_the_homes_within_its_distance_on_foot(town):
    # t1 at G is 50 m from h1, 80 m from h2 and 200 m from h3; t3 is closed, t2 has steps; h4 is cut off.
    answers = reach(WALK, town.homes, serving(town.toilets, "accessible_toilet"), TOILET)
    assert answers["facility"].tolist()[:3] == ["t1", "t1", "t1"]
    assert answers["cost"].tolist() == pytest.approx([50, 80, 200, np.nan], nan_ok=True)
    assert answers["reached"].tolist() == [True, True, True, False]


def test_a_wheelchair_goes_round_the_raised_kerb(town):
    # From F to G it is 600 m by B and C instead of 200 m: h3 is beyond 300 m.
    answers = reach(
        WHEELCHAIR, town.homes, serving(town.toilets, "accessible_toilet"), changed(TOILET, mode="wheelchair")
    )
    assert answers["cost"].tolist() == pytest.approx([50, 80, 600, np.nan], nan_ok=True)
    assert answers["reached"].tolist() == [True, True, False, False]


def test_the_table_counts_people_at_every_level(town):
    answers = reach(WALK, town.homes, serving(town.toilets, "accessible_toilet"), TOILET)
    table = coverage_table(town.homes, answers, town.regions)
    figures = table.set_index("code")[["people", "reached", "not_reached", "unknown"]]
    assert figures.loc[COUNTY].tolist() == [5, 4, 1, 0]
    assert figures.loc[WEST].tolist() == [1, 1, 0, 0]
    assert figures.loc[EAST].tolist() == [4, 3, 1, 0]
    assert figures.loc[EAST_NORTH].tolist() == [1, 0, 1, 0]
    assert share_of(table, COUNTY)["share"] == 0.8


def test_a_village_without_people_has_no_share(town):
    answers = reach(WALK, town.homes, serving(town.toilets, "accessible_toilet"), TOILET)
    table = coverage_table(town.homes, answers, town.regions)
    assert share_of(table, WEST_NORTH)["people"] == 0
    assert pd.isna(share_of(table, WEST_NORTH)["share"])


def test_people_of_no_known_region_are_counted_apart(town):
    town.homes["region_code"] = ["629999", None, WEST_SOUTH, EAST_NORTH]
    answers = reach(WALK, town.homes, serving(town.toilets, "accessible_toilet"), TOILET)
    table = coverage_table(town.homes, answers, town.regions)
    assert table.iloc[-1]["code"] is None
    assert table.iloc[-1]["people"] == 3
    assert share_of(table, COUNTY)["people"] == 2


def test_only_what_operates_counts_and_what_is_not_known_is_neither_yes_nor_no(town):
    facilities = town.facilities
    near_f = facilities[facilities["uid"] == "f4"]
    for status, expected in (("operating", True), ("closed", False), ("building", False), (None, pd.NA)):
        places = serving(near_f.assign(operating_status=status), "rehabilitation")
        answers = reach(DRIVE, town.homes.iloc[[2]], places, norm("rehabilitation"))
        assert answers["reached"].tolist() == [expected]


def test_a_home_is_unknown_only_where_the_answer_hangs_on_it(town):
    # f1 operates at B; of f4 at E nothing is known: whoever reaches f1 is reached all the same.
    facilities = town.facilities.assign(operating_status=["operating", "operating", "operating", None])
    answers = reach(
        DRIVE,
        town.homes,
        serving(facilities, "rehabilitation"),
        changed(norm("rehabilitation"), within="250m"),
    )
    assert answers["cost"].tolist() == pytest.approx([450, 320, 200, np.nan], nan_ok=True)
    assert answers["reached"].tolist() == [False, False, True, False]
    facilities["operating_status"] = [None, "operating", "operating", None]
    answers = reach(
        DRIVE,
        town.homes,
        serving(facilities, "rehabilitation"),
        changed(norm("rehabilitation"), within="250m"),
    )
    assert answers["reached"].tolist() == [False, False, pd.NA, False]
    assert answers["maybe_facility"].tolist()[2] == "f1"


def test_a_service_is_told_by_name_and_lacking_that_by_class(town):
    facilities = town.facilities.assign(services=[None, "care;day_care", "medical;rehabilitation", None])
    assert serving(facilities, "rehabilitation")["uid"].tolist() == ["f1", "f3", "f4"]
    assert serving(facilities, "day_care")["uid"].tolist() == ["f2"]


def test_tiers_of_rehabilitation_are_counted_apart(town):
    assert serving(town.facilities, "rehabilitation", tier=2)["counts"].tolist() == [True, False]
    unknown = town.facilities.assign(tier=pd.array([None, 1, 1, 1], "Int64"))
    assert serving(unknown, "rehabilitation", tier=2)["counts"].tolist() == [pd.NA, False]


def test_an_owner_who_says_nothing_of_access_leaves_it_unknown(town):
    said = serving(town.toilets.assign(operating_status="operating"), "accessible_toilet")
    assert dict(zip(said["uid"], said["counts"], strict=True)) == {"t1": True, "t3": pd.NA}


def test_effective_coverage_counts_what_passed_and_not_what_was_never_inspected(town):
    places = serving(town.toilets, "accessible_toilet")
    grade = pd.DataFrame({"place_uid": ["t1"], "level": ["accessible"]})
    for level, expected in (
        ("accessible", True),
        ("partial", False),
        ("not_accessible", False),
        ("unknown", pd.NA),
    ):
        answers = reach(WALK, town.homes, effective(places, grade.assign(level=level)), TOILET)
        assert answers["reached"].tolist()[0] is expected
    never = reach(WALK, town.homes, effective(places, grade.iloc[:0]), TOILET)
    assert never["reached"].tolist()[:3] == [pd.NA, pd.NA, pd.NA]
    assert not never["reached"].tolist()[3]


def test_closing_the_only_place_drops_exactly_its_people(town):
    places = serving(town.toilets, "accessible_toilet")
    before = reach(WALK, town.homes, places, TOILET)
    after = reach(
        WALK, town.homes, serving(town.toilets.assign(operating_status="closed"), "accessible_toilet"), TOILET
    )
    lost = before["reached"] & ~after["reached"]
    assert lost.tolist() == (before["facility"] == "t1").tolist() == [True, True, True, False]


spots = st.lists(
    st.tuples(st.sampled_from("ABCDEFGHIJKLMN"), st.sampled_from(["operating", "closed", None])), max_size=5
)


def places_at(town, letters):
    rows = town.facilities.iloc[[0] * len(letters)].reset_index(drop=True)
    rows["uid"] = [f"p{number}" for number in range(len(rows))]
    rows["operating_status"] = [status for _, status in letters]
    return serving(
        rows.set_geometry([corner(letter) for letter, _ in letters], crs=rows.crs), "rehabilitation"
    )


@settings(max_examples=40)
@given(spots, spots, st.sampled_from(["100m", "300m", "1min", "60min"]))
def test_more_places_never_lower_coverage(some, more, within):
    town = TOWN
    limit = changed(norm("rehabilitation"), within=within)
    fewer = reach(DRIVE, town.homes, places_at(town, some), limit)
    many = reach(DRIVE, town.homes, places_at(town, some + more), limit)
    assert (fewer["reached"].fillna(value=False) <= many["reached"].fillna(value=False)).all()
    assert (fewer["reached"].fillna(value=True) <= many["reached"].fillna(value=True)).all()


@settings(max_examples=40)
@given(spots, st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_villages_add_up_to_their_county(some, people):
    town = TOWN
    homes = town.homes.assign(people=people)
    answers = reach(DRIVE, homes, places_at(town, some), changed(norm("rehabilitation"), within="300m"))
    table = coverage_table(homes, answers, town.regions)
    numbers = ["people", "reached", "not_reached", "unknown"]
    villages = table[table["level"] == "village"][numbers].sum()
    assert villages.tolist() == table[table["code"] == COUNTY][numbers].iloc[0].tolist()
    assert villages["people"] == villages[["reached", "not_reached", "unknown"]].sum() == sum(people)


def test_norms_come_from_the_code_list_with_their_source():
    assert (TOILET.mode, TOILET.by, TOILET.limit) == ("walk", "distance", 300.0)
    care = norm("care")
    assert (care.mode, care.by, care.limit) == ("drive", "time", 3600.0)
    assert "default of this project" in care.source
    with pytest.raises(CodeError, match="rehabilitation"):
        norm("hairdresser")


def test_a_user_may_ask_for_another_limit():
    assert changed(TOILET, within="15min").limit == 900.0
    assert changed(TOILET, within="500 m").limit == 500.0
    assert not changed(TOILET, within="500m").verified
    for nonsense in ("", "far", "-3min", "300", "nanm"):
        with pytest.raises(InputError, match="60min or 300m"):
            changed(TOILET, within=nonsense)
    with pytest.raises(CodeError):
        changed(TOILET, mode="fly")


def test_a_network_of_another_mode_is_refused(town):
    with pytest.raises(InputError, match="build that network"):
        reach(DRIVE, town.homes, town.toilets, replace(TOILET, mode="walk"))


def test_every_township_and_village_without_service_is_a_gap(town):
    facilities = town.facilities.assign(
        services=["township_institution", "care", "medical", "village_service"]
    )
    townships = gaps(town.regions, facilities, "township_institution").set_index("code")["has"]
    assert townships.to_dict() == {WEST: True, EAST: False}
    villages = gaps(town.regions, facilities, "village_service").set_index("code")["has"]
    assert villages.tolist() == [False] * 4  # f4 is still planned
    facilities["operating_status"] = None
    villages = gaps(town.regions, facilities, "village_service").set_index("code")["has"]
    assert villages.loc[WEST_SOUTH] is pd.NA
    assert not villages.loc[EAST_SOUTH]


@pytest.mark.parametrize(
    ("people", "service", "has"),
    [
        (519_100, "special_education", True),
        (519_100, "resource_centre", False),  # from 200,000 inhabitants a school of its own
        (200_000, "resource_centre", False),
        (192_500, "resource_centre", True),
        (192_500, "special_education", True),
        (192_500, "care", False),
        (None, "resource_centre", pd.NA),  # it depends on how many people live there
        (None, "special_education", True),
        (None, "care", False),
    ],
)
def test_from_200_000_inhabitants_a_county_needs_a_school_of_its_own(town, people, service, has):
    regions = town.regions.assign(population=pd.array([None] * len(town.regions), "Int64"))
    regions.loc[regions["code"] == COUNTY, "population"] = people
    facilities = town.facilities.iloc[:1].assign(services=service)
    assert gaps(regions, facilities, "special_education")["has"].tolist() == [has]


def test_gaps_are_for_services_that_every_region_should_have(town):
    with pytest.raises(InputError, match="tantu cover"):
        gaps(town.regions, town.facilities, "day_care")


PEOPLE = pd.DataFrame(
    {
        "household_uid": ["h1", "h1", "h2", "h3", "h3"],
        "category": ["4", "6", "4", None, "1"],
        "grade": pd.array([1, 3, 3, 2, None], "Int64"),
        "born_on": [date(1970, 6, 1), date(2010, 6, 2), date(1966, 6, 1), date(1990, 1, 1), None],
        "wheelchair_user": pd.array([True, False, False, None, False], "boolean"),
    }
)


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("all", [True] * 5),
        ("wheelchair_users", [True, False, False, pd.NA, False]),
        ("severe", [True, False, False, True, pd.NA]),
        ("mental", [False, True, False, pd.NA, False]),
        ("working_age", [True, False, False, True, pd.NA]),
        # 16-59 and intellectual or mental, or gravely physical: the second is a day too young.
        ("boarding_care", [True, False, False, pd.NA, False]),
    ],
)
def test_groups_are_by_disability_age_and_wheelchair(group, expected):
    assert members(PEOPLE, group, on=date(2026, 6, 1)).tolist() == expected


def test_groups_name_only_categories_that_exist():
    known = set(codelist("disability_category").codes)
    groups = codelist("coverage_group").codes.values()
    named = {
        code
        for group in groups
        for kind in group.facts.get("kinds", ())
        for code in kind.get("categories", ())
    }
    assert named == known


def test_years_are_completed_on_the_birthday():
    assert ages(PEOPLE["born_on"], date(2026, 6, 1)).tolist() == [56, 15, 60, 36, pd.NA]


def test_people_are_counted_by_home_and_the_doubtful_apart(town):
    counted = with_people(town.households, PEOPLE, members(PEOPLE, "wheelchair_users", on=date(2026, 6, 1)))
    assert counted["people"].tolist() == [1, 0, 0, 0]
    assert counted["people_unknown"].tolist() == [0, 0, 1, 0]
    assert with_people(town.households, PEOPLE)["people"].tolist() == [2, 1, 2, 0]


def test_a_group_needs_the_column_that_decides():
    with pytest.raises(SchemaError, match="wheelchair_user"):
        members(PEOPLE.drop(columns="wheelchair_user"), "wheelchair_users", on=date(2026, 6, 1))
    with pytest.raises(CodeError, match="wheelchair_users"):
        members(PEOPLE, "tall", on=date(2026, 6, 1))
