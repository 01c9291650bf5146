"""The regions of the demonstration city: Voronoi cells of its villages, dissolved upward.

No boundary is copied from anywhere. The envelope is a schematic corridor around the villages, so the
areas are smaller than the real ones; every polygon is 示意边界, a schematic and not an official boundary.
Faces are polygonised from one noded linework, so that neighbours share each vertex and the children
dissolve exactly into their parent.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from data.demo.plane import Plane
from data.demo.units import Units
from gis.catalogue import City

CORRIDOR_M, CLOSING_M = 30_000.0, 21_000.0
"""The envelope is the villages widened by the first and narrowed again by the second."""

STRAIGHT_M = 2000.0
"""Borders get a vertex at least this often: a straight line of degrees then stays within 0.1 m of it."""

VINTAGE = "2023-06-30"
"""Cut-off of the list of township-level units; see townships.toml."""


def region_layer(units: Units, city: City, plane: Plane) -> gpd.GeoDataFrame:
    """Return city, counties, townships and villages as polygons in EPSG:4326 with the columns of REGIONS.

    `boundary` is one column more than the layer has: it labels every polygon as schematic.
    """
    villages = _village_rows(units, village_cells(units, plane))
    townships = _dissolve(villages, _township_rows(units))
    counties = _dissolve(townships, _county_rows(city))
    whole = _dissolve(counties, _city_row(city))
    regions = pd.concat([whole, counties, townships, villages], ignore_index=True)
    regions.insert(0, "uid", regions["code"])
    regions["valid_from"] = VINTAGE
    regions["boundary"] = f"{city.facts['demo']['boundary_zh']} {city.facts['demo']['boundary_en']}"
    return gpd.GeoDataFrame(regions, geometry="geometry", crs=4326)


def village_cells(units: Units, plane: Plane) -> np.ndarray:
    """Return the cell of each village (row order of `units.villages`) as polygons in degrees."""
    seeds = units.villages[["x", "y"]].to_numpy()
    points = shapely.multipoints(seeds)
    envelope = _envelope(points)
    edges = shapely.voronoi_polygons(points, extend_to=envelope, only_edges=True)
    lines = shapely.union_all([edges, shapely.boundary(envelope)])
    parts = shapely.get_parts(shapely.segmentize(lines, STRAIGHT_M))
    faces = shapely.get_parts(shapely.polygonize(parts))
    inside = shapely.point_on_surface(faces)
    owner = cKDTree(seeds).query(shapely.get_coordinates(inside))[1]
    kept = shapely.intersects(envelope, inside)
    faces, owner = plane.shapes_to_degrees(faces[kept]), owner[kept]
    order = np.argsort(owner, kind="stable")
    groups = np.split(faces[order], np.searchsorted(owner[order], np.arange(1, len(seeds))))
    return np.array([shapely.union_all(group) for group in groups], dtype=object)


def _envelope(points: shapely.MultiPoint) -> shapely.Geometry:
    wide = shapely.union_all(shapely.buffer(shapely.get_parts(points), CORRIDOR_M, quad_segs=4))
    return shapely.simplify(shapely.buffer(wide, -CLOSING_M, quad_segs=4), 300.0)


def _village_rows(units: Units, cells: np.ndarray) -> pd.DataFrame:
    villages = units.villages
    return pd.DataFrame({
        "code": villages["code"],
        "name": villages["zh"],
        "name_en": villages["en"],
        "level": "village",
        "kind": villages["kind"],
        "parent_code": units.townships["code"].to_numpy()[villages["township"]],
        "ur_code": villages["ur_code"],
        "population": villages["population"],
        "has_association": True,
        "geometry": cells,
    })  # fmt: skip


def _township_rows(units: Units) -> pd.DataFrame:
    own = units.townships
    return pd.DataFrame({
        "code": own["code"],
        "name": own["zh"],
        "name_en": own["en"],
        "level": "township",
        "kind": own["kind"],
        "parent_code": own["county"],
    })  # fmt: skip


def _county_rows(city: City) -> pd.DataFrame:
    own = city.facts["counties"]
    return pd.DataFrame({
        "code": [county["code"] for county in own],
        "name": [county["zh"] for county in own],
        "name_en": [county["en"] for county in own],
        "level": "county",
        "kind": [county["kind"] for county in own],
        "parent_code": city.code,
    })  # fmt: skip


def _city_row(city: City) -> pd.DataFrame:
    return pd.DataFrame({
        "code": [city.code], "name": [city.zh], "name_en": [city.en], "level": ["city"], "kind": ["city"],
    })  # fmt: skip


def _dissolve(children: pd.DataFrame, parents: pd.DataFrame) -> pd.DataFrame:
    """Return the parents with the union of their children's polygons and the sum of their residents."""
    groups = children.groupby("parent_code", sort=False)
    shapes = groups["geometry"].agg(lambda own: shapely.coverage_union_all(own.to_numpy()))
    residents = groups["population"].sum()
    return parents.assign(population=parents["code"].map(residents), geometry=parents["code"].map(shapes))
