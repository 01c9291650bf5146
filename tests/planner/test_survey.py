"""Need against resources on the hand-drawn town."""

from datetime import date

import pandas as pd

from planner.survey import survey
from tests.town import COUNTY, EAST, WEST

ON = date(2026, 6, 1)


def people(town):
    """Five people: one entitled to boarding care at h1, one too old for it; one of unknown grade; a child; a walker."""
    rows = [
        ("h1", "5", 2, date(1990, 1, 1), False),
        ("h1", "5", 2, date(1950, 1, 1), True),
        ("h2", "4", None, date(1990, 1, 1), True),
        ("h3", "1", 3, date(2015, 1, 1), False),
        ("h4", "2", 3, date(1980, 1, 1), False),
    ]
    assert set(town.homes["uid"]) == {"h1", "h2", "h3", "h4"}
    return pd.DataFrame(rows, columns=["household_uid", "category", "grade", "born_on", "wheelchair_user"])


def told(town, level="county", facilities=None):
    places = {"facilities": town.facilities if facilities is None else facilities, "toilets": town.toilets}
    found = survey(town.regions, town.households, people(town), places, level=level, on=ON)
    return found.set_index(["service", "code"])


def test_need_is_whom_the_service_is_for_and_the_doubtful_are_apart(town):
    row = told(town).loc[("care", COUNTY)]
    assert (row["group"], row["need"], row["need_unknown"]) == ("boarding_care", 1, 1)
    assert told(town).loc[("special_education", COUNTY), "need"] == 1
    assert told(town).loc[("accessible_toilet", COUNTY), "need"] == 2


def test_resources_are_places_that_run_and_their_capacity(town):
    row = told(town).loc[("care", COUNTY)]
    assert (row["operating"], row["capacity"], row["lacking"], row["per_1000"]) == (1, 40, 0, 1000.0)
    rehab = told(town).loc[("rehabilitation", COUNTY)]
    assert (rehab["operating"], rehab["capacity_unknown"]) == (1, 1)
    assert pd.isna(rehab["capacity"])
    assert pd.isna(rehab["lacking"])  # nobody knows how many it can take


def test_built_but_idle_serves_nobody_and_is_counted_apart(town):
    idle = town.facilities.assign(operating_status="idle")
    row = told(town, facilities=idle).loc[("care", COUNTY)]
    assert (row["operating"], row["idle"], row["lacking"]) == (0, 1, 1)
    closed = town.facilities.assign(operating_status=None)
    assert told(town, facilities=closed).loc[("care", COUNTY), "unknown"] == 1


def test_townships_add_up_to_their_county(town):
    by_township, by_county = told(town, "township"), told(town)
    for service in ("care", "rehabilitation", "medical", "accessible_toilet"):
        rows = by_township.loc[service]
        assert set(rows.index) == {WEST, EAST}
        for column in ("need", "operating", "idle", "unknown"):
            assert rows[column].sum() == by_county.loc[(service, COUNTY), column]
