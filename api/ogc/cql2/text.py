"""Reads CQL2 text (and what GDAL writes as `cql-text`) into the tree of CQL2 JSON.

A parser by operator precedence: `or`, `and`, `not`, comparisons, sums, products, powers. Every nested
expression counts towards the depth that is allowed, so that no filter reaches the stack's end.
"""

from typing import Any

from api.ogc.cql2.tokens import Token, tokens
from api.ogc.cql2.words import COMPARISONS, DEEPEST, FUNCTIONS, SHAPES
from gis.errors import InputError

Node = Any  # a tree of CQL2 JSON: dict, list, text, number, yes or no

_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _POWER = range(1, 8)
_INFIX = {
    "OR": (_OR, "or"),
    "AND": (_AND, "and"),
    "+": (_SUM, "+"),
    "-": (_SUM, "-"),
    "*": (_PRODUCT, "*"),
    "/": (_PRODUCT, "/"),
    "%": (_PRODUCT, "%"),
    "DIV": (_PRODUCT, "div"),
    "^": (_POWER, "^"),
}
_TESTS = {"LIKE", "ILIKE", "BETWEEN", "IN"}


def parse_text(text: str) -> Node:
    """Return the tree of a filter in CQL2 text.

    Raises
    ------
    InputError
        It is not well formed or nests too deeply; the message says where.
    """
    parser = _Parser(tokens(text))
    tree = parser.expression(0, 0)
    parser.expect("end")
    return tree


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0

    def expect(self, value: str) -> Token:
        """Take the next token, which must be this sign, word or kind."""
        token = self._tokens[self._next]
        if value not in {token.kind, token.word} and not (token.kind == "sign" and token.value == value):
            raise _refusal(token, f"'{value}' is expected")
        self._next += token.kind != "end"
        return token

    def expression(self, binding: int, depth: int) -> Node:
        """Return the expression ahead as far as its operators bind more tightly than `binding`."""
        if depth > DEEPEST:
            raise _refusal(self._peek(), f"it nests deeper than {DEEPEST}")
        left = self._operand(depth)
        while True:
            token = self._peek()
            name = token.value if token.kind == "sign" else token.word
            if name in _INFIX and _INFIX[name][0] > binding:
                strength, operator = _INFIX[name]
                self._take()
                # A power binds to the right: 2^3^2 is 2^9.
                right = self.expression(strength - (operator == "^"), depth + 1)
                left = _joined(operator, left, right)
            elif binding < _COMPARE and (test := self._test(name, left, depth)) is not None:
                left = test
            else:
                return left

    def _test(self, name: str, left: Node, depth: int) -> Node | None:
        """Return the comparison of what was read with what follows, None where none follows."""
        if name in COMPARISONS or name == "!=":
            self._take()
            operator = "<>" if name == "!=" else name
            return {"op": operator, "args": [left, self.expression(_COMPARE, depth + 1)]}
        if name == "IS":
            self._take()
            negated = self._took("NOT")
            self.expect("NULL")
            return _perhaps_not({"op": "isNull", "args": [left]}, negated=negated)
        ahead = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        negated = name == "NOT" and ahead.word in _TESTS
        if not negated and name not in _TESTS:
            return None
        self._next += negated
        return _perhaps_not(self._membership(left, depth), negated=negated)

    def _membership(self, left: Node, depth: int) -> Node:
        word = self._take().word
        if word == "BETWEEN":
            low = self.expression(_COMPARE, depth + 1)
            self.expect("AND")
            return {"op": "between", "args": [left, low, self.expression(_COMPARE, depth + 1)]}
        if word == "IN":
            return {"op": "in", "args": [left, self._arguments(depth)]}
        pattern = self.expression(_COMPARE, depth + 1)
        if word == "ILIKE":
            left, pattern = ({"op": "casei", "args": [side]} for side in (left, pattern))
        return {"op": "like", "args": [left, pattern]}

    def _operand(self, depth: int) -> Node:  # noqa: PLR0911  one for each form
        token = self._take()
        if token.kind == "text":
            return token.value
        if token.kind == "number":
            return _number(token.value)
        if token.kind == "quoted":
            return {"property": token.value}
        if token.kind == "sign" and token.value == "(":
            inner = self.expression(0, depth + 1)
            self.expect(")")
            return inner
        if token.kind == "sign" and token.value in "+-":
            operand = self.expression(_POWER - 1, depth + 1)
            if token.value == "+":
                return operand
            negative = isinstance(operand, int | float) and not isinstance(operand, bool)
            return -operand if negative else {"op": "*", "args": [-1, operand]}
        if token.kind == "name":
            return self._named(token, depth)
        raise _refusal(token, "a value or a property is expected")

    def _named(self, token: Token, depth: int) -> Node:  # noqa: PLR0911  one for each form
        word = token.word
        if word == "NOT":
            return {"op": "not", "args": [self.expression(_NOT, depth + 1)]}
        if word in {"TRUE", "FALSE"}:
            return word == "TRUE"
        if word in SHAPES:
            return self._shape(SHAPES[word], depth)
        called = self._peek().kind == "sign" and self._peek().value == "("
        if not called:
            if word in {*_INFIX, *_TESTS, "IS", "NULL"}:
                raise _refusal(token, "a value or a property is expected")
            return {"property": token.value}
        arguments = self._arguments(depth)
        if word in {"DATE", "TIMESTAMP"}:
            if len(arguments) != 1:
                raise _refusal(token, f"{word} takes one text")
            return {word.lower(): arguments[0]}
        if word in {"INTERVAL", "BBOX"}:
            return {word.lower(): arguments}
        if word.lower() in FUNCTIONS:
            return {"op": FUNCTIONS[word.lower()], "args": arguments}
        raise _refusal(token, f"there is no function {token.value}")

    def _arguments(self, depth: int) -> list[Node]:
        self.expect("(")
        found = [self.expression(0, depth + 1)]
        while self._took(","):
            found.append(self.expression(0, depth + 1))
        self.expect(")")
        return found

    def _shape(self, kind: str, depth: int) -> Node:
        if self._peek().word in {"Z", "M", "ZM"}:
            self._take()
        if kind == "GeometryCollection":
            self.expect("(")
            members = [self._member(depth)]
            while self._took(","):
                members.append(self._member(depth))
            self.expect(")")
            return {"type": kind, "geometries": members}
        return {"type": kind, "coordinates": self._positions(kind)}

    def _member(self, depth: int) -> Node:
        token = self._take()
        if token.word not in SHAPES or token.word == "GEOMETRYCOLLECTION":
            raise _refusal(token, "a point, line or polygon is expected")
        return self._shape(SHAPES[token.word], depth + 1)

    def _positions(self, kind: str) -> Node:
        inner = {
            "MultiPolygon": "Polygon",
            "Polygon": "LineString",
            "MultiLineString": "LineString",
            "LineString": "",
            "MultiPoint": "Point?",
        }
        self.expect("(")
        if kind == "Point":
            found = self._position()
        else:
            found = [self._part(inner[kind])]
            while self._took(","):
                found.append(self._part(inner[kind]))
        self.expect(")")
        return found

    def _part(self, kind: str) -> Node:
        if kind == "Point?":  # MULTIPOINT((1 2), (3 4)) and MULTIPOINT(1 2, 3 4) are both in use
            token = self._peek()
            kind = "Point" if token.kind == "sign" and token.value == "(" else ""
        return self._positions(kind) if kind else self._position()

    def _position(self) -> list[float]:
        found = [self._coordinate(), self._coordinate()]
        while len(found) < 4 and (self._peek().kind == "number" or self._peek().value in {"-", "+"}):
            found.append(self._coordinate())
        return found

    def _coordinate(self) -> float:
        negative = self._took("-")
        if not negative:
            self._took("+")
        number = float(_number(self.expect("number").value))
        return -number if negative else number

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += token.kind != "end"
        return token

    def _took(self, value: str) -> bool:
        token = self._tokens[self._next]
        fits = token.word == value or (token.kind == "sign" and token.value == value)
        self._next += fits
        return fits


def _joined(operator: str, left: Node, right: Node) -> Node:
    """Join two sides; `a and b and c` is one operation with three sides, not a tower of two."""
    if operator in {"and", "or"} and isinstance(left, dict) and left.get("op") == operator:
        return {"op": operator, "args": [*left["args"], right]}
    return {"op": operator, "args": [left, right]}


def _perhaps_not(test: Node, *, negated: bool) -> Node:
    return {"op": "not", "args": [test]} if negated else test


def _number(written: str) -> int | float:
    return int(written) if written.isdigit() else float(written)


def _refusal(token: Token, why: str) -> InputError:
    found = "the end" if token.kind == "end" else f"'{token.value[:30]}'"
    return InputError(f"filter, at {token.at} ({found}): {why}.")
