"""The functions of filters that the two databases write differently, as elements of SQLAlchemy.

Text is compared by code points and folded by the rules of Unicode on both: PostgreSQL is told so by a
collation, SQLite by functions that `gis.db` gives it.
"""

from typing import Any

from sqlalchemy import Boolean, DateTime, LargeBinary, Text
from sqlalchemy import ColumnElement as Sql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from gis.tables import WGS84


class _Function(Sql[Any]):
    inherit_cache = False

    def __init__(self, *parts: Sql[Any], name: str = "") -> None:
        self.parts = parts
        self.name = name

    def said(self, compiler: SQLCompiler, **options: Any) -> list[str]:  # noqa: ANN401
        """Return the parts as SQL."""
        return [compiler.process(part, **options) for part in self.parts]


class Folded(_Function):
    """A text in lower case."""

    inherit_cache = False
    type = Text()


class Unaccented(_Function):
    """A text without the marks that combine with a letter."""

    inherit_cache = False
    type = Text()


class ByCodePoint(_Function):
    """A text that sorts by its code points."""

    inherit_cache = False
    type = Text()


class Like(_Function):
    """Whether a text fits a pattern, upper and lower case being different; `name` is the pattern."""

    inherit_cache = False
    type = Boolean()


class DayStart(_Function):
    """The first moment of a day that a column holds; the last with `name` set to `end`."""

    inherit_cache = False
    type = DateTime(timezone=True)


class Relation(_Function):
    """Whether two shapes stand in a relation (`name`, such as ST_Within); null where one is missing."""

    inherit_cache = False
    type = Boolean()

    def self_group(self, against: object = None) -> "Relation":  # noqa: ARG002
        """Stay as it is: SQLite would otherwise be asked `(...) = 1` twice."""
        return self


def glob_of(pattern: str) -> str:
    r"""Return a pattern of LIKE (`%`, `_`, escape `\`) as one of GLOB, which tells cases apart."""
    glob, escaped = "", False
    for letter in pattern:
        if not escaped and letter == "\\":
            escaped = True
            continue
        special = "" if escaped else {"%": "*", "_": "?"}.get(letter, "")
        glob += special or (f"[{letter}]" if letter in "*?[" else letter)
        escaped = False
    return glob


@compiles(Folded, "postgresql")
def _folded_postgis(element: Folded, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f'lower({element.said(compiler, **options)[0]} COLLATE "und-x-icu")'


@compiles(Folded, "sqlite")
def _folded_sqlite(element: Folded, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"tantu_lower({element.said(compiler, **options)[0]})"


@compiles(Unaccented, "postgresql")
def _unaccented_postgis(element: Unaccented, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    text = element.said(compiler, **options)[0]
    return f"normalize(regexp_replace(normalize({text}, NFD), '[\u0300-\u036f]', '', 'g'), NFC)"


@compiles(Unaccented, "sqlite")
def _unaccented_sqlite(element: Unaccented, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"tantu_unaccented({element.said(compiler, **options)[0]})"


@compiles(ByCodePoint, "postgresql")
def _sorted_postgis(element: ByCodePoint, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f'({element.said(compiler, **options)[0]} COLLATE "C")'


@compiles(ByCodePoint, "sqlite")
def _sorted_sqlite(element: ByCodePoint, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return element.said(compiler, **options)[0]


@compiles(Like, "postgresql")
def _like_postgis(element: Like, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    text, pattern, _ = element.said(compiler, **options)
    return f"({text} LIKE {pattern})"


@compiles(Like, "sqlite")
def _like_sqlite(element: Like, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    text, _, glob = element.said(compiler, **options)
    return f"({text} GLOB {glob})"


@compiles(DayStart, "postgresql")
def _day_postgis(element: DayStart, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    start = f"(({element.said(compiler, **options)[0]})::timestamp AT TIME ZONE 'UTC')"
    return f"({start} + interval '1 day' - interval '1 microsecond')" if element.name == "end" else start


@compiles(DayStart, "sqlite")
def _day_sqlite(element: DayStart, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    clock = "23:59:59.999999" if element.name == "end" else "00:00:00.000000"
    return f"({element.said(compiler, **options)[0]} || ' {clock}')"


@compiles(Relation, "postgresql")
def _relation_postgis(element: Relation, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"{element.name}({', '.join(element.said(compiler, **options))})"


@compiles(Relation, "sqlite")
def _relation_sqlite(element: Relation, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"(nullif({element.name}({', '.join(element.said(compiler, **options))}), -1) = 1)"


class Box(_Function):
    """A rectangle of west, south, east and north in degrees."""

    inherit_cache = False
    type = LargeBinary()


@compiles(Box, "postgresql")
def _box_postgis(element: Box, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"ST_MakeEnvelope({', '.join(element.said(compiler, **options))}, {WGS84})"


@compiles(Box, "sqlite")
def _box_sqlite(element: Box, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"BuildMbr({', '.join(element.said(compiler, **options))}, {WGS84})"
