"""What is written down of a photo: visit and role from its name, fixes from everybody, one row of facts.

Whose photo it is, is said by its name: `V00012_after_2.jpg` or `V00012/after.jpg` is the visit V00012 after
the works. A position in a datum that is not known takes no part, since it may be hundreds of metres off.
"""

import re
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from shapely import Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from audits.photofacts import PhotoFacts
from audits.positions import Fix, FusedPosition
from audits.proof import Shot
from gis.crs import to_wgs84

ROLES = ("before", "after", "context", "measurement")
ROLE_WORDS = {
    "before": "before", "整改前": "before", "前": "before",
    "after": "after", "整改后": "after", "后": "after",
    "context": "context", "环境": "context",
    "measurement": "measurement", "measure": "measurement", "测量": "measurement",
}  # fmt: skip


@dataclass(frozen=True)
class KeptPhoto:
    """A photo that is in the media store, with what its name says of it.

    `declared` where somebody said which visit it belongs to: then it keeps it, though the visit may only
    arrive later, while a word in a file name is a visit only if there is one.
    """

    name: str
    facts: PhotoFacts
    visit_uid: str | None
    role: str
    declared: bool = False


def told_by_name(name: str) -> tuple[str | None, str]:
    """Return the visit and the role that the name of a photo says: role `context` where it says none."""
    *parents, last = re.split(r"[\\/]", name)
    stem = last.rpartition(".")[0] or last
    words = re.split(r"[_\s]+", stem)
    folders = [part for part in parents if part.lower() not in ROLE_WORDS]
    visit = folders[-1] if folders else words[0]
    roles = [ROLE_WORDS[word.lower()] for word in (*words, *parents) if word.lower() in ROLE_WORDS]
    return (None if visit.lower() in ROLE_WORDS else visit), roles[0] if roles else "context"


def fixes_of(facts: PhotoFacts, visit: "pd.Series[Any] | None", place: BaseGeometry | None) -> list[Fix]:
    """Return every statement of where a photo was taken.

    Parameters
    ----------
    visit
        Row of a visit with `geometry` (WGS 84, may be missing) and `accuracy_m`.
    place
        Shape of the place in WGS 84.
    """
    fixes = []
    shot = facts.place
    if shot.lon is not None and shot.lat is not None and shot.datum is not None:
        lon, lat = to_wgs84(shot.lon, shot.lat, shot.datum)
        fixes.append(Fix("exif", float(lon), float(lat), shot.accuracy_m))
    device = None if visit is None else visit["geometry"]
    if visit is not None and isinstance(device, Point):
        stated = visit["accuracy_m"]
        accuracy_m = float(stated) if isinstance(stated, float) and stated == stated else None  # noqa: PLR0124  NaN
        fixes.append(Fix("device", device.x, device.y, accuracy_m))
    if place is not None:
        # Of a street, the spot next to where somebody says to have been.
        near = Point(fixes[0].lon, fixes[0].lat) if fixes else place.representative_point()
        spot = nearest_points(place, near)[0]
        fixes.append(Fix("place", spot.x, spot.y))
    return fixes


def row_of(
    photo: KeptPhoto, uid: str, visit_uid: str | None, told: FusedPosition | None, zone: timedelta
) -> dict[str, object]:
    """Return the columns of `audits.tables.Photo`, but for who received it and when.

    Parameters
    ----------
    told
        Fused position, None if nobody says one.
    zone
        Distance of the city from UTC, for a camera that does not say its own.
    """
    facts = photo.facts
    taken = facts.taken_at(zone)
    statements = told.statements if told else ()
    return {
        "uid": uid, "visit_uid": visit_uid, "role": photo.role, "file_name": photo.name[-255:],
        "sha256": facts.sha256, "phash": facts.phash, "format": facts.format, "size_bytes": facts.size_bytes,
        "width": facts.width, "height": facts.height, "orientation": facts.orientation,
        "taken_at": taken[0] if taken else None, "time_source": taken[1] if taken else None,
        "altitude_m": facts.place.altitude_m, "bearing_deg": facts.place.bearing_deg,
        "bearing_ref": facts.place.bearing_ref, "accuracy_m": told.accuracy_m if told else None,
        "position_source": told.source if told else None,
        "disagreement_m": told.disagreement_m if told else None,
        "fixes": [
            asdict(each.fix) | {"state": each.state, "distance_m": each.distance_m} for each in statements
        ],
        "notes": ";".join((*facts.notes, *(told.notes if told else ()))),
        "geometry": Point(told.lon, told.lat) if told else None,
    }  # fmt: skip


def shot_of(photo: "pd.Series[Any]") -> Shot:
    """Return what of a stored photo a proof needs; the position of the place proves nothing."""

    def known(name: str) -> object:
        return None if pd.isna(photo[name]) else photo[name]

    point = photo["geometry"]
    accuracy_m, taken = known("accuracy_m"), known("taken_at")
    fix = None
    if isinstance(point, Point) and photo["position_source"] != "place":
        fix = Fix("exif", point.x, point.y, accuracy_m if isinstance(accuracy_m, float) else None)
    bearing, ref, phash = known("bearing_deg"), known("bearing_ref"), known("phash")
    return Shot(
        sha256=str(photo["sha256"]), fix=fix,
        bearing_deg=bearing if isinstance(bearing, float) else None,
        bearing_ref=None if ref is None else str(ref),
        taken_at=taken if isinstance(taken, datetime) else None,
        phash=None if phash is None else str(phash),
    )  # fmt: skip
