"""What the value of an OpenStreetMap tag says, in our units; None where it does not say.

Values are written by hand in many ways. Each function reads the ways that the wiki documents and returns
None for the rest: a direction without a slope (`incline=up`), a speed by zone (`maxspeed=CN:urban`) or
two values in one are no number, and none is made up for them.
"""

import math
import re
from datetime import date

FOOT_M, INCH_M, MILE_KM, KNOT_KMH = 0.3048, 0.0254, 1.609344, 1.852

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_LENGTH = re.compile(rf"({_NUMBER})\s*(mm|cm|m|km|metres?|meters?|ft|feet|in)?$")
_FEET = re.compile(r"(\d+(?:\.\d+)?)\s*'(?:\s*(\d+(?:\.\d+)?)\s*(?:\"|''))?$")
_INCHES = re.compile(r"(\d+(?:\.\d+)?)\s*\"$")
_SPEED = re.compile(rf"({_NUMBER})\s*(km/h|kmh|kph|mph|knots)?$")
_SLOPE = re.compile(rf"({_NUMBER})\s*(%|°)$")
_ONE_TO = re.compile(r"([+-]?)1\s*:\s*(\d+(?:\.\d+)?)$")

_METRES = {"mm": 0.001, "cm": 0.01, "km": 1000.0, "ft": FOOT_M, "feet": FOOT_M, "in": INCH_M}
_KMH = {"mph": MILE_KM, "knots": KNOT_KMH}

YES = frozenset({"yes", "true", "1", "designated", "only"})
NO = frozenset({"no", "false", "0", "none"})


def metres(value: str) -> float | None:
    """Return a length in metres: `1.5`, `1.5 m`, `150 cm`, `5 ft`, `2'6"`; a bare number is metres."""
    text = value.strip().lower()
    if found := _FEET.match(text):
        return round(float(found[1]) * FOOT_M + float(found[2] or 0) * INCH_M, 6)
    if found := _INCHES.match(text):
        return round(float(found[1]) * INCH_M, 6)
    if found := _LENGTH.match(text):
        return round(float(found[1]) * _METRES.get(found[2] or "m", 1.0), 6)
    return None


def millimetres(value: str) -> float | None:
    """Return a length in millimetres; as `metres`, so that `kerb:height=0.03` is 30."""
    length = metres(value)
    return None if length is None else round(length * 1000, 3)


def kmh(value: str) -> float | None:
    """Return a speed in km/h: `50`, `50 km/h`, `30 mph`; a bare number is km/h."""
    found = _SPEED.match(value.strip().lower())
    return round(float(found[1]) * _KMH.get(found[2], 1.0), 3) if found else None


def slope_ratio(value: str) -> float | None:
    """Return a slope along the way as a ratio, uphill positive: `5%`, `-3 %`, `10°`, `1:12`.

    A bare number is refused: the wiki lets it mean percent, mappers also write ratios.
    """
    text = value.strip().lower().replace("deg", "°").replace("％", "%")
    if found := _SLOPE.match(text):
        number = float(found[1])
        ratio = number / 100 if found[2] == "%" else math.tan(math.radians(number))
        return round(ratio, 6)
    if (found := _ONE_TO.match(text)) and float(found[2]) > 0:
        return round((-1 if found[1] == "-" else 1) / float(found[2]), 6)
    return None


def truth(value: str) -> bool | None:
    """Return whether a tag says yes or no; None for anything between."""
    text = value.strip().lower()
    if text in YES:
        return True
    return False if text in NO else None


def presence(value: str) -> bool | None:
    """Return whether something is there whose tag names its kind (`bridge=viaduct`); None if unreadable."""
    text = value.strip().lower()
    return text not in NO if text else None


def persons(value: str) -> int | None:
    """Return a whole number of people."""
    text = value.strip()
    return int(text) if text.isascii() and text.isdigit() else None


def day(value: str) -> date | None:
    """Return a full ISO date; a year alone is no day."""
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        return None
