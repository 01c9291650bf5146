"""The roads layer of the demonstration city: lines drawn, noded, then given what a road layer knows.

A few short tracks are left unconnected on purpose (`islands`), as real files have them; everything else
is one connected network.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from data.demo.draw import Flags, Floats, only, stream
from data.demo.footways import footway_lines
from data.demo.links import Links, crossings, ends, in_largest_part, joined, noded, rows_of, straight, taken
from data.demo.motorway import motorway_lines
from data.demo.plane import Plane, on_grid
from data.demo.skeleton import village_web, web_lines
from data.demo.streets import Lattice, gates, street_lattice, street_lines
from data.demo.units import Units
from gis.catalogue import City

FULL_EDGES = 79_000
"""Edges of the full-size city; see DESIGN section 6."""

ISLANDS = 0.0004
"""Share of the edges that are planted as unconnected tracks."""

STREET_M = 150.0
"""A line no longer than this may have homes beside it."""

MAIN = ("trunk", "primary", "secondary", "tertiary")

#            class: (maxspeed km/h, width m, share of asphalt, share unpaved); own choice
CLASSES = {
    "motorway": (120.0, 11.25, 1.0, 0.0),
    "motorway_link": (50.0, 7.0, 1.0, 0.0),
    "trunk": (80.0, 15.0, 1.0, 0.0),
    "primary": (70.0, 12.0, 1.0, 0.0),
    "secondary": (60.0, 8.5, 0.95, 0.0),
    "tertiary": (40.0, 7.0, 0.85, 0.0),
    "unclassified": (40.0, 5.0, 0.45, 0.10),
    "residential": (30.0, 5.5, 0.35, 0.06),
    "living_street": (20.0, 4.0, 0.15, 0.15),
    "service": (15.0, 3.5, 0.2, 0.3),
    "footway": (np.nan, 2.2, 0.1, 0.0),
    "crossing": (np.nan, 4.0, 1.0, 0.0),
}

SMOOTHNESS = {"excellent": 0.15, "good": 0.50, "intermediate": 0.25, "bad": 0.10}


@dataclass(frozen=True)
class Roads:
    """The roads layer, and what else is built from the same drawing.

    Attributes
    ----------
    layer
        EPSG:4326, columns of ROADS.
    islands
        Uids of the edges planted as unconnected.
    shapes, unit, homes_beside
        Lines in metres, row of the village of their middle, and whether homes may stand beside them.
    """

    layer: gpd.GeoDataFrame
    islands: list[str]
    shapes: np.ndarray
    unit: np.ndarray
    homes_beside: Flags


def road_layer(units: Units, city: City, plane: Plane, *, scale: float, seed: int) -> Roads:
    """Return the roads of the city; `scale` is the share of the full size."""
    routes = city.facts["demo"]["routes"]
    places = units.villages[["x", "y"]].to_numpy()
    web = village_web(units, [route for route in routes if route["road_class"] != "motorway"])
    lattice = street_lattice(units, _street_edges(scale), seed)
    ports, corners = gates(lattice, units, web)
    between = web_lines(web, ports, places, seed)
    streets = street_lines(lattice, units, web, corners, seed)
    walks = footway_lines(lattice, units, seed)
    drawn = joined([streets, between, walks])
    links = noded(drawn, np.arange(len(drawn.shapes)) >= len(streets.shapes))
    motorways = [
        motorway_lines(units, route, _terminals(links))
        for route in routes
        if route["road_class"] == "motorway"
    ]
    links = joined([_real_crossings(links), *motorways])
    links = _connected(links)
    islands = _islands(lattice, units, max(round(ISLANDS * len(links.shapes) / 2), 1), seed)
    links = joined([links, islands])
    planted = np.arange(len(links.shapes)) >= len(links.shapes) - len(islands.shapes)
    return _with_facts(links, planted, units, plane, seed)


def _street_edges(scale: float) -> int:
    """Return how many street edges to draw: the rest of the full size is web, footways and motorway."""
    return round(FULL_EDGES * 0.69 * scale)


def _connected(links: Links) -> Links:
    """Return the lines that cars can reach and, on foot, what hangs together with them."""
    kept = _walked(links)
    kept[~kept] = in_largest_part(links.shapes[~kept])
    links = taken(links, kept)
    return taken(links, in_largest_part(links.shapes))


def _walked(links: Links) -> Flags:
    return np.array(links.rows["road_class"].isin(("footway", "crossing")), dtype=bool)


def _real_crossings(links: Links) -> Links:
    """Return the lines with `crossing` only where one of the ends lies on a street."""
    tail, head, places = ends(links.shapes)
    walk = _walked(links)
    on_street = np.zeros(len(places), dtype=bool)
    on_street[np.concatenate([tail[~walk], head[~walk]])] = True
    lone = (links.rows["road_class"] == "crossing").to_numpy() & ~on_street[tail] & ~on_street[head]
    return Links(links.shapes, links.rows.assign(road_class=links.rows["road_class"].mask(lone, "footway")))


def _bridges(links: Links) -> Flags:
    """Return which lines are bridges: the parts of the motorway that cross something."""
    motorways = links.rows["road_class"].isin(("motorway", "motorway_link")).to_numpy()
    bridges = np.zeros(len(motorways), dtype=bool)
    bridges[crossings(links.shapes, np.flatnonzero(motorways))[0]] = True
    return bridges


def _terminals(links: Links) -> Floats:
    """Return the junctions of trunk to tertiary roads that no street or footway shares."""
    tail, head, places = ends(links.shapes)
    main = links.rows["road_class"].isin(MAIN).to_numpy()
    on_main = np.zeros(len(places), dtype=bool)
    on_main[np.concatenate([tail[main], head[main]])] = True
    on_main[np.concatenate([tail[~main], head[~main]])] = False
    return places[on_main]


def _islands(lattice: Lattice, units: Units, count: int, seed: int) -> Links:
    """Return pairs of short tracks inside street blocks of villages, connected to nothing."""
    rng = stream(seed, "islands")
    rural = units.villages["kind"].to_numpy()[lattice.unit] == "village"
    inner = np.flatnonzero(rural & (lattice.i == 0) & (lattice.j == 0))
    corner = rng.permutation(inner)[:count]
    turn, spacing = lattice.turn[lattice.unit[corner]], lattice.spacing_m[lattice.unit[corner]]

    def at(right: float, up: float) -> Floats:
        east = np.cos(turn) * right - np.sin(turn) * up
        north = np.sin(turn) * right + np.cos(turn) * up
        return on_grid(lattice.places[corner] + spacing[:, None] * np.column_stack([east, north]))

    shapes = np.concatenate([straight(at(0.3, 0.35), at(0.5, 0.5)), straight(at(0.5, 0.5), at(0.7, 0.4))])
    return Links(shapes, rows_of(2 * len(corner), "track", np.tile(lattice.unit[corner], 2)))


def _with_facts(links: Links, planted: Flags, units: Units, plane: Plane, seed: int) -> Roads:
    rng = stream(seed, "road facts")
    rows, size = links.rows, len(links.shapes)
    facts = pd.DataFrame([CLASSES.get(name, CLASSES["service"]) for name in rows["road_class"]])
    middle = shapely.get_coordinates(shapely.line_interpolate_point(links.shapes, 0.5, normalized=True))
    unit = cKDTree(units.villages[["x", "y"]].to_numpy()).query(middle)[1]
    walk = _walked(links)
    layer = pd.DataFrame({
        "uid": [f"R{number:06d}" for number in range(1, size + 1)],
        "name": rows["name"],
        "ref": rows["ref"],
        "road_class": rows["road_class"],
        "oneway": rows["oneway"],
        "maxspeed_kmh": facts[0],
        "surface": _surface(rng, rows["road_class"].to_numpy(), facts),
        "smoothness": rng.choice(list(SMOOTHNESS), size, p=list(SMOOTHNESS.values())),
        "width_m": np.round(facts[1] * rng.uniform(0.85, 1.15, size), 1),
        "incline_ratio": _incline(rng, middle, units),
        **_walking(rng, walk, rows["road_class"].to_numpy() == "crossing"),
        "bridge": _bridges(links),
        "region_code": units.villages["code"].to_numpy()[unit],
    })  # fmt: skip
    shapes = plane.shapes_to_degrees(links.shapes)
    return Roads(
        gpd.GeoDataFrame(layer, geometry=shapes, crs=4326), layer.loc[planted, "uid"].tolist(),
        links.shapes, unit, _homes_beside(links, units) & ~planted,
    )  # fmt: skip


def _homes_beside(links: Links, units: Units) -> Flags:
    """Return along which lines homes may stand: streets and short roads that stay in one cell."""
    centres = cKDTree(units.villages[["x", "y"]].to_numpy())
    cells = [centres.query(shapely.get_coordinates(shapely.get_point(links.shapes, at)))[1] for at in (0, -1)]
    short = shapely.length(links.shapes) <= STREET_M
    drives = ~_walked(links) & ~links.rows["road_class"].str.startswith("motorway").to_numpy(dtype=bool)
    return np.asarray(short & drives & (cells[0] == cells[1]))


def _surface(rng: np.random.Generator, classes: np.ndarray, facts: pd.DataFrame) -> np.ndarray:
    draw = rng.random(len(facts))
    asphalt, unpaved = facts[2].to_numpy(), facts[3].to_numpy()
    stones = np.where(classes == "footway", "paving_stones", "concrete")
    return np.select([draw < asphalt, draw >= 1 - unpaved], ["asphalt", "compacted"], stones)


def _incline(rng: np.random.Generator, places: Floats, units: Units) -> Floats:
    """Return slopes along the lines: gentle in the oasis, steeper towards the mountains in the south-west."""
    low, high = units.villages["y"].min(), units.villages["y"].max()
    hilly = 0.006 + 0.02 * (1 - (places[:, 1] - low) / (high - low)).clip(0, 1)
    return np.asarray(np.round(rng.normal(0, hilly).clip(-0.12, 0.12), 3))


def _walking(rng: np.random.Generator, walk: Flags, crossing: Flags) -> dict[str, np.ndarray]:
    """Return the columns that only footways and crossings have; None or NaN elsewhere."""
    size = len(walk)
    kerb = rng.choice(["flush", "lowered", "raised"], size, p=[0.35, 0.40, 0.25])
    height = np.select(
        [kerb == "flush", kerb == "lowered"], [0.0, rng.integers(5, 30, size)], rng.integers(80, 160, size)
    )
    tactile = rng.choice(["yes", "no", "partial"], size, p=[0.35, 0.55, 0.10])
    fit = np.select([kerb == "flush", kerb == "lowered"], ["yes", "limited"], "no")
    return {
        "kerb": only(crossing, kerb),
        "kerb_height_mm": np.where(crossing, height, np.nan),
        "tactile_paving": only(walk, tactile),
        "wheelchair": only(crossing, fit),
    }
