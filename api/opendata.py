"""Open data of the public toilets: every column that is published, with licence and day.

The licence is a fact of the city (`city.toml`), since only the city can give one.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import orjson

from gis.catalogue import city
from gis.errors import NotFoundError
from gis.features import geojson_of
from gis.files import write_layer

# What is published of a toilet; nothing of inspectors.
COLUMNS = (
    "uid", "name", "region_code", "category", "operating_status", "level", "inspected_on", "wheelchair",
    "rooms", "accessible_rooms", "accessible_room", "third_toilet", "changing_table", "alarm", "step_free",
    "free", "open_24h", "opening_hours", "built_on", "maintainer", "address", "phone",
)  # fmt: skip


@dataclass(frozen=True)
class OpenFile:
    """One file of open data."""

    content: bytes
    media_type: str
    licence_url: str


def toilets_as(ending: str, toilets: gpd.GeoDataFrame, on: date, city_id: str) -> OpenFile:
    """Return the toilets as `geojson` or `csv` (UTF-8 with a mark, so that a spreadsheet reads Chinese).

    Raises
    ------
    NotFoundError
        There is no such format, or the city has no licence of open data.
    """
    licence = city(city_id).facts.get("open_data")
    if licence is None:
        raise NotFoundError("licence of open data", city_id, "write [open_data] into its city.toml")
    rows = toilets[[*COLUMNS, "geometry"]].copy()
    rows["level"] = rows["level"].fillna("unknown")
    if ending == "geojson":
        told = orjson.loads(geojson_of(rows))
        told |= {"licence": licence["licence"], "licence_url": licence["url"], "date": on.isoformat()}
        return OpenFile(orjson.dumps(told), "application/geo+json", licence["url"])
    if ending == "csv":
        rows["date"], rows["licence"] = on.isoformat(), licence["licence"]
        with TemporaryDirectory() as folder:
            path = Path(folder) / "toilets.csv"
            write_layer(rows, path)
            return OpenFile(path.read_bytes(), "text/csv; charset=utf-8", licence["url"])
    raise NotFoundError("format", ending[:20], "there are geojson and csv")
