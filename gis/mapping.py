"""Which column of a file is which column of a layer, as data that somebody confirmed.

A column is taken by the mapping file, by the layer's own name for it (also shortened to the ten
characters of a shapefile), or by an alias of a published schema. Everything else that merely looks right
is a proposal, printed as a mapping file that is ready to be confirmed. The mapping file is TOML:

    [columns]            # ours = "theirs"
    road_class = "公路等级"
    [values.road_class]  # theirs = "ours"
    "四级" = "tertiary"
    [units]              # the unit of their numbers, where it is not the stored one
    width_m = "cm"
    [missing]            # their values that mean "not known"
    width_m = [99, 999]
    [skip]               # rows that are left out, by their column
    "备注" = ["已拆除"]
    [position]           # where the place is, if the names do not say it
    lon = "X"
    lat = "Y"
    [flags.accessible_room]   # true where a text of theirs contains a word, else not known
    column = "name"
    contains = ["無障礙"]
    [group]              # rows of one place become one row
    by = ["position", "name"]
    count = "rooms"
    [file]
    layer = "公厕"        # the sheet or layer to read, if the file has several
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from collections.abc import Mapping as Dictionary
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from gis.errors import MappingError
from gis.specs import LayerSpec

LON_NAMES = ("lon", "lng", "long", "longitude", "经度", "經度")
LAT_NAMES = ("lat", "latitude", "纬度", "緯度")
WKT_NAMES = ("wkt", "geometry_wkt")
EXTRA = "_extra"  # column of what stands right of the last header, kept for the quarantine
SHAPEFILE_NAME = 10  # characters that the dBASE format allows

# What TOML wants escaped within quotation marks.
_TOML_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNIT = re.compile(r"^(.*?)[(（\[]([^()（）\[\]]{1,10})[)）\]]$")


@dataclass(frozen=True)
class Flag:
    """A yes/no column told from a text: true where it contains one of the words, else not known."""

    column: str
    contains: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Rows of one place become one: by position, or by position and the common stem of the names."""

    by: tuple[Literal["position", "name"], ...] = ("position",)
    count: str = ""


@dataclass(frozen=True)
class Mapping:
    """What somebody declared about the columns of a file; empty means that its names are ours.

    Attributes
    ----------
    columns
        Ours to theirs.
    words
        For each column of ours, their values to ours ([values] of the file).
    units, missing
        For each column of ours, the unit of their numbers and the values that mean "not known".
    skip
        For each column of theirs, the values whose rows are left out.
    position
        `lon` and `lat`, or `column` with `order` = `lat lon` or `lon lat` for two numbers in one text.
    """

    columns: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    skip: dict[str, tuple[str, ...]] = field(default_factory=dict)
    position: dict[str, str] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)
    group: Group | None = None
    layer: str = ""

    def declared(self) -> dict[str, Any]:
        """Return the mapping as plain values, for the record of a batch."""
        return {key: value for key, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Matched:
    """How the columns of a file and of a layer go together.

    Attributes
    ----------
    taken
        Ours to theirs.
    aliases
        Those of `taken` that were taken by the name of a published schema.
    proposals
        Ours to theirs, where only a synonym says so: nothing was taken.
    unused
        Columns of the file that are neither taken nor proposed.
    units
        Units that the file writes into the names of taken columns, such as `宽度（cm）`.
    """

    taken: dict[str, str]
    aliases: dict[str, str]
    proposals: dict[str, str]
    unused: tuple[str, ...]
    units: dict[str, str]


def mapping_from_toml(text: str, spec: LayerSpec) -> Mapping:
    """Return a mapping file as a mapping.

    Raises
    ------
    MappingError
        It is not TOML, or names a section, a column or an option that does not exist.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"The mapping is not well-formed TOML: {error}.") from error
    sections = {"columns", "values", "units", "missing", "skip", "position", "flags", "group", "file"}
    _known(raw, sections, "section of a mapping")
    for section in raw:
        if not isinstance(raw[section], dict):
            raise MappingError(f"'{section}' of the mapping is a value; write it as a section: [{section}].")
    places = {"lon", "lat", "wkt"}
    _known(raw.get("columns", {}), {*spec.names, *places}, f"column of the layer {spec.name}")
    for section in ("values", "units", "missing", "flags"):
        _known(raw.get(section, {}), spec.names, f"column of the layer {spec.name}")
    _known(raw.get("position", {}), {*places, "column", "order"}, "entry of [position]")
    _known(raw.get("group", {}), {"by", "count"}, "entry of [group]")
    columns = {ours: str(theirs) for ours, theirs in raw.get("columns", {}).items()}
    try:
        return Mapping(
            columns={ours: theirs for ours, theirs in columns.items() if ours not in places},
            words={ours: _texts(table) for ours, table in raw.get("values", {}).items()},
            units=_texts(raw.get("units", {})),
            missing={ours: _words(words) for ours, words in raw.get("missing", {}).items()},
            skip={theirs: _words(words) for theirs, words in raw.get("skip", {}).items()},
            position=_texts(raw.get("position", {}))
            | {ours: theirs for ours, theirs in columns.items() if ours in places},
            flags={
                ours: Flag(str(flag["column"]), _words(flag["contains"]))
                for ours, flag in raw.get("flags", {}).items()
            },
            group=_group(raw["group"], spec) if "group" in raw else None,
            layer=str(raw.get("file", {}).get("layer", "")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise MappingError(f"The mapping lacks or misspells something near {error}.") from error


def match(spec: LayerSpec, names: Iterable[str], mapping: Mapping) -> Matched:
    """Return which columns of a file are taken for a layer, and which only look right.

    Raises
    ------
    MappingError
        The mapping names a column that the file does not have.
    """
    theirs = list(names)
    wanted = {*mapping.columns.values(), *mapping.skip, *(flag.column for flag in mapping.flags.values())}
    wanted |= {name for key, name in mapping.position.items() if key != "order"}
    missing = sorted(wanted - set(theirs))
    if missing:
        raise MappingError(
            f"The mapping names the column '{missing[0]}', which the file does not have;"
            f" it has: {', '.join(theirs)[:1000]}."
        )
    taken = dict(mapping.columns)
    for ours, by_name in ((name, _by_name(theirs, taken)) for name in spec.names if name not in taken):
        found = by_name.get(ours) or by_name.get(short_names(spec.names)[ours])
        if found is not None:
            taken[ours] = found
    aliases: dict[str, str] = {}
    proposals: dict[str, str] = {}
    for column in spec.columns:
        by_name = _by_name(theirs, taken | proposals)
        if column.name in taken:
            continue
        if found := _first(by_name, column.aliases):
            taken[column.name] = aliases[column.name] = found
        elif found := _first(by_name, column.synonyms):
            proposals[column.name] = found
    used = {*taken.values(), *proposals.values(), *wanted, "geometry", EXTRA}
    places = {normal(name) for name in (*LON_NAMES, *LAT_NAMES, *WKT_NAMES)}
    rest = tuple(name for name in theirs if name not in used and normal(name) not in places)
    units = {ours: unit for ours, name in taken.items() if (unit := unit_of(name))}
    return Matched(taken, aliases, proposals, rest, units)


def known_words(spec: LayerSpec, mapping: Mapping) -> frozenset[str]:
    """Return every normalised name by which a header row of this layer may be recognised."""
    words = [*spec.names, *mapping.columns.values(), *LON_NAMES, *LAT_NAMES]
    for column in spec.columns:
        words += [*column.synonyms, *column.aliases]
    return frozenset(normal(word) for word in words)


def normal(name: str) -> str:
    """Return a column name as names are compared: no case, no blanks, no unit, no full-width forms."""
    plain = re.sub(r"[\s*＊:：]+", "", unicodedata.normalize("NFKC", name)).lower()
    if found := _UNIT.match(plain):
        plain = found[1] or plain
    return plain


def unit_of(name: str) -> str:
    """Return the unit that a column name ends with in brackets, or an empty text."""
    found = _UNIT.match(unicodedata.normalize("NFKC", name).strip())
    return found[2].strip() if found else ""


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Return names of at most ten characters, as shapefiles need them: a long one's first and last five.

    A name is shortened the same way whatever stands beside it, so that it is known again.
    """
    half = SHAPEFILE_NAME // 2
    return {name: name if len(name) <= SHAPEFILE_NAME else name[:half] + name[-half:] for name in names}


def columns_toml(columns: Dictionary[str, str]) -> str:
    """Return a mapping file of these columns (ours to theirs), ready to be confirmed and saved."""
    lines = [f"{ours} = {_quoted(theirs)}" for ours, theirs in columns.items()]
    return "\n".join(["[columns]", *lines]) + "\n"


def _by_name(theirs: Iterable[str], taken: Dictionary[str, str]) -> dict[str, str]:
    free = [name for name in theirs if name not in taken.values()]
    return {normal(name): name for name in reversed(free)}


def _first(by_name: dict[str, str], words: Iterable[str]) -> str | None:
    return next((by_name[normal(word)] for word in words if normal(word) in by_name), None)


def _known(found: Iterable[str], allowed: Iterable[str], what: str) -> None:
    allowed = list(allowed)
    for name in found:
        if name not in allowed:
            raise MappingError(f"'{name}' is no {what}; there are: {', '.join(sorted(allowed))}.")


def _group(raw: dict[str, Any], spec: LayerSpec) -> Group:
    by = _words(raw.get("by", ["position"]))
    _known(by, ("position", "name"), "way to group rows")
    count = str(raw.get("count", ""))
    if count:
        _known([count], spec.names, f"column of the layer {spec.name}")
    return Group(tuple(word for word in ("position", "name") if word in by), count)


def _texts(table: dict[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in table.items()}


def _words(words: object) -> tuple[str, ...]:
    return tuple(str(word) for word in words) if isinstance(words, list) else (str(words),)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = _TOML_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)
    return f'"{escaped}"'
