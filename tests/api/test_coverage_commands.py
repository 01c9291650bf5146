"""`tantu cover`, `gaps`, `levels`, `survey`, `projects`, `site`, `route`, `isochrone`, `network` on the small city."""

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from gis.catalogue import words

pytestmark = pytest.mark.xdist_group("demo")

CARE = ("cover", "care", "--within", "30min")


def test_coverage_says_how_far_how_evenly_and_how_much(in_city):
    told = in_city(*CARE, "--json").told
    travel = told["travel"]
    assert 0 < travel["p10_s"] <= travel["p50_s"] <= travel["p90_s"] <= travel["worst_tenth_s"]
    assert 0 <= told["equity"]["villages"]["gini"] <= 1
    assert told["equity"]["villages"]["worst_tenth"] <= told["reached_share"]
    assert sum(row["people"] for row in told["equity"]["urban_rural"]) == told["people"]
    sunan = [row for row in told["equity"]["county_parts"] if row["group"].startswith("620721/")]
    assert len(sunan) > 1
    county = next(row for row in told["by_region"] if row["code"] == "620721")
    assert sum(row["people"] for row in sunan) == county["people"]
    assert sum(row["reached"] for row in sunan) == county["reached"]


def test_what_is_shared_out_among_people_is_what_there_is(in_city):
    told = in_city(*CARE, "--json").told
    people = {row["code"]: row["people"] for row in told["by_region"] if row["level"] == "county"}
    shared = sum(row["per_1000"] * people[row["code"]] / 1000 for row in told["supply"]["by_county"])
    assert told["supply"]["unit"] == "capacity"
    assert shared == pytest.approx(told["supply"]["total"], rel=0.01)


def test_tiers_of_rehabilitation_are_parts_of_all_of_it(in_city):
    whole = in_city("cover", "rehabilitation", "--within", "15min", "--json").told["reached"]
    tiers = [
        in_city("cover", "rehabilitation", "--within", "15min", "--tier", n, "--json").told for n in (1, 2, 3)
    ]
    assert all(0 < one["reached"] <= whole for one in tiers)
    assert tiers[2]["reached"] < whole


@pytest.mark.parametrize("group", ["boarding_care", "visual", "children", "severe"])
def test_any_group_is_counted_and_judged_by_its_own_rules(in_city, group):
    told = in_city(*CARE, "--group", group, "--json").told
    assert 0 < told["people"] < 3000
    assert told["effective"]["reached"] <= told["reached"]


def test_a_season_never_brings_anybody_nearer(in_city):
    usual, winter = (in_city(*CARE, *more, "--json").told for more in ((), ("--season", "winter")))
    assert winter["network"]["barriers"] > usual["network"]["barriers"]
    assert winter["reached"] <= usual["reached"]
    assert in_city(*CARE, "--season", "monsoon", "--json").told["error"]["code"] == "code"


def test_an_opened_project_never_lowers_coverage(in_city):
    usual, after = (in_city(*CARE, *more, "--json").told for more in ((), ("--project", "all")))
    assert after["reached"] >= usual["reached"]
    assert after["supply"]["places_of_unknown_capacity"] == 2
    assert in_city(*CARE, "--project", "moon", "--json").told["error"]["code"] == "not-found"


def test_what_may_be_published_shows_no_number_from_one_to_four_and_no_village(in_city, tmp_path):
    file = tmp_path / "public.gpkg"
    told = in_city(*CARE, "--public", "--out", file, "--json").told
    assert "travel" not in told
    rows = told["by_region"]
    assert {row["level"] for row in rows} == {"county", "township"}
    for row in rows:
        assert row["unknown"] is None
        for number in (row["people"], row["reached"]):
            assert number is None or number == 0 or number >= 5
        if row["people"] is not None and row["reached"] is not None:
            assert not 0 < row["people"] - row["reached"] < 5
    assert any(row["reached"] is None for row in rows)
    written = gpd.read_file(file, layer="regions")
    assert set(written["level"]) == {"county", "township"}
    assert written["reached"].isna().sum() == sum(row["reached"] is None for row in rows)


def test_the_geopackage_holds_what_was_printed(in_city, tmp_path):
    file = tmp_path / "care.gpkg"
    said = in_city(*CARE, "--out", file, "--json")
    assert set(pyogrio.list_layers(file)[:, 0]) == {"regions", "places"}
    regions = gpd.read_file(file, layer="regions").set_index("code")
    for row in said.told["by_region"]:
        assert regions.loc[row["code"], "reached"] == row["reached"]
    assert regions.crs == 4326
    assert in_city(*CARE, "--out", tmp_path / "care.shp", "--json").told["error"]["code"] == "file-format"


def test_the_service_areas_of_townships_hold_everybody_once_by_where_they_live(in_city, tmp_path):
    file = tmp_path / "areas.gpkg"
    told = in_city("cover", "township_institution", "--out", file, "--json").told
    places = gpd.read_file(file, layer="places")
    assert places["people_nearest"].sum() == told["people"] - told["travel"]["cut_off"]
    assert (places.loc[places["operating_status"] == "idle", "people_nearest"] == 0).all()


def test_medical_care_counts_effectively_only_where_an_inspection_passed(in_city):
    told = in_city("cover", "medical", "--json").told
    assert 0 < told["effective"]["reached"] < told["reached"]
    assert told["effective"]["unknown"] > told["unknown"]  # what was never inspected is not known


def test_a_network_kept_on_disk_answers_the_same(in_city, tmp_path, monkeypatch):
    monkeypatch.setenv("TANTU_CACHE", str(tmp_path / "kept"))
    first, again = (in_city(*CARE, "--json").told for _ in range(2))
    assert first == again
    assert list((tmp_path / "kept").glob("network-drive-*.npz"))


def test_gaps_are_written_as_areas_and_filled_by_projects(in_city, tmp_path):
    file = tmp_path / "gaps.gpkg"
    told = in_city("gaps", "care", "--out", file, "--json").told[0]
    drawn = gpd.read_file(file, layer="care")
    assert (drawn["has"].astype("boolean") == False).sum() == len(told["gaps"])  # noqa: E712 - missing is neither
    after = in_city("gaps", "care", "--project", "all", "--json").told[0]
    assert len(after["gaps"]) <= len(told["gaps"])


def test_three_levels_count_888_villages(in_city, tmp_path):
    told = in_city("levels", "--out", tmp_path / "levels.gpkg", "--json").told
    assert told["villages"] == 888
    assert told["complete"] + told["incomplete"] + told["unknown"] == 888
    assert len(told["incomplete_villages"]) == told["incomplete"]
    assert {row["care_tier"] for row in told["care_tiers"]} == {"home", "community", "institution"}
    assert len(gpd.read_file(tmp_path / "levels.gpkg")) == 888
    assert in_city("levels").code == 0


def test_the_survey_sets_need_against_resources(in_city, tmp_path):
    told = in_city("survey", "--out", tmp_path / "survey.xlsx", "--json").told
    assert len({row["service"] for row in told}) == 10
    care = [row for row in told if row["service"] == "care"]
    people = in_city("cover", "care", "--group", "boarding_care", "--json").told["people"]
    assert sum(row["need"] for row in care) == people
    assert len(pd.read_excel(tmp_path / "survey.xlsx", engine="openpyxl")) == len(told)
    assert in_city("survey", "--level", "street", "--json").told["error"]["code"] == "not-found"
    assert in_city("survey", "--level", "township").code == 0


def test_projects_and_centres_are_listed_with_the_status_of_each_county(in_city):
    told = in_city("projects", "--json").told
    assert (len(told["projects"]), len(told["centres"]), len(told["counties"])) == (2, 9, 6)
    assert in_city("projects").code == 0


def test_sites_keep_a_budget_and_stand_beside_the_projects_of_the_plan(in_city, tmp_path):
    asked = ("site", "care", "--within", "20min", "--new", 3)
    money = ("--budget", 20_000_000, "--site-cost", 10_000_000)
    told = in_city(*asked, *money, "--out", tmp_path / "sites.gpkg", "--json").told
    assert len(told["new_sites"]) == 2
    whole = {row["scenario"]: row for row in told["scenarios"] if row["county"] is None}
    assert {"proposal", "project:ganzhou-care", "project:shandan-care", "all projects"} == set(whole)
    assert whole["proposal"]["gained"] >= whole["all projects"]["gained"] - 1e-6  # two villages, proved best
    assert whole["proposal"]["cost_yuan"] == 20_000_000
    assert whole["all projects"]["cost_yuan"] == 71_000_000
    by_county = [row for row in told["scenarios"] if row["scenario"] == "proposal" and row["county"]]
    assert sum(row["gained"] for row in by_county) == whole["proposal"]["gained"]
    assert len(gpd.read_file(tmp_path / "sites.gpkg", layer="new_sites")) == 2
    assert in_city(*asked, "--budget", 5, "--json").told["error"]["code"] == "domain"


def test_sites_serve_no_more_people_than_they_have_places(in_city):
    asked = ("site", "township_institution", "--within", "15min", "--group", "severe", "--new", 2, "--json")
    free, tight = (in_city(*asked, *more).told for more in ((), ("--capacity", 5)))
    assert tight["objective"] <= free["objective"]
    assert all(site["people"] <= 5 for site in tight["new_sites"])


def test_a_floor_of_counties_is_kept_or_refused_by_name(in_city):
    asked = ("site", "day_care", "--within", "15min", "--new", 3, "--json")
    free = in_city(*asked).told
    floor = in_city(*asked, "--floor", 0.05).told
    assert floor["objective"] <= free["objective"]
    assert in_city(*asked, "--floor", 1.0).told["error"]["code"] == "infeasible"
    assert in_city(*asked, "--floor", 7).told["error"]["code"] == "domain"


def test_public_buildings_may_be_the_candidates(in_city):
    told = in_city("site", "day_care", "--within", "15min", "--candidates", "public", "--json").told
    assert all(site["uid"].startswith("facility:") for site in told["new_sites"])
    assert (
        in_city("site", "day_care", "--candidates", "palaces", "--json").told["error"]["code"] == "not-found"
    )


def test_a_route_is_told_in_steps_in_both_languages(in_city, built, monkeypatch, tmp_path):
    toilets = pd.read_csv(built.folder / "data" / "toilets.csv").head(2)
    start, end = (f"{row.lon},{row.lat}" for row in toilets.itertuples())
    told = in_city("route", start, end, "--mode", "drive", "--out", tmp_path / "way.gpkg", "--json").told
    assert told["steps"][0]["turn"] == "depart"
    assert told["steps"][-1]["turn"] == "arrive"
    assert sum(step["length_m"] for step in told["steps"]) == pytest.approx(told["length_m"], abs=1)
    assert gpd.read_file(tmp_path / "way.gpkg")["length_m"].sum() == pytest.approx(told["length_m"], abs=1)
    said = {}
    for lang in ("zh", "en"):
        monkeypatch.setattr("api.commands.console.WORDS", words(lang, "cli"))
        said[lang] = in_city("route", start, end, "--mode", "drive", "--json").told["steps"][-1]["text"]
    assert said == {"zh": "到达", "en": "You have arrived"}
    assert in_city("route", "here", end, "--json").told["error"]["code"] == "input"
    assert in_city("route", "0,0", end, "--json").told["error"]["code"] == "no-route"


def test_an_isochrone_of_a_service_grows_with_its_limit(in_city, tmp_path):
    told = in_city("isochrone", "care", "--within", "5min,15min", "--out", tmp_path / "i.gpkg", "--json").told
    assert [row["limit"] for row in told] == [300.0, 900.0]
    assert 0 < told[0]["area_km2"] < told[1]["area_km2"]
    assert len(gpd.read_file(tmp_path / "i.gpkg")) == 2
    assert in_city("isochrone", "care", "--within", "5min,300m", "--json").told["error"]["code"] == "input"


def test_the_network_is_described_with_its_parts_blocks_and_findings(in_city, tmp_path):
    told = in_city("network", "--mode", "wheelchair", "--out", tmp_path / "n.gpkg", "--json").told
    assert told["components"] == len(told["component_nodes"]) or told["components"] > 50
    assert {"kerb", "tagged_no", "steps"} & {row["reason"] for row in told["blocked"]}
    assert told["barriers"] == len(told["stopping"]) + len(told["slowing"])
    assert told["barriers"] > 0
    edges = gpd.read_file(tmp_path / "n.gpkg", layer="edges")
    assert len(edges) == told["edges"]
    named = set(edges.loc[edges["findings"] != "", "findings"].str.split(";").explode())
    assert named == set(told["stopping"]) | set(told["slowing"])
    assert in_city("network").code == 0
