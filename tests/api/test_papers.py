"""The commands of papers: forms, notices, ledgers that come back; and every reading of people in the trail."""

import io
import json

import geopandas as gpd
import openpyxl
import pytest
from pypdf import PdfReader
from shapely import Point

from api import keys
from audits import trail_store
from gis.db import make_engine, transaction
from gis.frames import write_frame
from gis.tables import Household, Region
from planner import service
from planner.people import PERSONAL
from planner.publication import leaks
from tests.planner.test_ledger_return import fill
from tests.planner.test_service import batch, town_people
from tests.planner.towns import homes_frame

KEY = b"k" * 32


@pytest.fixture
def town(ready, database_url, monkeypatch):
    """The command line in a town of nine homes, of which four are planned, two a year from 2026."""
    monkeypatch.setenv("TANTU_KEY", KEY.hex())
    monkeypatch.setenv("TANTU_USER", "officer")
    homes = homes_frame(*(f"h{n}" for n in range(9)))
    places = gpd.GeoDataFrame(homes, geometry=[Point(100 + n / 100, 38.9) for n in range(9)], crs=4326)
    codes = ["620702", "620702001", "620702001201"]
    regions = gpd.GeoDataFrame(
        {"uid": codes, "code": codes, "name": ["甘州区", "东街街道", "某村"], "level": ["county", "township", "village"]},
        geometry=[Point(100, 38.9)] * 3, crs=4326,
    )  # fmt: skip
    engine = make_engine(database_url)
    with transaction(engine) as session:
        write_frame(session, Household, places)
        write_frame(session, Region, regions)
        service.write_people(session, town_people(), batch(session), keys.Cipher(KEY))
    engine.dispose()
    options = ("--first-year", 2026, "--years", 2, "--homes", 2, "--budget", 30_000)
    assert ready("plan", "run", *options, "--json").code == 0
    return ready


def trail(database_url, kind="people_read"):
    """What the trail holds of a kind, the oldest first."""
    engine = make_engine(database_url)
    with transaction(engine, read_only=True) as session:
        found = [deed for _, deed in trail_store.deeds(session, trail_store.Sought(kind=kind), 100)]
    engine.dispose()
    return found[::-1]


def test_a_notice_is_written_checked_and_recorded_and_taken_down_in_time(town, tmp_path, database_url):
    told = town(
        "plan", "notice", tmp_path / "n", "--from", "2026-03-17", "--contact", "0936-8212345", "--json"
    ).told
    assert (told["year"], told["homes"], told["last"], told["take_down_on"]) == (
        2026,
        2,
        "2026-03-24",
        "2026-03-25",
    )
    said = "\n".join(page.extract_text() for page in PdfReader(tmp_path / "n" / "notice-2026.pdf").pages)
    people = town_people()
    secrets = [str(value) for name in PERSONAL for value in people[name].dropna()]
    assert leaks(said, secrets=secrets, allowed=("0936-8212345",)) == []
    assert "东街街道" in said
    assert [deed.subject for deed in trail(database_url, "published")] == ["plan:1"]
    assert town("plan", "notice", tmp_path / "n", "--take-down", "--json").told[
        "removed"
    ]  # its days are over
    assert not (tmp_path / "n" / "notice-2026.pdf").exists()


def test_a_county_without_homes_has_no_notice(town, tmp_path):
    said = town("plan", "notice", tmp_path / "n", "--county", "620723", "--json")
    assert (said.code, said.told["error"]["code"]) == (1, "empty-layer")
    assert not (tmp_path / "n").exists()


def test_a_form_is_filled_in_from_the_case_in_clear_or_masked(town, tmp_path):
    opened = town("works", "open", 2026, "--on", "2026-01-05", "--json").told["opened"]
    for masked in (False, True):
        file = tmp_path / f"{masked}.pdf"
        told = town(
            "works", "form", opened[0], "application", file, *(["--masked"] if masked else []), "--json"
        ).told
        assert told["masked"] is masked
        said = PdfReader(io.BytesIO(file.read_bytes())).pages[0].extract_text()
        assert (leaks(said) == []) is masked
        assert "东街街道" in said
    assert (
        town("works", "form", opened[0], "poem", tmp_path / "x.pdf", "--json").told["error"]["code"] == "code"
    )
    missing = town("works", "form", "2026-99999", "scheme", tmp_path / "x.pdf", "--json")
    assert missing.told["error"]["code"] == "not-found"


def test_a_ledger_comes_back_its_differences_are_shown_and_saved_once(town, tmp_path):
    path = tmp_path / "l.xlsx"
    town("plan", "ledger", path)
    home = openpyxl.load_workbook(path)["2026年"].cell(5, 2).value
    fill(path, {(home, "完成"): "√", (home, "备注"): "好", (home, "等级"): 4})
    seen = town("plan", "reread", path, "--json").told
    assert {(row["column"], row["saves"]) for row in seen["differences"]} == {
        ("done", True),
        ("note", True),
        ("grade", False),
    }
    assert (seen["to_save"], seen["saved"]) == (1, 0)
    assert town("plan", "reread", path, "--save", "--json").told["saved"] == 1
    assert town("plan", "reread", path, "--json").told["to_save"] == 0
    fill(path, {(home, "备注"): "更好"})
    late = town("plan", "reread", path, "--save", "--json")
    assert (late.code, late.told["error"]["code"]) == (1, "conflict")
    assert home in late.told["error"]["message"]
    town("plan", "ledger", tmp_path / "new.xlsx")
    row = next(
        r
        for r in openpyxl.load_workbook(tmp_path / "new.xlsx")["2026年"].iter_rows(values_only=True)
        if r[1] == home
    )
    assert ("√" in row, "好" in row, row[-1]) == (True, True, "1")
    assert "更好" in town("plan", "reread", path).out


def test_whoever_reads_people_stands_in_the_trail_with_what_was_read(town, database_url, tmp_path):
    before = len(trail(database_url))
    town("plan", "explain", "h0", "--json")
    town("plan", "ledger", tmp_path / "l.xlsx", "--unmasked", "--json")
    town("export", "people", tmp_path / "p.csv", "--json")
    deeds = trail(database_url)[before:]
    assert [(deed.by, deed.facts["what"], deed.facts["step"]) for deed in deeds] == [
        ("officer", what, step)
        for what in ("plan explain", "plan ledger --unmasked", "export")
        for step in ("opened", "closed")
    ]
    assert deeds[0].subject == "household:h0"
    # Four homes are planned, one person each; all nine people are exported with every column.
    assert deeds[3].facts["columns"] == {f"person.{name}": 4 for name in sorted((*PERSONAL, "facts"))}
    assert set(deeds[5].facts["columns"].values()) == {9}
    assert "隐秘" not in json.dumps([dict(deed.facts) for deed in deeds], ensure_ascii=False)
    assert town("audit", "chain", "verify", "--json").told["whole"]


def test_a_reading_that_fails_is_in_the_trail_too(town, database_url):
    before = len(trail(database_url))
    assert town("plan", "explain", "nobody", "--json").code == 1
    assert [deed.facts["step"] for deed in trail(database_url)[before:]] == ["opened", "closed"]
