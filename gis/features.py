"""GeoJSON as rows and back, without letting a parser see more nesting than it survives.

shapely dies on deeply nested GeoJSON, so `gis.limits.check_depth` looks at the bytes first. NaN and
Infinity, which Python's own json writes, are read as "no coordinate": the row then says so itself.
"""

import re
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from gis.errors import FileFormatError
from gis.limits import Limits, check_depth, check_limit

_NOT_JSON = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b', re.DOTALL)
_EPSG = re.compile(r"(?:EPSG|epsg):{1,2}(\d{4,6})$")
_TYPES = {
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
}


def features_of(name: str, content: bytes, limits: Limits) -> tuple[gpd.GeoDataFrame, int | None]:
    """Return the features of a GeoJSON text, and the EPSG code that it declares (else None).

    Nested properties become JSON text; a feature without a usable geometry has None. The index is the
    row number, the first feature being 1.

    Raises
    ------
    FileTooLargeError
        It nests too deeply, or has too many features, properties or vertices.
    FileFormatError
        It is not JSON, or not GeoJSON.
    """
    check_depth(name, content, limits.depth)
    tree = _parsed(name, content)
    if not isinstance(tree, dict):
        raise FileFormatError(name, "is JSON but no GeoJSON", "export it as a FeatureCollection")
    if tree.get("type") == "FeatureCollection" and isinstance(tree.get("features"), list):
        features = tree["features"]
    elif tree.get("type") == "Feature":
        features = [tree]
    elif tree.get("type") in _TYPES:
        features = [{"type": "Feature", "geometry": tree, "properties": {}}]
    else:
        raise FileFormatError(name, "is JSON but no GeoJSON", "export it as a FeatureCollection")
    check_limit(name, "the number of features", len(features), limits.features)
    features = [feature if isinstance(feature, dict) else {} for feature in features]
    rows = pd.DataFrame([_properties(feature) for feature in features], dtype=object)
    check_limit(name, "the number of properties", len(rows.columns), limits.properties)
    rows = rows.where(rows.notna(), None)
    texts = [orjson.dumps(feature.get("geometry")) for feature in features]
    shapes = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    index = pd.RangeIndex(1, len(features) + 1, name="row")
    rows.index = index
    return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(shapes, index=index)), _epsg(tree)


def geojson_of(features: gpd.GeoDataFrame) -> bytes:
    """Return a layer in longitude and latitude as GeoJSON (RFC 7946), one feature a line.

    Missing values are null; dates are ISO 8601.
    """
    table = features.drop(columns=features.geometry.name)
    keys = [str(name) for name in table.columns]
    columns = [[_plain(value) for value in table[name].astype(object)] for name in table.columns]
    shapes = shapely.to_geojson(features.geometry.array)
    lines = [
        b'{"type":"Feature","properties":%b,"geometry":%b}'
        % (orjson.dumps(dict(zip(keys, values, strict=True))), b"null" if shape is None else shape.encode())
        for values, shape in zip(
            zip(*columns, strict=True) if columns else ((),) * len(table), shapes, strict=True
        )
    ]
    return b'{"type":"FeatureCollection","features":[\n' + b",\n".join(lines) + b"\n]}\n"


def _parsed(name: str, content: bytes) -> object:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if b"NaN" not in content and b"Infinity" not in content:
            raise FileFormatError(name, f"is not well-formed JSON ({error})") from error
    mended = _NOT_JSON.sub(lambda found: found[0] if found[0].startswith(b'"') else b"null", content)
    try:
        return orjson.loads(mended)
    except orjson.JSONDecodeError as error:
        raise FileFormatError(name, f"is not well-formed JSON ({error})") from error


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    found = feature.get("properties")
    properties = dict(found) if isinstance(found, dict) else {}
    if "id" in feature:
        properties.setdefault("id", feature["id"])
    properties.pop("geometry", None)
    return {
        key: orjson.dumps(value).decode() if isinstance(value, dict | list) else value
        for key, value in properties.items()
    }


def _epsg(tree: dict[str, Any]) -> int | None:
    member = tree.get("crs")
    properties = member.get("properties") if isinstance(member, dict) else None
    found = _EPSG.search(str(properties.get("name", ""))) if isinstance(properties, dict) else None
    return int(found[1]) if found else None


def _plain(value: object) -> object:
    """Return a cell as JSON has it."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value
