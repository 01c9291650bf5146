"""Which row of a layer the tags of an OpenStreetMap object make, by the rules of `data/catalogue/osm.toml`.

Pure: tags in, columns out. What is tagged but cannot be said in a column, or not read, is put word by word
into `note`, so that no observation about accessibility is lost on the way in.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from gis import catalogue, osmvalues

Tags = Mapping[str, str]
Row = dict[str, Any]

# Columns of roads whose values are codes of the list of the same name; the tag bears the same name.
ROAD_CODES = ("surface", "smoothness", "tactile_paving", "wheelchair", "kerb")


class _Reading:
    """The row that is being read from tags, and the words that no column takes."""

    def __init__(self, tags: Tags) -> None:
        self.tags = tags
        self.row: Row = {}
        self.unread: list[str] = []

    def take(self, column: str, key: str, read: Callable[[str], Any]) -> None:
        """Fill a column from a tag; a value that cannot be read is kept for the note."""
        written = self.tags.get(key)
        if written is None or self.row.get(column) is not None:
            return
        self.row[column] = read(written)
        if self.row[column] is None:
            self.unread.append(f"{key}={written}")

    def finished(self, noted: Sequence[str]) -> Row:
        """Return the row with its note."""
        words = [*self.unread, *(f"{key}={self.tags[key]}" for key in noted if key in self.tags)]
        self.row["note"] = "; ".join(dict.fromkeys(words)) or None
        return self.row


def road_class(tags: Tags) -> str | None:
    """Return the class of a way, None where one cannot travel on it."""
    rules = _rules()["roads"]
    highway = tags.get("highway", "")
    if highway in rules["excluded"]:
        return None
    if highway in rules["crossing_of"] and tags.get(highway) == "crossing":
        return "crossing"
    return _coded("road_class")(highway) if highway.isascii() else None


def road_row(tags: Tags) -> Row:
    """Return the columns of `gis.schema.ROADS` that the tags of a way fill, without `uid`."""
    reading, rules = _Reading(tags), _rules()["roads"]
    row = reading.row
    row["road_class"] = road_class(tags)
    row["name"], row["ref"] = tags.get("name"), tags.get("ref")
    reading.take("oneway", "oneway", _coded("oneway"))
    if "oneway" not in tags and any(
        tags.get(key) in values for key, values in rules["implied_oneway"].items()
    ):
        row["oneway"] = "yes"
    reading.take("maxspeed_kmh", "maxspeed", _within(osmvalues.kmh, 1, 140))
    reading.take("width_m", "width", _within(osmvalues.metres, 0.1, 200))
    reading.take("incline_ratio", "incline", _within(osmvalues.slope_ratio, -1, 1))
    reading.take("kerb_height_mm", "kerb:height", _within(osmvalues.millimetres, 0, 1000))
    for column in ROAD_CODES:
        reading.take(column, column, _coded(column))
    reading.take("bridge", "bridge", osmvalues.presence)
    reading.take("tunnel", "tunnel", osmvalues.presence)
    return reading.finished(rules["noted"])


def facility_row(tags: Tags) -> Row | None:
    """Return the columns of `gis.schema.FACILITIES` that tags fill, None where they make no facility."""
    tags, status = _of_lifecycle(tags)
    rule = next((rule for rule in _rules()["facilities"]["rules"] if _fits(tags, rule["tags"])), None)
    if rule is None:
        return None
    reading = _Reading(tags)
    reading.row |= {
        "facility_class": rule["facility_class"],
        "services": ";".join(rule.get("services", ())) or None,
        "operator": tags.get("operator"),
        "operating_status": status,
    }
    for key in rule.get("capacity", ()):
        reading.take("capacity", key, osmvalues.persons)
    reading.take("operator_type", "operator:type", _operator_type)
    _common(reading)
    return reading.finished(_rules()["facilities"]["noted"])


def toilet_row(tags: Tags) -> Row | None:
    """Return the columns of `gis.schema.TOILETS` that tags fill, None where they make no toilet."""
    tags, status = _of_lifecycle(tags)
    if tags.get("amenity") != "toilets":
        return None
    reading, rules = _Reading(tags), _rules()["toilets"]
    reading.row |= {"operating_status": status, "maintainer": tags.get("operator")}
    reading.take("accessible_room", "toilets:wheelchair", osmvalues.truth)
    reading.take("changing_table", "changing_table", osmvalues.truth)
    reading.take("changing_table", "diaper", osmvalues.truth)
    reading.take(
        "step_free", "step_count", lambda value: None if (n := osmvalues.persons(value)) is None else n == 0
    )
    reading.take("free", "fee", lambda value: None if (fee := osmvalues.truth(value)) is None else not fee)
    if "opening_hours" in tags:
        reading.row["open_24h"] = tags["opening_hours"].strip().lower() in rules["whole_day"]
    _common(reading)
    return reading.finished(rules["noted"])


def merged_kerb(kerb: str | None, height_mm: float | None, node: Tags) -> tuple[str | None, float | None]:
    """Return kind and height in mm of the worse of two kerbs: what an edge has so far, and a node's.

    `barrier=kerb` alone says that there is a kerb, not which: `yes`. The height is the greater one known.
    """
    there = node.get("kerb") or ("yes" if node.get("barrier") == "kerb" else None)
    kinds = [kind for kind in (kerb, there and _coded("kerb")(there)) if kind is not None]
    tall = [mm for mm in (height_mm, osmvalues.millimetres(node.get("kerb:height", ""))) if mm is not None]
    return min(kinds, key=_rules()["kerbs"]["worst_first"].index, default=None), max(tall, default=None)


def merged_tactile(paving: str | None, node: Tags) -> str | None:
    """Return what two tactile pavings say together: what an edge has so far, and a node's.

    A wrong one makes both `incorrect`; one with and one without make it `partial`.
    """
    kinds = {paving, _coded("tactile_paving")(node.get("tactile_paving", ""))} - {None}
    if "incorrect" in kinds:
        return "incorrect"
    return kinds.pop() if len(kinds) == 1 else ("partial" if kinds else None)


def _common(reading: _Reading) -> None:
    """Fill what facilities and toilets share."""
    tags, row = reading.tags, reading.row
    row["name"] = tags.get("name") or tags.get("name:zh")
    row["opening_hours"] = tags.get("opening_hours")
    row["phone"] = tags.get("phone") or tags.get("contact:phone")
    row["address"] = tags.get("addr:full") or _address(tags)
    reading.take("wheelchair", "wheelchair", _coded("wheelchair"))
    reading.take("operating_status", "operational_status", _rules()["status"]["operational_status"].get)
    reading.take("built_on", "start_date", osmvalues.day)


def _address(tags: Tags) -> str | None:
    """Return city, street and number as they are tagged, the largest first."""
    parts = [
        tags[key] for key in ("addr:city", "addr:street", "addr:place", "addr:housenumber") if key in tags
    ]
    return " ".join(parts) or None


def _of_lifecycle(tags: Tags) -> tuple[Tags, str | None]:
    """Return the tags with a lifecycle prefix of main keys taken off, and the status that it means."""
    for prefix, status in _rules()["status"]["prefixes"].items():
        main = {key.removeprefix(prefix): value for key, value in tags.items() if key.startswith(prefix)}
        if main and "amenity" not in tags:
            return {**tags, **main}, str(status)
    return tags, None


def _fits(tags: Tags, wanted: Mapping[str, Sequence[str]]) -> bool:
    """Return whether every key is tagged with one of its values; `a;b` has both."""
    for key, values in wanted.items():
        found = {value.strip() for value in tags.get(key, "").split(";")} - {""}
        if not (found - {"no"} if "*" in values else found.intersection(values)):
            return False
    return True


def _operator_type(value: str) -> str | None:
    kinds = _rules()["operator_type"]
    return next((kind for kind, values in kinds.items() if value.strip().lower() in values), None)


def _within(read: Callable[[str], float | None], low: float, high: float) -> Callable[[str], float | None]:
    """Return a reader that takes a number outside the range of the layer for unreadable."""

    def bounded(value: str) -> float | None:
        number = read(value)
        return number if number is not None and low <= number <= high else None

    return bounded


@cache
def _coded(name: str) -> Callable[[str], str | None]:
    """Return a reader of a code list that remembers the values it met."""
    return cache(catalogue.codelist(name).recognise)


@cache
def _rules() -> dict[str, Any]:
    return catalogue.table("catalogue/osm.toml")
