"""What stands in a ledger 台账: one row a chosen home, and what changed between two of them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from pandas import DataFrame

from gis.catalogue import Language, codelist, words
from planner.assessment import Assessment
from planner.people import masked_certificate, masked_name, masked_phone

PRIORITIES = ("several_disabled", "old_and_disabled", "old_carer", "rural_severe")
CATEGORIES = tuple("1234567")
TICK = "√"
TOWNSHIP_DIGITS = 9
KEY = "household"
# Columns in order; the header above them groups those between the brackets.
COLUMNS = (
    "number", KEY, "county", "place", "region", "name", "certificate", "phone", "address", "grade",
    *(f"category_{code}" for code in CATEGORIES), *PRIORITIES, "items", "score", "cost", "done", "note",
)  # fmt: skip
# Columns that a workbook hides: which home of which plan a row is, and which saving of it the sheet shows.
HIDDEN = ("home_id", "revision")
BY_HAND = ("done", "note")  # what an office fills in; everything else is computed from its source
GROUPS = {
    "group_person": ("name", "grade"),
    "group_category": ("category_1", "category_7"),
    "group_priority": (PRIORITIES[0], PRIORITIES[-1]),
    "group_plan": ("items", "cost"),
}
SEPARATORS: dict[Language, str] = {"zh": "；", "en": "; "}  # a label may hold a comma
NUMBERS = ("number", "grade", "score", "cost")


@dataclass(frozen=True)
class Ledger:
    """The chosen homes of a plan as a ledger shows them.

    Attributes
    ----------
    homes
        One row a chosen home: `year`, `county_code` and `COLUMNS` but `number`; names as `masked` says.
    city
        Name of the city by language.
    """

    homes: DataFrame
    years: tuple[int, ...]
    city: dict[str, str]
    made_on: date
    masked: bool


def ledger_rows(
    plan_homes: DataFrame,
    people: DataFrame,
    assessment: Assessment,
    regions: DataFrame,
    *,
    masked: bool,
    entries: DataFrame | None = None,
) -> DataFrame:
    """Return the rows of a ledger, sorted by year, county and rank.

    Parameters
    ----------
    plan_homes
        Homes of a plan that have a year; `plan_id` where it is known.
    people
        `uid`, `name`, `certificate`, `phone`, `address`, `category`, `grade` in clear, of those homes.
    assessment
        Of those homes: who qualifies, and the schemes.
    regions
        `code`, `name`, for the names of counties.
    masked
        Whether names and numbers are masked and addresses left out; the place is then the township.
    entries
        Index `household_uid`; `done`, `note`, `revision` as offices saved them.
    """
    names = (
        regions.drop_duplicates("code").set_index("code")["name"] if len(regions) else pd.Series(dtype=object)
    )
    homes = plan_homes.sort_values(["year", "county_code", "rank"]).reset_index(drop=True)
    judged = assessment.homes.reindex(homes["household_uid"])
    person = people.drop_duplicates("uid").set_index("uid").reindex(judged["person_uid"])
    works = assessment.items[~assessment.items["item"].isin(_services())]
    items = dict(works.groupby("household_uid")["item"].agg(";".join))
    codes = judged["region_code"].fillna("").astype(str).tolist()
    rows = DataFrame(
        {
            "year": homes["year"].astype(int),
            "county_code": homes["county_code"],
            KEY: homes["household_uid"],
            "county": [str(names.get(code, code)) for code in homes["county_code"]],
            "place": [_place(code, names, masked=masked) for code in codes],
            "region": codes,
            **{name: _shown(person, name, masked=masked) for name in MASKS},
            "grade": [None if pd.isna(grade) else int(grade) for grade in person["grade"]],
            "items": [items.get(uid, "") for uid in homes["household_uid"]],
            "score": homes["score"].astype(float),
            "cost": homes["cost_yuan"].astype(float),
            **_entered(homes, entries),
        }
    )
    category = person["category"].astype(object).to_numpy()
    for code in CATEGORIES:
        rows[f"category_{code}"] = [TICK if found == code else "" for found in category]
    for part in PRIORITIES:
        rows[part] = [TICK if parts.get(part) else "" for parts in homes["parts"]]
    return rows


def summary(ledger: Ledger) -> DataFrame:
    """Return homes and yuan by county and year: `county`, `homes_<year>`, `cost_<year>`, totals."""
    found = []
    for _, homes in ledger.homes.groupby("county_code", sort=True):
        row: dict[str, Any] = {"county": homes["county"].iloc[0]}
        for year in ledger.years:
            inside = homes[homes["year"] == year]
            row |= {f"homes_{year}": len(inside), f"cost_{year}": float(inside["cost"].sum())}
        found.append(row | {"homes": len(homes), "cost": float(homes["cost"].sum())})
    return DataFrame(found)


def column_words(lang: Language) -> dict[str, str]:
    """Return the heading of every column of a ledger."""
    said = words(lang, "planner")
    labels = {name: said[f"ledger.{name}"] for name in COLUMNS if not name.startswith("category_")}
    categories = codelist("disability_category")
    return labels | {f"category_{code}": categories[code].label(lang) for code in CATEGORIES}


def ledger_diff(before: DataFrame, after: DataFrame) -> DataFrame:
    """Return what differs between two ledgers.

    Parameters
    ----------
    before, after
        Columns `year` and `COLUMNS`, or the same without `number`.

    Returns
    -------
    pandas.DataFrame
        `household`, `column`, `before`, `after`; a home in only one of them has
        the column `household`.
    """
    old, new = (_comparable(frame) for frame in (before, after))
    rows: list[dict[str, object]] = []
    rows += [
        {KEY: uid, "column": KEY, "before": uid, "after": None} for uid in old.index.difference(new.index)
    ]
    rows += [
        {KEY: uid, "column": KEY, "before": None, "after": uid} for uid in new.index.difference(old.index)
    ]
    both = old.index.intersection(new.index)
    for column in old.columns:
        left, right = old.loc[both, column], new.loc[both, column]
        changed = both[(left != right).to_numpy()]
        rows += [{KEY: uid, "column": column, "before": left[uid], "after": right[uid]} for uid in changed]
    return (
        DataFrame(rows, columns=[KEY, "column", "before", "after"])
        .sort_values([KEY, "column"])
        .reset_index(drop=True)
    )


def by_hand(differences: DataFrame) -> "pd.Series[bool]":
    """Return which differences are in columns that an office fills in; the others cannot be saved."""
    return differences["column"].isin(BY_HAND)


def _comparable(frame: DataFrame) -> DataFrame:
    columns = ["year", *(name for name in COLUMNS if name not in {"number", KEY})]
    texts = frame.set_index(KEY)[columns].astype(object)
    for name in columns:
        if name in NUMBERS or name == "year":
            texts[name] = [_number(value) for value in texts[name]]
        else:
            texts[name] = ["" if pd.isna(value) else str(value).strip() for value in texts[name]]
    return texts


def _number(value: Any) -> str:  # noqa: ANN401  a cell of a sheet
    return "" if value is None or pd.isna(value) or value == "" else f"{float(str(value)):.2f}"


def items_in_words(codes: str, lang: Language) -> str:
    """Return items `RI-12;RI-15` in words, as a ledger shows them."""
    catalogue = codelist("renovation_item").codes
    labels = [
        catalogue[code].label(lang) if code in catalogue else code for code in filter(None, codes.split(";"))
    ]
    return SEPARATORS[lang].join(labels)


def items_from_words(text: str) -> str:
    """Return what `items_in_words` made of items, in either language; an unknown item stays as it is."""
    catalogue = codelist("renovation_item")
    items = [item.strip() for item in text.replace(SEPARATORS["zh"], ";").split(";")]
    return ";".join(catalogue.recognise(item) or item for item in items if item)


def _services() -> list[str]:
    catalogue = codelist("renovation_item").codes
    return [item for item, code in catalogue.items() if code.facts["location"] == "service"]


def _left_out(_text: str) -> str:
    return ""


MASKS: dict[str, Callable[[str], str]] = {
    "name": masked_name,
    "certificate": masked_certificate,
    "phone": masked_phone,
    "address": _left_out,
}


def _entered(homes: DataFrame, entries: DataFrame | None) -> dict[str, list[object]]:
    known = DataFrame() if entries is None else entries
    found = known.reindex(homes["household_uid"])
    told: dict[str, list[object]] = {
        name: ["" if pd.isna(value) else str(value) for value in found[name]]
        if name in found
        else [""] * len(homes)
        for name in BY_HAND
    }
    plan = homes["plan_id"] if "plan_id" in homes else pd.Series(0, index=homes.index)
    told["home_id"] = [f"{number}:{uid}" for number, uid in zip(plan, homes["household_uid"], strict=True)]
    revisions = found["revision"] if "revision" in found else [0] * len(homes)
    told["revision"] = [0 if pd.isna(value) else int(value) for value in revisions]
    return told


def _place(code: str, names: "pd.Series[str]", *, masked: bool) -> str:
    levels = (TOWNSHIP_DIGITS,) if masked else (TOWNSHIP_DIGITS, len(code))
    return " ".join(dict.fromkeys(str(names[code[:digits]]) for digits in levels if code[:digits] in names))


def _shown(person: DataFrame, name: str, *, masked: bool) -> list[str]:
    if name not in person:
        return [""] * len(person)
    mask, values = MASKS[name], person[name].astype(object)
    return ["" if pd.isna(value) else (mask(str(value)) if masked else str(value)) for value in values]
