"""Puts the frames together that the maps are drawn from; `maps` itself knows no database."""

from collections.abc import Sequence
from datetime import date

import geopandas as gpd
import pandas as pd
from sqlalchemy.orm import Session

from api.access import Coverage
from audits import service as audits
from audits.grades import latest_verdicts
from audits.rulebook import Rule, RuleBook
from audits.standards import load
from gis import store
from gis.catalogue import Language, codelist, words
from maps.basemap import MapBase
from maps.views import ToiletItem

SEEN = {"met": "met", "met_within_tolerance": "met", "alternative": "met", "not_met": "not_met"}
UNSEEN = "not_applicable"


def base_of(regions: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, *, villages: bool) -> MapBase:
    """Return the ground that maps are drawn on."""
    live = regions[regions["valid_to"].isna()]

    def level(name: str) -> gpd.GeoDataFrame:
        chosen: gpd.GeoDataFrame = live[live["level"] == name].sort_values("code").reset_index(drop=True)
        return chosen

    return MapBase(level("county"), level("township"), roads, level("village") if villages else None)


def base(session: Session, *, villages: bool) -> MapBase:
    """Read the ground that maps are drawn on."""
    return base_of(store.layer(session, "regions"), store.layer(session, "roads"), villages=villages)


def graded_toilets(session: Session, *, lang: Language, on: date) -> gpd.GeoDataFrame:
    """Return the toilets with their grade and the items of their latest inspection, ready to be drawn."""
    toilets = store.layer(session, "toilets")
    grades = audits.grades(session, "toilets", on=on).rename(columns={"place_uid": "uid"})
    verdicts = audits.verdicts(session, "toilets", on=on)
    visited = audits.visit_days(session, "toilets")
    items = inspected_items(latest_verdicts(verdicts, visited), load(), lang)
    drawn = toilets.merge(grades[["uid", "level", "inspected_on"]], on="uid", how="left")
    drawn["items"] = [items.get(uid, []) for uid in drawn["uid"]]
    return gpd.GeoDataFrame(drawn, geometry="geometry", crs=toilets.crs)


def inspected_items(verdicts: pd.DataFrame, rules: RuleBook, lang: Language) -> dict[str, list[ToiletItem]]:
    """Return by place what was measured there, each with its clause, limit and outcome."""
    elements = codelist("element")
    items: dict[str, list[ToiletItem]] = {}
    for row in verdicts[verdicts["outcome"] != UNSEEN].to_dict("records"):
        rule = rules.rule(row["rule_id"])
        named = rule.zh if lang == "zh" and rule.zh else rule.en
        item = ToiletItem(
            label=f"{elements[row['element']].label(lang)} · {named}",
            clause=f"{row['standard']} {row['clause']}",
            value=None if pd.isna(row["value"]) else float(row["value"]) * _scale(row["unit"]),
            unit=_unit(row["unit"], lang),
            limit=_limit(rule, row["unit"], lang),
            outcome=SEEN.get(row["outcome"], "unknown"),
        )
        items.setdefault(row["place_uid"], []).append(item)
    return items


def reached(measured: Sequence[Coverage]) -> pd.DataFrame:
    """Return people and reached by service and region, as the coverage map takes them."""
    parts = [
        one.potential.loc[one.potential["code"].notna(), ["code", "people", "reached"]].assign(
            service=one.norm.service
        )
        for one in measured
    ]
    return pd.concat(parts, ignore_index=True)


def reached_places(measured: Sequence[Coverage]) -> gpd.GeoDataFrame:
    """Return the places that count for each service, one row for each service of each."""
    parts = [
        one.places[one.places["counts"].fillna(value=False).to_numpy(bool)].assign(service=one.norm.service)
        for one in measured
    ]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=parts[0].crs)


def _scale(unit: str) -> float:
    return 100.0 if unit == "ratio" else 1.0  # a slope is read in percent


def _unit(unit: str, lang: Language) -> str:
    """Return a unit in words; `bool` stays, since the page writes yes or no."""
    if unit == "ratio":
        return "%"
    return unit if unit == "bool" else words(lang, "maps").get(f"unit.{unit}", unit)


def _limit(rule: Rule, unit: str, lang: Language) -> str:
    """Return what a rule asks for, in the unit that its measurement is shown in."""
    if unit == "bool":
        return words(lang, "maps")["value.yes" if rule.limit_text == "true" else "value.no"]
    signs = {"<=": "≤ ", ">=": "≥ "}
    text = rule.limit_text
    if unit == "ratio":
        text = "–".join(f"{float(part) * 100:.3g}" for part in text.split("–"))
    return f"{signs.get(rule.operator, '')}{text}"
