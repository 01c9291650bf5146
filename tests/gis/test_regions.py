"""Regions: the tree, totals upward, and which region a place belongs to."""

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis import catalogue
from gis.crosswalk import CodeChange, Crosswalk, changes_between
from gis.crs import frame_to_wgs84
from gis.errors import CrsError, NotFoundError, SchemaError
from gis.rates import Rate
from gis.regions import RegionTree, assign, assignment
from gis.schema import short_code
from gis.units import association_coverage, count_notes, kind_of
from tests.town import (
    CITY,
    COUNTY,
    EAST,
    EAST_NORTH,
    EAST_SOUTH,
    METRIC_EPSG,
    WEST,
    WEST_NORTH,
    WEST_SOUTH,
    build_town,
    corner,
    spot,
)

VILLAGES = (WEST_SOUTH, WEST_NORTH, EAST_SOUTH, EAST_NORTH)
RECODED = Crosswalk(
    (
        CodeChange("620799200", WEST, "recoded", date(2020, 1, 1)),
        CodeChange("620799400", None, "dropped", date(2020, 1, 1)),
    ),
    "drawn",
)


@pytest.fixture
def tree(town):
    return RegionTree.of(town.regions)


def places(*positions, codes=None):
    """Places at positions of the plan, with the codes somebody wrote down."""
    points = [spot(*position) if position else None for position in positions]
    codes = codes or [None] * len(positions)
    return gpd.GeoDataFrame({"region_code": pd.Series(codes, dtype=object)}, geometry=points, crs=METRIC_EPSG)


def test_a_region_knows_its_children_ancestors_and_level(tree):
    assert tree.children(COUNTY) == [WEST, EAST]
    assert tree.descendants(WEST) == [WEST_SOUTH, WEST_NORTH]
    assert tree.ancestors(WEST_SOUTH) == [WEST, COUNTY, CITY]
    assert [tree.level(code) for code in (CITY, COUNTY, WEST, WEST_SOUTH)] == [
        "city",
        "county",
        "township",
        "village",
    ]


def test_every_code_finds_its_ancestor_of_a_level(tree):
    codes = pd.Series([EAST_NORTH, WEST, COUNTY, None, "000000"], index=[7, 8, 9, 10, 11])
    assert tree.ancestor(codes, "township").to_dict() == {7: EAST, 8: WEST, 9: None, 10: None, 11: None}


def test_an_unknown_region_is_said_to_be_unknown(tree):
    with pytest.raises(NotFoundError, match="000000"):
        tree.children("000000")
    with pytest.raises(NotFoundError, match="000000"):
        tree.totals(pd.Series([1], index=["000000"]))


def test_totals_add_the_values_of_villages_to_those_above(tree):
    totals = tree.totals(pd.Series([1, 2, 3, 10], index=[WEST_SOUTH, WEST_NORTH, EAST_SOUTH, EAST]))
    # 10 people are known to live in the east, but not in which village.
    assert totals.to_dict() == {
        CITY: 16,
        COUNTY: 16,
        WEST: 3,
        EAST: 13,
        WEST_SOUTH: 1,
        WEST_NORTH: 2,
        EAST_SOUTH: 3,
        EAST_NORTH: 0,
    }


@given(st.lists(st.tuples(st.sampled_from(VILLAGES), st.integers(0, 10**6)), max_size=40))
def test_villages_add_up_to_townships_and_townships_to_counties(drawn):
    tree = RegionTree.of(build_town().regions)
    values = pd.Series([value for _, value in drawn], index=[code for code, _ in drawn], dtype="int64")
    totals = tree.totals(values)
    by_level = totals.groupby(tree.regions["level"]).sum()
    assert set(by_level) == {values.sum()}
    for code in (CITY, COUNTY, WEST, EAST):
        assert totals[code] == totals[tree.children(code)].sum()


def test_a_code_there_twice_is_refused_unless_one_has_ended(town):
    again = pd.concat([town.regions, town.regions.tail(1)], ignore_index=True)
    with pytest.raises(SchemaError, match=EAST_NORTH):
        RegionTree.of(again)
    again.loc[7, "valid_to"] = date(2024, 1, 1)
    assert len(RegionTree.of(again).codes) == 8


def test_parents_in_a_circle_are_refused(town):
    regions = town.regions
    regions.loc[regions["code"] == CITY, "parent_code"] = WEST_SOUTH
    with pytest.raises(SchemaError, match="circle"):
        RegionTree.of(regions)


def test_the_tree_of_a_day_holds_the_regions_of_that_day(town):
    regions = town.regions
    regions.loc[regions["code"] == EAST_NORTH, "valid_to"] = date(2024, 1, 1)
    assert EAST_NORTH in RegionTree.of(regions, date(2023, 12, 31)).codes
    assert EAST_NORTH not in RegionTree.of(regions, date(2024, 1, 1)).codes
    assert RegionTree.of(regions, date(2019, 12, 31)).codes == []


def test_a_township_without_its_county_is_an_orphan(town):
    regions = town.regions[town.regions["code"] != COUNTY]
    assert RegionTree.of(regions).orphans == [WEST, EAST]


def test_no_regions_give_no_region(town):
    nothing = town.regions.iloc[:0]
    assert RegionTree.of(nothing).totals(pd.Series([], dtype="int64")).empty
    assert assign(places((100, 100), codes=[WEST]), nothing).tolist() == [None]


def test_a_code_is_believed_before_the_position(town):
    # The position lies in the south-west, the clerk wrote the north-east.
    assert assign(places((100, 100), codes=[EAST_NORTH]), town.regions).tolist() == [EAST_NORTH]


def test_a_place_without_a_code_belongs_to_the_village_it_lies_in(town):
    found = assignment(places((100, 100), (1500, 900), (5000, 5000), None), town.regions)
    assert found.codes.tolist() == [WEST_SOUTH, EAST_NORTH, None, None]
    assert found.counts == {"place": 2, "none": 2}
    assert [(issue.row, issue.reason) for issue in found.issues] == [(2, "no-region"), (3, "no-region")]


def test_homes_of_the_town_lie_in_the_regions_written_on_them(town):
    homes = town.homes
    assert assign(homes.drop(columns="region_code"), town.regions).tolist() == homes["region_code"].tolist()
    assert (
        assign(town.lonlat.homes.drop(columns="region_code"), town.lonlat.regions).tolist()
        == homes["region_code"].tolist()
    )


def test_where_villages_have_no_cells_the_township_or_county_is_taken(town):
    regions = town.regions
    regions.loc[regions["code"] == WEST_SOUTH, "geometry"] = corner("A")  # a village known as a point only
    regions.loc[regions["code"].isin([EAST, EAST_SOUTH, EAST_NORTH]), "geometry"] = None
    found = assign(places((100, 100), (100, 900), (1500, 500)), regions)
    assert found.tolist() == [WEST, WEST_NORTH, COUNTY]


def test_a_township_code_is_refined_by_a_position_inside_it_only(town):
    found = assignment(places((100, 100), (1500, 100), codes=[WEST, WEST]), town.regions)
    assert found.codes.tolist() == [WEST_SOUTH, WEST]
    assert found.how.tolist() == ["place-within-code", "code"]


def test_a_code_of_another_year_is_translated_and_reported(town):
    found = assignment(places(None, None, codes=["620799200", "620799200201"]), town.regions, RECODED)
    assert found.codes.tolist() == [WEST, WEST_SOUTH]
    assert [(issue.action, issue.reason) for issue in found.issues] == [("repaired", "region-recoded")] * 2
    assert "620799200201" in found.issues[1].detail


def test_an_unknown_village_falls_to_its_township_and_a_dropped_township_to_its_county(town):
    found = assignment(places(None, None, codes=[f"{WEST}999", "620799400201"]), town.regions, RECODED)
    assert found.codes.tolist() == [WEST, COUNTY]
    assert {issue.reason for issue in found.issues} == {"region-code-unknown"}


def test_a_position_in_another_county_than_the_code_says_is_noted(town):
    regions = pd.concat([town.regions, town.regions[town.regions["code"] == COUNTY]], ignore_index=True)
    regions.loc[8, ["code", "uid"]] = "620798"
    regions.loc[8, "geometry"] = shapely.affinity.translate(regions.geometry[8], xoff=2000)
    found = assignment(places((3000, 500), codes=[WEST_SOUTH]), regions)
    assert found.codes.tolist() == [WEST_SOUTH]
    assert [issue.reason for issue in found.issues] == ["region-contradicts-place"]


def test_places_and_regions_in_different_systems_are_refused(town):
    with pytest.raises(CrsError, match="different systems"):
        assign(town.lonlat.homes, town.regions)


def test_a_line_belongs_to_a_region_that_it_passes(town):
    found = assign(town.roads.drop(columns="region_code"), town.regions)
    assert found[town.roads["uid"] == "MN"].tolist() == [EAST_NORTH]


def test_a_crosswalk_follows_several_changes_and_goes_back_too():
    walk = Crosswalk.of(
        {
            "source": "drawn",
            "changes": [
                {"kind": "recoded", "old_code": "b", "new_code": "c", "changed_on": date(2022, 1, 1)},
                {"kind": "recoded", "old_code": "a", "new_code": "b", "changed_on": date(2020, 1, 1)},
            ],
        }
    )
    assert walk.successor("a", {"c"}) == "c"
    assert walk.successor("c", {"a"}) == "a"
    assert [walk.on("a", date(year, 6, 1)) for year in (2019, 2021, 2023)] == ["a", "b", "c"]
    assert [walk.on("c", date(year, 6, 1)) for year in (2019, 2021, 2023)] == ["a", "b", "c"]


def test_a_dropped_unit_has_no_code_afterwards():
    assert RECODED.on("620799400", date(2019, 1, 1)) == "620799400"
    assert RECODED.on("620799400", date(2020, 1, 1)) is None
    assert RECODED.on("620799200201", date(2021, 1, 1)) == WEST_SOUTH


@pytest.mark.parametrize(
    "rows",
    [
        [{"kind": "dropped", "old_code": "a", "new_code": "b", "changed_on": date(2020, 1, 1)}],
        [{"kind": "recoded", "old_code": "a", "changed_on": date(2020, 1, 1)}],
        [{"kind": "dropped", "old_code": "a", "changed_on": date(2020, 1, 1)}] * 2,
    ],
)
def test_a_crosswalk_that_contradicts_itself_is_refused(rows):
    with pytest.raises(SchemaError, match="crosswalk"):
        Crosswalk.of({"source": "drawn", "changes": rows})


def test_the_same_people_are_two_shares_of_two_populations():
    # SR-008: 82,247 people are 6.47 % of the registered and 7.27 % of the resident population.
    facts = catalogue.city("zhangye").facts["facts"]
    registered, census = facts["registered_population"], facts["census_population"]
    shares = [Rate(82_247, fact["value"], fact["source"], fact["date"]) for fact in (registered, census)]
    assert [round(share.value, 4) for share in shares] == [0.0647, 0.0727]
    assert all(share.source and share.as_of for share in shares)
    assert Rate(0, 0, "nobody").value is None


def test_an_unknown_association_counts_neither_as_one_nor_as_none(town):
    regions = town.regions
    regions.loc[regions["code"] == WEST_SOUTH, "has_association"] = pd.NA
    regions.loc[regions["code"] == EAST_SOUTH, "has_association"] = False
    coverage = association_coverage(regions)
    assert (coverage.numerator, coverage.denominator, coverage.unknown) == (2, 4, 1)
    assert (coverage.value, coverage.at_most) == (0.5, 0.75)


def test_association_coverage_is_over_the_units_the_plan_states(town):
    facts = catalogue.city("zhangye").facts["facts"]
    units = facts["villages"]["value"] + facts["communities"]["value"]
    coverage = association_coverage(town.regions, units, facts["villages"]["source"])
    # SR-006, SR-124: all 888 units count, also the 884 that the town does not have.
    assert (units, coverage.numerator, coverage.unknown) == (888, 4, 884)


@pytest.mark.parametrize(
    ("name", "level", "kind"),
    [
        ("永丰村村委会", "village", "village"),
        ("南街居委会", "village", "community"),
        ("宁和园虚拟社区居委会", "village", "community"),
        ("沙河林场虚拟生活区", "village", "dummy"),
        ("开发区虚拟社区", "village", "dummy"),
        ("平山湖蒙古族乡", "township", "ethnic_township"),
        ("山丹马场", "township", "other_unit"),
        ("肃南裕固族自治县", "county", "autonomous_county"),
        ("甘州区", "county", "district"),
        ("无名", "village", None),
    ],
)
def test_the_name_of_a_unit_tells_its_kind(name, level, kind):
    assert kind_of(name, level) == kind


@pytest.fixture
def units_2016(shared):
    """The statistical list of 2016 in the columns of the layer, with its points."""
    units = pd.read_csv(shared / "data/zhangye/admin_units_2016.csv", dtype=str)
    units["code"], units["parent_code"] = units["code"].map(short_code), units["parent"].map(short_code)
    units["level"] = units["level"].replace({"town": "township"})
    units["kind"] = [kind_of(name, level) for name, level in zip(units["name"], units["level"], strict=True)]
    return units


@pytest.fixture
def counties_2018(shared):
    """The six county polygons in WGS 84 in the columns of the layer."""
    counties = gpd.read_file(shared / "data/zhangye/counties_2018_wgs84.gpkg")
    return counties.rename(columns={"adcode": "code"}).assign(
        code=lambda frame: frame["code"].astype(str), level="county", parent_code="6207"
    )


@pytest.mark.realdata
def test_the_list_of_2016_differs_from_the_plan_by_a_note_not_an_error(units_2016):
    # 842 names end in 村委会; one village, 金畅河村民委员会, bears the long form and is easily taken for
    # the 56th community. The villagers' committee says what it is.
    villages = units_2016[units_2016["level"] == "village"]
    assert villages["name"].str.endswith("村委会").sum() == 842
    assert villages.loc[villages["name"].str.endswith("村民委员会"), "code"].tolist() == ["620721203217"]
    assert villages["kind"].value_counts().to_dict() == {"village": 843, "community": 55, "dummy": 5}
    tree = RegionTree.of(units_2016)
    assert (len(tree.codes), tree.orphans) == (
        990,
        ["620702", "620721", "620722", "620723", "620724", "620725"],
    )
    facts = catalogue.city("zhangye").facts["facts"]
    notes = count_notes(units_2016, {"village": facts["villages"], "community": facts["communities"]})
    assert [note.action for note in notes] == ["noted", "noted"]
    assert "843 of kind village in the layer, 836 stated" in notes[0].detail
    assert "55 of kind community in the layer, 52 stated" in notes[1].detail
    ones = pd.Series(1, index=units_2016.loc[units_2016["level"] == "village", "code"])
    totals = tree.totals(ones)
    assert totals[totals.index.str.len() == 6].sum() == 903


@pytest.mark.realdata
def test_all_99_known_points_lie_in_their_own_county(shared, counties_2018):
    points = gpd.read_file(shared / "data/zhangye/unit_points_wgs84.gpkg")
    found = assign(points[["geometry"]], counties_2018)
    assert len(points) == 99
    assert found.tolist() == points["code"].str[:6].tolist()


@pytest.mark.realdata
def test_the_crosswalk_is_what_the_two_lists_say(shared, units_2016):
    older = units_2016[units_2016["level"] == "township"]
    newer = pd.read_csv(shared / "data/zhangye/townships_2023.csv", dtype=str)
    table = catalogue.table("cities/zhangye/crosswalk.toml")
    derived = changes_between(older, newer, date(2023, 6, 30))
    assert sorted(derived, key=lambda change: change.old_code) == sorted(
        Crosswalk.of(table).changes, key=lambda change: change.old_code
    )
    kinds = pd.Series([change.kind for change in derived]).value_counts().to_dict()
    assert kinds == {"recoded": 6, "dropped": 3, "renamed": 1}
    assert len(set(older["code"]) & set(newer["code"])) == table["unchanged"] == 72


@pytest.mark.realdata
def test_villages_of_2016_find_their_townships_of_2023(shared, units_2016, counties_2018):
    newer = pd.read_csv(shared / "data/zhangye/townships_2023.csv", dtype=str)
    townships = newer.assign(level="township", parent_code=newer["code"].str[:6])
    regions = pd.concat(
        [counties_2018, gpd.GeoDataFrame(townships, geometry=[None] * 78, crs=4326)], ignore_index=True
    )
    villages = units_2016[units_2016["level"] == "village"]
    homes = gpd.GeoDataFrame({"region_code": villages["code"]}, geometry=[None] * len(villages), crs=4326)
    found = assignment(homes, regions, Crosswalk.of(catalogue.table("cities/zhangye/crosswalk.toml")))
    levels = RegionTree.of(regions).regions["level"]
    by_level = found.codes.map(levels).value_counts()
    dropped = villages["code"].str[:9].isin(("620702400", "620702401", "620702403")).sum()
    assert by_level.to_dict() == {"township": 903 - dropped, "county": dropped}
    moved = villages["code"].str[:9] == "620722200"
    assert set(found.codes[moved]) == {"620722107"}


@pytest.mark.realdata
def test_the_synthetic_people_fall_into_the_counties_of_their_village(shared, counties_2018):
    people = gpd.read_parquet(shared / "data/synthetic_zhangye/disabled_persons.parquet")
    found = assign(people[["geometry"]], counties_2018)
    # SOURCES.md: about 0.1 % fall just outside their own county polygon.
    assert found.isna().mean() < 0.002


@pytest.mark.realdata
def test_counties_shifted_by_amap_come_back_to_their_place(shared, counties_2018):
    shifted = gpd.read_file(shared / "data/zhangye/counties_2018_gcj02.geojson")
    counties = frame_to_wgs84(shifted, "gcj02").to_crs(METRIC_EPSG)
    given = counties_2018.to_crs(METRIC_EPSG)
    assert shapely.hausdorff_distance(counties.geometry.array, given.geometry.array).max() < 0.01
