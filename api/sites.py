"""Proposes new sites of a service: demand by village, candidates in villages or public buildings.

Demand is summed by village and stands at a point inside it, which is how the plan counts; who lives at
the edge of a village is measured exactly by `tantu cover` once the site is chosen. What stands already is
kept. The capital projects of the plan are compared with the proposal on the same demand, side by side.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from api.access import Conditions, Layers, network_of, places_of
from gis.catalogue import table
from gis.crs import to_metric
from gis.errors import DomainError, EmptyLayerError, NotFoundError
from gis.network import snap
from gis.regiontree import RegionTree
from gis.travel import Pairs, matrix
from planner import siting
from planner.coverage import Norm
from planner.groups import with_people
from planner.scenarios import candidates, compared, project_sites, projects

MODELS = ("mclp", "lscp", "pmedian", "pcenter")
CANDIDATES = ("villages", "public", "both")
WIDEST_S = 4 * 3600.0  # p-median and p-centre look this far for a site
COLUMNS = ["uid", "name", "region_code", "cost_yuan", "geometry"]


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    Attributes
    ----------
    new
        The most new sites (`lscp`: as many as it takes).
    model
        One of `MODELS`.
    among
        One of `CANDIDATES`: villages, public buildings that operate, or both.
    budget_yuan, cost_yuan
        The most that all new sites may cost, and what one costs; only `mclp` keeps a budget.
    capacity
        People a new site serves at most; existing sites serve as many as they are known to, those of unknown
        capacity everybody. Only `mclp` and `lscp` keep it.
    floor
        Share of the people of every county that must be reached, 0-1; only `mclp` keeps it.
    """

    new: int = 1
    model: str = "mclp"
    among: str = "villages"
    budget_yuan: float | None = None
    cost_yuan: float | None = None
    capacity: int | None = None
    floor: float | None = None


@dataclass(frozen=True)
class Proposal:
    """New sites and what was proved of them.

    Attributes
    ----------
    sites
        `uid name region_code cost_yuan people` (people whose nearest site it is), EPSG:4326.
    existing
        What stands and operates, EPSG:4326.
    scenarios
        What `planner.scenarios.compared` returned: the proposal, and each project of the plan for it.
    regions
        `code people reached after` of every region: within the norm today and with the proposal.
    """

    norm: Norm
    wanted: Wanted
    sites: gpd.GeoDataFrame
    existing: gpd.GeoDataFrame
    found: siting.Siting
    people: int
    scenarios: pd.DataFrame
    regions: pd.DataFrame
    seconds: float


def propose(
    layers: Layers,
    norm: Norm,
    wanted: Wanted,
    belongs: "pd.Series[Any] | None" = None,
    *,
    under: Conditions | None = None,
) -> Proposal:
    """Return the best new sites.

    Parameters
    ----------
    belongs
        Whose demand counts (`boolean`, index of `layers.people`); None for everybody.

    Raises
    ------
    NotFoundError
        There is no such model or kind of candidate.
    EmptyLayerError
        Nobody lives in a village, so there is no demand.
    DomainError
        A limit makes no sense, or the model does not keep it.
    InfeasibleError
        No choice keeps the limits.
    """
    _check(wanted)
    under = under or Conditions()
    started = time.perf_counter()
    demand = to_metric(_demand(layers, belongs), layers.metric_epsg)
    sites = _sites(layers, norm, wanted, under)
    metric = to_metric(sites, layers.metric_epsg)
    network, _ = network_of(layers, norm.mode, season=under.season, cache=under.cache)
    far = norm.limit if wanted.model in {"mclp", "lscp"} else max(norm.limit, WIDEST_S)
    pairs = matrix(network, snap(network, demand), snap(network, metric), limit=far, by=norm.by)
    # The projects of the plan are compared, not chosen from.
    offered = ~sites["uid"].str.startswith("project:").to_numpy(bool)
    found = _solved(_problem(pairs, demand, sites, wanted, offered), wanted)
    within = _within(pairs, norm)
    whole = siting.from_pairs(
        within, demand["people"].to_numpy(float), sites["existing"].to_numpy(bool), **_places(demand, sites)
    )
    scenarios = compared(whole, _scenarios(sites, found))
    chosen = sites.iloc[list(found.new)].assign(people=_served(found))
    return Proposal(
        norm=norm,
        wanted=wanted,
        sites=gpd.GeoDataFrame(chosen[["uid", "name", "region_code", "cost_yuan", "people", "geometry"]]),
        existing=gpd.GeoDataFrame(sites.loc[sites["existing"], ["uid", "name", "region_code", "geometry"]]),
        found=found,
        people=int(demand["people"].sum()),
        scenarios=scenarios,
        regions=_regions(layers, demand, whole, found),
        seconds=time.perf_counter() - started,
    )


def _check(wanted: Wanted) -> None:
    for name, value, known in (
        ("model", wanted.model, MODELS),
        ("candidates", wanted.among, CANDIDATES),
    ):
        if value not in known:
            raise NotFoundError(name, value, f"there are {', '.join(known)}")
    if wanted.floor is not None and not 0 < wanted.floor <= 1:
        raise DomainError(f"The floor is a share of people between 0 and 1, not {wanted.floor:g}.")
    if wanted.budget_yuan is not None and wanted.cost_yuan is None:
        raise DomainError("There is a budget, but not what a site costs; give it with --site-cost.")


def _problem(
    pairs: Pairs, demand: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, wanted: Wanted, offered: np.ndarray
) -> siting.SitingProblem:
    """Return the question with its limits; projects of the plan are out of everybody's reach."""
    kept = offered[pairs.target]
    usable = Pairs(pairs.origin[kept], pairs.target[kept], pairs.cost[kept])
    people = demand["people"].to_numpy(float)
    problem = siting.from_pairs(usable, people, sites["existing"].to_numpy(bool), **_places(demand, sites))
    if wanted.budget_yuan is not None:
        cost = sites["cost_yuan"].fillna(wanted.cost_yuan).to_numpy(float)
        problem = replace(problem, cost_yuan=cost, budget_yuan=wanted.budget_yuan)
    else:
        problem = replace(problem, cost_yuan=None)
    if wanted.capacity is not None:
        own = sites["capacity"].where(sites["existing"], wanted.capacity).fillna(people.sum())
        problem = replace(problem, capacity=own.to_numpy(float))
    if wanted.floor is not None:
        county = pd.factorize(demand["county"], sort=True)[0]
        whole = np.bincount(county, people, minlength=len(problem.counties))
        problem = replace(problem, floors=np.floor(whole * wanted.floor))
    return problem


def _places(demand: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> dict[str, Any]:
    county, names = pd.factorize(demand["county"], sort=True)
    cost = sites["cost_yuan"].fillna(0.0).to_numpy(float) if sites["cost_yuan"].notna().any() else None
    return {
        "county": county.astype(np.int64),
        "counties": tuple(names),
        "demands": tuple(demand["code"]),
        "sites": tuple(sites["uid"]),
        "cost_yuan": cost,
    }


def _solved(problem: siting.SitingProblem, wanted: Wanted) -> siting.Siting:
    if wanted.model == "mclp":
        return siting.solve_mclp(problem, wanted.new)
    if wanted.model == "lscp":
        return siting.solve_lscp(problem, reachable_only=True)
    solve = siting.solve_pmedian if wanted.model == "pmedian" else siting.solve_pcenter
    return solve(problem, wanted.new)


def _within(pairs: Pairs, norm: Norm) -> Pairs:
    near = pairs.cost / 10.0 <= norm.limit
    return Pairs(pairs.origin[near], pairs.target[near], pairs.cost[near])


def _scenarios(sites: gpd.GeoDataFrame, found: siting.Siting) -> dict[str, np.ndarray]:
    planned = {uid: row for row, uid in enumerate(sites["uid"]) if str(uid).startswith("project:")}
    each = {uid: np.array([row], np.int64) for uid, row in planned.items()}
    both = {"all projects": np.array(list(planned.values()), np.int64)} if len(planned) > 1 else {}
    return {"proposal": np.asarray(found.new, np.int64)} | each | both


def _served(found: siting.Siting) -> list[int]:
    """Return the people who go to each new site."""
    went = pd.Series(found.served).groupby(found.owner).sum() if len(found.owner) else pd.Series(dtype=float)
    return [round(float(went.get(site, 0.0))) for site in found.new]


def _regions(
    layers: Layers, demand: gpd.GeoDataFrame, problem: siting.SitingProblem, found: siting.Siting
) -> pd.DataFrame:
    """Return people within the norm of a site, today and with the proposal, by region."""
    tree = RegionTree.of(layers.regions)
    people = demand.set_index("code")["people"]
    told = pd.DataFrame({"code": tree.codes, "people": tree.totals(people).to_numpy()})
    for name, opened in (("reached", problem.existing), ("after", _opened(problem, found))):
        hit = np.diff(problem.reach[:, np.flatnonzero(opened)].indptr) > 0
        told[name] = tree.totals(people.where(hit, 0)).to_numpy()
    return told


def _opened(problem: siting.SitingProblem, found: siting.Siting) -> np.ndarray:
    opened = problem.existing.copy()
    opened[np.asarray(found.new, int)] = True
    return opened


def _demand(layers: Layers, belongs: "pd.Series[Any] | None") -> gpd.GeoDataFrame:
    live = layers.regions["valid_to"].isna() & layers.regions.geometry.notna()
    villages = layers.regions[(layers.regions["level"] == "village") & live]
    homes = with_people(layers.homes, layers.people, belongs)
    people = homes.groupby("region_code")["people"].sum()
    demand = villages.assign(people=villages["code"].map(people).fillna(0).astype("int64"))
    demand = demand[demand["people"] > 0].sort_values("code").reset_index(drop=True)
    if demand.empty:
        raise EmptyLayerError("households")
    codes = demand["code"].astype(object)
    county = RegionTree.of(layers.regions).ancestor(codes, "county").fillna("—")
    demand = demand.assign(county=county.to_numpy(object))[["code", "people", "county", "geometry"]]
    return gpd.GeoDataFrame(demand, geometry=demand.geometry.representative_point(), crs=layers.regions.crs)


def _sites(layers: Layers, norm: Norm, wanted: Wanted, under: Conditions) -> gpd.GeoDataFrame:
    """Return what stands, the candidates and the plan's projects of the service; EPSG:4326."""
    serving = places_of(layers, norm, under)
    standing = serving[serving["counts"].fillna(value=False).to_numpy(bool)]
    capacity = standing.get("capacity")
    parts = [
        standing.assign(cost_yuan=None, existing=True, capacity=capacity)[[*COLUMNS, "existing", "capacity"]]
    ]
    live = layers.regions[layers.regions["valid_to"].isna() & layers.regions.geometry.notna()]
    sources = {"villages": [live], "public": [layers.places["facilities"]]}
    sources["both"] = [*sources["villages"], *sources["public"]]
    parts += [
        candidates(places, cost_yuan=wanted.cost_yuan)[COLUMNS].assign(existing=False)
        for places in sources[wanted.among]
    ]
    planned = [one for one in _projects(layers) if one.service == norm.service]
    known = set(standing["uid"])
    planned = [one for one in planned if f"project:{one.id}" not in known]
    if planned:
        parts.append(project_sites(tuple(planned))[COLUMNS].assign(existing=False))
    both = pd.concat([part.astype({"cost_yuan": float}) for part in parts], ignore_index=True)
    both["capacity"] = pd.to_numeric(both["capacity"]).astype(float)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=layers.regions.crs)


def _projects(layers: Layers) -> tuple[Any, ...]:
    try:
        table(f"cities/{layers.city.id}/projects.toml")
    except NotFoundError:
        return ()
    return projects(layers.city)
