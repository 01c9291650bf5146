"""Inspectors against each other and against gold items: per criterion, per inspector, over time.

Two visits of one thing count as a double audit only when they lie within a window of days: what was
repaired or worn in between is no disagreement. Opinions are never averaged away: a criterion on which
inspectors disagree shows itself here, and decides nothing.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from audits.agreement import Level, alpha_interval, cohen_kappa
from audits.sampling import interval
from audits.units import DIMENSIONS, in_base

UNIT = ["place_layer", "place_uid", "element", "element_no"]
CRITERION = ["element", "attribute"]
WINDOW_DAYS = 30
RATINGS = (*UNIT, "attribute", "inspector", "visited_on", "rating", "level")
CRITERIA = (
    *CRITERION, "level", "alpha", "low", "high", "units", "ratings", "inspectors", "kappa", "agreed",
)  # fmt: skip
GOLD = ("inspector", "checked", "right", "share", "low", "high", "kappa", "median_error")
DRIFT = ("inspector", *CRITERION, "checked", "per_year", "low", "high", "drifts")
LEAST_FOR_DRIFT = 5
YEAR_DAYS = 365.2425


def ratings(
    measurements: pd.DataFrame, visits: pd.DataFrame, *, window_days: int = WINDOW_DAYS
) -> pd.DataFrame:
    """Return what each inspector said of each attribute of each element, once.

    Parameters
    ----------
    measurements
        As `audits.rules.judge` takes them; several readings of one visit are averaged.
    visits
        `uid`, `inspector`, `visited_on`.
    window_days
        Ratings of one thing older than its newest by more than this are left out.

    Returns
    -------
    DataFrame
        The columns `RATINGS`, the latest of each inspector. `rating` is a figure in the base unit
        (`level` interval) or a code (`level` nominal; yes and no are 1 and 0); what was not measured
        is left out.
    """
    facts = visits.set_index("uid")
    rows = measurements.assign(
        inspector=measurements["visit_uid"].map(facts["inspector"]),
        visited_on=pd.to_datetime(measurements["visit_uid"].map(facts["visited_on"])),
    )
    rows = rows[rows["value"].notna() | _choices(rows).notna()].reset_index(drop=True)
    figures = in_base(rows["value"].astype(float), rows["unit"].fillna(""))
    coded = _choices(rows).notna() | (figures["dimension"] == DIMENSIONS["bool"])
    rows["figure"] = figures["amount"].where(~coded | _choices(rows).isna())
    rows["code"] = _choices(rows)
    rows["nominal"] = coded
    keys = [*UNIT, "attribute", "inspector", "visited_on", "visit_uid"]
    said = rows.groupby(keys, sort=False).agg(
        figure=("figure", "mean"), code=("code", "last"), nominal=("nominal", "any")
    )
    said = said.reset_index().sort_values(["visited_on", "visit_uid"], kind="stable")
    said = said.drop_duplicates([*UNIT, "attribute", "inspector"], keep="last")
    newest = said.groupby([*UNIT, "attribute"])["visited_on"].transform("max")
    said = said[(newest - said["visited_on"]).dt.days <= window_days]
    said["rating"] = said["code"].astype(object).where(said["code"].notna(), said["figure"])
    said["level"] = np.where(said["nominal"], "nominal", "interval")
    return said.sort_values(list(RATINGS[:6]), ignore_index=True)[list(RATINGS)]


def criteria(rated: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return how far inspectors agree on each criterion that anything was rated twice on.

    Parameters
    ----------
    rated
        As `ratings` returns it.
    seed
        Of the bootstrap; the same seed gives the same interval.

    Returns
    -------
    DataFrame
        The columns `CRITERIA`, one row an element and attribute: Krippendorff's `alpha` with its
        interval; `kappa` of codes where exactly two inspectors rated, else NaN; `agreed`, the share
        of units on which all said the same (within a hundredth for figures).
    """
    rows = []
    for (element, attribute), group in rated.groupby(CRITERION):
        level: Level = "nominal" if (group["level"] == "nominal").any() else "interval"
        table = group.set_index([*UNIT, "inspector"])["rating"].unstack("inspector")  # noqa: PD010 - ratings are never aggregated
        twice = table[table.notna().sum(axis=1) >= 2]
        if twice.empty:
            continue
        twice = twice.dropna(axis=1, how="all")
        found = alpha_interval(twice, level, seed)
        rows.append(
            (
                element,
                attribute,
                level,
                found.value,
                found.low,
                found.high,
                found.units,
                found.ratings,
                twice.shape[1],
                _kappa(twice, level),
                _agreed(twice, level),
            )
        )
    return pd.DataFrame(rows, columns=list(CRITERIA))


def gold_items(rated: pd.DataFrame, gold: str, *, relative: float = 0.02) -> pd.DataFrame:
    """Return how each inspector does on the items of the reference inspector.

    Parameters
    ----------
    rated
        As `ratings` returns it.
    gold
        The inspector whose ratings are taken for right.
    relative
        A figure is right when it lies within this share of the gold figure.

    Returns
    -------
    DataFrame
        The columns `GOLD`, one row an inspector: the `share` right with its exact interval, `kappa`
        on codes (NaN where there are none or they do not vary), and the median of the relative errors
        of figures, signed, so that a tape that measures short is seen.
    """
    joined = _against(rated, gold)
    joined["right"] = np.where(
        joined["error"].notna(), joined["error"].abs() <= relative, joined["rating"] == joined["gold"]
    )
    rows = []
    for inspector, group in joined.groupby("inspector"):
        coded = group[group["level"] == "nominal"]
        share = interval(int(group["right"].sum()), len(group))
        kappa = cohen_kappa(_texts(coded["rating"]), _texts(coded["gold"])) if len(coded) else np.nan
        rows.append(
            (
                inspector,
                len(group),
                int(group["right"].sum()),
                share.share,
                share.low,
                share.high,
                kappa,
                group["error"].median(),
            )
        )
    return pd.DataFrame(rows, columns=list(GOLD))


def drift(rated: pd.DataFrame, gold: str) -> pd.DataFrame:
    """Return whether an inspector's figures move away from the gold ones with time.

    Returns
    -------
    DataFrame
        The columns `DRIFT`, one row an inspector and criterion with at least `LEAST_FOR_DRIFT` gold
        items on several days: the change of the relative error a year (Theil-Sen slope, which a few
        slips do not move) with its 95 % interval; it `drifts` where that leaves out 0.
    """
    joined = _against(rated, gold)
    figures = joined[joined["error"].notna()]
    rows = []
    for key, group in figures.groupby(["inspector", *CRITERION]):
        years = (group["visited_on"] - group["visited_on"].min()).dt.days.to_numpy() / YEAR_DAYS
        if len(group) < LEAST_FOR_DRIFT or not years.any():
            continue
        slope = stats.theilslopes(group["error"].to_numpy(dtype=float), years)
        low, high = float(slope.low_slope), float(slope.high_slope)
        rows.append((*key, len(group), float(slope.slope), low, high, low > 0 or high < 0))
    return pd.DataFrame(rows, columns=list(DRIFT))


def _against(rated: pd.DataFrame, gold: str) -> pd.DataFrame:
    keys = [*UNIT, "attribute"]
    right = rated[rated["inspector"] == gold][[*keys, "rating"]].rename(columns={"rating": "gold"})
    joined = rated[rated["inspector"] != gold].merge(right, on=keys)
    figures = joined["level"] == "interval"
    said, true = (
        pd.to_numeric(joined[name].where(figures), errors="coerce").astype(float)
        for name in ("rating", "gold")
    )
    missed = (said != true).astype(float)  # against a gold figure of 0 one is right, or wholly wrong
    joined["error"] = ((said - true) / true.abs()).where(true != 0, missed).where(figures & true.notna())
    return joined


def _choices(rows: pd.DataFrame) -> "pd.Series[Any]":
    return rows["choice"] if "choice" in rows else pd.Series(None, index=rows.index, dtype=object)


def _kappa(table: pd.DataFrame, level: Level) -> float:
    if level == "interval" or table.shape[1] != 2:
        return float("nan")
    return cohen_kappa(_texts(table.iloc[:, 0]), _texts(table.iloc[:, 1]))


def _texts(column: "pd.Series[Any]") -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in column]


def _agreed(table: pd.DataFrame, level: Level) -> float:
    if level == "nominal":
        return float(table.apply(lambda said: len(set(said.dropna())) == 1, axis=1).mean())
    figures = table.astype(float)
    spread = figures.max(axis=1) - figures.min(axis=1)
    return float((spread <= 0.01 * figures.abs().max(axis=1)).mean())
