"""The town is what its docstring says."""

from gis.crs import check_lonlat, check_metric
from gis.schema import LAYERS
from tests.town import CORNERS, street


def test_every_street_between_neighbouring_letters_is_200_metres_long(town):
    assert town.roads.length.tolist() == [200.0] * 18


def test_the_letters_stand_where_the_plan_draws_them():
    assert street("AD").length == 600
    assert street("AI").length == 400
    assert len(CORNERS) == 14


def test_three_of_five_people_live_within_100_metres_of_a_toilet(town):
    near = town.homes.geometry.dwithin(town.toilets.union_all(), 100)
    assert (town.homes.loc[near, "people"].sum(), town.homes["people"].sum()) == (3, 5)


def test_villages_add_up_to_their_townships_and_county(town):
    area = town.regions.set_index("code").area
    levels = town.regions.set_index("code")["level"]
    assert area.groupby(levels).sum().to_dict() == dict.fromkeys(
        ("city", "county", "township", "village"), 2e6
    )


def test_every_layer_has_the_columns_of_its_specification_in_both_systems(town):
    check_metric(town.regions, town.roads, town.facilities, town.toilets, town.homes)
    check_lonlat(town.lonlat.regions, town.lonlat.roads, town.lonlat.homes)
    for name in ("regions", "roads", "facilities", "toilets", "households"):
        assert list(getattr(town, name).columns) == [*LAYERS[name].names, "geometry"]


def test_a_test_may_change_the_town_without_another_one_noticing(town):
    assert "changed" not in town.homes
    assert town.lonlat.homes.to_crs(32647).distance(town.homes).max() < 1e-6
