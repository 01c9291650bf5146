"""Proposes new sites of a service: demand by village, candidates in villages, existing sites kept.

Demand is summed by village and stands at a point inside it, which is how the plan counts; who lives at
the edge of a village is measured exactly by `tantu cover` once the site is chosen.
"""

import time
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from api.access import Layers
from gis.catalogue import codelist
from gis.crs import to_metric
from gis.errors import EmptyLayerError, NotFoundError
from gis.network import build, snap
from gis.travel import matrix
from planner import coverage, siting
from planner.coverage import Norm
from planner.groups import with_people
from planner.scenarios import candidates

MODELS = ("mclp", "lscp", "pmedian", "pcenter")
WIDEST_S = 4 * 3600.0  # p-median and p-centre look this far for a site


@dataclass(frozen=True)
class Proposal:
    """New sites (`uid name region_code`, EPSG:4326) and what was proved of them."""

    norm: Norm
    model: str
    sites: gpd.GeoDataFrame
    found: siting.Siting
    people: int
    seconds: float


def propose(layers: Layers, norm: Norm, *, new: int, model: str) -> Proposal:
    """Return the best new sites.

    Raises
    ------
    NotFoundError
        There is no such model.
    EmptyLayerError
        Nobody lives in a village, so there is no demand.
    InfeasibleError
        No choice keeps the limits.
    """
    if model not in MODELS:
        raise NotFoundError("model", model, f"there are {', '.join(MODELS)}")
    started = time.perf_counter()
    demand = to_metric(_demand(layers), layers.metric_epsg)
    sites = to_metric(_sites(layers, norm), layers.metric_epsg)
    network = build(to_metric(layers.roads, layers.metric_epsg), mode=norm.mode)
    limit = norm.limit if model in {"mclp", "lscp"} else max(norm.limit, WIDEST_S)
    pairs = matrix(network, snap(network, demand), snap(network, sites), limit=limit, by=norm.by)
    problem = siting.from_pairs(
        pairs,
        demand["people"].to_numpy(float),
        sites["existing"].to_numpy(bool),
        demands=tuple(demand["code"]),
        sites=tuple(sites["uid"]),
    )
    found = _solved(problem, model, new)
    chosen = sites.iloc[list(found.new)].to_crs(4326)
    return Proposal(norm, model, chosen, found, int(demand["people"].sum()), time.perf_counter() - started)


def _solved(problem: siting.SitingProblem, model: str, new: int) -> siting.Siting:
    if model == "mclp":
        return siting.solve_mclp(problem, new)
    if model == "lscp":
        return siting.solve_lscp(problem, reachable_only=True)
    return siting.solve_pmedian(problem, new) if model == "pmedian" else siting.solve_pcenter(problem, new)


def _demand(layers: Layers) -> gpd.GeoDataFrame:
    villages = layers.regions[(layers.regions["level"] == "village") & layers.regions["valid_to"].isna()]
    homes = with_people(layers.homes, layers.people)
    people = homes.groupby("region_code")["people"].sum()
    demand = villages.assign(people=villages["code"].map(people).fillna(0))
    demand = demand[demand["people"] > 0].sort_values("code").reset_index(drop=True)
    if demand.empty:
        raise EmptyLayerError("households")
    demand = demand[["code", "people", "geometry"]]
    return gpd.GeoDataFrame(demand, geometry=demand.geometry.representative_point(), crs=layers.regions.crs)


def _sites(layers: Layers, norm: Norm) -> gpd.GeoDataFrame:
    layer = codelist("service")[norm.service].facts["layer"]
    serving = coverage.serving(layers.places[layer], norm.service)
    standing = serving[serving["counts"].fillna(value=False).to_numpy(bool)]
    columns = ["uid", "name", "region_code", "geometry"]
    offered = candidates(layers.regions[layers.regions["valid_to"].isna()])[columns].assign(existing=False)
    both = pd.concat([standing[columns].assign(existing=True), offered], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=layers.regions.crs)
