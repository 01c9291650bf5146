"""Queries compiled once for their form and kept, since compiling costs more than most answers."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DataError

from gis.errors import InputError

KEPT_QUERIES = 512


class Prepared:
    """A compiled query: its text, and how the driver takes its values."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self._compiled = compiled
        self._text = str(compiled)
        self._order: list[str] | None = compiled.positiontup
        self._processors: dict[str, Any] = compiled._bind_processors  # noqa: SLF001  SQLAlchemy runs no compiled query

    def run(self, connection: Connection, values: dict[str, Any]) -> Any:  # noqa: ANN401  a cursor result
        """Return the rows for these values.

        Raises
        ------
        InputError
            The database cannot compute it: a number of the request is too large for its operation.
        """
        bound = self._compiled.construct_params(values)
        for name, process in self._processors.items():
            bound[name] = process(bound[name])
        ready = bound if self._order is None else tuple(bound[name] for name in self._order)
        try:
            return connection.exec_driver_sql(self._text, ready)
        except DataError as error:
            raise InputError("filter: it cannot be computed for some feature.") from error

    def first(self, connection: Connection, values: dict[str, Any]) -> Any:  # noqa: ANN401  a row
        """Return the first row for these values, or None."""
        return self.run(connection, values).first()


def prepared_as(key: tuple[Any, ...], connection: Connection, make: Callable[[], Select[Any]]) -> Prepared:
    """Return the compiled query kept under a key, made where there is none yet."""
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    made = Prepared(make(), connection.dialect)
    with _lock:
        _kept[key] = made
        while len(_kept) > KEPT_QUERIES:
            _kept.popitem(last=False)
    return made


_kept: OrderedDict[tuple[Any, ...], Prepared] = OrderedDict()
_lock = Lock()
