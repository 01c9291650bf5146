"""Real files go through the same door as everybody's, and what is odd about them is told, not failed."""

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from data.demo.identity import certificates

pytestmark = pytest.mark.realdata

LIST = """
[columns]
parent_code = "parent"
[position]
lon = "lon_gcj02"
lat = "lat_gcj02"
[skip]
level = ["county"]   # their polygons are there already
"""
TOWNSHIPS = LIST.replace('["county"]', '["county", "village"]')
UNITS = '[columns]\nparent_code = "parent"\n'
ROADS = '[columns]\nwidth_m = "width"\n'
HOMES = '[columns]\nuid = "household_id"\nregion_code = "unit"\n'
ROOMS = """
[columns]
uid = "number"
[flags.accessible_room]
column = "name"
contains = ["無障礙"]
[group]
count = "rooms"
"""
SITES = '[columns]\nname = "name_chi"\nfacility_class = "cate"\n'


@pytest.fixture
def bring(ready, shared, tmp_path):
    """The import of a real file, by a link so that nothing is written beside the original."""

    def run(layer: str, file: str, *options: object, mapping: str = "") -> dict:
        link = tmp_path / Path(file).name
        if not link.exists():
            link.symlink_to((shared / "data" / file).resolve())
        if mapping:
            (tmp_path / "mapping.toml").write_text(mapping, encoding="utf-8")
            options = (*options, "--mapping", tmp_path / "mapping.toml")
        said = ready("import", layer, link, *options, "--json")
        assert said.code == 0, said.err
        return said.told

    return run


def noted(told: dict, reason: str) -> list[dict]:
    return [note for note in told["notes"] if note["reason"] == reason]


def counts(told: dict) -> tuple[int, ...]:
    return tuple(told[name] for name in ("read", "accepted", "quarantined", "merged"))


def test_the_counties_and_units_of_zhangye_come_in_and_the_plan_is_told_to_differ(bring, ready, tmp_path):
    counties = bring("regions", "zhangye/counties_2018_gcj02.geojson", "--datum", "gcj02")
    assert counts(counties) == (6, 6, 0, 0)
    assert noted(counties, "count-differs") == []  # a layer without villages says nothing of their number
    units = bring("regions", "zhangye/admin_units_2016.csv", "--datum", "gcj02", mapping=LIST)
    assert counts(units) == (984, 984, 0, 0)
    details = [note["detail"] for note in noted(units, "count-differs")]
    assert [re.findall(r"\d+ of kind \w+|\d+ stated", detail) for detail in details] == [
        ["843 of kind village", "836 stated"],
        ["55 of kind community", "52 stated"],
    ]
    ready("export", "regions", tmp_path / "all.gpkg", "--json")
    stored = gpd.read_file(tmp_path / "all.gpkg")
    polygons = stored[stored["level"] == "county"].to_crs(6933).area.sum() / 1e6
    assert polygons == pytest.approx(38_620, rel=0.001)  # km2, SOURCES.md


def test_the_notes_are_printed_for_a_person(bring, ready, tmp_path):
    bring("regions", "zhangye/counties_2018_gcj02.geojson", "--datum", "gcj02")
    bring("regions", "zhangye/admin_units_2016.csv", "--datum", "gcj02", "--dry-run", mapping=LIST)
    said = ready("import", "regions", tmp_path / "admin_units_2016.csv", "--datum", "gcj02",
                 "--mapping", tmp_path / "mapping.toml")  # fmt: skip
    assert said.code == 0
    assert "843 of kind village" in said.out
    assert "55 of kind community" in said.out


@pytest.mark.parametrize(
    ("city", "file", "least"),
    [
        ("monaco", "osm/monaco-latest.osm.pbf", (4_213, 696, 31)),
        ("helsinki", "osm/Helsinki.osm.pbf", (4_803, 1_000, 18)),
    ],
)
def test_an_extract_of_openstreetmap_is_a_city_of_its_own(
    bring, ready, monkeypatch, tmp_path, city, file, least
):
    monkeypatch.setenv("TANTU_CITY", city)
    for layer, rows in zip(("roads", "facilities", "toilets"), least, strict=True):
        told = bring(layer, file)
        assert told["quarantined"] == 0
        assert told["accepted"] == told["read"] >= rows
        assert noted(told, "far-from-city") == []
    told = ready("map", "toilets", "--out", tmp_path / "toilets.html", "--json")
    assert told.code == 0, told.err


def test_places_of_another_city_are_kept_with_their_region_unknown_and_counted(bring):
    bring("regions", "zhangye/counties_2018_gcj02.geojson", "--datum", "gcj02")
    told = bring("toilets", "osm/monaco-latest.osm.pbf")
    assert counts(told) == (31, 31, 0, 0)
    assert {note["reason"]: note["count"] for note in told["notes"]} == {"far-from-city": 31, "no-region": 31}


@pytest.mark.parametrize("city", ["taipei", "zhangye"])
def test_the_rooms_of_taipei_become_sites(bring, ready, monkeypatch, tmp_path, city):
    monkeypatch.setenv("TANTU_CITY", city)
    told = bring("toilets", "toilets/taipei_toilets.csv", "--datum", "wgs84", mapping=ROOMS)
    assert counts(told) == (6994, 2019, 0, 4975)
    assert sum(note["count"] for note in noted(told, "far-from-city")) == (6994 if city == "zhangye" else 0)
    ready("export", "toilets", tmp_path / "sites.csv", "--json")
    assert pd.read_csv(tmp_path / "sites.csv")["rooms"].sum() == 6994


@pytest.mark.parametrize("city", ["hong_kong", "zhangye"])
def test_the_swapped_site_of_hong_kong_is_kept_aside_with_that_reason(bring, monkeypatch, city):
    monkeypatch.setenv("TANTU_CITY", city)
    told = bring("facilities", "facilities/hk_football_fields.geojson", "--datum", "wgs84", mapping=SITES)
    assert counts(told) == (124, 123, 1, 0)
    aside = pd.read_csv(told["quarantine_file"])
    assert aside[["_row", "_reason", "name_chi"]].to_numpy().tolist() == [
        [49, "swapped-axes", "大頭嶺遊樂場"]
    ]


def people_of(parquet: Path) -> pd.DataFrame:
    """Return the people of the synthetic city with what their file lacks, made up."""
    known = pd.DataFrame(gpd.read_parquet(parquet).drop(columns="geometry"))
    codes = {
        "visual": 1,
        "hearing": 2,
        "speech": 3,
        "physical": 4,
        "intellectual": 5,
        "mental": 6,
        "multiple": 7,
    }
    category = known["category"].map(codes)
    born_on = pd.to_datetime((2025 - known["age"]).astype(str) + "-03-01")
    female = np.arange(len(known)) % 2 == 0
    made = certificates(
        known["unit"].str[:6], born_on, female, category.to_numpy(), known["grade"].to_numpy()
    )
    return pd.DataFrame(
        {
            "uid": known["person_id"],
            "household_uid": known["household_id"],
            "region_code": known["unit"],
            "certificate": made,
            "category": category,
            "grade": known["grade"],
            "born_on": born_on.dt.date,
            "hardship": np.where(known["low_income"], "dibao", "none"),
            "hardship_until": "2099-12-31",
            "consent": True,
            "device_only": False,
            "other_programme": False,
        }
    )


CENTRES = """uid,name,facility_class,services,operating_status,lon,lat
C1,甘州康复托养中心,rehabilitation,rehabilitation;care,operating,100.4494,38.9343
C2,山丹康复托养中心,rehabilitation,rehabilitation;care,operating,101.0886,38.7848
"""
PUBLIC = """uid,name,operating_status,wheelchair,accessible_room,lon,lat
T1,中心广场公厕,operating,yes,true,100.4494,38.9343
"""


@pytest.mark.parametrize("database_url", ["spatialite"], indirect=True)  # the same city in 90 s, not 180 s:
def test_the_synthetic_city_is_planned_covered_and_drawn(
    bring, ready, shared, tmp_path
):  # layers run on both above
    bring("regions", "zhangye/counties_2018_gcj02.geojson", "--datum", "gcj02")
    bring("regions", "zhangye/admin_units_2016.csv", "--datum", "gcj02", mapping=TOWNSHIPS)
    folder = "synthetic_zhangye"
    units = bring("regions", f"{folder}/units.gpkg", "--datum", "wgs84", mapping=UNITS)
    assert counts(units) == (888, 888, 0, 0)
    assert noted(units, "count-differs") == []  # 836 villages and 52 communities, as the plan states
    assert counts(bring("roads", f"{folder}/roads.parquet", "--datum", "wgs84", mapping=ROADS)) == (
        78_764, 78_764, 0, 0,
    )  # fmt: skip
    homes = bring("households", f"{folder}/disabled_persons.parquet", "--datum", "wgs84", mapping=HOMES)
    assert counts(homes) == (82_247, 75_600, 6_647, 0)  # the second person of a home repeats its number
    people_of(shared / "data" / folder / "disabled_persons.parquet").to_csv(
        tmp_path / "people.csv", index=False
    )
    (tmp_path / "centres.csv").write_text(CENTRES, encoding="utf-8")
    (tmp_path / "public.csv").write_text(PUBLIC, encoding="utf-8")
    people = ready("import", "people", tmp_path / "people.csv", "--json").told
    assert (people["read"], people["accepted"]) == (82_247, 82_247)
    for layer, file in (("facilities", "centres.csv"), ("toilets", "public.csv")):
        assert ready("import", layer, tmp_path / file, "--datum", "wgs84", "--json").told["quarantined"] == 0

    plan = ready("plan", "run", "--json").told
    assert [year["homes"] for year in plan["years"]] == [200] * 5
    assert all(sum(year["by_county"].values()) == 200 for year in plan["years"])
    assert plan["gap"] == 0
    covered = ready("cover", "rehabilitation", "--json").told
    assert covered["people"] == 82_247
    assert 0.3 < covered["reached_share"] < 1  # two of six counties have a centre
    near = ready("cover", "accessible_toilet", "--json").told
    assert 0 < near["reached"] < 10_000
    for name in ("toilets", "coverage", "renovations"):
        drawn = ready("map", name, "--out", tmp_path / f"{name}.html", "--json").told
        assert drawn["bytes"] > 20_000
        page = (tmp_path / f"{name}.html").read_text(encoding="utf-8")
        assert not re.search(r'(<(script|img|iframe)[^>]*src|<link[^>]*href)="?https?:', page)
