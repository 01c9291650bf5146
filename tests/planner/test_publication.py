"""Nothing personal is published, however it is written; what is masked or public may stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.people import masked_certificate, masked_name, masked_phone
from planner.publication import leaks
from tests.planner.towns import certificate

NUMBER = certificate()
GAPS = ("", " ", "-", "．", "\u200b", "\u00a0", " - "[:2], "·", "\n")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"证号{NUMBER}", {"certificate", "identity"}),
        (NUMBER[:18], {"identity"}),
        (NUMBER[:17] + "x", {"identity"}),
        (f"{NUMBER}B1", {"certificate", "identity"}),
        ("130503670401001", {"old_identity"}),
        ("电话：13912345678。", {"mobile"}),
        ("+86 139-1234-5678", {"mobile"}),
        ("１３９１２３４５６７８", {"mobile"}),
        ("①③⑨①②③④⑤⑥⑦⑧", {"mobile"}),
        ("0936-8212345", {"landline"}),
        ("1\u200b3\u200b9\u200b1\u200b2\u200b3\u200b4\u200b5\u200b6\u200b7\u200b8", {"mobile"}),
    ],
)
def test_numbers_are_found_however_they_are_written(text, kinds):
    assert {leak.kind for leak in leaks(text)} >= kinds


@pytest.mark.parametrize(
    "text",
    [
        "张*三 甘州区 东街街道 62*************441", "138****1234", "公示期：2026年3月17日至2026年3月24日",
        "3,500.00 元，共 200 户", "2026-03-17 2026-03-24", "GB 55019-2021 2.3.1", "张政发〔2022〕32号", "620702001201",
    ],
)  # fmt: skip
def test_what_is_masked_or_no_number_of_a_person_may_stand(text):
    assert leaks(text) == []


def test_the_telephone_of_the_office_may_stand_and_no_other():
    text = "县残联 0936-8212345；经办人 13900001234"
    assert {leak.kind for leak in leaks(text, allowed=("县残联 0936-8212345",))} == {"mobile"}


def test_a_name_or_address_that_is_known_is_found_but_not_its_masked_form():
    assert [leak.kind for leak in leaks("第3户 王隐秘", secrets=("王隐秘",))] == ["known"]
    assert leaks("第3户 王*秘", secrets=("王隐秘", "王*秘", "秘")) == []


@given(st.sampled_from(["13912345678", NUMBER, NUMBER[:18]]), st.data())
def test_separators_between_digits_hide_nothing(number, data):
    gaps = data.draw(st.lists(st.sampled_from(GAPS), min_size=len(number), max_size=len(number)))
    assert leaks("".join(digit + gap for digit, gap in zip(number, gaps, strict=True)))


@given(st.text(min_size=2, max_size=12), st.from_regex(r"1[3-9]\d{9}", fullmatch=True))
def test_whatever_is_masked_is_clean(name, phone):
    told = f"|{masked_phone(phone)}|{masked_certificate(NUMBER)}|"
    assert leaks(told, secrets=(phone, NUMBER)) == []
    assert masked_name(name) != name or len(name.strip()) == 0
