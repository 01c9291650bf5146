"""Regions and roads of the demonstration city: a complete tree, exact polygons, one noded network."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.demo.links import Links, in_largest_part, noded, rows_of


def nodes(roads: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray, int]:
    """Number the ends of the lines by their coordinates, as a network builder would."""
    ends = np.stack([shapely.get_coordinates(shapely.get_point(roads.geometry, at)) for at in (0, -1)])
    _, number = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    number = number.reshape(2, -1)
    return number[0], number[1], int(number.max()) + 1


def test_the_tree_of_codes_is_complete(small):
    regions = small.regions
    assert regions["level"].value_counts().to_dict() == {
        "village": 888,
        "township": 78,
        "county": 6,
        "city": 1,
    }
    villages = regions[regions["level"] == "village"]
    assert villages["kind"].value_counts().to_dict() == {"village": 836, "community": 52}
    assert (villages["code"].str.len() == 12).all()
    assert (villages["code"].str[:9] == villages["parent_code"]).all()
    for level, parent in (("village", "township"), ("township", "county"), ("county", "city")):
        parents = set(regions.loc[regions["level"] == level, "parent_code"])
        assert parents == set(regions.loc[regions["level"] == parent, "code"])


def test_all_888_villages_and_communities_have_an_association(small):
    villages = small.regions[small.regions["level"] == "village"]
    assert villages["has_association"].astype(bool).sum() == 836 + 52


def test_children_dissolve_exactly_into_their_parent(small):
    regions = small.regions.set_index("code")
    assert regions.is_valid.all()
    for code, children in small.regions.groupby("parent_code"):
        union, parent = shapely.union_all(children.geometry), regions.loc[code, "geometry"]
        assert shapely.area(shapely.symmetric_difference(union, parent)) < 1e-12  # square degrees: 0.01 m2
        assert shapely.area(children.geometry).sum() == pytest.approx(parent.area, rel=1e-9)
        assert children["population"].sum() == regions.loc[code, "population"]


def test_every_polygon_says_that_it_is_schematic(small):
    assert small.regions["boundary"].str.contains("示意边界").all()
    assert small.regions.set_index("level").loc["city", "population"] == 1_131_016  # census of 2020


@pytest.mark.parametrize("size", ["small", "full"])
def test_the_largest_component_holds_all_but_the_planted_islands(size, request):
    town = request.getfixturevalue(size)
    tail, head, count = nodes(town.roads)
    graph = coo_matrix((np.ones(len(tail)), (tail, head)), shape=(count, count))
    part = connected_components(graph, directed=False)[1]
    main = part == np.bincount(part).argmax()
    assert main[tail].mean() > 0.999
    assert main.mean() > 0.999
    assert set(town.roads["uid"][~main[tail]]) == set(town.truth["roads_truth"]["uid"])


def test_cars_get_from_anywhere_to_anywhere_despite_one_way_carriageways(full):
    driving = full.roads[~full.roads["road_class"].isin(["footway", "crossing"])]
    driving = driving[~driving["uid"].isin(full.truth["roads_truth"]["uid"])]
    tail, head, count = nodes(driving)
    both = (driving["oneway"] == "no").to_numpy()
    ways = np.concatenate([tail, head[both]]), np.concatenate([head, tail[both]])
    graph = coo_matrix((np.ones(len(ways[0])), ways), shape=(count, count))
    assert connected_components(graph, directed=True, connection="strong")[0] == 1


def test_the_motorway_meets_nothing_but_its_own_links(full):
    tail, head, count = nodes(full.roads)
    classes = full.roads["road_class"].to_numpy()
    seen = {}
    for name in ("motorway", "motorway_link"):
        own = classes == name
        seen[name] = np.zeros(count, dtype=bool)
        seen[name][np.concatenate([tail[own], head[own]])] = True
    others = ~np.isin(classes, ["motorway", "motorway_link"])
    minor = others & ~np.isin(classes, ["trunk", "primary", "secondary", "tertiary"])
    assert not seen["motorway"][np.concatenate([tail[others], head[others]])].any()
    assert not seen["motorway_link"][np.concatenate([tail[minor], head[minor]])].any()


def test_lines_cross_only_where_the_motorway_is_a_bridge(full):
    roads = full.roads
    first, second = roads.sindex.query(roads.geometry, predicate="crosses")
    motorway = roads["road_class"].isin(["motorway", "motorway_link"]).to_numpy()
    bridge = roads["bridge"].to_numpy(dtype=bool)
    assert len(first) > 0
    assert (motorway[first] | motorway[second]).all()
    assert bridge[np.where(motorway[first], first, second)].all()


def test_crossings_are_at_streets_and_have_kerbs(full):
    crossing = full.roads["road_class"] == "crossing"
    assert crossing.sum() > 1000
    assert full.roads.loc[crossing, "kerb"].notna().all()
    assert full.roads.loc[~crossing, "kerb"].isna().all()


def test_crossing_lines_are_cut_at_a_common_node():
    # A plus sign: two lines become four, and all meet at the origin.
    cross = np.array([shapely.LineString([(-10, 0), (10, 0)]), shapely.LineString([(0, -10), (0, 10)])])
    links = noded(Links(cross, rows_of(2, ["footway", "service"], 0)), np.array([True, False]))
    assert len(links.shapes) == 4
    assert sorted(links.rows["road_class"]) == ["footway", "footway", "service", "service"]
    assert in_largest_part(links.shapes).all()
