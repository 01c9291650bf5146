"""The demonstration city is what it says: counts, shares and planted errors, from the files themselves."""

import hashlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.demo import FULL_PEOPLE, generate
from data.demo.draw import apportion, exact, stream
from data.demo.identity import check_digits
from data.demo.links import Links, in_largest_part, noded, rows_of
from data.demo.plane import Plane
from gis.catalogue import city, codelist, table
from gis.crs import from_wgs84
from gis.schema import LAYERS

CODED_AS = {"wheelchair": "wheelchair", "facility_class": "facility_class"}
SMALL = 2000


class Town:
    """The files of one generated city, read back."""

    def __init__(self, files):
        self.files = files
        text = {"region_code": str, "certificate": str, "phone": str, "duplicate_of": str, "not_met": str}
        self.regions, self.roads, self.households = (
            gpd.read_file(path) for path in (files.regions, files.roads, files.households)
        )
        self.facilities, self.toilets, self.people, self.audits = (
            pd.read_csv(path, dtype=text)
            for path in (files.facilities, files.toilets, files.people, files.audits)
        )
        self.truth = {name: pd.read_csv(path, dtype=text) for name, path in files.truth.items()}


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Town:
    return Town(generate(tmp_path_factory.mktemp("small"), people=SMALL, seed=1))


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> Town:
    return Town(generate(tmp_path_factory.mktemp("full")))


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.*"))
    }


def metric(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.to_crs(city("zhangye").metric_epsg)


def nodes(roads: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray, int]:
    """Number the ends of the lines by their coordinates, as a network builder would."""
    ends = np.stack([shapely.get_coordinates(shapely.get_point(roads.geometry, at)) for at in (0, -1)])
    _, number = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    number = number.reshape(2, -1)
    return number[0], number[1], int(number.max()) + 1


# --- determinism


def test_the_same_seed_gives_the_same_bytes(small, tmp_path):
    again = generate(tmp_path, people=SMALL, seed=1)
    assert digests(again.folder) == digests(small.files.folder)


def test_another_seed_gives_another_city_of_the_same_size(small, tmp_path):
    other = generate(tmp_path, people=SMALL, seed=2)
    ours, theirs = digests(small.files.folder), digests(other.folder)
    assert {name for name in ours if ours[name] == theirs[name]} == set()
    assert other.counts["people"] == SMALL


def test_progress_is_told_in_order_and_ends_at_one(tmp_path):
    told = []
    generate(tmp_path, people=50, progress=lambda name, share: told.append((name, share)))
    assert [name for name, _ in told] == ["regions", "roads", "people", "places", "audits", "files", "done"]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("people", [1, 7])
def test_a_city_of_very_few_people_is_still_a_city(tmp_path, people):
    files = generate(tmp_path, people=people)
    assert (files.counts["people"], files.counts["regions"]) == (people, 1 + 6 + 78 + 888)


def test_a_city_of_nobody_is_refused(tmp_path):
    with pytest.raises(ValueError, match="1 or more"):
        generate(tmp_path, people=0)


# --- sizes


def test_the_full_city_has_the_numbers_of_the_plan(full):
    counts = full.files.counts
    assert counts["people"] == len(full.people) == FULL_PEOPLE == 82_247
    assert counts["households"] == len(full.households) == 75_600
    assert 78_000 < counts["roads"] < 80_000
    assert counts["toilets"] == 600
    assert (counts["eligible_people"], counts["eligible_households"]) == (5850, 5807)


def test_a_small_city_is_small_in_proportion(small):
    counts = small.files.counts
    # 2,000 of 82,247 people: 75,600 households and 5,850 eligible people shrink by the same factor.
    assert counts["households"] == round(75_600 * SMALL / 82_247)
    assert counts["eligible_people"] == round(5850 * SMALL / 82_247)
    assert counts["roads"] < 15_000


@pytest.mark.parametrize("size", ["small", "full"])
def test_grades_and_hardship_have_their_shares(size, request):
    people = request.getfixturevalue(size).people
    shares = people["grade"].value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx({1: 0.13, 2: 0.17, 3: 0.28, 4: 0.42}, abs=0.001)
    assert (people["hardship"] != "none").mean() == pytest.approx(0.22, abs=0.001)


# --- columns


@pytest.mark.parametrize("layer", ["regions", "roads", "facilities", "toilets", "households"])
def test_a_layer_has_only_stored_columns_and_known_codes(full, layer):
    spec, rows = LAYERS[layer], getattr(full, layer)
    assert set(rows.columns) - {"geometry", "lon", "lat", "boundary"} <= set(spec.names)
    for column in spec.columns:
        if column.name not in rows:
            assert not column.required
            continue
        values = rows[column.name].dropna()
        assert not column.required or len(values) == len(rows)
        if column.codes:
            used = set(values.astype(str).str.split(";").explode()) - {""}
            assert used <= set(codelist(column.codes).codes)
        if column.low is not None:
            assert values.min() >= column.low
        if column.high is not None:
            assert values.max() <= column.high
    assert rows["uid"].is_unique


def test_every_measurement_is_of_an_element_an_attribute_and_a_unit_of_the_standards(full):
    from audits.standards import load

    known = {(rule.element, rule.attribute, rule.unit) for rule in load().rules}
    measured = full.audits[["element", "attribute", "unit"]].drop_duplicates()
    assert set(measured.itertuples(index=False, name=None)) - known == set()
    assert set(full.audits["element"]) <= set(codelist("element").codes)
    assert set(full.audits["not_measured"].dropna()) <= set(codelist("not_measured").codes)
    assert (full.audits["value"].isna() == full.audits["not_measured"].notna()).all()


# --- regions


def test_the_tree_of_codes_is_complete(small):
    regions = small.regions
    assert regions["level"].value_counts().to_dict() == {
        "village": 888,
        "township": 78,
        "county": 6,
        "city": 1,
    }
    villages = regions[regions["level"] == "village"]
    assert villages["kind"].value_counts().to_dict() == {"village": 836, "community": 52}
    assert (villages["code"].str.len() == 12).all()
    assert (villages["code"].str[:9] == villages["parent_code"]).all()
    for level, parent in (("village", "township"), ("township", "county"), ("county", "city")):
        parents = set(regions.loc[regions["level"] == level, "parent_code"])
        assert parents == set(regions.loc[regions["level"] == parent, "code"])


def test_all_888_villages_and_communities_have_an_association(small):
    villages = small.regions[small.regions["level"] == "village"]
    assert villages["has_association"].astype(bool).sum() == 836 + 52


def test_children_dissolve_exactly_into_their_parent(small):
    regions = small.regions.set_index("code")
    assert regions.is_valid.all()
    for code, children in small.regions.groupby("parent_code"):
        union, parent = shapely.union_all(children.geometry), regions.loc[code, "geometry"]
        assert shapely.area(shapely.symmetric_difference(union, parent)) < 1e-12  # square degrees: 0.01 m2
        assert shapely.area(children.geometry).sum() == pytest.approx(parent.area, rel=1e-9)
        assert children["population"].sum() == regions.loc[code, "population"]


def test_every_polygon_says_that_it_is_schematic(small):
    assert small.regions["boundary"].str.contains("示意边界").all()
    assert regions_of_city(small)["population"] == 1_131_016  # census of 2020


def regions_of_city(town: Town) -> pd.Series:
    return town.regions.set_index("level").loc["city"]


# --- roads


@pytest.mark.parametrize("size", ["small", "full"])
def test_the_largest_component_holds_all_but_the_planted_islands(size, request):
    town = request.getfixturevalue(size)
    tail, head, count = nodes(town.roads)
    graph = coo_matrix((np.ones(len(tail)), (tail, head)), shape=(count, count))
    part = connected_components(graph, directed=False)[1]
    main = part == np.bincount(part).argmax()
    assert main[tail].mean() > 0.999
    assert main.mean() > 0.999
    assert set(town.roads["uid"][~main[tail]]) == set(town.truth["roads_truth"]["uid"])


def test_cars_get_from_anywhere_to_anywhere_despite_one_way_carriageways(full):
    driving = full.roads[~full.roads["road_class"].isin(["footway", "crossing"])]
    driving = driving[~driving["uid"].isin(full.truth["roads_truth"]["uid"])]
    tail, head, count = nodes(driving)
    both = (driving["oneway"] == "no").to_numpy()
    ways = np.concatenate([tail, head[both]]), np.concatenate([head, tail[both]])
    graph = coo_matrix((np.ones(len(ways[0])), ways), shape=(count, count))
    assert connected_components(graph, directed=True, connection="strong")[0] == 1


def test_the_motorway_meets_nothing_but_its_own_links(full):
    tail, head, count = nodes(full.roads)
    classes = full.roads["road_class"].to_numpy()
    seen = {}
    for name in ("motorway", "motorway_link"):
        own = classes == name
        seen[name] = np.zeros(count, dtype=bool)
        seen[name][np.concatenate([tail[own], head[own]])] = True
    others = ~np.isin(classes, ["motorway", "motorway_link"])
    minor = others & ~np.isin(classes, ["trunk", "primary", "secondary", "tertiary"])
    assert not seen["motorway"][np.concatenate([tail[others], head[others]])].any()
    assert not seen["motorway_link"][np.concatenate([tail[minor], head[minor]])].any()


def test_lines_cross_only_where_the_motorway_is_a_bridge(full):
    roads = full.roads
    first, second = roads.sindex.query(roads.geometry, predicate="crosses")
    motorway = roads["road_class"].isin(["motorway", "motorway_link"]).to_numpy()
    bridge = roads["bridge"].to_numpy(dtype=bool)
    assert len(first) > 0
    assert (motorway[first] | motorway[second]).all()
    assert bridge[np.where(motorway[first], first, second)].all()


def test_crossings_are_at_streets_and_have_kerbs(full):
    crossing = full.roads["road_class"] == "crossing"
    assert crossing.sum() > 1000
    assert full.roads.loc[crossing, "kerb"].notna().all()
    assert full.roads.loc[~crossing, "kerb"].isna().all()


def test_crossing_lines_are_cut_at_a_common_node():
    # A plus sign: two lines become four, and all meet at the origin.
    cross = np.array([shapely.LineString([(-10, 0), (10, 0)]), shapely.LineString([(0, -10), (0, 10)])])
    links = noded(Links(cross, rows_of(2, ["footway", "service"], 0)), np.array([True, False]))
    assert len(links.shapes) == 4
    assert sorted(links.rows["road_class"]) == ["footway", "footway", "service", "service"]
    assert in_largest_part(links.shapes).all()


# --- people and homes


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


# --- places and gaps


def served(town: Town, service: str, tier: int | None = None) -> pd.Series:
    offers = town.facilities["services"].fillna("").str.split(";").map(lambda codes: service in codes)
    if tier is not None:
        offers &= town.facilities["tier"] == tier
    return town.facilities.loc[offers, "region_code"]


def test_the_planted_gaps_are_gaps_and_the_only_ones(small):
    gaps, regions = small.truth["gaps_truth"], small.regions
    townships = regions[(regions["level"] == "township") & (regions["kind"] != "other_unit")]
    for service, level, length, every in (
        ("village_service", "village", 12, regions.loc[regions["level"] == "village", "code"]),
        ("township_institution", "township", 9, townships["code"]),
    ):
        planted = set(gaps.loc[gaps["service"] == service, "region_code"])
        assert set(every) - set(served(small, service).str[:length]) == planted
        assert (gaps.loc[gaps["service"] == service, "level"] == level).all()
    assert (gaps["service"] == "township_institution").sum() == 9
    assert (gaps["service"] == "village_service").sum() == 62


def test_one_county_has_no_rehabilitation_centre(small):
    counties = {county["code"] for county in city("zhangye").facts["counties"]}
    without = counties - set(served(small, "rehabilitation", tier=2).str[:6])
    gaps = small.truth["gaps_truth"]
    assert without == set(gaps.loc[gaps["tier"] == 2, "region_code"])
    assert len(without) == 1


def test_places_stand_in_the_village_they_name(full):
    villages = full.regions[full.regions["level"] == "village"].set_index("code").geometry
    for places in (full.facilities, full.toilets):
        cells = villages.reindex(places["region_code"]).to_numpy()
        assert shapely.contains_xy(cells, places["lon"], places["lat"]).all()


# --- audits


def visits(town: Town) -> pd.DataFrame:
    recorded = town.audits.drop_duplicates("visit_uid").set_index("visit_uid")[["lon", "lat", "visited_on"]]
    return town.truth["audits_truth"].join(recorded, on="visit_uid", validate="1:1")


def off_m(rows: pd.DataFrame) -> np.ndarray:
    plane = Plane(city("zhangye").metric_epsg)
    x, y = plane.metres(rows["lon"].to_numpy(), rows["lat"].to_numpy())
    true_x, true_y = plane.metres(rows["true_lon"].to_numpy(), rows["true_lat"].to_numpy())
    return np.hypot(x - true_x, y - true_y)


def test_position_errors_have_the_planted_shares(full):
    rows = visits(full)
    shares = rows["kind"].value_counts(normalize=True).to_dict()
    expected = {"gps": 0.88, "poor": 0.075, "far": 0.01, "gcj02": 0.03, "swapped": 0.005}
    assert shares == pytest.approx(expected, abs=1 / len(rows))


def test_position_errors_are_what_they_are_called(full):
    rows = visits(full)
    away = pd.Series(off_m(rows.assign(lon=rows["lon"].clip(upper=180), lat=rows["lat"].clip(upper=85))))
    low_high = {"gps": (4.9, 15.1), "poor": (14.9, 120.1), "far": (1190, 30_050), "gcj02": (26, 230)}
    for kind, (low, high) in low_high.items():
        assert away[rows["kind"] == kind].between(low, high).all(), kind
    swapped = rows[rows["kind"] == "swapped"]
    turned = swapped.rename(columns={"lon": "lat", "lat": "lon"})
    assert (off_m(turned) < 15.1).all()
    shifted = rows[rows["kind"] == "gcj02"]
    lon, lat = from_wgs84(shifted["true_lon"], shifted["true_lat"], "gcj02")
    assert (off_m(shifted.assign(true_lon=lon, true_lat=lat)) < 15.2).all()  # undone, a plain fix remains


def test_two_visits_in_a_hundred_are_entered_twice_with_the_same_figures(full):
    truth = full.truth["audits_truth"].set_index("visit_uid")
    copies = truth["duplicate_of"].dropna()
    assert len(copies) / len(truth) == pytest.approx(0.02, abs=0.0005)
    assert (truth.loc[copies, "place_uid"].to_numpy() == truth.loc[copies.index, "place_uid"]).all()
    figures = full.audits.set_index(["visit_uid", "element", "attribute"])["value"]
    for copy, origin in copies.head(5).items():
        pd.testing.assert_series_equal(figures[copy], figures[origin])


def test_compliance_is_counted_as_the_limits_say(full):
    # By hand from the clauses: threshold at most 15 mm, turning circle at least 1.50 m, rail 850-900 mm.
    first = ~full.audits["visit_uid"].isin(
        full.truth["audits_truth"].dropna(subset="duplicate_of")["visit_uid"]
    )
    figures = full.audits[first].set_index(["element", "attribute"])["value"]
    planted = full.truth["compliance_truth"].set_index(["element", "attribute"])
    for key, low, high in (
        (("door", "threshold_height"), 0, 15),
        (("accessible_toilet", "turning_circle"), 1.5, 9),
        (("handrail", "height_single"), 850, 900),
    ):
        values = figures[key].dropna()
        assert len(values) == planted.loc[key, "measured"]
        assert values.between(low, high).sum() == planted.loc[key, "met"]


def test_planted_compliance_is_near_its_table(full):
    planted = full.truth["compliance_truth"].set_index(["element", "attribute"])
    for element, specs in table("demo/measurements.toml")["measurements"].items():
        for spec in specs:
            row = planted.loc[(element, spec["attribute"])]
            spread = 4 * np.sqrt(spec["met"] * (1 - spec["met"]) / row["measured"])  # four standard errors
            assert row["share"] == pytest.approx(spec["met"], abs=spread), (element, spec["attribute"])


def test_all_toilets_are_inspected(small):
    visited = small.truth["audits_truth"]
    assert set(small.toilets["uid"]) == set(visited.loc[visited["place_layer"] == "toilets", "place_uid"])


# --- draws


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.integers(0, 10_000))
def test_shares_in_whole_numbers_sum_to_the_total_and_miss_by_less_than_one(weights, total):
    weights = np.array(weights) + 0.001
    counts = apportion(weights, total)
    assert counts.sum() == total
    assert (np.abs(counts - total * weights / weights.sum()) < 1 + 1e-6).all()


def test_exact_draws_have_exact_shares():
    # A quarter of eight is two.
    drawn = exact(stream(1, "test"), {"a": 0.25, "b": 0.75}, 8)
    assert sorted(drawn) == ["a", "a", *"bbbbbb"]
