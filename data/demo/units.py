"""Where the demonstration city has its townships and its 888 villages and communities.

Townships stand at their known points (`data/cities/*/townships.toml`); the villages around them, and
their names, are invented. A village lies nearer to its own township's centre than to any other, so that
the cells dissolve into townships in one piece wherever the map allows it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from data.demo.draw import Floats, Ints, apportion, stream
from data.demo.plane import Plane, on_grid
from gis.catalogue import City, table

SEPARATION_M = 450.0
"""No two villages or communities stand nearer than this."""

COMMUNITY_FIRST, VILLAGE_FIRST = 1, 201
"""First serial of communities and of villages in a 12-digit code, as the statistical lists have it."""


@dataclass(frozen=True)
class Units:
    """The tree of units with places in metres.

    Attributes
    ----------
    townships
        Rows: code, zh, en, county, kind, counts, x, y; index 0..77.
    villages
        Rows: code, zh, en, kind (`village` or `community`), ur_code, township (row of `townships`),
        county, centre (is the seat of its township), x, y, population, people; index 0..887. `people`
        are the disabled people to be drawn there.
    """

    townships: pd.DataFrame
    villages: pd.DataFrame


def place_units(city: City, plane: Plane, *, people: int, seed: int) -> Units:
    """Return all units of the city with their places, population and number of disabled people."""
    rng = stream(seed, "units")
    townships = _townships(city, plane)
    counties = {county["code"]: county for county in city.facts["counties"]}
    communities = apportion(_community_weights(townships, counties), int(_fact(city, "communities")))
    villages = _village_counts(townships, counties, int(_fact(city, "villages")))
    owner = np.repeat(np.arange(len(townships)), communities + villages)
    places = _scatter(townships, communities + villages, rng)
    serial = np.concatenate([np.arange(n) for n in communities + villages])
    is_community = serial < communities[owner]
    units = pd.DataFrame({
        "township": owner,
        "county": townships["county"].to_numpy()[owner],
        "kind": np.where(is_community, "community", "village"),
        "centre": serial == 0,
        "x": places[:, 0],
        "y": places[:, 1],
    })  # fmt: skip
    _name(units, townships, serial, np.where(is_community, serial, serial - communities[owner]))
    _populate(units, townships, city, people, rng)
    return Units(townships, units)


def _fact(city: City, name: str) -> float:
    return float(city.facts["facts"][name]["value"])


def _townships(city: City, plane: Plane) -> pd.DataFrame:
    rows = table(f"cities/{city.id}/townships.toml")["townships"]
    seats = {county["code"]: county["seat"] for county in city.facts["counties"]}
    lon = np.array([row.get("lon", seats[row["county"]][0]) for row in rows])
    lat = np.array([row.get("lat", seats[row["county"]][1]) for row in rows])
    bearing = np.radians([row.get("hint_bearing_deg", 0.0) for row in rows])
    away = 1000.0 * np.array([row.get("hint_km", 0.0) for row in rows])
    x, y = plane.metres(lon, lat)
    x, y = x + away * np.sin(bearing), y + away * np.cos(bearing)
    return pd.DataFrame({
        "code": [row["code"] for row in rows],
        "zh": [row["zh"] for row in rows],
        "en": [_english(row) for row in rows],
        "county": [row["county"] for row in rows],
        "kind": [row["kind"] for row in rows],
        "counts": [row["counts_as_township"] for row in rows],
        "seat": _seats(rows, x, y, seats, plane),
        "x": x,
        "y": y,
    })  # fmt: skip


def _english(row: dict[str, Any]) -> str:
    """Return the name in pinyin, or the code where the source has none."""
    return str(row.get("pinyin", f"unit {row['code']}")).replace(" ", "").capitalize()


def _seats(
    rows: list[dict[str, Any]], x: Floats, y: Floats, seats: dict[str, list[float]], plane: Plane
) -> list[bool]:
    """Return which unit is the seat of its county: every subdistrict, else the nearest town."""
    nearest = {}
    for county, seat in seats.items():
        at_x, at_y = plane.metres(np.array([seat[0]]), np.array([seat[1]]))
        own = [i for i, row in enumerate(rows) if row["county"] == county and row["kind"] == "town"]
        nearest[county] = min(own, key=lambda i: float(np.hypot(x[i] - at_x[0], y[i] - at_y[0])))
    streets = {row["county"] for row in rows if row["kind"] == "subdistrict"}
    return [
        row["kind"] == "subdistrict" or (row["county"] not in streets and nearest[row["county"]] == i)
        for i, row in enumerate(rows)
    ]


def _community_weights(townships: pd.DataFrame, counties: dict[str, Any]) -> Floats:
    """Return the weight of each township in the share-out of communities (own choice)."""
    people = townships["county"].map({code: county["population_2020"] for code, county in counties.items()})
    town = np.where(townships["kind"] == "town", (people / people.max()) * 0.9, 0.0)
    weights = np.where(townships["seat"], np.where(townships["kind"] == "subdistrict", 5.0, 4.0), town)
    return np.asarray(weights, dtype=float)


def _village_counts(townships: pd.DataFrame, counties: dict[str, Any], total: int) -> Ints:
    """Return the number of villages of each township: one for a farm or park, none for a subdistrict.

    The rest follows the square root of the county's people per township (own choice).
    """
    farm, street = townships["kind"] == "other_unit", townships["kind"] == "subdistrict"
    rural = ~(farm | street)
    people = townships["county"].map({code: county["population_2020"] for code, county in counties.items()})
    weights = np.where(rural, np.sqrt(people / rural.groupby(townships["county"]).transform("sum")), 0.0)
    counts = apportion(weights, total - int(farm.sum()))
    return counts + farm.to_numpy(dtype=np.int64)


def _scatter(townships: pd.DataFrame, counts: Ints, rng: np.random.Generator) -> Floats:
    """Return places (n, 2): each township's centre first, then points far from all placed before."""
    centres = townships[["x", "y"]].to_numpy()
    main = townships.index[townships["counts"]].to_numpy()
    tree = cKDTree(centres[main])
    reach = np.clip(0.75 * tree.query(centres, k=2)[0][:, 1], 1500.0, 16000.0)
    crowded = np.sqrt(counts) * 1.25 * SEPARATION_M
    reach = np.maximum(reach, crowded)
    placed = list(centres)
    own: list[Floats] = []
    for row, count in enumerate(counts):
        spread = centres[row] + _disc(rng, 90 * int(count)) * reach[row]
        if row in main:
            kept = spread[main[tree.query(spread)[1]] == row]
            spread = kept if len(kept) >= 3 * count else spread
        chosen = _far_apart(spread, np.array(placed), int(count) - 1)
        placed.extend(chosen)
        own.append(np.vstack([centres[row : row + 1], chosen]))
    return on_grid(np.vstack(own))


def _disc(rng: np.random.Generator, size: int) -> Floats:
    radius, angle = np.sqrt(rng.random(size)), rng.random(size) * 2 * np.pi
    return np.asarray(radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))


def _far_apart(spread: Floats, placed: Floats, count: int) -> Floats:
    """Return `count` of the points, each drawn well away from those placed before it.

    Of the free points, ordered by distance, the one three quarters up is taken: the last would line the rim.
    """
    gap = cKDTree(placed).query(spread)[0]
    chosen = np.empty((count, 2))
    for i in range(count):
        order = np.argsort(gap, kind="stable")
        free = order[np.searchsorted(gap[order], SEPARATION_M) :]
        pick = free[len(free) * 3 // 4] if len(free) else order[-1]
        chosen[i] = spread[pick]
        gap = np.minimum(gap, np.hypot(*(spread - chosen[i]).T))
    return chosen


def _name(units: pd.DataFrame, townships: pd.DataFrame, serial: Ints, number: Ints) -> None:
    """Add codes and names; 示例 ("example") in every name tells that the unit is invented."""
    community = (units["kind"] == "community").to_numpy()
    own = townships.iloc[units["township"].to_numpy()].reset_index(drop=True)
    first = np.where(community, COMMUNITY_FIRST, VILLAGE_FIRST)
    units["code"] = own["code"] + pd.Series(first + number).astype(str).str.zfill(3)
    counted = pd.Series(number + 1).astype(str)
    kinds = units["kind"].astype(str)
    units["zh"] = own["zh"] + "示例" + counted + kinds.replace({"community": "社区", "village": "村"})
    units["en"] = own["en"] + " example " + kinds + " " + counted
    seat = own["seat"].to_numpy() & community
    street = (own["kind"] == "subdistrict").to_numpy()
    town_centre = (serial == 0) | community
    units["ur_code"] = np.select([street, seat, town_centre], ["111", "121", "122"], "220")


def _populate(
    units: pd.DataFrame, townships: pd.DataFrame, city: City, people: int, rng: np.random.Generator
) -> None:
    """Add residents (census of 2020, shared out by own weights) and the number of disabled people."""
    counties = city.facts["counties"]
    total = int(_fact(city, "census_population"))
    by_county = apportion([county["population_2020"] for county in counties], total)
    kinds = units["ur_code"].map({"111": 11.0, "121": 8.0, "122": 2.0, "220": 1.0}).to_numpy()
    farm = townships["kind"].to_numpy()[units["township"]] == "other_unit"
    weights = kinds * np.where(farm, 0.5, 1.0) * rng.lognormal(0.0, 0.3, len(units))
    population = np.zeros(len(units), dtype=np.int64)
    for county, residents in zip(counties, by_county, strict=True):
        own = (units["county"] == county["code"]).to_numpy()
        population[own] = apportion(weights[own], int(residents))
    units["population"] = population
    units["people"] = apportion(population * rng.normal(1.0, 0.12, len(units)).clip(0.6, 1.4), people)
