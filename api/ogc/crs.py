"""The coordinate reference systems that are served, with the order of their axes.

CGCS2000 (EPSG:4490) equals WGS 84 to some centimetres, so its positions are those of EPSG:4326. Both are
latitude first when named by their EPSG address, as the standard asks; CRS84 is longitude first.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gis.errors import InputError

Crs = Literal["crs84", "4326", "3857", "4490"]

_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
URIS: dict[Crs, str] = {
    "crs84": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "4326": f"{_EPSG}4326",
    "3857": f"{_EPSG}3857",
    "4490": f"{_EPSG}4490",
}
STORAGE = URIS["crs84"]
EARTH_M = 6_378_137.0
_NAMES = {uri: name for name, uri in URIS.items()}


@dataclass(frozen=True)
class Axes:
    """How positions of a system are written."""

    swapped: bool
    mercator: bool
    digits: int


def axes(crs: Crs) -> Axes:
    """Return how positions of a system are written; a digit more than a centimetre is not."""
    return Axes(crs in {"4326", "4490"}, crs == "3857", 2 if crs == "3857" else 7)


def named(parameter: str, uri: str) -> Crs:
    """Return the system of an address.

    Raises
    ------
    InputError
        It is not served; the message lists those that are.
    """
    found = _NAMES.get(uri.strip("<>"))
    if found is None:
        raise InputError(f"{parameter}: {uri[:80]!r} is not served; there are {', '.join(URIS.values())}.")
    return found


def to_lonlat(positions: NDArray[np.float64], crs: Crs) -> NDArray[np.float64]:
    """Return positions of a system, shape (n, 2), as longitude and latitude."""
    how = axes(crs)
    if how.mercator:
        lon = np.degrees(positions[:, 0] / EARTH_M)
        lat = np.degrees(2 * np.arctan(np.exp(np.clip(positions[:, 1] / EARTH_M, -20, 20))) - math.pi / 2)
        return np.column_stack([lon, lat])
    return positions[:, ::-1] if how.swapped else positions
