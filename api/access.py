"""Measures who reaches a service: reads the layers in one short transaction, computes outside of it.

The road network of a mode is built once for all services asked for together, and homes are snapped to it
once; that is most of the work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy.orm import Session

from audits import service as audits
from gis import store
from gis.catalogue import City, codelist
from gis.crs import to_metric
from gis.errors import EmptyLayerError
from gis.modes import Mode
from gis.network import Network, Snapped, build, snap
from planner import coverage
from planner.coverage import Norm
from planner.groups import with_people


@dataclass(frozen=True)
class Layers:
    """What coverage is measured from.

    Attributes
    ----------
    places
        `facilities` and `toilets`, EPSG:4326.
    grades
        Of both, as `audits.grades.place_grades` returns them.
    people
        `household_uid` and, for a group, the facts that decide who is in it.
    """

    regions: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame
    places: dict[str, gpd.GeoDataFrame]
    grades: dict[str, pd.DataFrame]
    people: pd.DataFrame
    metric_epsg: int


@dataclass(frozen=True)
class Coverage:
    """Who reaches one service: any place, and any place that passed its inspection.

    `potential` and `effective` are tables of `planner.coverage.coverage_table`; `answers` has a row a home.
    """

    norm: Norm
    homes: gpd.GeoDataFrame
    answers: pd.DataFrame
    potential: pd.DataFrame
    effective: pd.DataFrame
    places: gpd.GeoDataFrame


def layers(session: Session, city: City, people: pd.DataFrame, *, on: date) -> Layers:
    """Read the layers; `people` comes from the caller, who has the key.

    Raises
    ------
    EmptyLayerError
        A layer that coverage cannot do without was never imported.
    """
    found = {name: store.layer(session, name) for name in ("regions", "roads", "households", *_PLACES)}
    for name in ("regions", "roads", "households"):
        if found[name].empty:
            raise EmptyLayerError(name)
    return Layers(
        regions=found["regions"],
        roads=found["roads"],
        homes=found["households"],
        places={name: found[name] for name in _PLACES},
        grades={name: audits.grades(session, name, on=on) for name in _PLACES},
        people=people,
        metric_epsg=city.metric_epsg,
    )


def measure(layers: Layers, norms: Sequence[Norm], belongs: "pd.Series[Any] | None" = None) -> list[Coverage]:
    """Return who reaches each service, among all people or those of a group.

    Parameters
    ----------
    belongs
        Who counts (`boolean`, index of `layers.people`), as `planner.groups.members` returns it.

    Raises
    ------
    CodeError
        A service or a mode is not known.
    """
    roads = to_metric(layers.roads, layers.metric_epsg)
    homes = to_metric(with_people(layers.homes, layers.people, belongs), layers.metric_epsg)
    joined: dict[Mode, tuple[Network, Snapped]] = {}
    measured = []
    for norm in norms:
        if norm.mode not in joined:
            network = build(roads, mode=norm.mode)
            joined[norm.mode] = network, snap(network, homes)
        measured.append(_measured(layers, homes, norm, *joined[norm.mode]))
    return measured


def _measured(
    layers: Layers, homes: gpd.GeoDataFrame, norm: Norm, network: Network, joints: Snapped
) -> Coverage:
    layer = codelist("service")[norm.service].facts["layer"]
    places = coverage.serving(layers.places[layer], norm.service)
    passed = coverage.effective(places, layers.grades[layer])
    answers = [
        coverage.reach(network, homes, to_metric(chosen, layers.metric_epsg), norm, joints=joints)
        for chosen in (places, passed)
    ]
    potential, effective = (coverage.coverage_table(homes, found, layers.regions) for found in answers)
    return Coverage(norm, homes, answers[0], potential, effective, places)


_PLACES = ("facilities", "toilets")
