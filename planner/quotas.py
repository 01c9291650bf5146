"""How many homes each county gets a year: whole shares by the largest remainder, and a band around them.

A county's fair share of the year's homes is its share of the homes that qualify. Shares are made whole by the
largest-remainder method (Hamilton): everybody gets the whole part, the homes left over go to the largest
remainders, ties to the lower code. The band (0.85 to 1.20 by default) leaves the programme room; its lower
edge is rounded down and its upper edge up, so that the share itself always fits.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def largest_remainder(weights: Ints, seats: int) -> Ints:
    """Return whole numbers in proportion to `weights` (shape (k,)) that sum to `seats`.

    All zero where nobody has any weight.
    """
    total = int(weights.sum())
    if total == 0:
        return np.zeros(len(weights), dtype=np.int64)
    exact = weights.astype(np.int64) * seats
    whole, remainder = exact // total, exact % total
    left = seats - int(whole.sum())
    order = np.lexsort((np.arange(len(weights)), -remainder))
    whole[order[:left]] += 1
    return whole.astype(np.int64)


def bands(eligible: Ints, homes: Ints, *, low: float, high: float) -> tuple[Ints, Ints]:
    """Return the fewest and most homes of each county and year.

    Parameters
    ----------
    eligible
        Homes that qualify, by county, shape (k,).
    homes
        Homes of each year, shape (t,).
    low, high
        Edges of the band as shares of the county's whole share.

    Returns
    -------
    tuple
        Two arrays of shape (k, t). The least never asks for more homes in all years than a county has.
    """
    shares = np.column_stack([largest_remainder(eligible, int(seats)) for seats in homes])
    least = np.floor(low * shares + 1e-9).astype(np.int64)
    most = np.ceil(high * shares - 1e-9).astype(np.int64)
    asked = np.cumsum(least, axis=1)
    least = np.maximum(0, least - np.maximum(0, asked - eligible[:, None]))
    return least, most
