"""The network of services in three levels: each village linked to its township and its county.

The plan asks for a network of county, township and village that complement each other (三级联动互补), and
for care in three tiers: at home, in the community, in an institution. Here every village is a row with the
place that serves it at each level, and what is missing. A level at which the only place may or may not
operate is not known, and makes the whole chain not known, never complete.
"""

import geopandas as gpd
import pandas as pd

from gis.catalogue import codelist
from gis.errors import InputError
from gis.regiontree import RegionTree
from planner.gaps import gaps

LEVELS = ("village", "township", "county")
CHAIN = {"village": "village_service", "township": "township_institution"}  # and a service of the county
COUNTY_SERVICES = ("care", "rehabilitation", "device_station")


def three_levels(
    regions: pd.DataFrame, facilities: gpd.GeoDataFrame, county_service: str = "care"
) -> pd.DataFrame:
    """Return for every village the places of its chain and whether it is complete.

    Parameters
    ----------
    regions, facilities
        The layers.
    county_service
        The service looked for in the county: one of `COUNTY_SERVICES`.

    Returns
    -------
    DataFrame
        `code name township_code county_code`; `premises_m2` that the village gives to services (missing where
        not known; 0: none); `village`, `township`, `county` (`boolean`: served at that
        level) and `village_places`, `township_places`, `county_places` (uids, joined by ";"); `complete`
        (`boolean`) and `missing` (levels without, joined by ";"). A village outside every township of the
        plan (on a farm) has no chain there: `township` is missing.

    Raises
    ------
    InputError
        The county service is not one of those.
    """
    if county_service not in COUNTY_SERVICES:
        raise InputError(f"The county's level is one of {', '.join(COUNTY_SERVICES)}, not {county_service}.")
    tree = RegionTree.of(regions)
    villages = gaps(regions, facilities, CHAIN["village"])
    rows = villages[["code", "name"]].copy()
    codes = rows["code"].astype(object)
    for level in ("township", "county"):
        rows[f"{level}_code"] = tree.ancestor(codes, level).to_numpy(object)
    own = {"village": rows["code"], "township": rows["township_code"], "county": rows["county_code"]}
    for level in LEVELS:
        found = gaps(regions, facilities, CHAIN.get(level, county_service)).set_index("code")
        rows[level] = found["has"].reindex(own[level]).astype("boolean").array
        rows[f"{level}_places"] = found["places"].reindex(own[level]).fillna("").to_numpy(object)
    served = rows[list(LEVELS)]
    area = tree.regions["premises_m2"] if "premises_m2" in tree.regions else pd.Series(dtype=float)
    rows["premises_m2"] = pd.to_numeric(area).reindex(rows["code"]).to_numpy(float)
    rows["complete"] = (served["village"] & served["township"] & served["county"]).astype("boolean")
    absent = served.eq(other=False).fillna(value=False)
    rows["missing"] = [
        ";".join(level for level in LEVELS if gone[level]) for gone in absent.to_dict("records")
    ]
    return rows


def links(chains: pd.DataFrame) -> pd.DataFrame:
    """Return the network as links from a village to its township and from there to its county.

    Returns
    -------
    DataFrame
        `lower upper level served`: `served` tells whether the upper end has its service; each pair once.
    """
    first = chains[["code", "township_code", "township"]].set_axis(["lower", "upper", "served"], axis=1)
    second = chains[["township_code", "county_code", "county"]].set_axis(["lower", "upper", "served"], axis=1)
    both = pd.concat([first.assign(level="township"), second.assign(level="county")], ignore_index=True)
    return both.dropna(subset=["lower", "upper"]).drop_duplicates(["lower", "upper"], ignore_index=True)


def completeness(chains: pd.DataFrame) -> pd.DataFrame:
    """Return by county how many villages have a complete chain, an incomplete one, and one not known."""
    complete = chains["complete"]
    told = pd.DataFrame(
        {
            "county_code": chains["county_code"].astype(object),
            "villages": 1,
            "complete": complete.fillna(value=False).astype(int),
            "incomplete": complete.eq(other=False).fillna(value=False).astype(int),
            "unknown": complete.isna().astype(int),
        }
    )
    return told.groupby("county_code", as_index=False).sum()


def care_tiers(regions: pd.DataFrame, facilities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return by county how many regions have care at home, in the community and in an institution.

    The tier of a service is data (`care_tier` in the code list `service`).

    Returns
    -------
    DataFrame
        One row a tier, service and county: `care_tier service county_code level regions with unknown`.
    """
    tree = RegionTree.of(regions)
    parts = []
    for service, about in codelist("service").codes.items():
        if "care_tier" not in about.facts or "per" not in about.facts:
            continue
        found = gaps(regions, facilities, service)
        found["county_code"] = tree.ancestor(found["code"].astype(object), "county").to_numpy(object)
        found["with"] = found["has"].fillna(value=False).astype(int)
        found["unknown"] = found["has"].isna().astype(int)
        counted = found.groupby("county_code", as_index=False).agg(
            level=("level", "first"), regions=("code", "size"), **{"with": ("with", "sum")},
            unknown=("unknown", "sum"),
        )  # fmt: skip
        parts.append(counted.assign(care_tier=about.facts["care_tier"], service=service))
    columns = ["care_tier", "service", "county_code", "level", "regions", "with", "unknown"]
    return pd.concat(parts, ignore_index=True)[columns]
