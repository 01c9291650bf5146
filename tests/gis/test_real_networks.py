"""Real networks: wheelchair tags send people round by the way that a map shows, and repairs count as searched."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gis.barrier_openings import openings
from gis.barriers import with_barriers
from gis.crs import to_metric
from gis.kernels import NEVER
from gis.modes import REASONS
from gis.network import build, snap
from gis.osm import read_roads
from gis.partition import Question, Whole, solve
from gis.repairs import single_gains
from gis.travel import matrix, nearest

pytestmark = pytest.mark.realdata

FILES = {
    "poa": ("poa.osm.pbf", 31982),
    "monaco": ("monaco-latest.osm.pbf", 32632),
    "liechtenstein": ("liechtenstein-latest.osm.pbf", 32632),
    "helsinki": ("Helsinki.osm.pbf", 3067),
}

# Way, its name on the map, why no wheelchair passes, and metres from end to end on foot and by wheelchair.
CASES = [
    ("monaco", "w334361297", "Escalier Sainte-Dévote", "steps", 141, 749),
    ("monaco", "w360063229", "Escalier des Salines", "steps", 35, 291),
    ("liechtenstein", "w300512309", "Ans Trail", "tagged_no", 266, 780),
    ("liechtenstein", "w45046011", "Am Bach", "steps", 43, 274),
    ("liechtenstein", "w297716081/3", "Wissfläckaweg", "surface", 497, 2597),
    ("poa", "w203685171", "Escadaria Santo Inácio", "steps", 40, 607),
    ("poa", "w28620834", "Rua Belvedere", "steps", 61, 639),
    ("poa", "w191310058", "Passagem Padre Reus Mário Totta", "steps", 66, 337),
    ("poa", "w599953140", "Beco 10", "tagged_no", 194, 307),
    ("helsinki", "w665835666", "Vanha Kauppakuja", "steps", 4, 172),
]


@pytest.fixture(scope="module")
def roads(shared):
    """The road layers of the real networks, in metres."""
    folder = shared / "data" / "osm"
    return {name: to_metric(read_roads(folder / file), epsg) for name, (file, epsg) in FILES.items()}


@pytest.fixture(scope="module")
def networks(roads):
    """The networks on foot and by wheelchair."""
    return {
        (name, mode): build(layer, mode=mode)
        for name, layer in roads.items()
        for mode in ("walk", "wheelchair")
    }


@pytest.mark.parametrize(("place", "uid", "name", "reason", "on_foot_m", "by_wheelchair_m"), CASES)
def test_a_wheelchair_goes_round_what_its_tags_close(
    roads, networks, place, uid, name, reason, on_foot_m, by_wheelchair_m
):
    layer = roads[place]
    road = layer[layer["uid"] == uid].iloc[0]
    assert road["name"] == name
    ends = shapely.points(np.array(road.geometry.coords)[[0, -1], :2])
    start, end = (gpd.GeoDataFrame(geometry=[spot], crs=layer.crs) for spot in ends)
    told = []
    for mode in ("walk", "wheelchair"):
        network = networks[place, mode]
        pairs = matrix(network, snap(network, start), snap(network, end), limit=5_000, by="distance")
        told.append(pairs.cost[0] / 10)
    assert told == pytest.approx([on_foot_m, by_wheelchair_m], abs=1)
    wheelchair = networks[place, "wheelchair"]
    assert {REASONS[code] for code in wheelchair.reason[wheelchair.uid == uid]} == {reason}


@pytest.mark.parametrize("place", FILES)
def test_most_of_a_real_network_hangs_together_and_less_of_it_for_a_wheelchair(networks, place):
    shares = [(networks[place, mode].component == 0).mean() for mode in ("walk", "wheelchair")]
    assert 0.97 < shares[0] <= 1
    assert 0.9 < shares[1] < shares[0]


@pytest.fixture(scope="module")
def porto_alegre(networks):
    """A network with 300 barriers, 3,000 homes and 6 places, drawn with a seed."""
    network, rng = networks["poa", "wheelchair"], np.random.default_rng(1)

    def beside(count):
        lines = network.segments.lines[rng.integers(0, len(network.start), count)]
        spots = shapely.line_interpolate_point(lines, rng.random(count), normalized=True)
        return gpd.GeoDataFrame(geometry=spots, crs=network.epsg)

    homes, places = beside(3_000), beside(6)
    walls = beside(300).assign(
        source=[f"f{number}" for number in range(300)],
        delay_s=np.where(rng.random(300) < 0.5, np.nan, 300.0),
    )
    return network, homes, places, walls


def test_single_gains_on_a_real_network_are_those_of_whole_searches(porto_alegre):
    network, homes, places, walls = porto_alegre
    hindered = with_barriers(network, walls).network
    ask = {"limit": 2_400.0, "by": "time"}
    people = np.arange(len(homes)) % 3 + 1
    gains = single_gains(openings(hindered, snap(hindered, homes), snap(hindered, places), **ask), people)

    def reached(barriers):
        there = with_barriers(network, barriers).network
        return nearest(there, snap(there, homes), snap(there, places), **ask).cost < NEVER

    before = people[reached(walls)].sum()
    most = np.argsort(-gains)[:4]
    assert gains[most[0]] > 0
    for unit in (*most, 0, 150, 299):
        source = hindered_units(hindered)[unit]
        assert people[reached(walls[walls["source"] != source])].sum() - before == gains[unit]


def hindered_units(network):
    return list(dict.fromkeys(network.barriers.source.tolist()))


def test_a_real_network_in_parts_answers_as_the_whole(roads, porto_alegre):
    _, homes, places, _ = porto_alegre
    layer = roads["poa"]
    quarter = pd.cut(homes.geometry.x, 2, labels=False) * 2 + pd.cut(homes.geometry.y, 2, labels=False)
    question = Question("walk", 1_200.0)
    cost, owner, _ = solve(Whole(layer, homes, places, quarter.tolist()), question, halo_m=500)
    network = build(layer, mode="walk")
    whole = nearest(network, snap(network, homes), snap(network, places), limit=1_200.0)
    assert cost.tolist() == whole.cost.tolist()
    assert owner.tolist() == whole.owner.tolist()
