"""The maps of the city, each composed from frames into a `MapView`.

Pure: frames in, a value out, which a test reads as data. Words come from `data/labels`; the day is
handed in.
"""

from collections.abc import Mapping
from datetime import date

import geopandas as gpd

from gis.catalogue import Language, words
from maps.basemap import MapBase, base_layers
from maps.mapview import Filter, LegendEntry, MapView, TwinTable
from maps.popups import TOILET_FIELDS
from maps.styles import LEVEL_MARKS
from maps.toilets import DERIVED, NEEDS, ToiletItem, toilet_layer

__all__ = ["MapView", "ToiletItem", "toilet_view"]


def toilet_view(toilets: gpd.GeoDataFrame, *, lang: Language, on: date, base: MapBase) -> MapView:
    """Return the public map of toilets with their inspected items.

    Parameters
    ----------
    toilets
        Points, EPSG:4326, with the columns of `gis.schema.TOILETS` and of the grades: `level`
        (missing: unknown), `inspected_on`, `items` (a list of `ToiletItem`). May be empty.
    on
        Day the page is made for; decides what is still fresh.

    Raises
    ------
    KeyError
        A level is not one of `maps.styles.LEVEL_MARKS`.
    """
    said = words(lang, "maps")
    places, lookups = toilet_layer(toilets, base, lang, on)
    filters = tuple(Filter(need, said[f"need.{need}"], 1 << k) for k, need in enumerate(NEEDS))
    marks = [
        {"value": level, "label": said[f"level.{level}"], "tone": tone, "shape": shape}
        for level, (tone, shape) in LEVEL_MARKS.items()
    ]
    return MapView(
        name="toilets",
        kind="places",
        lang=lang,
        title=said["toilets.title"],
        intro=said["toilets.intro"],
        layers=(*base_layers(base, lang), places),
        tables=(TwinTable("toilets", said["toilets.list"], TOILET_FIELDS),),
        legend=tuple(LegendEntry(said[f"level.{level}"], *mark) for level, mark in LEVEL_MARKS.items()),
        bounds=base.bounds(),
        filters=filters,
        notes=(said["toilets.note"].format(date=on.isoformat()), *_schematic(base, said)),
        lookups=lookups,
        options={
            "fresh": 1 << NEEDS.index("verified"),
            "features": [{"label": f.label, "bit": f.bit} for f in filters if f.id not in DERIVED],
            "marks": marks,
        },
    )


def _schematic(base: MapBase, said: Mapping[str, str]) -> tuple[str, ...]:
    return (said["site.schematic"],) if base.schematic else ()
