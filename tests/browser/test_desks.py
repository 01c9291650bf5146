"""The desks of the offices in a real browser: findings become cases, a case goes its way, figures open their lists."""

import pytest

pytestmark = pytest.mark.xdist_group("web")

DRESSES = [{"scheme": "light"}, {"scheme": "dark"}, {"width": 360, "height": 740}, {"forced": "active"}]


def open_first(page, count):
    """Make cases of the first findings on the reviewer's desk."""
    boxes = page.locator("#found input[type=checkbox]")
    boxes.first.wait_for()
    for number in range(count):
        boxes.nth(number).check()
    page.locator("#open-cases").click()
    page.locator("#status").get_by_text("新开案件").wait_for()  # the tables are drawn by then


@pytest.mark.parametrize("dress", DRESSES, ids=str)
def test_axe_finds_nothing_on_the_desks(visit, dress):
    for path in ("/review", "/cases"):
        watched = visit(path, kind="reviewer", **dress)
        watched.page.locator("#found table, #figures table").first.wait_for()
        assert watched.axe() == []
        width = watched.page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= watched.page.viewport_size["width"]


def test_chosen_findings_become_a_case_that_goes_its_way_by_keyboard(visit):
    page = visit("/review", kind="reviewer").page
    open_first(page, 1)
    waiting = page.locator("#reported tbody tr")
    before = waiting.count()
    waiting.first.locator(".row-open").focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog").last
    dialog.get_by_role("button", name="审核通过").focus()
    page.keyboard.press("Enter")
    confirm = page.locator("dialog").last.get_by_role("button", name="确定")
    confirm.focus()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="立案", exact=True).wait_for()
    assert "已审核" in dialog.locator(".facts").inner_text()
    page.keyboard.press("Escape")
    page.wait_for_function(
        "count => document.querySelectorAll('#reported tbody tr').length === count", arg=before - 1
    )


def test_what_is_missing_is_asked_for_beside_its_field(visit):
    watched = visit("/review", kind="reviewer")
    page = watched.page
    open_first(page, 1)
    page.locator("#reported .row-open").first.click()
    page.locator("dialog").last.get_by_role("button", name="不予立案").click()
    asking = page.locator("dialog").last
    asking.get_by_role("button", name="确定").click()
    assert asking.locator(".field-error").inner_text() == "请填写此项。"
    assert page.evaluate("() => document.activeElement.tagName") == "TEXTAREA"
    assert watched.axe() == []


def test_board_and_list_hold_the_same_cases_and_a_figure_opens_its_list(visit):
    page = visit("/review", kind="reviewer").page
    open_first(page, 2)
    page.goto(page.url.replace("/review", "/cases"))
    page.locator(".case-card").first.wait_for()
    board = set(page.locator(".case-card").evaluate_all("cards => cards.map(card => card.dataset.id)"))
    page.get_by_role("button", name="列表").click()
    page.locator("#board table").wait_for()
    listed = set(page.locator("#board tbody tr").evaluate_all("rows => rows.map(row => row.dataset.id)"))
    assert board == listed
    with page.expect_download() as saving:
        page.locator("#board").get_by_role("button", name="下载").click()
    lines = saving.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == len(listed) + 1
    assert lines[0].startswith('"地点","要素","状态"')


def test_who_may_not_sees_neither_door_nor_desk(visit):
    page = visit("/", kind="inspector").page
    assert page.locator("nav a[href='/cases']").count() == 1
    assert page.locator("nav a[href='/review']").count() == 0
    assert page.request.get(page.url + "review").status == 403
