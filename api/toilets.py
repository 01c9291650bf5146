"""What the public is told of toilets: the map, one toilet with its inspected items, the booklet's rows.

Grades and items of the whole city are computed once for each state of the database and day (`api.kept`),
since the pages of 600 toilets ask for the same. Positions for the apps of AMap and Baidu are converted into
the datum of each; nothing is asked of them by us.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlencode

import geopandas as gpd
import pandas as pd
from sqlalchemy.orm import Session

from api import drawing, kept
from audits.tables import Finding, Measurement, Visit
from gis import store
from gis.catalogue import Language, codelist, words
from gis.crs import Datum, from_wgs84
from gis.errors import NotFoundError
from gis.openings import open_spans
from gis.regiontree import RegionTree
from gis.tables import Region, Road, Toilet
from maps.mapview import MapView
from maps.styles import LEVEL_MARKS
from maps.toilets import DERIVED, FRESH_DAYS, NEEDS
from maps.views import toilet_view

DETAILS_AT = "/toilets/"
TABLES = (Toilet, Visit, Measurement, Finding)
BASE_TABLES = (Region, Road)
MINUTES_OF_DAY = 1440


@dataclass(frozen=True)
class Place:
    """One toilet as its page shows it; texts are in the language asked for."""

    uid: str
    name: str
    level: str
    level_label: str
    mark: tuple[str, str]
    where: str
    opening: str
    open_now: bool | None
    facts: tuple[tuple[str, str], ...]
    features: tuple[tuple[str, bool | None], ...]
    inspected_on: date | None
    fresh: bool
    items: tuple[Any, ...]
    ways: tuple[tuple[str, str], ...]
    lon: float
    lat: float


def graded(session: Session, memory: kept.Kept, *, lang: Language, on: date) -> gpd.GeoDataFrame:
    """Return every toilet with its grade and items, made once for each state of the database and day."""
    stamped = f"{on}-{kept.stamp(session, *TABLES)}"
    return memory.get(("toilets", lang), stamped, lambda: drawing.graded_toilets(session, lang=lang, on=on))


def public_map(session: Session, memory: kept.Kept, *, lang: Language, on: date) -> MapView:
    """Return the public map of toilets, made once for each state of the database and day.

    Raises
    ------
    EmptyLayerError
        There is nothing that a map could show.
    """
    toilets = graded(session, memory, lang=lang, on=on)
    stamped = f"{on}-{kept.stamp(session, *TABLES, *BASE_TABLES)}"

    def make() -> MapView:
        base = drawing.base(session, villages=False)
        return toilet_view(toilets, lang=lang, on=on, base=base, details_at=DETAILS_AT)

    return memory.get(("toilet map", lang), stamped, make)


def place(toilets: gpd.GeoDataFrame, tree: RegionTree, uid: str, lang: Language, now: datetime) -> Place:
    """Return one toilet for its page.

    Parameters
    ----------
    toilets
        What `graded` returns.
    now
        The moment in China.

    Raises
    ------
    NotFoundError
        There is no such toilet.
    """
    rows = toilets[toilets["uid"] == uid]
    if rows.empty:
        raise NotFoundError("toilet", uid[:80])
    row = rows.iloc[0]
    said = words(lang, "maps")
    level = _text(row, "level") or "unknown"
    inspected = None if pd.isna(row["inspected_on"]) else pd.Timestamp(row["inspected_on"]).date()
    opening, open_now = opened(_text(row, "opening_hours"), said, now)
    name = _text(row, "name") or said["value.unnamed"]
    return Place(
        uid=uid, name=name, level=level, level_label=said[f"level.{level}"], mark=LEVEL_MARKS[level],
        where=region_name(tree, _text(row, "region_code"), lang), opening=opening, open_now=open_now,
        facts=_facts(row, said, lang),
        features=tuple(
            (said[f"need.{need}"], _flag(row, need)) for need in NEEDS if need not in DERIVED
        ),
        inspected_on=inspected,
        fresh=inspected is not None and (now.date() - inspected).days <= FRESH_DAYS,
        items=tuple(row["items"]),
        ways=ways(name, row.geometry.x, row.geometry.y, words(lang, "pages")),
        lon=row.geometry.x, lat=row.geometry.y,
    )  # fmt: skip


def opened(hours: str, said: Mapping[str, str], now: datetime) -> tuple[str, bool | None]:
    """Return in words whether a place is open, and the same as yes, no or not known.

    Parameters
    ----------
    said
        Words of the maps.
    now
        The moment in China.
    """
    spans = open_spans(hours, now.date())
    if spans is None:
        return (said["open.unknown"].format(text=hours) if hours else ""), None
    at = now.hour * 60 + now.minute
    span = next(((start, end) for start, end in spans if start <= at < end), None)
    if span is not None:
        whole = span[1] - span[0] > MINUTES_OF_DAY
        return (said["open.always"] if whole else said["open.until"].format(time=_clock(span[1]))), True
    following = next((start for start, _ in spans if start > at), None)
    if following is None:
        return said["open.long"], False
    day = date.fromordinal(now.date().toordinal() + following // MINUTES_OF_DAY)
    return said["open.closed"].format(day=day.isoformat(), time=_clock(following)), False


def ways(name: str, lon: float, lat: float, said: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return links that open a place in map apps, each in the datum of its app.

    Source: the published URI schemes of AMap (uri.amap.com), Baidu (api.map.baidu.com/marker), Tencent
    (apis.map.qq.com/uri) and RFC 5870 (geo).
    """
    amap, baidu = _position(lon, lat, "gcj02"), _position(lon, lat, "bd09")
    brand = said["site.brand"]
    return (
        (said["way.amap"], "https" + "://uri.amap.com/marker?" + urlencode(
            {"position": f"{amap[0]},{amap[1]}", "name": name, "coordinate": "gaode", "callnative": 1})),
        (said["way.baidu"], "https" + "://api.map.baidu.com/marker?" + urlencode(
            {"location": f"{baidu[1]},{baidu[0]}", "title": name, "content": brand, "output": "html",
             "coord_type": "bd09ll", "src": "tantu"})),
        (said["way.tencent"], "https" + "://apis.map.qq.com/uri/v1/marker?" + urlencode(
            {"marker": f"coord:{amap[1]},{amap[0]};title:{name}", "referer": "tantu"})),
        (said["way.phone"], f"geo:{lat:.6f},{lon:.6f}?q={lat:.6f},{lon:.6f}({quote(name)})"),
    )  # fmt: skip


def region_name(tree: RegionTree, code: str, lang: Language) -> str:
    """Return county and township of a region in words, "" where it is not known."""
    named = tree.regions
    parts = []
    for level in ("county", "township"):
        found = tree.ancestor(pd.Series([code], dtype=object), level).iloc[0] if code else None
        if found is not None:
            english = named.loc[found, "name_en"] if lang == "en" else None
            parts.append(str(named.loc[found, "name"] if pd.isna(english) else english))
    return " ".join(parts) if lang == "zh" else ", ".join(reversed(parts))


def _facts(row: "pd.Series[Any]", said: Mapping[str, str], lang: Language) -> tuple[tuple[str, str], ...]:
    kinds = codelist("toilet_category").codes
    category = _text(row, "category")
    told = {
        "category": kinds[category].label(lang) if category in kinds else "",
        "address": _text(row, "address"),
        "hours": _text(row, "opening_hours"),
        "phone": _text(row, "phone"),
        "maintainer": _text(row, "maintainer"),
    }
    return tuple((said[f"field.{key}"], text) for key, text in told.items() if text)


def township(toilets: gpd.GeoDataFrame, tree: RegionTree, code: str) -> gpd.GeoDataFrame:
    """Return the toilets of a township, the accessible ones first.

    Raises
    ------
    NotFoundError
        There is no such township.
    """
    if code not in tree.codes or tree.regions.loc[code, "level"] != "township":
        raise NotFoundError("township", code[:20])
    inside = tree.ancestor(toilets["region_code"].astype(object), "township") == code
    ranks = {level: rank for rank, level in enumerate(LEVEL_MARKS)}
    chosen = toilets[inside.to_numpy()]
    order = chosen["level"].fillna("unknown").map(ranks)
    return chosen.assign(_rank=order).sort_values(["_rank", "name"]).drop(columns="_rank")


def tree_of(session: Session, memory: kept.Kept) -> RegionTree:
    """Return the tree of regions, made once for each state of the layer."""
    return memory.get(
        ("tree",), kept.stamp(session, Region), lambda: RegionTree.of(store.layer(session, "regions"))
    )


def _position(lon: float, lat: float, datum: Datum) -> tuple[str, str]:
    shifted = from_wgs84([lon], [lat], datum)
    return f"{shifted[0][0]:.6f}", f"{shifted[1][0]:.6f}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _text(row: "pd.Series[Any]", name: str) -> str:
    value = row.get(name)
    return "" if value is None or pd.isna(value) else str(value)


def _flag(row: "pd.Series[Any]", name: str) -> bool | None:
    value = row.get(name)
    return None if value is None or pd.isna(value) else bool(value)
