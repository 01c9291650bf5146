"""Need against resources: for every service, who needs it in a region and what is there for them.

The plan asks for an assessment of needs and a survey of resources (残疾人服务需求评估和服务资源调查). Whom a
service is for is data (`group` in the code list `service`); where a person lives counts, not where the
household is registered. A place that is built but idle is counted apart: it is a resource that serves nobody.
"""

from datetime import date

import geopandas as gpd
import pandas as pd

from gis.catalogue import codelist
from gis.regiontree import RegionTree
from planner.coverage import serving
from planner.groups import members, with_people

PER = 1000  # people for whom places and capacity are counted


def survey(
    regions: pd.DataFrame,
    homes: gpd.GeoDataFrame,
    people: pd.DataFrame,
    places: dict[str, gpd.GeoDataFrame],
    *,
    level: str = "county",
    on: date,
) -> pd.DataFrame:
    """Return need and resources by service and region.

    Parameters
    ----------
    homes, people
        Homes with `uid` and `region_code`; people with `household_uid` and what the groups ask for.
    places
        The layers `facilities` and `toilets`.
    level
        `county` or `township`.
    on
        The day that ages are counted on.

    Returns
    -------
    DataFrame
        One row a service and region: `service code name`, `need` (people surely in the group),
        `need_unknown`, `operating`, `idle` (built and not operating), `unknown` (not known to operate),
        `capacity` (of operating places; missing where none is known), `capacity_unknown` (operating places
        of unknown capacity), `per_1000` (places, for 1,000 people in need) and `lacking` (people in need
        beyond the capacity; missing where that is not known).

    Raises
    ------
    SchemaError
        The people lack a column that decides who is in a group.
    """
    tree = RegionTree.of(regions)
    rows = tree.regions[tree.regions["level"] == level][["code", "name"]].reset_index(drop=True)
    needs: dict[str, pd.DataFrame] = {}
    parts = []
    for service, about in codelist("service").codes.items():
        group = about.facts["group"]
        if group not in needs:
            belongs = None if group == "all" else members(people, group, on=on)
            counted = with_people(homes[["uid", "region_code"]], people, belongs)
            counted["code"] = tree.ancestor(counted["region_code"], level).to_numpy(object)
            needs[group] = counted.groupby("code")[["people", "people_unknown"]].sum()
        need = needs[group].reindex(rows["code"]).fillna(0).astype("int64")
        there = _resources(tree, serving(places[about.facts["layer"]], service), level).reindex(rows["code"])
        told = rows.assign(service=service, group=group, need=need["people"].to_numpy())
        told["need_unknown"] = need["people_unknown"].to_numpy()
        for name in ("operating", "idle", "unknown", "capacity_unknown"):
            told[name] = there[name].fillna(0).astype("int64").to_numpy()
        told["capacity"] = there["capacity"].astype("Int64").array
        parts.append(told)
    both = pd.concat(parts, ignore_index=True)
    both["per_1000"] = (PER * both["operating"] / both["need"]).where(both["need"] > 0)
    surely = both["capacity"].notna() & (both["capacity_unknown"] == 0)
    both["lacking"] = (both["need"] - both["capacity"]).clip(lower=0).where(surely | (both["operating"] == 0))
    both.loc[both["operating"] == 0, "lacking"] = both["need"]
    return both


def _resources(tree: RegionTree, places: gpd.GeoDataFrame, level: str) -> pd.DataFrame:
    status = codelist("operating_status").codes
    idle = [code for code in status if code == "idle"]
    counts = places["counts"]
    capacity = places["capacity"] if "capacity" in places else pd.Series(pd.NA, places.index, "Int64")
    runs = counts.fillna(value=False)
    told = pd.DataFrame(
        {
            "code": tree.ancestor(places["region_code"], level).to_numpy(object),
            "operating": runs.astype(int).to_numpy(),
            "idle": places["operating_status"].isin(idle).astype(int).to_numpy(),
            "unknown": counts.isna().astype(int).to_numpy(),
            "capacity": pd.to_numeric(capacity).where(runs).astype("Float64").array,
            "capacity_unknown": (runs & capacity.isna()).astype(int).to_numpy(),
        }
    )
    figures = told.groupby("code")[["operating", "idle", "unknown", "capacity_unknown"]].sum()
    return figures.assign(capacity=told.groupby("code")["capacity"].sum(min_count=1))
