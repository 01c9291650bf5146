"""The roads between the villages: a planar web, in which main roads are the ways between main places.

The web is the Gabriel graph of the villages (two are joined when the circle over their distance holds no
third), which is connected and free of crossings; classes follow from shortest ways along it.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree

from data.demo.draw import Floats, Ints, stream
from data.demo.links import Links, rows_of
from data.demo.plane import on_grid
from data.demo.units import Units

RANKS = ("unclassified", "tertiary", "secondary", "primary", "trunk")
"""Classes of the web from the least to the greatest."""

PIECE_M = 900.0
"""Length at which a road is cut into edges."""

LONG_M = 40_000.0
"""Two villages farther apart are joined only where nothing else joins them."""

SWAY = 0.035
"""How far a road leaves the straight line, as a share of its length."""


@dataclass(frozen=True)
class Web:
    """Edges between villages: rows of both, length, rank (index of RANKS), number and name of a route."""

    pairs: Ints
    length_m: Floats
    rank: Ints
    ref: np.ndarray
    name: np.ndarray


def village_web(units: Units, routes: list[dict[str, Any]]) -> Web:
    """Return the web of roads between the villages, ranked by what they connect.

    Parameters
    ----------
    routes
        Numbered roads of `city.toml` (`ref`, `zh`, `road_class`, `via`), the motorway not among them.
    """
    places = units.villages[["x", "y"]].to_numpy()
    pairs, length = _needed(_gabriel(places), places)
    web = Web(
        pairs, length, np.zeros(len(pairs), dtype=np.int64),
        np.full(len(pairs), None, dtype=object), np.full(len(pairs), None, dtype=object),
    )  # fmt: skip
    ways = _Ways(len(places), pairs, length)
    centres = _centres(units)
    for start, goal in _town_pairs(units, centres, 3):
        _raise(web, ways.between(start, goal), RANKS.index("tertiary"))
    for start, goal in _seat_pairs(units, centres):
        _raise(web, ways.between(start, goal), RANKS.index("secondary"))
    rows = dict(zip(units.townships["code"], centres, strict=True))
    for route in routes:
        stops = [rows[code] for code in route["via"]]
        for start, goal in pairwise(stops):
            on = ways.between(start, goal)
            _raise(web, on, RANKS.index(route["road_class"]))
            web.ref[on], web.name[on] = route["ref"], route["zh"]
    return web


def web_lines(web: Web, gates: Floats, unit_places: Floats, seed: int) -> Links:
    """Return the edges of the web as swaying lines, cut about every `PIECE_M`.

    Parameters
    ----------
    gates
        Where each edge starts and ends, (n, 2, 2) in metres: the rim of the streets of its villages.
    unit_places
        Places of the villages (n, 2): the nearest names the village of a piece.
    """
    rng = stream(seed, "skeleton")
    start, end = gates[:, 0], gates[:, 1]
    along = end - start
    length = np.hypot(*along.T)
    cuts = np.maximum(np.ceil(length / PIECE_M).astype(np.int64), 1)
    edge = np.repeat(np.arange(len(cuts)), cuts)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    waves = rng.integers(1, 4, len(cuts))
    sway = SWAY * rng.uniform(-1, 1, len(cuts)) / waves
    side = np.column_stack([-along[:, 1], along[:, 0]])

    def at(share: Floats) -> Floats:
        off = sway[edge] * np.sin(np.pi * waves[edge] * share)
        points = start[edge] + along[edge] * share[:, None] + side[edge] * off[:, None]
        exact = np.where((share >= 1)[:, None], end[edge], points)
        return on_grid(exact)

    corners = np.stack([at((step + part) / cuts[edge]) for part in (0.0, 0.5, 1.0)], axis=1)
    shapes = np.asarray(shapely.linestrings(corners))
    unit = cKDTree(unit_places).query(corners[:, 1])[1]
    classes = np.array(RANKS, dtype=object)[web.rank[edge]]
    return Links(shapes, rows_of(len(edge), classes, unit, ref=web.ref[edge], name=web.name[edge]))


def _gabriel(places: Floats) -> Ints:
    """Return the pairs (n, 2) of rows joined by the Gabriel graph, the smaller row first."""
    corners = Delaunay(places).simplices
    pairs = np.unique(np.sort(corners[:, [0, 1, 1, 2, 0, 2]].reshape(-1, 2), axis=1), axis=0)
    middle = (places[pairs[:, 0]] + places[pairs[:, 1]]) / 2
    radius = np.hypot(*(places[pairs[:, 0]] - middle).T)
    return np.asarray(pairs[cKDTree(places).query(middle)[0] >= radius * (1 - 1e-9)])


def _needed(pairs: Ints, places: Floats) -> tuple[Ints, Floats]:
    """Return the pairs without those longer than `LONG_M` that connect nothing new, and their lengths."""
    length = np.hypot(*(places[pairs[:, 0]] - places[pairs[:, 1]]).T)
    size = len(places)
    tree = minimum_spanning_tree(coo_matrix((length, (pairs[:, 0], pairs[:, 1])), shape=(size, size))).tocoo()
    spans = np.isin(pairs[:, 0] * size + pairs[:, 1], tree.row.astype(np.int64) * size + tree.col)
    kept = spans | (length <= LONG_M)
    return pairs[kept], length[kept]


class _Ways:
    """Shortest ways along the web, by edge."""

    def __init__(self, size: int, pairs: Ints, length: Floats) -> None:
        self._graph = coo_matrix((length, (pairs[:, 0], pairs[:, 1])), shape=(size, size)).tocsr()
        self._edge = {(int(a), int(b)): row for row, (a, b) in enumerate(pairs)}
        self._before: dict[int, Ints] = {}

    def between(self, start: int, goal: int) -> list[int]:
        """Return the edges of the shortest way."""
        if start not in self._before:
            _, before = dijkstra(self._graph, directed=False, indices=start, return_predecessors=True)
            self._before[start] = before
        way, here = [], goal
        while here != start:
            back = int(self._before[start][here])
            way.append(self._edge[min(here, back), max(here, back)])
            here = back
        return way


def _raise(web: Web, edges: list[int], rank: int) -> None:
    web.rank[edges] = np.maximum(web.rank[edges], rank)


def _centres(units: Units) -> list[int]:
    """Return the row of the seat village of each township."""
    villages = units.villages
    return [int(row) for row in villages.index[villages["centre"]]]


def _town_pairs(units: Units, centres: list[int], near: int) -> list[tuple[int, int]]:
    """Return each township's seat with the seats nearest to it."""
    places = units.villages[["x", "y"]].to_numpy()[centres]
    neighbours = cKDTree(places).query(places, k=near + 1)[1][:, 1:]
    return [(centres[row], centres[int(other)]) for row, own in enumerate(neighbours) for other in own]


def _seat_pairs(units: Units, centres: list[int]) -> list[tuple[int, int]]:
    """Return each township's seat with the seat of its county, and the county seats with each other."""
    townships = units.townships
    seats = townships[townships["seat"]].groupby("county", sort=False).head(1)
    capital = {county: centres[row] for county, row in zip(seats["county"], seats.index, strict=True)}
    within = [
        (capital[county], centre)
        for county, counts, centre in zip(townships["county"], townships["counts"], centres, strict=True)
        if counts and centre != capital[county]
    ]
    places = units.villages[["x", "y"]].to_numpy()
    rows = list(capital.values())
    nearest = cKDTree(places[rows]).query(places[rows], k=3)[1][:, 1:]
    return within + [(rows[i], rows[int(j)]) for i, own in enumerate(nearest) for j in own]
