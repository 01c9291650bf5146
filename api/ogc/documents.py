"""The JSON documents around the features: landing page, conformance, collections, queryables."""

from collections.abc import Iterable
from typing import Any

from api.ogc import collections as known
from api.ogc.crs import STORAGE, URIS
from api.ogc.model import JSON_TYPES, Collection
from gis.catalogue import Language, codelist, words

Json = dict[str, Any]

_SPEC = "http://www.opengis.net/spec"
CONFORMANCE = (
    f"{_SPEC}/ogcapi-common-1/1.0/conf/core",
    f"{_SPEC}/ogcapi-common-2/1.0/conf/collections",
    f"{_SPEC}/ogcapi-features-1/1.0/conf/core",
    f"{_SPEC}/ogcapi-features-1/1.0/conf/oas30",
    f"{_SPEC}/ogcapi-features-1/1.0/conf/geojson",
    f"{_SPEC}/ogcapi-features-2/1.0/conf/crs",
    f"{_SPEC}/ogcapi-features-3/1.0/conf/queryables",
    f"{_SPEC}/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    f"{_SPEC}/ogcapi-features-3/1.0/conf/filter",
    f"{_SPEC}/ogcapi-features-3/1.0/conf/features-filter",
    *(
        f"{_SPEC}/cql2/1.0/conf/{name}"
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
            "property-property",
            "arithmetic",
        )
    ),
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/core",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/tileset",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/tilesets-list",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/mvt",
)
GEOJSON = "application/geo+json"
MVT = "application/vnd.mapbox-vector-tile"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
TILE_MATRIX_SET = "WebMercatorQuad"
FORMATS = {
    "geojson": GEOJSON,
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
    "fgb": "application/vnd.flatgeobuf",
    "parquet": "application/vnd.apache.parquet",
}
_REL = "http://www.opengis.net/def/rel/ogc/1.0"


def link(href: str, rel: str, kind: str = "application/json", title: str = "") -> Json:
    """Return a link as the standard writes it."""
    return {"href": href, "rel": rel, "type": kind} | ({"title": title} if title else {})


def landing(base: str, lang: Language) -> Json:
    """Return the landing page."""
    said = words(lang, "ogc")
    return {
        "title": said["api.title"],
        "description": said["api.description"],
        "links": [
            link(base, "self"),
            link(f"{base}/api", "service-desc", OPENAPI),
            link(f"{base}/conformance", "conformance"),
            link(f"{base}/collections", "data"),
            link(f"{base}/collections", f"{_REL}/data"),
            link(f"{base}/tileMatrixSets", f"{_REL}/tiling-schemes"),
        ],
    }


def conformance() -> Json:
    """Return the classes of the standards that are held to."""
    return {"conformsTo": list(CONFORMANCE)}


def listing(base: str, lang: Language, shown: Iterable[tuple[Collection, list[float] | None]]) -> Json:
    """Return the collections that a caller may see, each with its extent."""
    return {
        "links": [link(f"{base}/collections", "self")],
        "crs": list(URIS.values()),
        "collections": [described(base, collection, lang, box) for collection, box in shown],
    }


def described(base: str, collection: Collection, lang: Language, box: list[float] | None) -> Json:
    """Return what is said of one collection."""
    here = f"{base}/collections/{collection.id}"
    title = known.title(collection, lang)
    found: Json = {
        "id": collection.id,
        "title": title,
        "description": known.description(collection, lang),
        "itemType": "feature",
        "crs": list(URIS.values()),
        "storageCrs": STORAGE,
        "links": [
            link(here, "self"),
            link(f"{here}/items", "items", GEOJSON, title),
            link(f"{here}/queryables", f"{_REL}/queryables", SCHEMA),
            link(f"{here}/tiles", f"{_REL}/tilesets-vector"),
            *(
                link(f"{here}/download?f={ending}", "enclosure", kind, f"{title} ({ending})")
                for ending, kind in FORMATS.items()
            ),
        ],
    }
    if box is not None:
        found["extent"] = {"spatial": {"bbox": [box], "crs": STORAGE}}
    return found


def queryables(base: str, collection: Collection, lang: Language) -> Json:
    """Return the JSON Schema of what a filter may ask."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{base}/collections/{collection.id}/queryables",
        "type": "object",
        "title": known.title(collection, lang),
        "properties": {
            "geom": {"title": words(lang, "ogc")["field.geom"], "format": _geometry(collection)},
            **{one.name: property_schema(collection, one.name, lang) for one in collection.fields},
        },
        "additionalProperties": False,
    }


def property_schema(collection: Collection, name: str, lang: Language) -> Json:
    """Return the JSON Schema of one property, with the codes that it may have."""
    one = collection.field(name)
    if one is None:
        return {}
    schema: Json = {"title": known.field_title(name, lang), **JSON_TYPES[one.kind]}
    if one.codes:
        codes = codelist(one.codes).codes
        schema["x-ogc-codes"] = {code: facts.label(lang) for code, facts in codes.items()}
    return schema


def _geometry(collection: Collection) -> str:
    return f"geometry-{collection.geometry.lower()}" if collection.geometry else "geometry-any"
