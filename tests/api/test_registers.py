"""Visits yield candidates, consents stand for one purpose, personal facts go after their time; indicators over time."""

import csv
from datetime import date

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from gis.db import make_engine, transaction
from tests.api.test_papers import (
    town,  # noqa: F401  the fixture of a town with a plan
    trail,
)

VISITS = """uid,household_uid,region_code,visited_on,visitor,entrance_hard,toilet_hard,wants_works,needs_rehab,gets_rehab
v1,h0,620702001201,2026-03-02,专职委员,1,1,1,1,1
v2,h6,620702001201,2026-03-02,专职委员,1,,1,1,0
v3,h7,620702001201,2026-03-02,专职委员,0,1,0,,
v4,x1,620702001201,2026-03-03,专职委员,1,1,1,0,0
"""


@pytest.fixture
def visited(town, tmp_path):  # noqa: F811
    path = tmp_path / "visits.csv"
    path.write_text(VISITS, encoding="utf-8")
    told = town("import", "homevisits", path, "--json").told
    assert (told["read"], told["accepted"]) == (4, 4)
    return town


def raw(database_url, table):
    engine = make_engine(database_url)
    with transaction(engine, read_only=True) as session:
        rows = session.execute(text(f"SELECT * FROM {table}")).all()
    engine.dispose()
    return rows


def test_visits_yield_homes_with_what_eligibility_says(visited, database_url):
    found = visited("people", "candidates", "--json").told
    assert [(row["household_uid"], row["count"], row["outcome"]) for row in found] == [
        ("h0", 2, "eligible"), ("x1", 2, "unregistered"), ("h6", 1, "refused"),
    ]  # fmt: skip
    assert "EL-" in found[2]["refused_by"]
    assert "h0" in visited("people", "candidates").out
    assert all(b"toilet_hard" not in bytes(row.answers) for row in raw(database_url, "home_visit"))


def test_the_same_visits_again_change_nothing_and_an_export_brings_them_back(visited, tmp_path):
    (tmp_path / "again.csv").write_text(VISITS + "\n", encoding="utf-8")
    told = visited("import", "homevisits", tmp_path / "again.csv", "--json").told
    assert (told["accepted"], told["quarantined"]) == (0, 0)
    visited("export", "homevisits", tmp_path / "out.csv", "--json")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as file:
        rows = {row["uid"]: row for row in csv.DictReader(file)}
    assert len(rows) == 4
    assert rows["v2"]["toilet_hard"] == ""  # nobody asked: unknown, not no


def test_a_new_key_opens_the_answers_of_visits(visited, monkeypatch, tmp_path):
    monkeypatch.delenv("TANTU_KEY")
    (tmp_path / "k").write_text((b"k" * 32).hex(), encoding="ascii")
    monkeypatch.setenv("TANTU_KEY_FILE", str(tmp_path / "k"))
    assert visited("keys", "rotate", "--json").code == 0
    assert len(visited("people", "candidates", "--json").told) == 3


def test_indicators_are_computed_entered_and_kept_as_a_series(visited, tmp_path):
    told = visited("indicators", "--at", "2026-06-30", "--save", "--json").told
    rows = {row["indicator"]: row for row in told["indicators"]}
    assert told["period"] == "2026-2030"
    assert (rows["IN-17"]["value"], rows["IN-17"]["target"], rows["IN-17"]["reached"]) == (4, 30000, False)
    assert (rows["IN-09"]["value"], rows["IN-09"]["denominator"]) == (50, 2)
    assert (rows["IN-02"]["origin"], rows["IN-02"]["value"]) == ("missing", None)
    assert told["saved"] > 10
    visited("indicators", "--at", "2026-06-30", "--save")
    assert len(visited("indicators", "history", "IN-11", "--json").told) == 1
    entered = visited(
        "indicators", "enter", "IN-02", 2100, "--source", "人社局 2026 年报", "--on", "2026-06-01", "--json"
    )
    assert entered.code == 0
    rows = {
        row["indicator"]: row
        for row in visited("indicators", "--at", "2026-06-30", "--json").told["indicators"]
    }
    assert (rows["IN-02"]["value"], rows["IN-02"]["source"]) == (2100, "人社局 2026 年报")
    listed = visited("indicators", "--at", "2026-06-30", "--list", "IN-17", "--json").told["list"]
    assert {row["household_uid"] for row in listed} == {"h0", "h6", "h7", "x1"}
    assert "IN-17" in visited("indicators", "--at", "2026-06-30").out
    for bad in (("enter", "IN-99", 1, "--source", "x"), ("enter", "IN-02", 1, "--source", " ")):
        assert visited("indicators", *bad, "--json").code == 1


def test_reports_cards_and_the_pack_of_the_committee_are_written(visited, tmp_path):
    for kind in ("annual", "midterm", "final"):
        told = visited(
            "indicators", "report", tmp_path / f"{kind}.pdf", "--kind", kind, "--at", "2026-06-30", "--json"
        ).told
        assert told["period"] == "2026-2030"
        assert len(PdfReader(tmp_path / f"{kind}.pdf").pages) >= 2
    assert visited("indicators", "cards", tmp_path / "c.pdf", "--at", "2026-06-30", "--json").code == 0
    pack = visited("indicators", "pack", tmp_path / "pack", "--at", "2026-06-30", "--json").told
    assert {path.name for path in (tmp_path / "pack").iterdir()} == {
        "report.pdf",
        "score-cards.pdf",
        "indicators.xlsx",
    }
    assert pack["lists"] >= 1
    assert (
        visited("indicators", "report", tmp_path / "x.docx", "--json").told["error"]["code"] == "file-format"
    )
    assert (
        visited("indicators", "report", tmp_path / "x.pdf", "--kind", "x", "--json").told["error"]["code"]
        == "code"
    )


def test_a_consent_is_for_one_purpose_and_can_be_taken_back(visited):
    given = visited("people", "consent", "h0", "photos", "--on", "2026-03-01", "--json").told
    visited("people", "consent", "h0", "works", "--given-by", "guardian", "--on", "2026-03-01")
    assert given["consents"] == {"photos": "2026-03-01"}
    left = visited("people", "consent", "h0", "photos", "--withdraw", "--json").told
    assert left["consents"] == {"works": "2026-03-01"}
    for bad, code in (
        (("fishing",), "code"),
        (("photos", "--withdraw"), "not-found"),
        (("works", "--given-by", "neighbour"), "conflict"),
    ):
        assert visited("people", "consent", "h0", *bad, "--json").told["error"]["code"] == code


def test_an_erased_home_is_gone_while_the_chain_and_its_case_stay(visited, database_url, tmp_path):
    cases = visited("works", "open", 2026, "--on", "2026-01-05", "--json").told["opened"]
    home = visited("works", "show", cases[0], "--json").told["household"]
    busy = visited("people", "erase", home, "--reason", "death", "--json")
    assert (busy.code, busy.told["error"]["code"]) == (1, "conflict")
    visited("works", "advance", "withdraw", cases[0], "--set", "reason=death", "--by", "clerk")
    told = visited("people", "erase", home, "--reason", "death", "--json").told
    assert told["people"] == 1
    person = next(row for row in raw(database_url, "person") if row.household_uid == home)
    assert (person.name, person.certificate, person.certificate_mark, person.phone, person.address) == (
        None,
    ) * 5
    visited("export", "people", tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(encoding="utf-8-sig") as file:
        gone = next(row for row in csv.DictReader(file) if row["household_uid"] == home)
    assert set(gone.values()) <= {"", home, gone["uid"], gone["region_code"]}
    assert visited("audit", "chain", "verify", "--json").told["whole"]
    assert visited("works", "show", cases[0], "--json").told["state"] == "withdrawn"
    assert [deed.subject for deed in trail(database_url, "purged")] == [f"household:{home}"]
    assert (
        visited("people", "erase", home, "--reason", "again", "--json").told["error"]["code"] == "not-found"
    )


def test_what_is_past_its_time_is_told_and_erased_only_when_asked(visited, monkeypatch, database_url):
    monkeypatch.setattr("api.commands.people.today", lambda: date(2029, 6, 1))
    told = visited("people", "retention", "--json").told
    assert (told["visits"], told["superseded"], told["applied"]) == (4, 0, False)
    assert len(visited("people", "candidates", "--json").told) == 3
    assert visited("people", "retention", "--apply", "--json").told["visits"] == 4
    assert visited("people", "candidates", "--json").told == []
    assert visited("people", "retention", "--json").told["visits"] == 0
    assert visited("audit", "chain", "verify", "--json").told["whole"]


def test_the_log_of_access_is_printed_newest_first(visited):
    visited("people", "candidates", "--json")
    rows = visited("people", "log", "--json").told
    assert (rows[0]["by"], rows[0]["what"], rows[0]["step"]) == ("officer", "people candidates", "closed")
    assert rows[0]["columns"]["home_visit.answers"] == 4
    assert "officer" in visited("people", "log").out
