"""The guard that untrusted WKB passes before shapely sees it.

shapely 2.2 recurses into nested collections without a limit and takes the process down with it, so the
nesting is counted beforehand, by a walk over the bytes that does not recurse.
"""

import struct
from collections.abc import Iterable

from gis.errors import FileTooLargeError

DEEPEST_NESTING = 8  # a MultiPolygon in a collection is 3; nobody who means well needs 8

_POINT, _LINE, _POLYGON, _POINTS, _LINES, _POLYGONS, _COLLECTION = range(1, 8)


def check_wkb(blobs: Iterable[bytes], name: str, deepest: int = DEEPEST_NESTING) -> None:
    """Make sure that no WKB of a file nests deeper than shapely survives.

    Parameters
    ----------
    blobs
        WKB or EWKB; plain points, lines and polygons cost one look at their type. A blob that ends
        too early or has an unknown type passes: shapely refuses it with an ordinary error.
    name
        Name of the file, for the message.

    Raises
    ------
    FileTooLargeError
        A geometry nests deeper than `deepest`.
    """
    for blob in blobs:
        depth = wkb_depth(blob, deepest)
        if depth > deepest:
            raise FileTooLargeError(name, "nesting of a geometry", depth, deepest)


def wkb_depth(blob: bytes, enough: int = DEEPEST_NESTING) -> int:
    """Return how deep a WKB nests (a point, line or polygon is 1), walking it without recursion.

    The walk ends as soon as the depth passes `enough`, and where the blob breaks off.
    """
    at, depth, waiting = 0, 0, [1]
    try:
        while waiting and len(waiting) <= enough:
            if waiting[-1] == 0:
                waiting.pop()
                continue
            waiting[-1] -= 1
            depth = max(depth, len(waiting))
            type_id, at, order, width = _wkb_head(blob, at)
            if type_id == _POINT:
                at += width
                continue
            (count,) = struct.unpack_from(order + "I", blob, at)
            at += 4
            if type_id == _LINE:
                at += count * width
            elif type_id == _POLYGON:
                for _ in range(count):
                    (positions,) = struct.unpack_from(order + "I", blob, at)
                    at += 4 + positions * width
            elif _POINTS <= type_id <= _COLLECTION:
                waiting.append(count)
            else:
                break
    except (struct.error, IndexError):
        return depth  # it breaks off here: shapely says so itself
    return max(depth, len(waiting))


def _wkb_head(blob: bytes, at: int) -> tuple[int, int, str, int]:
    """Return type (1-7), next offset, byte order and bytes a position of the geometry at an offset."""
    order = "<" if blob[at] == 1 else ">"
    (code,) = struct.unpack_from(order + "I", blob, at + 1)
    iso, flags = (code & 0x0FFFFFFF) // 1000, code >> 29
    dimensions = 2 + bool(flags & 4 or iso in (1, 3)) + bool(flags & 2 or iso in (2, 3))
    return (code & 0x0FFFFFFF) % 1000, at + 5 + (4 if flags & 1 else 0), order, 8 * dimensions
