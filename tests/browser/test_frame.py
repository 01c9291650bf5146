"""The frame of every page: one language, one heading, reachable by keyboard, clean for axe in every dress."""

import pytest

pytestmark = pytest.mark.xdist_group("web")

DRESSES = [
    {"scheme": "light"},
    {"scheme": "dark"},
    {"width": 320, "height": 640},
    {"forced": "active"},
]


@pytest.mark.parametrize("dress", DRESSES, ids=str)
def test_axe_finds_nothing_on_the_start_page(visit, dress):
    watched = visit("/", **dress)
    assert watched.axe() == []
    assert watched.page.locator("h1").count() == 1


def test_the_other_language_is_one_click_away_and_is_remembered(visit):
    watched = visit("/")
    assert watched.page.locator("html").get_attribute("lang") == "zh-Hans"
    watched.page.get_by_role("link", name="English").click()
    assert watched.page.locator("html").get_attribute("lang") == "en"
    watched.page.goto(watched.page.url.split("?")[0])
    assert watched.page.locator("html").get_attribute("lang") == "en"


def test_the_first_tab_leads_past_the_header(visit):
    page = visit("/").page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("() => location.hash") == "#main"
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.getAttribute('href')") == "/toilets"


def test_no_page_is_wider_than_a_phone(visit):
    page = visit("/", width=320, height=640).page
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
