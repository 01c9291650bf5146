"""The network of village, township and county on the hand-drawn town."""

import pandas as pd
import pytest

from gis.errors import InputError
from planner.three_levels import care_tiers, completeness, links, three_levels
from tests.town import COUNTY, EAST, EAST_NORTH, EAST_SOUTH, WEST, WEST_NORTH, WEST_SOUTH


def with_services(town, *rows):
    """Return the facilities of the town (care in the county operates) and further ones (uid, service, region, status)."""
    extra = [
        {"uid": uid, "facility_class": "community_service", "services": service, "region_code": code,
         "operating_status": status, "geometry": town.facilities.geometry.iloc[0]}
        for uid, service, code, status in rows
    ]  # fmt: skip
    new = pd.DataFrame(extra).reindex(columns=town.facilities.columns)
    return pd.concat([town.facilities, new], ignore_index=True).set_crs(town.facilities.crs)


FULL = (
    ("w", "township_institution", WEST, "operating"),
    ("v1", "village_service", WEST_SOUTH, "operating"),
    ("v2", "village_service", WEST_NORTH, "idle"),
    ("v3", "village_service", EAST_SOUTH, "operating"),
    ("v4", "village_service", EAST_NORTH, None),
)


def test_a_chain_is_complete_only_with_all_three_levels(town):
    chains = three_levels(town.regions, with_services(town, *FULL)).set_index("code")
    assert chains.loc[WEST_SOUTH, ["village", "township", "county", "complete"]].tolist() == [True] * 4
    assert chains.loc[WEST_SOUTH, ["village_places", "township_places", "county_places"]].tolist() == [
        "v1",
        "w",
        "f2",
    ]
    # Built but idle does not count.
    assert (bool(chains.loc[WEST_NORTH, "complete"]), chains.loc[WEST_NORTH, "missing"]) == (False, "village")
    assert (bool(chains.loc[EAST_SOUTH, "complete"]), chains.loc[EAST_SOUTH, "missing"]) == (
        False,
        "township",
    )


def test_what_is_not_known_makes_a_chain_not_known_unless_it_is_broken_anyway(town):
    chains = three_levels(town.regions, with_services(town, *FULL)).set_index("code")
    assert pd.isna(chains.loc[EAST_NORTH, "village"])
    assert chains.loc[EAST_NORTH, "missing"] == "township"
    more = (*FULL, ("e", "township_institution", EAST, "operating"))
    again = three_levels(town.regions, with_services(town, *more)).set_index("code")
    assert pd.isna(again.loc[EAST_NORTH, "complete"])
    assert again.loc[EAST_SOUTH, "complete"]


def test_the_counts_of_a_county_add_up_to_its_villages(town):
    told = completeness(three_levels(town.regions, with_services(town, *FULL))).to_dict("records")
    assert told == [{"county_code": COUNTY, "villages": 4, "complete": 1, "incomplete": 3, "unknown": 0}]


def test_premises_are_an_area_none_or_not_known(town):
    area = {WEST_SOUTH: 80.0, WEST_NORTH: 0.0}
    regions = town.regions.assign(premises_m2=town.regions["code"].map(area))
    chains = three_levels(regions, with_services(town, *FULL)).set_index("code")
    assert chains["premises_m2"].reindex([WEST_SOUTH, WEST_NORTH]).tolist() == [80.0, 0.0]
    assert chains["premises_m2"].isna().sum() == 2


def test_every_village_is_linked_upward_once(town):
    found = links(three_levels(town.regions, with_services(town, *FULL)))
    pairs = {(row.lower, row.upper) for row in found.itertuples()}
    assert pairs == {
        (WEST_SOUTH, WEST), (WEST_NORTH, WEST), (EAST_SOUTH, EAST), (EAST_NORTH, EAST), (WEST, COUNTY), (EAST, COUNTY),
    }  # fmt: skip
    assert len(found) == 6


def test_care_is_counted_at_home_in_the_community_and_in_institutions(town):
    told = care_tiers(town.regions, with_services(town, *FULL)).set_index("service")
    assert told["care_tier"].to_dict() == {
        "care": "institution", "township_institution": "community", "village_service": "home",
    }  # fmt: skip
    assert told[["regions", "with", "unknown"]].to_dict("index") == {
        "care": {"regions": 1, "with": 1, "unknown": 0},
        "township_institution": {"regions": 2, "with": 1, "unknown": 0},
        "village_service": {"regions": 4, "with": 2, "unknown": 1},
    }


def test_the_countys_level_may_be_another_service(town):
    chains = three_levels(town.regions, with_services(town, *FULL), "device_station")
    assert not chains["county"].any()
    with pytest.raises(InputError, match="care, rehabilitation"):
        three_levels(town.regions, town.facilities, "medical")
