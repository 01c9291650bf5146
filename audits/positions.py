"""Where a visit or a photo really was, from everything that says so: device, EXIF, form and place.

What may be questioned: the position of the place is compared, never averaged in. It is where somebody should
have been; a position that it pulls towards itself could no longer show that nobody was there. The place
answers only where nothing else does, and is then named as the source.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pyproj import Geod

Source = Literal["device", "exif", "form", "place"]
ORDER: tuple[Source, ...] = ("device", "exif", "form", "place")

# Error radius assumed where a source states none; defaults of this project, from phones in streets (5-15 m).
ASSUMED_M: dict[Source, float] = {"device": 15.0, "exif": 15.0, "form": 30.0, "place": 5.0}
LEAST_M = 3.0  # no phone is better, whatever it states
LIKELY = 2.0  # radii within which a true position nearly always lies: stated radii hold 68 %
FAR_M = 250.0  # farther from its place than this, a position is noted

GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Fix:
    """One statement of a position, in WGS 84 degrees; `accuracy_m` is a 68 % radius or None."""

    source: Source
    lon: float
    lat: float
    accuracy_m: float | None = None

    @property
    def mock(self) -> bool:
        """Whether a program made it up: those state an error of exactly zero."""
        return self.source == "device" and self.accuracy_m == 0

    @property
    def usable(self) -> bool:
        """Whether it is a position on Earth at all; 0, 0 is what devices without a fix write."""
        finite = math.isfinite(self.lon) and math.isfinite(self.lat)
        return finite and abs(self.lon) <= 180 and abs(self.lat) <= 90 and (self.lon, self.lat) != (0, 0)

    @property
    def radius_m(self) -> float:
        """The error radius to reckon with."""
        stated = self.accuracy_m
        known = stated is not None and math.isfinite(stated) and stated > 0
        return max(stated, LEAST_M) if known and stated is not None else ASSUMED_M[self.source]


@dataclass(frozen=True)
class Statement:
    """One fix beside the position that was told: how far off it is and whether it took part.

    `state` is `used`, `disagrees`, `compared` (the place), `mock` or `unusable`.
    """

    fix: Fix
    state: str
    distance_m: float | None


@dataclass(frozen=True)
class FusedPosition:
    """The position told, and what everybody said.

    Attributes
    ----------
    source
        The best of the sources that took part.
    accuracy_m
        68 % radius of the position told.
    disagreement_m
        Largest distance between any two usable statements, mock ones and the place included; None where
        there are not two.
    statements
        In the order device, EXIF, form, place.
    notes
        `mock-fix`, `unusable-fix`, `sources-disagree`, `far-from-place`, `place-only`.
    """

    lon: float
    lat: float
    source: Source
    accuracy_m: float
    disagreement_m: float | None
    statements: tuple[Statement, ...]
    notes: tuple[str, ...]


def fused(fixes: Sequence[Fix]) -> FusedPosition | None:
    """Return the position that the fixes tell together, None if none of them is usable.

    The best source (device before EXIF before form) is joined by those that agree with it, each weighted by
    the inverse square of its radius. A mock fix is shown but never used.
    """
    ordered = sorted(fixes, key=_precedence)
    usable = [fix for fix in ordered if fix.usable]
    honest = [fix for fix in usable if not fix.mock and fix.source != "place"]
    if not honest:
        honest = [fix for fix in usable if fix.source == "place"][:1]
    if not honest:
        return None
    best = honest[0]
    used = [fix for fix in honest if agrees(best, fix)]
    lon, lat, accuracy_m = _mean(used)
    statements = tuple(_statement(fix, used, (lon, lat)) for fix in ordered)
    return FusedPosition(
        lon, lat, best.source, accuracy_m, _widest(usable), statements, _notes(statements, best.source)
    )


def agrees(first: Fix, second: Fix) -> bool:
    """Tell whether two fixes may be of one spot, as far as their radii go."""
    reach = LIKELY * math.hypot(first.radius_m, second.radius_m)
    return apart_m((first.lon, first.lat), (second.lon, second.lat)) <= reach


def apart_m(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return the metres between two positions (lon, lat) along the ellipsoid."""
    return float(GEOD.inv(*first, *second)[2])


def geolocation_fix(pair: Sequence[float | None], accuracy_m: float | None = None) -> Fix | None:
    """Return the fix of a Kobo `_geolocation`, which is latitude first; None where it holds no position."""
    if len(pair) < 2 or pair[0] is None or pair[1] is None:
        return None
    return _usable(Fix("device", float(pair[1]), float(pair[0]), accuracy_m))


def geopoint_fix(text: str) -> Fix | None:
    """Return the fix of an ODK geopoint, `latitude longitude altitude accuracy`; None where it is empty."""
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        return None
    if len(numbers) < 2:
        return None
    return _usable(Fix("device", numbers[1], numbers[0], numbers[3] if len(numbers) > 3 else None))


def _precedence(fix: Fix) -> tuple[int, float, float, float, float]:
    # What was stated comes last: a mock fix and one without a radius reckon with the same one.
    stated = -1.0 if fix.accuracy_m is None else fix.accuracy_m
    return ORDER.index(fix.source), fix.radius_m, fix.lon, fix.lat, stated


def _usable(fix: Fix) -> Fix | None:
    return fix if fix.usable else None


def _mean(fixes: Sequence[Fix]) -> tuple[float, float, float]:
    # In degrees about the first fix: those that agree are metres apart, also across 180 degrees.
    first = fixes[0]
    weights = [1 / fix.radius_m**2 for fix in fixes]
    total = sum(weights)
    east = sum(
        weight * ((fix.lon - first.lon + 180) % 360 - 180) for weight, fix in zip(weights, fixes, strict=True)
    )
    north = sum(weight * (fix.lat - first.lat) for weight, fix in zip(weights, fixes, strict=True))
    lon = (first.lon + east / total + 180) % 360 - 180 if east else first.lon
    return lon, first.lat + north / total, 1 / math.sqrt(total)


def _statement(fix: Fix, used: Sequence[Fix], told: tuple[float, float]) -> Statement:
    if not fix.usable:
        return Statement(fix, "unusable", None)
    distance_m = apart_m((fix.lon, fix.lat), told)
    if fix.mock:
        return Statement(fix, "mock", distance_m)
    if fix in used:
        return Statement(fix, "used", distance_m)
    return Statement(fix, "compared" if fix.source == "place" else "disagrees", distance_m)


def _widest(fixes: Sequence[Fix]) -> float | None:
    pairs = [
        apart_m((one.lon, one.lat), (other.lon, other.lat))
        for number, one in enumerate(fixes)
        for other in fixes[number + 1 :]
    ]
    return max(pairs, default=None)


def _notes(statements: Sequence[Statement], source: Source) -> tuple[str, ...]:
    states = {statement.state for statement in statements}
    far = any(
        statement.state == "compared" and (statement.distance_m or 0) > FAR_M for statement in statements
    )
    told = {
        "mock-fix": "mock" in states,
        "unusable-fix": "unusable" in states,
        "sources-disagree": "disagrees" in states,
        "far-from-place": far,
        "place-only": source == "place",
    }
    return tuple(note for note, true in told.items() if true)
