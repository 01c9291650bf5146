"""Says what every open repair would bring, and which to pay for: findings in, people with access out.

Findings on roads are barriers of the mode; a place of the service that failed its inspection is shut until
all its failures are mended. With `potential` access every operating place counts as it stands, so that only
roads matter; with `effective` access (the default) a place counts once it would pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from api.access import Layers
from gis.barrier_openings import Openings, openings
from gis.barriers import with_barriers
from gis.catalogue import codelist
from gis.crs import to_metric
from gis.errors import NotFoundError
from gis.network import Network, Snapped, build, snap
from gis.repairs import in_the_way, single_gains
from planner import coverage, obstacles
from planner.coverage import Norm
from planner.groups import with_people
from planner.repairs import Bundle, best_bundle

ACCESS = ("effective", "potential")
COLUMNS = (
    "finding", "place_layer", "place_uid", "element", "element_no", "rule_id", "clause", "severity",
    "case_uid", "also", "works", "cost_yuan", "people_gained", "works_findings", "works_cost_yuan",
    "works_people", "in_bundle", "geometry",
)  # fmt: skip


@dataclass(frozen=True)
class Repairs:
    """What repairs bring.

    Attributes
    ----------
    people, reached, reachable
        People asked about, those who have access now, and those who would have it if all was repaired.
    regions
        Columns `code`, `people`, `reached` (now) and `after` (with the bundle), a row a region.
    table
        One row a finding that is an obstacle, EPSG:4326, columns `COLUMNS` and `region_code`:
        `people_gained` by mending it alone; `works_people` by mending its works for `works_cost_yuan`
        (`works_findings`, joined by ";": a place is shut by all its failures).
    bundle
        The best bundle; `bundle_findings` are the findings in it.
    others, unplaced
        Open findings that stand in nobody's way to this service, and barriers near no road of the mode.
    """

    norm: Norm
    access: str
    people: int
    reached: int
    reachable: int
    regions: pd.DataFrame
    table: gpd.GeoDataFrame
    bundle: Bundle
    others: int
    unplaced: int

    @property
    def bundle_findings(self) -> list[str]:
        """Findings of the bundle, the older ones of the same defects included."""
        rows = self.table[self.table["in_bundle"]]
        return _named(rows)


def plan_repairs(
    layers: Layers,
    found: gpd.GeoDataFrame,
    norm: Norm,
    *,
    access: str = "effective",
    budget_yuan: float | None = None,
    belongs: "pd.Series[Any] | None" = None,
    time_limit_s: float = 30.0,
    advance: Callable[[float], None] = lambda _: None,
) -> Repairs:
    """Return the gain of every repair, and the best bundle under the budget.

    Parameters
    ----------
    found
        What `audits.service.open_findings` returned.
    access
        `effective` or `potential`.
    belongs
        Who counts (`boolean`, index of `layers.people`); None for everybody.
    advance
        Called with the share that is done.

    Raises
    ------
    NotFoundError
        There is no such access.
    InputError
        The budget is below zero.
    """
    if access not in ACCESS:
        raise NotFoundError("access", access, f"there are {', '.join(ACCESS)}")
    findings = to_metric(obstacles.distinct(found), layers.metric_epsg)
    findings = findings.assign(cost_yuan=obstacles.price_yuan(findings))
    homes = to_metric(with_people(layers.homes, layers.people, belongs), layers.metric_epsg)
    places = _places(layers, norm, findings, access)
    network, unplaced = _network(layers, norm, findings)
    advance(0.4)
    joints, people = snap(network, homes), homes["people"].to_numpy(np.int64)
    town = _town(network, norm, joints, places)
    costs, members = _units(town, findings, places)
    advance(0.6)
    gained = single_gains(town, people)
    bundle = best_bundle(town, people, costs, budget_yuan, time_limit_s=time_limit_s)
    told = _table(town, findings, members, (gained, costs), bundle)
    told = told.assign(region_code=_region_codes(layers, told))
    return Repairs(
        norm=norm,
        access=access,
        people=int(people.sum()),
        reached=int(people[town.reached].sum()),
        reachable=int(people[town.reachable].sum()),
        regions=_regions(layers, homes, town, bundle),
        table=told,
        bundle=bundle,
        others=len(set(found["uid"]) - set(_named(told))),
        unplaced=len(unplaced),
    )


def _named(rows: pd.DataFrame) -> list[str]:
    """Return the findings of rows, the older ones of the same defects after each."""
    pairs = zip(rows["finding"], rows["also"], strict=True)
    return [uid for pair in pairs for uids in pair for uid in uids.split(";") if uid]


def _places(layers: Layers, norm: Norm, findings: pd.DataFrame, access: str) -> gpd.GeoDataFrame:
    layer = codelist("service")[norm.service].facts["layer"]
    places = to_metric(coverage.serving(layers.places[layer], norm.service), layers.metric_epsg)
    if access == "potential":
        kept = places[places["counts"].fillna(value=False).to_numpy(bool)]
        return gpd.GeoDataFrame(kept.assign(findings="", unit=None))
    own = findings[findings["place_layer"] == layer]
    return gpd.GeoDataFrame(obstacles.shut_places(places, layers.grades[layer], own))


def _network(layers: Layers, norm: Norm, findings: gpd.GeoDataFrame) -> tuple[Network, list[str]]:
    roads = to_metric(layers.roads, layers.metric_epsg)
    stands = obstacles.barriers(findings, roads, norm.mode)
    network = build(obstacles.relieved(roads, findings, norm.mode), mode=norm.mode)
    placed = with_barriers(network, stands)
    return placed.network, placed.unplaced


def _town(network: Network, norm: Norm, homes: Snapped, places: gpd.GeoDataFrame) -> Openings:
    shut = [None if pd.isna(unit) else str(unit) for unit in places["unit"]]
    return openings(network, homes, snap(network, places), by=norm.by, limit=norm.limit, shut=shut)


def _units(
    town: Openings, findings: pd.DataFrame, places: pd.DataFrame
) -> tuple[np.ndarray, dict[str, list[str]]]:
    """Return what every unit costs, and which findings it mends."""
    of_place = dict(zip(places["unit"], places["findings"], strict=True))
    members = {unit: of_place[unit].split(";") if unit in of_place else [unit] for unit in town.units}
    price = findings.set_index("uid")["cost_yuan"]
    return np.array([float(price[members[unit]].sum()) for unit in town.units]), members


def _regions(layers: Layers, homes: gpd.GeoDataFrame, town: Openings, bundle: Bundle) -> pd.DataFrame:
    opened = np.isin(np.arange(len(town.units)), bundle.units)
    after, gainers = town.reached.copy(), np.flatnonzero(town.reachable & ~town.reached)
    if len(gainers):
        after[gainers] = in_the_way(town, gainers, opened).reached
    now, later = (
        coverage.coverage_table(
            homes, pd.DataFrame({"reached": flags}, dtype="boolean", index=homes.index), layers.regions
        )
        for flags in (town.reached, after)
    )
    told = now[["code", "people", "reached"]].assign(after=later["reached"])
    return told[told["code"].notna()].reset_index(drop=True)


def _region_codes(layers: Layers, told: pd.DataFrame) -> pd.Series:
    """Return the region of the place of each row, None where it is not known."""
    parts = {"roads": layers.roads, **layers.places}
    known = (
        {
            (layer, uid): code
            for layer, rows in parts.items()
            for uid, code in zip(rows["uid"], rows["region_code"], strict=True)
        }
        if len(told)
        else {}
    )
    keys = zip(told["place_layer"], told["place_uid"], strict=True)
    codes = pd.Series([known.get(key) for key in keys], index=told.index, dtype=object)
    return codes.where(codes.notna(), None)


def _table(
    town: Openings,
    findings: gpd.GeoDataFrame,
    members: dict[str, list[str]],
    figures: tuple[np.ndarray, np.ndarray],
    bundle: Bundle,
) -> gpd.GeoDataFrame:
    """Return a row a finding, those that gain most for their unit's price first."""
    gained, costs = figures
    units = pd.DataFrame(
        {
            "works": pd.Series(town.units, dtype=object),
            "works_findings": pd.Series([";".join(members[unit]) for unit in town.units], dtype=object),
            "finding": pd.Series([members[unit] for unit in town.units], dtype=object),
            "works_people": gained,
            "people_gained": np.where([len(members[unit]) == 1 for unit in town.units], gained, 0),
            "works_cost_yuan": costs,
            "in_bundle": np.isin(np.arange(len(town.units)), bundle.units),
        }
    )
    rows = units.explode("finding", ignore_index=True)
    told = findings.rename(columns={"uid": "finding"}).merge(rows, on="finding")
    told["rate"] = told["works_people"] / told["works_cost_yuan"].clip(lower=1)
    told = told.sort_values(["rate", "works", "finding"], ascending=[False, True, True], ignore_index=True)
    return gpd.GeoDataFrame(told, geometry="geometry", crs=findings.crs).to_crs(4326)[list(COLUMNS)]
