"""Validates OpenSidewalks: against the schema that the caller hands in, and the integrity of the graph.

The schema is not ours to ship (CC BY-ND): its path is an argument. What no schema can say is checked here:
ids that are unique, ends and corners that exist among the nodes, and lines and zones that lie where those
nodes are.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from audits.exchange.json_text import read_json
from audits.exchange.oswread import read_collections
from gis.errors import FileFormatError, SetupError

SAME_DEGREES = 1e-6  # about a decimetre: coordinates of one node written twice
MOST = 20  # complaints of one kind that are told


@dataclass(frozen=True)
class OswVerdict:
    """What was found; a file is valid where nothing was. `checked` counts features."""

    checked: int
    complaints: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether nothing was found."""
        return not self.complaints


def validate(path: Path, schema: Path) -> OswVerdict:
    """Return the verdict on an OpenSidewalks zip.

    Parameters
    ----------
    schema
        The official JSON schema of version 0.2, as published.

    Raises
    ------
    FileFormatError
        The zip or the schema cannot be read as such.
    FileTooLargeError
        A limit of archives or vector files is passed.
    SetupError
        The library that checks schemas is not installed.
    """
    found = read_collections(path)
    rules = read_json(schema)
    if not isinstance(rules, dict) or "definitions" not in rules:
        raise FileFormatError(schema.name, "is no schema of OpenSidewalks", "take the published 0.2 schema")
    complaints = [*_against_schema(found, rules), *integrity(found)]
    told = [one for kind in dict.fromkeys(kind for kind, _ in complaints) for one in _told(kind, complaints)]
    return OswVerdict(sum(len(tree["features"]) for tree in found.values()), tuple(told))


def integrity(found: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return complaints (kind, text) about ids, ends, corners and coordinates that do not agree.

    Parameters
    ----------
    found
        Feature collections by kind, as `oswread.read_collections` returns them.
    """
    complaints = [*_repeated(found)]
    nodes = {str(said.get("_id")): _position(feature) for feature, said in _features(found, "nodes")}
    for feature, said in _features(found, "edges"):
        shape = _coordinates(feature, "LineString")
        for key, place in (("_u_id", 0), ("_v_id", -1)):
            complaints += _end(said, key, nodes, shape[place] if shape else None)
    for feature, said in _features(found, "zones"):
        rings = _coordinates(feature, "Polygon")
        corners = said.get("_w_id")
        ring = rings[0] if rings and isinstance(rings[0], list) else []
        for corner in corners if isinstance(corners, list) else []:
            complaints += _corner(said, str(corner), nodes, ring)
    complaints += [
        ("geometry", f"{kind} {said.get('_id')}: its geometry is not valid")
        for kind in found
        for feature, said in _features(found, kind)
        if not _valid(feature.get("geometry"))
    ]
    return complaints


def _against_schema(
    found: Mapping[str, Mapping[str, Any]], schema: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    try:
        # Loaded only here: nothing but this check needs it.
        from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # noqa: PLC0415  untyped
    except ImportError as error:
        raise SetupError("Schemas are checked by the library jsonschema; install it") from error
    whole = Draft7Validator(schema)
    for kind, tree in found.items():
        frame = {name: value for name, value in tree.items() if name != "features"}
        for wrong in whole.iter_errors({**frame, "features": []}):
            yield "schema", f"{kind}: {wrong.message[:200]}"
        each = whole.evolve(schema=schema["properties"]["features"]["items"])
        for feature, said in _features(found, kind):
            if not each.is_valid(feature):
                yield "schema", f"{kind} {said.get('_id')}: is of no kind that the schema knows"


def _repeated(found: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for kind in found:
        counts = Counter(str(said.get("_id")) for _, said in _features(found, kind))
        for name, count in counts.items():
            if count > 1:
                yield "id", f"{kind}: the id {name} stands {count} times"


def _end(
    said: Mapping[str, Any], key: str, nodes: Mapping[str, Any], place: object
) -> Iterator[tuple[str, str]]:
    node = str(said.get(key))
    if node not in nodes:
        yield "end", f"edge {said.get('_id')}: there is no node {node} ({key})"
    elif place is None or not _same(nodes[node], place):
        yield "position", f"edge {said.get('_id')}: it does not begin or end at node {node} ({key})"


def _corner(
    said: Mapping[str, Any], node: str, nodes: Mapping[str, Any], ring: Sequence[object]
) -> Iterator[tuple[str, str]]:
    if node not in nodes:
        yield "corner", f"zone {said.get('_id')}: there is no node {node} (_w_id)"
    elif not any(_same(nodes[node], place) for place in ring):
        yield "position", f"zone {said.get('_id')}: node {node} is none of its corners"


def _features(
    found: Mapping[str, Mapping[str, Any]], kind: str
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for feature in found.get(kind, {"features": []})["features"]:
        said = feature.get("properties")
        yield feature, said if isinstance(said, dict) else {}


def _position(feature: Mapping[str, Any]) -> object:
    return _coordinates(feature, "Point")


def _coordinates(feature: Mapping[str, Any], kind: str) -> list[Any]:
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict) or geometry.get("type") != kind:
        return []
    found = geometry.get("coordinates")
    return found if isinstance(found, list) else []


def _same(one: object, other: object) -> bool:
    if not (isinstance(one, list) and isinstance(other, list) and len(one) >= 2 and len(other) >= 2):
        return False
    if not all(isinstance(figure, int | float) for figure in (*one[:2], *other[:2])):
        return False
    return bool(abs(one[0] - other[0]) <= SAME_DEGREES and abs(one[1] - other[1]) <= SAME_DEGREES)


def _valid(geometry: object) -> bool:
    try:
        return bool(shapely.is_valid(shapely.geometry.shape(geometry)))
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, shapely.errors.ShapelyError):
        return False


def _told(kind: str, complaints: Iterable[tuple[str, str]]) -> Iterator[str]:
    own = [text for known, text in complaints if known == kind]
    yield from own[:MOST]
    if len(own) > MOST:
        yield f"{kind}: and {len(own) - MOST} more"
