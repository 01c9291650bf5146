"""Reads roads, facilities and public toilets of OpenStreetMap extracts (PBF, XML, gzipped XML).

Ways are cut where they meet, so that a row of `roads` is an edge of the graph; `uid` is `w123`, its parts
`w123/1`, `w123/2` along the way. What stands at a node (a kerb, a tactile paving) is brought to the edge
that has to pass it. Which tag becomes which column is `data/catalogue/osm.toml`; a tag that no column can
take, or whose value is not readable, stays in `note` as it was written.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis.errors import FileFormatError, NotFoundError
from gis.osmtags import Row, Tags, facility_row, merged_kerb, merged_tactile, road_class, road_row, toilet_row
from gis.schema import LAYERS

FACILITY_KEYS = (
    "amenity",
    "healthcare",
    "shop",
    "office",
    "tourism",
    "leisure",
    "railway",
    "aeroway",
    "social_facility",
)
NODE_KEYS = ("kerb", "barrier", "tactile_paving")
# Who has to pass a kerb that stands at a node: a crossing before a footway before anything else.
RANKS = {"crossing": 0, **dict.fromkeys(("footway", "path", "pedestrian", "steps", "corridor"), 1)}
CARRIAGEWAY = 2
LONLAT = 4326


@dataclass
class _Ways:
    """The travelled ways of a file, their nodes one after another."""

    ids: list[int] = field(default_factory=list)
    tags: list[Tags] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    refs: list[int] = field(default_factory=list)
    positions: list[tuple[float, float]] = field(default_factory=list)


def read_roads(path: Path) -> gpd.GeoDataFrame:
    """Return the roads, streets, paths, steps and crossings of an extract, cut where they meet.

    Returns
    -------
    GeoDataFrame
        The columns of `gis.schema.ROADS` and a LineString in EPSG:4326, one row an edge. A way that the
        extract cuts off keeps the stretch that is there; less than two positions are no row.

    Raises
    ------
    FileFormatError
        The file is no OpenStreetMap extract that can be read to its end.
    NotFoundError
        There is no such file.
    """
    ways = _ways(path)
    edges, nodes = _edges(ways)
    read = [road_row(tags) for tags in ways.tags]
    rows = [{**read[way], "uid": uid} for way, uid in zip(edges["way"], edges["uid"], strict=True)]
    _bring_node_tags(rows, nodes, _node_tags(path, set(ways.refs)))
    return _layer("roads", rows, edges["geometry"])


def read_facilities(path: Path) -> gpd.GeoDataFrame:
    """Return the facilities of an extract that `data/catalogue/osm.toml` knows, areas as a point inside.

    Returns
    -------
    GeoDataFrame
        The columns of `gis.schema.FACILITIES` and a Point in EPSG:4326; `uid` is `n`, `w` or `r` and the
        number of the object. Public toilets are not among them.

    Raises
    ------
    FileFormatError
        The file is no OpenStreetMap extract that can be read to its end.
    NotFoundError
        There is no such file.
    """
    return _sites(path, "facilities", FACILITY_KEYS, facility_row)


def read_toilets(path: Path) -> gpd.GeoDataFrame:
    """Return the objects tagged amenity=toilets, of any access, areas as a point inside.

    A toilet inside another facility (`toilets=yes`) is not an object of its own and not among them; who
    may use a toilet (`access=customers`) is in `note`.

    Returns
    -------
    GeoDataFrame
        The columns of `gis.schema.TOILETS` and a Point in EPSG:4326; `uid` as in `read_facilities`.

    Raises
    ------
    FileFormatError
        The file is no OpenStreetMap extract that can be read to its end.
    NotFoundError
        There is no such file.
    """
    return _sites(path, "toilets", ("amenity",), toilet_row)


def _ways(path: Path) -> _Ways:
    found = _Ways()
    kinds = osmium.osm.WAY
    processor = osmium.FileProcessor(_existing(path), osmium.osm.NODE | kinds).with_locations()
    processor = processor.with_filter(osmium.filter.EntityFilter(kinds)).with_filter(
        osmium.filter.KeyFilter("highway")
    )
    for way in _objects(processor, path):
        tags = dict(way.tags)
        if road_class(tags) is None:
            continue
        nodes = [(node.ref, (node.lon, node.lat)) for node in way.nodes if node.location.valid()]
        found.owners += [len(found.ids)] * len(nodes)
        found.refs += [ref for ref, _ in nodes]
        found.positions += [position for _, position in nodes]
        found.ids.append(way.id)
        found.tags.append(tags)
    return found


def _edges(ways: _Ways) -> tuple[dict[str, Any], pd.DataFrame]:
    """Cut the ways at the nodes that more than one way, or one way twice, passes.

    Returns
    -------
    edges
        By edge: row of its way, `uid` and geometry.
    nodes
        One row a node of an edge: `edge`, `ref`.
    """
    owners, refs = np.array(ways.owners, np.int64), np.array(ways.refs, np.int64)
    positions = np.array(ways.positions, float).reshape(-1, 2)
    # A node repeated in a row (a slip of the mapper) is one node.
    kept = np.ones(len(refs), bool)
    kept[1:] = (refs[1:] != refs[:-1]) | (owners[1:] != owners[:-1])
    owners, refs, positions = owners[kept], refs[kept], positions[kept]
    _, place, passed = np.unique(refs, return_inverse=True, return_counts=True)
    first = np.append(True, owners[1:] != owners[:-1])[: len(refs)]
    last = np.append(owners[1:] != owners[:-1], True)[: len(refs)]
    inner_cut = (passed[place] > 1) & ~first & ~last
    # A node at which a way is cut ends one edge and starts the next: it is there twice.
    twice = np.repeat(np.arange(len(refs)), 1 + inner_cut)
    starts = np.append(True, twice[1:] == twice[:-1])[: len(twice)] | first[twice]
    edge = np.cumsum(starts) - 1
    sizes = np.bincount(edge) if len(edge) else np.zeros(0, np.int64)
    whole = sizes[edge] > 1
    edge = np.unique(edge[whole], return_inverse=True)[1]
    twice = twice[whole]
    heads = np.append(True, edge[1:] != edge[:-1])[: len(edge)]
    way = owners[twice][heads]
    lines = shapely.linestrings(positions[twice], indices=edge) if len(edge) else np.zeros(0, object)
    return {"way": way, "uid": _numbered(np.array(ways.ids), way), "geometry": lines}, pd.DataFrame(
        {"edge": edge, "ref": refs[twice]}
    )


def _numbered(ids: NDArray[np.int64], way: NDArray[np.int64]) -> list[str]:
    """Return `w<id>`, with `/<part>` where a way has several parts."""
    order = pd.Series(way).groupby(way).cumcount().to_numpy() + 1
    parts = np.bincount(way, minlength=len(ids))
    return [
        f"w{ids[row]}" + (f"/{part}" if parts[row] > 1 else "") for row, part in zip(way, order, strict=True)
    ]


def _node_tags(path: Path, wanted: set[int]) -> dict[int, Tags]:
    """Return the tags of the wanted nodes that have a kerb, a tactile paving or a lift."""
    processor = osmium.FileProcessor(_existing(path), osmium.osm.NODE)
    processor = processor.with_filter(osmium.filter.KeyFilter(*NODE_KEYS, "highway"))
    tagged = ((node.id, dict(node.tags)) for node in _objects(processor, path) if node.id in wanted)
    return {ref: tags for ref, tags in tagged if _is_lift(tags) or not tags.keys().isdisjoint(NODE_KEYS)}


def _bring_node_tags(rows: list[Row], nodes: pd.DataFrame, tagged: dict[int, Tags]) -> None:
    """Write what stands at a node to the edges that have to pass it, in place.

    These are the crossings at the node; where there is none the ways on foot; else all edges. A lift, and
    what is said of a crossing of which only the carriageway is drawn, is put into the note.
    """
    met = nodes[nodes["ref"].isin(list(tagged))].drop_duplicates()
    ranks = pd.Series(
        [RANKS.get(rows[edge]["road_class"], CARRIAGEWAY) for edge in met["edge"]], index=met.index
    )
    met = met.assign(carriageway=ranks == CARRIAGEWAY)[ranks == ranks.groupby(met["ref"]).transform("min")]
    for edge, ref, carriageway in met.itertuples(index=False):
        row, tags = rows[edge], tagged[ref]
        if _is_lift(tags) or (carriageway and tags.get("highway") == "crossing"):
            said = " ".join(f"{key}={tags[key]}" for key in ("highway", *NODE_KEYS) if key in tags)
            row["note"] = "; ".join(filter(None, [row.get("note"), f"n{ref}: {said}"]))
            continue
        row["kerb"], row["kerb_height_mm"] = merged_kerb(row.get("kerb"), row.get("kerb_height_mm"), tags)
        row["tactile_paving"] = merged_tactile(row.get("tactile_paving"), tags)


def _is_lift(tags: Tags) -> bool:
    return tags.get("highway") == "elevator"


def _sites(
    path: Path, layer: str, keys: tuple[str, ...], row_of: Callable[[Tags], Row | None]
) -> gpd.GeoDataFrame:
    """Return the nodes and areas whose tags make a row, and open ways by a point on them."""
    prefixes = ("", "disused:", "abandoned:", "construction:", "proposed:", "planned:")
    wanted = osmium.filter.KeyFilter(*(prefix + key for prefix in prefixes for key in keys))
    processor = osmium.FileProcessor(_existing(path)).with_locations().with_areas(wanted).with_filter(wanted)
    factory = osmium.geom.WKBFactory()
    rows, shapes = [], []
    for thing in _objects(processor, path):
        row = None if thing.is_relation() or _is_outline(thing) else row_of(dict(thing.tags))
        if row is not None:
            shape, uid = _shape(thing, factory)
            if shape is not None:
                rows.append({"uid": uid, **row})
                shapes.append(shape)
    wide = np.array(shapes, dtype=object)
    return _layer(layer, rows, shapely.point_on_surface(wide))


def _is_outline(thing: Any) -> bool:  # noqa: ANN401 - osmium has no common type of its objects
    """Return whether a way comes again as an area."""
    return bool(
        thing.is_way() and thing.is_closed() and len(thing.nodes) > 3 and thing.tags.get("area") != "no"
    )


def _shape(thing: Any, factory: osmium.geom.WKBFactory) -> tuple[shapely.Geometry | None, str]:  # noqa: ANN401 - see above
    """Return the geometry of an object, None where the extract cuts it off, and its uid.

    The WKB is osmium's own and flat: a point, a line or one multi-polygon.
    """
    try:
        if thing.is_node():
            return shapely.Point(thing.lon, thing.lat), f"n{thing.id}"
        if thing.is_way():
            return shapely.from_wkb(factory.create_linestring(thing)), f"w{thing.id}"
        letter = "w" if thing.from_way() else "r"
        return shapely.from_wkb(factory.create_multipolygon(thing)), f"{letter}{thing.orig_id()}"
    except (osmium.InvalidLocationError, RuntimeError):
        return None, ""


def _layer(name: str, rows: list[Row], shapes: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Return rows with all columns of their layer in their types."""
    dtypes = {"int": "Int64", "float": "float64", "bool": "boolean"}
    columns = {
        column.name: pd.Series(
            [row.get(column.name) for row in rows], dtype=dtypes.get(column.kind, "object")
        )
        for column in LAYERS[name].columns
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=LONLAT), crs=LONLAT)


def _existing(path: Path) -> str:
    if not path.is_file():
        raise NotFoundError("file", path.name)
    return str(path)


def _objects(processor: osmium.FileProcessor, path: Path) -> Iterator[Any]:
    """Yield the objects of a file; a reader that stops says which file and why."""
    try:
        yield from processor
    except RuntimeError as error:
        raise FileFormatError(path.name, f"not readable as OpenStreetMap data ({error})") from error
