"""Programs that others wrote read, filter and page the service: GDAL's driver through pyogrio, and OWSLib.

GDAL runs in a process of its own: it holds Python still while it waits for the service of this process.
"""

import json
import subprocess
import sys

import pytest
from owslib.ogcapi.features import Features

from tests.api.ogc.conftest import TOILETS

SIZES = {"toilets": TOILETS, "facilities": 4, "roads": 18, "regions": 8}
SCRIPT = """
import json, sys, pyogrio
address, asked = json.loads(sys.argv[1])
asked |= {"bbox": tuple(asked["bbox"])} if "bbox" in asked else {}
if not asked:
    print(json.dumps([name for name, _ in pyogrio.list_layers(address)]))
else:
    rows = pyogrio.read_dataframe(address, **asked)
    x, y = rows.geometry.iloc[0].representative_point().coords[0] if len(rows) else (None, None)
    print(json.dumps({"uid": list(rows["uid"]), "first": [x, y], "epsg": rows.crs.to_epsg()}))
"""


def gdal(served, **asked):
    """What GDAL reads of a layer, or the names of the layers."""
    told = json.dumps([f"OAPIF:{served.url}", asked])
    command = [sys.executable, "-c", SCRIPT, told]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_gdal_lists_and_reads_every_public_collection_through_its_pages(served):
    assert gdal(served) == list(SIZES)
    for name, size in SIZES.items():
        features = gdal(served, layer=name, PAGE_SIZE="500")
        assert len(features["uid"]) == len(set(features["uid"])) == size
    pages = [asked for asked in served.asked("/ogc/collections/toilets/items") if "after" in asked]
    assert len(pages) >= TOILETS // 500 - 1


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ("rooms = 3", [n for n in range(TOILETS) if n % 7 == 3]),
        ("rooms > 4 AND wheelchair = 'yes'", [n for n in range(TOILETS) if n % 7 > 4 and n % 4 == 0]),
        ("name LIKE '公厕 1__'", [n for n in range(100, 200) if n % 10]),
        ("name ILIKE '公厕 1__'", [n for n in range(100, 200) if n % 10]),
        ("NOT (rooms <> 3) OR name IS NULL", [n for n in range(TOILETS) if n % 7 == 3 or n % 10 == 0]),
        ("rooms BETWEEN 2 AND 3", [n for n in range(TOILETS) if n % 7 in (2, 3)]),
    ],
)
def test_gdal_lets_the_server_filter(served, where, wanted):
    features = gdal(served, layer="toilets", where=where)
    assert sorted(features["uid"]) == [f"t{n:04d}" for n in wanted]
    filtered = [asked for asked in served.asked("/ogc/collections/toilets/items") if "filter" in asked]
    assert filtered
    assert all(asked["filter-lang"] == "cql-text" for asked in filtered)


def test_gdal_lets_the_server_look_into_a_box(served):
    features = gdal(served, layer="toilets", bbox=(100, 38, 100.02, 38.03))
    assert len(features["uid"]) == 12
    assert any("bbox" in asked for asked in served.asked("/ogc/collections/toilets/items"))


def test_gdal_reads_another_system(served):
    features = gdal(served, layer="toilets", CRS="EPSG:4490", max_features=3)
    assert features == {"uid": ["t0000", "t0001", "t0002"], "first": [100, 38], "epsg": 4490}
    assert any(
        asked.get("crs", "").endswith("/4490") for asked in served.asked("/ogc/collections/toilets/items")
    )


def test_owslib_finds_collections_queryables_and_items(served):
    api = Features(f"{served.url}/")
    assert set(api.feature_collections()) == set(SIZES)
    assert "rooms" in api.collection_queryables("toilets")["properties"]
    page = api.collection_items("toilets", limit=5, bbox=[100, 38, 100.02, 38.03], rooms="3")
    assert page["numberMatched"] == len(
        [n for c in range(3) for n in range(c * 50, c * 50 + 4) if n % 7 == 3]
    )
    assert api.collection_item("toilets", "t0007")["properties"]["name"] == "公厕 7"
    filtered = api.collection_items("toilets", filter="rooms = 3 AND free = true", limit=1)
    assert filtered["numberMatched"] == len([n for n in range(TOILETS) if n % 7 == 3 and n % 2 == 0])
