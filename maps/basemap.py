"""The ground under every map, drawn from the city's own regions and roads: no tiles, no internet.

Borders are simplified as one coverage, so that neighbours keep meeting in the same line; roads keep
only the classes a reader finds the way by. The schematic borders of a demonstration are labelled so
by the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.catalogue import Language
from gis.errors import EmptyLayerError
from maps.encoding import rings
from maps.layers import AreaLayer, Layer, LineLayer

MOTORWAYS = ("motorway",)
MAIN_ROADS = ("trunk", "primary")
COUNTRY_ROADS = ("secondary",)
TOLERANCES = {"county": 0.004, "township": 0.006, "village": 0.0015, "road": 0.002}  # degrees


@dataclass(frozen=True)
class MapBase:
    """Regions and roads of a city, EPSG:4326, with the columns of `gis.schema`.

    Attributes
    ----------
    counties, townships
        Polygons with `code`, `name`, `name_en`, `parent_code`.
    villages
        The same, where the map goes down to them; may be empty.
    roads
        Lines with `road_class`; may be empty.
    schematic
        The borders are a sketch and the page says so.
    """

    counties: gpd.GeoDataFrame
    townships: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame | None = None
    schematic: bool = True

    def bounds(self, places: gpd.GeoDataFrame | None = None) -> tuple[float, float, float, float]:
        """Return west, south, east, north in degrees: of the counties, else of the roads, else of places.

        Raises
        ------
        EmptyLayerError
            There is nothing that a map could show.
        """
        for layer in (self.counties, self.roads, places):
            if layer is not None and np.isfinite(layer.total_bounds).all():
                west, south, east, north = layer.total_bounds
                return float(west), float(south), float(east), float(north)
        raise EmptyLayerError("regions")


def base_layers(base: MapBase, lang: Language) -> tuple[Layer, ...]:
    """Return roads, counties and townships without data, the ground of a map of places."""
    return (
        *road_layers(base),
        area_layer(base.townships, "township", lang),
        area_layer(base.counties, "county", lang),
    )


def road_layers(base: MapBase) -> tuple[LineLayer, ...]:
    """Return the roads a reader finds the way by, simplified, as three layers that may be empty."""
    kinds = {"lane": COUNTRY_ROADS, "road": MAIN_ROADS, "motorway": MOTORWAYS}
    return tuple(_roads(base.roads, style, classes) for style, classes in kinds.items())


def area_layer(
    regions: gpd.GeoDataFrame,
    level: str,
    lang: Language,
    figures: dict[str, dict[str, list[Any]]] | None = None,
) -> AreaLayer:
    """Return regions of one level as a layer; a region without polygon keeps its row and loses its shape.

    Parameters
    ----------
    regions
        Columns of `gis.schema.REGIONS`, EPSG:4326.
    figures
        Slice to measure to numbers, in the order of `regions`.
    """
    outlines = simplified(regions.geometry.tolist(), TOLERANCES[level])
    parents = regions["parent_code"] if "parent_code" in regions else [""] * len(regions)
    return AreaLayer(
        id=level,
        level=level,
        codes=texts(regions["code"]),
        names=region_names(regions, lang),
        parents=texts(parents),
        shapes=[rings(outline) for outline in outlines],
        anchors=[_anchor(outline) for outline in regions.geometry],
        figures=figures or {},
    )


def simplified(outlines: Sequence[BaseGeometry | None], tolerance: float) -> list[BaseGeometry | None]:
    """Return polygons simplified together: a shared border stays shared. Others come back as they are."""
    polygons = [k for k, outline in enumerate(outlines) if outline is not None and outline.area > 0]
    result = list(outlines)
    if polygons:
        thin = shapely.coverage_simplify([outlines[k] for k in polygons], tolerance)
        for k, outline in zip(polygons, thin, strict=True):
            result[k] = outline
    return [outline if outline is not None and outline.area > 0 else None for outline in result]


def region_names(regions: gpd.GeoDataFrame, lang: Language) -> list[str]:
    """Return the names of regions in that language, the Chinese one where there is no English one."""
    chinese = texts(regions["name"])
    if lang == "zh" or "name_en" not in regions:
        return chinese
    return [english or name for english, name in zip(texts(regions["name_en"]), chinese, strict=True)]


def texts(values: Any) -> list[str]:  # noqa: ANN401 - any sequence of a frame, with its own kind of missing
    """Return values as texts, missing ones as ""."""
    return ["" if value is None or value != value else str(value) for value in list(values)]  # noqa: PLR0124 - NaN


def _roads(roads: gpd.GeoDataFrame, style: str, classes: tuple[str, ...]) -> LineLayer:
    chosen = roads.loc[roads["road_class"].isin(classes)].geometry if len(roads) else None
    if chosen is None or chosen.empty:
        return LineLayer(id=style, style=style, shape=[])
    joined = shapely.line_merge(shapely.union_all(chosen.to_numpy(), grid_size=1e-5))
    return LineLayer(id=style, style=style, shape=rings(shapely.simplify(joined, TOLERANCES["road"])))


def _anchor(outline: BaseGeometry | None) -> tuple[float, float]:
    if outline is None or outline.is_empty:
        return (np.nan, np.nan)
    place = outline.representative_point()
    return (place.x, place.y)
