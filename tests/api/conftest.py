"""Fixtures of the doors: the command line in this process, and a small demonstration city on each database."""

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api import passwords
from api.cli import main
from api.demo import Demo, build_demo
from api.settings import Settings
from tests.api.people import KEY, QUICK, Doors
from tests.conftest import shown


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """The machine-readable answer: one JSON object and nothing else."""
        return json.loads(self.out)


@pytest.fixture
def tantu(monkeypatch, capsys, tmp_path):
    """The command line, in a folder of its own and without settings of the machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TANTU_KEY_FILE", str(tmp_path / "tantu.key"))

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["tantu", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def ready(tantu, database_url, monkeypatch):
    """The command line on a fresh database with a key."""
    monkeypatch.setenv("TANTU_DATABASE_URL", database_url)
    assert tantu("init", "--json").code == 0
    return tantu


@dataclass(frozen=True)
class BuiltCity:
    """A small demonstration city that all tests of a module share; none of them changes it."""

    url: str
    folder: Path
    demo: Demo


def build_city(request, folder: Path, database: str) -> BuiltCity:
    """Build a demonstration city of 3,000 people on a fresh database of one kind."""
    if database == "spatialite":
        shutil.copyfile(request.getfixturevalue("spatialite_template"), folder / "city.sqlite")
        url = f"sqlite:///{folder / 'city.sqlite'}"
    else:
        url = shown(request.getfixturevalue("postgis_copies")())
    demo = build_demo(folder, people=3000, seed=1, database_url=url, progress=lambda _what, _share: None)
    return BuiltCity(url, folder, demo)


@pytest.fixture(scope="session", params=["spatialite", "postgis"])
def built(request, tmp_path_factory) -> BuiltCity:
    """A demonstration city of 3,000 people on each database."""
    return build_city(request, tmp_path_factory.mktemp(f"city-{request.param}"), request.param)


@pytest.fixture
def in_city(tantu, built, monkeypatch):
    """The command line in the small demonstration city."""
    monkeypatch.setenv("TANTU_DATABASE_URL", built.url)
    monkeypatch.setenv("TANTU_KEY_FILE", str(built.folder / "tantu.key"))
    return tantu


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch):
    """Passwords are hashed in a thousandth of the time; what one costs is not what most tests ask."""
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    passwords.nobody.cache_clear()
    yield
    passwords.nobody.cache_clear()


@pytest.fixture
def doors(engine, tmp_path):
    """A service on an empty city, with a client for every kind of caller and a clock to turn."""
    url = engine.url.render_as_string(hide_password=False)
    doors = Doors(Settings(database_url=url, maps=tmp_path, media=tmp_path / "media", key=KEY))
    yield doors
    doors.close()
