"""Queries compiled once for their form and kept, since compiling costs more than most answers."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import ClauseElement, ColumnElement, Connection, Dialect, Select, literal_column
from sqlalchemy.exc import DataError

from gis.errors import InputError

KEPT_QUERIES = 512
FILTER_TEXT = "/*filter*/ 1 = 1"  # where the condition of a filter is put into a query that is kept
FILTER: ColumnElement[bool] = literal_column(FILTER_TEXT)


@dataclass(frozen=True)
class Prepared:
    """A compiled query: its text, the literals in it, and how the driver takes its values.

    Attributes
    ----------
    order
        Names in the order of the text, for a driver that counts its values; else None.
    processors
        What makes a value into what the driver takes, by name.
    """

    text: str
    names: tuple[str, ...]
    literals: dict[str, Any]
    order: tuple[str, ...] | None
    processors: dict[str, Callable[[Any], Any]]

    def filtered(self, part: "Prepared") -> "Prepared":
        """Return the query with a condition in the place of `FILTER`."""
        head, _, tail = self.text.partition(FILTER_TEXT)
        order = self.order
        if order is not None and part.order is not None:
            before = head.count("?")
            order = (*order[:before], *part.order, *order[before:])
        return Prepared(
            f"{head}({part.text}){tail}",
            self.names + part.names,
            self.literals | part.literals,
            order,
            self.processors | part.processors,
        )

    def run(self, connection: Connection, values: dict[str, Any]) -> Any:  # noqa: ANN401  a cursor result
        """Return the rows for these values.

        Raises
        ------
        InputError
            The database cannot compute it: a number of the request is too large for its operation.
        """
        given = self.literals | values
        bound = {name: given[name] for name in self.names}
        for name, process in self.processors.items():
            bound[name] = process(bound[name])
        ready = bound if self.order is None else tuple(bound[name] for name in self.order)
        try:
            return connection.exec_driver_sql(self.text, ready)
        except DataError as error:
            raise InputError("filter: it cannot be computed for some feature.") from error

    def first(self, connection: Connection, values: dict[str, Any]) -> Any:  # noqa: ANN401  a row
        """Return the first row for these values, or None."""
        return self.run(connection, values).first()


def compiled(statement: ClauseElement, dialect: Dialect, mark: str = "") -> Prepared:
    """Return a statement compiled; `mark` begins the names of its values, where two are to be joined."""
    made: Any = statement.compile(dialect=dialect)
    named = {name: mark + name for name in made.params}
    text = str(made)
    if mark and not made.positional:
        for name, marked in named.items():
            text = text.replace(f"%({name})s", f"%({marked})s")
    # SQLAlchemy runs no compiled query, but knows what the driver takes.
    processors = made._bind_processors  # noqa: SLF001
    return Prepared(
        text,
        tuple(named.values()),
        {named[name]: value for name, value in made.params.items() if value is not None},
        tuple(named[name] for name in made.positiontup) if made.positional else None,
        {named[name]: process for name, process in processors.items()},
    )


def prepared_as(key: tuple[Any, ...], connection: Connection, make: Callable[[], Select[Any]]) -> Prepared:
    """Return the compiled query kept under a key, made where there is none yet."""
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    made = compiled(make(), connection.dialect)
    with _lock:
        _kept[key] = made
        while len(_kept) > KEPT_QUERIES:
            _kept.popitem(last=False)
    return made


_kept: OrderedDict[tuple[Any, ...], Prepared] = OrderedDict()
_lock = Lock()
