"""The maps of gaps and of new sites: regions by the share of people served, points that are also a list."""

from collections.abc import Mapping, Sequence

import geopandas as gpd
import pandas as pd

from gis.catalogue import Language, codelist, words
from maps.basemap import MapBase, area_layer, road_layers, texts
from maps.layers import PointLayer
from maps.mapview import LegendEntry, MapView, Slice, TwinTable
from maps.popups import COVERAGE_FIELDS, FACILITY_FIELDS
from maps.tallies import levels, reach_totals, reach_values
from maps.toilets import region_words, texts_of
from maps.views import SHARE_BREAKS, share_legend

STATES = ("now", "after")


def gap_view(reach: pd.DataFrame, gaps: gpd.GeoDataFrame, *, lang: Language, base: MapBase) -> MapView:
    """Return the map of regions that lack a service that the plan asks for in each of them.

    Parameters
    ----------
    reach
        Columns `service` (with `per` in the code list), `code`, `people`, and `reached`: those who live in a
        region that has the service. A missing number is withheld.
    gaps
        Points in EPSG:4326: `service`, `code`, `name`, `region_code`. May be empty.
    base
        With its villages for the office; without them for a public page.

    Raises
    ------
    CodeError
        A service is not in the code list.
    """
    said, listed = words(lang, "maps"), codelist("service")
    services = sorted(reach["service"].unique(), key=list(listed.codes).index)
    slices = []
    for service in services:
        level = codelist("region_level")[listed[service].facts["per"]].label(lang)
        slices.append(Slice(service, listed[service].label(lang), said["gaps.norm"].format(level=level)))
    points = gaps.assign(
        state=gaps["service"], note=[listed[code].label(lang) for code in gaps["service"]], uid=gaps["code"]
    )
    heads = {"name": "gaps", "title": said["gaps.title"], "intro": said["gaps.intro"], "lang": lang}
    return _view(heads, reach, points, slices, base=base, notes=(said["gaps.note"],))


def site_view(
    reach: pd.DataFrame, sites: gpd.GeoDataFrame, asked: Mapping[str, str], *, lang: Language, base: MapBase
) -> MapView:
    """Return the map of proposed sites: who reaches the service today and with them.

    Parameters
    ----------
    reach
        Columns `service` (`now` or `after`), `code`, `people` and `reached`; a missing number is withheld.
    sites
        Points in EPSG:4326: `uid`, `name`, `region_code` and `people` (whose nearest site it is).
    asked
        Words for `service`, `norm`, `new`, `people`, `objective` and `gap`.
    base
        With its villages for the office; without them for a public page.
    """
    said = words(lang, "maps")
    slices = [Slice(state, said[f"sites.{state}"], said["sites.norm"].format(**asked)) for state in STATES]
    note = [said["sites.serves"].format(people=f"{people:,}") for people in sites["people"]]
    points = sites.assign(state="after", note=note)
    heads = {"name": "sites", "title": said["sites.title"], "intro": said["sites.intro"].format(**asked)}
    return _view(
        heads | {"lang": lang}, reach, points, slices, base=base, notes=(said["sites.note"].format(**asked),)
    )


def _view(
    heads: Mapping[str, str],
    reach: pd.DataFrame,
    points: gpd.GeoDataFrame,
    slices: Sequence[Slice],
    *,
    base: MapBase,
    notes: tuple[str, ...],
) -> MapView:
    lang: Language = heads["lang"]  # type: ignore[assignment]  # handed in as a Language
    said, name = words(lang, "maps"), heads["name"]
    states = [entry.id for entry in slices]
    areas = [
        area_layer(regions, level, lang, reach_values(reach, texts(regions["code"]), states))
        for level, regions in levels(base, villages=True)
    ]
    schematic = (said["site.schematic"],) if base.schematic else ()
    return MapView(
        name=name,
        kind="regions",
        lang=lang,
        title=heads["title"],
        intro=heads["intro"],
        layers=(*road_layers(base), *areas, _points(points, base, lang)),
        tables=(
            TwinTable("county", said[f"{name}.list"], COVERAGE_FIELDS),
            TwinTable("places", said[f"{name}.{name}"], FACILITY_FIELDS),
        ),
        legend=(*share_legend(said)[:-1], LegendEntry(said[f"{name}.legend"], "poor", "square")),
        bounds=base.bounds(),
        slices=tuple(slices),
        notes=(*notes, *schematic),
        options={
            "control": "choice", "drawn": "share", "breaks": list(SHARE_BREAKS),
            "totals": reach_totals(reach, states, areas[0]),
            "marks": [{"tone": "poor", "shape": "square"}],
        },
    )  # fmt: skip


def _points(points: gpd.GeoDataFrame, base: MapBase, lang: Language) -> PointLayer:
    regions, numbers, _ = region_words(points, base, lang)
    columns = {
        "name": texts_of(points, "name"),
        "class": texts_of(points, "note"),
        "region": [regions[number] for number in numbers],
        "address": [""] * len(points),
        "code": texts_of(points, "region_code"),
        "service": texts_of(points, "state"),
    }
    ids = [f"{state}:{uid}" for state, uid in zip(columns["service"], texts_of(points, "uid"), strict=True)]
    return PointLayer(
        "places", ids, points.geometry.x.tolist(), points.geometry.y.tolist(), "service", columns
    )
