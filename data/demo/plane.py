"""The plane in which the demonstration city is drawn: the metric CRS of the city, in metres.

Degrees are rounded to 1e-7 (about a centimetre), so that a shared corner stays the same corner in every
polygon and road that has it.
"""

import numpy as np
import shapely
from pyproj import Transformer

from data.demo.draw import Floats

DEGREE_DIGITS = 7

METRE_DIGITS = 1
"""Roads are drawn on a grid of a tenth of a metre, ten times coarser than the rounding of degrees."""


def on_grid(metres: Floats) -> Floats:
    """Return coordinates on the grid of the drawing."""
    return np.asarray(np.round(metres, METRE_DIGITS), dtype=float)


class Plane:
    """Conversion between longitude/latitude (WGS 84) and the metres of a projected CRS."""

    def __init__(self, epsg: int) -> None:
        self._forward = Transformer.from_crs(4326, epsg, always_xy=True)

    def metres(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return easting and northing in metres."""
        x, y = self._forward.transform(lon, lat)
        return np.asarray(x, dtype=float), np.asarray(y, dtype=float)

    def degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return longitude and latitude, rounded to 1e-7 degree."""
        lon, lat = self._forward.transform(x, y, direction="INVERSE")
        return np.round(lon, DEGREE_DIGITS), np.round(lat, DEGREE_DIGITS)

    def shapes_to_degrees(self, shapes: np.ndarray) -> np.ndarray:
        """Return the shapes with every vertex in rounded degrees."""
        return np.asarray(
            shapely.transform(shapes, lambda xy: np.column_stack(self.degrees(xy[:, 0], xy[:, 1])))
        )
