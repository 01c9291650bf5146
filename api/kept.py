"""What was made of the database and is made again only when the database has changed.

A stamp names the state of some tables in two cheap numbers each; what was made under another stamp is not
used. One maker works at a time for a name, so that a hundred visitors after an import cost one map.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gis.tables import Base

KEPT = 16  # things at most; each is a map or a frame

Made = TypeVar("Made")


def stamp(session: Session, *tables: type[Base]) -> str:
    """Return a text that changes when a row of these tables is added, taken away or retired."""
    parts = []
    for table in tables:
        columns: Any = table.__table__.columns
        numbers = [func.max(columns.id), func.count()]
        if "retired_by" in columns:
            numbers.append(func.count(columns.retired_by))
        parts.append(".".join(str(number or 0) for number in session.execute(select(*numbers)).one()))
    return "-".join(parts)


class Kept:
    """Things that were made, the oldest forgotten first; shared by the threads of one service."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._things: OrderedDict[tuple[object, ...], tuple[str, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns: dict[tuple[object, ...], threading.Lock] = {}

    def get(self, name: tuple[object, ...], stamped: str, make: Callable[[], Made]) -> Made:
        """Return what was made under this name and stamp, making it first where it was not."""
        with self._lock:
            turn = self._turns.setdefault(name, threading.Lock())
        with turn:
            with self._lock:
                found = self._things.get(name)
            if found is not None and found[0] == stamped:
                made: Made = found[1]
                return made
            made = make()
            with self._lock:
                self._things[name] = (stamped, made)
                self._things.move_to_end(name)
                while len(self._things) > self._most:
                    gone, _ = self._things.popitem(last=False)
                    self._turns.pop(gone, None)
            return made
