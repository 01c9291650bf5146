"""A page as a value: layers, twin tables, legend, filters and words, in one language.

Nothing here becomes HTML: `maps.render` writes JSON and the page shows every text through
`textContent`, so texts of the frames (names, addresses) stay what they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gis.catalogue import Language
from maps.layers import Layer
from maps.popups import Field
from maps.styles import Pattern, Shape


@dataclass(frozen=True)
class LegendEntry:
    """One line of the legend: a mark or a class, and its words."""

    label: str
    tone: str
    shape: Shape | Pattern | Literal["line", "circles"]


@dataclass(frozen=True)
class Filter:
    """A condition of the list; all that are ticked must hold."""

    id: str
    label: str
    bit: int


@dataclass(frozen=True)
class TwinTable:
    """The table that says in words what a layer draws: same rows, same order."""

    layer: str
    caption: str
    columns: tuple[Field, ...]


@dataclass(frozen=True)
class Slice:
    """One state of a map of regions: a service, or a year."""

    id: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class MapView:
    """A whole page: what is drawn, its twin in words, and how a reader narrows it.

    Attributes
    ----------
    name
        `toilets`, `coverage`, `gaps`, `sites`, `renovations` or `repairs`: section of the words, and name of
        the file.
    kind
        Script of the page: `places` lists pins, `regions` walks county, township, village.
    bounds
        West, south, east, north in degrees.
    lookups
        Tables the columns of a layer point into by number, and what belongs to no single column.
    options
        What the script needs beside the layers: numbers and words, no markup.
    """

    name: str
    kind: Literal["places", "regions"]
    lang: Language
    title: str
    intro: str
    layers: tuple[Layer, ...]
    tables: tuple[TwinTable, ...]
    legend: tuple[LegendEntry, ...]
    bounds: tuple[float, float, float, float]
    filters: tuple[Filter, ...] = ()
    slices: tuple[Slice, ...] = ()
    notes: tuple[str, ...] = ()
    lookups: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def layer(self, layer_id: str) -> Layer:
        """Return the layer of that id.

        Raises
        ------
        KeyError
            The view has no such layer.
        """
        return {layer.id: layer for layer in self.layers}[layer_id]
