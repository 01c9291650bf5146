"""What a request asks of a collection, read strictly: an unknown or malformed parameter is refused.

OGC API asks for 400 where most frameworks ignore what they do not know, so the parameters are read here
and not by the framework. Values are checked before any of them reaches the database.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from api.ogc.cql2 import LANGUAGES, Tree, parse
from api.ogc.cql2.values import as_moment
from api.ogc.crs import Crs, axes, named, to_lonlat
from api.ogc.model import Collection
from gis.errors import InputError

DEFAULT_LIMIT, MOST = 1_000, 10_000
LONGEST_VALUE = 2_048
OPEN = ("", "..")
Bounds = tuple[float, float, float, float]
Period = tuple[datetime | None, datetime | None]

ITEMS = ("bbox", "bbox-crs", "datetime", "limit", "after", "crs", "filter", "filter-lang", "filter-crs", "f")
ITEM = ("crs", "f")
DOWNLOAD = ("bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs", "f")


@dataclass(frozen=True)
class Query:
    """What is asked of a collection.

    Attributes
    ----------
    bounds
        West, south, east, north in degrees; west beyond east crosses 180 degrees.
    period
        First and last moment, None being open; None as a whole asks nothing.
    equal
        Properties with the value they must have.
    after
        The last row of the page before, 0 for the first page.
    filter_text
        The filter as it came; `tree` is what it says.
    """

    limit: int = DEFAULT_LIMIT
    after: int = 0
    bounds: Bounds | None = None
    bounds_crs: Crs = "crs84"
    period: Period | None = None
    equal: dict[str, Any] = field(default_factory=dict)
    filter_text: str = ""
    filter_lang: str = "cql2-text"
    filter_crs: Crs = "crs84"
    crs: Crs = "crs84"

    @property
    def tree(self) -> Tree:
        """The filter as a tree."""
        return parse(self.filter_text, self.filter_lang)

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked beyond all rows."""
        return bool(self.bounds or self.period or self.equal or self.filter_text)


def singles(pairs: Iterable[tuple[str, str]], known: Iterable[str]) -> dict[str, str]:
    """Return parameters by name, each of them known and given once.

    Raises
    ------
    InputError
        One is not known, comes twice, is too long or holds NUL.
    """
    allowed, found = set(known), dict[str, str]()
    for name, value in pairs:
        if name not in allowed:
            raise InputError(
                f"There is no parameter {name[:40]!r} here; there are {', '.join(sorted(allowed))}."
            )
        if name in found:
            raise InputError(f"{name}: it is given twice.")
        if len(value) > LONGEST_VALUE or "\0" in value:
            raise InputError(f"{name}: the value is too long or holds a character that no text may hold.")
        found[name] = value
    return found


def items_query(collection: Collection, pairs: Iterable[tuple[str, str]]) -> Query:
    """Return what a request for items asks.

    Raises
    ------
    InputError
        A parameter is not known or malformed; the message names it.
    """
    found = singles(pairs, {*ITEMS, *_names(collection)})
    check_format(found, ("json", "geojson"))
    return _query(collection, found)


def download_query(
    collection: Collection, pairs: Iterable[tuple[str, str]], formats: Iterable[str]
) -> tuple[Query, str]:
    """Return what a request for a file asks, and in which format.

    Raises
    ------
    InputError
        The format is missing, or a parameter is not known or malformed.
    """
    found = singles(pairs, {*DOWNLOAD, *_names(collection)})
    if "f" not in found:
        raise InputError(f"f: name a format; there are {', '.join(formats)}.")
    check_format(found, formats)
    return _query(collection, found), found["f"]


def _names(collection: Collection) -> set[str]:
    return {one.name for one in collection.fields} - set(ITEMS)


def _query(collection: Collection, found: dict[str, str]) -> Query:
    names = _names(collection)
    if found.get("filter") == "":
        raise InputError("filter: it is empty.")
    if "filter-lang" in found and found["filter-lang"] not in LANGUAGES:
        raise InputError(f"filter-lang: there are {', '.join(LANGUAGES)}.")
    bounds_crs = _crs(found, "bbox-crs")
    return Query(
        limit=_whole("limit", found["limit"], 1, MOST) if "limit" in found else DEFAULT_LIMIT,
        after=_whole("after", found["after"], 0, 2**53) if "after" in found else 0,
        bounds=bounds_of(found["bbox"], bounds_crs) if "bbox" in found else None,
        period=period_of(found["datetime"]) if "datetime" in found else None,
        equal={name: _typed(collection, name, found[name]) for name in names & found.keys()},
        filter_text=found.get("filter", ""),
        filter_lang=found.get("filter-lang", "cql2-text"),
        filter_crs=_crs(found, "filter-crs"),
        crs=_crs(found, "crs"),
    )


def check_format(found: dict[str, str], known: Iterable[str]) -> None:
    """Refuse a format that is not served.

    Raises
    ------
    InputError
        It is not; the message lists those that are.
    """
    if "f" in found and found["f"] not in known:
        raise InputError(f"f: there are {', '.join(known)}.")


def bounds_of(text: str, crs: Crs = "crs84") -> Bounds:
    """Return a box of 4 or 6 numbers as west, south, east, north in degrees.

    Raises
    ------
    InputError
        It is none: another count, a number that is not finite, or south above north.
    """
    numbers = [_finite(part) for part in text.split(",")]
    if len(numbers) not in {4, 6}:
        raise InputError(f"bbox: it has 4 or 6 numbers, not {len(numbers)}.")
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if crs == "crs84":
        west, south, east, north = numbers
    else:
        corners = to_lonlat(np.array([numbers[:2], numbers[2:]]), crs)
        (west, south), (east, north) = corners.tolist()
    if south > north:
        raise InputError("bbox: the south is above the north.")
    if not axes(crs).mercator and not (abs(south) <= 90 and abs(north) <= 90):
        raise InputError("bbox: a latitude is beyond 90 degrees.")
    return west, south, east, north


def period_of(text: str) -> Period:
    """Return an instant or an interval of RFC 3339 as its first and last moment.

    Raises
    ------
    InputError
        It is neither, both ends are open, or it ends before it begins.
    """
    ends = text.split("/")
    if len(ends) == 1:
        return _moment(text, end=False), _moment(text, end=True)
    if len(ends) != 2:
        raise InputError("datetime: it is an instant, or two with a slash between.")
    first = None if ends[0] in OPEN else _moment(ends[0], end=False)
    last = None if ends[1] in OPEN else _moment(ends[1], end=True)
    if first is None and last is None:
        raise InputError("datetime: one end at least is a date.")
    if first is not None and last is not None and first > last:
        raise InputError("datetime: it ends before it begins.")
    return first, last


def _moment(text: str, *, end: bool) -> datetime:
    try:
        if len(text) == 10:
            return as_moment(date.fromisoformat(text), end=end)
        if len(text) < 20:
            raise ValueError(text)  # noqa: TRY301  refused below like what does not parse
        found = datetime.fromisoformat(text.upper())
        if found.tzinfo is None:
            raise ValueError(text)  # noqa: TRY301
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(f"datetime: {text[:40]!r} is no date or moment of RFC 3339.") from error


def _finite(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in text:
        raise InputError(f"bbox: {text[:40]!r} is no finite number.")
    return number


def _whole(name: str, text: str, low: int, high: int) -> int:
    """Return a whole number; above the highest counts as the highest for `limit`, as the standard says."""
    if not (text.isascii() and text.isdigit()) or len(text) > 20:
        raise InputError(f"{name}: {text[:40]!r} is no whole number.")
    number = int(text)
    if number < low or (number > high and name != "limit"):
        raise InputError(f"{name}: it lies between {low:,} and {high:,}.")
    return min(number, high)


def _crs(found: dict[str, str], name: str) -> Crs:
    return named(name, found[name]) if name in found else "crs84"


def _typed(collection: Collection, name: str, text: str) -> Any:  # noqa: ANN401  a value of any field
    one = collection.field(name)
    kind = one.kind if one else "text"
    words = {"true": True, "1": True, "false": False, "0": False}
    try:
        if kind == "bool":
            return words[text.lower()]
        if kind == "int":
            number = int(text)
            if abs(number) >= 2**63 or "_" in text:
                raise ValueError(text)  # noqa: TRY301  refused below like what does not parse
            return number
        if kind == "float":
            return _finite(text)
        if kind == "date":
            return date.fromisoformat(text)
        if kind == "moment":
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, KeyError, OverflowError, InputError) as error:
        raise InputError(f"{name}: {text[:40]!r} is no value of this property ({kind}).") from error
    return text
