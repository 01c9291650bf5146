"""What a map is made of: frozen layers whose data are columns, ready to become JSON.

A layer knows nothing of Folium, of HTML or of colours; `maps.render` places it and the page's scripts
draw it. `payload()` is what travels to the page: plain lists, numbers and texts, which the page shows
through `textContent` only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.errors import SchemaError
from maps import encoding

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class PointLayer:
    """Places with names: each is one pin on the map and one row of the list.

    Attributes
    ----------
    id
        Letters, digits and hyphens.
    ids
        Stable ids of the rows, in the order of the list.
    lons, lats
        WGS 84 degrees, as many as `ids`.
    mark
        Name of the column whose value picks colour and shape.
    columns
        Name to values, each as long as `ids`.
    """

    id: str
    ids: Sequence[str]
    lons: Sequence[float]
    lats: Sequence[float]
    mark: str
    columns: Columns

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        _check_lengths(self.id, len(self.ids), {"lons": self.lons, "lats": self.lats, **self.columns})

    def payload(self) -> dict[str, Any]:
        """Return the layer as JSON values."""
        xs, ys = encoding.points(self.lons, self.lats)
        return {
            "type": "points", "id": self.id, "ids": list(self.ids), "x": xs, "y": ys, "mark": self.mark,
            "columns": {name: encoding.column(values) for name, values in self.columns.items()},
        }  # fmt: skip


@dataclass(frozen=True)
class ColumnarLayer:
    """Up to some hundred thousand nameless points, six bytes of position and one byte a column each.

    Attributes
    ----------
    lons, lats
        WGS 84 degrees.
    mark
        Name of the column whose value picks colour and shape.
    columns
        Name to whole numbers: up to 255 one byte each, larger ones as digits.
    ids
        Ids of the points where the page may list them, else empty.
    """

    id: str
    lons: NDArray[np.float64]
    lats: NDArray[np.float64]
    mark: str
    columns: Mapping[str, NDArray[np.int64]]
    ids: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        _check_lengths(self.id, len(self.lons), {"lats": self.lats, **self.columns})
        if self.ids:
            _check_lengths(self.id, len(self.lons), {"ids": self.ids})

    def payload(self) -> dict[str, Any]:
        """Return the layer as JSON values; positions are fractions of its own extent."""
        xs, ys = encoding.mercator(self.lons, self.lats)
        extent = (
            [float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())] if len(xs) else [0, 0, 1, 1]
        )
        return {
            "type": "columnar", "id": self.id, "count": len(xs), "extent": extent, "mark": self.mark,
            "x": encoding.fractions(xs, extent[0], extent[2]),
            "y": encoding.fractions(ys, extent[1], extent[3]),
            "columns": {name: encoding.compact(values) for name, values in self.columns.items()},
            "ids": list(self.ids),
        }  # fmt: skip


@dataclass(frozen=True)
class AreaLayer:
    """Regions of one level: polygons, names and, for each slice, the values the table shows.

    Attributes
    ----------
    parents
        Code of the region above, or "" for the first level.
    shapes
        Parts of each polygon as `encoding.rings` writes them.
    anchors
        Place of the label of each region, WGS 84 (lon, lat).
    figures
        Slice to measure to whole numbers, each as long as `codes`; `UNKNOWN` is not known, and
        `WITHHELD` known and not shown, to protect the few people it counts.
    """

    id: str
    level: str
    codes: Sequence[str]
    names: Sequence[str]
    parents: Sequence[str]
    shapes: Sequence[Sequence[str]]
    anchors: Sequence[tuple[float, float]]
    figures: Mapping[str, Columns] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        whole = {"names": self.names, "parents": self.parents, "shapes": self.shapes, "anchors": self.anchors}
        _check_lengths(self.id, len(self.codes), whole)
        for measures in self.figures.values():
            _check_lengths(self.id, len(self.codes), measures)

    def payload(self) -> dict[str, Any]:
        """Return the layer as JSON values."""
        xs, ys = encoding.points([lon for lon, _ in self.anchors], [lat for _, lat in self.anchors])
        return {
            "type": "areas", "id": self.id, "level": self.level, "codes": list(self.codes),
            "names": list(self.names), "parents": encoding.column(self.parents),
            "shapes": [list(shape) for shape in self.shapes], "x": xs, "y": ys,
            "values": {
                name: {measure: encoding.column(numbers) for measure, numbers in measures.items()}
                for name, measures in self.figures.items()
            },
        }  # fmt: skip


@dataclass(frozen=True)
class LineLayer:
    """Lines of one kind that carry no data of their own: borders and roads of the base.

    Attributes
    ----------
    style
        Class of the stylesheet that draws it: `motorway` or `road`.
    shape
        All lines together as `encoding.rings` writes them.
    """

    id: str
    style: str
    shape: Sequence[str]

    def payload(self) -> dict[str, Any]:
        """Return the layer as JSON values."""
        return {"type": "lines", "id": self.id, "style": self.style, "shape": list(self.shape)}


Layer = PointLayer | ColumnarLayer | AreaLayer | LineLayer

WITHHELD = -1  # known and not shown
UNKNOWN = -2  # not known


def _check_lengths(layer: str, wanted: int, columns: Mapping[str, Any]) -> None:
    for name, values in columns.items():
        if len(values) != wanted:
            raise SchemaError(layer, f"column '{name}' has {len(values)} values, the layer has {wanted} rows")
