"""Findings on paper: a notice whose texts are never markup, a ledger whose texts are never formulas."""

import struct
from datetime import date

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from audits import findings, rules, standards
from audits.exchange.finding_words import in_words
from audits.exchange.ledger import COLUMNS, write_findings_ledger
from audits.exchange.notice import Notice, notice_items, pages, write_notice
from gis.catalogue import words
from gis.errors import EmptyLayerError
from tests.audits.reading import readings

BOOK = standards.load()
DAY = date(2026, 1, 1)


def told(lang="zh", name="钟鼓楼公厕"):
    """Return the findings of a ramp of 12 % and 0.9 m and of a room that is locked."""
    said = pd.concat(
        [
            readings("wheelchair_ramp", {"running_slope": "12 percent", "clear_width": "0.9 m"}),
            readings("accessible_toilet", {"open_and_usable": False}),
        ]
    )
    found = findings.from_verdicts(rules.judge(said, BOOK, on=DAY)).assign(opened_on=DAY)
    return in_words(found, BOOK, lang, names={("toilets", "t1"): name})


def notice(items, **changes):
    facts = {
        "number": "整字〔2026〕1号", "addressee": "城管局", "place": "钟鼓楼公厕", "address": "东街1号", "items": items,
        "inspected_on": DAY, "due_on": date(2026, 1, 23), "office": "残联", "issued_on": date(2026, 1, 2),
    }  # fmt: skip
    return Notice(**{**facts, **changes})


def test_findings_are_told_with_figures_limits_and_remedies():
    rows = told().set_index("what")
    assert rows.loc["通行净宽", ["measured", "limit"]].tolist() == ["0.9 m", "≥ 1.2 m"]
    assert rows.loc["纵向坡度", "measured"] == "12 % (1:8.33)"
    assert rows.loc["纵向坡度", "limit"] == "≤ 8.33 % (1:12)"
    assert rows.loc["纵向坡度", "remedy"] == "重建 / 加长 / 设升降平台"
    assert told()["measured"].iloc[0] == "否"  # the locked room is the gravest and comes first
    assert told("en")["limit"].iloc[0] == "Yes"


def test_every_remedy_of_the_rules_has_its_words_in_both_languages():
    for lang in ("zh", "en"):
        known = words(lang, "remedies")
        for rule in BOOK.rules:
            parts = [part.strip() for part in rule.remedy.split("/") if part.strip()]
            assert set(parts) <= set(known), rule.id


def test_a_notice_is_a_pdf_with_every_finding(tmp_path):
    assert write_notice(notice(notice_items(told())), tmp_path / "n.pdf") == 3
    assert (tmp_path / "n.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_is_a4_and_markup_in_a_name_stays_text(lang):
    items = notice_items(told(lang))
    plain = pages(notice(items), lang)
    attack = pages(
        notice(items, place='#pagebreak() $x$ @ref *b* #read("/etc/passwd")', addressee="#panic()"), lang
    )
    assert len(plain) == len(attack) == 1
    width, height = struct.unpack(">II", plain[0][16:24])
    # 210 x 297 mm at 100 dots per inch.
    assert (width, height) == (pytest.approx(827, abs=1), pytest.approx(1170, abs=1))
    assert plain != attack


def test_a_long_notice_goes_on_over_the_page():
    items = notice_items(told()) * 20
    assert len(pages(notice(items))) > 1


def test_the_same_notice_is_the_same_file(tmp_path):
    for name in ("a.pdf", "b.pdf"):
        write_notice(notice(notice_items(told())), tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_nothing_to_put_right_is_no_notice(tmp_path):
    with pytest.raises(EmptyLayerError):
        write_notice(notice([]), tmp_path / "n.pdf")
    assert not (tmp_path / "n.pdf").exists()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_ledger_has_a_row_a_finding_and_empty_columns_for_the_hand(lang, tmp_path):
    count = write_findings_ledger(
        told(lang, name="=1+1"), tmp_path / "l.xlsx", lang, city="张掖市", made_on=DAY
    )
    rows = CalamineWorkbook.from_path(str(tmp_path / "l.xlsx")).get_sheet_by_index(0).to_python()
    said = words(lang, "audits")
    assert count == 3
    assert rows[2] == [said[f"ledger.column_{name}"] for name in COLUMNS]
    first = dict(zip(COLUMNS, rows[3], strict=True))
    assert (first["number"], first["place_name"], first["unit"]) == (1, "=1+1", "")
    assert rows[6][2] == 3


def test_an_empty_ledger_has_its_headings(tmp_path):
    assert write_findings_ledger(told().head(0), tmp_path / "l.xlsx", "zh", city="张掖市", made_on=DAY) == 0
