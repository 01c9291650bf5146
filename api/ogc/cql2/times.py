"""The relations of time of CQL2 (Allen's, as the standard defines them) between instants and intervals."""

from sqlalchemy import ColumnElement as Sql
from sqlalchemy import and_, false, or_, true

from api.ogc.cql2.functions import DayStart
from api.ogc.cql2.values import Value, as_moment

Period = tuple[Value | None, Value | None]  # start and end; None is open
Condition = Sql[bool]


def related_in_time(name: str, first: Period, second: Period) -> Condition:
    """Return whether two periods stand in a relation; a missing date stands in none.

    A day that is compared with a moment lasts from its first to its last microsecond in UTC.
    """
    first, second = _alike(first, second)
    (a, b), (c, d) = first, second
    if name in {"t_intersects", "t_disjoint"}:
        apart = or_(_before(b, c), _before(d, a))
        together = and_(_not_before(b, c), _not_before(d, a))
        return apart if name == "t_disjoint" else together
    same_start, same_end = _same(a, c), _same(b, d)
    starts_first, starts_later = _starts_before(a, c), _starts_before(c, a)
    ends_first, ends_later = _ends_before(b, d), _ends_before(d, b)
    relations = {
        "t_after": lambda: _before(d, a),
        "t_before": lambda: _before(b, c),
        "t_contains": lambda: and_(starts_first, ends_later),
        "t_during": lambda: and_(starts_later, ends_first),
        "t_equals": lambda: and_(same_start, same_end),
        "t_finishes": lambda: and_(starts_later, same_end),
        "t_finishedBy": lambda: and_(starts_first, same_end),
        "t_meets": lambda: _meet(b, c),
        "t_metBy": lambda: _meet(d, a),
        "t_overlaps": lambda: and_(starts_first, _before(c, b), ends_first),
        "t_overlappedBy": lambda: and_(starts_later, _before(a, d), ends_later),
        "t_starts": lambda: and_(same_start, ends_first),
        "t_startedBy": lambda: and_(same_start, ends_later),
    }
    return relations[name]()


def _alike(first: Period, second: Period) -> tuple[Period, Period]:
    """Return both in days, or both in moments where one of them is."""
    kinds = {side.kind for side in (*first, *second) if side is not None}
    if kinds <= {"date"}:
        return first, second
    return _in_moments(first), _in_moments(second)


def _in_moments(period: Period) -> Period:
    return _moment(period[0], end=False), _moment(period[1], end=True)


def _moment(value: Value | None, *, end: bool) -> Value | None:
    if value is None or value.kind == "moment":
        return value
    if value.is_literal:
        return Value("moment", as_moment(value.literal, end=end))
    return Value("moment", None, DayStart(value.sql, name="end" if end else ""))


def _before(end: Value | None, start: Value | None) -> Condition:
    """Return whether an end comes before a start; an open one lies beyond everything."""
    return false() if end is None or start is None else _less(end, start)


def _not_before(end: Value | None, start: Value | None) -> Condition:
    if end is None or start is None:
        return true()
    if end.is_literal and start.is_literal:
        return true() if end.literal >= start.literal else false()
    return end.sql >= start.sql


def _starts_before(one: Value | None, other: Value | None) -> Condition:
    if other is None:
        return false()
    return true() if one is None else _less(one, other)


def _ends_before(one: Value | None, other: Value | None) -> Condition:
    if one is None:
        return false()
    return true() if other is None else _less(one, other)


def _same(one: Value | None, other: Value | None) -> Condition:
    if one is None or other is None:
        return true() if one is other else false()
    return _equal(one, other)


def _meet(end: Value | None, start: Value | None) -> Condition:
    return false() if end is None or start is None else _equal(end, start)


def _less(one: Value, other: Value) -> Condition:
    if one.is_literal and other.is_literal:
        return true() if one.literal < other.literal else false()
    return one.sql < other.sql


def _equal(one: Value, other: Value) -> Condition:
    if one.is_literal and other.is_literal:
        return true() if one.literal == other.literal else false()
    return one.sql == other.sql
