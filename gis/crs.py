"""Datums and coordinate systems: where a longitude and latitude really is, and what may be measured.

Layers are kept in EPSG:4326 and measured in the city's metric system. Chinese maps hand out shifted
positions (GCJ-02 of AMap and Tencent, BD-09 of Baidu) without saying so; the datum is declared at the
door and undone here, once. The published shift is a formula from WGS 84 only, so the way back is found
by iterating it: the inverse closes to far below a millimetre, where the usual one-step inverse leaves
metres.

The decision a reader would question is the edge of the box in which the shift applies. Just outside it
a shifted position may belong to a place inside (shifted outwards) or to one outside (not shifted); we
take the place inside, so that every place of the box survives the way there and back.
"""

from collections.abc import Callable
from functools import cache
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from gis.errors import CrsError, DatumError

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
DATUMS: tuple[Datum, ...] = get_args(Datum)

Floats = NDArray[np.float64]
Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]

LONLAT_EPSG = 4326
# Box of the published algorithm (eviltransform, coordtransform): degrees west, south, east, north.
SHIFTED_BOX = (72.004, 0.8293, 137.8347, 55.8271)
# No shift within or near the box reaches this far (BD-09 at 55 degrees north stays below .03).
BOX_MARGIN_DEG = 0.05

# Krasovsky 1940 as the published algorithm has it.
KRASOVSKY_A_M = 6378245.0
KRASOVSKY_E2 = 0.00669342162296594323
BD_FREQUENCY = np.pi * 3000.0 / 180.0

CLOSED_DEG = 1e-10  # the step that ends the iteration; what remains is a few micrometres at most
EDGE_DEG = 1e-9  # a place on the edge itself, found again, may fall this far outside by rounding
MOST_STEPS = 40
BLOCK = 1 << 14  # positions worked on at a time, so that the temporaries stay in the cache


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Floats, Floats]:
    """Return positions of a datum as WGS 84.

    Parameters
    ----------
    lon, lat
        Degrees, any common shape. What is not finite comes back as it was.
    datum
        `cgcs2000` equals WGS 84 here (they differ by centimetres); `gcj02` and `bd09` are unshifted
        by iteration inside the box of the algorithm and left alone outside it.

    Returns
    -------
    tuple of arrays
        Longitudes and latitudes in degrees, new arrays of the common shape.

    Raises
    ------
    DatumError
        The datum is not one of the four.
    """
    return _blockwise(lon, lat, _inverse_of(_shift_of(datum)))


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Floats, Floats]:
    """Return WGS 84 positions as a datum has them, for links that open AMap or Baidu.

    Parameters and shapes are those of `to_wgs84`.

    Raises
    ------
    DatumError
        The datum is not one of the four.
    """
    return _blockwise(lon, lat, _boxed(_shift_of(datum)))


def shift_m(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> Floats:
    """Return by how many metres a datum displaces WGS 84 positions (spherical, good to a percent).

    Raises
    ------
    DatumError
        The datum is not one of the four.
    """
    x, y = np.broadcast_arrays(np.asarray(lon, float), np.asarray(lat, float))
    shifted_x, shifted_y = from_wgs84(x, y, datum)
    metres_a_degree = np.radians(6371008.8)
    east = (shifted_x - x) * np.cos(np.radians(y)) * metres_a_degree
    metres: Floats = np.hypot(east, (shifted_y - y) * metres_a_degree)
    return metres


def frame_to_wgs84(frame: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    """Return a layer of degrees with its geometry unshifted, in EPSG:4326 and without Z.

    Parameters
    ----------
    frame
        Any geometry, missing ones too, in degrees: EPSG:4326, 4490 or no CRS at all (what a GeoJSON
        says of itself is not believed, the declared datum is).

    Raises
    ------
    CrsError
        The layer is in a projected or another geographic system; reproject it first.
    DatumError
        The datum is not one of the four.
    """
    if frame.crs is not None and frame.crs.to_epsg() not in {LONLAT_EPSG, 4490}:
        raise CrsError(
            f"A datum can be undone in degrees only, the layer is in {_crs_name(frame.crs)};"
            " give the file's CRS instead of a datum, or reproject it to EPSG:4326."
        )
    inverse = _inverse_of(_shift_of(datum))

    def unshift(positions: Floats) -> Floats:
        return np.column_stack(_blockwise(positions[:, 0], positions[:, 1], inverse))

    moved = shapely.transform(frame.geometry.array, unshift, include_z=False)
    geometries = gpd.GeoSeries(moved, index=frame.index, name=frame.geometry.name, crs=LONLAT_EPSG)
    return frame.set_geometry(geometries, crs=LONLAT_EPSG)


def to_metric(frame: gpd.GeoDataFrame, epsg: int) -> gpd.GeoDataFrame:
    """Return a layer in the city's metric system, ready to be measured.

    Raises
    ------
    CrsError
        The layer does not say its CRS, or `epsg` is not a projected system in metres.
    """
    if not _is_metric(_epsg(epsg)):
        raise CrsError(f"EPSG:{epsg} is not in metres; take the metric CRS of the city, such as EPSG:32647.")
    if frame.crs is None:
        raise CrsError("The layer does not say its CRS; set EPSG:4326 if it holds degrees.")
    return frame.to_crs(epsg)


def check_metric(*frames: gpd.GeoDataFrame) -> None:
    """Make sure that layers can be measured together.

    Raises
    ------
    CrsError
        A layer has no CRS, is in degrees or feet, or two layers are in different systems.
    """
    for frame in frames:
        if frame.crs is None or not _is_metric(frame.crs):
            raise CrsError(
                f"A layer to be measured is in {_crs_name(frame.crs)}; bring it into metres with"
                " gis.crs.to_metric(frame, city.metric_epsg)."
            )
    names = sorted({_crs_name(frame.crs) for frame in frames})
    if len(names) > 1:
        raise CrsError(f"Layers to be measured together are in {' and '.join(names)}; bring all into one.")


def check_lonlat(*frames: gpd.GeoDataFrame) -> None:
    """Make sure that layers are in longitude and latitude, EPSG:4326.

    Raises
    ------
    CrsError
        A layer has no CRS or another one.
    """
    for frame in frames:
        if frame.crs is None or not _is_lonlat(frame.crs):
            raise CrsError(
                f"A layer to be kept is in {_crs_name(frame.crs)}; layers are kept in EPSG:4326:"
                " frame.to_crs(4326)."
            )


def _shift_of(datum: Datum) -> Shift | None:
    """Return the formula from WGS 84 to the datum, None where the two are the same."""
    if datum not in DATUMS:
        raise DatumError("positions", str(datum))
    return {"wgs84": None, "cgcs2000": None, "gcj02": _gcj02, "bd09": _bd09}[datum]


def _blockwise(lon: ArrayLike, lat: ArrayLike, convert: Shift) -> tuple[Floats, Floats]:
    """Apply a conversion to finite positions block by block; the rest stays as it is."""
    x, y = np.broadcast_arrays(np.asarray(lon, float), np.asarray(lat, float))
    shape, x, y = x.shape, x.ravel().copy(), y.ravel().copy()
    for start in range(0, x.size, BLOCK):
        block = slice(start, start + BLOCK)
        x[block], y[block] = convert(x[block], y[block])
    return x.reshape(shape), y.reshape(shape)


def _boxed(shift: Shift | None) -> Shift:
    """Return the shift limited to the box."""

    def forward(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        inside = _inside(lon, lat)
        if shift is None or not inside.any():
            return lon, lat
        x, y = lon.copy(), lat.copy()
        x[inside], y[inside] = shift(lon[inside], lat[inside])
        return x, y

    return forward


def _inverse_of(shift: Shift | None) -> Shift:
    """Return the inverse of a shift limited to the box; see the module on its edge."""

    def inverse(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        near = _inside(lon, lat, BOX_MARGIN_DEG)
        if shift is None or not near.any():
            return lon, lat
        x, y = lon.copy(), lat.copy()
        found_x, found_y = _solve(shift, lon[near], lat[near])
        # A shifted position inside the box belongs to a place inside it, or (in the sliver that no
        # place of the box is shifted to) to the formula's own continuation just outside.
        keep = _inside(found_x, found_y, EDGE_DEG) | _inside(lon[near], lat[near])
        x[near] = np.where(keep, found_x, lon[near])
        y[near] = np.where(keep, found_y, lat[near])
        return x, y

    return inverse


def _solve(shift: Shift, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return the positions that the shift brings to (lon, lat), by fixed-point iteration.

    Each step shrinks the error at least thirtyfold, since the shift varies slowly.
    """
    x, y = lon.copy(), lat.copy()
    for _ in range(MOST_STEPS):
        shifted_x, shifted_y = shift(x, y)
        error_x, error_y = lon - shifted_x, lat - shifted_y
        x += error_x
        y += error_y
        if max(np.abs(error_x).max(), np.abs(error_y).max()) < CLOSED_DEG:
            break
    return x, y


def _inside(lon: Floats, lat: Floats, margin: float = 0.0) -> NDArray[np.bool_]:
    west, south, east, north = SHIFTED_BOX
    inside: NDArray[np.bool_] = (lon >= west - margin) & (lon <= east + margin)
    inside &= (lat >= south - margin) & (lat <= north + margin)
    return inside


def _gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return WGS 84 degrees shifted to GCJ-02 by the published formula, without the box."""
    x, y = lon - 105.0, lat - 35.0
    a, b = np.pi * x, np.pi * y
    root = np.sqrt(np.abs(x))
    common = 20.0 * np.sin(6.0 * a) + 20.0 * np.sin(2.0 * a)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m += (common + 20.0 * np.sin(b) + 40.0 * np.sin(b / 3.0)) * (2.0 / 3.0)
    north_m += (160.0 * np.sin(b / 12.0) + 320.0 * np.sin(b / 30.0)) * (2.0 / 3.0)
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m += (common + 20.0 * np.sin(a) + 40.0 * np.sin(a / 3.0)) * (2.0 / 3.0)
    east_m += (150.0 * np.sin(a / 12.0) + 300.0 * np.sin(a / 30.0)) * (2.0 / 3.0)
    latitude = np.radians(lat)
    flat = 1.0 - KRASOVSKY_E2 * np.sin(latitude) ** 2
    meridian_m = KRASOVSKY_A_M * (1.0 - KRASOVSKY_E2) / (flat * np.sqrt(flat))
    parallel_m = KRASOVSKY_A_M / np.sqrt(flat) * np.cos(latitude)
    return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return WGS 84 degrees shifted to BD-09 (which starts from GCJ-02), without the box."""
    x, y = _gcj02(lon, lat)
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * BD_FREQUENCY)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * BD_FREQUENCY)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


@cache
def _epsg(code: int) -> CRS:
    return CRS.from_epsg(code)


def _is_metric(crs: CRS) -> bool:
    return bool(crs.is_projected) and all(axis.unit_name in {"metre", "meter"} for axis in crs.axis_info)


def _is_lonlat(crs: CRS) -> bool:
    return crs.to_epsg() == LONLAT_EPSG or crs.to_authority() == ("OGC", "CRS84")


def _crs_name(crs: CRS | None) -> str:
    if crs is None:
        return "no CRS"
    epsg = crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(crs.name)
