"""Every file of a page is local, listed, pinned by hash, and carried by a wheel."""

import contextlib
import json
import tomllib
import zipfile
from pathlib import Path

import pytest

from gis.errors import NotFoundError
from maps import assets

ROOT = Path(__file__).parent.parent.parent
LOCK = (ROOT / "package-lock.json").read_text(encoding="utf-8")


def test_every_asset_can_be_read_and_has_a_media_type():
    for asset in assets.names():
        assert assets.content(asset)
        assert assets.media_type(asset) != "application/octet-stream" or asset.endswith("LICENSE")


def test_an_asset_that_is_not_listed_is_not_found_even_if_the_file_exists():
    for asset in ("leaflet/package.json", "../render.py", "axe-core/axe.min.js", ""):
        with pytest.raises(NotFoundError):
            assets.content(asset)


def test_an_address_of_another_host_is_refused():
    with pytest.raises(NotFoundError, match="npm"):
        assets.name("https" + "://example.org/leaflet.js")


def test_pictures_of_a_stylesheet_travel_inside_it():
    text = assets.text("leaflet/dist/leaflet.css")
    assert "images/" not in text
    assert text.count("data:image/png;base64,") >= 3
    assert "\r" not in text


def test_the_lock_pins_by_hash_and_names_no_address():
    packages = json.loads(LOCK)["packages"]
    assert "://" not in LOCK
    assert packages["node_modules/leaflet"]["version"] == "1.9.4"
    assert packages["node_modules/axe-core"]["dev"] is True
    for name, package in packages.items():
        assert not name or package["integrity"].startswith("sha512-")


def test_the_settings_of_npm_keep_addresses_out_of_the_lock():
    assert "omit-lockfile-registry-resolved=true" in (ROOT / ".npmrc").read_text(encoding="utf-8")


def test_a_wheel_carries_every_npm_file_a_page_may_name():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert (
        tuple(project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["npm"]) == assets.NPM
    )


def test_a_built_wheel_holds_the_files_of_the_pages(tmp_path):
    from hatchling.build import build_wheel

    with contextlib.chdir(ROOT):
        wheel = tmp_path / build_wheel(str(tmp_path))
    held = set(zipfile.ZipFile(wheel).namelist())
    assert {f"maps/static/vendor/{file}" for file in assets.NPM} <= held
    assert {f"maps/static/{file}" for file in assets.OWN} <= held
