"""What the command line and the job queue answer of coverage: plain values, with or without small numbers."""

from typing import Any

import geopandas as gpd
import pandas as pd

from api.access import Coverage
from gis.catalogue import codelist
from planner.evenness import by_share, county_parts, evenness, spread, urban
from planner.publishing import PUBLIC_LEVELS, public_reach

FIGURES = ("people", "reached", "unknown", "share")


def told(
    measured: Coverage, regions: gpd.GeoDataFrame, group: str, *, public: bool = False
) -> dict[str, Any]:
    """Return the machine-readable answer.

    Parameters
    ----------
    regions
        The layer `regions` that was measured with.
    public
        Withhold numbers of few people and leave villages and everything finer than a county's share out.
    """
    norm = measured.norm
    answer: dict[str, Any] = {
        "service": norm.service,
        "mode": norm.mode,
        "group": group,
        "within_min": None if norm.within_s is None else norm.within_s / 60,
        "within_m": norm.within_m,
        "norm_source": norm.source,
        **totals(measured.potential),
        "by_region": _rows(measured.potential, regions, public=public),
        "effective": {
            **totals(measured.effective),
            "by_region": _rows(measured.effective, regions, public=public),
        },
        "public": public,
        "network": network_told(measured),
    }
    if not public:
        answer |= _spread_told(measured, regions)
    return answer


def totals(table: pd.DataFrame) -> dict[str, Any]:
    """Return the sums over counties, and over homes in no known region."""
    counties = table[(table["level"] == "county") | table["code"].isna()]
    people, reached, unknown = (int(counties[name].sum()) for name in ("people", "reached", "unknown"))
    share = reached / people if people else None
    return {"people": people, "reached": reached, "unknown": unknown, "reached_share": share}


def network_told(measured: Coverage) -> dict[str, Any]:
    """Return what the network is made of, and who is off it."""
    network, homes = measured.network, measured.homes
    off = ~measured.answers["on_network"]
    sizes = pd.Series(network.component).value_counts()
    return {
        "edges": len(network.start),
        "nodes": len(network.xy),
        "components": len(sizes),
        "largest_share": float(sizes.max() / sizes.sum()),
        "mended_ends": len(network.repairs),
        "barriers": len(set(network.barriers.source)),
        "barriers_unplaced": len(measured.unplaced),
        "people_off_network": int(homes.loc[off, "people"].sum()),
    }


def _spread_told(measured: Coverage, regions: gpd.GeoDataFrame) -> dict[str, Any]:
    homes, answers = measured.homes, measured.answers
    villages = measured.potential[measured.potential["level"] == "village"]
    effective = measured.effective[measured.effective["level"] == "village"]
    ratio = pd.Series(measured.supply.ratio, index=homes.index)
    parts = by_share(homes, answers, county_parts(homes, regions.to_crs(homes.crs)))
    return {
        "travel": _travel(spread(homes["people"], answers["cost"]), measured),
        "equity": {
            "villages": evenness(villages["share"].astype(float), villages["people"].astype(int)),
            "villages_effective": evenness(effective["share"].astype(float), effective["people"].astype(int)),
            "supply": evenness(ratio, homes["people"]),
            "urban_rural": by_share(homes, answers, urban(homes, regions)).to_dict("records"),
            "county_parts": _plain(parts),
        },
        "supply": {
            "unit": measured.supply.unit,
            "total": measured.supply.capacity,
            "places": measured.supply.counted,
            "places_of_unknown_capacity": measured.supply.unknown,
            "by_county": _supply_by_county(measured, ratio),
        },
    }


def _travel(found: Any, measured: Coverage) -> dict[str, Any]:  # noqa: ANN401 - a Spread, whose fields are told
    unit = "s" if measured.norm.by == "time" else "m"
    figures = {
        f"{name}_{unit}": getattr(found, name) for name in ("p10", "p50", "p90", "mean", "worst_tenth")
    }
    return figures | {"cut_off": found.cut_off}


def _supply_by_county(measured: Coverage, ratio: "pd.Series[float]") -> list[dict[str, Any]]:
    """Return what there is for 1,000 people of each county."""
    homes = measured.homes
    counties = measured.potential[measured.potential["level"] == "county"]
    rows = []
    for code, name in zip(counties["code"], counties["name"], strict=True):
        own = homes["region_code"].str.startswith(code).fillna(value=False)
        people = homes.loc[own, "people"]
        each = float((ratio[own] * people).sum() / people.sum() * 1000) if people.sum() else None
        rows.append({"code": code, "name": name, "per_1000": each})
    return rows


def _plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): value for name, value in row.items()}
        for row in rows.astype(object).where(rows.notna(), None).to_dict("records")
    ]


def _rows(table: pd.DataFrame, regions: pd.DataFrame, *, public: bool) -> list[dict[str, Any]]:
    return _plain(shown(table, regions, public=public)[["code", "name", "level", *FIGURES]])


def shown(table: pd.DataFrame, regions: pd.DataFrame, *, public: bool) -> pd.DataFrame:
    """Return a coverage table as it may be shown: whole, or without villages and numbers of few people.

    The public table keeps no `unknown`, which would give withheld numbers away.
    """
    if not public:
        return table
    live = regions[regions["valid_to"].isna() & regions["level"].isin(PUBLIC_LEVELS)]
    kept = public_reach(table[table["code"].notna()], live)
    people = kept["people"].astype("Float64")
    share = (kept["reached"].astype("Float64") / people).where(people > 0)
    return kept.assign(unknown=None, share=share)


def layers(
    measured: Coverage, regions: gpd.GeoDataFrame, *, public: bool = False
) -> dict[str, gpd.GeoDataFrame]:
    """Return coverage as layers of a GeoPackage: regions with their figures, and the places; EPSG:4326."""
    live = regions[regions["valid_to"].isna()].drop_duplicates("code").set_index("code")
    parts = {}
    for name, table in (("potential", measured.potential), ("effective", measured.effective)):
        rows = shown(table[table["code"].notna()], regions, public=public)
        parts[name] = rows.set_index("code")
    told_of = parts["potential"][["name", "level", "people", "reached", "share"]]
    for name in ("reached", "share"):
        told_of = told_of.assign(**{f"{name}_effective": parts["effective"][name]})
    told_of = told_of.astype({"people": "Int64", "reached": "Int64", "reached_effective": "Int64"})
    told_of = told_of.astype({"share": "Float64", "share_effective": "Float64"})
    shapes = live.geometry.reindex(told_of.index)
    columns = ["uid", "name", "operating_status", "region_code", "counts", "passed", "geometry"]
    nearest = measured.homes["people"].groupby(measured.answers["facility"]).sum()
    places = measured.places[columns]
    if not public:  # the area that a place serves: those who live nearest to it
        places = places.assign(people_nearest=places["uid"].map(nearest).fillna(0).astype("int64"))
    return {
        "regions": gpd.GeoDataFrame(told_of.reset_index(), geometry=shapes.to_numpy(), crs=regions.crs),
        "places": gpd.GeoDataFrame(places),
    }


def limit_told(measured: Coverage) -> str:
    """Return the limit as a reader writes it, such as `60 min`."""
    norm = measured.norm
    return f"{norm.within_m:g} m" if norm.within_s is None else f"{norm.within_s / 60:g} min"


def service_name(code: str, lang: Any) -> str:  # noqa: ANN401 - a Language
    """Return the name of a service."""
    return codelist("service")[code].label(lang)
