"""A service with layers of known size on each database, in this process and behind a real port."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qsl

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import uvicorn

from api.settings import Settings
from gis.db import transaction
from gis.frames import write_frame
from gis.tables import Facility, Household, Region, Road, Toilet
from tests.api.people import KEY, Doors
from tests.conftest import free_port, shown
from tests.town import build_town

HOMES, TOILETS = 12_000, 2_500  # one more than is counted exactly, one more than a page
WEST, EAST = "620702101001", "620724009001"


def toilets() -> gpd.GeoDataFrame:
    """Toilets on a grid of 50 by 50: column `n // 50` to the east, row `n % 50` to the north, .01 degree apart."""
    number = np.arange(TOILETS)
    return gpd.GeoDataFrame(
        {
            "uid": [f"t{n:04d}" for n in number],
            "region_code": np.where(number % 2 == 0, WEST, EAST),
            "name": pd.Series([f"公厕 {n}" if n % 10 else None for n in number], dtype="str"),
            "wheelchair": np.where(number % 4 == 0, "yes", "no"),
            "rooms": pd.array(number % 7, dtype="Int64"),
            "free": pd.array(number % 2 == 0, dtype="boolean"),
            "built_on": [date(2000 + n % 20, 1, 1) if n % 5 else None for n in number],
            "note": "13800000000 不公开",
        },
        geometry=shapely.points(100 + number // 50 * 0.01, 38 + number % 50 * 0.01),
        crs=4326,
    )


def homes() -> gpd.GeoDataFrame:
    """Homes, every third one in the east; all within one tile of zoom 12."""
    number = np.arange(HOMES)
    return gpd.GeoDataFrame(
        {
            "uid": [f"h{n:05d}" for n in number],
            "region_code": np.where(number % 3 == 0, EAST, WEST),
            "storey": pd.array(number % 6 + 1, dtype="Int64"),
        },
        geometry=shapely.points(100.45 + number % 100 * 1e-4, 38.93 + number // 100 * 1e-4),
        crs=4326,
    )


@dataclass
class Served:
    """A service behind a port, and the requests that it has seen."""

    url: str
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def asked(self, path: str) -> list[dict[str, str]]:
        """The parameters of the requests for a path."""
        return [parameters for seen, parameters in self.seen if seen == path]


def database_of(request, folder, kind: str) -> str:
    """URL of a fresh migrated database of one kind."""
    if kind == "spatialite":
        shutil.copyfile(request.getfixturevalue("spatialite_template"), folder / "ogc.sqlite")
        return f"sqlite:///{folder / 'ogc.sqlite'}"
    return shown(request.getfixturevalue("postgis_copies")())


@pytest.fixture(scope="package", params=["spatialite", "postgis"])
def doors(request, tmp_path_factory) -> Iterator[Doors]:
    """A service with 2,500 toilets, 12,000 homes, and the roads, regions and facilities of the drawn town."""
    folder = tmp_path_factory.mktemp(f"ogc-{request.param}")
    url = database_of(request, folder, request.param)
    doors = Doors(Settings(database_url=url, maps=folder, media=folder / "media", key=KEY))
    town = build_town().lonlat
    with transaction(doors.engine) as session:
        write_frame(session, Toilet, toilets())
        write_frame(session, Household, homes())
        for table, layer in ((Region, town.regions), (Road, town.roads), (Facility, town.facilities)):
            write_frame(session, table, layer)
    yield doors
    doors.close()


@pytest.fixture
def public(doors):
    """Somebody who is not signed in."""
    with doors.client() as client:
        yield client


@contextmanager
def behind_a_port(app) -> Iterator[Served]:
    """Serve an application on a free port, and note what is asked of it."""
    served = Served("")

    async def noting(scope, receive, send):
        if scope["type"] == "http":
            parameters = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
            served.seen.append((scope["path"], parameters))
        await app(scope, receive, send)

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(noting, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(200):
        if server.started:
            break
        time.sleep(0.02)
    served.url = f"http://127.0.0.1:{port}/ogc"
    yield served
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def served(doors) -> Iterator[Served]:
    """The service behind a real port."""
    with behind_a_port(doors.app) as served:
        yield served
