"""The routes of OGC API - Features: documents, items and one item, read strictly and shown by right."""

import json
from importlib.metadata import version
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from api.auth import Caller
from api.deps import CallerDep, LanguageDep
from api.ogc import documents, store
from api.ogc.answers import answer, base_of, document
from api.ogc.collections import collection_of, may_see
from api.ogc.conditions import Scope
from api.ogc.crs import URIS
from api.ogc.direct import DirectRoute, caller_of
from api.ogc.documents import GEOJSON, OPENAPI, SCHEMA, link
from api.ogc.extents import box_of
from api.ogc.model import Collection
from api.ogc.openapi import openapi
from api.ogc.query import ITEM, Query, check_format, items_query, singles
from api.ogc.store import Page
from gis.db import reading
from gis.errors import NotFoundError

router = APIRouter(prefix="/ogc")
LONGEST_KEY = 80  # characters of a uid


@router.get("")
@router.get("/", include_in_schema=False)
def landing(request: Request, lang: LanguageDep) -> Response:
    """Return the landing page."""
    no_parameters(request)
    return document(request, documents.landing(base_of(request), lang), public=True)


@router.get("/conformance")
def conformance(request: Request) -> Response:
    """Return the classes of the standards that are held to."""
    no_parameters(request)
    return document(request, documents.conformance(), public=True)


@router.get("/api")
def api(request: Request, lang: LanguageDep, caller: CallerDep) -> Response:
    """Return the OpenAPI document of what the caller may see."""
    no_parameters(request)
    content = openapi(base_of(request), _visible(request, caller), lang, version("tantu"))
    return document(request, content, public=not caller.signed_in, media_type=OPENAPI)


@router.get("/collections")
def collections(request: Request, lang: LanguageDep, caller: CallerDep) -> Response:
    """List the collections that the caller may see."""
    no_parameters(request)
    shown = [(one, box_of(request, one)) for one in _visible(request, caller)]
    content = documents.listing(base_of(request), lang, shown)
    return document(request, content, public=not caller.signed_in)


@router.get("/collections/{name}")
def collection(name: str, request: Request, lang: LanguageDep, caller: CallerDep) -> Response:
    """Describe a collection."""
    found = asked(request, name, caller)
    no_parameters(request)
    box = box_of(request, found)
    return document(request, documents.described(base_of(request), found, lang, box), public=found.public)


@router.get("/collections/{name}/queryables")
def queryables(name: str, request: Request, lang: LanguageDep, caller: CallerDep) -> Response:
    """Say what a filter may ask of a collection."""
    found = asked(request, name, caller)
    no_parameters(request)
    content = documents.queryables(base_of(request), found, lang)
    return document(request, content, public=found.public, media_type=SCHEMA)


def items(request: Request) -> Response:
    """Return a page of features, with the link to the next one."""
    caller = caller_of(request)
    found = asked(request, request.path_params["name"], caller)
    query = items_query(found, request.query_params.multi_items())
    with reading(request.app.state.engine) as connection:
        page = store.page(connection, found, query, scope_of(found, caller))
    body = _collection_json(request, page)
    return answer(request, body, GEOJSON, public=found.public, headers=_crs_header(query))


def item(request: Request) -> Response:
    """Return one feature.

    Raises
    ------
    NotFoundError
        There is none, or none that the caller may see.
    """
    caller, feature = caller_of(request), request.path_params["feature"]
    found = asked(request, request.path_params["name"], caller)
    given = singles(request.query_params.multi_items(), ITEM)
    check_format(given, ("json", "geojson"))
    query = items_query(found, given.items())
    text = None
    if len(feature) <= LONGEST_KEY and "\0" not in feature:
        with reading(request.app.state.engine) as connection:
            text = store.feature(connection, found, feature, query, scope_of(found, caller))
    if text is None:
        raise NotFoundError("feature", feature[:80])
    here = str(request.url).partition("?")[0]
    links = [link(here, "self", GEOJSON), link(here.rpartition("/items/")[0], "collection")]
    body = f'{text[:-1]},"links":{json.dumps(links)}}}'.encode()
    return answer(request, body, GEOJSON, public=found.public, headers=_crs_header(query))


def asked(request: Request, name: str, caller: Caller) -> Collection:
    """Return the collection of a path if the caller may see it.

    Raises
    ------
    NotFoundError
        There is none of that name for the caller.
    """
    return collection_of(request.app.state.collections, name, caller.role)


def scope_of(collection: Collection, caller: Caller) -> Scope:
    """Return what the caller may see of a collection."""
    return Scope(None if collection.scope is None else caller.regions)


def no_parameters(request: Request, *known: str) -> dict[str, str]:
    """Return the parameters of a document, which knows its format only and perhaps some more.

    Raises
    ------
    InputError
        There is any other.
    """
    found = singles(request.query_params.multi_items(), {"f", *known})
    if not known:
        check_format(found, ("json",))
    return found


def _visible(request: Request, caller: Caller) -> list[Collection]:
    known: dict[str, Collection] = request.app.state.collections
    return [one for one in known.values() if may_see(one, caller.role)]


def _collection_json(request: Request, page: Page) -> bytes:
    here = str(request.url).partition("?")[0]
    pairs = request.query_params.multi_items()
    links = [link(f"{here}?{urlencode(pairs)}" if pairs else here, "self", GEOJSON)]
    if page.more:
        onward = [pair for pair in pairs if pair[0] != "after"]
        links.append(link(f"{here}?{urlencode([*onward, ('after', page.last)])}", "next", GEOJSON))
    links.append(link(here.removesuffix("/items"), "collection"))
    head = {"type": "FeatureCollection", "numberReturned": page.returned, "links": links}
    if page.matched is not None:
        head["numberMatched"] = page.matched
        if page.estimated:
            head["numberMatchedEstimated"] = True
    return f'{json.dumps(head)[:-1]},"features":[\n{page.features}\n]}}'.encode()


def _crs_header(query: Query) -> dict[str, str]:
    return {"Content-Crs": f"<{URIS[query.crs]}>", "Vary": "Cookie"}


router.add_api_route("/collections/{name}/items", items, route_class_override=DirectRoute)
router.add_api_route("/collections/{name}/items/{feature}", item, route_class_override=DirectRoute)
