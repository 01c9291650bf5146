"""Lists come by the page, whole and without repeats, and end where the caller's regions end."""

import geopandas as gpd
import pytest
import shapely

from gis.db import transaction
from gis.frames import write_frame
from gis.tables import Household, Toilet

VISIT = {
    "place_layer": "toilets", "visited_on": "2026-03-01",
    "readings": [{"element": "door", "attribute": "clear_width", "value": 600, "unit": "mm"}],
}  # fmt: skip


@pytest.fixture
def doors(doors):
    """Six toilets in Ganzhou, one a hundredth of a degree east of the other, one in Gaotai, one home."""
    regions = ["620702101"] * 6 + ["620724100"]
    toilets = gpd.GeoDataFrame(
        {"uid": [f"t{i}" for i in range(7)], "region_code": regions},
        geometry=[shapely.Point(100.40 + i / 100, 38.9) for i in range(7)], crs=4326,
    )  # fmt: skip
    with transaction(doors.engine) as session:
        write_frame(session, Toilet, toilets)
        write_frame(session, Household, toilets.iloc[:1].assign(uid="h1"))
    return doors


def uids(answer, name="uid"):
    assert answer.status_code == 200, answer.text
    return [item[name] for item in answer.json()["items"]]


def test_pages_follow_one_another_without_gap_or_repeat(doors):
    client, address, found = doors.client("inspector"), "/api/v1/places/toilets?limit=4", []
    while address:
        answer = client.get(address)
        found.append(uids(answer))
        address = answer.json()["next"]
    assert found == [["t0", "t1", "t2", "t3"], ["t4", "t5"]]


def test_a_list_ends_where_the_regions_of_the_caller_end(doors):
    assert uids(doors.client("inspector_elsewhere").get("/api/v1/places/toilets")) == ["t6"]
    assert len(uids(doors.client("reviewer").get("/api/v1/places/toilets"))) == 7
    assert uids(doors.client("housing").get("/api/v1/places/households")) == ["h1"]
    assert doors.client("inspector").get("/api/v1/places/households").status_code == 403
    other = doors.client("inspector").get("/api/v1/places/toilets?region_code=620724100")
    assert uids(other) == []


def test_a_box_holds_what_lies_in_it_and_a_bad_one_is_refused(doors):
    client = doors.client("reviewer")
    assert uids(client.get("/api/v1/places/toilets?bbox=100.415,38.8,100.435,39")) == ["t2", "t3"]
    for box in ("nan,nan,nan,nan", "1,2,3", "101,38,100,39", "0,0,1e999,1", "-181,0,0,1", "a", "1,2,3,4,5"):
        answer = client.get("/api/v1/places/toilets", params={"bbox": box})
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), box


def test_an_unchanged_page_is_not_sent_again(doors):
    client = doors.client("inspector")
    first = client.get("/api/v1/places/toilets")
    again = client.get("/api/v1/places/toilets", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_visits_and_findings_are_listed_by_the_place_they_speak_of(doors):
    ganzhou, gaotai = doors.client("inspector"), doors.client("inspector_elsewhere")
    for number, (client, place) in enumerate(((ganzhou, "t0"), (ganzhou, "t1"), (gaotai, "t6"))):
        uid = f"0d1c2b3a-0000-4000-8000-00000000000{number}"
        assert client.put(f"/api/v1/visits/{uid}", json=VISIT | {"place_uid": place}).status_code == 201
    for name in ("visits", "findings"):
        assert set(uids(ganzhou.get(f"/api/v1/{name}"), "place_uid")) == {"t0", "t1"}
        assert set(uids(gaotai.get(f"/api/v1/{name}"), "place_uid")) == {"t6"}
        assert set(uids(ganzhou.get(f"/api/v1/{name}?place_uid=t1"), "place_uid")) == {"t1"}
    assert uids(ganzhou.get("/api/v1/findings?state=closed")) == []
    assert ganzhou.get("/api/v1/findings?colour=red").status_code == 400
    assert uids(doors.client("contractor").get("/api/v1/cases")) == []
