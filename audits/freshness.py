"""How much an inspection still says after some time: all of it at first, then ever less, never nothing.

A grade expires on one day, since a member of the public needs a yes or a no; a score has room for doubt,
so what it knows fades into the unknown instead. Nothing here makes an old result better or worse: what
fades widens the interval on both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DAYS_OF_MONTH = 365.2425 / 12  # mean Gregorian month


@dataclass(frozen=True)
class Decay:
    """How fast inspections of one kind of place fade.

    Attributes
    ----------
    full_months
        So long an inspection counts wholly.
    half_months
        After each further span of so many months half of what was left is left.
    """

    full_months: float
    half_months: float


def freshness(inspected_on: "pd.Series[Any]", on: date, decay: Decay) -> NDArray[np.float64]:
    """Return the share of each inspection that still counts on a day.

    Parameters
    ----------
    inspected_on
        Dates; a missing one counts for nothing.

    Returns
    -------
    ndarray
        Between 0 and 1; 1 for inspections younger than `decay.full_months` and for those dated after
        `on`, 0 only where there was none.
    """
    days = (pd.Timestamp(on) - pd.to_datetime(inspected_on)).dt.days.to_numpy(dtype=float)
    late = np.maximum(days / DAYS_OF_MONTH - decay.full_months, 0.0)
    return np.where(np.isnan(days), 0.0, np.exp2(-late / decay.half_months))


def freshness_by(
    layers: "pd.Series[str]", inspected_on: "pd.Series[Any]", on: date, decays: Mapping[str, Decay]
) -> NDArray[np.float64]:
    """Return `freshness` by the decay of each row's own layer (same index as `inspected_on`)."""
    found = np.zeros(len(layers))
    for layer in layers.unique():
        rows = (layers == layer).to_numpy()
        found[rows] = freshness(inspected_on[rows], on, decays[layer])
    return found
