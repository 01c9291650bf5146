"""Reads OpenSidewalks 0.2: its zip as feature collections, and its edges as roads.

The properties are OpenStreetMap's tags but for the incline, which is a plain ratio here. What our own
writer kept in `ext:` fields comes back as it was.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from audits.exchange.carry import CarryReport, report
from audits.exchange.json_text import parsed
from audits.exchange.osw import EXT, FORMAT, KERB_COLUMNS, Properties
from gis import osmtags
from gis.catalogue import codelist
from gis.errors import FileFormatError
from gis.limits import Limits, check_limit
from gis.readers import unpacked
from gis.schema import ROADS

KINDS = ("nodes", "edges", "points", "lines", "zones", "polygons")


def read_collections(path: Path, limits: Limits | None = None) -> dict[str, dict[str, Any]]:
    """Return the feature collections of an OpenSidewalks zip by kind (`nodes`, `edges`, `zones`, ...).

    Raises
    ------
    FileFormatError
        It is no zip of GeoJSON files whose names tell nodes, edges, points, lines, zones or polygons, or
        two files are of one kind.
    FileTooLargeError
        A limit of archives or vector files is passed.
    """
    limits = limits or Limits()
    found: dict[str, dict[str, Any]] = {}
    if not path.is_file():
        raise FileFormatError(path.name, "there is no such file", "check the path")
    with unpacked(path, limits) as archive:
        for name in archive.namelist():
            kind = _kind(name)
            if kind is None:
                continue
            if kind in found:
                raise FileFormatError(path.name, f"holds {kind} twice ({name})", "pack one file of each kind")
            tree = parsed(f"{path.name}/{name}", archive.read(name).decode("utf-8", "replace"), limits)
            features = tree.get("features") if isinstance(tree, dict) else None
            if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
                raise FileFormatError(path.name, f"{name} is no FeatureCollection", "export it again")
            check_limit(path.name, "the number of features", len(features), limits.features)
            found[kind] = tree
    if not found:
        raise FileFormatError(
            path.name, "holds no OpenSidewalks files", f"name them by kind: {', '.join(KINDS)}"
        )
    return found


def read_osw(path: Path) -> tuple[gpd.GeoDataFrame, CarryReport]:
    """Return the edges of an OpenSidewalks zip as roads, and what could not be carried.

    Returns
    -------
    GeoDataFrame
        The columns of `gis.schema.ROADS`, lines in EPSG:4326. A node's kerb and tactile paving go to the
        crossings that end there, else to every edge that does.

    Raises
    ------
    FileFormatError
        It is no OpenSidewalks zip, or has no edges.
    FileTooLargeError
        A limit of archives or vector files is passed.
    """
    found = read_collections(path)
    if "edges" not in found:
        raise FileFormatError(path.name, "holds no edges", "roads are read from its edges")
    lost: Counter[tuple[str, str]] = Counter(
        {(kind, "no-place"): len(tree["features"]) for kind, tree in found.items() if kind not in KINDS[:2]}
    )
    rows, lines, ends = [], [], []
    for feature in found["edges"]["features"]:
        line = _line(feature.get("geometry"))
        said = feature.get("properties") or {}
        row = _road(said)
        if line is None or row["road_class"] is None:
            lost["edge", "no-position" if line is None else "class-unsupported"] += 1
            continue
        rows.append(row)
        lines.append(line)
        ends.append((said.get("_u_id"), said.get("_v_id")))
    _bring_kerbs(rows, ends, found.get("nodes", {"features": []})["features"])
    columns = {column.name: [row.get(column.name) for row in rows] for column in ROADS.columns}
    roads = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(lines, crs=4326), crs=4326)
    roads.index = pd.RangeIndex(1, len(roads) + 1, name="row")
    return roads, report(FORMAT, len(roads), lost)


def _kind(name: str) -> str | None:
    base = name.rsplit("/", 1)[-1].lower()
    if not base.endswith((".geojson", ".json")) or base.startswith("._"):
        return None
    return next((kind for kind in KINDS if kind in base.split(".")), None)


def _road(said: Mapping[str, Any]) -> Properties:
    """Return the columns of a road from the properties of an edge: OSM tags but for numbers."""
    tags = {name: str(value) for name, value in said.items() if not name.startswith(("_", EXT))}
    tags |= {"incline": f"{100 * said['incline']:.10g}%"} if _figure(said.get("incline")) else {}
    row = osmtags.road_row(tags)
    row |= {name: said[f"{EXT}{name}"] for name in _ext_names(said)}
    described = said.get("description")
    if described and not row.get("note"):
        row["note"] = str(described)
    return {**row, "uid": str(said.get("_id") or "") or None}


def _ext_names(said: Mapping[str, Any]) -> list[str]:
    known = {column.name for column in ROADS.columns}
    return [name for name in known if said.get(f"{EXT}{name}") is not None]


def _bring_kerbs(rows: list[Properties], ends: list[tuple[Any, Any]], nodes: list[Properties]) -> None:
    at: dict[str, list[int]] = {}
    for number, pair in enumerate(ends):
        for node in set(pair):
            at.setdefault(str(node), []).append(number)
    known = codelist("tactile_paving").codes
    for feature in nodes:
        said = feature.get("properties") or {}
        node = {name.removeprefix(EXT): str(value) for name, value in said.items()}
        met = at.get(str(said.get("_id")), [])
        crossings = [number for number in met if rows[number]["road_class"] == "crossing"] or met
        if {"barrier", *KERB_COLUMNS}.isdisjoint(node):
            continue
        for number in crossings:
            row = rows[number]
            row["kerb"], row["kerb_height_mm"] = osmtags.merged_kerb(
                row.get("kerb"), row.get("kerb_height_mm"), node
            )
            if node.get("tactile_paving") in known and row.get("tactile_paving") in {None, *known}:
                row["tactile_paving"] = osmtags.merged_tactile(row.get("tactile_paving"), node)


def _line(geometry: object) -> shapely.LineString | None:
    if not isinstance(geometry, dict) or geometry.get("type") != "LineString":
        return None
    pairs = geometry.get("coordinates")
    if not isinstance(pairs, list) or len(pairs) < 2:
        return None
    if not all(isinstance(pair, list) and len(pair) >= 2 and all(map(_figure, pair[:2])) for pair in pairs):
        return None
    return shapely.LineString([pair[:2] for pair in pairs])


def _figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
