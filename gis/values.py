"""What one cell of a file means in a column of a layer: numbers with units, dates, ticks and codes.

Every parser returns the value and a reason: empty when the cell says exactly that, a repair when it says
it in another way, a fault when it does not say it at all. What a reader would question: a number is
never taken for another unit because of its size (5 could be 5 percent or a ratio of 5); a bare number is
in the stored unit unless the mapping or the heading declares another, and out of range is out of range.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from gis.catalogue import CodeList, codelist
from gis.errors import MappingError
from gis.specs import Column

Parsed = tuple[object, str]
Parser = Callable[[object], Parsed]

# Reasons that leave the value in place, changed; every other reason means that there is no value.
REPAIRS = frozenset({
    "code-recognised", "control-removed", "date-completed", "excel-date", "full-width", "unit-converted",
})  # fmt: skip
# Reasons that set the whole row aside even in a column that may be empty.
GRAVE = frozenset({"out-of-range", "text-too-long"})

YES = frozenset(("√", "✓", "✔", "☑", "v", "是", "有", "对", "已", "是的", "y", "yes", "true", "1"))
NO = frozenset(
    ("×", "✗", "✘", "☐", "x", "否", "无", "無", "没有", "未", "不是", "n", "no", "false", "f", "0")
)

# How many of the first unit one of the named is; a slope in degrees or per twelve is no mere factor.
UNITS: dict[str, tuple[str, float]] = {
    "m": ("m", 1.0), "米": ("m", 1.0), "mm": ("m", 0.001), "毫米": ("m", 0.001),
    "cm": ("m", 0.01), "厘米": ("m", 0.01), "公分": ("m", 0.01), "dm": ("m", 0.1),
    "km": ("m", 1000.0), "公里": ("m", 1000.0), "千米": ("m", 1000.0),
    "ft": ("m", 0.3048), "in": ("m", 0.0254),
    "ratio": ("ratio", 1.0), "比值": ("ratio", 1.0), "%": ("ratio", 0.01), "percent": ("ratio", 0.01),
    "‰": ("ratio", 0.001),
    "km/h": ("km/h", 1.0), "kmh": ("km/h", 1.0), "公里/小时": ("km/h", 1.0), "千米/时": ("km/h", 1.0),
    "mph": ("km/h", 1.609344), "m/s": ("km/h", 3.6),
    "person": ("person", 1.0), "人": ("person", 1.0), "张": ("person", 1.0), "床": ("person", 1.0),
    "s": ("s", 1.0), "秒": ("s", 1.0), "min": ("s", 60.0), "分钟": ("s", 60.0),
    "yuan": ("yuan", 1.0), "元": ("yuan", 1.0), "万元": ("yuan", 10_000.0),
}  # fmt: skip

EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_SERIALS = (20_000, 80_000)  # 1954 to 2119
WHOLE_IN_FLOAT = 1e15  # spreadsheets keep 15 digits
WHOLE_NUMBERS = 2**31  # what an integer column of a database takes

_NUMBER = re.compile(r"^([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)\s*([^\d\s].*)?$", re.IGNORECASE)
_THOUSANDS = re.compile(r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$")
_SLOPE = re.compile(r"^([-+]?)1\s*[:/]\s*(\d+(?:\.\d+)?)$")
_SCIENTIFIC = re.compile(r"^\d(\.\d+)?[eE]\+?\d{2}$")
_DATE = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*[日号]?|月?)(?:[T ].*)?$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_YEAR = re.compile(r"^((?:1[89]|20)\d\d)年?$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_CODE_BREAK = re.compile(r"[;；,，、|/]+")


def parser_of(
    column: Column, unit: str = "", values: Mapping[str, str] | None = None, missing: Collection[str] = ()
) -> Parser:
    """Return what turns a cell into a value of the column.

    Parameters
    ----------
    unit
        The unit of bare numbers, where it is not the stored one.
    values
        Their words to ours, taken before anything else.
    missing
        Their words for "not known"; they become None without a reason.

    Raises
    ------
    MappingError
        The unit is unknown or cannot become the stored one.
    """
    factor = unit_factor(column, unit) if unit else 1.0
    inner: Parser = {
        "text": lambda cell: _text(cell, column),
        "int": lambda cell: _number(cell, column, factor),
        "float": lambda cell: _number(cell, column, factor),
        "bool": _boolean,
        "date": _date,
        "code": lambda cell: _code(cell, codelist(column.codes)),
        "codes": lambda cell: _codes(cell, codelist(column.codes)),
    }[column.kind]
    ours, unknown = dict(values or {}), frozenset(missing)

    def parse(cell: object) -> Parsed:
        if _is_missing(cell):
            return None, ""
        if ours or unknown:
            word = as_text(cell)
            if word in unknown:
                return None, ""
            cell = ours.get(word, cell)
        return inner(cell)

    return parse


def unit_factor(column: Column, unit: str) -> float:
    """Return by what a number in the unit is multiplied to be in the unit of the column.

    Raises
    ------
    MappingError
        The unit is unknown or measures something else.
    """
    theirs, ours = UNITS.get(unit.lower()), UNITS.get(column.unit)
    if theirs is None or ours is None or theirs[0] != ours[0]:
        fitting = [name for name, (kind, _) in UNITS.items() if ours and kind == ours[0]]
        raise MappingError(
            f"'{unit}' is no unit for {column.name}, which is kept in {column.unit or 'no unit'};"
            f" known: {', '.join(fitting) or 'none'}."
        )
    return theirs[1] / ours[1]


def number_of(cell: object) -> float:
    """Return the bare number of a cell, NaN if it holds none."""
    if isinstance(cell, str):
        number, unit, _ = _spelt(cell)
        return math.nan if number is None or unit not in {None, "°"} else number
    found = _as_number(cell)
    return math.nan if found is None else float(found)


def as_text(cell: object) -> str:
    """Return a cell as a person would write it: no .0 after a whole number, ISO dates."""
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, float | np.floating) and cell == cell // 1:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()


def plain(text: str) -> str:
    """Return a text without the control characters that a database refuses."""
    return _CONTROL.sub("", text)


def _text(cell: object, column: Column) -> Parsed:
    if isinstance(cell, float) and abs(cell) >= WHOLE_IN_FLOAT:
        return None, "digits-lost"
    text = as_text(cell)
    if _SCIENTIFIC.match(text):
        return None, "digits-lost"
    kept = plain(text).strip()
    if len(kept) > column.length:
        return None, "text-too-long"
    return kept or None, "control-removed" if kept != text else ""


def _number(cell: object, column: Column, factor: float) -> Parsed:
    number, unit, reason = _spelt(cell) if isinstance(cell, str) else (_as_number(cell), None, "")
    if unit is not None:
        try:
            factor = unit_factor(column, unit)
        except MappingError:
            return None, "unknown-unit"
        reason = reason if factor == 1.0 else "unit-converted"
    if number is None or not math.isfinite(number):
        return None, "not-a-number"
    # Centimetres times .01 would leave 0.9000000000000001.
    value = number if factor == 1.0 else round(number * factor, 12)
    return _within(value, column, reason)


def _within(value: float, column: Column, reason: str) -> Parsed:
    low = -math.inf if column.low is None else column.low
    high = math.inf if column.high is None else column.high
    if not low <= value <= high:
        return None, "out-of-range"
    if column.kind == "float":
        return float(value), reason
    if value != int(value) or abs(value) >= WHOLE_NUMBERS:
        return None, "whole-number"
    return int(value), reason


def _as_number(cell: object) -> float | None:
    usable = isinstance(cell, int | float | np.number) and not isinstance(cell, bool | np.bool_)
    return cell if usable else None  # type: ignore[return-value]  # narrowed by `usable`


def _spelt(text: str) -> tuple[float | None, str | None, str]:
    """Return number, unit (None if none is written) and repair of a number in words of a file."""
    ordinary = unicodedata.normalize("NFKC", text).strip()
    reason = "full-width" if ordinary != text.strip() and any(c.isdigit() for c in ordinary) else ""
    if slope := _SLOPE.match(ordinary):
        rise = float(slope[1] + "1")
        return (rise / float(slope[2]) if float(slope[2]) else None), "ratio", reason
    if _THOUSANDS.match(ordinary):
        ordinary = ordinary.replace(",", "")
    found = _NUMBER.match(ordinary)
    if not found:
        return None, None, reason
    return float(found[1]), (found[2].strip() if found[2] else None), reason


def _boolean(cell: object) -> Parsed:
    word = unicodedata.normalize("NFKC", as_text(cell)).lower()
    if word in YES or word in NO:
        return word in YES, ""
    return None, "not-a-bool"


def _date(cell: object) -> Parsed:
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell, ""
    text = unicodedata.normalize("NFKC", as_text(cell))
    low, high = EXCEL_SERIALS
    if re.fullmatch(r"\d{5}", text) and low <= int(text) <= high:
        return EXCEL_EPOCH + timedelta(days=int(text)), "excel-date"
    found = _DATE.match(text) or _COMPACT_DATE.match(text) or _YEAR.match(text)
    if not found:
        return None, "not-a-date"
    parts = [int(part) for part in found.groups() if part]
    try:
        spelt = date(*(*parts, 1, 1)[:3])
    except ValueError:
        return None, "not-a-date"
    return spelt, "" if len(parts) == 3 else "date-completed"


def _code(cell: object, codes: CodeList) -> Parsed:
    word = as_text(cell)
    if word in codes.codes:
        return word, ""
    found = codes.recognise(unicodedata.normalize("NFKC", word)) or codes.recognise(word)
    return (found, "code-recognised") if found else (None, "unknown-code")


def _codes(cell: object, codes: CodeList) -> Parsed:
    words = [word for part in _CODE_BREAK.split(as_text(cell)) if (word := part.strip())]
    parsed = [_code(word, codes) for word in words]
    if not all(code for code, _ in parsed):
        return None, "unknown-code"
    wanted = {code for code, _ in parsed}
    repaired = any(reason for _, reason in parsed)
    return ";".join(code for code in codes.codes if code in wanted), "code-recognised" if repaired else ""


def _is_missing(cell: object) -> bool:
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or cell is pd.NA or cell is pd.NaT or cell != cell  # noqa: PLR0124  only NaN differs from itself
