"""The figures of 数字城管 about cases: 立案数, 结案率, 按期结案率, 返工率, by region and period.

Definitions and their sources are in `data/catalogue/kpi.toml`. What may be questioned: punctual is measured
against the deadline first given, moved by pauses only, so that sending a case back with a new deadline
does not make it punctual; and a share of nothing is unknown, neither 0 nor 1.
"""

from datetime import date

import numpy as np
import pandas as pd

FLAGS = ("filed", "due", "closed", "on_time", "checked", "sent_back")
SHARES = {
    "closed_share": ("closed", "due"),
    "on_time_share": ("on_time", "due"),
    "sent_back_share": ("sent_back", "checked"),
}
WITHDRAWN = ("dismissed", "cancelled", "merged")


def counted(cases: pd.DataFrame, start: date, end: date) -> pd.DataFrame:
    """Return the cases with the figures that each one is counted in: the list behind every figure.

    Parameters
    ----------
    cases
        `state`, `filed_on`, `promised_on`, `checked_on`, `ended_on`, `paused_on` (dates or None) and
        `reworks`; may be empty.
    start, end
        First and last day of the period, both included.

    Returns
    -------
    DataFrame
        `cases` with a bool column for each of `FLAGS`.
    """
    held = ~cases["state"].isin(WITHDRAWN)
    due = held & cases["paused_on"].isna() & _within(cases["promised_on"], start, end)
    closed = due & (cases["state"] == "closed") & _within(cases["ended_on"], date.min, end)
    late = np.array([_later(ended, due_on) for ended, due_on in
                     zip(cases["ended_on"], cases["promised_on"], strict=True)], dtype=bool)  # fmt: skip
    checked = held & _within(cases["checked_on"], start, end)
    return cases.assign(
        filed=(cases["state"] != "merged") & _within(cases["filed_on"], start, end),
        due=due,
        closed=closed,
        on_time=closed & ~late,
        checked=checked,
        sent_back=checked & (cases["reworks"] > 0),
    )


def figures(counted_cases: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Return the figures of counted cases: one row for each value of a column, or one for all.

    Parameters
    ----------
    counted_cases
        As `counted` returns them.
    by
        A column such as the region code at one level; cases without a value form a row of their own
        (None), so that the rows always add up to the whole.

    Returns
    -------
    DataFrame
        Indexed by the values of `by` (by `None` alone without `by`): `FLAGS` as counts and `SHARES` between
        0 and 1, NaN where there was nothing to count.
    """
    keys = pd.Series(None, index=counted_cases.index, dtype=object) if by is None else counted_cases[by]
    keys = keys.astype(object).where(keys.notna(), None)
    totals = (
        counted_cases[list(FLAGS)].astype("int64").groupby(keys.to_numpy(), dropna=False, sort=True).sum()
    )
    if by is None and totals.empty:
        totals.loc[None] = 0
    totals.index = pd.Index([None if pd.isna(key) else key for key in totals.index], dtype=object, name=by)
    shares = {
        name: totals[part] / totals[whole].where(totals[whole] > 0) for name, (part, whole) in SHARES.items()
    }
    return totals.assign(**shares)


def behind(counted_cases: pd.DataFrame, figure: str) -> pd.DataFrame:
    """Return the cases that a count was made of."""
    return counted_cases[counted_cases[figure]]


def _within(days: "pd.Series[date]", start: date, end: date) -> "pd.Series[bool]":
    return pd.Series([_is_day(day) and start <= day <= end for day in days], index=days.index, dtype=bool)


def _later(one: object, other: object) -> bool:
    return isinstance(one, date) and isinstance(other, date) and one > other


def _is_day(day: object) -> bool:
    return isinstance(day, date) and not pd.isna(day)
