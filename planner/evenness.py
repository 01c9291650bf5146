"""How coverage is spread: how far people travel, how evenly regions fare, and the worst-off tenth.

Everything is counted in people, not homes. Who cannot travel there at all is part of every figure: they are
last in every ranking, and a median that falls among them is missing, not made up.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.equity import gini_of, lorenz

Floats = NDArray[np.float64]
SHARES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
SLIVER = 1e-3  # parts of a county smaller than this share of it are slivers of drawing


@dataclass(frozen=True)
class Spread:
    """How far people travel.

    Attributes
    ----------
    p10, p50, p90
        Seconds or metres that so many people do not pass; None where that many cannot get there at all.
    mean
        Of those who can get there; None where nobody can.
    worst_tenth
        Mean of the tenth who travel farthest, None where one of them cannot get there.
    cut_off
        People who cannot get there at all.
    """

    p10: float | None
    p50: float | None
    p90: float | None
    mean: float | None
    worst_tenth: float | None
    cut_off: int


def spread(people: "pd.Series[int]", cost: "pd.Series[float]") -> Spread:
    """Return how far people travel.

    Parameters
    ----------
    people
        People of each home, 0 or more.
    cost
        Seconds or metres of each home, missing where there is no way; same index.
    """
    order = np.argsort(cost.fillna(np.inf).to_numpy(float), kind="stable")
    weight: Floats = people.to_numpy(float)[order].astype(np.float64)
    far: Floats = cost.fillna(np.inf).to_numpy(float)[order].astype(np.float64)
    total, known = weight.sum(), np.isfinite(far)
    quantiles = {name: _quantile(weight, far, share) for name, share in SHARES.items()}
    tail = np.clip(np.cumsum(weight) - 0.9 * total, 0.0, weight)
    worst = float((tail * np.where(tail > 0, far, 0.0)).sum() / tail.sum()) if total else np.inf
    near = weight[known].sum()
    return Spread(
        **quantiles,
        mean=float((weight[known] * far[known]).sum() / near) if near else None,
        worst_tenth=worst if np.isfinite(worst) else None,
        cut_off=int(weight[~known].sum()),
    )


def _quantile(weight: Floats, far: Floats, share: float) -> float | None:
    """Return the least cost that at least a share of the people do not pass."""
    total = weight.sum()
    if not total:
        return None
    found = far[np.searchsorted(np.cumsum(weight), share * total - 1e-9)]
    return float(found) if np.isfinite(found) else None


def evenness(values: "pd.Series[float]", people: "pd.Series[int]") -> dict[str, float | None]:
    """Return how evenly something is spread over people who live in groups.

    Parameters
    ----------
    values
        What each person of a group gets, such as the share reached or places for each person; 0 or more.
    people
        People of each group, same index.

    Returns
    -------
    dict
        `gini` (0: all get the same), `worst_tenth` (what the tenth of people in the worst-off groups gets),
        `best_tenth`; None where nobody lives.
    """
    lived = (people > 0) & values.notna()
    if not lived.any():
        return {"gini": None, "worst_tenth": None, "best_tenth": None}
    order = np.argsort(values[lived].to_numpy(float), kind="stable")
    each: Floats = values[lived].to_numpy(float)[order].astype(np.float64)
    weight: Floats = people[lived].to_numpy(float)[order].astype(np.float64)
    curve = lorenz(each * weight, weight)
    end = np.cumsum(weight)
    low = np.clip(0.1 * end[-1] - (end - weight), 0.0, weight)
    high = np.clip(end - 0.9 * end[-1], 0.0, weight)
    return {
        "gini": gini_of(curve),
        "worst_tenth": float((low * each).sum() / low.sum()),
        "best_tenth": float((high * each).sum() / high.sum()),
    }


def county_parts(homes: gpd.GeoDataFrame, regions: gpd.GeoDataFrame) -> "pd.Series[str]":
    """Return which part of a county that lies in several pieces each home is in.

    Sunan is four areas with other counties between them; a figure for the whole of it describes none.

    Parameters
    ----------
    homes
        Points with `region_code`, in the CRS of `regions`.
    regions
        The layer `regions`; counties whose area has several parts are split, from west to east.

    Returns
    -------
    Series
        `CODE/1`, `CODE/2` …, None for homes of counties in one piece or of no county; index of `homes`. A
        home of the county outside all its parts (at a boundary) is in the nearest.
    """
    part = pd.Series(None, index=homes.index, dtype=object)
    counties = regions[(regions["level"] == "county") & regions.geometry.notna()]
    for code, area in zip(counties["code"], counties.geometry, strict=True):
        pieces = shapely.get_parts(area)
        pieces = pieces[shapely.area(pieces) >= SLIVER * area.area]
        if len(pieces) < 2 or shapely.get_dimensions(area) < 2:
            continue
        pieces = pieces[np.argsort(shapely.get_x(shapely.centroid(pieces)), kind="stable")]
        own = homes["region_code"].str.startswith(code).fillna(value=False) & homes.geometry.notna()
        tree = shapely.STRtree(pieces)
        number = tree.nearest(homes.geometry[own].to_numpy())
        part[own] = [f"{code}/{n + 1}" for n in np.asarray(number)]
    return part.where(part.notna(), None)


def urban(homes: pd.DataFrame, regions: pd.DataFrame) -> "pd.Series[str]":
    """Return `urban`, `rural` or None (not known) for each home, by the 城乡分类代码 of its village.

    Codes that begin with 1 are urban, with 2 rural (国家统计局 统计用城乡划分代码).
    """
    kinds = regions.drop_duplicates("code").set_index("code")["ur_code"]
    first = homes["region_code"].map(kinds).astype("object").str[:1]
    found = first.map({"1": "urban", "2": "rural"}).astype(object)
    return found.where(found.notna(), None)


def by_share(homes: pd.DataFrame, answers: pd.DataFrame, group: "pd.Series[str]") -> pd.DataFrame:
    """Return people, people reached, their share and the median way, by group.

    Parameters
    ----------
    homes
        With `people`.
    answers
        What `planner.coverage.reach` returned for these homes.
    group
        Of each home; homes of none are left out.
    """
    rows = []
    for name, index in group.dropna().groupby(group.dropna()).groups.items():
        people = homes.loc[index, "people"]
        got = int(people[answers.loc[index, "reached"].fillna(value=False).to_numpy(bool)].sum())
        whole = int(people.sum())
        median = spread(people, answers.loc[index, "cost"]).p50
        rows.append((str(name), whole, got, got / whole if whole else None, median))
    return pd.DataFrame(rows, columns=["group", "people", "reached", "share", "median"])
