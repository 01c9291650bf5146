"""The small demonstration city holds together from file to map, on both databases."""

import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from api.commands.console import Place
from api.keys import cipher
from api.settings import settings
from gis.db import make_engine, transaction
from planner import service

pytestmark = pytest.mark.xdist_group("demo")  # one process builds the city, not each


def test_the_demonstration_answers_every_field_a_machine_reads(built):
    told = built.demo.told()
    assert told["people"] == 3000
    assert told["households"] > 2500
    assert told["eligible"] > 100
    assert told["road_edges"] > 5000
    assert len(told["plan"]["homes_per_year"]) == 5
    assert told["plan"]["gap"] == 0
    assert told["plan"]["bound"] == pytest.approx(told["plan"]["objective"])
    assert all(Path(file).stat().st_size > 5000 for file in told["files"])


def test_a_database_with_imports_is_not_built_over(in_city, built, tmp_path):
    said = in_city("demo", "--out", tmp_path / "again", "--people", 50, "--database", built.url, "--json")
    assert said.told["error"]["code"] == "conflict"


def test_every_file_went_through_the_ordinary_import(in_city):
    layers = [row["layer"] for row in reversed(in_city("imports", "--json").told)]
    assert layers == ["regions", "roads", "facilities", "toilets", "households", "people", "audits"]


@pytest.mark.parametrize("service_code", ["rehabilitation", "care", "accessible_toilet"])
def test_coverage_counts_everybody_once_at_every_level(in_city, service_code):
    told = in_city("cover", service_code, "--json").told
    assert told["people"] == 3000
    assert told["reached_share"] == pytest.approx(told["reached"] / 3000)
    for level in ("city", "county", "township", "village"):
        rows = [row for row in told["by_region"] if row["level"] == level]
        assert sum(row["people"] for row in rows) == 3000
        assert sum(row["reached"] for row in rows) == told["reached"]
    assert told["effective"]["reached"] <= told["reached"]


def test_a_shorter_norm_never_reaches_more(in_city):
    near = in_city("cover", "rehabilitation", "--within", "10min", "--json").told["reached"]
    far = in_city("cover", "rehabilitation", "--within", "60min", "--json").told["reached"]
    assert near < far


def test_a_group_counts_only_its_people(in_city):
    everybody = in_city("cover", "care", "--json").told
    wheelchairs = in_city("cover", "care", "--group", "wheelchair_users", "--json").told
    assert 0 < wheelchairs["people"] < everybody["people"]


def test_the_planted_gaps_are_found_and_every_other_has_a_place_that_does_not_run(in_city, built):
    planted = pd.read_csv(built.folder / "data" / "truth" / "gaps_truth.csv", dtype=str)
    places = pd.read_csv(built.folder / "data" / "facilities.csv", dtype=str)
    for name in ("care", "device_station", "township_institution", "village_service"):
        told = in_city("gaps", name, "--json").told[0]
        assert told["with"] + told["unknown"] + len(told["gaps"]) == told["regions"]
        gaps = {gap["code"] for gap in told["gaps"]}
        known = set(planted[planted["service"] == name]["region_code"])
        assert known
        assert known <= gaps
        serving = places[
            places["services"].fillna("").str.split(";").map(lambda names, name=name: name in names)
        ]
        for code in gaps - known:
            here = serving[serving["region_code"].str.startswith(code)]
            assert len(here)
            assert "operating" not in set(here["operating_status"])


def test_new_sites_reach_more_the_more_there_are_and_are_proved(in_city):
    asked = ("site", "care", "--within", "20min", "--json")
    one, three = (in_city(*asked, "--new", number).told for number in (1, 3))
    assert len(one["new_sites"]) == 1
    assert len(three["new_sites"]) == 3
    assert one["people"] == 3000
    assert one["objective"] < three["objective"] <= 3000
    assert one["gap"] == three["gap"] == 0
    assert in_city(*asked, "--model", "guess").told["error"]["code"] == "not-found"


def test_the_plan_counts_65_townships_and_888_villages(in_city):
    regions = {row["service"]: row["regions"] for row in in_city("gaps", "--json").told}
    assert (regions["township_institution"], regions["village_service"], regions["care"]) == (65, 888, 6)


def test_a_plan_keeps_its_limits_and_can_be_explained(in_city):
    told = in_city("plan", "run", "--homes", 5, "--years", 2, "--first-year", 2026, "--json").told
    assert [year["year"] for year in told["years"]] == [2026, 2027]
    assert [year["homes"] for year in told["years"]] == [5, 5]
    for year in told["years"]:
        assert sum(year["by_county"].values()) == 5
        assert year["cost_yuan"] <= 5 * 3500
    assert told["gap"] == 0


def test_limits_that_contradict_each_other_are_named_with_a_way_out(in_city):
    said = in_city("plan", "run", "--homes", 5, "--years", 2, "--budget", 1, "--json")
    assert said.code == 1
    assert said.told["error"]["code"] == "infeasible"
    assert "yuan" in said.told["error"]["message"]


def test_a_chosen_home_and_a_refused_one_are_both_told_why(in_city, built):
    here = Place(settings())
    with here.session(read_only=True) as session:
        homes = service.saved_plan(session, built.demo.plan.id).homes
    chosen = homes[homes["year"].notna()]["household_uid"].iloc[0]
    told = in_city("plan", "explain", chosen, "--json").told
    assert {"household", "selected", "year", "rank", "score", "parts", "reasons", "would_need"} <= set(told)
    assert told["score"] == pytest.approx(sum(told["parts"].values()))
    nobody = in_city("plan", "explain", "H000000", "--json")
    assert nobody.told["error"]["code"] == "not-found"


def test_the_ledger_holds_the_chosen_homes_and_no_full_name(in_city, built, tmp_path):
    told = in_city("plan", "ledger", tmp_path / "ledger.xlsx", "--json").told
    sheets = openpyxl.load_workbook(tmp_path / "ledger.xlsx")
    cells = [
        str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row if cell
    ]
    assert told["homes"] > 0
    engine = make_engine(built.url)
    with transaction(engine, read_only=True) as session:
        people = service.read_people(session, cipher(settings()), columns=("name", "certificate"))
    engine.dispose()
    text = "\n".join(cells)
    assert not [name for name in people["name"] if name in text]
    assert not [number for number in people["certificate"] if number in text]


@pytest.mark.parametrize("name", ["toilets", "coverage", "gaps", "sites", "renovations", "repairs"])
@pytest.mark.parametrize("office", [(), ("--office",)])
def test_a_map_is_one_file_without_an_address_elsewhere(in_city, tmp_path, name, office):
    out = tmp_path / f"{name}.html"
    assert in_city("map", name, "--out", out, *office, "--json").told["bytes"] == out.stat().st_size
    page = out.read_text(encoding="utf-8")
    assert not re.search(r'(<(script|img|iframe)[^>]*src|<link[^>]*href)="?https?:', page)


def test_the_key_can_be_changed_and_the_old_one_no_longer_opens(tantu, tmp_path, monkeypatch):
    monkeypatch.setenv("TANTU_DATABASE_URL", f"sqlite:///{tmp_path / 'out' / 'tantu.sqlite'}")
    assert tantu("demo", "--out", tmp_path / "out", "--people", 400, "--json").code == 0
    key = tmp_path / "out" / "tantu.key"
    monkeypatch.setenv("TANTU_KEY_FILE", str(key))
    before = key.read_text()
    told = tantu("keys", "rotate", "--json").told
    assert told["people"] == 400
    assert key.read_text() != before
    assert tantu("cover", "care", "--group", "wheelchair_users", "--json").code == 0
    key.write_text(before)
    refused = tantu("cover", "care", "--group", "wheelchair_users", "--json")
    assert refused.told["error"]["code"] == "key-missing"
