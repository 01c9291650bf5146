"""A whole collection, or what a filter leaves of it, as a file of a common format.

Rows are read by SQL and written by `gis.files` into a temporary folder: the live SQLite file is never opened
by GDAL, whose locks would let a second writer in. Who takes a file of what is not public is written down.
"""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from geopandas import GeoDataFrame
from sqlalchemy import Connection
from starlette.background import BackgroundTask

from api.auth import Caller
from api.deps import CallerDep, NowDep
from api.ogc import store
from api.ogc.answers import PRIVATE, PUBLIC
from api.ogc.documents import FORMATS
from api.ogc.model import Collection
from api.ogc.query import Query, download_query
from api.ogc.routes import asked, scope_of
from audits.trail import Deed
from audits.trail_store import record
from gis.cells import Cell, decoded
from gis.db import reading, transaction
from gis.errors import FileTooLargeError
from gis.files import write_layer
from gis.tables import WGS84

router = APIRouter(prefix="/ogc")
MOST_ROWS = 100_000


@router.get("/collections/{name}/download")
def download(name: str, request: Request, caller: CallerDep, now: NowDep) -> Response:
    """Return the features as a file; the same parameters as for items, without pages.

    Raises
    ------
    FileTooLargeError
        There are more features than a file may have; a filter makes them fewer.
    """
    collection = asked(request, name, caller)
    query, kind = download_query(collection, request.query_params.multi_items(), FORMATS)
    engine = request.app.state.engine
    with reading(engine) as connection:
        features = frame(connection, collection, query, caller)
    if not collection.public:
        with transaction(engine) as session:
            facts = {"format": kind, "rows": len(features), "narrowed": query.narrowed}
            record(session, Deed(now, caller.name, caller.role, "exported", f"layer:{collection.id}", facts))
    folder = TemporaryDirectory(prefix="tantu-download-")
    path = Path(folder.name) / f"{collection.id}.{kind}"
    try:
        write_layer(features, path)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        path,
        media_type=FORMATS[kind],
        filename=path.name,
        headers={"Cache-Control": PUBLIC if collection.public else PRIVATE, "Vary": "Cookie"},
        background=BackgroundTask(folder.cleanup),
    )


def frame(connection: Connection, collection: Collection, query: Query, caller: Caller) -> GeoDataFrame:
    """Return the features that a query finds, in EPSG:4326.

    Raises
    ------
    FileTooLargeError
        There are more than `MOST_ROWS`.
    """
    found = store.rows(connection, collection, query, scope_of(collection, caller), MOST_ROWS + 1)
    if len(found) > MOST_ROWS:
        raise FileTooLargeError(collection.id, "the number of features", len(found), MOST_ROWS)
    columns: Iterable[Any] = zip(*found, strict=True) if found else [()] * (len(collection.fields) + 1)
    shapes, *values = columns
    table = {
        one.name: decoded(cells, Cell(one.kind)) for one, cells in zip(collection.fields, values, strict=True)
    }
    return GeoDataFrame(table, geometry=decoded(shapes, Cell("geometry")), crs=WGS84)
