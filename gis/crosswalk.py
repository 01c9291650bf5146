"""Dated changes of region codes, so that a list of one year fits the regions of another.

The decision a reader would question: a village below a recoded township is taken to have moved with it,
its last three digits unchanged, but only where such a village exists; nothing says so village by village.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from gis.errors import SchemaError

ChangeKind = Literal["recoded", "renamed", "merged", "dropped"]

VILLAGE_DIGITS, TOWNSHIP_DIGITS, COUNTY_DIGITS = 12, 9, 6
# Endings that a place loses or changes when it moves up (乡 to 镇) without becoming another place.
TOWNSHIP_ENDINGS = ("街道办事处", "街道", "镇", "乡")


@dataclass(frozen=True)
class CodeChange:
    """What became of one code.

    Attributes
    ----------
    new_code
        None where the unit was dropped without a successor.
    changed_on
        First day on which the new state holds, or is known to.
    """

    old_code: str
    new_code: str | None
    kind: ChangeKind
    changed_on: date
    old_name: str = ""
    new_name: str = ""


@dataclass(frozen=True)
class Crosswalk:
    """The changes of the codes of a city in order of their dates, and where they were read."""

    changes: tuple[CodeChange, ...] = ()
    source: str = ""

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> "Crosswalk":
        """Return the crosswalk of a table such as `data/cities/zhangye/crosswalk.toml`.

        Raises
        ------
        SchemaError
            A code has two successors on one day, or a recoded one has none.
        """
        changes = [
            CodeChange(
                row["old_code"],
                row.get("new_code"),
                row["kind"],
                row["changed_on"],
                row.get("old_name", ""),
                row.get("new_name", ""),
            )
            for row in table["changes"]
        ]
        seen = set()
        for change in changes:
            if (change.old_code, change.changed_on) in seen:
                raise SchemaError("crosswalk", f"{change.old_code} changes twice on {change.changed_on}")
            if (change.new_code is None) != (change.kind == "dropped"):
                raise SchemaError("crosswalk", f"{change.old_code} is {change.kind} to {change.new_code}")
            seen.add((change.old_code, change.changed_on))
        return cls(tuple(sorted(changes, key=lambda change: change.changed_on)), table["source"])

    def successor(self, code: str, known: Iterable[str]) -> str | None:
        """Return the known code that a code became or had been, or None.

        Parameters
        ----------
        code
            Of any level; a village follows its township.
        known
            The codes to arrive at, those of one vintage of regions; a set is fastest.
        """
        known = known if isinstance(known, set | frozenset) else set(known)
        for moves in (self._forward(), self._backward()):
            found = self._follow(code, moves, known)
            if found is not None:
                return found
        return None

    def on(self, code: str, day: date) -> str | None:
        """Return the code that the unit of a code bears on a day; None where it was dropped by then."""
        current: str | None = code
        for change in self.changes:
            if change.changed_on <= day and current is not None:
                current = self._moved(current, change.old_code, change.new_code)
        for change in reversed(self.changes):
            if change.changed_on > day and current is not None and change.new_code is not None:
                current = self._moved(current, change.new_code, change.old_code)
        return current

    def _forward(self) -> dict[str, str | None]:
        return {change.old_code: change.new_code for change in self.changes if change.kind != "renamed"}

    def _backward(self) -> dict[str, str | None]:
        # A merged unit had several predecessors, so there is no one way back.
        return {
            change.new_code: change.old_code
            for change in self.changes
            if change.kind == "recoded" and change.new_code
        }

    @staticmethod
    def _moved(code: str, source: str, target: str | None) -> str | None:
        if code == source:
            return target
        if target is not None and len(source) == TOWNSHIP_DIGITS and code.startswith(source):
            return target + code[TOWNSHIP_DIGITS:]
        return code

    @staticmethod
    def _follow(code: str, moves: dict[str, str | None], known: set[str] | frozenset[str]) -> str | None:
        town, village = code[:TOWNSHIP_DIGITS], code[TOWNSHIP_DIGITS:]
        for _ in range(len(moves) + 1):
            step = moves.get(town + village)
            if step is None and village:
                parent = moves.get(town)
                step = parent + village if parent else None
            if step is None:
                return None
            if step in known:
                return step
            town, village = step[:TOWNSHIP_DIGITS], step[TOWNSHIP_DIGITS:]
        return None


def changes_between(older: pd.DataFrame, newer: pd.DataFrame, changed_on: date) -> list[CodeChange]:
    """Return what changed between two lists of townships, for a person to check and keep.

    A code that is gone and one that is new are taken for the same unit when they lie in the same county
    and their names agree but for the ending (南丰乡, 南丰镇), and no other pair of that name does.

    Parameters
    ----------
    older, newer
        Columns `code` (9 digits) and `name`.
    changed_on
        Day of the newer list.
    """
    before = dict(zip(older["code"], older["name"], strict=True))
    after = dict(zip(newer["code"], newer["name"], strict=True))
    fresh: dict[tuple[str, str], list[str]] = {}
    for code in after.keys() - before.keys():
        fresh.setdefault(_stem(code, after[code]), []).append(code)
    changes = []
    for code, name in sorted(before.items()):
        if code in after:
            if after[code] != name:
                changes.append(CodeChange(code, code, "renamed", changed_on, name, after[code]))
            continue
        heirs = fresh.get(_stem(code, name), [])
        if len(heirs) == 1:
            changes.append(CodeChange(code, heirs[0], "recoded", changed_on, name, after[heirs[0]]))
        else:
            changes.append(CodeChange(code, None, "dropped", changed_on, name))
    return changes


def _stem(code: str, name: str) -> tuple[str, str]:
    """Return county and name without its ending."""
    for ending in TOWNSHIP_ENDINGS:
        if name.endswith(ending):
            return code[:COUNTY_DIGITS], name.removesuffix(ending)
    return code[:COUNTY_DIGITS], name
