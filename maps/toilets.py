"""Columns of the public toilet map, made from the joined frame of toilets and their grades.

What is not known is neither yes nor no: every need has a bit in the mask of what holds, or in the mask
of what is known not to hold, or in neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import geopandas as gpd
import pandas as pd

from gis.catalogue import Language, codelist
from gis.openings import open_spans
from maps.basemap import MapBase, region_names, texts
from maps.encoding import digits
from maps.layers import PointLayer
from maps.styles import LEVEL_MARKS

FRESH_DAYS = 365  # MAPS: "verified in the last 12 months"
OUTCOMES = ("met", "not_met", "unknown")

# Needs a reader may tick, in the order of their bits; each is a column of the toilets unless derived.
NEEDS = (
    "accessible",
    "accessible_room",
    "third_toilet",
    "changing_table",
    "open_24h",
    "free",
    "step_free",
    "alarm",
    "verified",
    "open_now",
)
# What no column says: by level and inspection, and by the reader's own clock.
DERIVED = {"accessible", "verified", "open_now"}


@dataclass(frozen=True)
class ToiletItem:
    """One measured item of an inspection, in the words of the page.

    Attributes
    ----------
    value
        As measured, in `unit`; None where it could not be measured.
    limit
        What the clause asks, written out, such as "≥ 800".
    outcome
        One of `OUTCOMES`.
    """

    label: str
    clause: str
    value: float | None
    unit: str
    limit: str
    outcome: str


def toilet_layer(
    toilets: gpd.GeoDataFrame, base: MapBase, lang: Language, on: date
) -> tuple[PointLayer, dict[str, Any]]:
    """Return the toilets as pins, accessible ones first, and the tables their columns point into.

    Parameters
    ----------
    toilets
        See `maps.views.toilet_view`.
    on
        Day that decides what is still fresh.
    """
    toilets = _ordered(toilets)
    rules, items = _items(toilets)
    regions, region_numbers, county_numbers = region_words(toilets, base, lang)
    yes, no = _masks(toilets, on)
    kinds = codelist("toilet_category").codes
    columns: dict[str, Sequence[Any]] = {
        "name": texts_of(toilets, "name"),
        "address": texts_of(toilets, "address"),
        "hours": texts_of(toilets, "opening_hours"),
        "phone": texts_of(toilets, "phone"),
        "category": [
            list(kinds).index(code) if code in kinds else -1 for code in texts_of(toilets, "category")
        ],
        "region": region_numbers,
        "county": county_numbers,
        "level": _levels(toilets),
        "inspected_on": [_day_number(day) for day in _dates(toilets, "inspected_on")],
        "yes": yes,
        "no": no,
    }
    lookups = {
        "open": {
            text: spans
            for text in sorted(set(columns["hours"]))
            if (spans := open_spans(text, on)) is not None
        },
        "rules": rules,
        "items": items,
        "regions": regions,
        "counties": region_names(base.counties, lang),
        "categories": [code.label(lang) for code in kinds.values()],
    }
    lons, lats = toilets.geometry.x.tolist(), toilets.geometry.y.tolist()
    return PointLayer("toilets", texts(toilets["uid"]), lons, lats, "level", columns), lookups


def _ordered(toilets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    # Accessible ones first, then by region and name: the order of the list.
    rank = pd.Series(_levels(toilets), index=toilets.index).map({v: k for k, v in enumerate(LEVEL_MARKS)})
    keys = pd.DataFrame(
        {"rank": rank, "region": texts_of(toilets, "region_code"), "name": texts_of(toilets, "name")},
        index=toilets.index,
    )
    return toilets.loc[keys.sort_values(["rank", "region", "name"], kind="stable").index]


def _levels(toilets: gpd.GeoDataFrame) -> list[str]:
    return [level or "unknown" for level in texts_of(toilets, "level")]


def _masks(toilets: gpd.GeoDataFrame, on: date) -> tuple[list[int], list[int]]:
    """Return what is known to hold and known not to hold, a bit for each need; neither bit is unknown."""
    since = on - timedelta(days=FRESH_DAYS)
    open_now = [status in {"", "operating"} for status in texts_of(toilets, "operating_status")]
    verified = [bool(day) and date.fromisoformat(day) >= since for day in _dates(toilets, "inspected_on")]
    known: dict[str, list[bool | None]] = {
        "accessible": [
            level == "accessible" and opened for level, opened in zip(_levels(toilets), open_now, strict=True)
        ],
        "verified": [*verified],
        "open_now": [None] * len(toilets),  # the page asks the clock of its reader
    }
    for need in NEEDS:
        if need not in DERIVED:
            known[need] = _flags(toilets, need)
    yes = [
        sum(1 << k for k, need in enumerate(NEEDS) if known[need][row] is True) for row in range(len(toilets))
    ]
    no = [
        sum(1 << k for k, need in enumerate(NEEDS) if known[need][row] is False)
        for row in range(len(toilets))
    ]
    return yes, no


def _items(toilets: gpd.GeoDataFrame) -> tuple[list[list[Any]], dict[str, str]]:
    """Return the distinct rules as [label, clause, unit, limit, decimals], and all items as digits.

    `counts` has one number a row; `rules`, `values` (times ten to the power of the rule's decimals) and
    `codes` (index of the outcome, 3 more where there is no value) one an item, row after row.
    """
    rows = [items if isinstance(items, list | tuple) else () for items in toilets.get("items", [])]
    flat = [item for items in rows for item in items]
    decimals: dict[tuple[str, str, str, str], int] = {}
    for item in flat:
        key = (item.label, item.clause, item.unit, item.limit)
        decimals[key] = max(decimals.get(key, 0), _decimals(item.value))
    numbers = {key: number for number, key in enumerate(decimals)}
    keys = [(item.label, item.clause, item.unit, item.limit) for item in flat]
    known = [item.value is not None and not pd.isna(item.value) for item in flat]
    written = {
        "counts": digits([len(items) for items in rows] or [0] * len(toilets)),
        "rules": digits([numbers[key] for key in keys]),
        "values": digits(
            [
                round(item.value * 10 ** decimals[key]) if there else 0
                for item, key, there in zip(flat, keys, known, strict=True)
            ]
        ),
        "codes": digits(
            [OUTCOMES.index(item.outcome) + 3 * (not there) for item, there in zip(flat, known, strict=True)]
        ),
    }
    return [[*key, places] for key, places in decimals.items()], written


def region_words(
    toilets: gpd.GeoDataFrame, base: MapBase, lang: Language
) -> tuple[list[str], list[int], list[int]]:
    """Return words of regions, and for each row its number among them and among the counties, or -1."""
    county_codes = texts(base.counties["code"])
    counties = dict(zip(county_codes, region_names(base.counties, lang), strict=True))
    townships = dict(zip(texts(base.townships["code"]), region_names(base.townships, lang), strict=True))
    joint = " " if lang == "zh" else ", "
    seen: dict[str, int] = {}
    numbers, county_numbers = [], []
    for code in texts_of(toilets, "region_code"):
        county = counties.get(code[:6], "")
        township = townships.get(code[:9], townships.get(code, ""))
        parts = (county, township) if lang == "zh" else (township, county)
        said = joint.join(part for part in parts if part)
        numbers.append(seen.setdefault(said, len(seen)))
        county_numbers.append(county_codes.index(code[:6]) if county else -1)
    return list(seen), numbers, county_numbers


def _flags(toilets: gpd.GeoDataFrame, name: str) -> list[bool | None]:
    if name not in toilets:
        return [None] * len(toilets)
    return [None if pd.isna(value) else bool(value) for value in toilets[name]]


def texts_of(frame: pd.DataFrame, name: str) -> list[str]:
    """Return a column as texts, missing values and missing columns as ""."""
    return (
        texts(frame[name].astype(object).where(frame[name].notna(), None))
        if name in frame
        else [""] * len(frame)
    )


def _dates(frame: pd.DataFrame, name: str) -> list[str]:
    return [text[:10] for text in texts_of(frame, name)]


def _day_number(day: str) -> int:
    # Days since 1970, as the browser counts; -1 where there is no day.
    return (date.fromisoformat(day) - date(1970, 1, 1)).days if day else -1


def _decimals(value: float | None) -> int:
    if value is None or pd.isna(value):
        return 0
    return len(f"{value:.3f}".rstrip("0").partition(".")[2])
