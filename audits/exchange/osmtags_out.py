"""Places, their grades and their measurements as tags of OpenStreetMap, and as .osm XML.

What is unknown is never written: no tag stands for "nobody looked". A grade of an inspection comes before
a tag that was read once; a note gives back the tags that an import kept there word by word. Objects get
negative ids, as editors want it of what has no place in the OpenStreetMap database yet; nothing here can
overwrite an object of somebody else. `gis.osmtags` is the other direction.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import pandas as pd
import shapely

from audits.exchange.carry import CarryReport, report
from audits.exchange.plain import known_rows, missing
from audits.units import DIMENSIONS, UNITS, in_base, in_unit
from gis.catalogue import table
from gis.errors import SchemaError

FORMAT = "OpenStreetMap"
LAYER_NAMES = ("roads", "facilities", "toilets")
# Figures of roads: tag, factor into the unit of the tag, what is written behind.
FIGURES = {
    "maxspeed_kmh": ("maxspeed", 1.0, ""),
    "width_m": ("width", 1.0, ""),
    "incline_ratio": ("incline", 100.0, "%"),
    "kerb_height_mm": ("kerb:height", 0.001, ""),
}
LONGEST = 255  # characters of a key or a value
_TAG = re.compile(r"([a-z_][a-z0-9_:]*)=(.+)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DIGITS = 7

Tags = dict[str, str]
Lost = Counter[tuple[str, str]]


def road_tags(row: Mapping[str, Any], lost: Lost | None = None) -> Tags:
    """Return the tags of a road; `lost` counts the columns that have none.

    Parameters
    ----------
    row
        Columns of `gis.schema.ROADS`; what is missing or None is unknown.
    """
    tags = _plain("roads", row)
    main = row.get("road_class")
    if main is not None:
        tags |= _rules()["roads"]["main"].get(main, {"highway": main})
    for column, (key, factor, suffix) in FIGURES.items():
        if row.get(column) is not None:
            tags[key] = f"{float(row[column]) * factor:.10g}{suffix}"
    return _finished("roads", tags, row, {*FIGURES, "road_class"}, lost)


def facility_tags(row: Mapping[str, Any], lost: Lost | None = None) -> Tags:
    """Return the tags of a facility (columns of `gis.schema.FACILITIES`)."""
    main = _rules()["facilities"]["main"].get(row.get("facility_class"), {})
    if not main and lost is not None:
        lost[f"facility_class {row.get('facility_class')}", "no-main-tag"] += 1
    tags = {**_with_status(main, row), **_plain("facilities", row)}
    return _finished("facilities", tags, row, {"facility_class", "operating_status"}, lost)


def toilet_tags(row: Mapping[str, Any], lost: Lost | None = None) -> Tags:
    """Return the tags of a public toilet (columns of `gis.schema.TOILETS`)."""
    tags = {**_with_status(_rules()["toilets"]["main"], row), **_plain("toilets", row)}
    if row.get("free") is not None:
        tags["fee"] = "no" if row["free"] else "yes"
    if row.get("step_free"):
        tags["step_count"] = "0"
    if row.get("open_24h") and "opening_hours" not in tags:
        tags["opening_hours"] = "24/7"
    said = {"free", "open_24h", "operating_status", *(["step_free"] if row.get("step_free") else [])}
    return _finished("toilets", tags, row, said, lost)


def graded(tags: Tags, grade: Mapping[Any, Any] | None) -> Tags:
    """Return tags with what an inspection found: `wheelchair` and `check_date`.

    An unknown grade adds nothing and takes nothing away.

    Parameters
    ----------
    grade
        A row of `audits.grades.place_grades`, or None for a place never inspected.
    """
    found = None if grade is None else _rules()["grades"].get(grade.get("level"))
    if grade is None or found is None:
        return tags
    inspected = grade.get("inspected_on")
    day = {} if missing(inspected) else {"check_date": str(inspected)}
    return {**tags, "wheelchair": found, **day}


def measured(layer: str, measurements: pd.DataFrame) -> dict[str, Tags]:
    """Return the tags that measurements give to the places of a layer, by `place_uid`.

    Parameters
    ----------
    measurements
        As `audits.store.measurements` returns them; may be empty. Of several elements the worst one
        decides, of several visits to a place the latest.
    """
    if measurements.empty:
        return {}
    own = measurements[(measurements["place_layer"] == layer) & measurements["value"].notna()]
    tags: dict[str, Tags] = {}
    for rule in _rules()["measurements"]:
        rows = own[(own["element"] == rule["element"]) & (own["attribute"] == rule["attribute"])]
        if layer not in rule["layers"] or rows.empty:
            continue
        last = rows.groupby("place_uid")["visited_on"].transform("max")
        rows = rows[rows["visited_on"] == last]
        base = in_base(rows["value"], rows["unit"])
        fits = base["amount"].notna() & (base["dimension"] == DIMENSIONS[UNITS[rule["unit"]].dimension])
        readings = base[fits].assign(**{name: rows[name] for name in ("place_uid", "element_no")})
        elements = readings.groupby(["place_uid", "element_no"])["amount"].median().groupby("place_uid")
        worst = elements.min() if rule["worst"] == "low" else elements.max()
        figures = in_unit(worst.to_numpy(), rule["unit"]).round(rule["digits"])
        for place, figure in zip(worst.index, figures, strict=True):
            tags.setdefault(str(place), {})[rule["tag"]] = f"{figure:.10g}"
    return tags


def write_osm(
    features: gpd.GeoDataFrame,
    layer: str,
    path: Path,
    *,
    grades: pd.DataFrame | None = None,
    measurements: pd.DataFrame | None = None,
) -> CarryReport:
    """Write a layer as .osm XML and return what could not be carried.

    Parameters
    ----------
    features
        Roads, facilities or toilets in EPSG:4326. Ends of roads at the same place become one node.
    grades, measurements
        What inspections found (`audits.grades.place_grades`, `audits.store.measurements`).

    Raises
    ------
    SchemaError
        The layer has no tags.
    """
    if layer not in LAYER_NAMES:
        raise SchemaError(layer, f"has no tags of OpenStreetMap; take one of {', '.join(LAYER_NAMES)}")
    tags_of = {"roads": road_tags, "facilities": facility_tags, "toilets": toilet_tags}[layer]
    found = {} if grades is None else {row["place_uid"]: row for row in grades.to_dict("records")}
    sizes = {} if measurements is None else measured(layer, measurements)
    lost: Lost = Counter()
    objects = []
    for row, shape in zip(known_rows(features, layer), features.geometry, strict=True):
        if shape is None or shape.is_empty or shape.geom_type not in {"Point", "LineString"}:
            lost["place", "no-position"] += 1
            continue
        uid = str(row.get("uid"))
        tags = graded({**tags_of(row, lost), **sizes.get(uid, {})}, found.get(uid))
        objects.append((shape, tags))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_xml(objects))
    return report(FORMAT, len(objects), lost)


def _plain(layer: str, row: Mapping[str, Any]) -> Tags:
    rules = _rules()[layer]
    values = rules.get("values", {})
    tags = {
        key: str(values.get(column, {}).get(row[column], row[column]))
        for column, key in rules["same"].items()
        if row.get(column) is not None
    }
    for column, key in rules.get("truth", {}).items():
        if row.get(column) is not None:
            tags[key] = "yes" if row[column] else "no"
    return tags


def _with_status(main: Mapping[str, str], row: Mapping[str, Any]) -> Tags:
    """Return the main tags with the lifecycle prefix of the status, or `operational_status`."""
    status = row.get("operating_status")
    prefix = _rules()["status"].get(status, "")
    tags = {prefix + key: value for key, value in main.items()}
    return tags | ({"operational_status": "operational"} if status == "operating" else {})


def _finished(layer: str, tags: Tags, row: Mapping[str, Any], said: set[str], lost: Lost | None) -> Tags:
    """Return tags with those that the note gives back, cut to what OpenStreetMap takes."""
    rules = _rules()[layer]
    noted = set(table("catalogue/osm.toml")[layer]["noted"])
    for part in str(row.get("note") or "").split("; "):
        found = _TAG.fullmatch(part)
        if found and (found[1] in noted or found[1] not in tags):
            tags.setdefault(found[1], found[2])
        elif part and lost is not None:
            lost["note", "not-a-tag"] += 1
    if lost is not None:
        known = said | {*rules["same"], *rules.get("truth", {}), "note", "uid", "region_code"}
        lost.update(
            (name, "no-tag") for name, value in row.items() if value is not None and name not in known
        )
    return {key: _CONTROL.sub("", value)[:LONGEST] for key, value in tags.items() if value}


def _xml(objects: Iterable[tuple[shapely.Geometry, Tags]]) -> Iterator[str]:
    """Yield the lines of the XML: nodes before ways, since readers want it so."""
    nodes: dict[tuple[float, float], int] = {}
    lone: list[tuple[int, tuple[float, float], Tags]] = []
    ways: list[tuple[list[int], Tags]] = []
    number = 0
    for shape, tags in objects:
        places = [
            (round(lon, _DIGITS), round(lat, _DIGITS)) for lon, lat in shapely.get_coordinates(shape).tolist()
        ]
        if shape.geom_type == "Point":
            number -= 1
            lone.append((number, places[0], tags))
            continue
        refs = []
        for place in places:
            if place not in nodes:
                number -= 1
                nodes[place] = number
            refs.append(nodes[place])
        ways.append((refs, tags))
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="tantu" upload="never">\n'
    for (lon, lat), node in nodes.items():
        yield f'  <node id="{node}" lat="{lat:.7f}" lon="{lon:.7f}"/>\n'
    for node, (lon, lat), tags in lone:
        yield f'  <node id="{node}" lat="{lat:.7f}" lon="{lon:.7f}">\n{_tag_lines(tags)}  </node>\n'
    for way, (refs, tags) in enumerate(ways, 1):
        ends = "".join(f'    <nd ref="{ref}"/>\n' for ref in refs)
        yield f'  <way id="-{way}">\n{ends}{_tag_lines(tags)}  </way>\n'
    yield "</osm>\n"


def _tag_lines(tags: Tags) -> str:
    return "".join(f"    <tag k={quoteattr(key)} v={quoteattr(tags[key])}/>\n" for key in sorted(tags))


def _rules() -> dict[str, Any]:
    return table("catalogue/osm_out.toml")
