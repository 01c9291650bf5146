"""Whether the environment keeps improving: what complied of what was inspected, year by year. Pure."""

from datetime import date

import pandas as pd
from pandas import DataFrame

from audits.compliance import per_element


def trend(verdicts: DataFrame, visited_on: "pd.Series[date]") -> DataFrame:
    """Return how the environment keeps improving: what complied of what was inspected, per year and layer.

    Parameters
    ----------
    verdicts
        Of all visits.
    visited_on
        Day of each visit by its uid.

    Returns
    -------
    pandas.DataFrame
        `year`, `layer`, `decided` and `met` (elements), `share` (NaN where nothing could be decided).
    """
    if verdicts.empty:
        return DataFrame(columns=["year", "layer", "decided", "met", "share"])
    years = verdicts["visit_uid"].map(visited_on).map(lambda day: day.year)
    rows = []
    for key, part in verdicts.groupby([years, "place_layer"]):
        year, layer = key
        sums = per_element(part)[["decided", "met"]].sum()
        decided, met = int(sums["decided"]), int(sums["met"])
        rows.append((int(str(year)), str(layer), decided, met, met / decided if decided else float("nan")))
    return DataFrame(rows, columns=["year", "layer", "decided", "met", "share"])
