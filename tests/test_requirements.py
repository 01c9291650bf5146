"""Every CORE sentence of the city's plan is accounted for, and what is shown is shown by a test."""

import csv
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REQUIREMENTS = tomllib.loads((ROOT / "tests" / "requirements.toml").read_text(encoding="utf-8"))


def test_there_are_75_rows_and_none_stands_twice():
    shown, waiting = set(REQUIREMENTS["shown"]), set(REQUIREMENTS.get("open", {}))
    assert len(shown | waiting) == 75
    assert shown & waiting == set()


@pytest.mark.parametrize("number", REQUIREMENTS["shown"])
def test_a_shown_row_names_tests_that_exist(number):
    named = REQUIREMENTS["shown"][number]["tests"]
    assert named
    for test in named:
        file, _, function = test.partition("::")
        assert re.search(rf"^def {function}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), test


@pytest.mark.parametrize("number", REQUIREMENTS.get("open", {}))
def test_an_open_row_says_which_work_will_show_it(number):
    row = REQUIREMENTS["open"][number]
    assert row["work"] in {"audits", "programme", "coverage", "service", "pages"}
    assert row["means"]


@pytest.mark.realdata
def test_the_rows_are_those_of_the_plan(shared):
    with (shared / "domain" / "seed_requirements.csv").open(encoding="utf-8") as file:
        core = {row["id"]: row for row in csv.DictReader(file) if row["relevance"] == "CORE"}
    rows = REQUIREMENTS["shown"] | REQUIREMENTS.get("open", {})
    assert set(rows) == set(core)
    assert {key: row["work"] for key, row in rows.items()} == {key: row["work"] for key, row in core.items()}
    assert {key: row["quote"] for key, row in rows.items()} == {
        key: row["quote_zh"].strip() for key, row in core.items()
    }
