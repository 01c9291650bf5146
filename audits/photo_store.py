"""All SQL of photos: what is recorded of them, and the perceptual hashes that a new one is compared with."""

from collections.abc import Sequence

import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy.orm import Session

from audits.store import CHUNK
from audits.tables import Photo, Visit
from gis.frames import read_frame, write_frame


def insert_photos(session: Session, photos: GeoDataFrame) -> int:
    """Write photos with the columns of their table and return how many they are.

    Raises
    ------
    ConflictError
        A photo of that uid is stored already.
    """
    return write_frame(session, Photo, photos)


def photos(session: Session, visit_uid: str | None = None) -> GeoDataFrame:
    """Return the photos of one visit, or all, in the order they came in; EPSG:4326, some without position."""
    return read_frame(session, Photo, where=None if visit_uid is None else Photo.visit_uid == visit_uid)


def known_photos(session: Session) -> pd.DataFrame:
    """Return what tells a picture that is used again: uid, visit, role and both hashes of every photo."""
    return pd.DataFrame(read_frame(session, Photo, columns=["uid", "visit_uid", "role", "sha256", "phash"]))


def visits_of(session: Session, uids: Sequence[str]) -> GeoDataFrame:
    """Return number, place and device position of the visits of a list that are stored; EPSG:4326."""
    columns = ["uid", "place_layer", "place_uid", "accuracy_m", "geometry"]
    parts = [
        read_frame(session, Visit, columns=columns, where=Visit.uid.in_(uids[start : start + CHUNK]))
        for start in range(0, max(len(uids), 1), CHUNK)
    ]
    return GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=4326)
