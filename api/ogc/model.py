"""What a collection is: where its rows come from, what is told of them, and who may ask.

A collection is data. Everything that answers for it (items, filters, tiles, documents, downloads) is
written once over this description, so that a layer more is a few lines in `api.ogc.collections`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import ColumnElement, Table, true

Kind = Literal["text", "int", "float", "bool", "date", "moment"]
JSON_TYPES: dict[Kind, dict[str, str]] = {
    "text": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
}


@dataclass(frozen=True)
class Field:
    """A property of the features of a collection.

    Attributes
    ----------
    codes
        Name of the code list that its values are from, "" for none.
    """

    name: str
    kind: Kind
    codes: str = ""


@dataclass(frozen=True, eq=False)
class Collection:
    """A set of features as the OGC API shows it.

    Attributes
    ----------
    table
        Has the columns `id` (orders the pages), `geom` (EPSG:4326, with its index) and one column for
        each field.
    key
        The column that names a feature across versions.
    rows
        Which rows are there at all; for a layer those that no later import replaced.
    period
        The fields that the parameter `datetime` asks: from and until when a feature is there. A single
        day stands twice; "" is open.
    roles
        Who may see it; empty for everybody.
    scope
        Which rows lie in some regions, for a collection that is shown by region; None where all is for
        everybody who may see it.
    tile_fields
        What tiles say of a feature; all fields where it is empty.
    min_zoom
        First zoom with tiles.
    by_zoom
        Which rows a tile shows below a zoom, the first that fits; by zoom alone, since a decision by
        tile leaves seams.
    """

    id: str
    table: Table
    geometry: str
    fields: tuple[Field, ...]
    key: str = "uid"
    rows: ColumnElement[bool] = field(default_factory=true)
    period: tuple[str, str] = ("", "")
    roles: frozenset[str] = frozenset()
    scope: Callable[[Sequence[str]], ColumnElement[bool]] | None = None
    tile_fields: tuple[str, ...] = ()
    min_zoom: int = 0
    by_zoom: tuple[tuple[int, ColumnElement[bool]], ...] = ()

    @property
    def public(self) -> bool:
        """Whether everybody may see it."""
        return not self.roles

    @property
    def tiled(self) -> tuple[Field, ...]:
        """The fields that tiles show."""
        return tuple(one for one in self.fields if not self.tile_fields or one.name in self.tile_fields)

    def field(self, name: str) -> Field | None:
        """Return the field of that name, or None."""
        return next((one for one in self.fields if one.name == name), None)

    def shown(self, zoom: int) -> ColumnElement[bool]:
        """Return which rows a tile of a zoom shows."""
        return next((rows for below, rows in self.by_zoom if zoom < below), true())
