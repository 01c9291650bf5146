"""Numbers of regions for the maps that walk from county to township to village.

A region is found by the digits of its code; a row whose code is in no region is counted in the totals
of no level, and the caller sees it in the import report.
"""

from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from maps.basemap import MapBase, texts
from maps.disclosure import withheld
from maps.layers import UNKNOWN, WITHHELD, AreaLayer

DIGITS = {"county": 6, "township": 9, "village": 12}


def levels(base: MapBase, *, villages: bool) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """Yield the levels of a base from the county down, each with its regions."""
    yield "county", base.counties
    yield "township", base.townships
    if villages and base.villages is not None and len(base.villages):
        yield "village", base.villages


def reach_values(
    reach: pd.DataFrame, codes: Sequence[str], services: Sequence[str]
) -> dict[str, dict[str, list[int]]]:
    """Return people and reached of each service, in the order of `codes`; `UNKNOWN` where there is no row.

    Parameters
    ----------
    reach
        Columns `service`, `code`, `people`, `reached` and, where both are told, `passed` (persons); missing
        where the number is withheld.
    """
    values = {}
    measures = [name for name in ("people", "reached", "passed") if name in reach]
    for service in services:
        rows = reach.loc[reach["service"] == service].drop_duplicates("code").set_index("code")
        rows = rows[measures].astype("Float64").fillna(WITHHELD).reindex(list(codes)).fillna(UNKNOWN)
        values[service] = {name: rows[name].astype(int).tolist() for name in measures}
    return values


def reach_totals(
    reach: pd.DataFrame, services: Sequence[str], counties: AreaLayer
) -> dict[str, dict[str, int]]:
    """Return the totals of the city by service: its own row of `reach`, or else the sum of the counties.

    A sum over counties would miss what is withheld; a public map therefore hands in the row of the city.
    """
    whole = reach[reach["code"].str.len() < DIGITS["county"]]
    totals = city_totals(counties)
    for service in services:
        rows = whole[whole["service"] == service]
        if len(rows) == 1:
            names = [name for name in totals[service] if name in rows]
            totals[service] = {name: int(rows[name].iloc[0]) for name in names}
    return totals


def home_counts(
    homes: pd.DataFrame, codes: Sequence[str], level: str, years: Sequence[int]
) -> NDArray[np.int64]:
    """Return homes by region and year, shape (codes, years).

    Parameters
    ----------
    homes
        Columns `region_code` and `year` (missing: not chosen).
    """
    return _crossed(homes, codes, level, years, pd.Series(1.0, index=homes.index))


def home_costs(
    homes: pd.DataFrame, codes: Sequence[str], level: str, years: Sequence[int]
) -> NDArray[np.int64]:
    """Return yuan by region and year, shape (codes, years); column `cost_yuan` of the homes."""
    return _crossed(homes, codes, level, years, homes["cost_yuan"].fillna(0.0))


def public_home_counts(
    homes: pd.DataFrame, base: MapBase, years: Sequence[int]
) -> dict[str, NDArray[np.int64]]:
    """Return homes by region and year with a last column of totals, `WITHHELD` where k asks for it.

    Keys are `city` (one row), `county` and `township`; the rows follow the regions of the base.

    Counties first; the totals of their townships are then the published numbers of the county, so
    that the two tables together give away no more than each alone.
    """
    counties = texts(base.counties["code"])
    counts = home_counts(homes, counties, "county", years)
    above = withheld(counts)
    city = totalled(counts.sum(axis=0, keepdims=True))
    result = {"city": np.where(above[-1:], WITHHELD, city), "county": _public(counts, above)}
    townships = texts(base.townships["code"])
    parents = np.asarray(texts(base.townships["parent_code"]))
    below = home_counts(homes, townships, "township", years)
    shown = np.full((len(townships), len(years) + 1), UNKNOWN, dtype=np.int64)
    for number, county in enumerate(counties):
        inside = np.flatnonzero(parents == county)
        if len(inside):
            mask = withheld(below[inside], hidden_totals=above[number])
            shown[inside] = _public(below[inside], mask)
    return result | {"township": shown}


def city_totals(counties: AreaLayer) -> dict[str, dict[str, int]]:
    """Return the sums over all counties by slice and measure; what is not known counts nothing."""
    return {
        name: {measure: sum(n for n in numbers if n >= 0) for measure, numbers in measures.items()}
        for name, measures in counties.figures.items()
    }


def totalled(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a table with the totals of its rows as a last column."""
    return np.column_stack([counts, counts.sum(axis=1)])


def _public(counts: NDArray[np.int64], mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.where(mask[:-1], WITHHELD, totalled(counts))


def _crossed(
    homes: pd.DataFrame, codes: Sequence[str], level: str, years: Sequence[int], weights: pd.Series
) -> NDArray[np.int64]:
    rows = pd.Index(list(codes)).get_indexer(pd.Index(texts(homes["region_code"])).str[: DIGITS[level]])
    columns = pd.Index(list(years)).get_indexer(pd.Index(pd.to_numeric(homes["year"]).astype("float64")))
    known = (rows >= 0) & (columns >= 0)
    table = np.zeros((len(codes), len(years)))
    np.add.at(table, (rows[known], columns[known]), weights.to_numpy(dtype=float)[known])
    return np.round(table).astype(np.int64)
