"""Items are paged, filtered and counted as the standards say, and refuse whatever they do not understand."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.ogc.conftest import EAST, HOMES, TOILETS

TOILET_ITEMS = "/ogc/collections/toilets/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def found(client, path=TOILET_ITEMS, **parameters):
    hyphened = ("bbox_crs", "filter_crs", "filter_lang")
    answer = client.get(
        path, params={n.replace("_", "-") if n in hyphened else n: value for n, value in parameters.items()}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(collection):
    return [feature["id"] for feature in collection["features"]]


def next_link(collection):
    return next((link["href"] for link in collection["links"] if link["rel"] == "next"), None)


def test_pages_follow_one_another_to_the_end_and_hold_every_feature_once(public):
    seen, url, pages = [], f"{TOILET_ITEMS}?limit=999", 0
    while url:
        page = public.get(url).json()
        seen += ids(page)
        pages += 1
        # The first page alone says how many match: counting them anew for each page would cost more.
        assert page.get("numberMatched") == (TOILETS if pages == 1 else None)
        url = next_link(page)
    assert seen == [f"t{n:04d}" for n in range(TOILETS)]
    assert pages == 3


def test_a_page_that_ends_with_the_last_feature_has_no_next(public):
    assert next_link(found(public, limit=TOILETS)) is None
    assert next_link(found(public, limit=TOILETS - 1)) is not None


def test_a_page_has_1000_by_default_and_10000_at_most(public, doors):
    assert found(public)["numberReturned"] == 1_000
    with doors.client("planner") as planner:
        homes = found(planner, "/ogc/collections/households/items", limit=1_000_000)
    assert homes["numberReturned"] == 10_000


def test_beyond_10000_the_number_of_matches_is_estimated_and_said_to_be(doors):
    with doors.client("planner") as planner:
        homes = found(planner, "/ogc/collections/households/items", limit=1)
        west = found(planner, "/ogc/collections/households/items", limit=1, region_code=EAST)
    assert homes["numberMatchedEstimated"] is True
    assert homes["numberMatched"] == pytest.approx(HOMES, rel=0.01)
    assert "numberMatchedEstimated" not in west


def test_a_property_is_asked_by_its_name_and_kind(public):
    assert found(public, rooms=3)["numberMatched"] == len([n for n in range(TOILETS) if n % 7 == 3])
    assert found(public, free="true")["numberMatched"] == TOILETS // 2
    assert ids(found(public, name="公厕 7")) == ["t0007"]
    assert found(public, built_on="2001-01-01")["numberMatched"] == TOILETS // 20
    assert found(public, wheelchair="yes", free="false")["numberMatched"] == 0


def test_a_box_holds_the_features_that_touch_it(public):
    # Columns 0-2 and rows 0-3 of the grid.
    assert found(public, bbox="100,38,100.02,38.03")["numberMatched"] == 12
    assert found(public, bbox="100,38,-10,100.02,38.03,9000")["numberMatched"] == 12
    assert found(public, bbox="179,-90,100.005,90")["numberMatched"] == 50  # around the back of the earth
    swapped = found(public, bbox="38,100,38.03,100.02", bbox_crs=f"{EPSG}4326")
    assert swapped["numberMatched"] == 12


def test_a_line_is_found_by_its_course_and_not_by_its_box(public):
    # The street A-B runs along y = 200 m; a box north of it meets no street but B-F.
    street = public.get("/ogc/collections/roads/items/AB").json()["geometry"]["coordinates"]
    (west, south), (east, _) = street
    middle = (west + east) / 2
    on = f"{middle - 1e-5},{south - 1e-4},{middle + 1e-5},{south + 1e-4}"
    assert ids(found(public, "/ogc/collections/roads/items", bbox=on)) == ["AB"]
    off = f"{middle - 1e-5},{south + 2e-4},{middle + 1e-5},{south + 3e-4}"
    assert ids(found(public, "/ogc/collections/roads/items", bbox=off)) == []


@pytest.mark.parametrize(
    ("crs", "expected"),
    [
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", [100.1, 38.0]),
        (f"{EPSG}4326", [38.0, 100.1]),
        (f"{EPSG}4490", [38.0, 100.1]),
        # 100.1 and 38 degrees on the sphere of EPSG:3857
        (f"{EPSG}3857", [11143081.03, 4579425.81]),
    ],
)
def test_positions_come_in_the_system_and_order_that_was_asked(public, crs, expected):
    answer = public.get(f"{TOILET_ITEMS}/t0500", params={"crs": crs})
    assert answer.json()["geometry"]["coordinates"] == pytest.approx(expected, abs=0.01)
    assert answer.headers["content-crs"] == f"<{crs}>"


def test_datetime_finds_what_was_there_and_what_says_nothing(public):
    # A fifth of the toilets have no date; each year from 2000 to 2019 built a twentieth of the others.
    undated = TOILETS // 5
    assert found(public, datetime="../1999-12-31")["numberMatched"] == undated
    assert found(public, datetime="2001-06-01")["numberMatched"] == undated + TOILETS // 20
    assert found(public, datetime="2030-01-01T00:00:00Z/..")["numberMatched"] == TOILETS


def test_a_filter_in_text_and_in_json_finds_the_same(public):
    text = found(public, filter="free = true AND rooms IN (1, 2) AND NOT name IS NULL", limit=1)
    tree = {
        "op": "and",
        "args": [
            {"op": "=", "args": [{"property": "free"}, True]},
            {"op": "in", "args": [{"property": "rooms"}, [1, 2]]},
            {"op": "not", "args": [{"op": "isNull", "args": [{"property": "name"}]}]},
        ],
    }
    parsed = found(public, filter=json.dumps(tree), filter_lang="cql2-json", limit=1)
    wanted = [n for n in range(TOILETS) if n % 2 == 0 and n % 7 in (1, 2) and n % 10]
    assert text["numberMatched"] == parsed["numberMatched"] == len(wanted)


def test_a_filter_may_write_positions_in_another_system(public):
    box = "S_INTERSECTS(geom, BBOX(38, 100, 38.03, 100.02))"
    assert found(public, filter=box, filter_crs=f"{EPSG}4326")["numberMatched"] == 12
    assert found(public, filter="S_INTERSECTS(geom, BBOX(100, 38, 100.02, 38.03))")["numberMatched"] == 12


@pytest.mark.parametrize(
    "parameters",
    [
        {"bbox": "NaN,38,101,39"},
        {"bbox": "100,38,inf,39"},
        {"bbox": "100,38,101"},
        {"bbox": "100,39,101,38"},
        {"bbox": "100,38,101,91"},
        {"bbox": "a,b,c,d"},
        {"bbox-crs": "EPSG:4326", "bbox": "1,2,3,4"},
        {"crs": f"{EPSG}32647"},
        {"datetime": "yesterday"},
        {"datetime": "2024-13-01"},
        {"datetime": "../.."},
        {"datetime": "2024-01-02/2024-01-01"},
        {"datetime": "2024-01-01/2024-01-02/2024-01-03"},
        {"datetime": "0000-00-00T00:00:00Z"},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "ten"},
        {"limit": "٣"},
        {"after": "99999999999999999999"},
        {"after": "-1"},
        {"rooms": "many"},
        {"rooms": "9" * 30},
        {"free": "perhaps"},
        {"built_on": "2024-02-30"},
        {"name": "a\0b"},
        {"unknown": "1"},
        {"note": "13800000000"},
        {"f": "html"},
        {"filter": ""},
        {"filter": "note = 'x'"},
        {"filter": "retired_by IS NULL"},
        {"filter": "name = "},
        {"filter": "name = 'x"},
        {"filter": "name > 5"},
        {"filter": "rooms"},
        {"filter": "rooms = 1/0"},
        {"filter": "rooms = 9^9^9^9"},
        {"filter": "rooms = 1e999"},
        {"filter": "(" * 2_000},
        {"filter": "NOT " * 400 + "free"},
        {"filter": "rooms = " + "-" * 500 + "1"},
        {"filter": "x" * 2_100},
        {"filter": "name LIKE 'a\\'"},
        {"filter": "name LIKE name"},
        {"filter": "S_INTERSECTS(geom, POLYGON((0 0, 1 1)))"},
        {"filter": "S_INTERSECTS(geom, POINT(1e400 0))"},
        {"filter": "S_INTERSECTS(geom, name)"},
        {"filter": "T_AFTER(built_on, rooms)"},
        {"filter": "pg_sleep(10) = 1"},
        {"filter": "name = 'a\0b'"},
        {"filter": "free = true", "filter-lang": "sql"},
        {"filter": "{" * 100, "filter-lang": "cql2-json"},
        {"filter": '{"op":"=","args":[1]}', "filter-lang": "cql2-json"},
        {"filter": '{"op":"=","args":{"a":1}}', "filter-lang": "cql2-json"},
        {"filter": "[]", "filter-lang": "cql2-json"},
        {"filter": "null", "filter-lang": "cql2-json"},
        {"filter": '{"op":"s_within","args":[{"property":"geom"},{"type":"Point","coordinates":[[1,2]]}]}',
         "filter-lang": "cql2-json"},
    ],
    ids=str,
)  # fmt: skip
def test_whatever_is_not_understood_is_a_problem_that_names_it(public, parameters):
    answer = public.get(TOILET_ITEMS, params=parameters)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "input"


def test_a_parameter_given_twice_is_refused(public):
    assert public.get(f"{TOILET_ITEMS}?limit=1&limit=2").status_code == 400


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=60),
        st.text(alphabet="()'\"=<>+-*/%^, 0123456789.eNOTANDORLIKEINBETWEENgeomfreename", max_size=80),
    ),
    st.sampled_from(["cql2-text", "cql-text", "cql2-json"]),
)
def test_no_filter_brings_the_service_down(public, text, language):
    answer = public.get(TOILET_ITEMS, params={"filter": text, "filter-lang": language, "limit": 1})
    assert answer.status_code in {200, 400}


def test_hostile_numbers_are_answered_by_the_database_or_refused(public):
    for text in (
        "rooms ^ 400 > 1",
        "rooms * 1e308 * 1e308 > 1",
        "rooms / 0 > 1",
        "rooms % 0 = 1",
        "0 ^ (0 - rooms) > 1",
    ):
        answer = public.get(TOILET_ITEMS, params={"filter": text, "limit": 1})
        assert answer.status_code in {200, 400}, answer.text


def test_what_the_client_has_already_is_not_sent_again(public):
    first = public.get(TOILET_ITEMS, params={"limit": 3})
    assert first.headers["cache-control"] == "public, max-age=60"
    again = public.get(TOILET_ITEMS, params={"limit": 3}, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = public.get(TOILET_ITEMS, params={"limit": 4}, headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


def test_a_feature_is_what_was_stored_with_yes_no_nothing_and_chinese(public):
    feature = public.get(f"{TOILET_ITEMS}/t0011").json()
    properties = feature["properties"]
    assert (feature["id"], properties["name"], properties["rooms"], properties["free"]) == (
        "t0011",
        "公厕 11",
        4,
        False,
    )
    assert properties["built_on"] == "2011-01-01"
    assert public.get(f"{TOILET_ITEMS}/t0010").json()["properties"]["name"] is None
    assert "note" not in properties
    assert public.get(f"{TOILET_ITEMS}/t9999").status_code == 404
    assert public.get(f"{TOILET_ITEMS}/x%00y").status_code in {400, 404}


def test_the_next_link_keeps_what_was_asked(public):
    page = found(public, filter="free = true", limit=5, crs=f"{EPSG}3857")
    kept = parse_qs(urlsplit(next_link(page)).query)
    assert kept == {"filter": ["free = true"], "limit": ["5"], "crs": [f"{EPSG}3857"], "after": kept["after"]}
    following = public.get(next_link(page)).json()
    assert ids(following) == [f"t{n:04d}" for n in range(10, 20, 2)]
