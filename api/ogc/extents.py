"""The boxes of the public collections, found once in a while: they change with an import only."""

from datetime import datetime, timedelta

from fastapi import Request

from api.ogc import store
from api.ogc.model import Collection
from gis.db import reading

KEPT_FOR = timedelta(minutes=10)


def box_of(request: Request, collection: Collection) -> list[float] | None:
    """Return the box of a public collection; of any other none, since where homes are is not told."""
    if not collection.public:
        return None
    state = request.app.state
    kept: dict[str, tuple[datetime, list[float] | None]] = state.extents
    now: datetime = state.now()
    if collection.id not in kept or now - kept[collection.id][0] > KEPT_FOR:
        with reading(request.app.state.engine) as connection:
            box = store.extent(connection, collection)
        kept[collection.id] = now, None if box is None else [round(side, 7) for side in box]
    return kept[collection.id][1]
