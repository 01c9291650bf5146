"""Homes and inspections are for the roles that work with them, in their regions; to others they do not exist."""

import pytest

from tests.api.ogc.conftest import HOMES
from tests.api.people import KINDS

OFFICE = ("households", "visits")
SEES_HOMES = {"clerk", "housing", "planner", "auditor", "admin"}


def paths(name):
    here = f"/ogc/collections/{name}"
    return [
        here,
        f"{here}/queryables",
        f"{here}/items",
        f"{here}/items/h00000",
        f"{here}/tiles",
        f"{here}/tiles/WebMercatorQuad",
        f"{here}/download?f=csv",
        *(f"{here}/tiles/WebMercatorQuad/{zoom}/0/0" for zoom in range(23)),
    ]


@pytest.mark.parametrize("kind", [None, "contractor", "inspector", "reviewer", "expired", "revoked"])
def test_homes_do_not_exist_for_others_at_any_zoom_or_by_any_path(doors, kind):
    with doors.client(kind) as client:
        absent = client.get("/ogc/collections/no-such-thing").json()
        for path in paths("households"):
            answer = client.get(path)
            assert answer.status_code == 404, path
            # The very same words as for what is not there.
            assert {**answer.json(), "instance": ""} == {**absent, "instance": ""}
        listed = {one["id"] for one in client.get("/ogc/collections").json()["collections"]}
        assert "households" not in listed
        assert "households" not in client.get("/ogc/api").text


def test_the_public_sees_the_four_public_collections(public):
    listed = [one["id"] for one in public.get("/ogc/collections").json()["collections"]]
    assert listed == ["toilets", "facilities", "roads", "regions"]


@pytest.mark.parametrize(
    ("kind", "share"),
    # Two thirds of the homes are in the west (620702101001), one third in the east (620724009001).
    [("clerk", 2 / 3), ("housing", 2 / 3), ("planner", 1), ("auditor", 1), ("admin", 1)],
)
def test_an_office_sees_the_homes_of_its_own_regions(doors, kind, share):
    with doors.client(kind) as client:
        answer = client.get("/ogc/collections/households/items", params={"limit": 1})
        assert answer.json()["numberMatched"] == pytest.approx(HOMES * share, rel=0.02)
        assert answer.headers["cache-control"] == "private, no-store"
        # h00000 and every third home are in the east.
        eastern = client.get("/ogc/collections/households/items/h00003").status_code
        assert eastern == (200 if share == 1 else 404)
        assert client.get("/ogc/collections/households/items/h00001").status_code == 200
        rows = client.get("/ogc/collections/households/download?f=csv").text.count("\nh")
        assert rows == round(HOMES * share)


def test_a_filter_reaches_no_home_of_another_region(doors):
    with doors.client("clerk") as clerk:
        for asked in ("region_code LIKE '620724%'", "region_code LIKE '620724%' OR TRUE", "uid = 'h00003'"):
            page = clerk.get(
                "/ogc/collections/households/items", params={"filter": asked, "limit": 10_000}
            ).json()
            regions = {feature["properties"]["region_code"] for feature in page["features"]}
            assert regions <= {"620702101001"}


def test_a_tile_shows_a_clerk_the_homes_of_the_own_region_only(doors):
    path = "/ogc/collections/households/tiles/WebMercatorQuad/12/1566/3190"
    sizes = {}
    for kind in ("clerk", "planner"):
        with doors.client(kind) as client:
            answer = client.get(path)
            assert answer.headers["cache-control"] == "private, no-store"
            sizes[kind] = answer.content
    assert b"620702101001" in sizes["clerk"]
    assert b"620724009001" not in sizes["clerk"]
    assert b"620724009001" in sizes["planner"]


def test_tiles_of_homes_begin_where_a_tile_is_a_village(doors):
    with doors.client("planner") as planner:
        assert planner.get("/ogc/collections/households/tiles/WebMercatorQuad/11/784/1595").status_code == 404


def test_who_sees_homes_is_who_works_with_them():
    from api.ogc.collections import registry

    assert registry()["households"].roles == SEES_HOMES
    assert {role for role, _ in KINDS.values()} > SEES_HOMES
    assert all(registry()[name].roles for name in OFFICE)


def test_taking_homes_as_a_file_is_written_into_the_trail(doors):
    from audits.trail_store import Sought, deeds
    from gis.db import transaction

    with doors.client("auditor") as auditor:
        assert auditor.get("/ogc/collections/households/download?f=csv&filter=storey=1").status_code == 200
        auditor.get("/ogc/collections/toilets/download?f=csv")
    with transaction(doors.engine, read_only=True) as session:
        (_, deed), *others = deeds(session, Sought(kind="exported", by="auditor"), 10)
    assert (deed.subject, deed.facts) == (
        "layer:households",
        {"format": "csv", "rows": HOMES // 6, "narrowed": True},
    )
    assert all(other.subject == "layer:households" for _, other in others)


def test_no_public_byte_holds_a_remark_or_a_phone_of_a_person(public):
    # Every toilet carries a remark with a mobile number.
    for path in (
        "/ogc/collections/toilets/items?limit=10000",
        "/ogc/collections/toilets/download?f=csv",
        "/ogc/collections/toilets/tiles/WebMercatorQuad/6/24/49",
    ):
        assert b"13800000000" not in public.get(path).content
