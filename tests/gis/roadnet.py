"""Random small road layers, and shortest paths by the plainest of means to check ours against.

`reference_costs` cuts every edge at every place and barrier on it and runs a textbook Dijkstra from every
origin: slow, and without any of the shortcuts that `gis.travel` takes.
"""

import heapq
from collections import defaultdict

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

from gis.kernels import NEVER
from gis.modes import facts

EPSG = 32647
CLASSES = ("residential", "secondary", "footway", "steps", "service")


def roads_of(lines, **columns) -> gpd.GeoDataFrame:
    """Return a road layer of coordinate lists; every column may be one value or one a line."""
    count = len(lines)
    given = {"uid": [f"r{number}" for number in range(count)], "road_class": "residential"} | columns
    columns = {name: value if isinstance(value, list) else [value] * count for name, value in given.items()}
    return gpd.GeoDataFrame(columns, geometry=[shapely.LineString(line) for line in lines], crs=EPSG)


def points_of(*xy) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.Point(*place) for place in xy], crs=EPSG)


@st.composite
def road_layers(draw):
    """Up to 14 lines between up to 8 corners of a 100 m lattice; some one-way, some steps or footways."""
    corner = st.tuples(st.integers(0, 4), st.integers(0, 3))
    corners = draw(st.lists(corner, min_size=3, max_size=8, unique=True))
    pick = st.integers(0, len(corners) - 1)
    pairs = draw(st.lists(st.tuples(pick, pick).filter(lambda p: p[0] != p[1]), min_size=2, max_size=14))
    lines = [[tuple(100.0 * c for c in corners[at]) for at in pair] for pair in pairs]
    count = len(lines)
    some = lambda *values: draw(st.lists(st.sampled_from(values), min_size=count, max_size=count))  # noqa: E731  one word for three columns
    return roads_of(
        lines,
        road_class=["residential", *some(*CLASSES)[1:]],
        oneway=some("no", "no", "yes", "reverse", None),
        maxspeed_kmh=some(36.0, 50.0, 7.2, None),
    )


place_lists = st.lists(
    st.tuples(st.integers(-20, 420).map(float), st.integers(-20, 320).map(float)), min_size=1, max_size=7
).map(lambda xy: points_of(*xy))


def reference_costs(network, origins, targets, by="time") -> np.ndarray:
    """Return the cost from every origin to every target, NEVER where there is no way."""
    links, doors = _cut_edges(network, {"o": origins, "t": targets}, by)
    costs = np.full((len(origins.edge), len(targets.edge)), NEVER, np.int64)
    for origin in np.flatnonzero(origins.edge >= 0):
        far = dijkstra(links, ("o", int(origin)))
        for target in np.flatnonzero(targets.edge >= 0):
            way = far.get(("t", int(target)), NEVER)
            total = way + doors["o"][origin] + doors["t"][target]
            costs[origin, target] = min(total, NEVER)
    return costs


def dijkstra(links, source) -> dict:
    """Return the cost of everything that can be reached."""
    far, queue = {}, [(0, 0, source)]
    ticket = 1
    while queue:
        cost, _, node = heapq.heappop(queue)
        if node in far:
            continue
        far[node] = cost
        for neighbour, step in links[node]:
            heapq.heappush(queue, (cost + step, ticket, neighbour))
            ticket += 1
    return far


def _cut_edges(network, sets, by):
    on_edge = defaultdict(list)
    doors = {}
    per = facts(network.mode)["access_m_s"] if by == "time" else 1.0
    for name, snapped in sets.items():
        far = np.where(snapped.edge >= 0, snapped.distance_m, 0)
        doors[name] = np.rint(far / per * 10).astype(int)
        for number, (edge, fraction) in enumerate(zip(snapped.edge, snapped.fraction, strict=True)):
            on_edge[int(edge)].append((float(fraction), (name, number), 0))
    walls = network.barriers
    for number, edge in enumerate(walls.edge):
        on_edge[int(edge)].append((float(walls.fraction[number]), None, int(walls.delay[number])))
    if by == "distance":  # a delay costs no metres
        for edge, stops in on_edge.items():
            on_edge[edge] = [(at, place, wall if wall >= NEVER else 0) for at, place, wall in stops]
    links = defaultdict(list)
    for edge in range(len(network.start)):
        start, end = ("n", int(network.start[edge])), ("n", int(network.end[edge]))
        full = [int(network.ahead[edge]), int(network.back[edge])]
        if by == "distance":
            full = [int(network.length[edge]) if way < NEVER else NEVER for way in full]
        _chain(links, (start, end), full, on_edge[edge])
    return links, doors


def _chain(links, ends, full, stops):
    """Link the stops of one edge in order; a place at an end is the junction itself."""
    here, at, wall = ends[0], 0.0, 0
    # At one spot places come before walls, but a place at the end of the edge is the junction behind them.
    order = sorted(stops, key=lambda stop: (stop[0], (stop[1] is None) == (stop[0] < 1)))
    for fraction, place, delay in [*order, (1.0, ends[1], 0)]:
        if place is None:
            wall += delay
            continue
        for way, (source, sink) in ((full[0], (here, place)), (full[1], (place, here))):
            if way < NEVER:
                step = abs(round(way * fraction) - round(way * at)) + wall
                if step < NEVER:
                    links[source].append((sink, step))
        if fraction == at and wall == 0:  # one spot: no street to go along, hence no direction
            links[here].append((place, 0))
            links[place].append((here, 0))
        if place != ends[1]:
            for end, spot in ((ends[0], 0.0), (ends[1], 1.0)):
                if fraction == spot:
                    links[end].append((place, 0))
                    links[place].append((end, 0))
        here, at, wall = place, fraction, 0


def barriers_of(rows, columns=("x", "y", "source", "delay_s")) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, columns=list(columns))
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["x"], table["y"]), crs=EPSG)
