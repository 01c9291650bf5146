"""The form in which a layer is described: columns, checks, and what is said of a row of a file.

Apart from `gis.schema`, which holds the five spatial layers, because packages to the right (audits,
planner) declare layers of their own in the same form and `api` hands them over. A name that a file uses
for a column is either one of its `aliases` (a word of a published schema that can mean nothing else:
taken directly, and noted) or one of its `synonyms` (only ever proposed, never applied silently).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from pandas import DataFrame

Kind = Literal["text", "int", "float", "bool", "date", "code", "codes"]
Geometry = Literal["Point", "LineString", "Polygon", "Any", "None"]
Action = Literal["repaired", "quarantined", "noted", "merged", "skipped"]


@dataclass(frozen=True)
class Column:
    """One column of a layer as it is stored.

    Attributes
    ----------
    kind
        `codes` is a set of codes written `a;b;c`; `date` is ISO 8601 (a `datetime.date`).
    unit
        The stored unit (`m`, `mm`, `ratio`, `km/h`, ...); a mapping file may declare another.
    codes
        Name of the code list under `data/catalogue` for `code` and `codes`.
    synonyms
        Words found in other people's files, zh and en, in lower case; only proposed.
    aliases
        Names of published schemas (OpenStreetMap keys, adcode) that mean exactly this column.
    low, high
        Inclusive range of a number; outside it the row is quarantined.
    length
        Most characters of a text; a longer one is quarantined, never cut.
    personal
        Never printed, logged or written to a quarantine table in the database.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    unit: str = ""
    codes: str = ""
    synonyms: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    length: int = 255
    personal: bool = False


@dataclass(frozen=True)
class RowIssue:
    """What was wrong with one row of a file, and what was done about it.

    Attributes
    ----------
    row
        Number of the row in the file, the first data row being 1; 0 speaks of the whole file.
    action
        `repaired` (the row is in, changed), `quarantined` (the row is kept aside), `noted` (the row is
        in, but somebody should look), `merged` (the row became part of another one) or `skipped` (the
        row is no data: a title, a repeated header, a total, or what the mapping says to skip).
    reason
        Stable code, such as `swapped-axes`; `detail` says it in words and holds no personal value.
    """

    row: int
    column: str
    action: Action
    reason: str
    detail: str


Check = Callable[[DataFrame], list[RowIssue]]
Fill = Callable[[DataFrame], tuple[DataFrame, list[RowIssue]]]


@dataclass(frozen=True)
class LayerSpec:
    """A layer as files bring it and tables keep it.

    Attributes
    ----------
    key
        Column that names a row across files (always stored as `uid`).
    geometry
        Type of the stored geometry; `Any` takes points and polygons, `None` has no geometry.
    geometry_required
        Whether a row without a position is quarantined.
    checks
        Checks across columns or rows, run after every column was checked by itself; they get the
        accepted rows with the file's row numbers as index.
    fills
        Run before required columns are missed: they fill in what follows from other columns, and say so.
    """

    name: str
    geometry: Geometry
    columns: tuple[Column, ...]
    key: str = "uid"
    checks: tuple[Check, ...] = field(default=())
    geometry_required: bool = True
    fills: tuple[Fill, ...] = field(default=())

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns in order."""
        return tuple(column.name for column in self.columns)
