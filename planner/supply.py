"""How much of a service there is for each person: the enhanced two-step floating catchment area (E2SFCA).

First every place shares its capacity among all who may come, those near weighing more; then every person
adds up the shares of the places within reach (Luo & Qi 2009). Both steps are one sparse product each, so a
city takes milliseconds. What may be questioned: a place of unknown capacity is left out and counted, never
given an average; where no place has a capacity, places themselves are counted instead, and the unit says so.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gis.catalogue import table
from gis.travel import Pairs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Supply:
    """What is there for each demand.

    Attributes
    ----------
    ratio
        Capacity (or places) for each person, shape (demands,); 0 out of reach of every place.
    unit
        `capacity` or `places`.
    capacity
        All that the counted places offer.
    counted, unknown
        How many places were counted, and how many left out since their capacity is not known.
    """

    ratio: Floats
    unit: str
    capacity: float
    counted: int
    unknown: int


def zones() -> tuple[tuple[float, float], ...]:
    """Return (share of the norm, weight) of each zone, the nearest first; data of `supply.toml`."""
    return tuple((float(end), float(weight)) for end, weight in table("catalogue/supply.toml")["zones"])


def supply(pairs: Pairs, people: Floats, capacity: "pd.Series[float]", limit: float) -> Supply:
    """Return how much of a service there is for each person.

    Parameters
    ----------
    pairs
        Demand and place within the limit, as `gis.travel.matrix` returns them.
    people
        People of each demand, shape (demands,).
    capacity
        Of each place, missing where not known; in the order of the targets of `pairs`.
    limit
        Of the norm, in seconds or metres; nobody farther is served.
    """
    known = capacity.notna().to_numpy(bool)
    unit = "capacity" if known.any() else "places"
    offered = capacity.fillna(0.0).to_numpy(float) if known.any() else np.ones(len(capacity))
    weight = csr_array(
        (_weights(pairs.cost / 10.0, limit), (pairs.origin, pairs.target)), shape=(len(people), len(capacity))
    )
    asked = weight.T @ people.astype(float)
    share = np.divide(offered, asked, out=np.zeros(len(offered)), where=asked > 0)
    counted = int(known.sum()) if known.any() else len(capacity)
    return Supply(weight @ share, unit, float(offered.sum()), counted, len(capacity) - counted)


def _weights(cost: Floats, limit: float) -> Floats:
    """Return the weight of each pair by its zone; what ends a zone belongs to it."""
    ends, weights = np.array(zones()).T
    zone = np.searchsorted(ends * limit, cost - 1e-9, side="left")
    return np.append(weights, 0.0)[np.minimum(zone, len(weights))]
