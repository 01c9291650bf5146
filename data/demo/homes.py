"""The households of the demonstration city: where they live, how, and who else lives there.

Homes stand beside the streets of their own village; the flats of one building share its place.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from data.demo.draw import Flags, Floats, Ints, apportion, days, exact, flags, stream
from data.demo.plane import Plane
from data.demo.roads import Roads
from data.demo.sites import beside_streets
from data.demo.units import Units

FULL_PEOPLE, FULL_HOUSEHOLDS = 82_247, 75_600
"""Disabled people of the plan (see city.toml), and the households they are taken to live in (own choice)."""

FLATS_PER_BUILDING = 10
HARDSHIP = 0.22
HARDSHIP_IF_SEVERE = 0.41
"""Share of people in hardship, and of households with a severely disabled member (own choice)."""

TENURE_FLAT = {"own": 0.80, "long_term_right": 0.06, "rented": 0.09, "public_rental": 0.05}
TENURE_HOUSE = {"own": 0.945, "long_term_right": 0.025, "rented": 0.025, "public_rental": 0.005}
SAFETY = {"A": 0.55, "B": 0.35, "C": 0.07, "D": 0.03}
NEEDY = {"dibao": 0.55, "tekun": 0.12, "dibao_edge": 0.20, "monitored": 0.13}


@dataclass(frozen=True)
class Homes:
    """Households and who belongs to which.

    Attributes
    ----------
    layer
        EPSG:4326, columns of HOUSEHOLDS, one row a household.
    unit
        Row of the village of each household.
    member
        Row of the household of each person, ascending.
    """

    layer: gpd.GeoDataFrame
    unit: Ints
    member: Ints


def household_layer(units: Units, roads: Roads, plane: Plane, seed: int) -> Homes:
    """Return the households with a disabled member, at places inside their village's cell."""
    rng = stream(seed, "homes")
    village = np.repeat(np.arange(len(units.villages)), units.villages["people"].to_numpy())
    member = _members(village, rng)
    _, first = np.unique(member, return_index=True)
    unit = village[first]
    flat = flags(rng, np.where(_urban(units, unit), 0.75, 0.04), len(unit))
    x, y = _places(units, roads, unit, flat, rng)
    lon, lat = plane.degrees(x, y)
    layer = gpd.GeoDataFrame(
        _dwellings(units, unit, flat, rng), geometry=gpd.points_from_xy(lon, lat), crs=4326
    )
    return Homes(layer, unit, member)


def _members(village: Ints, rng: np.random.Generator) -> Ints:
    """Return the household row of each person: a fixed number of people join the one before them."""
    joins = len(village) - max(round(len(village) * FULL_HOUSEHOLDS / FULL_PEOPLE), 1)
    may = np.flatnonzero(np.concatenate([[False], village[1:] == village[:-1]]))
    opens = np.ones(len(village), dtype=np.int64)
    opens[rng.permutation(may)[:joins]] = 0
    return np.cumsum(opens) - 1


def _urban(units: Units, unit: Ints) -> Flags:
    return np.asarray(units.villages["kind"].to_numpy() == "community")[unit]


def _places(
    units: Units, roads: Roads, unit: Ints, flat: Flags, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the place of each household in metres, beside a street of its village."""
    door = _doors(unit, flat)
    _, first, back = np.unique(door, return_index=True, return_inverse=True)
    place = beside_streets(units, roads, unit[first], rng)[back]
    return place[:, 0], place[:, 1]


def _doors(unit: Ints, flat: Flags) -> Ints:
    """Return a number shared by the flats of one building; a house has a number of its own."""
    order = np.lexsort([flat, unit])
    new_group = np.concatenate(
        [[True], (np.diff(unit[order]) != 0) | (np.diff(flat[order].astype(int)) != 0)]
    )
    serial = np.arange(len(order)) - np.maximum.accumulate(np.where(new_group, np.arange(len(order)), 0))
    opens = new_group | ~flat[order] | (serial % FLATS_PER_BUILDING == 0)
    door = np.empty(len(unit), dtype=np.int64)
    door[order] = np.cumsum(opens) - 1
    return door


def _dwellings(units: Units, unit: Ints, flat: Flags, rng: np.random.Generator) -> pd.DataFrame:
    size = len(unit)
    floors = rng.choice([6, 6, 6, 11, 18], size)
    storey = np.where(flat, np.ceil(rng.random(size) * floors), 1).astype(np.int64)
    courtyard = flags(rng, 0.7, size)
    tenure = np.where(flat, exact(rng, TENURE_FLAT, size), exact(rng, TENURE_HOUSE, size))
    renovated = np.full(size, np.datetime64("NaT"), dtype="datetime64[D]")
    early, late = flags(rng, 0.004, size), flags(rng, 0.02, size)
    renovated[early] = days(rng, "2011-03-01", "2015-11-30", int(early.sum()))
    renovated[late] = days(rng, "2023-04-01", "2025-11-30", int(late.sum()))
    return pd.DataFrame({
        "uid": [f"H{number:06d}" for number in range(1, size + 1)],
        "region_code": units.villages["code"].to_numpy()[unit],
        "dwelling_kind": np.select([flat, courtyard], ["flat", "courtyard"], "detached"),
        "storey": storey,
        "has_lift": flat & (floors > 6),
        "tenure": tenure,
        "safety_grade": exact(rng, SAFETY, size),
        "demolition_planned": flags(rng, 0.015, size),
        "relocated": flags(rng, 0.03, size),
        "renovated_on": renovated,
    })  # fmt: skip


def hardship_of(homes: Homes, grade: Ints, seed: int) -> pd.DataFrame:
    """Return `hardship` and `hardship_until` of each household, `HARDSHIP` of all people being needy.

    Households with a severely disabled member (grade 1 or 2) are needy more often; the rest of the
    share falls on the others. A few of the recognitions have run out.
    """
    rng = stream(seed, "hardship")
    size = len(homes.layer)
    people = np.bincount(homes.member, minlength=size)
    gravest = np.full(size, 9)
    np.minimum.at(gravest, homes.member, grade)
    needy = (gravest <= 2) & flags(rng, HARDSHIP_IF_SEVERE, size)
    left = round(HARDSHIP * len(grade)) - int(people[needy].sum())
    others = rng.permutation(np.flatnonzero(gravest > 2))
    needy[others[np.cumsum(people[others]) <= left]] = True
    kind = np.full(size, "none", dtype=object)
    counts = apportion(list(NEEDY.values()), int(needy.sum()))
    kind[needy] = rng.permutation(np.repeat(np.array(list(NEEDY), dtype=object), counts))
    until = np.full(size, np.datetime64("NaT"), dtype="datetime64[D]")
    until[needy] = days(rng, "2027-07-01", "2030-12-31", int(needy.sum()))
    out = needy & flags(rng, 0.035, size)
    until[out] = days(rng, "2024-01-01", "2025-10-31", int(out.sum()))
    return pd.DataFrame({"hardship": kind, "hardship_until": until})
