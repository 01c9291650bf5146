"""The collections that are served: what each shows, to whom, and how its tiles thin out.

Public layers show no remarks (free text of whoever imported it); homes and inspections are for the roles
that work with them, inside their regions, and their tiles begin at a zoom where a tile is a village.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Table, and_, exists, or_

from api.ogc.model import Collection, Field, Kind
from audits.tables import Visit
from gis.catalogue import Language, words
from gis.errors import NotFoundError
from gis.schema import LAYERS
from gis.spatial import in_regions
from gis.specs import Column
from gis.store import LAYER_TABLES
from gis.tables import Base

HOMES = frozenset({"clerk", "housing", "planner", "auditor", "admin"})
VISITS = frozenset({"inspector", "reviewer", "planner", "auditor", "admin"})
TOILET_TILES = (
    "name",
    "category",
    "operating_status",
    "wheelchair",
    "accessible_room",
    "step_free",
    "open_24h",
)
FACILITY_TILES = ("name", "facility_class", "services", "operating_status", "wheelchair")
VISITED = ("toilets", "facilities", "roads", "households")
# Free text, and what only the service itself needs.
HIDDEN = frozenset({"note"})

_KINDS: dict[str, Kind] = {
    "text": "text",
    "code": "text",
    "codes": "text",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "date": "date",
}
_TRUNK = ("motorway", "trunk", "motorway_link", "trunk_link")
_PRIMARY = (*_TRUNK, "primary", "primary_link")
_SECONDARY = (*_PRIMARY, "secondary", "secondary_link")
_TERTIARY = (*_SECONDARY, "tertiary", "tertiary_link")


def registry() -> dict[str, Collection]:
    """Return the collections by id, in the order in which they are listed."""
    found = [_toilets(), _facilities(), _roads(), _regions(), _households(), _visits()]
    return {collection.id: collection for collection in found}


def title(collection: Collection, lang: Language) -> str:
    """Return the name of a collection."""
    return words(lang, "ogc").get(f"collection.{collection.id}", collection.id)


def description(collection: Collection, lang: Language) -> str:
    """Return what a collection holds, in a sentence."""
    return words(lang, "ogc").get(f"description.{collection.id}", "")


def field_title(name: str, lang: Language) -> str:
    """Return the name of a property."""
    return words(lang, "gis").get(f"column.{name}", words(lang, "ogc").get(f"field.{name}", name))


def collection_of(known: dict[str, Collection], name: str, role: str) -> Collection:
    """Return the collection of that name if this role may see it.

    Raises
    ------
    NotFoundError
        There is none, or it is not for this role: nobody is told which.
    """
    found = known.get(name)
    if found is None or not may_see(found, role):
        raise NotFoundError("collection", name[:80])
    return found


def may_see(collection: Collection, role: str) -> bool:
    """Tell whether a role may see a collection."""
    return collection.public or role in collection.roles


def _toilets() -> Collection:
    return _layer("toilets", period=("built_on", ""), tile_fields=TOILET_TILES)


def _facilities() -> Collection:
    return _layer("facilities", period=("built_on", ""), tile_fields=FACILITY_TILES)


def _roads() -> Collection:
    road_class = _table(LAYER_TABLES["roads"]).c.road_class
    thinned = ((8, _TRUNK), (10, _PRIMARY), (11, _SECONDARY), (12, _TERTIARY))
    return _layer(
        "roads",
        tile_fields=("name", "road_class", "surface", "kerb", "wheelchair"),
        min_zoom=5,
        by_zoom=tuple((below, _one_of(road_class, classes)) for below, classes in thinned),
    )


def _regions() -> Collection:
    level = _table(LAYER_TABLES["regions"]).c.level
    thinned = ((8, ("city", "county")), (11, ("county", "township")), (99, ("township", "village")))
    return _layer(
        "regions",
        period=("valid_from", "valid_to"),
        tile_fields=("code", "name", "name_en", "level"),
        by_zoom=tuple((below, _one_of(level, levels)) for below, levels in thinned),
    )


def _households() -> Collection:
    code = _table(LAYER_TABLES["households"]).c.region_code
    return _layer(
        "households",
        roles=HOMES,
        scope=lambda regions: in_regions(code, regions),
        tile_fields=("region_code", "renovated_on"),
        min_zoom=12,
    )


def _visits() -> Collection:
    kinds: dict[str, Kind] = {
        "place_layer": "text",
        "place_uid": "text",
        "inspector": "text",
        "visited_on": "date",
        "accuracy_m": "float",
        "place_distance_m": "float",
    }
    fields = tuple(Field(name, kind) for name, kind in (("uid", "text"), *kinds.items()))
    return Collection(
        "visits",
        _table(Visit),
        "Point",
        fields,
        period=("visited_on", "visited_on"),
        roles=VISITS,
        scope=_visited_in,
        min_zoom=9,
    )


def _visited_in(regions: Sequence[str]) -> ColumnElement[bool]:
    """Return which visits were to a place in some regions."""
    visit = _table(Visit).c
    return or_(
        *(
            and_(
                visit.place_layer == name,
                exists().where(
                    place.uid == visit.place_uid,
                    place.retired_by.is_(None),
                    in_regions(place.region_code, regions),
                ),
            )
            for name, place in ((name, _table(LAYER_TABLES[name]).c) for name in VISITED)
        )
    )


def _one_of(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    # Not IN, whose list SQLAlchemy writes anew for every run.
    return or_(*(column == value for value in values))


def _layer(
    name: str,
    *,
    period: tuple[str, str] = ("", ""),
    roles: frozenset[str] = frozenset(),
    scope: Callable[[Sequence[str]], ColumnElement[bool]] | None = None,
    tile_fields: tuple[str, ...] = (),
    min_zoom: int = 0,
    by_zoom: tuple[tuple[int, ColumnElement[bool]], ...] = (),
) -> Collection:
    table, spec = _table(LAYER_TABLES[name]), LAYERS[name]
    return Collection(
        id=name,
        table=table,
        geometry=spec.geometry if spec.geometry != "Any" else "",
        fields=tuple(_field(column) for column in spec.columns if column.name not in HIDDEN),
        rows=and_(table.c.retired_by.is_(None)),
        period=period,
        roles=roles,
        scope=scope,
        tile_fields=("uid", *tile_fields),
        min_zoom=min_zoom,
        by_zoom=by_zoom,
    )


def _field(column: Column) -> Field:
    return Field(column.name, _KINDS[column.kind], column.codes)


def _table(mapped: type[Base]) -> Table:
    table = mapped.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{mapped} is no table")
    return table
