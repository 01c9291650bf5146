"""The frame of every page: one language, one heading, reachable by keyboard, clean for axe in every dress."""

import pytest

from tests.api.people import PASSWORD

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


def test_staff_sign_in_see_their_name_and_sign_out(visit):
    page = visit("/login?next=/password").page
    page.get_by_label("用户名").fill("reviewer")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/password")
    assert "reviewer · 复核员" in page.locator(".account").inner_text()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url(lambda url: url.endswith("/"))
    assert page.locator(".account").count() == 0


def test_a_wrong_password_is_told_beside_the_form_and_the_name_stays(visit):
    watched = visit("/login")
    page = watched.page
    page.get_by_label("用户名").fill("reviewer")
    page.get_by_label("密码").fill("not-this-one-at-all")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("alert").get_by_text("没有成功").wait_for()
    assert page.get_by_label("用户名").input_value() == "reviewer"
    assert page.evaluate("() => document.activeElement.id") == "password"
    assert watched.axe() == []
    watched.wrong.clear()  # the browser itself notes the answer 401


def test_a_foreign_address_after_signing_in_is_not_followed(visit):
    page = visit("/login?next=//elsewhere.example").page
    page.get_by_label("用户名").fill("planner")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    assert "elsewhere" not in page.url


def test_a_page_for_staff_asks_the_public_to_sign_in_first(visit):
    watched = visit("/password")
    assert watched.page.get_by_role("link", name="登录").last.get_attribute("href") == "/login?next=/password"
    assert watched.axe() == []
    watched.wrong.clear()  # the browser itself notes the answer 401


@pytest.mark.parametrize("kind", ["inspector", "admin"])
def test_a_session_opens_the_pages_of_its_role(visit, kind):
    watched = visit("/password", kind=kind)
    assert watched.page.get_by_role("heading", name="修改密码").count() == 1
    assert watched.axe() == []
