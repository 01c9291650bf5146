"""Seasons and ferries as data: roads that are shut, or wait, in some seasons, as barriers of a network.

They are put on a network like findings (`gis.barriers`), so that a change of season builds nothing anew. A
shut road is shut on every edge, since nobody passes any part of it; a ferry or a convoy makes one wait once,
in the middle of the road. Which roads is said by name, number or uid, and optionally by a box.
"""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely

from gis.catalogue import City, table
from gis.errors import CodeError, NotFoundError, SchemaError

SELECTORS = ("uid", "ref", "name", "road_class")


@dataclass(frozen=True)
class Closure:
    """Roads that are shut or make one wait.

    Attributes
    ----------
    seasons
        Codes of the seasons in which it holds; empty: always, such as a ferry.
    roads
        Column of the road layer to the values that are meant; all must fit.
    bbox
        Only roads that touch it: west, south, east, north in degrees; None for everywhere.
    wait_s
        Seconds of waiting; None: shut.
    modes
        Modes it concerns, empty for all.
    """

    id: str
    zh: str
    en: str
    seasons: tuple[str, ...]
    roads: dict[str, tuple[str, ...]]
    bbox: tuple[float, float, float, float] | None
    wait_s: float | None
    modes: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Calendar:
    """The seasons of a city (code to words by language) and its closures."""

    seasons: dict[str, dict[str, str]]
    closures: tuple[Closure, ...]

    def season(self, code: str | None) -> str | None:
        """Return the code of a season that exists; None stays None.

        Raises
        ------
        CodeError
            The season is not known; the message lists the codes.
        """
        if code is not None and code not in self.seasons:
            raise CodeError("season", code, self.seasons)
        return code


def calendar(city: City) -> Calendar:
    """Return the seasons and closures of a city; none where it has no such file.

    Raises
    ------
    SchemaError
        A closure names no road, or a season that does not exist.
    """
    try:
        raw = table(f"cities/{city.id}/closures.toml")
    except NotFoundError:
        return Calendar({}, ())
    return read_calendar(raw)


def read_calendar(raw: dict[str, object]) -> Calendar:
    """Return a calendar from the content of its file.

    Raises
    ------
    SchemaError
        A closure names no road, or a season that does not exist.
    """
    seasons: dict[str, dict[str, str]] = raw.get("seasons", {})  # type: ignore[assignment]  # TOML of our own
    rows: list[dict[str, object]] = raw.get("closures", [])  # type: ignore[assignment]  # the same
    closures = tuple(_closure(row) for row in rows)
    for closure in closures:
        unknown = set(closure.seasons) - set(seasons)
        if unknown:
            raise SchemaError("closures", f"{closure.id} names the season {min(unknown)}; it is not listed")
        if not closure.roads:
            raise SchemaError("closures", f"{closure.id} names no road; give one of {', '.join(SELECTORS)}")
    return Calendar(seasons, closures)


def closed_roads(
    roads: gpd.GeoDataFrame, closures: tuple[Closure, ...], *, season: str | None
) -> gpd.GeoDataFrame:
    """Return what holds in a season as barriers for `gis.barriers.with_barriers`.

    Parameters
    ----------
    roads
        The layer `roads` in EPSG:4326 (`bbox` is in its degrees); an unknown column selects nothing.
    season
        Code of the season; None: only what always holds.

    Returns
    -------
    GeoDataFrame
        `source` (`closure:` and the id), `delay_s` (missing: shut), `modes`, `road_uid`, and a point in the
        middle of the road where one waits (missing where it is shut), EPSG:4326.
    """
    parts = []
    for closure in closures:
        if closure.seasons and season not in closure.seasons:
            continue
        meant = roads[_meant(roads, closure)]
        middle = shapely.line_interpolate_point(meant.geometry.to_numpy(), 0.5, normalized=True)
        part = pd.DataFrame(
            {
                "source": f"closure:{closure.id}",
                "delay_s": float("nan") if closure.wait_s is None else closure.wait_s,
                "modes": ";".join(closure.modes) or None,
                "road_uid": meant["uid"].to_numpy(object),
                "geometry": [None] * len(meant) if closure.wait_s is None else middle,
            }
        )
        parts.append(part)
    if not parts:
        parts = [pd.DataFrame({name: [] for name in ("source", "delay_s", "modes", "road_uid", "geometry")})]
    both = pd.concat(parts, ignore_index=True).astype({"delay_s": float})
    return gpd.GeoDataFrame(both, geometry="geometry", crs=roads.crs)


def _closure(row: dict[str, object]) -> Closure:
    named = {name: row[name] for name in SELECTORS if name in row}
    roads = {
        name: tuple(value) if isinstance(value, list) else (str(value),) for name, value in named.items()
    }
    wait = row.get("wait_min")
    box = row.get("bbox")
    return Closure(
        id=str(row["id"]),
        zh=str(row["zh"]),
        en=str(row["en"]),
        seasons=tuple(row.get("seasons", ())),  # type: ignore[arg-type]  # a list of texts
        roads=roads,
        bbox=None if box is None else tuple(box),  # type: ignore[arg-type]  # four numbers
        wait_s=None if wait is None else float(wait) * 60,  # type: ignore[arg-type]  # a number
        modes=tuple(row.get("modes", ())),  # type: ignore[arg-type]  # a list of texts
        source=str(row["source"]),
    )


def _meant(roads: gpd.GeoDataFrame, closure: Closure) -> pd.Series:
    meant = pd.Series(data=True, index=roads.index)
    for column, values in closure.roads.items():
        meant &= roads[column].isin(values) if column in roads else False
    if closure.bbox is not None:
        meant &= roads.geometry.intersects(shapely.box(*closure.bbox))
    return meant
