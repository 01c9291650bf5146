"""Turns columns of a frame into plain values and back, the same for every database, and digests rows.

A plain value is a `str`, `int`, `float`, `bool`, `date`, aware `datetime`, `bytes` (WKB for a geometry) or
None. What may be questioned: limits that only one of the databases would notice (length of a text, size
of a whole number, type of a geometry) are checked here, so that both refuse the same rows.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoSeries
from numpy.typing import NDArray
from pandas import Series

from gis.errors import CrsError

Kind = Literal["text", "int", "float", "bool", "date", "moment", "bytes", "json", "geometry"]
Rows = dict[str, list[Any]]

LONGEST_INT = 2**31 - 1  # what an integer column of PostgreSQL holds
HASH_DEGREES = 8  # decimals of a degree that count as content: about a millimetre
WGS84 = 4326
POINT_BYTES = 21  # WKB of a point: byte order, type, two doubles; no other shape is as short
GEOS_TYPES = {
    "POINT": 0,
    "LINESTRING": 1,
    "POLYGON": 3,
    "MULTIPOINT": 4,
    "MULTILINESTRING": 5,
    "MULTIPOLYGON": 6,
}


@dataclass(frozen=True)
class Cell:
    """What one column of a table takes.

    Attributes
    ----------
    length
        Most characters of a text, None for no limit.
    shape
        Type of a geometry, such as `POINT`; `GEOMETRY` for any.
    """

    kind: Kind
    nullable: bool = True
    length: int | None = None
    wide: bool = False
    shape: str = "GEOMETRY"


def encoded(values: Series, cell: Cell) -> list[Any]:
    """Return a column as plain values.

    Raises
    ------
    TypeError, ValueError
        A value is not of the kind or the size that the column takes; the message says which.
    CrsError
        Geometries are not in EPSG:4326.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    return _ENCODERS[cell.kind](values, cell)


def decoded(values: Sequence[Any], cell: Cell) -> Series | GeoSeries:
    """Return plain values, or what SQLite keeps in their place, as a column of the fitting dtype."""
    return _DECODERS[cell.kind](values, cell)


def content_hashes(rows: Rows) -> list[str]:
    """Return 32 hexadecimal digits a row that change exactly when the content of the row changes.

    Missing values do not count, so that a column added later leaves old rows as they were; positions
    count to 8 decimals of a degree, about a millimetre, so that a round trip through a file is no change.

    Parameters
    ----------
    rows
        Encoded columns of equal length, without those that are not content (ids, batches).
    """
    parts: list[list[str]] = []
    for name, values in sorted(rows.items()):
        compared = _rounded(values) if values and name == "geom" else values
        key = f"{name}\x1f"
        if any(value is not None for value in compared):
            parts.append(["" if value is None else f"{key}{value}\x1e" for value in compared])
    if not parts:
        return [_digest("")] * len(next(iter(rows.values()), []))
    return [_digest("".join(row)) for row in zip(*parts, strict=True)]


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _rounded(shapes: list[bytes | None]) -> list[str | None]:
    """Return WKB as hexadecimal text with rounded positions; points, which are many, without parsing."""
    points = [shape for shape in shapes if shape is not None and len(shape) == POINT_BYTES]
    if len(points) == len(shapes):
        blobs = np.frombuffer(b"".join(points), dtype=np.uint8).reshape(-1, POINT_BYTES).copy()
        blobs[:, -16:] = _to_hash(np.ascontiguousarray(blobs[:, -16:]).view("<f8")).view(np.uint8)
        digits, width = blobs.tobytes().hex().upper(), 2 * POINT_BYTES
        return [digits[at : at + width] for at in range(0, len(digits), width)]
    found = shapely.transform(shapely.from_wkb(np.array(shapes, dtype=object)), _to_hash)
    texts: list[str | None] = shapely.to_wkb(found, hex=True, byte_order=1).tolist()
    return texts


def _to_hash(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.round(positions, HASH_DEGREES) + 0.0  # no minus zero
    return rounded


def _objects(values: Series) -> list[Any]:
    cells = values.to_numpy(dtype=object, copy=True)
    cells[values.isna().to_numpy()] = None
    return list(cells)


def _text(values: Series, cell: Cell) -> list[str | None]:
    texts = _objects(values)
    for text in texts:
        if text is None:
            continue
        if not isinstance(text, str):
            raise TypeError(f"{text!r} is no text")
        if cell.length is not None and len(text) > cell.length:
            raise ValueError(f"'{text[:20]}…' has {len(text)} characters, the column takes {cell.length}")
        if "\x00" in text:
            raise ValueError("a text holds the character NUL, which no database keeps")
    return texts


def _int(values: Series, cell: Cell) -> list[int | None]:
    numbers: list[int | None] = _objects(values.astype("Int64"))
    if not cell.wide:
        for number in numbers:
            if number is not None and abs(number) > LONGEST_INT:
                raise ValueError(f"{number} is larger than {LONGEST_INT}")
    return numbers


def _float(values: Series, _cell: Cell) -> list[float | None]:
    numbers = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(numbers)
    if np.isinf(numbers).any():
        raise ValueError("a number is infinite")
    cells = numbers.astype(object)
    cells[missing] = None
    return list(cells)


def _bool(values: Series, _cell: Cell) -> list[bool | None]:
    return _objects(values.astype("boolean"))


def _date(values: Series, _cell: Cell) -> list[date | None]:
    days = _objects(values)
    for at, day in enumerate(days):
        if isinstance(day, datetime):
            days[at] = day.date()
        elif day is not None and not isinstance(day, date):
            raise TypeError(f"{day!r} is no date")
    return days


def _moment(values: Series, _cell: Cell) -> list[datetime | None]:
    moments = _objects(values)
    for moment in moments:
        if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
            raise TypeError(f"{moment!r} is no moment with a time zone")
    return moments


def _bytes(values: Series, _cell: Cell) -> list[bytes | None]:
    blobs = _objects(values)
    for blob in blobs:
        if blob is not None and not isinstance(blob, bytes):
            raise TypeError(f"a {type(blob).__name__} is no bytes")
    return blobs


def _json(values: Series, _cell: Cell) -> list[str | None]:
    return [
        None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
        for value in _objects(values)
    ]


def _geometry(values: Series, cell: Cell) -> list[bytes | None]:
    crs = getattr(values, "crs", None)
    if crs is None or crs != WGS84:
        found = "no coordinate system" if crs is None else crs.name
        raise CrsError(
            f"Geometries are stored in EPSG:4326, these have {found}; convert them with to_crs(4326)."
        )
    shapes = values.to_numpy()
    there = shapes[~shapely.is_missing(shapes)]
    if shapely.has_z(there).any() or shapely.is_empty(there).any():
        raise ValueError("a geometry is empty or has heights; positions are (lon, lat)")
    if cell.shape != "GEOMETRY" and (shapely.get_type_id(there) != GEOS_TYPES[cell.shape]).any():
        raise ValueError(f"a geometry is no {cell.shape}")
    blobs: list[bytes | None] = shapely.to_wkb(shapes, byte_order=1).tolist()
    return blobs


def _dates(values: Sequence[Any], _cell: Cell) -> Series:
    days = [date.fromisoformat(value) if isinstance(value, str) else value for value in values]
    return Series(days, dtype=object)


def _moments(values: Sequence[Any], _cell: Cell) -> Series:
    return Series(pd.to_datetime(Series(values, dtype=object), utc=True, format="ISO8601"))


def _jsons(values: Sequence[Any], _cell: Cell) -> Series:
    return Series([json.loads(value) if isinstance(value, str) else value for value in values], dtype=object)


def _numbers(values: Sequence[Any], cell: Cell) -> Series:
    return Series(values, dtype="Int64" if cell.nullable else "int64")


def _flags(values: Sequence[Any], cell: Cell) -> Series:
    if not cell.nullable:
        return Series(values, dtype="bool")
    missing = np.array([value is None for value in values], dtype=bool)
    truth = np.array([bool(value) for value in values], dtype=bool)
    return Series(pd.arrays.BooleanArray(truth, missing))


def _shapes(values: Sequence[Any], _cell: Cell) -> GeoSeries:
    return GeoSeries(shapely.from_wkb(np.array(values, dtype=object)), crs=WGS84)


_ENCODERS: dict[Kind, Callable[[Series, Cell], list[Any]]] = {
    "text": _text,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "date": _date,
    "moment": _moment,
    "bytes": _bytes,
    "json": _json,
    "geometry": _geometry,
}
_DECODERS: dict[Kind, Callable[[Sequence[Any], Cell], Series]] = {
    "text": lambda values, _cell: Series(pd.array(values, dtype="str")),
    "int": _numbers,
    "float": lambda values, _cell: Series(values, dtype="float64"),
    "bool": _flags,
    "date": _dates,
    "moment": _moments,
    "bytes": lambda values, _cell: Series(values, dtype=object),
    "json": _jsons,
    "geometry": _shapes,
}
