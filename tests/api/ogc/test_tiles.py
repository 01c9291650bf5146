"""Tiles show the same from both databases, and a map library finds its way to them."""

import math

import pyogrio
import pytest

from tests.api.ogc.conftest import TOILETS
from tests.maps.test_tiles import read

GRID = "/ogc/collections/{}/tiles/WebMercatorQuad"


def tile_at(lon, lat, zoom):
    n = 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * n), int(y * n)


def fetched(public, name, lon, lat, zoom):
    x, y = tile_at(lon, lat, zoom)
    return public.get(f"{GRID.format(name)}/{zoom}/{y}/{x}"), x, y


def test_a_tile_holds_the_toilets_that_lie_in_it(public):
    zoom = 10
    answer, x, y = fetched(public, "toilets", 100.2, 38.2, zoom)
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    name, features = read(answer.content)
    assert name == "toilets"
    # 64 of 4,096 are the buffer.
    inside = set()
    for n in range(TOILETS):
        lon, lat = 100 + n // 50 * 0.01, 38 + n % 50 * 0.01
        px = ((lon + 180) / 360 * 2**zoom - x) * 4096
        py = ((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom - y) * 4096
        if -63 <= px <= 4159 and -63 <= py <= 4159:
            inside.add(f"t{n:04d}")
    told = {tags["uid"]: (tags, places) for _, tags, _, places in features}
    assert set(told) >= inside
    assert len(told) - len(inside) < 50  # those on the very edge of the buffer
    tags, ((place,),) = told["t1011"]
    assert place == pytest.approx(
        (
            ((100.2 + 180) / 360 * 2**zoom - x) * 4096,
            ((1 - math.asinh(math.tan(math.radians(38.11))) / math.pi) / 2 * 2**zoom - y) * 4096,
        ),
        abs=1,
    )
    assert tags == {"uid": "t1011", "name": "公厕 1011", "wheelchair": "no"}


def middle(public, name):
    west, south, east, north = public.get(f"/ogc/collections/{name}").json()["extent"]["spatial"]["bbox"][0]
    return (west + east) / 2, (south + north) / 2


@pytest.mark.parametrize(("name", "zoom"), [("roads", 13), ("regions", 12), ("toilets", 10)])
def test_gdal_reads_a_saved_tile_in_its_place(public, tmp_path, name, zoom):
    lon, lat = middle(public, name)
    answer, x, y = fetched(public, name, lon, lat, zoom)
    path = tmp_path / str(zoom) / str(x) / f"{y}.pbf"
    path.parent.mkdir(parents=True)
    path.write_bytes(answer.content)
    features = pyogrio.read_dataframe(f"MVT:{path}")
    assert len(features)
    assert features.geometry.is_valid.all()
    west, south, east, north = features.to_crs(4326).total_bounds
    assert west - 0.01 < lon < east + 0.01
    assert south - 0.01 < lat < north + 0.01


def test_a_tile_with_nothing_in_it_has_no_content(public):
    assert fetched(public, "toilets", 10, 10, 8)[0].status_code == 204


@pytest.mark.parametrize("place", ["23/0/0", "3/8/0", "3/0/8", "9999999999/0/0", "4/0/0"], ids=str)
def test_a_tile_that_does_not_exist_is_not_found(public, place):
    # Roads have tiles from zoom 5.
    assert public.get(f"{GRID.format('roads')}/{place}").status_code == 404
    assert public.get("/ogc/collections/toilets/tiles/Other/3/0/0").status_code == 404


@pytest.mark.parametrize("place", ["a/0/0", "3/0/1.5", "3/-1/x", "99999999999999999999/0/0"])
def test_a_tile_of_no_number_is_refused(public, place):
    assert public.get(f"{GRID.format('roads')}/{place}").status_code == 400


def test_tilejson_leads_a_map_library_to_the_tiles(public):
    told = public.get(f"{GRID.format('toilets')}?f=tilejson").json()
    x, y = tile_at(100.2, 38.2, 10)
    address = told["tiles"][0].format(z=10, x=x, y=y)
    assert public.get(address).status_code == 200
    assert told["vector_layers"][0]["id"] == "toilets"
    assert set(told["vector_layers"][0]["fields"]) >= {"uid", "name", "wheelchair"}
    assert told["bounds"] == [100.0, 38.0, 100.49, 38.49]


def test_the_template_of_a_tileset_leads_to_the_tiles(public):
    links = public.get(GRID.format("toilets")).json()["links"]
    template = next(link for link in links if link.get("templated"))
    x, y = tile_at(100.2, 38.2, 10)
    assert public.get(template["href"].format(tileMatrix=10, tileRow=y, tileCol=x)).status_code == 200


def test_roads_thin_out_by_zoom_alone(public):
    # In the drawn town three streets are secondary, the others residential or less.
    lon, lat = middle(public, "roads")
    shown = {}
    for zoom in (9, 10, 14):
        answer = fetched(public, "roads", lon, lat, zoom)[0]
        shown[zoom] = {tags["uid"] for _, tags, _, _ in read(answer.content)[1]} if answer.content else set()
    assert shown[9] == set()
    assert shown[10] == {"EF", "FG", "GH"}
    assert shown[14] > shown[10]
