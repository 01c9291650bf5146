"""Spot checks: how many places of each stratum to inspect, which ones, and how sure that makes one.

A draw depends on the seed and the names of strata and places only, never on the order of rows, so that
anybody who holds the list can draw it again. Intervals are exact: of places drawn from a known list the
hypergeometric distribution is inverted, which a normal approximation may not replace where all or none
passed. A list inspected wholly has no sampling error left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil, floor, sqrt

import numpy as np
import pandas as pd
from scipy import stats

from gis.errors import DomainError, EmptyLayerError

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimated share with the interval that holds the true one with the stated confidence."""

    share: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """The precision reached: the farther end from the estimate."""
        return max(self.high - self.share, self.share - self.low)


@dataclass(frozen=True)
class Stratum:
    """What a spot check found in one stratum: places listed, inspected, and of these passed."""

    listed: int
    inspected: int
    passed: int


def sample_size(
    population: int, half_width: float, *, confidence: float = CONFIDENCE, share: float = 0.5
) -> int:
    """Return how many places to draw so that a share is known to within a half-width.

    Cochran's formula with the finite-population correction; `share` is the one expected, 0.5 being the
    safest. Never more than the population.

    Raises
    ------
    DomainError
        The half-width or the confidence is not between 0 and 1.
    """
    if not (0 < half_width < 1 and 0 < confidence < 1):
        raise DomainError(
            f"Half-width {half_width} and confidence {confidence} must lie between 0 and 1, such as 0.1."
        )
    z = float(stats.norm.ppf((1 + confidence) / 2))
    endless = z * z * share * (1 - share) / half_width**2
    return min(population, ceil(endless / (1 + (endless - 1) / population) - 1e-9)) if population else 0


def allocate(listed: Mapping[str, int], total: int, *, least: int = 1) -> dict[str, int]:
    """Return how many places to draw from each stratum, in proportion to its size.

    Parameters
    ----------
    listed
        Places of each stratum.
    total
        How many to draw in all; strata that get their `least` may bring it above this.
    least
        Drawn from every stratum that has so many; a stratum unseen would stay unknown.

    Returns
    -------
    dict
        By the largest-remainder method, ties to the first name; never more than a stratum holds.
    """
    floors = {name: min(least, size) for name, size in listed.items()}
    whole, wanted = sum(listed.values()), max(min(total, sum(listed.values())), sum(floors.values()))
    quota = {name: wanted * size / whole if whole else 0.0 for name, size in listed.items()}
    found = {name: max(floors[name], floor(quota[name] + 1e-9)) for name in listed}
    while (step := np.sign(wanted - sum(found.values()))) != 0:
        free = [name for name in sorted(listed) if floors[name] <= found[name] + step <= listed[name]]
        found[max(free, key=lambda name: step * (quota[name] - found[name]))] += int(step)
    return found


def draw(places: pd.DataFrame, sizes: Mapping[str, int], seed: int) -> pd.DataFrame:
    """Return the places to inspect, drawn without replacement within each stratum.

    Parameters
    ----------
    places
        Columns `uid` and `stratum`; further columns are kept.
    sizes
        How many of each stratum, at most all; a stratum that is not named is not drawn from.

    Returns
    -------
    DataFrame
        Rows of `places` with `draw` (1 for the first drawn of its stratum), by stratum and draw.
    """
    parts = []
    for name, rows in places.sort_values("uid", kind="stable").groupby("stratum", sort=True):
        key = int.from_bytes(blake2b(str(name).encode(), digest_size=8).digest(), "big")
        order = np.random.default_rng([seed, key]).permutation(len(rows))[: sizes.get(str(name), 0)]
        parts.append(rows.iloc[order].assign(draw=np.arange(1, len(order) + 1)))
    return pd.concat(parts, ignore_index=True) if parts else places.assign(draw=pd.Series(dtype="int64"))


def interval(
    passed: int, inspected: int, listed: int | None = None, *, confidence: float = CONFIDENCE
) -> Interval:
    """Return the share that passes, with its exact interval.

    Parameters
    ----------
    passed, inspected
        Of the places drawn.
    listed
        Places of the list they were drawn from; None for an endless one (Clopper and Pearson 1934).

    Raises
    ------
    EmptyLayerError
        Nothing was inspected.
    DomainError
        The counts contradict each other.
    """
    if inspected == 0:
        raise EmptyLayerError("audits")
    if not 0 <= passed <= inspected <= (inspected if listed is None else listed):
        raise DomainError(
            f"{passed} passed of {inspected} inspected of {listed} listed: each must be at most the next."
        )
    if listed is None:
        found = stats.binomtest(passed, inspected).proportion_ci(confidence, method="exact")
        return Interval(passed / inspected, float(found.low), float(found.high))
    # All numbers of good places in the list under which what was seen is not too unlikely (either tail).
    good = np.arange(passed, listed - (inspected - passed) + 1)
    tail = (1 - confidence) / 2
    above = stats.hypergeom.sf(passed - 1, listed, good, inspected)
    below = stats.hypergeom.cdf(passed, listed, good, inspected)
    kept = good[(above > tail) & (below > tail)]
    share = passed / inspected
    return Interval(share, min(share, kept.min() / listed), max(share, kept.max() / listed))


def stratified(strata: Mapping[str, Stratum], *, confidence: float = CONFIDENCE) -> Interval:
    """Return the share of all listed places that passes, from a stratified sample.

    The estimate weighs each stratum by its list. The interval is that of Korn and Graubard (1998): the
    exact binomial one at the effective sample size, which the finite-population corrections enlarge;
    strata nobody inspected take part with anything from none to all.

    Raises
    ------
    EmptyLayerError
        Nothing was inspected in any stratum.
    """
    seen = [stratum for stratum in strata.values() if stratum.inspected]
    whole = sum(stratum.listed for stratum in strata.values())
    known = sum(stratum.listed for stratum in seen)
    if not seen:
        raise EmptyLayerError("audits")
    share = sum(stratum.listed / known * stratum.passed / stratum.inspected for stratum in seen)
    low, high = _korn_graubard(share, _effective_size(seen, share, known), confidence)
    return Interval(share, low * known / whole, (high * known + whole - known) / whole)


def _effective_size(seen: list[Stratum], share: float, known: int) -> float:
    # A stratum with one inspection shows no spread of its own, nor does one where all agree: at least
    # the spread of the pooled share, shrunk to one further place of either kind, is assumed there.
    drawn = sum(stratum.inspected for stratum in seen)
    pooled = (share * drawn + 1) / (drawn + 2)
    spread = 0.0
    for stratum in seen:
        rate = (stratum.passed + pooled) / (stratum.inspected + 1)
        correction = 1 - stratum.inspected / stratum.listed
        spread += (stratum.listed / known) ** 2 * correction * rate * (1 - rate) / stratum.inspected
    return pooled * (1 - pooled) / spread if spread > 0 else float("inf")


def _korn_graubard(share: float, size: float, confidence: float) -> tuple[float, float]:
    if size == float("inf"):
        return share, share
    tail, good = (1 - confidence) / 2, share * size
    low = 0.0 if good <= 0 else float(stats.beta.ppf(tail, good, size - good + 1))
    high = 1.0 if good >= size else float(stats.beta.ppf(1 - tail, good + 1, size - good))
    return min(low, share), max(high, share)


def spread_of_mean(listed: int, inspected: int) -> float:
    """Return the variance proxy of the mean of values in [0, 1] drawn without replacement.

    The Hoeffding-Serfling bound as sharpened by Bardenet and Maillard (2015, theorem 2.4): it needs no
    estimate of the variance, holds for any values, and is 0 once all are inspected. Proxies of strata
    add with the squares of their weights, see `half_width`.

    Raises
    ------
    DomainError
        Nothing, or more than is listed, was inspected.
    """
    if not 0 < inspected <= listed:
        raise DomainError(f"{inspected} inspected of {listed} listed; it must be at least 1 and at most all.")
    serfling = 1 - (inspected - 1) / listed
    return min(serfling, (1 - inspected / listed) * (1 + 1 / inspected)) / inspected


def half_width(spread: float, *, confidence: float = CONFIDENCE) -> float:
    """Return how far the mean of values in [0, 1] may lie from the true one, given its variance proxy."""
    return sqrt(spread * np.log(2 / (1 - confidence)) / 2)
