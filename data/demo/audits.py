"""Inspections of the demonstration city: what was measured, and the errors planted in where and how.

A place is in good order as a whole or not: of the places in good order every attribute meets its rules,
which leaves some that pass everything although each single rule is broken somewhere. The shares of
`measurements.toml` hold over all places together.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data.demo.draw import Floats, apportion, days, flags, only, stream
from data.demo.plane import Plane
from gis.catalogue import table
from gis.crs import from_wgs84

IN_ORDER = 0.3
"""Share of places in good order (less where a single attribute is met more rarely)."""

NOT_MEASURED = {"no_tool": 0.008, "locked": 0.006, "obstructed": 0.006}
"""Shares of missing figures, by reason (data/catalogue/not_measured.toml)."""

POSITION_ERRORS = {"gps": 0.88, "poor": 0.075, "far": 0.01, "gcj02": 0.03, "swapped": 0.005}
"""Shares of what is wrong with the position of a visit; see `_positions`."""

DUPLICATES = 0.02
INSPECTORS = 18


@dataclass(frozen=True)
class Audits:
    """Inspections as a file brings them, and the truth beside them.

    Attributes
    ----------
    layer
        One row a measurement with the columns of the audits layer; positions are declared WGS 84.
    truth
        One row a visit: visit_uid, place_layer, place_uid, true_lon, true_lat, kind (a key of
        `POSITION_ERRORS`), error_m (metres away from the truth; missing where axes are swapped),
        duplicate_of (visit repeated, or missing).
    compliance
        Planted outcome per element, attribute and unit: measured, met, share.
    """

    layer: pd.DataFrame
    truth: pd.DataFrame
    compliance: pd.DataFrame


def audit_rows(places: dict[str, pd.DataFrame], plane: Plane, seed: int) -> Audits:
    """Return the inspections of some places.

    Parameters
    ----------
    places
        By layer name (`toilets`, `facilities`, `households`) the places to inspect: uid, lon, lat, and
        for toilets accessible_room, accessible_rooms and step_free, which decide what is measured.
    """
    rng = stream(seed, "audits")
    visits = _visits(places, rng)
    kinds = table("demo/measurements.toml")["measurements"]
    present = _elements(visits, places, rng)
    in_order = flags(rng, IN_ORDER, len(visits))
    parts = [
        _measured(spec, element, present[element], in_order, rng)
        for element, specs in kinds.items()
        for spec in specs
    ]
    figures = pd.concat(parts, ignore_index=True).sort_values("visit", kind="stable", ignore_index=True)
    compliance = _compliance(figures)
    visits, figures = _with_duplicates(visits, figures, rng)
    truth = _positions(visits, plane, rng)
    return Audits(_layer(visits, figures, truth, rng), _truth(truth), compliance)


def _visits(places: dict[str, pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    parts = [rows[["uid", "lon", "lat"]].assign(place_layer=layer) for layer, rows in places.items()]
    visits = pd.concat(parts, ignore_index=True).rename(columns={"uid": "place_uid"})
    visits["visited_on"] = days(rng, "2024-04-01", "2025-12-15", len(visits))
    visits["inspector"] = _inspectors(rng, len(visits))
    visits["duplicate_of"] = -1
    return visits


def _inspectors(rng: np.random.Generator, size: int) -> pd.Series:
    return "INS-" + pd.Series(rng.integers(1, INSPECTORS + 1, size)).astype(str).str.zfill(2)


def _elements(
    visits: pd.DataFrame, places: dict[str, pd.DataFrame], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return by element whether each visit finds one; what the toilet register says comes first."""
    shares = table("demo/measurements.toml")["places"]
    layer = visits["place_layer"].to_numpy()
    chance: dict[str, Floats] = {}
    for name, elements in shares.items():
        for element, share in elements.items():
            chance.setdefault(element, np.zeros(len(visits)))[layer == name] = share
    present = {element: flags(rng, share, len(visits)) for element, share in chance.items()}
    toilets = places.get("toilets")
    if toilets is not None:
        own = layer == "toilets"
        present["accessible_toilet"][own] = toilets["accessible_room"]
        present["accessible_cubicle"][own] = toilets["accessible_rooms"] > toilets["accessible_room"]
        present["wheelchair_ramp"][own] = ~toilets["step_free"] & toilets["accessible_room"]
        present["handrail"][own] &= present["wheelchair_ramp"][own]
    return present


def _measured(
    spec: dict[str, Any], element: str, present: np.ndarray, in_order: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the figures of one attribute at every visit that finds the element."""
    visit = np.flatnonzero(present)
    size = len(visit)
    share = np.where(
        in_order[visit], min(spec["met"] / IN_ORDER, 1.0), max((spec["met"] - IN_ORDER) / (1 - IN_ORDER), 0.0)
    )
    met = flags(rng, share, size)
    low, high = np.where(met[:, None], spec["good"], spec["bad"]).T
    value = np.round(rng.uniform(low, high), spec["digits"])
    missing = rng.choice(
        [*NOT_MEASURED, ""], size, p=[*NOT_MEASURED.values(), 1 - sum(NOT_MEASURED.values())]
    )
    return pd.DataFrame({
        "visit": visit, "element": element, "element_no": 1, "attribute": spec["attribute"],
        "value": np.where(missing == "", value, np.nan), "unit": spec["unit"],
        "not_measured": only(missing != "", missing), "met": met,
    })  # fmt: skip


def _compliance(figures: pd.DataFrame) -> pd.DataFrame:
    measured = figures[figures["not_measured"].isna()]
    counts = measured.groupby(["element", "attribute", "unit"], sort=False)["met"].agg(["size", "sum"])
    counts = counts.rename(columns={"size": "measured", "sum": "met"}).reset_index()
    return counts.assign(share=(counts["met"] / counts["measured"]).round(4))


def _with_duplicates(
    visits: pd.DataFrame, figures: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return visits and figures with some visits entered again, a day later at most, by anybody."""
    count = max(round(DUPLICATES * len(visits) / (1 - DUPLICATES)), 1)
    again = np.sort(rng.permutation(len(visits))[:count])
    copies = visits.iloc[again].assign(duplicate_of=again, inspector=_inspectors(rng, count).to_numpy())
    copies["visited_on"] += pd.to_timedelta(rng.integers(0, 2, count), unit="D")
    number = pd.DataFrame({"visit": again, "copy": len(visits) + np.arange(count)})
    repeated = figures.merge(number, on="visit").drop(columns="visit").rename(columns={"copy": "visit"})
    return (
        pd.concat([visits, copies], ignore_index=True),
        pd.concat([figures, repeated], ignore_index=True),
    )


def _kinds(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return the kind of position error of each visit, every kind at least once."""
    counts = np.maximum(apportion(list(POSITION_ERRORS.values()), size), 1)
    counts[0] -= counts.sum() - size
    return rng.permutation(np.repeat(np.array(list(POSITION_ERRORS), dtype=object), counts))


def _positions(visits: pd.DataFrame, plane: Plane, rng: np.random.Generator) -> pd.DataFrame:
    """Return the visits with the position as recorded, its kind of error and the error in metres.

    `gps` is off by 5-15 m, `poor` by 15-120 m, `far` by 1.2-30 km; `gcj02` is a good fix shifted by a map
    application although the file says WGS 84; `swapped` has latitude and longitude exchanged.
    """
    size = len(visits)
    kind = _kinds(rng, size)
    near = rng.uniform(5, 15, size)
    away = np.select(
        [kind == "poor", kind == "far"], [rng.uniform(15, 120, size), rng.uniform(1200, 30_000, size)], near
    )
    angle = rng.uniform(0, 2 * np.pi, size)
    x, y = plane.metres(visits["lon"].to_numpy(), visits["lat"].to_numpy())
    lon, lat = plane.degrees(x + away * np.cos(angle), y + away * np.sin(angle))
    shifted_lon, shifted_lat = from_wgs84(lon, lat, "gcj02")
    shifted, swapped = kind == "gcj02", kind == "swapped"
    lon, lat = np.where(shifted, shifted_lon, lon).round(7), np.where(shifted, shifted_lat, lat).round(7)
    at_x, at_y = plane.metres(lon, lat)
    error = np.hypot(at_x - x, at_y - y).round(1)
    accuracy = np.where(kind == "poor", rng.uniform(20, 90, size), rng.uniform(3, 12, size)).round(1)
    return visits.assign(
        true_lon=visits["lon"], true_lat=visits["lat"], lon=np.where(swapped, lat, lon),
        lat=np.where(swapped, lon, lat), accuracy_m=accuracy, kind=kind,
        error_m=np.where(swapped, np.nan, error),
        visit_uid=[f"V{number:05d}" for number in range(1, size + 1)],
    )  # fmt: skip


def _layer(
    visits: pd.DataFrame, figures: pd.DataFrame, placed: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Return one row a measurement, visits in random order as they come in."""
    order = np.empty(len(visits), dtype=np.int64)
    order[rng.permutation(len(visits))] = np.arange(len(visits))
    figures = figures.iloc[np.argsort(order[figures["visit"]], kind="stable")].reset_index(drop=True)
    columns = ["visit_uid", "place_layer", "place_uid", "inspector", "visited_on", "lon", "lat", "accuracy_m"]
    head = placed[columns].iloc[figures["visit"]].reset_index(drop=True)
    return pd.concat([head, figures.drop(columns=["visit", "met"])], axis=1)


def _truth(placed: pd.DataFrame) -> pd.DataFrame:
    columns = ["visit_uid", "place_layer", "place_uid", "true_lon", "true_lat", "kind", "error_m"]
    names = placed["visit_uid"].to_numpy()
    origin = placed["duplicate_of"].to_numpy()
    return placed[columns].assign(duplicate_of=only(origin >= 0, names[origin]))
