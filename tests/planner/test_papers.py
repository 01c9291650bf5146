"""Forms are A4 pages that say what the case says; notices are masked, refused with a leak, and taken down."""

import io
import json
import struct
from datetime import date

import pandas as pd
import pytest
from pypdf import PdfReader

from gis.catalogue import city, codelist, words
from gis.errors import ConflictError, EmptyLayerError, NotFoundError
from planner.forms import FORMS, Dossier, form, masked
from planner.notices import Notice, notice_homes, taken_down, write_notice
from planner.papers import Paper, day_in_words, facts, pages, pdf, qr_svg, rows, text
from planner.publication import leaks
from tests.planner.homes_in_works import home_at
from tests.planner.towns import certificate

PERSON = {
    "name": "䶮·阿依古丽", "certificate": certificate(), "phone": "13900001234", "address": "隐秘镇7号", "category": "4",
    "grade": 1, "sex": "female", "hardship": "dibao", "wheelchair_user": True, "lives_alone": False,
}  # fmt: skip
HOUSEHOLD = {"tenure": "own", "safety_grade": "A", "dwelling_kind": "courtyard"}
MADE = date(2026, 4, 22)


def dossier(at="countersign", **changes):
    person = PERSON | changes
    return Dossier(
        home_at(at), [person], HOUSEHOLD, ["甘州区", "东街街道"], city("zhangye"), MADE, frozenset({"RI-01"})
    )


def printed(paper):
    reader = PdfReader(io.BytesIO(pdf(paper)))
    return "\n".join(page.extract_text() for page in reader.pages)


@pytest.mark.parametrize("kind", sorted(FORMS))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_form_is_a4_and_says_who_where_and_what(kind, lang):
    said = printed(form(kind, dossier(), lang))
    for known in ("䶮", "阿依古丽", PERSON["certificate"], "13900001234", "东街街道", "2026-00001"):
        assert known in said
    assert words(lang, "papers")["paper.stamp"] in said
    width, height = struct.unpack(">II", pages(form(kind, dossier(), lang))[0][16:24])
    # 210 x 297 mm at 100 dots per inch.
    assert (width, height) == (pytest.approx(827, abs=1), pytest.approx(1170, abs=1))


def test_the_acceptance_form_has_every_item_every_barrier_and_the_sums():
    said = printed(form("acceptance", dossier(), "zh"))
    for item in home_at("countersign").items:
        assert codelist("renovation_item")[item].zh.split("(")[0] in said
    assert "门槛" in said
    assert "如厕困难" in said
    # Barriers 7 before, 1 after, lowered by 6; accepted on 21 April by two people.
    assert "合计 7 1 6" in " ".join(said.split())
    assert "2026-04-21" in said
    assert "acceptor" in said
    assert "second" in said


def test_a_form_of_a_home_that_has_not_come_so_far_leaves_room_for_the_pen():
    said = " ".join(printed(form("acceptance", dossier("finish"), "zh")).split())
    assert "□ 合格" in said
    assert "合计 7" in said
    assert "合计 7 1 6" not in said
    assert "☑ 出入口坡化" in printed(form("application", dossier("register"), "zh"))


def test_what_is_unknown_is_neither_yes_nor_no():
    said = printed(form("assessment", dossier(), "zh"))
    assert "☑ 使用轮椅" in said
    assert "☒ 独居" in said
    assert "□ 行走困难" in said


def test_a_masked_form_holds_nothing_personal():
    said = printed(form("scheme", masked(dossier()), "zh"))
    assert leaks(said, secrets=[PERSON[name] for name in ("name", "certificate", "phone", "address")]) == []
    assert "139****1234" in said


def test_markup_in_a_name_stays_text_and_the_same_paper_is_the_same_file():
    attack = form("scheme", dossier(name='#panic() $x$ *b* #read("/etc/passwd")'), "zh")
    assert "#panic()" in printed(attack)
    assert pdf(attack) == pdf(attack)


def test_the_code_of_a_form_names_case_and_kind_and_no_person():
    paper = form("acceptance", dossier(), "zh")
    assert paper.code == "TANTU acceptance 2026-00001 h1 accepted"
    assert qr_svg(paper.code) != qr_svg(form("scheme", dossier(), "zh").code)


def test_values_are_written_as_offices_write_them():
    assert [text(value) for value in (None, 3500.0, 3500.5, 12345, True, "x", float("nan"))] == [
        "—", "3,500", "3,500.5", "12,345", "√", "x", "—",
    ]  # fmt: skip
    assert day_in_words(MADE, "zh") == "2026年4月22日"
    assert facts([("a", 1)], columns=2)["rows"] == [["a", "1"], ["", ""]]
    assert rows(["n", "t"], [[1, "x"], [2, "y"]])["right"] == [0]


def test_a_long_table_goes_on_over_the_page_with_its_head():
    paper = Paper("题", [rows(["编号", "值"], [[n, "很长" * 30] for n in range(60)])], "残联", "zh")
    reader = PdfReader(io.BytesIO(pdf(paper)))
    assert len(reader.pages) > 1
    assert all("编号" in page.extract_text() for page in reader.pages)


HOMES = pd.DataFrame(
    {
        "year": [2026, 2026, 2027], "county_code": ["620702", "620723", "620702"], "county": ["甘州区", "临泽县", "甘州区"],
        "region": ["620702001201", "620723101201", "620702001201"], "name": ["王*秘", "李*", "赵*"],
        "certificate": ["62***************441"] * 3,
    }
)  # fmt: skip
REGIONS = pd.DataFrame({"code": ["620702001", "620723101"], "name": ["东街街道", "沙河镇"]})


def notice(homes=HOMES, **changes):
    facts = {
        "city": city("zhangye"), "year": 2026, "plan": 1, "homes": notice_homes(homes, REGIONS, 2026),
        "first": date(2026, 3, 17), "last": date(2026, 3, 24), "contact": "甘州区残联 0936-8212345",
    }  # fmt: skip
    return Notice(**(facts | changes))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_notice_shows_masked_names_to_the_township_and_its_days(tmp_path, lang):
    files = write_notice(notice(), tmp_path / "n", lang, secrets=frozenset({"王隐秘", "李四"}))
    assert [path.suffix for path in files] == [".pdf", ".html", ".json"]
    said = "\n".join(page.extract_text() for page in PdfReader(files[0]).pages)
    page = files[1].read_text(encoding="utf-8")
    for known in ("王*秘", "李*", "东街街道", "沙河镇", "0936-8212345"):
        assert known in said
        assert known in page
    assert "赵*" not in said
    assert leaks(said, allowed=("0936-8212345",)) == []
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page
    told = json.loads(files[2].read_text(encoding="utf-8"))
    assert (told["homes"], told["last"], told["take_down_on"]) == (2, "2026-03-24", "2026-03-25")


@pytest.mark.parametrize(
    ("change", "secrets", "kind"),
    [
        ({"name": ["王隐秘", "李*", "赵*"]}, {"王隐秘"}, "known"),
        ({"certificate": [certificate()] * 3}, set(), "certificate"),
        ({"name": ["13912345678", "李*", "赵*"]}, set(), "mobile"),
        ({"county": ["隐秘镇7号", "临泽县", "甘州区"]}, {"隐秘镇7号"}, "known"),
    ],
)
def test_a_notice_with_anything_personal_left_is_refused_and_not_written(tmp_path, change, secrets, kind):
    with pytest.raises(ConflictError, match=kind) as refused:
        write_notice(notice(HOMES.assign(**change)), tmp_path / "n", "zh", secrets=frozenset(secrets))
    assert not (tmp_path / "n").exists()
    for value in (*secrets, certificate(), "13912345678"):
        assert value not in str(refused.value)


def test_a_notice_is_taken_down_on_its_day_and_not_before(tmp_path):
    write_notice(notice(), tmp_path, "zh", secrets=frozenset())
    assert taken_down(tmp_path, date(2026, 3, 24)) == []
    gone = taken_down(tmp_path, date(2026, 3, 25))
    assert sorted(path.suffix for path in gone) == [".html", ".pdf"]
    assert [path.name for path in tmp_path.iterdir()] == ["notice.json"]
    assert json.loads((tmp_path / "notice.json").read_text(encoding="utf-8"))["taken_down_on"] == "2026-03-25"
    with pytest.raises(NotFoundError):
        taken_down(tmp_path / "elsewhere", date(2026, 3, 25))


def test_a_year_without_homes_has_no_notice():
    with pytest.raises(EmptyLayerError):
        notice_homes(HOMES, REGIONS, 2030)
    assert len(notice_homes(HOMES, REGIONS, 2026, ("620723",))) == 1


def test_a_name_that_is_markup_is_escaped_on_the_page(tmp_path):
    homes = HOMES.assign(name=["<script>alert(1)</script>*", "李*", "赵*"])
    files = write_notice(notice(homes), tmp_path, "zh", secrets=frozenset())
    assert "<script>" not in files[1].read_text(encoding="utf-8")
