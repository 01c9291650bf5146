"""Where the plan asks for a service in every region of a level, and there is none.

The code list `service` says at which level (`per`): an institution in every township and a service in every
village (乡乡有机构、村村有服务), rehabilitation, care and device stations in every county. A region in which
the only place may or may not operate is neither filled nor a gap: `has` is then missing.
"""

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.catalogue import codelist
from gis.errors import InputError
from gis.regiontree import RegionTree
from planner.coverage import serving

# A county below the population from which the plan wants a school of its own may have a resource centre.
INSTEAD = {"special_education": "resource_centre"}


def gaps(regions: pd.DataFrame, facilities: gpd.GeoDataFrame, service: str) -> pd.DataFrame:
    """Return for every region of the service's level whether it has the service.

    Parameters
    ----------
    regions
        The layer `regions`, of which the rows that have not ended count, but no farm or park;
        `population` decides which service a county needs where the plan says so (missing: summed from
        below if known there).
    facilities
        The layer `facilities` with `region_code`; one without a known region fills no gap.
    service
        Code of a service that has `per` in the code list.

    Returns
    -------
    DataFrame
        `code name level parent_code population`, `has` (`boolean`, missing where unknown), `places`
        (uids that count, joined by `;`), `accepted` (services that fill it, joined by `;`) and `rule`
        (the source of the rule). The gap list are the rows where `has` is False.

    Raises
    ------
    CodeError
        The service is not known.
    InputError
        The plan does not ask for this service by region.
    SchemaError
        The regions are not a tree.
    """
    about = codelist("service")[service].facts
    if "per" not in about:
        raise InputError(f"{service} is not asked for by region, but within a time or distance: tantu cover")
    tree = RegionTree.of(regions)
    population = inhabitants(tree)
    columns = ["code", "name", "level", "parent_code"]
    asked = (tree.regions["level"] == about["per"]) & _counted(tree.regions)
    rows: pd.DataFrame = tree.regions.loc[asked, columns]
    rows = rows.reset_index(drop=True)
    rows["population"] = rows["code"].map(population)
    own = _filled(tree, facilities, service, about["per"]).reindex(rows["code"])
    rows["has"], rows["places"] = own["has"].array, own["places"].array
    rows["accepted"], rows["rule"] = service, about["norm_source"]
    if service in INSTEAD:
        other = _filled(tree, facilities, INSTEAD[service], about["per"]).reindex(rows["code"])
        small = rows["population"] < about["population_from"]
        either = (rows["has"] | other["has"].array).astype("boolean")
        # Where the number of people is not known, only a school of its own is surely enough.
        unsure = rows["population"].isna() & ~rows["has"].fillna(value=False) & either.fillna(value=True)
        rows["has"] = rows["has"].mask(small, either).mask(unsure)
        both = [";".join(filter(None, pair)) for pair in zip(rows["places"], other["places"], strict=True)]
        rows["places"] = rows["places"].mask(small, pd.Series(both, index=rows.index))
        rows["accepted"] = rows["accepted"].mask(small, f"{service};{INSTEAD[service]}")
    return rows


def _counted(regions: pd.DataFrame) -> pd.Series:
    """Return which regions the plan counts: all but the farms and parks of the list `region_kind`."""
    kinds = codelist("region_kind").codes
    aside = [code for code, about in kinds.items() if about.facts.get("counts") is False]
    named = regions["kind"] if "kind" in regions else pd.Series(index=regions.index, dtype=object)
    return ~named.isin(aside)


def inhabitants(tree: RegionTree) -> pd.Series:
    """Return the inhabitants of every region: its own figure or, lacking that, the sum of all below it.

    Missing where a region below has neither.
    """
    own = pd.to_numeric(tree.regions.get("population", pd.Series(index=tree.regions.index, dtype=float)))
    known = own.to_numpy(float, na_value=np.nan)
    for depth in range(int(tree.depths.max(initial=0)), 0, -1):
        here = np.flatnonzero(tree.depths == depth)
        sums = np.full(len(known), np.nan)
        above = tree.parents[here]
        sums[above] = 0.0
        np.add.at(sums, above, known[here])
        known = np.where(np.isnan(known), sums, known)
    return pd.Series(known, index=tree.regions.index)


def _filled(tree: RegionTree, facilities: gpd.GeoDataFrame, service: str, level: str) -> pd.DataFrame:
    """Return for every region of a level whether it has the service, and by which places."""
    places = serving(facilities, service)
    code = tree.ancestor(places["region_code"], level)
    counts = places["counts"]
    codes = tree.regions.index[tree.regions["level"] == level]
    sure = places["uid"][counts.fillna(value=False)].groupby(code).agg(";".join).reindex(codes)
    possible = codes.isin(code[counts.isna()])
    has = pd.Series(sure.notna(), index=codes).astype("boolean").mask(possible & sure.isna())
    return pd.DataFrame({"has": has, "places": sure.fillna("")})
