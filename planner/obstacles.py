"""Open findings as obstacles: barriers on the ways of a mode, and doors of places that failed, with prices.

What a finding does to those who pass is data (`data/catalogue/repair.toml`), never guessed from its severity:
a missing warning strip is grave for the blind and stops no wheelchair. A place that failed its inspection is
shut by all its failures together, so its repair is one unit; of a place that lacks a decisive figure nobody
can say that repairs would open it, and it is left out. Whatever is not open (closed, dismissed, cancelled)
is no obstacle. The same defect found twice is one obstacle, the latest finding speaking for it.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from audits.units import to_base
from gis.catalogue import table
from gis.crs import check_metric
from gis.modes import Mode

SAME = ["place_layer", "place_uid", "element", "element_no", "rule_id"]
NEAR_M = 30.0  # farther from its road the position of a visit says nothing of where on the road the defect is
OPENED_BY = ("partial", "not_accessible")  # grades that repairs can turn into accessible


def distinct(findings: pd.DataFrame) -> pd.DataFrame:
    """Return the latest open finding of every defect.

    Parameters
    ----------
    findings
        Columns `uid`, those of `SAME` and `opened_on`.

    Returns
    -------
    DataFrame
        Sorted by `uid`, with `also`: the older findings of the same defect, joined by ";".
    """
    ordered = findings.sort_values([*SAME, "opened_on", "uid"])
    older = ordered.duplicated(SAME, keep="last")
    named = ordered[older].groupby(SAME)["uid"].agg(";".join).rename("also")
    latest = ordered[~older].join(named, on=SAME)
    return latest.assign(also=latest["also"].fillna("")).sort_values("uid", ignore_index=True)


def price_yuan(findings: pd.DataFrame) -> pd.Series:
    """Return what mending each finding costs: the middle of its range of prices, yuan.

    Parameters
    ----------
    findings
        Columns `element` and `attribute`.
    """
    prices = table("catalogue/repair.toml")["prices"]

    def middle(element: str, attribute: str) -> float:
        own = prices.get(element, {})
        low, high = own.get(attribute, own.get("default", prices["default"]))
        return float(low + high) / 2

    pairs = zip(findings["element"], findings["attribute"], strict=True)
    return pd.Series([middle(*pair) for pair in pairs], index=findings.index, dtype=float)


def barriers(findings: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, mode: Mode) -> gpd.GeoDataFrame:
    """Return the findings on roads that stop or delay a mode, as `gis.barriers.with_barriers` takes them.

    Parameters
    ----------
    findings
        What `distinct` returns, with `attribute`, `value`, `unit` and the position of the visit (may be
        missing), in a metric CRS.
    roads
        The layer `roads` in the same system.

    Returns
    -------
    GeoDataFrame
        `source` (uid of the finding), `delay_s` (missing: no passing), `road_uid`, and a point on the road:
        where the visit says, or the middle of the road if that is not near it or not known.

    Raises
    ------
    CrsError
        Findings or roads are not in metres.
    """
    check_metric(findings)
    check_metric(roads)
    own = findings[(findings["place_layer"] == "roads") & findings["place_uid"].isin(roads["uid"])]
    said = [_passing(row, mode) for row in own[["element", "attribute", "value", "unit"]].to_dict("records")]
    stands = np.array([delay is not None for delay in said], bool)
    own = own[stands]
    lines = roads.set_index("uid").geometry.reindex(own["place_uid"]).set_axis(own.index)
    along = lines.project(own.geometry, align=False)
    near = own.geometry.distance(lines, align=False) <= NEAR_M
    middle = lines.length / 2
    return gpd.GeoDataFrame(
        {
            "source": own["uid"].to_numpy(object),
            "delay_s": np.array([delay for delay in said if delay is not None], float),
            "road_uid": own["place_uid"].to_numpy(object),
        },
        geometry=lines.interpolate(along.where(near, middle)).to_numpy(),
        crs=roads.crs,
    )


def relieved(roads: gpd.GeoDataFrame, findings: pd.DataFrame, mode: Mode) -> gpd.GeoDataFrame:
    """Return roads without what their columns say of an element that an inspection found fault with.

    The finding speaks instead (`replaces` of the data); and a road marked as impassable for wheelchairs
    only because of that element is not marked any more.
    """
    replaces = table("catalogue/repair.toml")["replaces"]
    own = findings[findings["place_layer"] == "roads"]
    pairs = zip(own["element"], own["attribute"], strict=True)
    # An array, since an empty list would choose no columns instead of no rows.
    own = own[np.array([_barrier(*pair, mode) is not None for pair in pairs], dtype=bool)]
    changed = roads.copy()
    for element, columns in replaces.items():
        inspected = changed["uid"].isin(own.loc[own["element"] == element, "place_uid"])
        for column in (name for name in columns if name in changed):
            changed.loc[inspected, column] = None
        if "wheelchair" in changed:
            changed.loc[inspected & changed["wheelchair"].eq("no").fillna(value=False), "wheelchair"] = None
    return changed


def shut_places(places: pd.DataFrame, grades: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Return the places of a service that an inspection passed, or that repairs would let pass.

    Parameters
    ----------
    places
        What `planner.coverage.serving` returned; only those that surely count are kept.
    grades
        As `audits.grades.place_grades` returns them, of the layer of the places.
    findings
        What `distinct` returns.

    Returns
    -------
    DataFrame
        Columns of `places`, `findings` (uids that keep the place shut, joined by ";"; empty: it is open)
        and `unit` (None for an open place).
    """
    kept = places[places["counts"].fillna(value=False).to_numpy(bool)]
    facts = grades.set_index("place_uid")[["level", "failing", "missing"]]
    kept = kept.merge(facts, left_on="uid", right_index=True, how="inner")
    mendable = kept["level"].isin(OPENED_BY) & kept["missing"].isna()
    by_rule = findings.groupby(["place_uid", "rule_id"])["uid"].agg(";".join)
    held = [
        _holding(uid, failing, by_rule) if can else ""
        for uid, failing, can in zip(kept["uid"], kept["failing"], mendable, strict=True)
    ]
    kept = kept.assign(findings=held)
    kept = kept[(kept["level"] == "accessible") | (kept["findings"] != "")]
    unit = ("place:" + kept["uid"].astype(str)).where(kept["findings"] != "", None)
    return kept.assign(unit=unit.astype(object).where(unit.notna(), None)).drop(
        columns=["failing", "missing"]
    )


def _holding(place: str, failing: str, by_rule: pd.Series) -> str:
    """Return the findings that keep a place shut; none where a failure has no open finding to repair."""
    found = [by_rule.get((place, rule)) for rule in failing.split(";")]
    known = [str(uids) for uids in found if uids is not None]
    return ";".join(known) if len(known) == len(found) else ""


def _barrier(element: str, attribute: str, mode: Mode) -> dict[str, Any] | None:
    for about in table("catalogue/repair.toml")["barriers"]:
        if (about["element"], about["attribute"]) == (element, attribute) and mode in about["modes"]:
            found: dict[str, Any] = about
            return found
    return None


def _passing(finding: dict[Any, Any], mode: Mode) -> float | None:
    """Return the seconds that it takes to pass a finding: NaN for no passing, None where it is no barrier."""
    about = _barrier(finding["element"], finding["attribute"], mode)
    if about is None:
        return None
    if "delay_s" in about:
        return float(about["delay_s"])
    if "passes" not in about:
        return np.nan
    value = abs(to_base(float(finding["value"]), finding["unit"]))  # a slope down is as steep as one up
    for limit, seconds in about["passes"]:
        edge = to_base(float(limit), about["unit"])
        if value <= edge if about["worse"] == "higher" else value >= edge:
            return float(seconds)
    return np.nan
