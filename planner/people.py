"""What the layer of disabled people is, how its certificate numbers are checked, and how people are masked.

A certificate number is the 18 characters of the citizen's ID (whose last one checks the others,
GB 11643-1999), then the category (1 to 7) and the grade (1 gravest, to 4), and B1, B2 ... for a re-issued
card. A number that contradicts the stated category or grade quarantines the row: nobody can tell
which of them is wrong. No message of a check holds a value of the person it is about.
"""

import re

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from gis.specs import Check, Column, LayerSpec, RowIssue

CERTIFICATE = re.compile(r"^\d{17}[\dX][1-7][1-4](B\d+)?$")
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECK_DIGITS = "10X98765432"
ID_LENGTH = 18  # characters of a citizen's ID, with which a certificate number begins
OTHER = "{} is not what the certificate says"
PERSONAL = ("name", "certificate", "phone", "address")


def id_check_digit(first: str) -> str:
    """Return the last character of a citizen's ID from its first 17 digits (GB 11643-1999)."""
    total = sum(int(digit) * weight for digit, weight in zip(first, ID_WEIGHTS, strict=True))
    return ID_CHECK_DIGITS[total % 11]


def certificate_ok(number: str) -> bool:
    """Tell whether a certificate number is well formed and its ID's check digit is right."""
    return bool(CERTIFICATE.match(number)) and id_check_digit(number[:17]) == number[17]


def certificates_ok(numbers: Series) -> Series:
    """Return for each certificate number whether it is right; missing numbers are missing.

    Parameters
    ----------
    numbers
        Text, or missing.

    Returns
    -------
    pandas.Series
        Of dtype boolean, with the index of `numbers`.
    """
    known = numbers.notna()
    texts = numbers[known].astype(str)
    formed = texts[texts.str.fullmatch(CERTIFICATE.pattern).astype(bool)]
    right = pd.Series(np.zeros(len(numbers), dtype=bool), index=numbers.index)
    if len(formed):
        letters = (
            np.array(formed.str[:ID_LENGTH].to_numpy(), dtype=f"S{ID_LENGTH}")
            .view(np.uint8)
            .reshape(-1, ID_LENGTH)
            .astype(np.int64)
        )
        remainders = ((letters[:, :17] - ord("0")) * ID_WEIGHTS).sum(axis=1) % 11
        right[formed.index] = (
            np.frombuffer(ID_CHECK_DIGITS.encode(), dtype=np.uint8)[remainders] == letters[:, 17]
        )
    return right.astype("boolean").where(known, pd.NA)


def certificate_facts(numbers: Series) -> DataFrame:
    """Return `category`, `grade`, `born_on` and `sex` as well-formed certificate numbers say them.

    Parameters
    ----------
    numbers
        Certificate numbers for which `certificates_ok` is true.

    Returns
    -------
    pandas.DataFrame
        Columns of text but `grade` (int) and `born_on` (date, NaT for an impossible one).
    """
    texts = numbers.astype("object").astype(str)
    return DataFrame(
        {
            "category": texts.str[18],
            "grade": texts.str[19].astype("int64"),
            "born_on": pd.to_datetime(texts.str[6:14], format="%Y%m%d", errors="coerce"),
            "sex": np.where(texts.str[16].astype("int64") % 2 == 1, "male", "female"),
        },
        index=numbers.index,
    )


def check_certificates(people: DataFrame) -> list[RowIssue]:
    """Quarantine people whose certificate number is wrong or contradicts their category or grade."""
    right = certificates_ok(people["certificate"])
    wrong = people.index[right.eq(other=False).fillna(value=False)]
    issues = [
        RowIssue(
            row, "certificate", "quarantined", "bad-certificate", "not 20 digits with a right check digit"
        )
        for row in wrong
    ]
    sound = people[right.fillna(value=False)]
    if sound.empty:
        return issues
    said = certificate_facts(sound["certificate"])
    for column in ("category", "grade"):
        stated = sound[column].astype("object")
        differs = stated.notna() & (stated.astype(str) != said[column].astype(str))
        issues += [
            RowIssue(row, column, "quarantined", f"{column}-contradicts-certificate", OTHER.format(column))
            for row in sound.index[differs]
        ]  # fmt: skip
    stated_birth = pd.to_datetime(sound["born_on"], errors="coerce")
    differs = stated_birth.notna() & said["born_on"].notna() & (stated_birth != said["born_on"])
    issues += [
        RowIssue(row, "born_on", "noted", "birth-contradicts-certificate", OTHER.format("born_on"))
        for row in sound.index[differs]
    ]  # fmt: skip
    return issues


def check_repeated_certificates(people: DataFrame) -> list[RowIssue]:
    """Note people whose ID stands in the file under another person too."""
    known = people[people["certificate"].notna()]
    repeated = known["certificate"].astype(str).str[:ID_LENGTH].duplicated(keep=False)
    return [
        RowIssue(row, "certificate", "noted", "repeated-certificate", "the same ID belongs to another row")
        for row in known.index[repeated]
    ]


def check_households(people: DataFrame) -> list[RowIssue]:
    """Note people of whom the file does not say in which household they live."""
    detail = "keeps the household of the person known by this certificate, else is a household of one"
    return [
        RowIssue(row, "household_uid", "noted", "household-unknown", detail)
        for row in people.index[people["household_uid"].isna()]
    ]


CHECKS: tuple[Check, ...] = (check_certificates, check_repeated_certificates, check_households)

PEOPLE = LayerSpec(
    "people",
    "None",
    (
        Column("uid", length=80, synonyms=("编号", "人员编号", "person_id", "id")),
        Column("household_uid", length=80, synonyms=("家庭编号", "户编号", "household_id")),
        Column("region_code", length=12, synonyms=("行政区划代码", "所在村社区代码", "unit", "village_code")),
        Column("name", length=80, personal=True, synonyms=("姓名", "残疾人姓名")),
        Column("certificate", length=30, personal=True, synonyms=("残疾人证号", "残疾证号", "证号")),
        Column("phone", length=60, personal=True, synonyms=("联系电话", "手机", "电话")),
        Column("address", personal=True, synonyms=("家庭住址", "住址", "地址")),
        Column("category", "code", codes="disability_category", synonyms=("残疾类别", "残疾类型")),
        Column("grade", "int", low=1, high=4, synonyms=("残疾等级", "等级", "severity")),
        Column("sex", "code", codes="sex", synonyms=("性别", "gender")),
        Column("born_on", "date", synonyms=("出生日期", "birth_date")),
        Column("hardship", "code", codes="hardship", synonyms=("困难类别", "困难情况", "low_income")),
        Column("hardship_until", "date", synonyms=("困难认定有效期", "有效期至")),
        Column("consent", "bool", synonyms=("改造意愿", "是否同意改造")),
        Column("wheelchair_user", "bool", synonyms=("使用轮椅", "轮椅使用者")),
        Column("walking_difficulty", "bool", synonyms=("行走困难",)),
        Column("lives_alone", "bool", synonyms=("独居",)),
        Column("carer_age", "int", unit="year", low=0, high=120, synonyms=("照护人年龄", "照料者年龄")),
        Column("has_labour", "bool", synonyms=("家庭有劳动力", "有劳动力")),
        Column("only_safety_net", "bool", synonyms=("兜底保障", "主要依靠社会保障兜底")),
        Column("disabled_on", "date", synonyms=("致残日期", "残疾发生日期")),
        Column("needs", "codes", codes="renovation_item", length=2000, synonyms=("改造需求", "需求项目")),
        Column("device_only", "bool", synonyms=("仅申请辅具",)),
        Column("other_programme", "bool", synonyms=("已纳入其他项目", "其他项目")),
        Column("applied_on", "date", synonyms=("申请日期",)),
    ),
    checks=CHECKS,
    geometry_required=False,
)

FACTS = tuple(name for name in PEOPLE.names if name not in {*PERSONAL, "uid", "household_uid", "region_code"})


def masked_name(name: str) -> str:
    """Return a name as notices show it: 张*三, 李*, 欧***娜; nothing of a blank name."""
    text = name.strip()
    if len(text) <= 1:
        return "*" * len(text)
    return text[0] + "*" * max(1, len(text) - 2) + (text[-1] if len(text) > 2 else "")


def masked_phone(phone: str) -> str:
    """Return a telephone number as 138****1234; a short one is all stars."""
    digits = re.sub(r"\D", "", phone)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 11 else "*" * len(digits)


def masked_certificate(number: str) -> str:
    """Return a certificate number or ID as 35*************123: two characters, stars, three characters."""
    text = number.strip()
    return text[:2] + "*" * (len(text) - 5) + text[-3:] if len(text) >= 15 else "*" * len(text)
