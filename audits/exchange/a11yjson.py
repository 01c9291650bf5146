"""A11yJSON: places with what is known of their accessibility, read leniently and written strictly.

Published examples have trailing commas and no `type`, so the reader allows both; the writer gives GeoJSON
features with both. `undefined` is unknown there, so an unknown thing has no key at all, never false.
What no column takes of a place that is read stays in its note as JSON, word by word.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from audits.exchange.carry import CarryReport, report
from audits.exchange.json_text import read_json, write_json
from audits.exchange.plain import known_rows
from gis.catalogue import codelist
from gis.errors import FileFormatError, SchemaError
from gis.limits import Limits, check_limit
from gis.schema import LAYERS

FORMAT = "A11yJSON"
LAYER_NAMES = ("facilities", "toilets")
TOILETS = frozenset({"toilets", "restroom", "restrooms", "toilet"})
LEVELS = {"accessible": "yes", "partial": "limited", "not_accessible": "no"}
# Columns of toilets and the keys of a restroom that say the same.
RESTROOM = {
    "accessible_room": "isAccessibleWithWheelchair",
    "changing_table": "hasChangingTableForBabies",
    "alarm": "hasEmergencyPullstring",
}
# Measurements of the accessible room that a restroom has a key for: attribute, path of keys.
MEASURED = {"turning_circle": ("turningSpaceInside",), "door_clear_width": ("entrance", "door", "width")}
Place = dict[str, Any]


def write_a11yjson(
    features: gpd.GeoDataFrame,
    layer: str,
    path: Path,
    *,
    grades: pd.DataFrame | None = None,
    measurements: pd.DataFrame | None = None,
) -> CarryReport:
    """Write facilities or toilets as an A11yJSON FeatureCollection and return what could not be carried.

    Parameters
    ----------
    features
        Points in EPSG:4326.
    grades, measurements
        What inspections found (`audits.grades.place_grades`, `audits.store.measurements`). A known grade
        comes before the column `wheelchair`.

    Raises
    ------
    SchemaError
        The layer holds no places of interest.
    """
    if layer not in LAYER_NAMES:
        raise SchemaError(layer, f"A11yJSON holds places; take one of {', '.join(LAYER_NAMES)}")
    found = (
        {} if grades is None else {row["place_uid"]: row.get("level") for row in grades.to_dict("records")}
    )
    sizes = {} if measurements is None else _room_sizes(layer, measurements)
    lost: Counter[tuple[str, str]] = Counter()
    places = []
    for row, shape in zip(known_rows(features, layer), features.geometry, strict=True):
        if shape is None or shape.is_empty or shape.geom_type != "Point":
            lost["place", "no-position"] += 1
            continue
        uid = str(row.get("uid"))
        wheelchair = LEVELS.get(str(found.get(uid)), row.get("wheelchair"))
        properties = _properties(row, layer, wheelchair, sizes.get(uid, {}))
        lost.update((name, "no-place") for name in row if name not in _said(layer))
        geometry = {"type": "Point", "coordinates": [round(shape.x, 7), round(shape.y, 7)]}
        places.append({"type": "Feature", "geometry": geometry, "properties": properties})
    write_json({"type": "FeatureCollection", "features": places}, path)
    return report(FORMAT, len(places), lost)


def read_a11yjson(path: Path, layer: str) -> tuple[gpd.GeoDataFrame, CarryReport]:
    """Return the places of an A11yJSON file as a layer, and what went into notes.

    Parameters
    ----------
    layer
        `toilets` takes the places of that category, `facilities` all others.

    Returns
    -------
    GeoDataFrame
        Columns of the layer, points in EPSG:4326.

    Raises
    ------
    FileFormatError
        It is no A11yJSON.
    FileTooLargeError
        It is larger, nests deeper or has more places than is read.
    EncodingError
        The text is in no encoding that can be told.
    SchemaError
        The layer holds no places of interest.
    """
    if layer not in LAYER_NAMES:
        raise SchemaError(layer, f"A11yJSON holds places; take one of {', '.join(LAYER_NAMES)}")
    lost: Counter[tuple[str, str]] = Counter()
    rows, points = [], []
    for number, feature in enumerate(_features(path), 1):
        said = feature["properties"]
        if (str(said.get("category", "")).lower() in TOILETS) != (layer == "toilets"):
            continue
        row, unread = _row(said, layer)
        lost.update((name, "unread") for name in unread)
        row["uid"] = row.get("uid") or f"{path.stem.split('.')[0]}-{number}"
        rows.append(row)
        points.append(_point(feature.get("geometry")))
    columns = {column.name: [row.get(column.name) for row in rows] for column in LAYERS[layer].columns}
    places = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(points, crs=4326), crs=4326)
    places.index = pd.RangeIndex(1, len(places) + 1, name="row")
    return places, report(FORMAT, len(places), lost)


def _features(path: Path) -> list[dict[str, Any]]:
    tree = read_json(path, lenient=True)
    single = isinstance(tree, dict) and "properties" in tree
    features = [tree] if single else tree.get("features") if isinstance(tree, dict) else tree
    if not isinstance(features, list) or not all(
        isinstance(feature, dict) and isinstance(feature.get("properties"), dict) for feature in features
    ):
        raise FileFormatError(path.name, "is no A11yJSON", "a place has geometry and properties")
    check_limit(path.name, "the number of features", len(features), Limits().features)
    return features


def _properties(row: Place, layer: str, wheelchair: str | None, sizes: Place) -> Place:
    category = "toilets" if layer == "toilets" else str(row.get("facility_class") or "other")
    said: Place = {"category": category, "originalId": str(row.get("uid"))}
    for column, key in (("name", "name"), ("phone", "phoneNumber"), ("note", "description")):
        if column in row:
            said[key] = row[column]
    if "address" in row:
        said["address"] = {"text": row["address"]}
    accessibility: Place = {}
    if wheelchair in {"yes", "designated", "no"}:
        accessibility["accessibleWith"] = {"wheelchair": wheelchair != "no"}
    elif wheelchair == "limited":
        accessibility["partiallyAccessibleWith"] = {"wheelchair": True}
    if layer == "toilets":
        room = {key: bool(row[column]) for column, key in RESTROOM.items() if column in row} | sizes
        accessibility |= {"restrooms": [room]} if room else {}
        if row.get("step_free") is not None:
            accessibility["entrances"] = [{"isLevel": bool(row["step_free"])}]
    return said | ({"accessibility": accessibility} if accessibility else {})


def _said(layer: str) -> set[str]:
    common = {"uid", "name", "phone", "note", "address", "wheelchair", "region_code"}
    return common | ({*RESTROOM, "step_free"} if layer == "toilets" else {"facility_class"})


def _room_sizes(layer: str, measurements: pd.DataFrame) -> dict[str, Place]:
    own = measurements[
        (measurements["place_layer"] == layer)
        & (measurements["element"] == "accessible_toilet")
        & measurements["value"].notna()
        & measurements["attribute"].isin(MEASURED)
        & measurements["unit"].isin(("m", "cm", "mm"))
        & (measurements["element_no"] == 1)
    ]
    latest = own.sort_values("visited_on", kind="stable").drop_duplicates(
        ["place_uid", "attribute"], keep="last"
    )
    found: dict[str, Place] = {}
    for row in latest.to_dict("records"):
        keys = MEASURED[row["attribute"]]
        inner: Place = {keys[-1]: {"value": float(row["value"]), "unit": row["unit"]}}
        for key in reversed(keys[:-1]):
            inner = {key: inner}
        found.setdefault(str(row["place_uid"]), {}).update(inner)
    return found


def _row(said: Mapping[str, Any], layer: str) -> tuple[Place, list[str]]:
    """Return the columns that the properties of a place fill, and the names of what none takes."""
    rest = dict(said)
    access = (
        dict(rest.pop("accessibility", None) or {}) if isinstance(rest.get("accessibility"), dict) else {}
    )
    row: Place = {
        "uid": _text(rest.pop("originalId", None)),
        "name": _localized(rest.pop("name", None)),
        "phone": _localized(rest.pop("phoneNumber", None)),
        "address": _address(rest.pop("address", None)),
        "wheelchair": _wheelchair(access),
    }
    described = _localized(rest.pop("description", None))
    category = _text(rest.pop("category", None)) or ""
    if layer == "toilets":
        rooms = access.get("restrooms")
        if isinstance(rooms, list) and len(rooms) == 1 and isinstance(rooms[0], dict):
            room = dict(rooms[0])
            for column, key in RESTROOM.items():
                if isinstance(room.get(key), bool):
                    row[column] = room.pop(key)
            access |= {"restrooms": [room]} if room else {}
            if not room:
                access.pop("restrooms")
        if access.get("entrances") in ([{"isLevel": True}], [{"isLevel": False}]):
            row["step_free"] = access.pop("entrances")[0]["isLevel"]
    else:
        row["facility_class"] = codelist("facility_class").recognise(category) or "other"
        if row["facility_class"] == "other" and category not in {"", "other"}:
            rest["category"] = category
    if access:
        rest["accessibility"] = access
    kept = json.dumps(rest, ensure_ascii=False) if rest else None
    row["note"] = "; ".join(filter(None, (described, kept))) or None
    return row, [
        *(name for name in rest if name != "accessibility"),
        *(f"accessibility.{name}" for name in access),
    ]


def _wheelchair(access: dict[str, Any]) -> str | None:
    """Return what is said of wheelchairs, and take it out of what is left."""
    found: str | None = None
    for key, words in (
        ("accessibleWith", {True: "yes", False: "no"}),
        ("partiallyAccessibleWith", {True: "limited"}),
    ):
        with_whom = access.get(key)
        if isinstance(with_whom, dict) and isinstance(with_whom.get("wheelchair"), bool):
            said = words.get(with_whom["wheelchair"])
            found = said if said == "limited" and found != "yes" else found or said
            left = {name: value for name, value in with_whom.items() if name != "wheelchair"}
            access.pop(key)
            access |= {key: left} if left else {}
    return found


def _address(value: object) -> str | None:
    if not isinstance(value, dict):
        return _text(value)
    if value.get("text"):
        return _localized(value["text"])
    parts = [_text(value.get(key)) for key in ("country", "state", "city", "street", "house", "postcode")]
    return " ".join(part for part in parts if part) or None


def _localized(value: object) -> str | None:
    """Return a text, of several languages Chinese, then English, then the first."""
    if isinstance(value, dict):
        return _text(value.get("zh") or value.get("en") or next(iter(value.values()), None))
    return _text(value)


def _text(value: object) -> str | None:
    return (str(value).strip() or None) if isinstance(value, str | int | float) else None


def _point(geometry: object) -> shapely.Point | None:
    pair = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(pair, list) or len(pair) < 2:
        return None
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in pair[:2]):
        return None
    return shapely.Point(pair[:2])
