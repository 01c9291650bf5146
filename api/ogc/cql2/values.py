"""What stands on either side of a comparison: a column, a literal or a computation, with its kind."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from sqlalchemy import BigInteger, Boolean, Date, Double, Text, bindparam
from sqlalchemy import ColumnElement as Sql

from gis.errors import InputError
from gis.tables import Moment

Kind = Literal["text", "number", "bool", "date", "moment", "geometry"]

_TYPES: dict[str, Any] = {"text": Text(), "bool": Boolean(), "date": Date(), "moment": Moment()}
_KINDS = {"int": "number", "float": "number"}
LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True)
class Value:
    """A side of a comparison; a literal has `literal` and no `column`, everything else the reverse."""

    kind: Kind
    literal: Any = None
    column: Sql[Any] | None = None

    @property
    def is_literal(self) -> bool:
        """Whether the value is known before the database is asked."""
        return self.column is None

    @property
    def sql(self) -> Sql[Any]:
        """The value as the database takes it; a literal is bound, never written into the text."""
        if self.column is not None:
            return self.column
        return bindparam(None, self.literal, type_=_type(self), unique=True)


def kind_of(field_kind: str) -> Kind:
    """Return the kind of value that a field holds."""
    return _KINDS.get(field_kind, field_kind)  # type: ignore[return-value]  # the names are the same otherwise


def number(found: float) -> Value:
    """Return a number as a value; one that no database column holds becomes a float.

    Raises
    ------
    InputError
        It is no finite number.
    """
    if isinstance(found, int) and abs(found) <= LARGEST_INTEGER:
        return Value("number", found)
    try:
        result = float(found)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise InputError("filter: a number is too large.")
    return Value("number", result)


def instant(text: object, kind: str = "") -> Value:
    """Return a date or a moment of ISO 8601 as a value.

    Parameters
    ----------
    kind
        `date` or `moment` where it must be the one; "" takes either. A moment without zone is in UTC.

    Raises
    ------
    InputError
        It is neither.
    """
    written = str(text) if isinstance(text, str) else ""
    try:
        if kind != "moment" and len(written) <= 11:  # GDAL writes the day as 2022-04-16T
            return Value("date", date.fromisoformat(written.removesuffix("T")))
        if kind != "date" and len(written) > 11:
            found = datetime.fromisoformat(written)
            return Value("moment", (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC))
    except (ValueError, OverflowError):
        pass
    raise InputError(f"filter: {str(text)[:40]!r} is no {kind or 'date or moment'} of ISO 8601.")


def as_moment(day: date, *, end: bool) -> datetime:
    """Return the first or the last moment of a day."""
    return datetime.combine(day, time.max if end else time.min, UTC)


def _type(value: Value) -> Any:  # noqa: ANN401  types of SQLAlchemy have no common class that is generic
    if value.kind == "number":
        return BigInteger() if isinstance(value.literal, int) else Double()
    return _TYPES[value.kind]
