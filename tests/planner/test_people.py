"""Certificate numbers are checked, contradictions quarantined, and people masked."""

from datetime import date

import pandas as pd
import pytest

from planner import people
from tests.planner.towns import certificate, people_frame, person


def test_the_check_digit_is_that_of_the_standard():
    # The worked example of GB 11643-1999: 11010519491231002X.
    assert people.id_check_digit("11010519491231002") == "X"


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("11010519491231002X41", True),
        ("11010519491231002X41B1", True),
        ("11010519491231002041", False),  # another check digit
        ("11010519491231002X81", False),  # there is no category 8
        ("11010519491231002X45", False),  # there is no grade 5
        ("11010519491231002X", False),  # an ID only
        ("11010519491231002x41", False),
    ],
)
def test_a_certificate_number_is_right_or_wrong(number, right):
    assert people.certificate_ok(number) is right
    assert people.certificates_ok(pd.Series([number]))[0] == right


def test_a_missing_number_is_neither_right_nor_wrong():
    found = people.certificates_ok(pd.Series([None, certificate()]))
    assert found.isna().tolist() == [True, False]


def test_a_number_says_category_grade_birth_and_sex():
    facts = people.certificate_facts(pd.Series([certificate("7", 2, "19881224", "013")]))
    assert facts.iloc[0].tolist() == ["7", 2, pd.Timestamp(1988, 12, 24), "male"]


def test_contradictions_with_the_certificate_are_quarantined_without_naming_the_person():
    rows = people_frame(
        person("p1", "h1"),
        person("p2", "h1", grade=2),
        person("p3", "h1", category="1"),
        person("p4", "h1", certificate="620799196002030010041"),
        person("p5", "h1", certificate=None, category="1"),
    )
    found = people.check_certificates(rows)
    assert sorted((issue.row, issue.reason) for issue in found) == [
        (1, "grade-contradicts-certificate"),
        (2, "category-contradicts-certificate"),
        (3, "bad-certificate"),
    ]
    assert {issue.action for issue in found} == {"quarantined"}
    assert not any(certificate() in issue.detail or "张" in issue.detail for issue in found)


def test_another_date_of_birth_is_noted_only():
    found = people.check_certificates(people_frame(person("p1", "h1", born_on=date(1961, 2, 3))))
    assert [(issue.column, issue.action) for issue in found] == [("born_on", "noted")]


def test_a_repeated_certificate_is_noted():
    rows = people_frame(person("p1", "h1"), person("p2", "h2"))
    assert [issue.row for issue in people.check_repeated_certificates(rows)] == [0, 1]


@pytest.mark.parametrize(
    ("mask", "text", "masked"),
    [
        (people.masked_name, "张三", "张*"),
        (people.masked_name, "张小三", "张*三"),
        (people.masked_name, "欧阳小娜", "欧**娜"),
        (people.masked_name, "张", "*"),
        (people.masked_name, "", ""),
        (people.masked_phone, "13812341234", "138****1234"),
        (people.masked_phone, "821234", "******"),
        (people.masked_certificate, "350102199001010123", "35*************123"),
        (people.masked_certificate, "12345", "*****"),
    ],
)
def test_people_are_masked_as_in_notices(mask, text, masked):
    assert mask(text) == masked


def test_every_personal_column_is_marked_so():
    marked = {column.name for column in people.PEOPLE.columns if column.personal}
    assert marked == set(people.PERSONAL)
