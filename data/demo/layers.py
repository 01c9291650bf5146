"""Draws all layers of the demonstration city in order, each from what was drawn before it."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.demo.audits import Audits, audit_rows
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

FULL_HOME_VISITS, FULL_CROSSING_VISITS, LEAST_VISITS = 400, 300, 12
"""Eligible homes and crossings inspected at full size, and the least of each in a small city."""

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
    visited = {
        "toilets": toilets,
        "facilities": facilities.layer[facilities.audited].reset_index(drop=True),
        "roads": _sampled(_crossings(roads.layer), FULL_CROSSING_VISITS, scale, seed),
        "households": _sampled(_eligible_homes(homes, eligible), FULL_HOME_VISITS, scale, seed),
    }
    audits = audit_rows(visited, plane, seed)
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


def _crossings(roads: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return uid, lon and lat of the crossings, each at the middle of its line."""
    crossings = roads[roads["road_class"] == "crossing"]
    middle = shapely.line_interpolate_point(crossings.geometry.to_numpy(), 0.5, normalized=True)
    lon, lat = shapely.get_x(middle).round(7), shapely.get_y(middle).round(7)
    return pd.DataFrame({"uid": crossings["uid"], "lon": lon, "lat": lat})


def _eligible_homes(homes: Homes, eligible: pd.DataFrame) -> pd.DataFrame:
    own = homes.layer["uid"].isin(eligible.loc[eligible["eligible"], "household_uid"])
    place = homes.layer.geometry[own]
    return pd.DataFrame({"uid": homes.layer.loc[own, "uid"], "lon": place.x, "lat": place.y})


def _sampled(places: pd.DataFrame, full: int, scale: float, seed: int) -> pd.DataFrame:
    """Return some of the places: `full` of them in the full-size city, in proportion in a smaller one."""
    wanted = max(round(full * scale), LEAST_VISITS)
    rng = stream(seed, f"visited {full}")
    return places.iloc[np.sort(rng.permutation(len(places))[:wanted])].reset_index(drop=True)
