"""Seasons and ferries: data that shuts roads or makes one wait, without building the network anew."""

import pytest

from gis.barriers import with_barriers
from gis.catalogue import city
from gis.closures import calendar, closed_roads, read_calendar
from gis.errors import CodeError, SchemaError
from gis.network import build, snap
from gis.travel import nearest
from tests.gis.roadnet import points_of, roads_of

FERRY = {
    "id": "ferry",
    "zh": "渡口",
    "en": "Ferry",
    "name": "渡",
    "wait_min": 10,
    "source": "drawn for this test",
}
ICE = {
    "id": "ice",
    "zh": "封渡",
    "en": "Ice",
    "name": "渡",
    "seasons": ["winter"],
    "source": "drawn for this test",
}
SEASONS = {"winter": {"zh": "冬季", "en": "winter"}}


def river():
    """A ferry of 100 m between two banks; round by the bridge it is 1,100 m, all 36 km/h (10 m/s)."""
    lines = [[(0, 0), (0, 100)], [(0, 0), (500, 0), (500, 100), (0, 100)]]
    return roads_of(lines, name=["渡", "桥"], maxspeed_kmh=36.0)


def seconds(season, *closures):
    roads = river()
    network = build(roads, mode="drive")
    rules = read_calendar({"seasons": SEASONS, "closures": list(closures)}).closures
    stands = closed_roads(roads, rules, season=season)
    changed = with_barriers(network, stands).network
    assert changed.start is network.start  # nothing was built anew
    banks = [snap(changed, points_of(place)) for place in ((0.0, 10.0), (0.0, 90.0))]
    return float(nearest(changed, *banks).travel[0])


def test_a_ferry_costs_its_wait_once_or_the_way_round():
    assert seconds(None) == 8.0
    short = FERRY | {"wait_min": 1}
    assert seconds(None, short) == 68.0
    assert seconds(None, FERRY) == 112.0  # ten minutes of waiting are longer than the bridge


def test_a_closure_holds_in_its_season_only():
    assert seconds("winter", ICE) == 112.0
    assert seconds(None, ICE) == 8.0


def test_a_closure_can_be_of_one_mode_and_of_one_place():
    walkers = ICE | {"modes": ["walk"]}
    assert seconds("winter", walkers) == 8.0
    far = ICE | {"bbox": [700_000.0, 0.0, 700_001.0, 1.0]}
    assert seconds("winter", far) == 8.0


def test_a_closure_of_no_road_or_no_season_is_refused():
    with pytest.raises(SchemaError, match="names no road"):
        read_calendar({"closures": [{"id": "x", "zh": "x", "en": "x", "source": "x"}]})
    with pytest.raises(SchemaError, match="season monsoon"):
        read_calendar({"closures": [ICE | {"seasons": ["monsoon"]}]})


def test_zhangye_has_seasons_with_words_and_sources():
    known = calendar(city("zhangye"))
    assert {"zh", "en"} <= set(known.seasons["winter"])
    assert all(closure.source for closure in known.closures)
    with pytest.raises(CodeError, match="winter"):
        known.season("monsoon")


def test_a_city_without_closures_is_open_all_year():
    assert calendar(city("monaco")).closures == ()
