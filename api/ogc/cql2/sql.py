"""Turns the tree of a filter into a condition on a collection, checked by kind before any SQL is made.

Every literal is bound; a property that the collection does not show is refused like any unknown word, so
that no filter asks about a column that nobody may see. Where literals meet literals the answer is
computed here.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement as Sql
from sqlalchemy import Double, and_, cast, false, func, literal, not_, or_, true

from api.ogc.cql2.functions import ByCodePoint, DayStart, Folded, Like, Unaccented, glob_of
from api.ogc.cql2.shapes import Crs, related, shape_of
from api.ogc.cql2.times import related_in_time
from api.ogc.cql2.values import Value, as_moment, instant, kind_of, number
from api.ogc.cql2.words import ARITHMETIC, COMPARISONS, DEEPEST, SPATIAL, TEMPORAL, TEXTUAL
from api.ogc.model import Collection
from gis.errors import InputError
from gis.folding import lowered, unaccented

Node = Any  # a tree of CQL2 JSON
Condition = Sql[bool]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_KNOWN = {*COMPARISONS, *ARITHMETIC, *SPATIAL, *TEMPORAL, *TEXTUAL}
_KNOWN |= {"and", "or", "not", "isNull", "between", "in", "like"}
GEOMETRY = "geom"  # the name of the geometry in filters, as of the column


def condition(tree: Node, collection: Collection, crs: Crs = "crs84") -> Condition:
    """Return the condition of a filter on the rows of a collection.

    Parameters
    ----------
    crs
        The system that positions in the filter are in.

    Raises
    ------
    InputError
        A property is not known, a value is of the wrong kind or the tree is no filter of CQL2.
    """
    return _Compiler(collection, crs).condition(tree, 0, positive=True)


class _Compiler:
    def __init__(self, collection: Collection, crs: Crs) -> None:
        self._collection = collection
        self._crs = crs

    def condition(self, node: Node, depth: int, *, positive: bool) -> Condition:
        """Return a node that is true or false; `positive` where it is under no negation."""
        if depth > DEEPEST:
            raise InputError(f"filter: it nests deeper than {DEEPEST}.")
        name, sides = _operation(node)
        if name in {"and", "or"}:
            if len(sides) < 2:
                raise InputError(f"filter: '{name}' takes two conditions or more.")
            parts = [self.condition(side, depth + 1, positive=positive) for side in sides]
            return and_(*parts) if name == "and" else or_(*parts)
        if name == "not":
            _count(name, sides, 1)
            return not_(self.condition(sides[0], depth + 1, positive=False))
        if name in SPATIAL:
            _count(name, sides, 2)
            shapes = [self._shape(side) for side in sides]
            return related(name, shapes[0], shapes[1], self._collection.table.c.geom, indexed=positive)
        if name in TEMPORAL:
            _count(name, sides, 2)
            return related_in_time(name, *(self._period(side, depth + 1) for side in sides))
        return self._predicate(name, sides, node, depth)

    def _predicate(self, name: str, sides: list[Node], node: Node, depth: int) -> Condition:
        if name in COMPARISONS:
            return _compared(name, *self._values(name, sides, 2, depth))
        if name == "isNull":
            _count(name, sides, 1)
            column = self._collection.table.c.geom if _is_geometry(sides[0]) else None
            return (self._value(sides[0], depth + 1).sql if column is None else column).is_(None)
        if name == "between":
            value, low, high = self._values(name, sides, 3, depth)
            return and_(_compared(">=", value, low), _compared("<=", value, high))
        if name == "in":
            return self._among(sides, depth)
        if name == "like":
            return self._like(*self._values(name, sides, 2, depth))
        return _truth(self._value(node, depth))

    def _values(self, name: str, sides: list[Node], wanted: int, depth: int) -> list[Value]:
        _count(name, sides, wanted)
        return [self._value(side, depth + 1) for side in sides]

    def _among(self, sides: list[Node], depth: int) -> Condition:
        _count("in", sides, 2)
        if not isinstance(sides[1], list) or not sides[1]:
            raise InputError("filter: 'in' takes a value and a list of values.")
        value = self._value(sides[0], depth + 1)
        return or_(*(_compared("=", value, self._value(one, depth + 1)) for one in sides[1]))

    def _like(self, value: Value, pattern: Value) -> Condition:
        if value.kind != "text" or pattern.kind != "text" or not pattern.is_literal:
            raise InputError("filter: 'like' takes a text and a pattern written in the filter.")
        written = str(pattern.literal)
        if (len(written) - len(written.rstrip("\\"))) % 2:
            raise InputError("filter: the pattern of 'like' ends in an escape.")
        return Like(value.sql, pattern.sql, Value("text", glob_of(written)).sql)

    def _value(self, node: Node, depth: int) -> Value:
        if depth > DEEPEST:
            raise InputError(f"filter: it nests deeper than {DEEPEST}.")
        if isinstance(node, bool):
            return Value("bool", node)
        if isinstance(node, int | float):
            return number(node)
        if isinstance(node, str):
            return Value("text", node)
        if not isinstance(node, dict):
            raise InputError("filter: a value is expected, not a list or nothing.")
        return self._written(node, depth)

    def _written(self, node: dict[str, Node], depth: int) -> Value:
        """Return a property, an instant or a computation."""
        if "property" in node:
            return self._property(node["property"])
        for kind, zoned in (("date", "date"), ("timestamp", "moment")):
            if kind in node:
                return instant(node[kind], zoned)
        name, sides = _operation(node)
        if name in ARITHMETIC:
            return _computed(name, *self._values(name, sides, 2, depth))
        if name in TEXTUAL:
            return _textual(name, *self._values(name, sides, 1, depth))
        if name:
            return Value("bool", None, self.condition(node, depth + 1, positive=False))
        raise InputError("filter: a value or a property is expected.")

    def _property(self, name: object) -> Value:
        field = self._collection.field(name) if isinstance(name, str) else None
        if field is None:
            known = ", ".join(one.name for one in self._collection.fields)
            raise InputError(f"filter: there is no property {str(name)[:40]!r}; there are {known}.")
        return Value(kind_of(field.kind), None, self._collection.table.c[field.name])

    def _shape(self, node: Node) -> Value:
        if _is_geometry(node):
            return Value("geometry", None, self._collection.table.c.geom)
        return shape_of(node, self._crs)

    def _period(self, node: Node, depth: int) -> tuple[Value | None, Value | None]:
        """Return start and end of an instant or interval; None is an open end."""
        if isinstance(node, dict) and "interval" in node:
            ends = node["interval"]
            if not isinstance(ends, list) or len(ends) != 2:
                raise InputError("filter: an interval has a start and an end.")
            return self._end(ends[0], depth), self._end(ends[1], depth)
        found = self._end(node, depth)
        return found, found

    def _end(self, node: Node, depth: int) -> Value | None:
        if node == "..":
            return None
        found = instant(node) if isinstance(node, str) else self._value(node, depth)
        if found.kind not in {"date", "moment"}:
            raise InputError("filter: a date or a moment is expected.")
        return found


def _truth(value: Value) -> Condition:
    if value.kind != "bool":
        raise InputError("filter: it must be true or false for a feature, not a text or a number.")
    if value.is_literal:
        return true() if value.literal else false()
    return value.sql


def _operation(node: Node) -> tuple[str, list[Node]]:
    """Return the operator of a node and its sides; "" for a node that is none."""
    if not isinstance(node, dict) or "op" not in node:
        return "", []
    name, sides = node["op"], node.get("args")
    if not isinstance(name, str) or name not in _KNOWN or not isinstance(sides, list):
        raise InputError(f"filter: there is no operation {str(name)[:40]!r} here.")
    return name, sides


def _count(name: str, sides: list[Node], wanted: int) -> None:
    if len(sides) != wanted:
        raise InputError(f"filter: '{name}' takes {wanted}, not {len(sides)}.")


def _is_geometry(node: Node) -> bool:
    return isinstance(node, dict) and node.get("property") in {GEOMETRY, "geometry"} and "op" not in node


def _compared(name: str, left: Value, right: Value) -> Condition:
    left, right = _alike(left, right), _alike(right, left)
    if left.kind != right.kind:
        raise InputError(f"filter: '{name}' compares a {left.kind} with a {right.kind}.")
    compare = _COMPARE[name]
    if left.is_literal and right.is_literal:
        return true() if compare(left.literal, right.literal) else false()
    if left.kind == "text" and name not in {"=", "<>"}:
        return compare(ByCodePoint(left.sql), right.sql)  # type: ignore[no-any-return]  # a condition of SQLAlchemy
    return compare(left.sql, right.sql)  # type: ignore[no-any-return]  # a condition of SQLAlchemy


def _alike(value: Value, other: Value) -> Value:
    """Return a value as the kind of the other one where that is what was meant."""
    if value.kind == other.kind:
        return value
    if value.is_literal and value.kind == "text" and other.kind in {"date", "moment"}:
        return _alike(instant(value.literal), other)
    if value.is_literal and value.kind == "number" and other.kind == "bool" and value.literal in {0, 1}:
        return Value("bool", bool(value.literal))  # GDAL writes yes and no so
    if value.kind == "date" and other.kind == "moment":
        if value.is_literal:
            return Value("moment", as_moment(value.literal, end=False))
        return Value("moment", None, DayStart(value.sql))
    return value


def _textual(name: str, value: Value) -> Value:
    if value.kind != "text":
        raise InputError(f"filter: '{name}' takes a text.")
    if value.is_literal:
        return Value("text", (lowered if name == "casei" else unaccented)(value.literal))
    return Value("text", None, Folded(value.sql) if name == "casei" else Unaccented(value.sql))


def _computed(name: str, left: Value, right: Value) -> Value:
    if left.kind != "number" or right.kind != "number":
        raise InputError(f"filter: '{name}' takes two numbers.")
    if left.is_literal and right.is_literal:
        return number(_arithmetic(name, left.literal, right.literal))
    first, second = (cast(side.sql, Double) for side in (left, right))
    divisor = func.nullif(second, literal(0.0))
    results: dict[str, Callable[[], Sql[Any]]] = {
        "+": lambda: first + second,
        "-": lambda: first - second,
        "*": lambda: first * second,
        "/": lambda: first / divisor,
        "div": lambda: func.trunc(first / divisor),
        "%": lambda: first - second * func.trunc(first / divisor),
        "^": lambda: func.power(first, second),
    }
    return Value("number", None, results[name]())


def _arithmetic(name: str, left: float, right: float) -> float:
    results: dict[str, Callable[[], float]] = {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "/": lambda: left / right,
        "div": lambda: math.trunc(left / right),
        "%": lambda: math.fmod(left, right),
        "^": lambda: math.pow(left, right),
    }
    try:
        return results[name]()
    except (ArithmeticError, ValueError) as error:
        raise InputError(f"filter: {left:g} {name} {right:g} has no result.") from error
