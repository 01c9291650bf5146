"""Numbers as short ASCII text, so that a page of thousands of shapes stays small and opens anywhere.

Coordinates become integers of a fixed step, their differences become base-64 digits (five bits of
value and one of "more follows", the URL-safe alphabet, so that the text needs no escaping in JSON).
`maps/static/codec.js` reads exactly this.
"""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
POINT_STEP = 1e-5  # degrees, about 1 m
SHAPE_STEP = 1e-4  # degrees, about 10 m: finer than the simplified borders
UINT24 = 2**24 - 1


def digits(numbers: ArrayLike) -> str:
    """Return integers as text, each as the difference from the one before it.

    Small steps take one character, a jump of a million five.
    """
    whole = np.asarray(numbers, dtype=np.int64)
    values = whole - np.concatenate([[0], whole[:-1]])
    zigzag = (values << 1) ^ (values >> 63)
    written = []
    for value in zigzag.tolist():
        rest = value
        while rest > 31:
            written.append(ALPHABET[32 | (rest & 31)])
            rest >>= 5
        written.append(ALPHABET[rest])
    return "".join(written)


def points(lons: ArrayLike, lats: ArrayLike) -> list[str]:
    """Return positions in degrees as two texts of steps of `POINT_STEP`; not finite ones become (0, 0)."""
    return [digits(_steps(lons, POINT_STEP)), digits(_steps(lats, POINT_STEP))]


def column(values: Sequence[Any]) -> Any:  # noqa: ANN401 - JSON
    """Return a column as short JSON: one value repeated, integers as digits, texts as a dictionary.

    Whatever else (mixed, nested, all different) stays the list it is.
    """
    listed = list(values)
    if len(listed) > 1 and all(value == listed[0] for value in listed) and isinstance(listed[0], str | int):
        return {"same": listed[0], "count": len(listed)}
    if all(type(value) is int for value in listed):
        return {"digits": digits(listed)}
    if all(isinstance(value, str) for value in listed):
        words = {word: number for number, word in enumerate(dict.fromkeys(listed))}
        if len(words) <= len(listed) * 2 / 3:
            return {"words": list(words), "digits": digits([words[value] for value in listed])}
    return listed


def rings(geometry: BaseGeometry | None) -> list[str]:
    """Return the parts of a line or a polygon, holes included: their lengths, all x and all y as digits.

    Parts that shrink to nothing at `SHAPE_STEP` are left out; no geometry gives an empty list.
    """
    parts = []
    for line in _lines(geometry) if geometry is not None else ():
        steps = np.round(shapely.get_coordinates(line) / SHAPE_STEP).astype(np.int64)
        moved = np.any(np.diff(steps, axis=0) != 0, axis=1)
        steps = steps[np.concatenate([[True], moved])]
        if len(steps) > 1:
            parts.append(steps)
    if not parts:
        return []
    joined = np.concatenate(parts)
    return [digits([len(part) for part in parts]), digits(joined[:, 0]), digits(joined[:, 1])]


def fractions(numbers: NDArray[np.float64], low: float, high: float) -> str:
    """Return numbers between `low` and `high` as base64 of three little-endian bytes each."""
    span = (high - low) or 1.0
    steps = np.round(np.clip((numbers - low) / span, 0, 1) * UINT24).astype("<u4")
    return _base64(steps.view(np.uint8).reshape(-1, 4)[:, :3])


def compact(numbers: NDArray[np.int64]) -> dict[str, str]:
    """Return whole numbers as base64 of one byte each where 0 to 255 holds them all, else as digits."""
    if len(numbers) == 0 or (numbers.min() >= 0 and numbers.max() <= 255):
        return {"bytes": _base64(numbers.astype(np.uint8))}
    return {"digits": digits(numbers)}


def mercator(lons: ArrayLike, lats: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return positions in degrees as fractions of the web map square, x to the east and y to the south."""
    x = (np.asarray(lons, dtype=np.float64) + 180) / 360
    sine = np.sin(np.radians(np.asarray(lats, dtype=np.float64)))
    return x, 0.5 - np.arctanh(np.clip(sine, -0.9999, 0.9999)) / (2 * np.pi)


def _steps(degrees: ArrayLike, step: float) -> NDArray[np.int64]:
    finite = np.nan_to_num(np.asarray(degrees, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    return np.round(finite / step).astype(np.int64)


def _lines(geometry: BaseGeometry) -> Sequence[BaseGeometry]:
    parts = list(shapely.get_parts(geometry))
    lines = []
    for part in parts:
        if part.geom_type == "Polygon":
            lines += [part.exterior, *part.interiors]
        elif part.geom_type in {"LineString", "LinearRing"}:
            lines.append(part)
        elif part.geom_type in {"MultiPolygon", "MultiLineString", "GeometryCollection"}:
            lines += _lines(part)
    return lines


def _base64(numbers: NDArray[np.uint8]) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode("ascii")
