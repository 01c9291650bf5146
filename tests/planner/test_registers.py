"""The plan's registers: what is to be built, what was, and what it changes."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gis.catalogue import city
from gis.errors import NotFoundError
from planner.gaps import gaps
from planner.registers import centres, county_status, opened, register
from tests.town import build_town

ZHANGYE = city("zhangye")
GANZHOU, SHANDAN = "620702", "620725"


def counties():
    rows = [(county["code"], county["zh"]) for county in ZHANGYE.facts["counties"]]
    frame = pd.DataFrame(rows, columns=["code", "name"]).assign(
        level="county", kind="county", parent_code=None, population=None, valid_from=None, valid_to=None
    )
    return gpd.GeoDataFrame(frame, geometry=[shapely.Point(100, 39)] * len(frame), crs=4326)


def nothing():
    return build_town().lonlat.facilities.iloc[:0]


def test_the_register_holds_what_the_plan_says_of_each_project():
    rows = register(ZHANGYE, counties(), nothing()).set_index("id")
    ganzhou, shandan = rows.loc["ganzhou-care"], rows.loc["shandan-care"]
    assert (ganzhou["cost_yuan"], ganzhou["floor_m2"], round(ganzhou["yuan_per_m2"])) == (
        53_000_000,
        9_400,
        5_638,
    )
    assert shandan["cost_yuan"] == 18_000_000
    assert pd.isna(shandan["floor_m2"])
    assert all("张政发〔2022〕32号" in source for source in rows["source"])
    assert all(milestones for milestones in rows["milestones"])


def test_a_project_that_opens_fills_the_gap_of_its_county_and_of_no_other():
    before = gaps(counties(), nothing(), "care").set_index("code")["has"]
    assert not before.any()
    after = gaps(counties(), opened(nothing(), ZHANGYE, ("ganzhou-care",)), "care").set_index("code")["has"]
    assert after[after].index.tolist() == [GANZHOU]
    both = gaps(counties(), opened(nothing(), ZHANGYE, ("all",)), "care").set_index("code")["has"]
    assert set(both[both].index) == {GANZHOU, SHANDAN}
    row = register(ZHANGYE, counties(), nothing()).set_index("id").loc["ganzhou-care"]
    assert (bool(row["has"]), bool(row["has_after"])) == (False, True)


def test_a_project_that_nobody_knows_is_refused():
    with pytest.raises(NotFoundError, match="ganzhou-care"):
        opened(nothing(), ZHANGYE, ("moon-base",))


def test_nine_centres_are_registered_and_what_the_plan_leaves_out_stays_empty():
    found = centres(ZHANGYE)
    assert len(found) == 9
    assert {one.county for one in found if one.county} == {"620723", "620724", "620722", "620725"}
    assert all(one.year is None and one.funding_yuan is None for one in found)


def test_the_status_of_counties_says_which_lack_a_facility_that_runs():
    town = build_town().lonlat
    places = town.facilities.assign(region_code=GANZHOU)
    told = county_status(counties(), places).set_index("code")
    assert len(told) == 6
    assert bool(told.loc[GANZHOU, "rehabilitation"])
    assert bool(told.loc[GANZHOU, "care"])
    assert told["care"].sum() == 1
    idle = county_status(counties(), places.assign(operating_status="idle"))
    assert not idle[["rehabilitation", "care"]].any(axis=None)
