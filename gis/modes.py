"""What a road costs each mode of travel: seconds a metre in either direction, or the reason for a block.

Speeds and rules are data (`data/catalogue/travel.toml`). What is not known of a road neither blocks nor
slows, and where somebody said that wheelchairs pass, kerb, surface and smoothness are not held against it.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.catalogue import codelist, table
from gis.errors import CodeError, SchemaError
from gis.kernels import Floats

Mode = Literal["drive", "walk", "wheelchair"]
MODES: tuple[Mode, ...] = get_args(Mode)
Bools = NDArray[np.bool_]

REASONS = ("", *table("catalogue/travel.toml")["reasons"])  # position = number of the reason, 0 none
BARRIER = REASONS.index("barrier")


@dataclass(frozen=True)
class Pace:
    """What roads cost a mode, all arrays of shape (roads,).

    Attributes
    ----------
    ahead_s_per_m, back_s_per_m
        Seconds a metre as drawn and against the drawing; infinite where there is no way.
    reason
        Position in `REASONS` of what blocks the road, 0 where nothing does (a one-way street is not blocked).
    joinable
        Whether one can enter or leave the road between its junctions.
    """

    ahead_s_per_m: Floats
    back_s_per_m: Floats
    reason: NDArray[np.int8]
    joinable: Bools


def facts(mode: Mode) -> dict[str, Any]:
    """Return what `travel.toml` says of a mode.

    Raises
    ------
    CodeError
        The mode is not known.
    """
    modes: dict[str, dict[str, Any]] = table("catalogue/travel.toml")["modes"]
    if mode not in modes:
        raise CodeError("mode", mode, modes)
    return modes[mode]


def usable(roads: pd.DataFrame, mode: Mode) -> Bools:
    """Return which roads the mode may use by their class, steps and kerbs aside.

    Raises
    ------
    SchemaError
        The layer has no `road_class`.
    CodeError
        The mode or a class is not known.
    """
    return _of_class(roads, facts(mode)["use"], default=False).astype(bool)


def pace(roads: pd.DataFrame, mode: Mode) -> Pace:
    """Return what roads of the layer `roads` cost a mode.

    Parameters
    ----------
    roads
        Columns of the layer; all but `road_class` may be absent or empty.

    Raises
    ------
    SchemaError
        The layer has no `road_class`.
    CodeError
        The mode or a class is not known.
    """
    about = facts(mode)
    seconds = 1.0 / _speed_m_s(roads, about)
    reason = np.zeros(len(roads), np.int8)
    factor = np.ones(len(roads))
    trusted = _column(roads, "wheelchair").isin(about.get("trusts_tag", ())).to_numpy(bool)
    for name in about.get("rules", ()):
        rule = table("catalogue/travel.toml")["reasons"][name]
        blocked, slowed = _apply(rule, roads)
        excused = trusted & (name not in {"width", "incline"})
        reason[blocked & ~excused & (reason == 0)] = REASONS.index(name)
        factor = np.maximum(factor, np.where(excused, 1.0, slowed))
    factor = np.maximum(factor, _mapped(_column(roads, "wheelchair"), about.get("tag_factor", {})))
    seconds = np.where((reason > 0) | ~usable(roads, mode), np.inf, seconds * factor)
    oneway = _column(roads, "oneway") if about["obeys_oneway"] else pd.Series("no", index=roads.index)
    tunnel = _column(roads, "tunnel").eq(other=True).fillna(value=False).to_numpy(bool)
    joinable = ~_column(roads, "road_class").isin(about["no_access"]).to_numpy(bool) & ~tunnel
    ahead = np.where(oneway.eq("reverse").fillna(value=False), np.inf, seconds)
    back = np.where(oneway.eq("yes").fillna(value=False), np.inf, seconds)
    return Pace(ahead, back, reason, joinable & np.isfinite(seconds))


def _apply(rule: dict[str, Any], roads: pd.DataFrame) -> tuple[Bools, Floats]:
    """Return which roads a rule blocks, and its factor on the others."""
    values = _column(roads, rule["column"])
    blocked = values.isin(rule.get("blocked", ())).to_numpy(bool)
    slowed = _mapped(values, rule.get("factor", {}))
    if "highest_mm" in rule:
        height = _number(roads, rule["height_column"])
        blocked = np.where(np.isnan(height), blocked, height > rule["highest_mm"])
    if "least" in rule or "most" in rule:
        number = _number(roads, rule["column"])
        number = np.abs(number) if rule.get("absolute") else number
        blocked = (number < rule.get("least", -np.inf)) | (number > rule.get("most", np.inf))
        for most, factor in reversed(rule.get("steps", ())):
            slowed = np.where(number <= most, factor, slowed)
    return blocked, slowed


def _speed_m_s(roads: pd.DataFrame, about: dict[str, Any]) -> Floats:
    if "speed_m_s" in about:
        return np.full(len(roads), float(about["speed_m_s"]))
    usual_kmh = _of_class(roads, "speed_kmh", default=np.nan).astype(float)
    limit_kmh = _number(roads, "maxspeed_kmh")
    speed: Floats = np.where(limit_kmh > 0, limit_kmh, usual_kmh) / 3.6
    return speed


def _of_class(roads: pd.DataFrame, fact: str, *, default: object) -> NDArray[Any]:
    if "road_class" not in roads:
        raise SchemaError("roads", "column road_class is missing; a network needs the class of every road")
    classes = codelist("road_class")
    number, codes = pd.factorize(roads["road_class"])
    found = [classes[code].facts.get(fact, default) for code in codes]
    return np.array([*found, default])[number]  # a missing class has number -1


def _column(roads: pd.DataFrame, name: str) -> pd.Series:
    return roads[name] if name in roads else pd.Series(None, index=roads.index, dtype=object)


def _number(roads: pd.DataFrame, name: str) -> Floats:
    return pd.to_numeric(_column(roads, name), errors="coerce").to_numpy(float, na_value=np.nan)


def _mapped(values: pd.Series, factors: dict[str, float]) -> Floats:
    return np.asarray(values.map(factors).astype(float).fillna(1.0), np.float64)
