"""The map of repairs: who has access today and after the bundle, and where each repair is.

Today and after are two states of one page, as services are on the map of coverage; the list below says of
each repair what it brings and costs, so that nothing is on the map alone.
"""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from gis.catalogue import Language, words
from maps.basemap import MapBase, area_layer, road_layers, texts
from maps.layers import PointLayer
from maps.mapview import LegendEntry, MapView, Slice, TwinTable
from maps.popups import COVERAGE_FIELDS, FACILITY_FIELDS
from maps.tallies import city_totals, levels, reach_values
from maps.toilets import region_words, texts_of
from maps.views import SHARE_BREAKS, share_legend

STATES = {"now": "reached", "bundle": "after"}  # state of the page to column of `reach`


def repair_view(
    reach: pd.DataFrame, repairs: gpd.GeoDataFrame, asked: Mapping[str, str], *, lang: Language, base: MapBase
) -> MapView:
    """Return the map of repairs that open access to one service.

    Parameters
    ----------
    reach
        Columns `code` (of a county, township or village), `people`, `reached` (today) and `after` (with
        the bundle).
    repairs
        Points in EPSG:4326, in the order of the list: `finding`, `name`, `effect` (words), `clause`,
        `region_code` and `in_bundle`. May be empty.
    asked
        Words for `service` and `norm`, `people`, `cost` and `bound` of the bundle.
    base
        With its villages for the office; without them for a public page.
    """
    said = words(lang, "maps")
    counted = pd.concat(
        [
            reach[["code", "people"]].assign(service=state, reached=reach[column])
            for state, column in STATES.items()
        ]
    )
    states = list(STATES)
    norm = said["repairs.norm"].format(**asked)
    areas = [
        area_layer(regions, level, lang, reach_values(counted, texts(regions["code"]), states))
        for level, regions in levels(base, villages=True)
    ]
    return MapView(
        name="repairs",
        kind="regions",
        lang=lang,
        title=said["repairs.title"],
        intro=said["repairs.intro"].format(**asked),
        layers=(*road_layers(base), *areas, _repair_layer(repairs, base, lang)),
        tables=(
            TwinTable("county", said["repairs.list"], COVERAGE_FIELDS),
            TwinTable("places", said["repairs.repairs"], FACILITY_FIELDS),
        ),
        legend=(*share_legend(said)[:-1], LegendEntry(said["repairs.legend"], "poor", "square")),
        bounds=base.bounds(),
        slices=tuple(Slice(state, said[f"repairs.{state}"], norm) for state in states),
        notes=(said["repairs.note"].format(**asked), *((said["site.schematic"],) if base.schematic else ())),
        options={
            "control": "choice", "drawn": "share", "breaks": list(SHARE_BREAKS),
            "totals": city_totals(areas[0]),
            "marks": [{"tone": "poor", "shape": "square"}],
        },
    )  # fmt: skip


def _repair_layer(repairs: gpd.GeoDataFrame, base: MapBase, lang: Language) -> PointLayer:
    """Return all repairs under the state of today, and those of the bundle again under the other."""
    parts = [
        repairs.assign(state="now"),
        repairs[repairs["in_bundle"].to_numpy(bool)].assign(state="bundle"),
    ]
    listed = pd.concat(parts, ignore_index=True)
    regions, numbers, _ = region_words(listed, base, lang)
    columns = {
        "name": texts_of(listed, "name"),
        "class": texts_of(listed, "effect"),
        "region": [regions[number] for number in numbers],
        "address": texts_of(listed, "clause"),
        "code": texts_of(listed, "region_code"),
        "service": texts_of(listed, "state"),
    }
    ids = [
        f"{state}:{uid}" for state, uid in zip(columns["service"], texts_of(listed, "finding"), strict=True)
    ]
    lons, lats = listed.geometry.x.tolist(), listed.geometry.y.tolist()
    return PointLayer("places", ids, lons, lats, "service", columns)
