"""Units of measurement: what inspectors write, what rules ask, and the exact way between them.

Everything is compared in one base unit a dimension (millimetres, a ratio, ...), so that a verdict can
never depend on the unit somebody wrote down. A slope is a ratio of rise to run: percent, per mille,
degrees (by the tangent) and `1:n` (the number is n) all become that ratio.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Two figures closer than this share of their size are the same figure: conversions of binary
# fractions differ in the 16th digit, instruments in the third.
SAME = 1e-9


@dataclass(frozen=True)
class Unit:
    """A unit: its dimension, and how many of the dimension's base unit it holds (0: see `in_base`)."""

    code: str
    dimension: str
    factor: float
    words: tuple[str, ...] = ()


UNITS: dict[str, Unit] = {
    unit.code: unit
    for unit in (
        Unit("mm", "length", 1.0, ("毫米", "millimetre", "millimeter")),
        Unit("cm", "length", 10.0, ("厘米", "公分")),
        Unit("m", "length", 1000.0, ("米", "metre", "meter")),
        Unit("in", "length", 25.4, ("inch", "英寸", '"')),
        Unit("ratio", "ratio", 1.0, ("比", "比值", "比例")),
        Unit("percent", "ratio", 0.01, ("%", "百分比", "pct")),
        Unit("permille", "ratio", 0.001, ("‰", "千分比")),
        Unit("degree", "ratio", 0.0, ("°", "deg", "degrees", "度")),
        Unit("1:n", "ratio", 0.0, ("1:x", "1/n")),
        Unit("m2", "area", 1.0, ("㎡", "m²", "平方米")),
        Unit("cm2", "area", 0.0001, ("cm²", "平方厘米")),
        Unit("N", "force", 1.0, ("牛", "牛顿")),
        Unit("kgf", "force", 9.80665, ("公斤力",)),
        Unit("lbf", "force", 4.4482216152605, ("lb",)),
        Unit("s", "time", 1.0, ("秒", "sec")),
        Unit("min", "time", 60.0, ("分钟",)),
        Unit("m/s", "speed", 1.0, ("米/秒",)),
        Unit("km/h", "speed", 1 / 3.6, ("公里/小时",)),
        Unit("count", "count", 1.0, ("个", "处", "台", "pcs")),
        Unit("per km2", "density", 1.0, ("座/平方公里", "/km2")),
        Unit("per year", "rate", 1.0, ("次/年", "/a")),
        Unit("bool", "bool", 1.0, ("是否", "yes/no")),
        Unit("choice", "choice", 1.0, ("enum", "选项")),
    )
}

_WORDS = {word.lower(): unit.code for unit in UNITS.values() for word in (unit.code, *unit.words)}
_ONE_IN = re.compile(r"1\s*[:：/]\s*(\d+(?:\.\d+)?)")


def recognise(text: str) -> str | None:
    """Return the code of the unit meant by a text, in either language, or None."""
    return _WORDS.get(text.strip().lower())


def ratio_of(text: str) -> float | None:
    """Return the slope written as `1:12`, or None where the text is not of that form."""
    found = _ONE_IN.fullmatch(text.strip())
    return 1.0 / float(found.group(1)) if found and float(found.group(1)) > 0 else None


def to_base(value: float, unit: str) -> float:
    """Return one figure in the base unit of its dimension.

    Raises
    ------
    KeyError
        The unit is not one of `UNITS`.
    """
    return float(from_unit(np.array([value], dtype=float), unit)[0])


def from_unit(values: Floats, unit: str) -> Floats:
    """Return figures of one unit in the base unit of its dimension.

    A slope of `1:n` with n = 0 has no ratio and becomes NaN; an angle must lie within 90 degrees.

    Raises
    ------
    KeyError
        The unit is not one of `UNITS`.
    """
    if unit == "degree":
        return np.asarray(np.where(np.abs(values) < 90, np.tan(np.radians(values)), np.nan))
    if unit == "1:n":
        return np.asarray(np.divide(1.0, values, out=np.full(values.shape, np.nan), where=values != 0))
    return np.asarray(values * UNITS[unit].factor)


def in_unit(values: Floats, unit: str) -> Floats:
    """Return figures of the base unit in another unit, the inverse of `from_unit`.

    Raises
    ------
    KeyError
        The unit is not one of `UNITS`.
    """
    if unit == "degree":
        return np.asarray(np.degrees(np.arctan(values)))
    if unit == "1:n":
        return from_unit(values, unit)
    return np.asarray(values / UNITS[unit].factor)


def in_base(values: "pd.Series[float]", units: "pd.Series[str]") -> "pd.DataFrame":
    """Return measured figures in base units with their dimension.

    Parameters
    ----------
    values
        Figures as measured, NaN where there is none.
    units
        Unit of each figure, a code or a word that `recognise` knows; same index.

    Returns
    -------
    DataFrame
        Columns `amount` (NaN for an unknown unit) and `dimension` (index of `DIMENSIONS`, -1 for an
        unknown unit), with the index of `values`.
    """
    codes, names = pd.factorize(units)
    figures = values.to_numpy(dtype=float, na_value=np.nan)
    amount = np.full(len(figures), np.nan)
    dimension = np.full(len(figures), -1, dtype=np.int8)
    for number, name in enumerate(names):
        unit = name if name in UNITS else recognise(str(name))
        if unit is None:
            continue
        rows = codes == number
        amount[rows] = from_unit(figures[rows], unit)
        dimension[rows] = DIMENSIONS[UNITS[unit].dimension]
    return pd.DataFrame({"amount": amount, "dimension": dimension}, index=values.index)


DIMENSIONS: dict[str, int] = {
    name: number for number, name in enumerate(dict.fromkeys(unit.dimension for unit in UNITS.values()))
}
