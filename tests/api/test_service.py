"""The service shows rendered maps and public toilets, and refuses with problem documents."""

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.errors import STATUSES, status_of
from api.settings import Settings
from gis import errors

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture
def client(built):
    with TestClient(create_app(Settings(database_url=built.url, maps=built.folder))) as client:
        yield client


def test_the_list_of_maps_links_every_rendered_map_and_each_opens(client):
    page = client.get("/maps").text
    for name in ("toilets", "coverage", "renovations"):
        for lang in ("zh", "en"):
            assert f'href="/maps/{name}.{lang}.html"' in page
            assert client.get(f"/maps/{name}.{lang}.html").headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "name", ["absent.html", "tantu.key", "..%2ftantu.key", "%2e%2e/tantu.key", "city.sqlite"]
)
def test_nothing_but_a_map_is_served_from_the_folder(client, name):
    answer = client.get(f"/maps/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_the_service_answers_for_its_database(client):
    assert client.get("/health").text == "ok"


def test_every_answer_forbids_foreign_scripts_and_frames(client):
    for path in ("/", "/api/v1/toilets", "/maps/absent.html"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy


def test_a_database_of_another_revision_is_not_served(empty_url):
    with pytest.raises(errors.RevisionError, match="tantu init"):
        create_app(Settings(database_url=empty_url))


def test_every_refusal_has_a_status_and_a_subclass_never_hides_behind_its_parent():
    order = [kind for kind, _ in STATUSES]
    for place, kind in enumerate(order):
        assert not any(issubclass(kind, earlier) for earlier in order[:place])
    assert status_of(errors.FileTooLargeError("a.csv", "the size", 2, 1)) == 413
    assert status_of(errors.DatumError("a.csv")) == 400
    assert status_of(errors.NotFoundError("map", "x")) == 404
    assert status_of(errors.ConflictError("x")) == 409
    assert status_of(errors.EmptyLayerError("roads")) == 422
