"""OpenSidewalks 0.2: roads as edges and nodes of a pedestrian graph, in a zip of GeoJSON.

Nodes are where edges end, at exactly the same coordinates. A kerb of an edge goes to the nodes of
crossings, since OpenSidewalks knows kerbs as points only; where a crossing has one kerb on record, both
its ends get it. Whatever the schema does not allow is kept in `ext:` fields, so that reading the file
again gives the same rows; road classes that it does not know are left out and counted.
`audits.exchange.oswread` reads, `audits.exchange.oswcheck` validates.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import geopandas as gpd
import numpy as np
import orjson
import shapely

from audits.exchange.carry import CarryReport, report
from audits.exchange.plain import known_rows
from gis.catalogue import table
from gis.errors import SchemaError

FORMAT = "OpenSidewalks 0.2"
SCHEMA_ID = "https://sidewalks.washington.edu/opensidewalks/0.2/schema.json"
EXT = "ext:"
_DIGITS = 7  # about a centimetre, as OpenStreetMap stores positions
KERB_COLUMNS = ("kerb", "tactile_paving")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # in the archive, so that the same layer gives the same bytes

Properties = dict[str, Any]


def write_osw(roads: gpd.GeoDataFrame, path: Path, *, written_at: datetime | None = None) -> CarryReport:
    """Write roads as OpenSidewalks 0.2 and return what could not be carried.

    Parameters
    ----------
    roads
        Columns of `gis.schema.ROADS`, lines in EPSG:4326; may be empty.
    written_at
        Goes into `dataTimestamp` of each collection, where given.

    Raises
    ------
    SchemaError
        The rows are no roads.
    """
    missing = {"uid", "road_class"} - set(roads.columns)
    if missing:
        raise SchemaError("roads", f"OpenSidewalks needs {', '.join(sorted(missing))}")
    rules: dict[str, Any] = table("catalogue/osw.toml")
    lost: Counter[tuple[str, str]] = Counter()
    usable = _usable(roads, rules, lost)
    nodes, ends = _nodes(usable)
    edges = [
        _edge(row, line, pair, rules, lost)
        for row, line, pair in zip(known_rows(usable, "roads"), usable.geometry, ends, strict=True)
    ]
    points = list(_points(nodes, usable, ends))
    _archive(path, {"nodes": points, "edges": edges}, written_at)
    return report(FORMAT, len(edges), lost)


def _usable(
    roads: gpd.GeoDataFrame, rules: Mapping[str, Any], lost: Counter[tuple[str, str]]
) -> gpd.GeoDataFrame:
    lines = (roads.geometry.geom_type == "LineString") & ~roads.geometry.is_empty
    known = roads["road_class"].isin(rules["edges"])
    lost["road", "no-position"] += int((~lines).sum())
    for name, count in roads.loc[lines & ~known, "road_class"].value_counts().items():
        lost[f"road_class {name}", "class-unsupported"] += int(count)
    return roads[lines & known]


def _nodes(roads: gpd.GeoDataFrame) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Return the distinct ends of roads (n, 2), rounded, and the node ids of each road's two ends."""
    lines = roads.geometry.array
    both = np.concatenate(
        [shapely.get_coordinates(shapely.get_point(lines, place)) for place in (0, -1)]
    ).reshape(-1, 2)
    nodes, number = np.unique(np.round(both, _DIGITS), axis=0, return_inverse=True)
    ids = [f"n{one + 1}" for one in number.reshape(-1)]
    return nodes, list(zip(ids[: len(lines)], ids[len(lines) :], strict=True))


def _edge(
    row: Properties,
    line: shapely.LineString,
    ends: tuple[str, str],
    rules: Mapping[str, Any],
    lost: Counter[tuple[str, str]],
) -> Properties:
    said: Properties = dict(zip(("_id", "_u_id", "_v_id"), (str(row["uid"]), *ends), strict=True))
    said |= rules["edges"][row["road_class"]]
    for name, value in row.items():
        field = rules["fields"].get(name)
        if name in {"uid", "road_class"} or (name in KERB_COLUMNS and row["road_class"] == "crossing"):
            continue
        if field is None or (name in rules["values"] and value not in rules["values"][name]):
            said[f"{EXT}{name}"] = value
            lost[name, "value-unsupported" if field else "no-place"] += 1
        else:
            said[field] = rules["values"][name][value] if name in rules["values"] else value
    coordinates = [[round(x, _DIGITS), round(y, _DIGITS)] for x, y in shapely.get_coordinates(line).tolist()]
    return {
        "type": "Feature",
        "properties": said,
        "geometry": {"type": "LineString", "coordinates": coordinates},
    }


def _points(nodes: np.ndarray, roads: gpd.GeoDataFrame, ends: list[tuple[str, str]]) -> Iterator[Properties]:
    kerbs: dict[str, Properties] = {}
    for row, pair in zip(known_rows(roads, "roads"), ends, strict=True):
        if row["road_class"] == "crossing" and not {*KERB_COLUMNS, "kerb_height_mm"}.isdisjoint(row):
            for node in pair:
                kerbs.setdefault(node, {}).update(_kerb(row))
    for number, position in enumerate(nodes.tolist(), 1):
        said = {"_id": f"n{number}", **kerbs.get(f"n{number}", {})}
        geometry = {"type": "Point", "coordinates": position}
        yield {"type": "Feature", "properties": said, "geometry": geometry}


def _kerb(row: Properties) -> Properties:
    """Return what a crossing says of the kerbs at its ends; there is no kerb where it says `no`."""
    kind, paving = row.get("kerb"), row.get("tactile_paving")
    if kind is None or kind == "no":
        given = {"kerb": kind, "tactile_paving": paving}
        return {f"{EXT}{name}": value for name, value in given.items() if value is not None}
    said: Properties = {"barrier": "kerb"} | ({} if kind == "yes" else {"kerb": kind})
    if paving is not None:
        said["tactile_paving" if paving in {"yes", "no"} else f"{EXT}tactile_paving"] = paving
    return said


def _archive(path: Path, kinds: Mapping[str, list[Properties]], written_at: datetime | None) -> None:
    stem = path.name.removesuffix(".osw.zip").removesuffix(".zip")
    stamp = {} if written_at is None else {"dataTimestamp": written_at.astimezone(UTC).isoformat()}
    with ZipFile(path, "w") as archive:
        for kind, features in kinds.items():
            tree = {"$schema": SCHEMA_ID, "type": "FeatureCollection", **stamp, "features": features}
            archive.writestr(
                ZipInfo(f"{stem}.{kind}.geojson", _EPOCH), orjson.dumps(tree), compress_type=ZIP_DEFLATED
            )
