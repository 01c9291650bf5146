"""The maps of the city, each composed from frames into a `MapView`.

Pure: frames in, a value out, which a test reads as data. Words come from `data/labels`; the day is
handed in.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.catalogue import Code, Language, codelist, words
from maps.basemap import MapBase, area_layer, base_layers, road_layers, texts
from maps.layers import AreaLayer, ColumnarLayer, PointLayer
from maps.mapview import Filter, LegendEntry, MapView, Slice, TwinTable
from maps.popups import (
    BOTH_FIELDS,
    COVERAGE_FIELDS,
    FACILITY_FIELDS,
    HOME_FIELDS,
    OFFICE_RENOVATION_FIELDS,
    RENOVATION_FIELDS,
    TOILET_FIELDS,
)
from maps.styles import HOME_MARKS, LEVEL_MARKS, STEP_PATTERNS
from maps.tallies import (
    DIGITS,
    city_totals,
    home_costs,
    home_counts,
    levels,
    public_home_counts,
    reach_totals,
    reach_values,
    totalled,
)
from maps.toilets import DERIVED, NEEDS, ToiletItem, region_words, texts_of, toilet_layer

__all__ = ["MapView", "ToiletItem", "coverage_view", "renovation_view", "toilet_view"]

SHARE_BREAKS = (0.2, 0.4, 0.6, 0.8)  # five equal classes: the same colour means the same on every map

LISTED_HOMES = 10_000  # more homes than this are drawn and counted, not listed one by one


def toilet_view(
    toilets: gpd.GeoDataFrame, *, lang: Language, on: date, base: MapBase, details_at: str = ""
) -> MapView:
    """Return the public map of toilets with their inspected items.

    Parameters
    ----------
    toilets
        Points, EPSG:4326, with the columns of `gis.schema.TOILETS` and of the grades: `level`
        (missing: unknown), `inspected_on`, `items` (a list of `ToiletItem`). May be empty.
    on
        Day the page is made for; decides what is still fresh and from when the opening hours count.
    details_at
        Address of the page of one toilet up to its uid; "" where there are none, as in a single file.

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
        bounds=base.bounds(toilets),
        filters=filters,
        notes=(said["toilets.note"].format(date=on.isoformat()), *_schematic(base, said)),
        lookups=lookups,
        options={
            "fresh": 1 << NEEDS.index("verified"),
            "usable": 1 << NEEDS.index("accessible"),
            "open_now": 1 << NEEDS.index("open_now"),
            "day": (on - date(1970, 1, 1)).days,
            "details_at": details_at,
            "features": [{"label": f.label, "bit": f.bit} for f in filters if f.id not in DERIVED],
            "marks": marks,
        },
    )


def coverage_view(reach: pd.DataFrame, places: gpd.GeoDataFrame, *, lang: Language, base: MapBase) -> MapView:
    """Return the map of who reaches which service, by county, township and village.

    Parameters
    ----------
    reach
        Columns `service` (code of `data/catalogue/service.toml`), `code` (of a county, township or
        village, or of the city for its totals), `people` and `reached` (disabled persons) and, where both
        are told, `passed`: who reaches a place that passed its inspection. A region without row is "not
        known", a missing number is withheld (`planner.publishing`).
    places
        The places that count, EPSG:4326, one row for each service of each: `uid`, `name`, `service`,
        and where known `facility_class`, `address`, `region_code`. May be empty.
    base
        With its villages the map goes down to them; hand none in for a public page, since a village
        has few people.

    Raises
    ------
    CodeError
        A service is not in the code list.
    """
    said = words(lang, "maps")
    listed = codelist("service")
    services = sorted(reach["service"].unique(), key=list(listed.codes).index)
    slices = tuple(
        Slice(service, listed[service].label(lang), _norm(listed[service], said)) for service in services
    )
    areas = [
        area_layer(regions, level, lang, reach_values(reach, texts(regions["code"]), services))
        for level, regions in levels(base, villages=True)
    ]
    return MapView(
        name="coverage",
        kind="regions",
        lang=lang,
        title=said["coverage.title"],
        intro=said["coverage.intro"],
        layers=(*road_layers(base), *areas, _service_places(places, base, lang)),
        tables=(
            TwinTable("county", said["coverage.list"], BOTH_FIELDS if "passed" in reach else COVERAGE_FIELDS),
            TwinTable("places", said["coverage.facilities"], FACILITY_FIELDS),
        ),
        legend=share_legend(said),
        bounds=base.bounds(),
        slices=slices,
        notes=(said["coverage.note_network"], said["coverage.note_norm"], *_schematic(base, said)),
        options={
            "control": "choice", "drawn": "share", "breaks": list(SHARE_BREAKS),
            "totals": reach_totals(reach, services, areas[0]),
            "marks": [{"tone": "fair", "shape": "triangle"}],
        },
    )  # fmt: skip


def renovation_view(
    homes: gpd.GeoDataFrame,
    *,
    lang: Language,
    years: Sequence[int],
    base: MapBase,
    audience: Literal["public", "office"] = "public",
) -> MapView:
    """Return the schedule of renovations by year and region.

    Parameters
    ----------
    homes
        Chosen homes and, for the office, those that wait: `uid`, `region_code`, `year` (missing:
        waits), `cost_yuan`, and points in EPSG:4326 (the public map never reads them).
    years
        Years of the programme, in order.
    audience
        `public` counts homes by county and township with k = 5 and withholds what follows from the
        totals; `office` shows every home, its cost and villages.
    """
    said = words(lang, "maps")
    office = audience == "office"
    areas, totals = _home_areas(homes, base, lang, years, office=office)
    points = (_home_points(homes, base, years),) if office else ()
    fields = OFFICE_RENOVATION_FIELDS if office else RENOVATION_FIELDS
    regions = TwinTable("county", said["renovations.list"], fields)
    listed = TwinTable("homes", said["renovations.homes_title"], HOME_FIELDS)
    circles = LegendEntry(said["renovations.legend_size"], "accent", "circles")
    marks = tuple(LegendEntry(said[f"renovations.{key}"], *mark) for key, mark in HOME_MARKS.items())
    return MapView(
        name="renovations",
        kind="regions",
        lang=lang,
        title=said["renovations.title"],
        intro=said["renovations.intro"],
        layers=(*road_layers(base), *areas, *points),
        tables=(regions, listed) if office else (regions,),
        legend=(circles, *marks) if office else (circles,),
        bounds=base.bounds(),
        slices=(
            Slice("all", said["renovations.all_years"]),
            *(Slice(str(year), said["renovations.year_label"].format(year=year)) for year in years),
        ),
        notes=(
            said["renovations.note_office" if office else "renovations.note_public"],
            *_schematic(base, said),
        ),
        options={"control": "slider", "drawn": "homes", "totals": totals, "marks": _marks(marks)},
    )


def _marks(entries: Sequence[LegendEntry]) -> list[dict[str, str]]:
    return [{"tone": entry.tone, "shape": entry.shape} for entry in entries]


def share_legend(said: Mapping[str, str]) -> tuple[LegendEntry, ...]:
    """Return the legend of the five classes of a share."""
    edges = ["0", *(f"{round(share * 100)}%" for share in SHARE_BREAKS), "100%"]
    steps = [
        LegendEntry(f"{edges[k]}–{edges[k + 1]}", f"step{k + 1}", pattern)
        for k, pattern in enumerate(STEP_PATTERNS)
    ]
    nobody = LegendEntry(said["coverage.legend_none"], "none", "none")
    return (*steps, nobody, LegendEntry(said["coverage.legend_facility"], "fair", "triangle"))


def _norm(service: Code, said: Mapping[str, str]) -> str:
    facts = service.facts
    if "within_m" in facts:
        return said["coverage.norm_walk"].format(metres=facts["within_m"])
    key = "coverage.norm_drive" if facts.get("mode") == "drive" else "coverage.norm_walk_min"
    return said[key].format(minutes=facts["within_min"])


def _service_places(places: gpd.GeoDataFrame, base: MapBase, lang: Language) -> PointLayer:
    kinds = codelist("facility_class").codes
    regions, numbers, _ = region_words(places, base, lang)
    columns = {
        "name": texts_of(places, "name"),
        "address": texts_of(places, "address"),
        "class": [
            kinds[code].label(lang) if code in kinds else "" for code in texts_of(places, "facility_class")
        ],
        "region": [regions[number] for number in numbers],
        "code": texts_of(places, "region_code"),
        "service": texts_of(places, "service"),
    }
    lons, lats = places.geometry.x.tolist(), places.geometry.y.tolist()
    return PointLayer("places", texts_of(places, "uid"), lons, lats, "service", columns)


def _home_areas(
    homes: gpd.GeoDataFrame, base: MapBase, lang: Language, years: Sequence[int], *, office: bool
) -> tuple[list[AreaLayer], dict[str, dict[str, int]]]:
    """Return the levels with homes by year, and the totals of the city by year."""
    public = {} if office else public_home_counts(homes, base, years)
    slices = {"all": -1, **{str(year): column for column, year in enumerate(years)}}
    areas = []
    for level, regions in levels(base, villages=office):
        codes = texts(regions["code"])
        if office:
            counts, costs = (count(homes, codes, level, years) for count in (home_counts, home_costs))
            measures = {"homes": totalled(counts), "cost_yuan": totalled(costs)}
        else:
            measures = {"homes": public[level]}
        values = {
            name: {measure: numbers[:, column].tolist() for measure, numbers in measures.items()}
            for name, column in slices.items()
        }
        areas.append(area_layer(regions, level, lang, values))
    if office:
        return areas, city_totals(areas[0])
    return areas, {name: {"homes": int(public["city"][0, column])} for name, column in slices.items()}


def _home_points(homes: gpd.GeoDataFrame, base: MapBase, years: Sequence[int]) -> ColumnarLayer:
    year = pd.Index(list(years)).get_indexer(pd.Index(pd.to_numeric(homes["year"]).astype("float64"))) + 1
    codes = pd.Index(texts_of(homes, "region_code")).str[: DIGITS["township"]]
    townships = pd.Index(texts(base.townships["code"])).get_indexer(codes) + 1
    columns = {"year": year.astype(np.int64), "township": townships.astype(np.int64)}
    listed = len(homes) <= LISTED_HOMES
    if listed:
        columns["cost_yuan"] = homes["cost_yuan"].fillna(0).round().to_numpy(dtype=np.int64)
    lons, lats = homes.geometry.x.to_numpy(dtype=float), homes.geometry.y.to_numpy(dtype=float)
    return ColumnarLayer("homes", lons, lats, "year", columns, texts_of(homes, "uid") if listed else ())


def _schematic(base: MapBase, said: Mapping[str, str]) -> tuple[str, ...]:
    return (said["site.schematic"],) if base.schematic else ()
