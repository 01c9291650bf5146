"""Seeded draws with exact shares: the same seed gives the same city, and a planted rate is met exactly.

Every layer draws from a stream of its own, so that a change in one layer leaves the others as they were.
"""

from collections.abc import Mapping
from zlib import crc32

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def stream(seed: int, name: str) -> Generator:
    """Return the random stream of one layer."""
    return np.random.default_rng([seed, crc32(name.encode())])


def apportion(weights: ArrayLike, total: int) -> Ints:
    """Return whole numbers that sum to the total and follow the weights (largest remainder).

    Ties of remainders go to the earlier weight. All weights are 0 or more, at least one is positive.
    """
    wanted = np.asarray(weights, dtype=float)
    wanted = wanted * (total / wanted.sum())
    whole = np.floor(wanted).astype(np.int64)
    order = np.argsort(-(wanted - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return np.asarray(whole)


def exact(rng: Generator, shares: Mapping[str, float], size: int) -> NDArray[np.object_]:
    """Return that many words in random order, each exactly as often as its share says."""
    counts = apportion(list(shares.values()), size)
    return rng.permutation(np.repeat(np.array(list(shares), dtype=object), counts))


def flags(rng: Generator, share: float | Floats, size: int) -> Flags:
    """Return independent yes/no draws with that share (or one share per row) of yes."""
    return rng.random(size) < share


def only(where: Flags, values: ArrayLike) -> NDArray[np.object_]:
    """Return the values where they apply and None elsewhere."""
    chosen = np.full(len(where), None, dtype=object)
    chosen[where] = np.asarray(values, dtype=object)[where]
    return chosen


def days(rng: Generator, first: str, last: str, size: int) -> NDArray[np.datetime64]:
    """Return dates drawn evenly from first to last, both included (ISO 8601)."""
    start = np.datetime64(first, "D")
    span = int((np.datetime64(last, "D") - start).astype(int)) + 1
    return start + rng.integers(0, span, size).astype("timedelta64[D]")
