"""Draws all layers of the demonstration city in order, each from what was drawn before it."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from data.demo.audits import FULL_HOME_VISITS, LEAST_HOME_VISITS, Audits, audit_rows
from data.demo.cells import region_layer
from data.demo.draw import stream
from data.demo.homes import FULL_PEOPLE, Homes, household_layer
from data.demo.people import people_table
from data.demo.places import Facilities, facility_layer, toilet_layer
from data.demo.plane import Plane
from data.demo.roads import road_layer
from data.demo.truth import calibrated, eligibility_truth
from data.demo.units import place_units
from gis.catalogue import City

Progress = Callable[[str, float], None]
"""Gets the name of the step that begins and the share done before it (0 to 1)."""


@dataclass(frozen=True)
class DemoCity:
    """The layers of the city by name, and what was planted in them by name."""

    layers: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame]


def draw_city(city: City, *, people: int, seed: int, step: Progress) -> DemoCity:
    """Return the whole city; see `data.demo.generate`."""
    scale = people / FULL_PEOPLE
    plane = Plane(city.metric_epsg)
    step("regions", 0.0)
    units = place_units(city, plane, people=people, seed=seed)
    regions = region_layer(units, city, plane)
    step("roads", 0.05)
    roads = road_layer(units, city, plane, scale=scale, seed=seed)
    step("people", 0.4)
    homes = household_layer(units, roads, plane, seed)
    persons = calibrated(people_table(units, homes, seed), homes.layer, seed)
    eligible = eligibility_truth(persons, homes.layer)
    step("places", 0.55)
    facilities = facility_layer(units, roads, city, plane, seed)
    toilets = toilet_layer(units, roads, plane, scale=scale, seed=seed)
    step("audits", 0.6)
    audits = audit_rows(_visited(toilets, facilities, homes, eligible, seed), plane, seed)
    layers = {
        "regions": regions, "roads": roads.layer, "facilities": facilities.layer, "toilets": toilets,
        "households": homes.layer, "people": persons, "audits": audits.layer,
    }  # fmt: skip
    islands = pd.DataFrame({"uid": roads.islands, "kind": "unconnected"})
    return DemoCity(layers, _truth(audits, facilities, eligible, islands))


def _truth(
    audits: Audits, facilities: Facilities, eligible: pd.DataFrame, islands: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    return {
        "audits_truth": audits.truth,
        "compliance_truth": audits.compliance,
        "gaps_truth": facilities.gaps,
        "eligibility_truth": eligible,
        "roads_truth": islands,
    }


def _visited(
    toilets: pd.DataFrame, facilities: Facilities, homes: Homes, eligible: pd.DataFrame, seed: int
) -> dict[str, pd.DataFrame]:
    """Return the places that were inspected: all toilets, some facilities, some eligible homes."""
    rng = stream(seed, "visited homes")
    scale = len(eligible) / FULL_PEOPLE
    wanted = max(round(FULL_HOME_VISITS * scale), LEAST_HOME_VISITS)
    own = np.unique(eligible.loc[eligible["eligible"], "household_uid"])
    chosen = np.sort(rng.permutation(own)[:wanted])
    rows: gpd.GeoDataFrame = homes.layer[homes.layer["uid"].isin(chosen)]
    return {
        "toilets": toilets,
        "facilities": facilities.layer[facilities.audited].reset_index(drop=True),
        "households": pd.DataFrame({"uid": rows["uid"], "lon": rows.geometry.x, "lat": rows.geometry.y}),
    }
