"""Facilities by tier and public toilets of the demonstration city, with gaps that are known in advance.

What is built where is a table (`facilities.toml`); who is left without on purpose is returned as gaps,
so that coverage and gap lists can be compared with what was planted.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data.demo.draw import Ints, apportion, days, exact, flags, stream
from data.demo.plane import Plane
from data.demo.roads import Roads
from data.demo.sites import beside_streets
from data.demo.units import Units
from gis.catalogue import City, table

FULL_TOILETS, LEAST_TOILETS = 600, 40

STATUS = {"operating": 0.93, "idle": 0.04, "building": 0.02, "closed": 0.01}
TOILET_STATUS = {"operating": 0.94, "idle": 0.02, "building": 0.01, "closed": 0.03}
TOILET_CATEGORIES = {
    "public_service": 0.30, "tourist": 0.12, "transport": 0.10, "market": 0.13, "park": 0.12,
    "community": 0.20, "other": 0.03,
}  # fmt: skip
COUNTY_RANK = {"least": 0, "second": 1, "third": 2}


@dataclass(frozen=True)
class Facilities:
    """The facilities (columns of FACILITIES with lon, lat), who was inspected, and the planted gaps.

    Attributes
    ----------
    audited
        Whether each facility was inspected, in the order of the layer.
    gaps
        Columns region_code, level, service, tier (may be missing), kind.
    """

    layer: pd.DataFrame
    audited: np.ndarray
    gaps: pd.DataFrame


def facility_layer(units: Units, roads: Roads, city: City, plane: Plane, seed: int) -> Facilities:
    """Return the facilities of the city; the same at every size."""
    rng = stream(seed, "facilities")
    served = _served(units, city)
    parts, gaps, audited = [], [], []
    for kind in table("demo/facilities.toml")["kinds"]:
        rows = _candidates(kind, served)
        missing = _left_out(kind, rows, rng)
        gaps.append(_gap_rows(kind, rows[missing]))
        built = rows[~missing & flags(rng, kind.get("share", 1.0), len(rows))].reset_index(drop=True)
        parts.append(_facility_rows(kind, built, rng))
        audited.append(flags(rng, kind["audited"], len(built)))
    layer = pd.concat(parts, ignore_index=True)
    village = layer.pop("village").to_numpy()
    layer["region_code"] = units.villages["code"].to_numpy()[village]
    places = beside_streets(units, roads, village, rng)
    layer["lon"], layer["lat"] = plane.degrees(places[:, 0], places[:, 1])
    layer.insert(0, "uid", [f"F{number:05d}" for number in range(1, len(layer) + 1)])
    return Facilities(layer, np.concatenate(audited), pd.concat(gaps, ignore_index=True))


def _served(units: Units, city: City) -> pd.DataFrame:
    """Return all units that may get something: code, stem of names, level, people, village, community, seat.

    `village` is the row of the village it would stand in.
    What serves a township stands in its centre, what serves a county or the city in its seat.
    """
    villages, townships = units.villages, units.townships
    centre = pd.Series(villages.index[villages["centre"]].to_numpy())
    towns = townships.assign(village=centre, people=villages.groupby("township")["population"].sum())
    counties = pd.DataFrame(city.facts["counties"]).rename(columns={"population_2020": "people"})
    seats = towns[towns["seat"]].groupby("county")["village"].first()
    counties["village"] = counties["code"].map(seats)
    whole = counties.nlargest(1, "people").assign(code=city.code, zh=city.zh, people=counties["people"].sum())
    parts = {
        "city": whole,
        "county": counties,
        "township": towns[towns["counts"]],
        "village": villages.assign(people=villages["population"], village=villages.index),
    }
    columns = ["code", "zh", "people", "village"]
    served = pd.concat(
        [rows[columns].assign(level=level) for level, rows in parts.items()], ignore_index=True
    )
    return served.rename(columns={"zh": "stem"}).assign(
        community=served["code"].isin(villages.loc[villages["kind"] == "community", "code"]),
        seat=served["code"].isin(villages.loc[villages["ur_code"].isin(("111", "121")), "code"]),
    )


def _candidates(kind: dict[str, Any], served: pd.DataFrame) -> pd.DataFrame:
    """Return the units for which one of this kind may be built."""
    chosen = served[kind["per"]] if kind["per"] in ("community", "seat") else served["level"] == kind["per"]
    people = served["people"]
    fit = (people >= kind.get("population_from", 0)) & (people < kind.get("population_below", np.inf))
    candidates: pd.DataFrame = served[chosen & fit]
    return candidates.reset_index(drop=True)


def _left_out(kind: dict[str, Any], rows: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Return who is left without on purpose."""
    gap, missing = kind.get("gap"), np.zeros(len(rows), dtype=bool)
    if isinstance(gap, str):
        missing[np.argsort(rows["people"].to_numpy(), kind="stable")[COUNTY_RANK[gap]]] = True
    elif gap is not None:
        missing[rng.permutation(len(rows))[:gap]] = True
    return missing


def _gap_rows(kind: dict[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "region_code": rows["code"],
        "level": rows["level"],
        "service": kind.get("gap_service", ""),
        "tier": pd.array([kind.get("gap_tier")] * len(rows), dtype="Int64"),
        "kind": kind["zh"],
    })  # fmt: skip


def _facility_rows(kind: dict[str, Any], rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    size = len(rows)
    key = kind["per"] in ("city", "county")
    cares = bool(set(kind["services"]) & {"care", "day_care"})
    built_on = days(rng, "1996-01-01", "2024-12-31", size)
    return pd.DataFrame({
        "name": rows["stem"] + kind["zh"] + "（示例）",
        "facility_class": kind["facility_class"],
        "services": ";".join(kind["services"]),
        "tier": pd.array([kind.get("tier")] * size, dtype="Int64"),
        "operator": rows["stem"] + "示例单位",
        "operator_type": kind.get("operator_type", "public"),
        "operating_status": "operating" if key else exact(rng, STATUS, size),
        "capacity": pd.array(
            rng.integers(15, 121, size) if cares else [None] * size, dtype="Int64"
        ),
        "accepts_disabled": flags(rng, kind.get("accepts", 0.85), size) | key,
        "wheelchair": exact(rng, {"yes": 0.45, "limited": 0.30, "no": 0.25}, size),
        "built_on": built_on,
        "opening_hours": "Mo-Fr 09:00-17:00",
        "village": rows["village"],
    })  # fmt: skip


def toilet_layer(units: Units, roads: Roads, plane: Plane, *, scale: float, seed: int) -> pd.DataFrame:
    """Return the public toilets with the columns of TOILETS and lon, lat; most of them in towns."""
    rng = stream(seed, "toilets")
    size = max(round(FULL_TOILETS * scale), LEAST_TOILETS)
    own = _toilet_villages(units, size)
    places = beside_streets(units, roads, own, rng)
    lon, lat = plane.degrees(places[:, 0], places[:, 1])
    room = flags(rng, 0.62, size)
    rooms = rng.integers(3, 19, size)
    villages = units.villages
    return pd.DataFrame({
        "uid": [f"T{number:04d}" for number in range(1, size + 1)],
        "name": villages["zh"].to_numpy()[own] + pd.Series(range(1, size + 1)).astype(str) + "号公厕（示例）",
        "category": exact(rng, TOILET_CATEGORIES, size),
        "operating_status": exact(rng, TOILET_STATUS, size),
        "wheelchair": np.where(room, np.where(flags(rng, 0.7, size), "yes", "limited"), "no"),
        "rooms": rooms,
        "accessible_rooms": np.where(room, 1 + flags(rng, 0.2, size), flags(rng, 0.2, size)).astype(np.int64),
        "accessible_room": room,
        "third_toilet": room & flags(rng, 0.25, size),
        "changing_table": room & flags(rng, 0.35, size),
        "alarm": room & flags(rng, 0.5, size),
        "step_free": flags(rng, np.where(room, 0.75, 0.25), size),
        "free": True,
        "open_24h": flags(rng, 0.3, size),
        "opening_hours": rng.choice(["24/7", "06:00-22:00", "08:00-20:00"], size),
        "built_on": days(rng, "2005-01-01", "2024-12-31", size),
        "maintainer": villages["zh"].to_numpy()[own] + "示例管护单位",
        "region_code": villages["code"].to_numpy()[own],
        "lon": lon,
        "lat": lat,
    })  # fmt: skip


def _toilet_villages(units: Units, size: int) -> Ints:
    """Return the row of the village of each toilet: by residents, three times as many in towns."""
    villages = units.villages
    weight = villages["population"] * np.where(villages["kind"] == "community", 3.0, 1.0)
    return np.repeat(np.arange(len(villages)), apportion(weight, size))
