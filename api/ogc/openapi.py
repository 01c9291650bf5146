"""The OpenAPI 3.0 document of the OGC API, with a path for each collection.

Clients push a filter down only if the path of a collection names one parameter for each property and a
language of filters that they write (`cql-text` for GDAL); with a path that has the collection as a variable
they download everything and look through it themselves.
"""

from collections.abc import Iterable

from api.ogc import collections as known
from api.ogc.cql2 import LANGUAGES
from api.ogc.crs import STORAGE, URIS
from api.ogc.documents import FORMATS, GEOJSON, MVT, TILE_MATRIX_SET, Json
from api.ogc.model import JSON_TYPES, Collection
from api.ogc.query import DEFAULT_LIMIT, DOWNLOAD, ITEMS, MOST
from gis.catalogue import Language, words

_PROBLEM = {"$ref": "#/components/responses/problem"}


def openapi(base: str, shown: Iterable[Collection], lang: Language, version: str) -> Json:
    """Return the document for the collections that a caller may see."""
    said = words(lang, "ogc")
    listed = list(shown)
    paths: Json = {
        "/": {"get": _plain("landing", said["api.title"])},
        "/conformance": {"get": _plain("conformance", "Conformance")},
        "/collections": {"get": _plain("collections", said["api.collections"])},
        "/tileMatrixSets": {"get": _plain("tileMatrixSets", "Tile matrix sets")},
        f"/tileMatrixSets/{TILE_MATRIX_SET}": {"get": _plain("tileMatrixSet", TILE_MATRIX_SET)},
    }
    for collection in listed:
        paths |= _paths(collection, lang)
    return {
        "openapi": "3.0.3",
        "info": {"title": said["api.title"], "description": said["api.description"], "version": version},
        "servers": [{"url": base}],
        "tags": [
            {"name": collection.id, "description": known.title(collection, lang)} for collection in listed
        ],
        "paths": paths,
        "components": {"parameters": _parameters(), "schemas": _SCHEMAS, "responses": _RESPONSES},
    }


def _paths(collection: Collection, lang: Language) -> Json:
    here, name = f"/collections/{collection.id}", collection.id
    about = known.title(collection, lang), name
    fields = [_field(collection, one.name, lang) for one in collection.fields if one.name not in ITEMS]
    asked = [*(_ref(one) for one in ITEMS), *fields]
    one_item = [_path("featureId", {"type": "string"}), _ref("crs"), _ref("f")]
    file = [_format(list(FORMATS), required=True), *(_ref(one) for one in DOWNLOAD if one != "f"), *fields]
    files = dict.fromkeys(FORMATS.values(), "file")
    return {
        here: {"get": _plain(f"describe_{name}", *about)},
        f"{here}/queryables": {"get": _plain(f"queryables_{name}", *about)},
        f"{here}/items": {
            "get": _operation(
                f"items_{name}", *about, parameters=asked, content={GEOJSON: "featureCollection"}
            )
        },
        f"{here}/items/{{featureId}}": {
            "get": _operation(f"item_{name}", *about, parameters=one_item, content={GEOJSON: "feature"})
        },
        f"{here}/download": {"get": _operation(f"download_{name}", *about, parameters=file, content=files)},
        **_tile_paths(here, name, about),
    }


def _tile_paths(here: str, name: str, about: tuple[str, str]) -> Json:
    grid = f"{here}/tiles/{TILE_MATRIX_SET}"
    places = [_path(one, {"type": "integer", "minimum": 0}) for one in ("tileMatrix", "tileRow", "tileCol")]
    formats = [_format(["json", "tilejson"])]
    json = {"application/json": "object"}
    return {
        f"{here}/tiles": {"get": _plain(f"tilesets_{name}", *about)},
        grid: {"get": _operation(f"tileset_{name}", *about, parameters=formats, content=json)},
        f"{grid}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": {
            "get": _operation(f"tile_{name}", *about, parameters=places, content={MVT: "file"})
        },
    }


def _field(collection: Collection, name: str, lang: Language) -> Json:
    one = collection.field(name)
    schema = JSON_TYPES[one.kind] if one else {}
    title = known.field_title(name, lang)
    return {"name": name, "in": "query", "required": False, "description": title, "schema": schema}


def _plain(identity: str, summary: str, tag: str = "") -> Json:
    return _operation(identity, summary, tag, parameters=[], content={"application/json": "object"})


def _operation(
    identity: str, summary: str, tag: str = "", *, parameters: list[Json], content: dict[str, str]
) -> Json:
    return {
        "operationId": identity,
        "summary": summary,
        **({"tags": [tag]} if tag else {}),
        **({"parameters": parameters} if parameters else {}),
        "responses": {
            "200": {
                "description": summary,
                "content": {
                    kind: {"schema": {"$ref": f"#/components/schemas/{name}"}}
                    for kind, name in content.items()
                },
            },
            "400": _PROBLEM,
            "404": _PROBLEM,
            "default": _PROBLEM,
        },
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


def _path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _format(names: list[str], *, required: bool = False) -> Json:
    schema = {"type": "string", "enum": names}
    return {"name": "f", "in": "query", "required": required, "schema": schema}


def _parameters() -> Json:
    uris = list(URIS.values())
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    schemas: dict[str, Json] = {
        "bbox": numbers,
        "bbox-crs": {"type": "string", "enum": uris, "default": STORAGE},
        "datetime": {"type": "string"},
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
        "after": {"type": "integer", "minimum": 0, "maximum": 2**53},
        "crs": {"type": "string", "enum": uris, "default": STORAGE},
        "filter": {"type": "string", "maxLength": 2048},
        "filter-lang": {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
        "filter-crs": {"type": "string", "enum": uris, "default": STORAGE},
        "f": {"type": "string", "enum": ["json", "geojson"]},
    }
    found: Json = {
        name: {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in schemas.items()
    }
    found["bbox"] |= {"style": "form", "explode": False}
    return found


_SCHEMAS: Json = {
    "object": {"type": "object"},
    "file": {"type": "string", "format": "binary"},
    "feature": {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "geometry": {"type": "object", "nullable": True},
            "properties": {"type": "object"},
        },
    },
    "featureCollection": {
        "type": "object",
        "required": ["type", "features", "numberReturned", "links"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/feature"}},
            "numberReturned": {"type": "integer", "minimum": 0},
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberMatchedEstimated": {"type": "boolean"},
            "links": {"type": "array", "items": {"type": "object"}},
        },
    },
    "problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
        },
    },
}
_RESPONSES: Json = {
    "problem": {
        "description": "RFC 9457",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}},
    }
}
