"""The documents lead from one to the next, and describe in both languages what is really served."""

import json

import jsonschema
import pytest

from api.ogc.crs import URIS


def test_every_link_of_the_documents_answers(public):
    waiting, seen = ["/ogc"], set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = public.get(address)
        assert answer.status_code == 200, (address, answer.text[:200])
        if "json" not in answer.headers["content-type"] or "/items" in address:
            continue
        waiting += [one["href"] for one in links_of(answer.json()) if not one.get("templated")]
    assert len(seen) > 40


def links_of(tree):
    if isinstance(tree, dict):
        yield from (one for one in tree.get("links", []) if "href" in one)
        for value in tree.values():
            yield from links_of(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from links_of(value)


def test_openapi_is_3_0_with_a_path_and_a_parameter_for_each_property(public):
    answer = public.get("/ogc/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    document = answer.json()
    assert document["openapi"].startswith("3.0.")
    parameters = document["components"]["parameters"]
    assert {"cql2-text", "cql2-json", "cql-text"} == set(parameters["filter-lang"]["schema"]["enum"])
    for name in ("toilets", "facilities", "roads", "regions"):
        asked = document["paths"][f"/collections/{name}/items"]["get"]["parameters"]
        named = {one.get("name", one.get("$ref", "").rpartition("/")[2]) for one in asked}
        queryable = public.get(f"/ogc/collections/{name}/queryables").json()["properties"]
        assert named == {*parameters, *queryable} - {"geom"}


def test_every_reference_of_openapi_leads_somewhere(public):
    document = public.get("/ogc/api").json()
    references = set(json.dumps(document).split('"$ref": "')[1:])
    assert references
    for text in references:
        place = document
        for step in text.partition('"')[0].removeprefix("#/").split("/"):
            place = place[step]
        assert place


def test_an_answer_fits_the_schema_of_openapi(public):
    schemas = public.get("/ogc/api").json()["components"]["schemas"]
    schema = json.loads(
        json.dumps(schemas["featureCollection"]).replace('"nullable": true', '"x-nullable": true')
    )
    page = public.get("/ogc/collections/regions/items?limit=5").json()
    known = {"components": {"schemas": schemas}}
    for feature in page["features"]:
        assert feature["geometry"] is None or feature["geometry"]["type"]
    jsonschema.validate({**page, "features": []}, {**schema, **known})


@pytest.mark.parametrize(("lang", "title"), [("zh-CN", "公共厕所"), ("en", "Public toilets")])
def test_titles_speak_the_language_of_the_caller(public, lang, title):
    answer = public.get("/ogc/collections/toilets", headers={"Accept-Language": lang})
    assert answer.json()["title"] == title
    assert "Accept-Language" in answer.headers["vary"]


def test_a_collection_says_where_it_is_and_in_which_systems(public):
    document = public.get("/ogc/collections/toilets").json()
    assert document["extent"]["spatial"]["bbox"] == [[100.0, 38.0, 100.49, 38.49]]
    assert document["crs"] == list(URIS.values())


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/conformance",
        "/api",
        "/collections",
        "/collections/toilets",
        "/collections/toilets/queryables",
        "/collections/toilets/tiles",
        "/collections/toilets/tiles/WebMercatorQuad",
        "/tileMatrixSets",
        "/tileMatrixSets/WebMercatorQuad",
    ],
)
def test_documents_refuse_parameters_that_they_do_not_know(public, path):
    assert public.get(f"/ogc{path}?unknown=1").status_code == 400
    assert public.get(f"/ogc{path}?f=html").status_code == 400
    assert public.get(f"/ogc{path}").status_code == 200
