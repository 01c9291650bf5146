"""The routes of OGC API - Tiles: vector tiles of each collection, and the documents that lead to them."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.deps import CallerDep, LanguageDep
from api.ogc.answers import answer, base_of, document
from api.ogc.collections import field_title
from api.ogc.collections import title as title_of
from api.ogc.crs import STORAGE
from api.ogc.direct import DirectRoute, caller_of
from api.ogc.documents import MVT, TILE_MATRIX_SET, link
from api.ogc.extents import box_of
from api.ogc.model import JSON_TYPES, Collection
from api.ogc.query import check_format
from api.ogc.routes import asked, no_parameters, scope_of
from api.ogc.tilestore import tile_of
from gis.catalogue import Language
from gis.db import reading
from gis.errors import InputError, NotFoundError
from maps.tiles import DEEPEST, HALF_M, Tile

router = APIRouter(prefix="/ogc")
TILE_PIXELS, PIXEL_M = 256, 0.00028  # the standard's pixel, by which it states a scale
_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{TILE_MATRIX_SET}"
_CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
_REL = "http://www.opengis.net/def/rel/ogc/1.0"

Json = dict[str, Any]


@router.get("/tileMatrixSets")
def tile_matrix_sets(request: Request) -> Response:
    """List the one grid of tiles."""
    no_parameters(request)
    here = f"{base_of(request)}/tileMatrixSets/{TILE_MATRIX_SET}"
    grid = {
        "id": TILE_MATRIX_SET,
        "title": TILE_MATRIX_SET,
        "uri": _URI,
        "crs": _CRS,
        "links": [link(here, "self")],
    }
    return document(request, {"tileMatrixSets": [grid]}, public=True)


@router.get("/tileMatrixSets/{grid}")
def tile_matrix_set(grid: str, request: Request) -> Response:
    """Describe the grid of tiles.

    Raises
    ------
    NotFoundError
        It is another grid.
    """
    no_parameters(request)
    _known(grid)
    return document(request, _grid(), public=True)


@router.get("/collections/{name}/tiles")
def tilesets(name: str, request: Request, lang: LanguageDep, caller: CallerDep) -> Response:
    """List the tilesets of a collection: one."""
    collection = asked(request, name, caller)
    no_parameters(request)
    content = {"tilesets": [_tileset(request, collection, lang, box_of(request, collection))]}
    return document(request, content, public=collection.public)


@router.get("/collections/{name}/tiles/{grid}")
def tileset(name: str, grid: str, *, request: Request, lang: LanguageDep, caller: CallerDep) -> Response:
    """Describe a tileset; with `f=tilejson` as map libraries read it.

    Raises
    ------
    NotFoundError
        It is another grid, or no collection of the caller.
    """
    collection = asked(request, name, caller)
    _known(grid)
    found = no_parameters(request, "f")
    check_format(found, ("json", "tilejson"))
    box = box_of(request, collection)
    content = (_tilejson if found.get("f") == "tilejson" else _tileset)(request, collection, lang, box)
    return document(request, content, public=collection.public)


def tile(request: Request) -> Response:
    """Return a tile; 204 where nothing is in it.

    Raises
    ------
    NotFoundError
        There is no such tile, or the collection has none at this zoom.
    InputError
        A part of the path is no number.
    """
    caller, path = caller_of(request), request.path_params
    collection = asked(request, path["name"], caller)
    found = no_parameters(request, "f")
    check_format(found, ("mvt",))
    _known(path["grid"])
    zoom, row, column = (_number(name, path[name]) for name in ("zoom", "row", "column"))
    wanted = Tile(zoom, column, row)
    if not wanted.exists or zoom < collection.min_zoom:
        raise NotFoundError("tile", f"{zoom}/{row}/{column}"[:40])
    with reading(request.app.state.engine) as connection:
        content = tile_of(connection, collection, wanted, scope_of(collection, caller))
    made = answer(request, content, MVT, public=collection.public, headers={"Vary": "Cookie"})
    if not content and made.status_code == 200:
        return Response(status_code=204, headers={"Cache-Control": made.headers["Cache-Control"]})
    return made


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise InputError(f"{name}: {text[:20]!r} is no number of a tile.")
    return int(text)


def _known(grid: str) -> None:
    if grid != TILE_MATRIX_SET:
        raise NotFoundError("tile matrix set", grid[:40], f"there is {TILE_MATRIX_SET}")


def _tileset(request: Request, collection: Collection, lang: Language, box: list[float] | None) -> Json:
    here = f"{base_of(request)}/collections/{collection.id}/tiles/{TILE_MATRIX_SET}"
    template = link(f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", MVT)
    found: Json = {
        "title": title_of(collection, lang),
        "dataType": "vector",
        "crs": _CRS,
        "tileMatrixSetURI": _URI,
        "links": [
            link(here, "self"),
            link(f"{base_of(request)}/tileMatrixSets/{TILE_MATRIX_SET}", f"{_REL}/tiling-scheme"),
            {**template, "templated": True},
            link(f"{here}?f=tilejson", "describedby"),
        ],
    }
    if box is not None:
        found["boundingBox"] = {"lowerLeft": box[:2], "upperRight": box[2:], "crs": STORAGE}
    return found


def _tilejson(request: Request, collection: Collection, lang: Language, box: list[float] | None) -> Json:
    here = f"{base_of(request)}/collections/{collection.id}/tiles/{TILE_MATRIX_SET}"
    found: Json = {
        "tilejson": "3.0.0",
        "name": title_of(collection, lang),
        "tiles": [f"{here}/{{z}}/{{y}}/{{x}}"],
        "minzoom": collection.min_zoom,
        "maxzoom": DEEPEST,
        "vector_layers": [
            {
                "id": collection.id,
                "description": title_of(collection, lang),
                "fields": {
                    one.name: f"{JSON_TYPES[one.kind]['type'].capitalize()}: {field_title(one.name, lang)}"
                    for one in collection.tiled
                },
            }
        ],
    }
    if box is not None:
        found["bounds"] = box
    return found


def _grid() -> Json:
    side = 2 * HALF_M
    return {
        "id": TILE_MATRIX_SET,
        "title": TILE_MATRIX_SET,
        "uri": _URI,
        "crs": _CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [
            {
                "id": str(zoom),
                "scaleDenominator": side / TILE_PIXELS / 2**zoom / PIXEL_M,
                "cellSize": side / TILE_PIXELS / 2**zoom,
                "pointOfOrigin": [-HALF_M, HALF_M],
                "tileWidth": TILE_PIXELS,
                "tileHeight": TILE_PIXELS,
                "matrixWidth": 2**zoom,
                "matrixHeight": 2**zoom,
            }
            for zoom in range(DEEPEST + 1)
        ],
    }


router.add_api_route(
    "/collections/{name}/tiles/{grid}/{zoom}/{row}/{column}", tile, route_class_override=DirectRoute
)
