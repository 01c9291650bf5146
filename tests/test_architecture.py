"""Every rule of the architecture that a machine can check holds, and each rule is shown to bite."""

import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import rules

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}


def read(*folders: str, suffix: str = ".py") -> rules.Sources:
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob(f"*{suffix}"))
        if "__pycache__" not in path.parts
    }


PRODUCT = read(*rules.PACKAGES)
TESTS = read("tests")


@pytest.mark.parametrize(
    ("rule", "sources", "path", "breach"),
    [
        (rules.impure_modules, PRODUCT, "gis/network.py", "import os\n"),
        (rules.impure_modules, PRODUCT, "planner/needs.py", "from datetime import date\nx = date.today()\n"),
        (rules.impure_modules, PRODUCT, "audits/grades.py", "from sqlalchemy import select\n"),
        (rules.impure_modules, PRODUCT, "maps/views.py", "x = open('a')\n"),
        (rules.stray_sql, PRODUCT, "planner/service.py", "from sqlalchemy import select\n"),
        (rules.stray_sql, PRODUCT, "audits/service.py", "import sqlalchemy as sa\n"),
        (rules.stray_commits, PRODUCT, "audits/service.py", "def f(session):\n    session.commit()\n"),
        (rules.stray_environment, PRODUCT, "gis/db.py", "import os\nx = os.environ['A']\n"),
        (rules.stray_folium, PRODUCT, "maps/views.py", "import folium\n"),
        (rules.bad_names, PRODUCT, "gis/network.py", "def f(gdf):\n    return gdf\n"),
        (rules.bad_names, PRODUCT, "gis/utils.py", ""),
        (rules.too_long, PRODUCT, "gis/long.py", "x = 1\n" * 301),
        (rules.too_long, PRODUCT, "gis/long.py", "def f():\n" + "    x = 1\n" * 41),
        (rules.too_long, PRODUCT, "gis/long.py", "def f(a, b, c, d, e, f):\n    return a\n"),
        (rules.undocumented, PRODUCT, "gis/bare.py", "x = 1\n"),
        (
            rules.undocumented,
            PRODUCT,
            "gis/bare.py",
            '"""M."""\ndef f():\n    """F."""\n    raise CrsError\n',
        ),
        (rules.marks, PRODUCT | TESTS, "gis/later.py", "x = 1  # TO" + "DO\n"),
        (rules.marks, PRODUCT | TESTS, "gis/later.py", "x = 1  # no" + "qa\n"),
        (rules.empty_tests, TESTS, "tests/test_x.py", "def test_nothing():\n    x = 1\n"),
    ],
)
def test_a_rule_holds_and_bites(rule, sources, path, breach):
    assert rule(sources) == []
    assert rule({path: breach}) != []


def test_the_import_contracts_hold():
    assert lint_imports(ROOT) == 0


BREACHES = {
    "layers": ("gis/breach.py", "import audits\n"),
    "demo": ("data/demo/breach.py", "import planner\n"),
    "data-has-no-logic": ("planner/breach.py", "import data\n"),
    "one-door-to-folium": ("planner/breach.py", "import folium\n"),
    "pydantic-in-api": ("gis/breach.py", "import pydantic\n"),
}


def lint_imports(folder: Path) -> int:
    tool = Path(sys.executable).parent / "lint-imports"
    return subprocess.run([tool, "--no-cache"], cwd=folder, capture_output=True, check=False).returncode


def test_every_contract_has_a_breach_to_show_it():
    assert set(BREACHES) == set(CONTRACTS)


@pytest.mark.parametrize("contract", BREACHES)
def test_an_import_contract_bites(contract, tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in (*rules.PACKAGES, "data/demo"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    assert lint_imports(tmp_path) == 0
    path, breach = BREACHES[contract]
    (tmp_path / path).write_text(breach)
    assert lint_imports(tmp_path) != 0


@pytest.mark.parametrize("package", rules.PACKAGES)
def test_a_package_is_ours_and_not_a_namesake_from_elsewhere(package):
    found = Path(importlib.import_module(package).__file__ or "")
    assert found.parent.parent == ROOT


def test_the_locks_pin_every_dependency_and_name_no_address():
    groups = PYPROJECT["dependency-groups"]
    runtime = [*PYPROJECT["project"]["dependencies"], *groups["build"]]
    develop = [*runtime, *(entry for entry in groups["dev"] if isinstance(entry, str))]
    pins = {}
    for name, wanted in (("requirements.lock", runtime), ("requirements-dev.lock", develop)):
        lock = (ROOT / name).read_text()
        pins[name] = {line.split(" ")[0] for line in lock.splitlines() if "==" in line}
        assert {re.split(r"[\[<>=; ]", entry)[0] for entry in wanted} <= {
            pin.split("==")[0] for pin in pins[name]
        }
        assert "://" not in lock
    assert pins["requirements.lock"] <= pins["requirements-dev.lock"]
    npm_lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in npm_lock
    assert '"integrity"' in npm_lock


def test_no_file_names_a_machine_or_a_registry():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    banned = re.compile(
        "|".join(["/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/", r"pypi\.o" + "rg", r"npmj" + "s"])
    )
    guilty = []
    for name in listed.splitlines():
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 2_000_000 and path.suffix not in {".png", ".woff2"}:
            found = banned.search(path.read_text(encoding="utf-8", errors="replace"))
            if found:
                guilty.append(f"{name}: {found.group()}")
    assert guilty == []
