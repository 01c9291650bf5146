"""Measures who reaches a service: reads the layers in one short transaction, computes outside of it.

The road network of a mode is built once for all services asked for together (or read from the cache), and
homes are snapped to it once; that is most of the work. Roads are as open findings and the season leave
them, for potential and effective access alike; the two differ in the places that count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from audits import service as audits
from gis import store
from gis.barriers import with_barriers
from gis.catalogue import City, codelist
from gis.closures import calendar, closed_roads
from gis.crs import to_metric
from gis.errors import EmptyLayerError
from gis.modes import Mode
from gis.network import Network, Snapped, snap
from gis.network_cache import cached_network
from gis.travel import matrix
from planner import coverage, obstacles
from planner.coverage import Norm
from planner.groups import with_people
from planner.registers import opened
from planner.supply import Supply, supply


@dataclass(frozen=True)
class Layers:
    """What coverage is measured from.

    Attributes
    ----------
    places
        `facilities` and `toilets`, EPSG:4326.
    grades
        Of both, as `audits.grades.place_grades` returns them, for the group that was asked about.
    people
        `household_uid` and, for a group, the facts that decide who is in it.
    findings
        Open findings, as `audits.service.open_findings` returns them.
    """

    regions: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame
    places: dict[str, gpd.GeoDataFrame]
    grades: dict[str, pd.DataFrame]
    people: pd.DataFrame
    findings: gpd.GeoDataFrame
    city: City

    @property
    def metric_epsg(self) -> int:
        """The metric system of the city."""
        return self.city.metric_epsg


@dataclass(frozen=True)
class Conditions:
    """Under which conditions coverage is measured.

    Attributes
    ----------
    season
        Code of a season of the city whose closures hold; None: only what always holds.
    tier
        Only places of this tier of rehabilitation (1: primary, 3: highest).
    projects
        Capital projects that count as open, such as `("ganzhou-care",)`.
    cache
        Folder of kept networks; None keeps nothing.
    """

    season: str | None = None
    tier: int | None = None
    projects: tuple[str, ...] = ()
    cache: Path | None = None


@dataclass(frozen=True)
class Coverage:
    """Who reaches one service: any place, and any place that passed its inspection.

    Attributes
    ----------
    homes
        With `people`, in the metric system.
    answers, answers_effective
        What `planner.coverage.reach` returned: a row a home.
    potential, effective
        Tables of `planner.coverage.coverage_table`.
    places
        All places of the service, with `counts`, and whether they `passed`.
    supply
        What there is for each home.
    network
        Of the mode, with its barriers; `unplaced` are barriers near none of its roads.
    """

    norm: Norm
    homes: gpd.GeoDataFrame
    answers: pd.DataFrame
    answers_effective: pd.DataFrame
    potential: pd.DataFrame
    effective: pd.DataFrame
    places: gpd.GeoDataFrame
    supply: Supply
    network: Network
    unplaced: list[str] = field(default_factory=list)


def layers(session: Session, city: City, people: pd.DataFrame, *, on: date, group: str = "all") -> Layers:
    """Read the layers; `people` comes from the caller, who has the key.

    Parameters
    ----------
    group
        Code of `coverage_group`: places are graded by the rules that protect it.

    Raises
    ------
    EmptyLayerError
        A layer that coverage cannot do without was never imported.
    """
    harmed = tuple(codelist("coverage_group")[group].facts.get("harmed_by", ()))
    found = {name: store.layer(session, name) for name in ("regions", "roads", "households", *_PLACES)}
    for name in ("regions", "roads", "households"):
        if found[name].empty:
            raise EmptyLayerError(name)
    return Layers(
        regions=found["regions"],
        roads=found["roads"],
        homes=found["households"],
        places={name: found[name] for name in _PLACES},
        grades={name: audits.grades(session, name, on=on, groups=harmed) for name in _PLACES},
        people=people,
        findings=audits.open_findings(session),
        city=city,
    )


def measure(
    layers: Layers,
    norms: Sequence[Norm],
    belongs: "pd.Series[Any] | None" = None,
    *,
    under: Conditions | None = None,
) -> list[Coverage]:
    """Return who reaches each service, among all people or those of a group.

    Parameters
    ----------
    belongs
        Who counts (`boolean`, index of `layers.people`), as `planner.groups.members` returns it.

    Raises
    ------
    CodeError
        A service, a mode or the season is not known.
    NotFoundError
        The city has no such project.
    """
    under = under or Conditions()
    homes = to_metric(with_people(layers.homes, layers.people, belongs), layers.metric_epsg)
    joined: dict[Mode, tuple[Network, list[str], Snapped]] = {}
    measured = []
    for norm in norms:
        if norm.mode not in joined:
            network, unplaced = network_of(layers, norm.mode, season=under.season, cache=under.cache)
            joined[norm.mode] = network, unplaced, snap(network, homes)
        measured.append(_measured(layers, homes, norm, joined[norm.mode], under))
    return measured


def network_of(
    layers: Layers, mode: Mode, *, season: str | None = None, cache: Path | None = None
) -> tuple[Network, list[str]]:
    """Return the network as open findings and a season leave it, and barriers near none of its roads.

    Raises
    ------
    CodeError
        The season is not known.
    """
    known = calendar(layers.city)
    roads = to_metric(layers.roads, layers.metric_epsg)
    findings = to_metric(obstacles.distinct(layers.findings), layers.metric_epsg)
    stands = obstacles.barriers(findings, roads, mode)
    shut = closed_roads(layers.roads, known.closures, season=known.season(season))
    both = pd.concat([stands.assign(modes=None), shut.to_crs(roads.crs)], ignore_index=True)
    network = cached_network(obstacles.relieved(roads, findings, mode), mode=mode, folder=cache)
    placed = with_barriers(network, gpd.GeoDataFrame(both, geometry="geometry", crs=roads.crs))
    return placed.network, placed.unplaced


def places_of(layers: Layers, norm: Norm, under: Conditions) -> gpd.GeoDataFrame:
    """Return the places of a service with `counts` and, by their inspection, `passed`; EPSG:4326."""
    layer = codelist("service")[norm.service].facts["layer"]
    standing = layers.places[layer]
    if under.projects and layer == "facilities":
        standing = opened(standing, layers.city, under.projects)
    places = coverage.serving(standing, norm.service, tier=under.tier)
    passed = coverage.effective(places, layers.grades[layer])["counts"]
    return gpd.GeoDataFrame(places.assign(passed=passed))


def _measured(
    layers: Layers,
    homes: gpd.GeoDataFrame,
    norm: Norm,
    joined: tuple[Network, list[str], Snapped],
    under: Conditions,
) -> Coverage:
    network, unplaced, joints = joined
    places = places_of(layers, norm, under)
    metric = to_metric(places, layers.metric_epsg)
    answers = [
        coverage.reach(network, homes, metric.assign(counts=metric[counted]), norm, joints=joints)
        for counted in ("counts", "passed")
    ]
    tables = [coverage.coverage_table(homes, found, layers.regions) for found in answers]
    there = _supply(network, homes, metric, norm, joints)
    return Coverage(
        norm=norm,
        homes=homes,
        answers=answers[0],
        answers_effective=answers[1],
        potential=tables[0],
        effective=tables[1],
        places=places,
        supply=there,
        network=network,
        unplaced=unplaced,
    )


def _supply(
    network: Network, homes: gpd.GeoDataFrame, metric: gpd.GeoDataFrame, norm: Norm, joints: Snapped
) -> Supply:
    """Return what there is for each home; homes that join the same spot of an edge are searched once."""
    running = metric[metric["counts"].fillna(value=False).to_numpy(bool)]
    spots = pd.DataFrame({"edge": joints.edge, "fraction": joints.fraction, "door": joints.distance_m})
    number, unique = pd.factorize(pd.MultiIndex.from_frame(spots.round(6)))
    first = np.unique(number, return_index=True)[1]
    once = Snapped(joints.edge[first], joints.fraction[first], joints.distance_m[first])
    people = np.bincount(number, homes["people"].to_numpy(float), minlength=len(unique)).astype(float)
    pairs = matrix(network, once, snap(network, running), limit=norm.limit, by=norm.by)
    capacity = running["capacity"] if "capacity" in running else pd.Series(pd.NA, running.index, "Int64")
    found = supply(pairs, people, pd.to_numeric(capacity).astype("Float64"), norm.limit)
    return Supply(found.ratio[number], found.unit, found.capacity, found.counted, found.unknown)


_PLACES = ("facilities", "toilets")
