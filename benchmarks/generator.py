"""A seeded road network of any size, as a road layer: towns with dense streets, and roads between them.

Larger than the demonstration city, for benchmarks only. Streets lie on a lattice whose corners are moved at
random, with every seventh street missing; every tenth row and column is a main road. The share of edges to
nodes is that of a real network, about 1.4.
"""

import geopandas as gpd
import numpy as np
import shapely

EPSG = 32647
SPACING_M = 120.0
MISSING = 1 / 3.4  # of the lattice's two streets a node, so that 1.4 are left


def road_layer(nodes: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Return about that many junctions as a layer `roads` in EPSG:32647; the same for the same seed."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(nodes))
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    xy = np.stack([column, row], axis=-1) * SPACING_M + rng.uniform(-40, 40, (side, side, 2))
    xy += [400_000, 4_200_000]
    lines, main = [], []
    for ends, line in (((xy[:, :-1], xy[:, 1:]), row[:, :-1]), ((xy[:-1], xy[1:]), column[:-1])):
        on_main = (line % 10 == 0).ravel()
        keep = on_main | (rng.random(on_main.size) > MISSING)
        pairs = np.stack([end.reshape(-1, 2) for end in ends], axis=1)[keep]
        lines.append(pairs)
        main.append(on_main[keep])
    is_main = np.concatenate(main)
    kinds = np.where(is_main, "secondary", "residential").astype(object)
    uid = np.arange(len(kinds)).astype(str).astype(object)
    oneway = np.where(rng.random(len(kinds)) < 0.05, "yes", "no").astype(object)
    shapes = shapely.linestrings(np.concatenate(lines))
    return gpd.GeoDataFrame({"uid": uid, "road_class": kinds, "oneway": oneway}, geometry=shapes, crs=EPSG)


def places(roads: gpd.GeoDataFrame, count: int, seed: int) -> gpd.GeoDataFrame:
    """Return places beside random roads, within about 30 m."""
    rng = np.random.default_rng(seed)
    chosen = roads.geometry.to_numpy()[rng.integers(0, len(roads), count)]
    spots = shapely.line_interpolate_point(chosen, rng.random(count), normalized=True)
    xy = shapely.get_coordinates(spots) + rng.normal(0, 12, (count, 2))
    uid = np.arange(count).astype(str).astype(object)
    return gpd.GeoDataFrame({"uid": uid}, geometry=shapely.points(xy), crs=roads.crs)
