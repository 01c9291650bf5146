"""What a photo says of itself: the facts, and how a camera's tags become them.

A camera's word is weak evidence, so a fact that cannot be meant is left out and noted, never repaired: an
empty or zero GPS block is no position, and a latitude without N or S is none either. The note is kept
beside the facts, since a reviewer must know that something was there.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gis.crs import Datum

Tags = Mapping[int, object]

# Tag numbers of Exif 2.32 (CIPA DC-008), tables 8 and 15.
CAMERA_TIME, CAMERA_OFFSET = 0x9003, 0x9011
LAT_REF, LAT, LON_REF, LON, ALTITUDE_REF, ALTITUDE, TIME, STATUS = 1, 2, 3, 4, 5, 6, 7, 9
BEARING_REF, BEARING, DATUM, DATE, ACCURACY = 16, 17, 18, 29, 31

DATUMS: dict[str, Datum] = {
    "": "wgs84", "WGS84": "wgs84", "CGCS2000": "cgcs2000", "GCJ02": "gcj02", "BD09": "bd09",
}  # fmt: skip
ANY_ZONE = timedelta(hours=14)  # no time zone is farther from UTC
CLOCK_SLACK = timedelta(minutes=10)


@dataclass(frozen=True)
class Place:
    """Where and when a receiver in the camera says the photo was taken; every part may be unknown.

    Attributes
    ----------
    lon, lat
        Degrees in the datum that `datum` names, both or neither.
    altitude_m
        Above sea level; cameras confuse the sign.
    bearing_deg, bearing_ref
        Direction of the lens, clockwise from true (`T`) or magnetic (`M`) north; None if it is not said.
    accuracy_m
        Horizontal error as the receiver states it.
    datum_text
        As written, blanks and all.
    gps_time
        UTC.
    notes
        Codes of what was left out or is doubtful.
    """

    lon: float | None = None
    lat: float | None = None
    altitude_m: float | None = None
    bearing_deg: float | None = None
    bearing_ref: str | None = None
    accuracy_m: float | None = None
    datum_text: str | None = None
    gps_time: datetime | None = None
    notes: tuple[str, ...] = ()

    @property
    def datum(self) -> Datum | None:
        """The datum of the position; WGS 84 where none is named, as Exif has it, None if unknown."""
        plain = (self.datum_text or "").strip().upper().replace("-", "").replace(" ", "")
        return DATUMS.get(plain)


@dataclass(frozen=True)
class PhotoFacts:
    """A photo as evidence.

    Attributes
    ----------
    sha256
        Of the bytes as they came: the name of the original in the store.
    format
        `jpeg`, `png`, `webp` or `heic`.
    width, height
        Pixels as one looks at it, after `orientation` (Exif 1 to 8) was obeyed.
    camera_time
        As the camera's own clock had it, without a time zone.
    camera_offset
        What the camera believes to be its distance from UTC, if it says so.
    phash
        Perceptual hash, 16 hexadecimal digits; None for a picture without any contrast.
    notes
        Codes of what was left out or is doubtful.
    """

    sha256: str
    format: str
    size_bytes: int
    width: int
    height: int
    orientation: int
    camera_time: datetime | None
    camera_offset: timedelta | None
    place: Place
    phash: str | None
    notes: tuple[str, ...] = ()

    def taken_at(self, zone: timedelta) -> tuple[datetime, str] | None:
        """Return when the photo was taken in UTC and by whose word: `gps`, `offset` or `assumed`.

        The receiver's time wins, since camera clocks are off by whole days.

        Parameters
        ----------
        zone
            Distance of the city from UTC, assumed of a camera that does not say its own.
        """
        if self.place.gps_time is not None:
            return self.place.gps_time, "gps"
        if self.camera_time is None:
            return None
        said = self.camera_offset
        offset = zone if said is None else said
        return (self.camera_time - offset).replace(tzinfo=UTC), "assumed" if said is None else "offset"


def place_of(gps: Tags) -> Place:
    """Return what the GPS block of a photo says; an empty block says nothing."""
    lon, lat, notes = _position(gps)
    bearing = _number(gps.get(BEARING))
    if bearing is not None and not 0 <= bearing <= 360:
        bearing, notes = None, [*notes, "bearing-out-of-range"]
    ref = _text(gps.get(BEARING_REF)) or None
    if bearing is not None and ref not in {"T", "M"}:
        notes.append("bearing-reference-unknown")
    altitude = _number(gps.get(ALTITUDE))
    if altitude is not None and _byte(gps.get(ALTITUDE_REF)) in {1, 3}:
        altitude = -abs(altitude)
        notes.append("altitude-below-sea")
    accuracy = _number(gps.get(ACCURACY))
    found = Place(
        lon, lat, altitude, bearing, ref if bearing is not None and ref in {"T", "M"} else None,
        accuracy if accuracy is not None and accuracy > 0 else None,
        _raw_text(gps.get(DATUM)), _gps_time(gps),
    )  # fmt: skip
    if lon is not None and found.datum is None:
        notes.append("gps-datum-unknown")
    if accuracy == 0:
        notes.append("gps-accuracy-zero")
    return Place(**{**vars(found), "notes": tuple(notes)})


def camera_clock(exif: Tags) -> tuple[datetime | None, timedelta | None]:
    """Return the camera's own time and what it believes to be its offset from UTC."""
    offset = None
    try:
        stated = datetime.strptime(_text(exif.get(CAMERA_OFFSET)), "%z").utcoffset()
        offset = stated if stated is not None and abs(stated) <= ANY_ZONE else None
    except ValueError:
        offset = None
    try:
        shown = datetime.strptime(_text(exif.get(CAMERA_TIME)), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  a camera has no zone
    except ValueError:
        return None, offset
    return shown, offset


def clock_notes(camera: datetime | None, offset: timedelta | None, gps: datetime | None) -> tuple[str, ...]:
    """Return `camera-clock-off` where no time zone, or not the stated one, explains the two clocks."""
    if camera is None or gps is None:
        return ()
    gap = abs(camera - (offset or timedelta()) - gps.replace(tzinfo=None))
    return ("camera-clock-off",) if gap > (ANY_ZONE if offset is None else CLOCK_SLACK) else ()


def _position(gps: Tags) -> tuple[float | None, float | None, list[str]]:
    if LAT not in gps and LON not in gps:
        return None, None, ["gps-empty"] if gps else []
    lat, lon = _degrees(gps.get(LAT)), _degrees(gps.get(LON))
    if lat is None or lon is None:
        return None, None, ["gps-unreadable"]
    south_north, west_east = _text(gps.get(LAT_REF)).upper(), _text(gps.get(LON_REF)).upper()
    if south_north not in {"N", "S"} or west_east not in {"E", "W"}:
        return None, None, ["gps-without-reference"]
    if abs(lat) > 90 or abs(lon) > 180:
        return None, None, ["gps-out-of-range"]
    if lat == 0 and lon == 0:
        return None, None, ["gps-zero"]
    notes = ["gps-interrupted"] if _text(gps.get(STATUS)).upper() == "V" else []
    return -lon if west_east == "W" else lon, -lat if south_north == "S" else lat, notes


def _degrees(value: object) -> float | None:
    # Degrees, minutes, seconds; cameras put the decimals into any of the three.
    parts = value if isinstance(value, tuple | list) else (value,)
    numbers = [_number(part) for part in parts]
    if not 1 <= len(numbers) <= 3 or any(number is None or number < 0 for number in numbers):
        return None
    return sum(number / 60.0**power for power, number in enumerate(numbers) if number is not None)


def _gps_time(gps: Tags) -> datetime | None:
    clock = gps.get(TIME)
    parts = [_number(part) for part in clock] if isinstance(clock, tuple | list) else []
    known = [part for part in parts if part is not None]
    try:
        day = datetime.strptime(_text(gps.get(DATE)), "%Y:%m:%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    if len(known) != 3 or not (0 <= known[0] < 24 and 0 <= known[1] < 60 and 0 <= known[2] < 61):
        return None
    return day + timedelta(hours=known[0], minutes=known[1], milliseconds=round(known[2] * 1000))


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]  # a tag holds anything; what is no number is refused
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _byte(value: object) -> int | None:
    if isinstance(value, bytes):
        return value[0] if value else None
    return value if isinstance(value, int) else None


def _raw_text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("ascii", errors="replace")
    return value.rstrip("\0") if isinstance(value, str) and value.strip("\0 ") else None


def _text(value: object) -> str:
    return (_raw_text(value) or "").strip("\0 ")
