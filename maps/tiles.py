"""Vector tiles in the Mapbox format (version 2), encoded from shapes by whole arrays.

For databases that make no tiles themselves. All positions of a tile are projected, clipped, rounded and
written as numbers in one go; only the short head of each feature is put together one by one. What may be
questioned: shapes are clipped before they are simplified, so that two tiles agree on the line between them.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

EXTENT = 4096
BUFFER = 64  # of 4,096: how far a tile reaches beyond its edge, so that strokes and marks are whole
DEEPEST = 22
EARTH_M = 6_378_137.0
HALF_M = math.pi * EARTH_M
FARTHEST_LAT = 85.0511287798066  # where the square map ends

Numbers = NDArray[np.int64]
Shapes = NDArray[np.object_]
Value = str | int | float | bool | None

_MOVE, _LINE, _CLOSE = 1, 2, 7
_POINT, _LINESTRING, _POLYGON = 1, 2, 3
_KINDS = np.array([_POINT, _LINESTRING, _LINESTRING, _POLYGON, _POINT, _LINESTRING, _POLYGON, 0])


@dataclass(frozen=True)
class Tile:
    """A tile of the web's square map: zoom, column from the west, row from the north."""

    zoom: int
    column: int
    row: int

    @property
    def exists(self) -> bool:
        """Whether there is such a tile."""
        side = 1 << self.zoom if 0 <= self.zoom <= DEEPEST else 0
        return 0 <= self.column < side and 0 <= self.row < side

    @property
    def metres(self) -> tuple[float, float, float]:
        """West and north edge and the side, in metres of EPSG:3857."""
        side = 2 * HALF_M / (1 << self.zoom)
        return self.column * side - HALF_M, HALF_M - self.row * side, side

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees, with the buffer."""
        west, north, side = self.metres
        over = side * BUFFER / EXTENT
        return (
            math.degrees((west - over) / EARTH_M),
            _latitude(north - side - over),
            math.degrees((west + side + over) / EARTH_M),
            _latitude(north + over),
        )


def encoded(
    layer: str, tile: Tile, shapes: Shapes, ids: Sequence[int], columns: Mapping[str, Sequence[Value]]
) -> bytes:
    """Return a tile with one layer, empty where no shape is in it.

    Parameters
    ----------
    shapes
        Points, lines or areas in longitude and latitude, all of one kind or mixed; collections are left
        out.
    ids
        A number for each shape, 0 or more.
    columns
        Properties: a value for each shape; None is left out.
    """
    drawn, kept = _drawn(shapes, tile)
    if not len(kept):
        return b""
    kinds = _KINDS[shapely.get_type_id(drawn)]
    streams = _streams(drawn, kinds)
    tags, keys, table = _tags(columns, kept)
    features = bytearray()
    for place, number in enumerate(kept.tolist()):
        body = b"\x08" + _varint(ids[number])
        if tags[place]:
            body += b"\x12" + _varint(len(tags[place])) + tags[place]
        body += (
            b"\x18" + bytes((int(kinds[place]),)) + b"\x22" + _varint(len(streams[place])) + streams[place]
        )
        features += b"\x12" + _varint(len(body)) + body
    content = b"\x78\x02" + _field(1, layer.encode()) + bytes(features)
    content += b"".join(_field(3, key.encode()) for key in keys)
    content += b"".join(_field(4, value) for value in table)
    content += b"\x28" + _varint(EXTENT)
    return _field(3, content)


def _drawn(shapes: Shapes, tile: Tile) -> tuple[Shapes, Numbers]:
    """Return shapes in the tile's own whole numbers and which of the given ones they are."""
    west, north, side = tile.metres
    scale = EXTENT / side

    def projected(positions: NDArray[np.float64]) -> NDArray[np.float64]:
        lat = np.clip(positions[:, 1], -FARTHEST_LAT, FARTHEST_LAT)
        x = np.radians(positions[:, 0]) * EARTH_M
        y = np.log(np.tan(math.pi / 4 + np.radians(lat) / 2)) * EARTH_M
        return np.column_stack([(x - west) * scale, (north - y) * scale])

    kept = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    drawn = shapely.transform(shapes[kept], projected)
    if len(kept) and (shapely.get_dimensions(drawn) > 0).any():
        drawn = shapely.clip_by_rect(drawn, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
        drawn = shapely.simplify(drawn, 0.7, preserve_topology=False)
        areas = shapely.get_dimensions(drawn) == 2
        drawn[areas] = shapely.orient_polygons(drawn[areas], exterior_cw=False)
    drawn = shapely.transform(drawn, np.rint)
    within = ~shapely.is_empty(drawn) & (shapely.get_type_id(drawn) < 7)
    x0, y0, x1, y1 = shapely.bounds(drawn).T
    within &= (x1 >= -BUFFER) & (y1 >= -BUFFER) & (x0 <= EXTENT + BUFFER) & (y0 <= EXTENT + BUFFER)
    # A line or an area that shrank to one spot is not drawn.
    within &= (shapely.get_dimensions(drawn) == 0) | (x1 > x0) | (y1 > y0)
    within[within] &= (shapely.get_dimensions(drawn[within]) < 2) | (shapely.area(drawn[within]) > 0)
    return drawn[within], kept[within]


def _streams(drawn: Shapes, kinds: Numbers) -> list[bytes]:
    """Return the geometry of each feature as the format has it: commands and steps, as varints."""
    positions, owner, closed = _parts(drawn)
    whole = positions.astype(np.int64)
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    lengths = np.diff(np.r_[starts, len(owner)])
    feature = closed[:, 0]
    point = kinds[feature] == _POINT
    ring = closed[:, 1] == 1
    first = np.r_[True, feature[1:] != feature[:-1]]
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64))
    steps[starts[first]] = whole[starts[first]]
    sizes = np.where(point, 1 + 2 * lengths, 2 + 2 * lengths + ring)
    offsets = np.r_[0, np.cumsum(sizes)]
    numbers = np.zeros(offsets[-1], np.int64)
    numbers[offsets[:-1]] = np.where(point, lengths << 3 | _MOVE, 1 << 3 | _MOVE)
    line = ~point
    numbers[offsets[:-1][line] + 3] = (lengths[line] - 1) << 3 | _LINE
    numbers[offsets[1:][ring] - 1] = 1 << 3 | _CLOSE
    part = np.repeat(np.arange(len(starts)), lengths)
    within = np.arange(len(whole)) - starts[part]
    at = offsets[part] + 1 + 2 * within + ((within > 0) & line[part])
    numbers[at] = steps[:, 0] << 1 ^ steps[:, 0] >> 63
    numbers[at + 1] = steps[:, 1] << 1 ^ steps[:, 1] >> 63
    content, ends = _varints(numbers)
    borders = ends[np.r_[offsets[:-1][first], offsets[-1]]].tolist()
    return [content[a:b] for a, b in pairwise(borders)]


def _parts(drawn: Shapes) -> tuple[NDArray[np.float64], Numbers, Numbers]:
    """Return positions, the part of each, and for each part its feature and whether it is a ring.

    Positions that repeat the one before are left out, and so is the last of a ring.
    """
    pieces, feature = shapely.get_parts(drawn, return_index=True)
    areas = shapely.get_type_id(pieces) == 3
    if areas.any():
        rings, piece = shapely.get_rings(pieces[areas], return_index=True)
        others, owners = pieces[~areas], feature[~areas]
        order = np.argsort(np.r_[owners, feature[areas][piece]], kind="stable")
        pieces = np.r_[others, rings][order]
        ring = np.r_[np.zeros(len(others), bool), np.ones(len(rings), bool)][order]
        feature = np.r_[owners, feature[areas][piece]][order]
    else:
        ring = np.zeros(len(pieces), bool)
    # A multipoint is one command: its points are one part.
    points = shapely.get_type_id(pieces) == 0
    joined = points & np.r_[False, (feature[1:] == feature[:-1]) & points[:-1]]
    number = np.cumsum(~joined) - 1
    positions, piece = shapely.get_coordinates(pieces, return_index=True)
    part = number[piece]
    same = np.r_[False, (part[1:] == part[:-1]) & (positions[1:] == positions[:-1]).all(axis=1)]
    last = np.r_[part[1:] != part[:-1], True] & ring[piece]
    positions, part = positions[~same & ~last], part[~same & ~last]
    count = np.bincount(part, minlength=number[-1] + 1)
    facts = np.column_stack([feature[~joined], ring[~joined]]).astype(np.int64)
    enough = count >= np.where(facts[:, 1] == 1, 3, np.where(points[~joined], 1, 2))
    renumbered = np.cumsum(enough) - 1
    used = enough[part]
    return positions[used], renumbered[part[used]], facts[enough]


def _tags(
    columns: Mapping[str, Sequence[Value]], kept: Numbers
) -> tuple[list[bytes], list[str], list[bytes]]:
    """Return the tags of each feature, and the keys and values that they count."""
    tags = [bytearray() for _ in kept]
    known: dict[tuple[type, Value], bytes] = {}
    table: list[bytes] = []
    for place, values in enumerate(columns.values()):
        key = _varint(place)
        for at, number in enumerate(kept.tolist()):
            value = values[number]
            if value is None:
                continue
            found = known.get((type(value), value))
            if found is None:
                found = known[type(value), value] = _varint(len(table))
                table.append(_value(value))
            tags[at] += key + found
    return [bytes(tag) for tag in tags], list(columns), table


def _value(value: Value) -> bytes:
    if isinstance(value, bool):
        return b"\x38" + bytes((value,))
    if isinstance(value, int):
        return b"\x30" + _varint(value << 1 ^ value >> 63)
    if isinstance(value, float):
        return b"\x19" + struct.pack("<d", value)
    return _field(1, str(value).encode())


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    if number < 128:
        return bytes((number,))
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


def _varints(numbers: Numbers) -> tuple[bytes, Numbers]:
    """Return numbers as varints one after the other, and where each begins (and the last ends)."""
    left = numbers.astype(np.uint64)
    size = np.ones(len(left), np.int64)
    for bits in (7, 14, 21, 28, 35):
        size += (left >> np.uint64(bits)) > 0
    cells = np.zeros((len(left), 6), np.uint8)
    for place in range(6):
        low = (left >> np.uint64(7 * place)) & np.uint64(127)
        cells[:, place] = low | np.where(size > place + 1, np.uint64(128), np.uint64(0))
    return cells[np.arange(6) < size[:, None]].tobytes(), np.r_[0, np.cumsum(size)]


def _latitude(y: float) -> float:
    return math.degrees(2 * math.atan(math.exp(y / EARTH_M)) - math.pi / 2)
