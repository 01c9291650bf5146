"""Rows of one place made one row: the rooms of a toilet listed one by one become a site.

What a reader would question: by position alone, rows at one coordinate are one site, which is right for
rooms but not for addresses that were geocoded to a district's middle; `by = ["position", "name"]` groups
only rows whose names begin alike.
"""

import re
from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.mapping import Group
from gis.specs import Column, LayerSpec, RowIssue

POSITION_DEG = 1e-7  # about 1 cm, the precision that files have: what differs by more is another place
STEM_CHARACTERS = 2  # names that share fewer first characters are not of one place

_TAIL = re.compile(r"[\s\-－_(（\[【·、,，/]+$")


def grouped(
    sites: gpd.GeoDataFrame, spec: LayerSpec, group: Group
) -> tuple[gpd.GeoDataFrame, list[RowIssue]]:
    """Return one row a place, the first of its rows, and a remark on every row that went into it.

    Parameters
    ----------
    sites
        Points in degrees with the columns of the layer, indexed by row number.
    group
        `by` tells which rows are one place; `count` names the column that takes their number.

    Returns
    -------
    GeoDataFrame
        The name is the common beginning of the names; yes/no is yes where one row says yes; numbers of
        rooms or persons add up; everything else is the first row's that knows it.
    """
    labels = _labels(sites, group)
    counts = labels.groupby(labels).transform("size")
    first = ~labels.duplicated()
    merged = sites[first].copy()
    several = counts > 1
    for column in spec.columns:
        known = sites.loc[several, column.name].dropna() if column.name in sites else sites.index[:0]
        if len(known) and column.name not in {spec.key, "uid"}:
            by_place = known.groupby(labels[known.index]).agg(lambda cells, c=column: _combined(cells, c))
            places = merged.index[labels[merged.index].isin(by_place.index)]
            merged.loc[places, column.name] = by_place.loc[labels[places]].to_numpy()
    if group.count:
        known = merged[group.count].notna()
        merged[group.count] = merged[group.count].where(
            known, counts[first].astype(merged[group.count].dtype)
        )
    leaders = dict(zip(labels[first], merged.index, strict=True))
    issues = [
        RowIssue(int(row), "", "merged", "grouped", f"one place with row {leaders[labels[row]]}")
        for row in sites.index[~first]
    ]
    return merged, issues


def _labels(sites: gpd.GeoDataFrame, group: Group) -> pd.Series:
    """Return a number for each row, the same for rows of one place."""
    centres = shapely.get_coordinates(shapely.centroid(sites.geometry.array))
    cells = np.round(centres / POSITION_DEG).astype(np.int64)
    table = pd.DataFrame(cells, index=sites.index, columns=["x", "y"])
    if "name" in group.by and "name" in sites:
        table["stem"] = sites["name"].fillna("").str.slice(0, STEM_CHARACTERS)
    return table.groupby(list(table.columns), sort=False).ngroup()


def _combined(known: pd.Series, column: Column) -> object:
    """Return what a place says, of what those of its rows say that know it."""
    if column.kind == "bool":
        return bool(known.any())
    if column.kind == "int" and column.name != "storey":
        return int(known.sum())
    if column.name == "name":
        stem = _TAIL.sub("", _common_start(str(value) for value in known))
        return stem if len(stem) >= STEM_CHARACTERS else known.iloc[0]
    return known.iloc[0]


def _common_start(texts: Iterable[str]) -> str:
    words = sorted(texts)
    same = 0
    for first, last in zip(words[0], words[-1], strict=False):
        if first != last:
            break
        same += 1
    return words[0][:same]
