"""How far inspectors who measured the same thing agree: kappa between two, Krippendorff's alpha among many.

Both correct for chance; plain agreement flatters wherever nearly everything passes. All coefficients are
computed from the coincidence matrix of each unit, so that a bootstrap over units is one product of
matrices; a kept library computes them one sample at a time. A coefficient is NaN where the ratings do
not vary or nobody rated twice: then there is no agreement to measure, neither a perfect one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.errors import DomainError, EmptyLayerError

Floats = NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval"]
Weights = Literal["none", "linear", "quadratic"]

CONFIDENCE = 0.95
RESAMPLES = 2_000


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement with its bootstrap interval.

    Attributes
    ----------
    value
        1 is perfect, 0 is what chance gives, below 0 is worse; NaN where there is nothing to compare.
    low, high
        Percentile interval over resampled units; NaN where fewer than two units were rated twice.
    units, ratings
        Units rated twice or more, and the ratings of those.
    """

    value: float
    low: float
    high: float
    units: int
    ratings: int


def cohen_kappa(
    first: Sequence[object],
    second: Sequence[object],
    *,
    weights: Weights = "none",
    order: Sequence[object] = (),
) -> float:
    """Return Cohen's kappa of two raters of the same units, plain or weighted (Cohen 1960, 1968).

    Parameters
    ----------
    first, second
        Codes of the units in the same order; units that one of them left out (None, NaN) do not count.
    weights
        How disagreement grows with the distance of two codes in `order`.
    order
        All codes from least to greatest; by default those that occur, sorted.

    Raises
    ------
    DomainError
        The two rated different numbers of units, or a code is not in `order`.
    EmptyLayerError
        There is no unit that both rated.
    """
    if len(first) != len(second):
        raise DomainError(f"One rater has {len(first)} units, the other {len(second)}; give the same units.")
    pairs = pd.DataFrame({"first": list(first), "second": list(second)}).dropna()
    if pairs.empty:
        raise EmptyLayerError("audits")
    codes = list(order) or sorted({*pairs["first"], *pairs["second"]})
    rows, columns = (_numbers(codes, pairs[name]) for name in ("first", "second"))
    if min(rows.min(), columns.min()) < 0:
        raise DomainError(f"A rating is not among the codes given: {', '.join(map(str, codes))}")
    table = np.zeros((len(codes), len(codes)))
    np.add.at(table, (rows, columns), 1.0)
    return _ratio(_distances(len(codes), weights), table, np.outer(table.sum(1), table.sum(0)) / len(pairs))


def alpha(ratings: pd.DataFrame, level: Level, *, order: Sequence[object] = ()) -> float:
    """Return Krippendorff's alpha (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability).

    Parameters
    ----------
    ratings
        One row a unit, one column a rater; None or NaN where one did not rate.
    level
        `nominal` for codes, `ordinal` for ranked codes, `interval` for figures.
    order
        Codes of an ordinal scale from least to greatest; by default sorted.

    Raises
    ------
    DomainError
        A rating is not in `order`.
    """
    units, codes = _coincidences(ratings, order)
    return float(_alphas(units.sum(0)[None], codes, level)[0])


def alpha_interval(
    ratings: pd.DataFrame,
    level: Level,
    seed: int,
    *,
    order: Sequence[object] = (),
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Coefficient:
    """Return Krippendorff's alpha with a bootstrap interval over units, repeatable by its seed.

    Raises
    ------
    DomainError
        A rating is not in `order`.
    """
    units, codes = _coincidences(ratings, order)
    alphas = partial(_alphas, codes=codes, level=level)
    low, high = _bootstrap(units, alphas, seed, resamples, confidence)
    return Coefficient(float(alphas(units.sum(0)[None])[0]), low, high, len(units), round(float(units.sum())))


def kappa_interval(
    pairs: pd.DataFrame,
    seed: int,
    *,
    weights: Weights = "none",
    order: Sequence[object] = (),
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Coefficient:
    """Return Cohen's kappa of the two columns of a frame with a bootstrap interval over units.

    Raises
    ------
    DomainError
        A rating is not in `order`.
    EmptyLayerError
        There is no unit that both rated.
    """
    known = pairs.dropna()
    value = cohen_kappa(known.iloc[:, 0].tolist(), known.iloc[:, 1].tolist(), weights=weights, order=order)
    codes = list(order) or sorted({*known.iloc[:, 0], *known.iloc[:, 1]})
    units = np.zeros((len(known), len(codes), len(codes)))
    rows, columns = (_numbers(codes, known.iloc[:, side]) for side in (0, 1))
    units[np.arange(len(known)), rows, columns] = 1.0
    kappas = partial(_kappas, distance=_distances(len(codes), weights))
    low, high = _bootstrap(units, kappas, seed, resamples, confidence)
    return Coefficient(value, low, high, len(known), 2 * len(known))


def _coincidences(ratings: pd.DataFrame, order: Sequence[object]) -> tuple[Floats, Floats]:
    # For each unit rated twice or more the matrix of pairs of codes, divided by one less than its
    # ratings, so that its sum is their number; and the codes as figures (their rank where no figures).
    held = pd.Series(ratings.to_numpy().ravel()).dropna()
    codes = list(order) or sorted(held.unique())
    number = _numbers(codes, ratings.to_numpy().ravel()).reshape(ratings.shape)
    if ((number < 0) & ratings.notna().to_numpy()).any():
        raise DomainError(f"A rating is not among the codes given: {', '.join(map(str, codes))}")
    counts = (number[:, :, None] == np.arange(len(codes))).sum(1).astype(float)
    counts = counts[counts.sum(1) >= 2]
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs -= counts[:, :, None] * np.eye(len(codes))
    figures = pd.to_numeric(pd.Series(codes, dtype=object), errors="coerce").to_numpy(dtype=float)
    ranks = np.arange(len(codes), dtype=float)
    return pairs / (counts.sum(1) - 1)[:, None, None], ranks if np.isnan(figures).any() else figures


def _numbers(codes: Sequence[object], held: Iterable[object]) -> NDArray[np.int64]:
    known = {code: number for number, code in enumerate(codes)}
    return np.array([known.get(code, -1) for code in held], dtype=np.int64)


def _alphas(coincidences: Floats, codes: Floats, level: Level) -> Floats:
    # One alpha for each matrix of a stack, shape (samples, codes, codes).
    totals = coincidences.sum(2)
    whole = totals.sum(1)
    if level == "ordinal":
        upto = np.cumsum(totals, axis=1) - totals / 2
        distance = (upto[:, :, None] - upto[:, None, :]) ** 2
    else:
        apart = codes[:, None] - codes[None, :]
        distance = (apart**2 if level == "interval" else (apart != 0).astype(float))[None]
    seen = (coincidences * distance).sum((1, 2))
    chance = (totals[:, :, None] * totals[:, None, :] * distance).sum((1, 2))
    bare = np.full(len(whole), np.nan)
    return np.asarray(1 - np.divide((whole - 1) * seen, chance, out=bare, where=chance > 0))


def _kappas(tables: Floats, distance: Floats) -> Floats:
    whole = tables.sum((1, 2))
    seen = (tables * distance).sum((1, 2)) * whole
    chance = (tables.sum(2)[:, :, None] * tables.sum(1)[:, None, :] * distance).sum((1, 2))
    return np.asarray(1 - np.divide(seen, chance, out=np.full(len(whole), np.nan), where=chance > 0))


def _distances(size: int, weights: Weights) -> Floats:
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(float)
    return {"none": (apart > 0).astype(float), "linear": apart, "quadratic": apart**2}[weights]


def _ratio(distance: Floats, seen: Floats, chance: Floats) -> float:
    expected = float((distance * chance).sum())
    return 1 - float((distance * seen).sum()) / expected if expected > 0 else float("nan")


def _bootstrap(
    units: Floats, values: Callable[[Floats], Floats], seed: int, resamples: int, confidence: float
) -> tuple[float, float]:
    # Percentiles over samples of units with replacement; samples without variation say nothing.
    if len(units) < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).multinomial(
        len(units), np.full(len(units), 1 / len(units)), size=resamples
    )
    found = values(np.tensordot(drawn.astype(float), units, axes=1))
    found = found[~np.isnan(found)]
    if not len(found):
        return float("nan"), float("nan")
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
