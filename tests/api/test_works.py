"""The commands of the works: opened, moved on together or not at all, forecast, settled, archived."""

import json
from datetime import date

import geopandas as gpd
import pytest
from shapely import Point

from api.commands import console
from gis.db import make_engine, transaction
from gis.frames import write_frame
from gis.tables import Household
from tests.planner.homes_in_works import WAY, plan_of
from tests.planner.test_works_service import picture
from tests.planner.towns import homes_frame

TODAY = date(2027, 6, 1)


@pytest.fixture
def works(ready, database_url, monkeypatch):
    """The command line on a city of two homes that a plan gives the year 2026, in the summer of 2027."""
    monkeypatch.setattr("api.commands.works_figures.today", lambda: TODAY)
    monkeypatch.setattr("api.commands.works.today", lambda: TODAY)
    engine = make_engine(database_url)
    homes = gpd.GeoDataFrame(homes_frame("h1", "h2"), geometry=[Point(100.4, 38.9)] * 2, crs=4326)
    with transaction(engine) as session:
        write_frame(session, Household, homes)
        plan_of(session, {"h1": "620702", "h2": "620702"})
    engine.dispose()
    assert ready("works", "open", 2026, "--on", "2026-01-05", "--by", "census", "--json").told["opened"] == [
        "2026-00001", "2026-00002",
    ]  # fmt: skip
    return ready


def advance(works, kind, *cases, by, day, facts):
    given = [part for name, value in facts.items() for part in ("--set", f"{name}={json.dumps(value)}")]
    day = f"{day[0]}-{day[1]:02d}-{day[2]:02d}"
    return works("works", "advance", kind, *cases, "--by", by, "--on", day, *given, "--json")


def walk(works, case, until):
    for kind, by, day, facts in WAY[1:]:
        said = advance(works, kind, case, by=by, day=day, facts=facts)
        assert said.code == 0, said.err
        if kind == until:
            return said.told[0]
    raise AssertionError(until)


def test_a_home_is_taken_to_acceptance_and_into_the_archive(works, tmp_path):
    assert walk(works, "2026-00001", "finish")["state"] == "finished"
    kind, by, day, facts = next(row for row in WAY if row[0] == "accept")
    refused = advance(works, kind, "2026-00001", by=by, day=day, facts=facts)
    assert (refused.code, refused.told["error"]["code"]) == (1, "conflict")
    picture(tmp_path / "a.jpg", "red", "2026:03:09 10:00:00")
    picture(tmp_path / "b.jpg", "blue", "2026:04:16 10:00:00", noise=4)
    for name, role in (("a", "before"), ("b", "after")):
        told = works("works", "photo", "2026-00001", tmp_path / f"{name}.jpg", "--role", role, "--json").told
        assert (told["recorded"], told["refused"]) == (1, [])
    assert advance(works, kind, "2026-00001", by=by, day=day, facts=facts).told[0]["state"] == "inspected"
    same = advance(works, "countersign", "2026-00001", by=by, day=(2026, 4, 21), facts={})
    assert "somebody else" in same.err
    assert advance(works, "countersign", "2026-00001", by="second", day=(2026, 4, 21), facts={}).code == 0
    lines = {"lines": {"lottery": 3250}}
    assert advance(works, "settle", "2026-00001", by="t", day=(2026, 5, 6), facts=lines).code == 0
    lacking = works("works", "archive", "2026-00001", "--json")
    assert (lacking.code, lacking.told["complete"]) == (1, False)
    (tmp_path / "scan.pdf").write_bytes(b"signed")
    for paper in lacking.told["missing"]:
        filed = works("works", "file", "2026-00001", paper, tmp_path / "scan.pdf", "--shelf", "A-1", "--json")
        assert filed.told["new"]
    assert works("works", "archive", "2026-00001").code == 0
    assert (
        advance(works, "archive", "2026-00001", by="c", day=(2026, 5, 8), facts={}).told[0]["state"]
        == "archived"
    )
    whole = works("works", "show", "2026-00001", "--json").told
    assert (whole["need_met"], whole["settled_yuan"], len(whole["events"])) == (6, 3250, 14)
    shown = works("works", "show", "2026-00001").out
    assert "已归档（一户一档）" in shown
    assert "乡镇初审" in shown
    money = works("works", "settle", "--year", 2026, "--json").told
    assert (money[-1]["settled"], money[-1]["saved_yuan"], money[-1]["line_lottery"]) == (1, 250, 3250)
    drawn = works("works", "spotcheck", "--year", 2026, "--json").told
    assert [row["case"] for row in drawn["drawn"]] == ["2026-00001"]
    assert drawn["passed"] is None
    chain = works("audit", "chain", "verify", "--json").told
    assert (chain["whole"], chain["links"]) == (True, 15)
    assert works("trail", "export", tmp_path / "trail.zip").code == 0
    proved = works("trail", "check", tmp_path / "trail.zip", "--json").told
    assert (proved["whole"], proved["links"]) == (True, 16)  # and the export itself


def test_several_homes_go_on_together_or_not_at_all(works):
    assert (
        advance(works, "apply", "2026-00001", by="c", day=(2026, 3, 2), facts={"consents": ["works"]}).code
        == 0
    )
    said = advance(
        works, "apply", "2026-00002", "2026-00001", by="c", day=(2026, 3, 2), facts={"consents": ["works"]}
    )
    assert (said.code, said.told["error"]["code"]) == (1, "conflict")
    states = {row["case"]: row["state"] for row in works("works", "list", "--json").told}
    assert states == {"2026-00001": "applied", "2026-00002": "registered"}
    assert [row["case"] for row in works("works", "list", "--state", "applied", "--json").told] == [
        "2026-00001"
    ]
    assert works("works", "list", "--region", "620723", "--json").told == []
    assert "2026-00001" in works("works", "list", "--region", "620702").out


def test_a_year_is_forecast_with_its_breaches(works):
    walk(works, "2026-00001", "assess")
    told = works("works", "forecast", 2026, "--json").told
    city = told["counters"][0]
    assert (city["county"], city["target"], city["cases"], city["accepted"], city["expected"]) == (
        None,
        200,
        2,
        0,
        0,
    )
    assert {(row["case"], row["clock"]) for row in told["breaches"] if row["breach"] == "late"} >= {
        ("2026-00002", "visit_check"), ("2026-00002", "works_end"), ("2026-00001", "works_end"),
    }  # fmt: skip
    assert "200" in works("works", "forecast", 2026).out


def test_what_is_written_wrongly_is_refused_in_words(works, tmp_path):
    for arguments, code in (
        (("advance", "apply", "2026-00009", "--on", "2026-03-02"), "not-found"),
        (("advance", "dance", "2026-00001", "--on", "2026-03-02"), "code"),
        (("advance", "apply", "2026-00001", "--on", "2099-03-02"), "input"),
        (("advance", "apply", "2026-00001", "--set", "consents"), "input"),
        (("advance", "apply", "2026-00001", "--facts", tmp_path / "none.json"), "input"),
        (("photo", "2026-00001", tmp_path, "--role", "sideways"), "code"),
        (("file", "2026-00001", "application", tmp_path / "none.pdf"), "not-found"),
        (("list", "--state", "lost"), "code"),
        (("open", "2031"), "conflict"),
    ):
        said = works("works", *arguments, "--json")
        assert (said.code, said.told["error"]["code"]) == (1, code), arguments
    facts = tmp_path / "facts.json"
    facts.write_text('{"consents": ["works"]}', encoding="utf-8")
    assert works("works", "advance", "apply", "2026-00001", "--on", "2026-03-02", "--facts", facts).code == 0
    assert console.today() >= date(2026, 1, 1)
