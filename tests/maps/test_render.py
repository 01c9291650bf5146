"""A page is one file of its own: no other host, no text evaluated by any template, hashes that fit."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import NotFoundError, SchemaError
from maps import assets
from maps.layers import PointLayer
from maps.payload import payload
from maps.render import PageFigure, PageMap, html
from tests.maps.frames import PAYLOADS, toilet_page


class Reader(HTMLParser):
    """Collects the elements of a page as a browser would."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts, self.stack = [], {}, []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.stack = [tag, dict(attrs).get("type")]

    def handle_data(self, text):
        self.texts.setdefault(tuple(self.stack), []).append(text)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def data_of(page):
    return json.loads(Reader(page).texts["script", "application/json"][0])


def test_a_page_declares_language_title_one_heading_landmarks_and_a_skip_link():
    page = Reader(html(toilet_page("zh"), "zh"))
    assert page.all("html")[0]["lang"] == "zh-Hans"
    assert page.texts["title", None][:1] == ["无障碍公共厕所地图 · 坦途"]
    assert (
        len(page.all("h1"))
        == len(page.all("main"))
        == len(page.all("header"))
        == len(page.all("footer"))
        == 1
    )
    assert {"class": "skip", "href": "#list"} in page.all("a")
    viewport = next(meta["content"] for meta in page.all("meta") if meta.get("name") == "viewport")
    assert viewport == "width=device-width, initial-scale=1"


def test_the_english_page_is_english():
    page = html(toilet_page("en"), "en", other="toilets.zh.html")
    assert '<html lang="en"' in page
    assert '<a class="other" lang="zh-Hans" hreflang="zh-Hans" href="toilets.zh.html">中文</a>' in page
    assert data_of(page)["words"]["find.needs"] == "I need (all of)"


def test_a_single_file_asks_for_nothing():
    page = Reader(html(toilet_page("zh"), "zh", inline=True))
    addresses = [attrs[key] for _, attrs in page.tags for key in ("src", "href") if key in attrs]
    assert set(addresses) == {"data:,", "#list"}


def test_a_served_page_names_only_assets_that_exist():
    page = Reader(html(toilet_page("zh"), "zh", inline=False, assets_at="/assets/"))
    links = [attrs["src"] for attrs in page.all("script") if "src" in attrs]
    links += [attrs["href"] for attrs in page.all("link") if attrs["rel"] == "stylesheet"]
    assert len(links) == len(assets.SCRIPTS) + 4  # Leaflet and its style, tokens, page.css
    for link in links:
        assert assets.content(link.removeprefix("/assets/"))


@pytest.mark.parametrize("inline", [True, False])
def test_the_content_policy_names_every_inline_script_and_style_by_its_hash(inline):
    page = html(toilet_page("zh"), "zh", inline=inline)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert "unsafe" not in policy
    assert "http" not in policy
    inner = [(tag, text) for tag, text in re.findall(r"<(script|style)>(.*?)</\1>", page, re.DOTALL)]
    assert len(inner) == (len(assets.SCRIPTS) + 5 if inline else 1)
    for _, text in inner:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy


def test_a_page_of_another_host_is_refused():
    view = toilet_page("zh")
    figure = PageFigure(view, "zh", inline=True, other="", assets_at="")
    foreign = PageMap([38.9, 100.4])
    foreign.default_js = [("leaflet", "https://example.org/leaflet.js")]
    figure.add_child(foreign)
    with pytest.raises(NotFoundError, match=r"example\.org"):
        figure.render()


def test_our_map_leaves_the_file_lists_of_other_maps_alone():
    import folium

    before = list(folium.Map.default_js)
    html(toilet_page("zh"), "zh")
    assert folium.Map.default_js == before
    assert not any(address.startswith("own:") for _, address in before)


def test_an_id_that_could_leave_its_quotes_is_refused():
    view = toilet_page("zh")
    bad = PointLayer('x"); alert(1); ("', [], [], [], "level", {})
    with pytest.raises(SchemaError, match="letters, digits"):
        html(replace(view, layers=(*view.layers, bad)), "zh")


@pytest.mark.parametrize("text", PAYLOADS)
def test_a_dangerous_text_travels_as_data_and_comes_back_unchanged(text):
    check_text(text)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=40))
def test_any_text_travels_as_data_and_comes_back_unchanged(text):
    check_text(text)


CUT = re.compile(r'(<script type="application/json" id="view">)(.*?)(</script>)', re.DOTALL)
CLEAN = CUT.sub(r"\1\3", html(toilet_page("zh", text="安全"), "zh", inline=False))


def check_text(text):
    page = html(toilet_page("zh", text=text), "zh", inline=False)
    # Whatever the text, nothing changes but the data block.
    assert CUT.sub(r"\1\3", page) == CLEAN
    block = CUT.search(page).group(2)
    assert "{{" not in block
    assert "{%" not in block
    assert "<" not in block
    assert "$" not in block
    layer = next(layer for layer in json.loads(block)["layers"] if layer["id"] == "toilets")
    assert layer["columns"]["name"] == {"same": text, "count": 2} or layer["columns"]["name"] == [text]


def test_half_a_surrogate_pair_does_not_stop_the_page():
    view = toilet_page("zh")
    places = PointLayer("places", ["a\ud800b"], [100.1], [38.9], "level", {"level": ["unknown"]})
    assert "a\\ufffdb" in payload(replace(view, layers=(places,)))


def test_numbers_that_json_does_not_know_are_refused():
    view = toilet_page("zh")
    with pytest.raises(ValueError, match="JSON"):
        payload(replace(view, bounds=(float("nan"), 0, 1, 1)))
