"""Whether two photos prove a repair: same spot, same view, later, and not the same picture again.

Every test answers yes, no or unknown, and the proof as a whole is as good as its worst answer: what cannot be
told is never a yes. A perceptual hash finds a picture that was scaled or compressed anew; a new photo of the
same unchanged spot differs from it, since nobody holds a camera twice alike.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from audits.positions import Fix, agrees, apart_m

SAME_VIEW_DEG = 45.0  # default of this project: the element must be in both pictures
MIXED_NORTH_DEG = 10.0  # added where one bearing is magnetic and the other true
REUSED_BITS = 6  # of 64; unrelated pictures differ by about 32 (standard deviation 4 for independent bits)


@dataclass(frozen=True)
class Shot:
    """What of a photo a proof needs; all but the digest may be unknown.

    Attributes
    ----------
    fix
        Where it was taken.
    bearing_ref
        `T` or `M`.
    taken_at
        UTC.
    """

    sha256: str
    fix: Fix | None = None
    bearing_deg: float | None = None
    bearing_ref: str | None = None
    taken_at: datetime | None = None
    phash: str | None = None


@dataclass(frozen=True)
class Proof:
    """Answers of a pair of photos; None is unknown, figures are None where something is.

    Attributes
    ----------
    same_spot, same_view, later, another_picture
        The four tests.
    distance_m, bearing_gap_deg, hours_between, bits_apart
        The figures behind them.
    """

    same_spot: bool | None
    same_view: bool | None
    later: bool | None
    another_picture: bool | None
    distance_m: float | None
    bearing_gap_deg: float | None
    hours_between: float | None
    bits_apart: int | None

    @property
    def holds(self) -> bool | None:
        """Whether the pair proves the work: False if a test fails, None if one cannot be answered.

        The view is not asked for, since few cameras have a compass; where it is known it must fit.
        """
        answers = (self.same_spot, self.later, self.another_picture)
        if False in answers or self.same_view is False:
            return False
        return None if None in answers else True


def proof(before: Shot, after: Shot) -> Proof:
    """Return what a photo taken before the work and one after it prove together."""
    spot = distance_m = None
    if before.fix is not None and after.fix is not None:
        spot = agrees(before.fix, after.fix)
        distance_m = apart_m((before.fix.lon, before.fix.lat), (after.fix.lon, after.fix.lat))
    gap = bearing_gap_deg(before.bearing_deg, after.bearing_deg)
    allowed = SAME_VIEW_DEG + (0 if before.bearing_ref == after.bearing_ref else MIXED_NORTH_DEG)
    hours = None
    if before.taken_at is not None and after.taken_at is not None:
        hours = (after.taken_at - before.taken_at).total_seconds() / 3600
    same_bytes = before.sha256 == after.sha256
    bits = 0 if same_bytes else bits_apart(before.phash, after.phash)
    return Proof(
        same_spot=spot, same_view=None if gap is None else gap <= allowed,
        later=None if hours is None else hours > 0,
        another_picture=None if bits is None else bits > REUSED_BITS,
        distance_m=distance_m, bearing_gap_deg=gap, hours_between=hours, bits_apart=bits,
    )  # fmt: skip


def bearing_gap_deg(first: float | None, second: float | None) -> float | None:
    """Return the angle between two bearings, 0 to 180 degrees."""
    if first is None or second is None or not (math.isfinite(first) and math.isfinite(second)):
        return None
    return abs((first - second + 180) % 360 - 180)


def bits_apart(first: str | None, second: str | None) -> int | None:
    """Return in how many of 64 bits two perceptual hashes differ."""
    if first is None or second is None:
        return None
    return (int(first, 16) ^ int(second, 16)).bit_count()


def lookalikes(hashes: Sequence[str | None], known: Sequence[str | None]) -> list[tuple[int, int, int]]:
    """Return the pairs (number in `hashes`, number in `known`, bits) of pictures used again.

    Hashes are 16 hexadecimal digits; a picture without one is like no other.
    """
    mine, ours = _words(hashes), _words(known)
    at, of = np.flatnonzero([h is not None for h in hashes]), np.flatnonzero([h is not None for h in known])
    found = []
    for number, word in zip(at, mine, strict=True):
        bits = np.bitwise_count(ours ^ word)
        found += [(int(number), int(of[hit]), int(bits[hit])) for hit in np.flatnonzero(bits <= REUSED_BITS)]
    return found


def _words(hashes: Sequence[str | None]) -> NDArray[np.uint64]:
    return np.array([int(text, 16) for text in hashes if text is not None], dtype=np.uint64)
