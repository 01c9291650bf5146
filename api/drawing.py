"""Puts the frames together that the maps are drawn from; `maps` itself knows no database."""

from collections.abc import Sequence
from datetime import date

import geopandas as gpd
import pandas as pd
from sqlalchemy.orm import Session

from api.access import Coverage, Layers
from audits import service as audits
from audits.grades import latest_verdicts
from audits.rulebook import Rule, RuleBook
from audits.standards import load
from gis import store
from gis.catalogue import Language, codelist, words
from gis.regiontree import RegionTree
from maps.basemap import MapBase
from maps.views import ToiletItem
from planner.gaps import gaps
from planner.groups import with_people
from planner.publishing import PUBLIC_LEVELS, public_reach

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


def reached(measured: Sequence[Coverage], *, public: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Return people, reached and passed by service and region, as the coverage map takes them.

    Parameters
    ----------
    public
        The layer `regions` for a map that is published: numbers of few people are withheld and villages
        left out. None for the office.
    """
    tables = {
        name: pd.concat(
            [
                table.loc[table["code"].notna(), ["code", "people", "reached"]].assign(service=service)
                for service, table in ((one.norm.service, getattr(one, name)) for one in measured)
            ],
            ignore_index=True,
        )
        for name in ("potential", "effective")
    }
    any_place, passed = (published(table, public) for table in tables.values())
    return any_place.assign(passed=passed["reached"].array)


def published(reach: pd.DataFrame, regions: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return coverage by region as a map may show it; with `regions`, only what may be published.

    The row of the city stays as it is: it is the total of the counties.
    """
    if regions is None:
        return reach
    live = regions[regions["valid_to"].isna()]
    city = reach[reach["code"].isin(live.loc[live["level"] == "city", "code"])]
    shown = public_reach(reach, live[live["level"].isin(PUBLIC_LEVELS)])
    return pd.concat([city.astype({"people": "Int64", "reached": "Int64"}), shown], ignore_index=True)


def reached_places(measured: Sequence[Coverage]) -> gpd.GeoDataFrame:
    """Return the places that count for each service, one row for each service of each."""
    parts = [
        one.places[one.places["counts"].fillna(value=False).to_numpy(bool)].assign(service=one.norm.service)
        for one in measured
    ]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=parts[0].crs)


def states(regions: pd.DataFrame) -> pd.DataFrame:
    """Return people within reach today (`now`) and with new sites (`after`), for the map of sites."""
    parts = [
        regions[["code", "people"]].assign(service=state, reached=regions[column])
        for state, column in (("now", "reached"), ("after", "after"))
    ]
    return pd.concat(parts, ignore_index=True)


def gap_frames(layers: Layers) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return who lives where a service is that the plan asks for, and the regions that lack it.

    Returns
    -------
    tuple
        `service code people reached` of every region; and `service code name region_code` with a point in
        each region without the service, EPSG:4326.
    """
    tree = RegionTree.of(layers.regions)
    homes = with_people(layers.homes, layers.people)
    known = tree.rows_of(homes["region_code"]) >= 0
    people = homes[known].groupby("region_code")["people"].sum()
    shapes = tree.regions.geometry.representative_point()
    parts, lacking = [], []
    for service, about in codelist("service").codes.items():
        if "per" not in about.facts:
            continue
        found = gaps(layers.regions, layers.places["facilities"], service).set_index("code")
        served = found.index[found["has"].fillna(value=False).to_numpy(bool)]
        own = tree.ancestor(pd.Series(people.index, dtype=object), about.facts["per"]).isin(served)
        told = {"people": tree.totals(people), "reached": tree.totals(people.where(own.to_numpy(bool), 0))}
        parts.append(pd.DataFrame(told).rename_axis("code").reset_index().assign(service=service))
        without = found[found["has"].eq(other=False).fillna(value=False)]
        rows = without.reset_index()[["code", "name"]].assign(service=service)
        lacking.append(gpd.GeoDataFrame(rows, geometry=shapes.reindex(without.index).to_numpy(), crs=4326))
    listed = pd.concat(lacking, ignore_index=True)
    listed = listed[listed.geometry.notna()].assign(region_code=listed["code"])
    return pd.concat(parts, ignore_index=True), gpd.GeoDataFrame(listed, geometry="geometry", crs=4326)


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
