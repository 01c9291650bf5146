"""Shares of what complies, per attribute and per element apart, since one hides the other.

In a published survey 80 % of kerb ramps passed on running slope alone and 1.5 % passed on everything;
a single share would have been either. What was not measured is counted beside every share, never in it.
"""

import pandas as pd

from audits.readings import KEYS

MET = ("met", "met_within_tolerance", "alternative")
DECIDED = (*MET, "not_met")


def per_attribute(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return how many inspected elements comply on each attribute.

    Parameters
    ----------
    verdicts
        As `audits.rules.judge` returns them; an element complies where no rule on the attribute fails.

    Returns
    -------
    DataFrame
        One row an element and attribute: `decided`, `met`, `unknown` (elements on which no rule on the
        attribute could be decided) and `share` (met of decided, NaN where none is).
    """
    return _shares(_by_item(verdicts, [*KEYS, "attribute"]), ["element", "attribute"])


def per_element(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return how many inspected elements comply on everything that could be decided.

    Returns
    -------
    DataFrame
        One row an element: `decided`, `met` (no rule failed), `unknown` (nothing could be decided),
        `share`, and `complete` (elements that met and of which no rule was left undecided).
    """
    items = _by_item(verdicts, list(KEYS))
    shares = _shares(items, ["element"])
    whole = items.assign(complete=items["any_met"] & ~items["any_failed"] & ~items["any_unknown"])
    return shares.merge(whole.groupby("element")["complete"].sum().reset_index(), on="element")


def _by_item(verdicts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    outcome = verdicts["outcome"]
    flags = verdicts[keys].assign(
        any_met=outcome.isin(MET), any_failed=outcome == "not_met", any_unknown=outcome == "not_measured"
    )
    return flags[outcome != "not_applicable"].groupby(keys).any().reset_index()


def _shares(items: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    decided = items["any_met"] | items["any_failed"]
    counted = items[keys].assign(decided=decided, met=decided & ~items["any_failed"], unknown=~decided)
    shares = counted.groupby(keys)[["decided", "met", "unknown"]].sum().reset_index()
    return shares.assign(share=(shares["met"] / shares["decided"]).where(shares["decided"] > 0))
