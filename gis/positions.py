"""Where each row of a file is: from its shapes, two columns, one column of two numbers, or well-known text.

A datum or a projected system is undone here, once. What a reader would question is the box against
which swapped axes are told: the city's where it is known, else where nearly all rows of the file lie.
"""

import re
from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gis.crs import DATUMS, LONLAT_EPSG, Datum, frame_to_wgs84
from gis.errors import CrsError, DatumError, MappingError
from gis.geometry import clean, remark_far
from gis.mapping import LAT_NAMES, LON_NAMES, WKT_NAMES, Mapping, normal
from gis.shapes import Bounds
from gis.specs import LayerSpec, RowIssue
from gis.values import as_text, number_of

CGCS2000_EPSG = 4490
WKT_NESTING = 6  # brackets of a multipolygon in a collection
BOX_SPREADS = 10  # how many times the middle half of a file its box reaches beyond
BOX_LEAST_DEG = 0.5
FAR = "far-from-city"  # the remark of `gis.geometry` on places outside the box it was given
NO_DEGREES = 400.0  # what is beyond cannot be degrees, swapped or not

_PAIR = re.compile(r"[-+]?\d+(?:\.\d+)?")
# Columns of two numbers in one text, by name: Kobo writes latitude first.
_PAIR_NAMES = {"_geolocation": "lat lon", "geolocation": "lat lon", "gps": "lat lon", "坐标": "lon lat"}


def places_of(rows: pd.DataFrame, mapping: Mapping, names: Iterable[str] = ()) -> gpd.GeoSeries | None:
    """Return a shape or None for each row, in the file's own numbers; None if no column says a place.

    Parameters
    ----------
    rows
        Cells of the file, or a GeoDataFrame.
    mapping
        Its `position` goes before names that are recognised.
    names
        Columns that may hold a position; all if empty.

    Raises
    ------
    MappingError
        A well-known text nests too deeply, or only one of the two columns is there.
    """
    if isinstance(rows, gpd.GeoDataFrame) and not mapping.position:
        return rows.geometry
    known = {normal(str(name)): str(name) for name in reversed(list(names or rows.columns))}
    said = mapping.position
    lon = said.get("lon") or next((known[name] for name in LON_NAMES if name in known), None)
    lat = said.get("lat") or next((known[name] for name in LAT_NAMES if name in known), None)
    if lon and lat:
        return _points(rows.index, rows[lon].map(number_of), rows[lat].map(number_of))
    if lon or lat:
        raise MappingError(f"The file has '{lon or lat}' but not the other axis; name both under [position].")
    if wkt := said.get("wkt") or next((known[name] for name in WKT_NAMES if name in known), None):
        return _from_wkt(rows[wkt])
    pair = said.get("column") or next((known[name] for name in _PAIR_NAMES if name in known), None)
    if pair:
        return _from_pairs(rows[pair], said.get("order") or _PAIR_NAMES.get(normal(pair), "lon lat"))
    return None


def placed(
    places: gpd.GeoSeries, spec: LayerSpec, *, crs: CRS | None, datum: str | None, bounds: Bounds | None
) -> tuple[gpd.GeoSeries, list[RowIssue]]:
    """Return shapes fit for the layer in EPSG:4326, and what was mended, noted or set aside.

    Parameters
    ----------
    places
        In the numbers of the file; rows without a shape are set aside where the layer needs one.
    crs
        As the file or the user declares it; None means degrees.
    datum
        As declared; needed unless the CRS is projected or CGCS2000.
    bounds
        Box of the city (west, south, east, north), if known.

    Raises
    ------
    CrsError
        The numbers are metres although the CRS says degrees.
    DatumError
        The datum is needed and not declared.
    """
    crs, known = _declared(crs, datum, spec.name)
    shapes = gpd.GeoSeries(places.array, index=places.index, crs=None).set_crs(crs, allow_override=True)
    if not crs.is_geographic:
        shapes = shapes.to_crs(LONLAT_EPSG)
    else:
        _check_degrees(shapes, spec.name)
    present = ~(shapely.is_missing(shapes.array) | shapely.is_empty(shapes.array))
    issues = [
        RowIssue(int(row), "geometry", "quarantined", "no-position", "the row has no usable position")
        for row in shapes.index[~present]
        if spec.geometry_required
    ]
    cleaned = clean(shapes[present], spec.geometry, _swap_box(shapes[present], bounds))
    issues += [issue for issue in cleaned.issues if issue.reason != FAR]
    if bounds is not None:
        issues += remark_far(cleaned.geometries, bounds).issues
    moved = frame_to_wgs84(gpd.GeoDataFrame(geometry=cleaned.geometries), known)
    found = np.full(len(shapes), None, dtype=object)
    found[present] = moved.geometry.array
    return gpd.GeoSeries(found, index=places.index, crs=LONLAT_EPSG), issues


def usual_box(shapes: gpd.GeoSeries) -> Bounds | None:
    """Return a box far around the middle half of the shapes, None where there is none in degrees.

    If no shape is in degrees as it stands but is once its axes are swapped, the box is that of the
    swapped shapes: the whole file is then told to be swapped.
    """
    boxes = shapely.bounds(np.asarray(shapes.array, dtype=object))
    boxes = boxes[np.isfinite(boxes).all(axis=1)] if len(boxes) else boxes.reshape(0, 4)
    lon, lat = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    for x, y in ((lon, lat), (lat, lon)):
        valid = (np.abs(x) <= 180) & (np.abs(y) <= 90)
        if valid.any():
            west, east = _reach(x[valid])
            south, north = _reach(y[valid])
            return west, south, east, north
    return None


def _swap_box(shapes: gpd.GeoSeries, bounds: Bounds | None) -> Bounds | None:
    """Return the box of the city, unless most of the file is of another place: then the file's own."""
    if shapes.empty:
        return bounds
    if bounds is None:
        return usual_box(shapes)
    boxes = shapely.bounds(np.asarray(shapes.array, dtype=object)).reshape(-1, 4)
    lon, lat = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    west, south, east, north = bounds
    here = (west <= lon) & (lon <= east) & (south <= lat) & (lat <= north)
    swapped = (west <= lat) & (lat <= east) & (south <= lon) & (lon <= north)
    return bounds if (here | swapped).mean() >= 1 / 2 else usual_box(shapes)


def _reach(numbers: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    low, middle, high = np.quantile(numbers, [0.25, 0.5, 0.75])
    reach = max(BOX_SPREADS * float(high - low), BOX_LEAST_DEG)
    return float(middle) - reach, float(middle) + reach


def _declared(crs: CRS | None, datum: str | None, name: str) -> tuple[CRS, Datum]:
    """Return the coordinate system and the datum of the numbers, as far as they are declared."""
    if datum is not None and datum not in DATUMS:
        raise DatumError(name, datum)
    crs = crs or CRS.from_epsg(LONLAT_EPSG)
    if datum is None and crs.is_geographic and crs.to_epsg() != CGCS2000_EPSG:
        raise DatumError(name)
    found: Datum = next((known for known in DATUMS if known == datum), "cgcs2000")
    return (CRS.from_epsg(LONLAT_EPSG) if crs.is_geographic else crs), found


def _check_degrees(shapes: gpd.GeoSeries, name: str) -> None:
    boxes = shapely.bounds(np.asarray(shapes.array, dtype=object))
    reach = np.abs(boxes[np.isfinite(boxes).all(axis=1)])
    if len(reach) and (reach.max(axis=1) > NO_DEGREES).mean() > 1 / 2:
        raise CrsError(
            f"{name}: coordinates reach {reach.max():,.0f}, so they are metres, not degrees;"
            " name the projected system of the file, for instance --crs 4544."
        )


def _points(index: pd.Index, lon: pd.Series, lat: pd.Series) -> gpd.GeoSeries:
    x, y = lon.to_numpy(dtype=float), lat.to_numpy(dtype=float)
    # An empty GPS block is "no position", never a place in the Gulf of Guinea.
    known = np.isfinite(x) & np.isfinite(y) & ~((x == 0) & (y == 0))
    shapes = np.full(len(index), None, dtype=object)
    shapes[known] = shapely.points(x[known], y[known])
    return gpd.GeoSeries(shapes, index=index)


def _from_pairs(cells: pd.Series, order: str) -> gpd.GeoSeries:
    if order not in {"lon lat", "lat lon"}:
        raise MappingError(f"'{order}' is no order of two numbers; write 'lon lat' or 'lat lon'.")
    pairs = [_PAIR.findall(as_text(cell))[:2] if cell is not None else [] for cell in cells]
    numbers = np.array([pair if len(pair) == 2 else (np.nan, np.nan) for pair in pairs], dtype=float).reshape(
        -1, 2
    )
    first, second = pd.Series(numbers[:, 0]), pd.Series(numbers[:, 1])
    lon, lat = (first, second) if order == "lon lat" else (second, first)
    return _points(cells.index, lon, lat)


def _from_wkt(cells: pd.Series) -> gpd.GeoSeries:
    texts = [cell if isinstance(cell, str) else None for cell in cells]
    for row, text in zip(cells.index, texts, strict=True):
        if text and _nesting(text) > WKT_NESTING:
            raise MappingError(f"Row {row}: the well-known text nests too deeply.")
    shapes = shapely.from_wkt(np.array(texts, dtype=object), on_invalid="ignore")
    return gpd.GeoSeries(shapes, index=cells.index)


def _nesting(text: str) -> int:
    deepest = depth = 0
    for char in re.sub(r"[^()]", "", text):
        depth += 1 if char == "(" else -1
        deepest = max(deepest, depth)
    return deepest
