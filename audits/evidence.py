"""What one can do with evidence: take photos in, prove a repair by two of them, and clean the records.

Photos are read and stored before any transaction; the rows that speak of them are written in one. A photo
that names no visit is kept all the same, and told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pandas as pd
from geopandas import GeoDataFrame, GeoSeries
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from audits import cleaning, media, photo_store, store
from audits.photorows import KeptPhoto, fixes_of, row_of, shot_of, told_by_name
from audits.photos import developed, submitted
from audits.positions import fused
from audits.proof import Proof, lookalikes, proof
from gis.errors import FileFormatError, FileTooLargeError, NotFoundError

CHINA = timedelta(hours=8)


@dataclass(frozen=True)
class Kept:
    """What was read of a file, a folder or a zip; `refused` is name, code and reason."""

    photos: list[KeptPhoto]
    refused: list[tuple[str, str, str]]


@dataclass(frozen=True)
class PhotoReport:
    """What came of photos handed in.

    Attributes
    ----------
    recorded, unchanged
        Photos that are new, and that were recorded before for the same visit and role.
    refused
        Name, code and reason.
    without_visit
        Names of photos that name no visit that is stored.
    reused
        Name, the earlier photo's uid and visit, and by how many bits of 64 the pictures differ.
    doubtful
        Name, notes on the position, and the largest disagreement in metres.
    """

    recorded: int
    unchanged: int
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    without_visit: list[str] = field(default_factory=list)
    reused: list[tuple[str, str, str | None, int]] = field(default_factory=list)
    doubtful: list[tuple[str, tuple[str, ...], float | None]] = field(default_factory=list)


@dataclass(frozen=True)
class Cleaning:
    """What is wrong with visits: `audits.cleaning.position_kinds` and `repeated_visits` of them."""

    kinds: pd.DataFrame
    repeats: pd.DataFrame


def keep_photos(path: Path, media_folder: Path, *, now: datetime) -> Kept:
    """Read the photos of a file, a folder or a zip, and put them into the media store.

    Raises
    ------
    NotFoundError
        There is no such file or folder, or no photo in it.
    FileFormatError
        The archive is broken, nested or protected.
    FileTooLargeError
        The archive unpacks to more than is read.
    """
    photos, refused = [], []
    for name, content in submitted(path):
        try:
            if isinstance(content, FileTooLargeError):
                raise content
            photo = developed(content, name)
        except (FileFormatError, FileTooLargeError) as error:
            refused.append((name, error.code, str(error)))
            continue
        media.keep(media_folder, content, photo, now)
        visit_uid, role = told_by_name(name)
        photos.append(KeptPhoto(name, photo.facts, visit_uid, role))
    if not photos and not refused:
        raise NotFoundError("photo", str(path), "photos end in .jpg .jpeg .png .webp .heic .heif")
    return Kept(photos, refused)


def record_photos(
    session: Session, kept: Kept, *, now: datetime, by: str, zone: timedelta = CHINA
) -> PhotoReport:
    """Write down what is known of photos in the media store, and say what is doubtful about them.

    Parameters
    ----------
    now
        When they were received, with time zone.
    zone
        Distance of the city from UTC, for cameras that do not say theirs.
    """
    visits = photo_store.visits_of(session, sorted({p.visit_uid for p in kept.photos if p.visit_uid}))
    of_visit = visits.set_index("uid")
    places = _places(session, visits)
    known = photo_store.known_photos(session)
    seen, rows, doubtful, fresh = set(known["uid"]), [], [], []
    for photo in kept.photos:
        stored = photo.visit_uid in of_visit.index
        visit_uid = photo.visit_uid if stored or photo.declared else None
        uid = photo_uid(photo, visit_uid)
        if uid in seen:
            continue
        seen.add(uid)
        place = None
        visit = of_visit.loc[visit_uid] if stored else None
        if visit is not None:
            place = places.get((visit["place_layer"], visit["place_uid"]))
        told = fused(fixes_of(photo.facts, visit, place))
        rows.append(row_of(photo, uid, visit_uid, told, zone) | {"received_at": now, "received_by": by})
        fresh.append((photo, uid, visit_uid))
        if told is not None and told.notes and told.notes != ("place-only",):
            doubtful.append((photo.name, told.notes, told.disagreement_m))
    if rows:
        photo_store.insert_photos(session, _frame(rows))
    return PhotoReport(
        recorded=len(rows), unchanged=len(kept.photos) - len(rows), refused=kept.refused,
        without_visit=[photo.name for photo, _, visit_uid in fresh if visit_uid is None],
        reused=_reused(fresh, known), doubtful=doubtful,
    )  # fmt: skip


def photo_uid(photo: KeptPhoto, visit_uid: str | None) -> str:
    """Return the name of a photo as evidence: its content, its visit (None for no visit) and its role."""
    return sha256(f"{photo.facts.sha256} {visit_uid or ''} {photo.role}".encode()).hexdigest()[:32]


def proof_of(session: Session, before_uid: str, after_uid: str) -> Proof:
    """Return what two recorded photos prove together.

    Raises
    ------
    NotFoundError
        One of them is not recorded.
    """
    photos = photo_store.photos(session).set_index("uid")
    for uid in (before_uid, after_uid):
        if uid not in photos.index:
            raise NotFoundError("photo", uid)
    return proof(shot_of(photos.loc[before_uid]), shot_of(photos.loc[after_uid]))


def cleaned(session: Session, rows: pd.DataFrame | None = None, *, metric_epsg: int) -> Cleaning:
    """Return what is wrong with the visits that are stored, or with those of a file.

    Parameters
    ----------
    rows
        One row a reading, with the columns of the audits layer and `lon`, `lat` as the file has them; by
        default everything that is stored. What an import refused (swapped axes) is in the file only.
    """
    if rows is None:
        visits, readings = pd.DataFrame(store.visits(session)), store.measurements(session)
        positions = GeoSeries(visits["geometry"], crs=4326)
        visits = visits.assign(lon=positions.x, lat=positions.y)
    else:
        readings = rows
        visits = rows.drop_duplicates("visit_uid").drop(columns="uid", errors="ignore")
        visits = visits.rename(columns={"visit_uid": "uid"})
    visits = visits.reset_index(drop=True)
    places = [
        store.places(session, str(layer), list(dict.fromkeys(group)))
        for layer, group in visits.groupby("place_layer")["place_uid"]
        if layer in store.PLACES
    ]
    empty = GeoDataFrame({"place_layer": [], "place_uid": []}, geometry=[], crs=4326)
    known = GeoDataFrame(pd.concat(places or [empty], ignore_index=True), geometry="geometry", crs=4326)
    return Cleaning(
        cleaning.position_kinds(visits, known, metric_epsg), cleaning.repeated_visits(visits, readings)
    )


def _places(session: Session, visits: GeoDataFrame) -> dict[tuple[str, str], BaseGeometry]:
    found: dict[tuple[str, str], BaseGeometry] = {}
    for layer, group in visits.groupby("place_layer")["place_uid"]:
        places = store.places(session, str(layer), sorted(set(group)))
        found |= {
            (str(layer), uid): shape
            for uid, shape in zip(places["place_uid"], places.geometry, strict=True)
            if shape is not None
        }
    return found


def _frame(rows: Sequence[dict[str, object]]) -> GeoDataFrame:
    table = pd.DataFrame(list(rows))
    return GeoDataFrame(table, geometry=GeoSeries(list(table.pop("geometry")), crs=4326))


def _reused(
    fresh: Sequence[tuple[KeptPhoto, str, str | None]], known: pd.DataFrame
) -> list[tuple[str, str, str | None, int]]:
    # A picture may serve one visit in one role only; earlier photos of the same delivery count as known.
    if not fresh:
        return []
    mine = pd.DataFrame(
        [(uid, visit, photo.role, photo.facts.sha256, photo.facts.phash) for photo, uid, visit in fresh],
        columns=["uid", "visit_uid", "role", "sha256", "phash"],
    ).astype(object)
    every = pd.concat([known.astype(object), mine], ignore_index=True)
    every = every.where(every.notna(), None)
    found = []
    for at, of, bits in lookalikes(list(mine["phash"]), list(every["phash"])):
        if of < len(known) + at:
            found.append((fresh[at][0].name, str(every["uid"][of]), every["visit_uid"][of], bits))
    return found
