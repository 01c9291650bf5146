"""Commands do what the README says, on both databases, and refuse in words."""

import csv
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TOILETS = """uid,name,lon,lat,operating_status,wheelchair
T1,中心广场公厕,100.45,38.93,operating,yes
T2,{{7*7}}<script>alert(1)</script>,100.46,38.94,operating,no
T3,没有坐标的公厕,,,operating,yes
"""


@pytest.fixture
def toilets(tmp_path):
    path = tmp_path / "toilets.csv"
    path.write_text(TOILETS, encoding="utf-8")
    return path


def test_init_makes_the_database_and_a_key_that_only_its_owner_reads(tantu, empty_url, monkeypatch, tmp_path):
    monkeypatch.setenv("TANTU_DATABASE_URL", empty_url)
    first = tantu("init", "--json")
    assert first.code == 0
    assert first.told["revision"]
    key = tmp_path / "tantu.key"
    assert first.told["new_key_file"] == str(key)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_text()
    assert tantu("init", "--json").told["new_key_file"] is None
    assert key.read_text() == before


def test_a_database_that_was_never_made_is_refused_with_the_way_out(tantu, empty_url, monkeypatch):
    monkeypatch.setenv("TANTU_DATABASE_URL", empty_url)
    said = tantu("imports", "--json")
    assert said.code == 1
    assert said.told["error"]["code"] == "revision"
    assert "tantu init" in said.told["error"]["message"]


def test_an_import_says_what_became_of_every_row_and_keeps_the_bad_one_aside(ready, toilets):
    told = ready("import", "toilets", toilets, "--datum", "wgs84", "--json").told
    assert (told["read"], told["accepted"], told["quarantined"]) == (3, 2, 1)
    with Path(told["quarantine_file"]).open(encoding="utf-8-sig") as file:
        kept = list(csv.DictReader(file))
    assert [row["uid"] for row in kept] == ["T3"]
    assert kept[0]["_reason"] == "no-position"


def test_the_same_file_again_changes_nothing(ready, toilets):
    first = ready("import", "toilets", toilets, "--datum", "wgs84", "--json").told
    again = ready("import", "toilets", toilets, "--datum", "wgs84", "--json").told
    assert again["known"]
    assert (again["accepted"], again["unchanged"], again["batch"]) == (0, 2, first["batch"])


def test_a_dry_run_stores_nothing(ready, toilets):
    assert (
        ready("import", "toilets", toilets, "--datum", "wgs84", "--dry-run", "--json").told["batch"] is None
    )
    assert ready("imports", "--json").told == []


def test_an_import_can_be_undone_whole(ready, toilets, tmp_path):
    batch = ready("import", "toilets", toilets, "--datum", "wgs84", "--json").told["batch"]
    assert ready("imports", "undo", batch, "--json").told == {"batch": batch, "rows": 2}
    assert ready("export", "toilets", tmp_path / "left.geojson", "--json").told["rows"] == 0
    assert [row["state"] for row in ready("imports", "--json").told] == ["undone"]
    assert ready("imports", "undo", batch, "--json").told["error"]["code"] == "conflict"


@pytest.mark.parametrize("ending", [".geojson", ".gpkg", ".shp.zip", ".csv", ".xlsx", ".fgb", ".parquet"])
def test_an_exported_layer_comes_back_without_a_change(ready, toilets, tmp_path, ending):
    ready("import", "toilets", toilets, "--datum", "wgs84", "--json")
    copy = tmp_path / f"copy{ending}"
    assert ready("export", "toilets", copy, "--json").told["rows"] == 2
    told = ready("import", "toilets", copy, "--datum", "wgs84", "--json").told
    assert (told["read"], told["accepted"], told["unchanged"]) == (2, 0, 2)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("import", "trees", "x.csv"), "not-found"),
        (("import", "toilets", "absent.csv", "--datum", "wgs84"), "file-format"),
        (("import", "toilets", "toilets.csv"), "datum"),
        (("import", "toilets", "toilets.csv", "--datum", "mars"), "datum"),
        (("import", "toilets", "toilets.csv", "--datum", "wgs84", "--mapping", "none.toml"), "not-found"),
        (("imports", "undo", "99"), "not-found"),
        (("export", "toilets", "x.docx"), "file-format"),
        (("export", "trees", "x.csv"), "not-found"),
        (("standards", "list", "--standard", "GB 0"), "not-found"),
        (("standards", "list", "--element", "moat"), "code"),
        (("audit", "form", "moat"), "code"),
        (("plan", "run"), "empty-layer"),
        (("plan", "explain", "H1"), "not-found"),
        (("plan", "ledger", "x.xlsx"), "not-found"),
        (("cover", "swimming"), "code"),
        (("cover", "care"), "empty-layer"),
        (("cover", "care", "--within", "soon"), "input"),
        (("map", "treasure", "--out", "x.html"), "not-found"),
        (("bench", "coffee"), "not-found"),
    ],
)
def test_a_refusal_is_one_object_with_a_stable_code_and_no_traceback(ready, toilets, arguments, code):
    assert toilets.exists()
    said = ready(*arguments, "--json")
    assert said.code == 1
    assert said.told["error"]["code"] == code
    assert "Traceback" not in said.err
    assert said.told["error"]["message"] in said.err.replace("\n", " ") or said.err


def test_wrong_use_ends_with_code_2(tantu):
    assert tantu("import").code == 2
    assert tantu("plan", "run", "--years", "many").code == 2


def test_people_are_refused_without_the_key(ready, built, tmp_path):
    (tmp_path / "tantu.key").unlink()
    said = ready("import", "people", built.folder / "data" / "people.csv", "--json")
    assert said.told["error"]["code"] == "key-missing"


def test_doctor_names_what_is_missing(tantu, monkeypatch, tmp_path):
    monkeypatch.setenv("TANTU_DATABASE_URL", f"sqlite:///{tmp_path / 'none.sqlite'}")
    said = tantu("doctor", "--json")
    assert said.code == 1
    assert said.told["spatialite"]["ready"]
    assert "tantu init" in said.told["database"]["mend"]
    assert "tantu.key" in said.told["key"]["mend"]


def test_the_rules_are_listed_with_their_sources(tantu):
    rules = tantu("standards", "list", "--element", "door", "--json").told
    fields = "id standard clause element attribute unit operator limit force valid_from source verified"
    assert rules
    assert all(set(fields.split()) <= set(rule) for rule in rules)
    assert {rule["element"] for rule in rules} == {"door"}
    checked = tantu("standards", "check", "--json").told
    assert checked["verified"] + checked["unverified"] == checked["rules"]


def test_a_file_of_measurements_is_judged_by_clause(tantu, tmp_path):
    path = tmp_path / "audit.csv"
    path.write_text(
        "visit_uid,place_layer,place_uid,inspector,visited_on,element,element_no,attribute,value,unit\n"
        "V1,toilets,T1,INS-1,2024-05-01,door,1,clear_width,82,cm\n"
        "V1,toilets,T1,INS-1,2024-05-01,door,1,threshold_height,2,cm\n",
        encoding="utf-8",
    )
    verdicts = {row["rule"]: row for row in tantu("audit", "judge", path, "--json").told}
    threshold = verdicts["GB-102"]  # GB 55019-2021 2.5.3: a threshold of at most 15 mm
    assert (threshold["clause"], threshold["verdict"], threshold["value"]) == ("2.5.3", "not_met", 20)
    assert threshold["severity"]


@pytest.mark.parametrize(("lang", "words"), [("zh", "城市无障碍巡查"), ("en", "Accessibility audits")])
def test_help_is_in_the_language_of_the_settings(lang, words):
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "--help"],
        cwd=ROOT, env={"TANTU_LANG": lang, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert words in done.stdout


def test_json_is_alone_on_standard_output(ready, toilets):
    said = ready("import", "toilets", toilets, "--datum", "wgs84", "--json")
    assert isinstance(json.loads(said.out), dict)
    assert said.out.count("\n") == 1
