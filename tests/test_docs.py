"""The README and the drawn error tree say what is true: every command, setting and error class."""

import inspect
import re
from pathlib import Path

import pytest

import gis.errors
from api.cli import app
from api.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(typer_app, prefix="tantu"):
    for command in typer_app.registered_commands:
        yield f"{prefix} {command.name}"
    for group in typer_app.registered_groups:
        yield from commands(group.typer_instance, f"{prefix} {group.name}")


@pytest.mark.parametrize("command", sorted(commands(app)))
def test_a_command_is_in_the_readme(command):
    assert f"`{command}" in README


def test_the_readme_names_no_command_that_does_not_exist():
    known = set(commands(app)) | {f"tantu {group.name}" for group in app.registered_groups}
    named = re.findall(r"`(tantu [a-z]+(?: [a-z]+)?)", README)
    assert named
    for name in named:
        assert name in known or name.rsplit(" ", 1)[0] in known, name


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_a_setting_is_in_the_readme_and_described(field):
    assert f"`TANTU_{field.upper()}`" in README
    assert Settings.model_fields[field].description


def test_the_readme_names_no_setting_that_does_not_exist():
    known = {f"TANTU_{field.upper()}" for field in Settings.model_fields} | {"TANTU_SHARED"}
    assert set(re.findall(r"TANTU_[A-Z_]+", README)) <= known


ERRORS = [
    value
    for value in vars(gis.errors).values()
    if inspect.isclass(value) and issubclass(value, gis.errors.TantuError)
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_stands_in_the_tree_and_has_a_code_of_its_own(error):
    assert re.search(rf"\b{error.__name__}\b", gis.errors.__doc__ or "")
    assert "code" in vars(error)
    assert f"`{error.code}`" in README


def test_no_two_errors_share_a_code():
    assert len({error.code for error in ERRORS}) == len(ERRORS)


def test_every_error_of_the_product_stands_in_the_one_tree():
    named = re.compile(r"^class (\w+)\((?:\w*Error|\w*Exception)\)", re.MULTILINE)
    known = {error.__name__ for error in ERRORS}
    for package in ("gis", "audits", "planner", "maps", "api", "data"):
        for path in (ROOT / package).rglob("*.py"):
            assert set(named.findall(path.read_text(encoding="utf-8"))) <= known, path


def test_both_languages_have_the_same_words():
    labels = ROOT / "data" / "labels"
    sections = {path.name for path in (labels / "zh").glob("*.toml")}
    assert sections == {path.name for path in (labels / "en").glob("*.toml")}
    from gis.catalogue import words

    for section in sections:
        name = section.removesuffix(".toml")
        zh, en = words("zh", name), words("en", name)
        assert set(zh) == set(en), section
        for key in zh:
            placeholders = re.compile(r"\{(\w*)[^}]*\}")
            assert set(placeholders.findall(zh[key])) == set(placeholders.findall(en[key])), (
                section,
                key,
            )
