"""Cuts a CQL2 text into tokens."""

import re
from dataclasses import dataclass
from typing import Literal

from gis.errors import InputError

Kind = Literal["text", "name", "quoted", "number", "sign", "end"]

_TOKEN = re.compile(
    r"""
    \s*(?:
      (?P<text>'(?:[^'\\]|''|\\.)*')
    | (?P<quoted>"(?:[^"]|"")+")
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[^\W\d][\w.:]*)
    | (?P<sign><=|>=|<>|!=|[=<>+\-*/%^(),])
    | (?P<end>$)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"''|\\'")


@dataclass(frozen=True)
class Token:
    """A piece of a filter; `at` is its place in the text, the first character being 1."""

    kind: Kind
    value: str
    at: int

    @property
    def word(self) -> str:
        """The keyword that a bare name may be, in upper case; "" for anything else."""
        return self.value.upper() if self.kind == "name" else ""


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text, the last being `end`.

    Raises
    ------
    InputError
        A character fits nowhere, or a quotation does not end.
    """
    found: list[Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            rest = text[at:].lstrip()
            raise InputError(f"filter, at {len(text) - len(rest) + 1}: {rest[:20]!r} is not understood.")
        kind = match.lastgroup or "end"
        found.append(Token(kind, _value(kind, match[kind]), match.start(kind) + 1))  # type: ignore[arg-type]  # the names of the groups are the kinds
        at = match.end()
    return found


def _value(kind: str, written: str) -> str:
    if kind == "text":
        return _ESCAPED.sub("'", written[1:-1])
    return written[1:-1].replace('""', '"') if kind == "quoted" else written
