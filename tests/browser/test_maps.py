"""The three maps in a browser without internet: by eye, by keyboard, by list, in every dress."""

import pytest

from maps.render import html
from tests.maps.frames import PAYLOADS, coverage_page, renovation_page, toilet_page

PAGES = {
    "toilets": lambda lang: toilet_page(lang, count=6),
    "coverage": coverage_page,
    "renovations": renovation_page,
    "office": lambda lang: renovation_page(lang, audience="office"),
}
IDS = "() => [tantu.ids.list(), tantu.ids.drawn()].map((ids) => [...ids].sort())"
FOCUS = (
    "() => document.activeElement.dataset.id || document.activeElement.id || document.activeElement.tagName"
)


def page_text(name, lang="zh"):
    return html(PAGES[name](lang), lang, other=f"{name}.{'en' if lang == 'zh' else 'zh'}.html")


def tab_to(page, wanted):
    for _ in range(30):
        if page.evaluate(FOCUS) == wanted:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"thirty tabs do not lead to {wanted}")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_from_a_file_and_draws_what_it_lists(open_page, name, lang):
    watched = open_page(page_text(name, lang))
    listed, drawn = watched.page.evaluate(IDS)
    assert listed == drawn
    assert len(listed) == (6 if name == "toilets" else 2)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_served_with_its_assets_is_the_same(browser, serve, name):
    page = browser.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(serve(html(PAGES[name]("zh"), "zh", inline=False)))
    listed, drawn = page.evaluate(IDS)
    page.close()
    assert listed == drawn
    assert wrong == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "dress",
    [
        {"scheme": "light"},
        {"scheme": "dark"},
        {"width": 320, "height": 640},
        {"width": 320, "height": 640, "scheme": "dark"},
        {"forced": "active"},
    ],
    ids=str,
)
def test_axe_finds_nothing_closed_or_open(open_page, name, dress):
    watched = open_page(page_text(name), **dress)
    assert watched.axe() == []
    watched.page.locator("button.row").first.click()
    watched.frame()
    assert watched.axe() == []


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_high_contrast_chosen_by_the_reader(open_page, name):
    watched = open_page(page_text(name))
    watched.page.select_option("#theme", "contrast")
    assert watched.page.evaluate("document.documentElement.dataset.theme") == "contrast"
    assert watched.axe() == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_reflows_at_320_pixels(open_page, name, lang):
    watched = open_page(page_text(name, lang), width=320, height=640)
    watched.page.locator("button.row").first.click()
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("name", PAGES)
def test_fewer_than_thirty_tabs_lead_through_a_page_and_none_traps(open_page, name):
    watched = open_page(page_text(name))
    watched.page.keyboard.press("Tab")
    assert watched.page.evaluate("document.activeElement.className") == "skip"
    stops = 1
    while stops < 60:
        watched.page.keyboard.press("Tab")
        if watched.page.evaluate("document.activeElement === document.body"):
            break
        stops += 1
    assert stops < 30


@pytest.mark.parametrize("name", PAGES)
def test_everything_that_is_pressed_is_at_least_24_pixels_and_map_buttons_44(open_page, name):
    watched = open_page(page_text(name), width=360, height=740)
    small = watched.page.evaluate(
        """() => [...document.querySelectorAll('main button, main select, header select, .chip')]
          .filter((target) => target.offsetParent)
          .filter((target) => { const box = target.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
          .map((target) => target.outerHTML.slice(0, 80))"""
    )
    assert small == []
    for button in watched.page.locator(".map-tools button").all():
        box = button.bounding_box()
        assert box["width"] >= 44
        assert box["height"] >= 43.5


def test_the_skip_link_leads_past_the_map_to_the_list(open_page):
    watched = open_page(page_text("toilets"))
    press(watched.page, "Tab", "Enter", "Tab")
    assert watched.page.evaluate(FOCUS) == "T0"


def test_an_accessible_toilet_is_found_by_keyboard_alone(open_page):
    watched = open_page(page_text("toilets"))
    page = watched.page
    before = page.evaluate("tantu.map.getCenter()")
    page.focus("#search")
    page.keyboard.type("公厕2")
    assert page.evaluate("tantu.ids.list()") == ["T2"]
    press(page, *["Backspace"] * 3)
    tab_to(page, "need-accessible")
    press(page, "Space")
    listed, drawn = page.evaluate(IDS)
    # Every second of the six toilets is accessible.
    assert listed == drawn == ["T0", "T2", "T4"]
    assert page.inner_text("#status") == "共 6 处，符合条件 3 处。"
    tab_to(page, "T0")
    press(page, "ArrowDown", "Enter")
    assert page.inner_text("#card h2") == "公厕2"
    assert page.evaluate(FOCUS) == "H2"
    assert page.get_attribute('[data-id="T2"]', "aria-current") == "true"
    assert page.evaluate("tantu.map.getCenter()") != before
    assert "850 mm" in page.inner_text("#card table")
    press(page, "Escape")
    assert page.is_hidden("#card")
    assert page.evaluate(FOCUS) == "T2"


def test_a_click_on_a_pin_opens_its_row_and_card(open_page):
    watched = open_page(page_text("toilets"))
    page = watched.page
    page.evaluate("tantu.map.setView([38.85, 100.08], 13, { animate: false })")
    point = page.evaluate("tantu.map.latLngToContainerPoint([38.85, 100.08])")
    page.locator(".folium-map").click(position=point)
    assert page.inner_text("#card h2") == "公厕3"
    assert page.get_attribute('[data-id="T3"]', "aria-current") == "true"
    press(page, "Escape")
    assert page.evaluate(FOCUS) == "map_tantu"


def test_an_address_brings_back_filter_and_place(open_page):
    watched = open_page(page_text("toilets"), fragment="#need=1&place=T4")
    assert watched.page.inner_text("#card h2") == "公厕4"
    assert watched.page.evaluate("tantu.ids.list()") == ["T0", "T2", "T4"]


def test_unknown_is_not_shown_as_no(open_page):
    page = open_page(page_text("toilets"), fragment="#place=T1").page
    states = {
        item.inner_text().splitlines()[1]: item.get_attribute("class")
        for item in page.locator(".feature").all()
    }
    assert states["免费"] == "feature yes"
    assert states["第三卫生间"] == "feature no"
    assert states["无障碍厕位或卫生间"] == "feature unknown"
    assert "尚未检查，情况不明。" in page.inner_text("#card")


@pytest.mark.parametrize("name", ["toilets", "coverage"])
def test_dangerous_texts_in_every_column_are_shown_as_they_are(open_page, name):
    for number, text in enumerate(PAYLOADS):
        view = toilet_page("zh", text=text) if name == "toilets" else coverage_page("zh", text=text)
        watched = open_page(html(view, "zh"), name=f"payload{number}")
        row = watched.page.locator("#rows button.row").first
        assert row.locator(".row-name").text_content() == text
        row.click()
        if name == "toilets":
            assert watched.page.locator("#card h2").text_content() == text
            assert text in watched.page.locator("#card tbody th").first.text_content()
        assert watched.page.locator("img, iframe, object").count() == 0


def test_a_county_opens_its_townships_and_escape_leads_back(open_page):
    page = open_page(page_text("coverage")).page
    assert page.locator("tbody tr").first.inner_text().split() == ["county620702", "40", "40", "0", "100%"]
    page.locator('[data-id="620702"]').focus()
    press(page, "Enter")
    listed, drawn = page.evaluate(IDS)
    assert listed == drawn == ["620702001", "620702100"]
    assert page.evaluate(FOCUS) == "620702001"
    press(page, "Enter")
    assert page.evaluate("tantu.ids.list()") == ["620702001201", "620702001202"]
    assert page.inner_text(".path").split() == ["全市", "county620702", "township620702001"]
    press(page, "Escape", "Escape")
    assert page.evaluate(FOCUS) == "620702"


def test_a_click_on_a_region_opens_it_as_its_row_does(open_page):
    page = open_page(page_text("coverage")).page
    page.locator(".folium-map").click(
        position=page.evaluate("tantu.map.latLngToContainerPoint([39.15, 100.75])")
    )
    assert page.evaluate("tantu.ids.list()") == ["620722001", "620722100"]


def test_choosing_another_service_changes_table_colours_and_places(open_page):
    page = open_page(page_text("coverage")).page
    fills = "() => [...document.querySelectorAll('path.area')].map((path) => path.style.fill)"
    assert page.evaluate(fills) == ['url("#map-step5")', 'url("#map-step1")']
    assert page.evaluate("[tantu.spots.list(), tantu.spots.drawn()]") == [["F1"], ["F1"]]
    page.check("#slice-accessible_toilet")
    assert page.evaluate(fills) == ['url("#map-step1")', 'url("#map-step1")']
    assert page.evaluate("[tantu.spots.list(), tantu.spots.drawn()]") == [["F2"], ["F2"]]
    assert "80 名残疾人中 0 名可达" in page.inner_text("#status")
    assert "步行 300 米内" in page.inner_text("#controls")


def test_a_table_is_sorted_by_its_heading(open_page):
    page = open_page(page_text("coverage")).page
    page.locator(".sort", has_text="可达比例").click()
    assert page.evaluate("tantu.ids.list()") == ["620702", "620722"]
    page.locator(".sort", has_text="可达比例").click()
    assert page.evaluate("tantu.ids.list()") == ["620722", "620702"]
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("可达比例")


def test_the_year_slider_moves_by_keys_and_buttons_and_stops_when_asked(open_page):
    page = open_page(page_text("renovations")).page
    assert page.inner_text("#status") == "全部年度，全市：40 户。"
    page.focus("#year")
    press(page, "ArrowRight")
    assert page.get_attribute("#year", "aria-valuetext") == "2026 年"
    assert page.inner_text("#status") == "2026 年，全市：24 户。"
    page.click("#next")
    assert page.inner_text("#status") == "2027 年，全市：16 户。"
    page.click("#play")
    assert page.inner_text("#play") == "暂停"
    page.click("#play")
    assert page.inner_text("#play") == "播放"


def test_the_public_schedule_never_holds_a_home(open_page):
    text = page_text("renovations")
    assert "H620702" not in text
    page = open_page(text).page
    page.locator('[data-id="620702"]').click()
    # The county's homes stand in one township: its count is shown, and no village can be opened.
    assert page.evaluate("tantu.ids.list()") == ["620702001", "620702100"]
    assert page.locator("tbody button.row.leaf").count() == 2


def test_the_office_lists_every_home_of_a_township_it_draws(open_page):
    page = open_page(page_text("office")).page
    page.locator('[data-id="620702"]').click()
    page.locator('[data-id="620702001"]').click()
    listed, drawn = page.evaluate("[tantu.spots.list(), tantu.spots.drawn()].map((ids) => [...ids].sort())")
    assert listed == drawn
    assert len(listed) == 23
    assert page.inner_text('[data-id="H62070200"]').splitlines() == [
        "家庭编号 H62070200",
        "2026 年",
        "1,000 元",
    ]


@pytest.mark.parametrize("name", PAGES)
def test_print_shows_list_and_legend_and_no_controls(open_page, name):
    page = open_page(page_text(name)).page
    page.emulate_media(media="print")
    assert page.is_visible("#legend")
    assert page.is_visible("button.row")
    assert page.is_hidden("#controls")
    assert page.is_hidden(".map-tools")


def test_the_map_is_a_named_region_whose_pins_are_hidden_from_screen_readers(open_page):
    page = open_page(page_text("toilets")).page
    container = page.locator(".folium-map")
    assert container.get_attribute("role") == "region"
    assert container.get_attribute("aria-label") == "无障碍公共厕所地图（地图）"
    assert page.get_attribute("canvas.pins", "aria-hidden") == "true"
