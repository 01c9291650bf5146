"""The frame of the pages: every word of one catalogue, every asset of this host, no inline script but one."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api import assets
from api.app import create_app
from api.settings import Settings
from gis.catalogue import words

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "api" / "templates").glob("*.html")) + sorted((ROOT / "api" / "static").glob("*.js"))
KEY = re.compile(r"""\bsay\(\s*["']([a-z_]+\.[a-z0-9_]+)["']\s*[,)]""")
CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture
def client(database_url):
    with TestClient(create_app(Settings(database_url=database_url, lang="zh"))) as client:
        yield client


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_text_is_written_into_a_template_or_script(source):
    text = source.read_text(encoding="utf-8")
    assert CHINESE.sub("", text.replace(">坦<", "")) == text.replace(">坦<", "")
    if source.suffix == ".html":  # what stands between tags is a word of the catalogue or nothing
        named = r"\{% block (?:body_class|skip_to) %\}.*?\{% endblock %\}"
        text = re.sub(named, "", text)
        bare = re.sub(r"\{[{%#].*?[}%#]\}|<style.*?</style>|<[^>]*>|&[a-z]+;", " ", text, flags=re.DOTALL)
        assert re.findall(r"[A-Za-z]{2,}", bare) == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_word_a_page_asks_for_is_in_the_catalogue(source):
    known = words("zh", "pages").keys() | words("zh", "maps").keys()
    assert set(KEY.findall(source.read_text(encoding="utf-8"))) <= known


def test_every_asset_is_served_for_good_under_its_digest(client):
    for name in assets.names():
        answer = client.get(assets.address(name))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        again = client.get(f"/assets/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["app/../pages.py", "app/frame.html", "page.html", "%2e%2e/settings.py", "app/"]
)
def test_nothing_else_is_served_as_an_asset(client, name):
    assert client.get(f"/assets/{name}").status_code == 404


@pytest.mark.parametrize(
    ("cookie", "accepted", "query", "lang"),
    [
        (None, None, "", "zh-Hans"),
        (None, "en-GB,en;q=0.9", "", "en"),
        (None, "fr,en;q=0.5", "", "en"),
        (None, "de", "", "zh-Hans"),
        ("zh", "en", "", "zh-Hans"),
        ("zh", "en", "?lang=en", "en"),
        (None, "en", "?lang=xx", "en"),
    ],
)
def test_the_language_is_asked_for_remembered_preferred_or_installed(client, cookie, accepted, query, lang):
    headers = {"Accept-Language": accepted or ""}
    if cookie:
        headers["Cookie"] = f"lang={cookie}"
    answer = client.get(f"/{query}", headers=headers)
    assert f'<html lang="{lang}"' in answer.text
    assert answer.headers["content-language"] == lang


def test_a_page_allows_no_inline_script_and_names_local_files_only(client):
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    found = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
    assert all(address.startswith(("/", "#")) for address in found)
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", answer.text)
    assert inline == [' type="application/json" id="view"']


def test_no_page_of_the_public_leads_to_a_page_that_is_not_there(client):
    for page in ("/", "/login"):
        text = client.get(page).text
        for address in set(re.findall(r'href="(/[^"#?]*)', text)):
            assert client.get(address).status_code in {200, 422}, (page, address)  # 422: an empty city
