"""An inspector's phone: what it takes along, its word on a figure, and that nothing is lost without a line."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from api import inspection
from api.auth import COOKIE
from audits.rules import judge
from audits.standards import load
from audits.tables import Visit
from gis.db import make_engine, transaction
from tests.browser.conftest import ARGUMENTS, CHROMIUM

pytestmark = pytest.mark.xdist_group("web")

PHONE = {"kind": "inspector", "width": 360, "height": 740}


def ready(page):
    page.wait_for_function("() => document.documentElement.dataset.ready")


def door(page):
    """Begin a visit at the first place and add a door."""
    page.locator("#stage .rows button").first.click()
    page.get_by_label("添加要素").select_option("door")
    return page.locator('[data-attribute="clear_width"]')


def test_the_page_is_clean_for_axe_on_a_phone(visit):
    watched = visit("/inspect", **PHONE)
    ready(watched.page)
    assert watched.axe() == []
    door(watched.page)
    assert watched.axe() == []
    assert watched.page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_a_fact_that_a_condition_asks_for_is_asked_in_words(visit):
    page = visit("/inspect", **PHONE).page
    ready(page)
    door(page)
    assert page.get_by_label("自动门").count() == 1


def test_a_figure_is_judged_by_its_clause_while_it_is_typed(visit):
    page = visit("/inspect", **PHONE).page
    ready(page)
    width = door(page)
    width.get_by_role("spinbutton").first.fill("700")
    assert "不符合" in width.locator(".word").inner_text()
    assert "GB 55019-2021" in width.locator(".word").inner_text()
    width.get_by_role("spinbutton").first.fill("950")
    assert "符合" in width.locator(".word").inner_text()
    assert "不符合" not in width.locator(".word").inner_text()


def test_what_is_typed_without_a_line_is_there_after_the_browser_was_closed(browser, site, secrets, tmp_path):
    launched = browser.browser_type.launch_persistent_context
    options = {"executable_path": CHROMIUM, "args": ARGUMENTS, "viewport": {"width": 360, "height": 740},
               "locale": "zh-CN"}  # fmt: skip
    context = launched(str(tmp_path / "phone"), **options)
    context.add_cookies(
        [{"name": COOKIE, "value": secrets["inspector"], "url": site.replace("http:", "https:")}]
    )
    page = context.new_page()
    page.goto(site + "/inspect")
    ready(page)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)

    page.reload()
    ready(page)
    name = page.locator("#stage .rows .row-name").first.inner_text()
    door(page).get_by_role("spinbutton").first.fill("700")
    page.get_by_text("已存在本机").wait_for()
    context.close()

    context = launched(str(tmp_path / "phone"), **options)
    context.set_offline(True)
    page = context.new_page()
    page.goto(site + "/inspect")
    ready(page)
    draft = page.locator(".queued")
    assert name in draft.text_content()
    draft.get_by_role("button", name="继续填写").click()
    box = page.locator('[data-attribute="clear_width"]').get_by_role("spinbutton").first
    page.locator("details.item > summary").first.click()
    assert box.input_value() == "700"
    context.close()


@pytest.fixture(scope="module")
def rules(request, tmp_path_factory):
    """The questions of every element that a phone takes along."""
    book = load()
    said = {}
    return {code: inspection._element(code, book, said, "zh", date(2026, 11, 24)) for code in ELEMENTS}


ELEMENTS = (
    "door",
    "wheelchair_ramp",
    "accessible_toilet",
    "handrail",
    "kerb_ramp",
    "low_counter",
    "entrance",
)


def answers_of(element, rng):
    """Random answers around the limits of an element, as the phone keeps them."""
    answers = {}
    for question in element["questions"]:
        if rng.random() < 0.25:
            continue
        if question["kind"] == "choice":
            if question["choices"]:
                answers[question["attribute"]] = {
                    "choice": str(rng.choice([code for code, _ in question["choices"]]))
                }
        elif question["kind"] == "yes_no":
            answers[question["attribute"]] = {"values": [int(rng.integers(2))], "unit": "bool"}
        else:
            limits = [
                limit
                for rule in question["rules"]
                for limit in (rule["low"], rule["high"])
                if limit is not None
            ]
            unit = question["unit"]
            factor = inspection.UNITS[unit].factor or 1.0
            base = float(rng.choice(limits)) if limits else 1.0
            value = base / factor * float(rng.choice([0.5, 0.97, 1.0, 1.003, 1.5]))
            answers[question["attribute"]] = {"values": [value] * question["readings"], "unit": unit}
    return answers


def test_the_phone_says_what_the_office_says(visit, rules):
    # The phone may leave a rule to the office ("later"); it never says anything else than the office.
    page = visit("/inspect", **PHONE).page
    ready(page)
    rng = np.random.default_rng(7)
    asked, rows = [], []
    for number in range(60):
        code = str(rng.choice(ELEMENTS))
        answers = answers_of(rules[code], rng)
        asked.append({"code": code, "answers": answers})
        for attribute, answer in answers.items():
            about = {"place_layer": "toilets", "place_uid": f"p{number}", "visit_uid": f"v{number}", "element": code,
                     "element_no": 1, "attribute": attribute, "unit": answer.get("unit", "choice"),
                     "choice": answer.get("choice"), "not_measured": None}  # fmt: skip
            rows += [{**about, "value": value} for value in answer.get("values", [None])]
    verdicts = judge(pd.DataFrame(rows), load(), on=date(2026, 11, 24))
    office = {(row["place_uid"], row["rule_id"]): row["outcome"] for row in verdicts.to_dict("records")}
    units = {code: [unit.dimension, unit.factor] for code, unit in inspection.UNITS.items()}
    phone = page.evaluate(
        """async ([asked, rules, units]) => {
            const { verdict } = await import("/assets/app/judge.js");
            return asked.map(({ code, answers }) => rules[code].questions.map((question) => {
                const said = verdict(question, answers, units, null);
                return said ? [said.rule.id, said.outcome] : null;
            }).filter(Boolean));
        }""",
        [asked, json.loads(json.dumps(rules)), units],
    )
    compared = 0
    for number, said in enumerate(phone):
        for rule, outcome in said:
            theirs = office.get((f"p{number}", rule))
            if outcome in {"met", "met_within_tolerance", "not_met"}:
                assert theirs == outcome, (asked[number], rule, outcome, theirs)
                compared += 1
    assert compared > 300


def finish(page, width="700"):
    """Measure a door at the first place and finish the visit; returns the place."""
    place = page.locator("#stage .rows button").first.get_attribute("data-id")
    door(page).get_by_role("spinbutton").first.fill(width)
    page.get_by_text("已存在本机").wait_for()
    page.get_by_role("button", name="完成这次巡查").click()
    return place


def stored(web_city, place):
    """How many visits of today's inspector to a place the city holds."""
    engine = make_engine(web_city.url)
    with transaction(engine, read_only=True) as session:
        rows = session.query(Visit).filter_by(place_uid=place, inspector="inspector").all()
        found = [row.uid for row in rows]
    engine.dispose()
    return found


def test_a_visit_made_without_a_line_is_delivered_once_when_there_is_one(visit, web_city):
    watched = visit("/inspect", **PHONE)
    page = watched.page
    ready(page)
    page.context.set_offline(True)
    place = finish(page)
    page.locator(".queued .pill").get_by_text("等待上传").wait_for()
    assert stored(web_city, place) == []
    page.context.set_offline(False)
    page.locator(".queued .pill").get_by_text("已上传").wait_for()
    page.get_by_role("button", name="现在上传").click()
    page.get_by_text("全部已上传").wait_for()
    (uid,) = stored(web_city, place)
    assert page.locator(".queued").get_attribute("data-id") == uid
    assert "发现 1 个问题" in page.locator(".queued").text_content()
    watched.wrong[:] = [text for text in watched.wrong if "ERR_INTERNET_DISCONNECTED" not in text]
