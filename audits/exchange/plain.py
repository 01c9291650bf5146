"""Rows of layers as plain dictionaries in which unknown things have no key. Pure."""

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.schema import LAYERS


def missing(value: object) -> bool:
    """Return whether a cell is empty: None, NA, NaT or NaN."""
    return value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124  NaN


def known_rows(features: gpd.GeoDataFrame, layer: str) -> Iterator[dict[str, Any]]:
    """Yield of each row the columns of its layer that are known, as plain Python values."""
    names = [column.name for column in LAYERS[layer].columns if column.name in features]
    for values in features[names].astype(object).itertuples(index=False, name=None):
        yield {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in zip(names, values, strict=True)
            if not missing(value)
        }


def number(value: object) -> float | None:
    """Return a figure written as a number or a text, None where there is none."""
    try:
        return None if missing(value) or value == "" else float(str(value))
    except ValueError:
        return None
