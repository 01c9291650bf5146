"""How much of what the plan asks is there: shares of registered assets, bays short, findings by renewal area.

Where an inspection knows, it decides; else the owner's word stands, and what neither says stays unknown: it
widens the share into an interval and is never counted as no. Bays are judged by the same dated rules as
everything else, so that a change of the code needs no change here.
"""

from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

MET = ("met", "met_within_tolerance", "alternative")
SHARES = ("kind", "group", "listed", "equipped", "lacking", "unknown", "inspected", "share", "low", "high")
BAYS = ("uid", "name", "total_bays", "accessible_bays", "rules", "short")
BUNDLES = ("area", "name", "findings", "places", "critical", "major", "minor", "advisory", "uids")
SEVERITIES = ("critical", "major", "minor", "advisory")


def states(assets: pd.DataFrame, verdicts: pd.DataFrame, kinds: Mapping[str, Any]) -> pd.DataFrame:
    """Return of every asset whether it has what the plan asks of its kind.

    Parameters
    ----------
    assets
        Rows of the layer `assets`.
    verdicts
        Latest verdicts of inspections (`audits.grades.latest_verdicts`); those of other layers do not count.
    kinds
        Facts of each code of `asset_kind`.

    Returns
    -------
    DataFrame
        `uid`, `kind`, `group` (route, scope or subtype of its kind, else empty), `state` (`equipped`,
        `lacking` or `unknown`) and `inspected` (an inspection decided).
    """
    own = verdicts[verdicts["place_layer"] == "assets"]
    names = own["element"].astype(str) + "." + own["attribute"].astype(str)
    decided: dict[str, dict[str, set[str]]] = {}
    for uid, name, outcome in zip(own["place_uid"], names, own["outcome"], strict=True):
        decided.setdefault(str(uid), {}).setdefault(name, set()).add(str(outcome))
    rows = []
    for row in assets.to_dict("records"):
        facts = kinds[row["kind"]]
        seen = _inspected(decided.get(row["uid"], {}), facts["shown_by"])
        group = row[facts["group"]] if facts["group"] else None
        state = seen or _said(row["equipped"])
        rows.append((row["uid"], row["kind"], "" if pd.isna(group) else str(group), state, seen is not None))
    return pd.DataFrame(rows, columns=["uid", "kind", "group", "state", "inspected"])


def shares(stated: pd.DataFrame) -> pd.DataFrame:
    """Return the columns `SHARES`, one row a kind and group.

    `share` is equipped of known, NaN where nothing is known; `low` counts every unknown as lacking, `high`
    as equipped.
    """
    rows = []
    for (kind, group), own in stated.groupby(["kind", "group"], sort=True):
        counts = own["state"].value_counts()
        has, lacks, unknown = (int(counts.get(name, 0)) for name in ("equipped", "lacking", "unknown"))
        known, listed = has + lacks, len(own)
        share = has / known if known else np.nan
        seen = int(own["inspected"].sum())
        rows.append(
            (kind, group, listed, has, lacks, unknown, seen, share, has / listed, (has + unknown) / listed)
        )
    return pd.DataFrame(rows, columns=list(SHARES))


def bay_readings(assets: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of car parks as readings that the rules on bays judge; without the unknown ones."""
    rows: list[dict[str, object]] = []
    for park in assets[assets["kind"] == "car_park"].to_dict("records"):
        total, accessible = park["total_bays"], park["accessible_bays"]
        if pd.isna(total) or total == 0 or pd.isna(park["subtype"]):
            continue
        said: dict[str, tuple[float | None, str, str | None]] = {
            "total_bays": (float(total), "count", None),
            "car_park_kind": (None, "choice", str(park["subtype"])),
        }
        if pd.notna(accessible):
            said["bay_count"] = (float(accessible), "count", None)
            said["bay_ratio"] = (float(accessible) / float(total), "ratio", None)
        rows += [
            {
                "place_layer": "assets", "place_uid": park["uid"], "visit_uid": "register",
                "element": "parking_bay", "element_no": 1, "attribute": name, "value": value,
                "unit": unit, "choice": choice, "not_measured": None,
            }
            for name, (value, unit, choice) in said.items()
        ]  # fmt: skip
    names = ("place_layer", "place_uid", "visit_uid", "element", "element_no", "attribute", "value", "unit",
             "choice", "not_measured")  # fmt: skip
    found = pd.DataFrame(rows, columns=list(names))
    return found.assign(value=found["value"].astype(float))


def bays_short(assets: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return the columns `BAYS`, one row a car park of the register.

    `short` is how many bays it lacks by the strictest rule that speaks of it, missing where no rule could
    decide (its size, its kind or its accessible bays are not known); `rules` are those it does not meet.
    """
    counts = verdicts[verdicts["attribute"].isin(("bay_count", "bay_ratio"))]
    rows = []
    for park in assets[assets["kind"] == "car_park"].to_dict("records"):
        own = counts[counts["place_uid"] == park["uid"]]
        failed = own[own["outcome"] == "not_met"]
        missing = [
            ceil(limit * (park["total_bays"] if attribute == "bay_ratio" else 1) - 1e-9)
            - park["accessible_bays"]
            for limit, attribute in zip(failed["limit_low"], failed["attribute"], strict=True)
        ]
        known = bool(own["outcome"].isin((*MET, "not_met")).any())
        short = int(max(missing, default=0)) if known else None
        rules = ";".join(failed["rule_id"])
        rows.append(
            (park["uid"], park["name"], park["total_bays"], park["accessible_bays"], rules or None, short)
        )
    return pd.DataFrame(rows, columns=list(BAYS)).astype({"short": "Int64"})


def bundles(assets: GeoDataFrame, findings: GeoDataFrame) -> pd.DataFrame:
    """Return the open findings of each renewal area, to be mended with its works.

    Parameters
    ----------
    assets, findings
        In one CRS; a finding without a position is in no area, one in two areas counts in both.

    Returns
    -------
    DataFrame
        The columns `BUNDLES`, one row an area, those with the gravest and most findings first.
    """
    areas = assets[(assets["kind"] == "renewal_area") & assets.geometry.notna()]
    located = findings[findings.geometry.notna()].reset_index(drop=True)
    rows = []
    for uid, name, shape in zip(areas["uid"], areas["name"], areas.geometry, strict=True):
        own = located[located.geometry.intersects(shape)]
        counts = [int((own["severity"] == severity).sum()) for severity in SEVERITIES]
        places = own[["place_layer", "place_uid"]].drop_duplicates()
        rows.append((uid, name, len(own), len(places), *counts, list(own["uid"])))
    found = pd.DataFrame(rows, columns=list(BUNDLES))
    return found.sort_values([*SEVERITIES, "area"], ascending=[False] * 4 + [True], ignore_index=True)


def _inspected(decided: Mapping[str, set[str]], shown_by: list[str]) -> str | None:
    outcomes = set().union(*(decided.get(name, set()) for name in shown_by))
    if "not_met" in outcomes:
        return "lacking"
    known = [bool(decided.get(name, set()) & set(MET)) for name in shown_by]
    return "equipped" if known and all(known) else None


def _said(equipped: Any) -> str:  # noqa: ANN401 - true, false or any mark of nothing
    if equipped is None or pd.isna(equipped):
        return "unknown"
    return "equipped" if equipped else "lacking"
