"""OpenSidewalks: the official verdicts, an export that validates, and a graph that stays whole."""

import json
import zipfile

import geopandas as gpd
import pytest
from shapely import LineString, Point

from audits.exchange import read, write
from audits.exchange.osw import write_osw
from audits.exchange.oswcheck import integrity, validate
from audits.exchange.oswread import read_collections, read_osw
from gis.errors import FileFormatError, FileTooLargeError, SchemaError
from gis.osm import read_roads
from gis.schema import ROADS


def roads(*rows):
    """Return roads from (uid, class, line, further columns)."""
    columns = {column.name: None for column in ROADS.columns}
    return gpd.GeoDataFrame(
        [{**columns, "uid": uid, "road_class": kind, **more} for uid, kind, _, more in rows],
        geometry=[LineString(line) for _, _, line, _ in rows],
        crs=4326,
    )


# A footway, a crossing with lowered kerbs, a footway: three edges, four nodes.
STREET = roads(
    ("a", "footway", [(100.0, 38.0), (100.001, 38.0)], {"width_m": 1.5, "surface": "asphalt", "name": "南街"}),
    ("b", "crossing", [(100.001, 38.0), (100.0012, 38.0)], {"kerb": "lowered", "kerb_height_mm": 20.0, "tactile_paving": "yes"}),
    ("c", "footway", [(100.0012, 38.0), (100.002, 38.0)], {"incline_ratio": -0.05, "surface": "sett", "wheelchair": "limited"}),
)  # fmt: skip


@pytest.fixture(scope="module")
def schema(shared):
    return shared / "data/audits/osw/opensidewalks.schema-0.2.json"


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "valid", "why"),
    [
        ("UW.zones.valid", True, ""),
        ("minimal", True, ""),
        ("UW.zones.invalid", False, "there is no node 6970351777 (_w_id)"),
        ("edge_u_id_coord_mismatch", False, "does not begin or end at node n1 (_u_id)"),
    ],
)
def test_a_sample_gets_the_verdict_of_the_official_validator(name, valid, why, shared, schema):
    verdict = validate(shared / f"data/audits/osw/{name}.zip", schema)
    assert verdict.valid == valid
    assert any(why in complaint for complaint in verdict.complaints) or valid


@pytest.mark.realdata
def test_our_export_validates_and_comes_back_as_it_was(schema, tmp_path):
    told = write("roads", STREET, tmp_path / "street.osw.zip")
    assert told.carried == 3
    assert {one.what: one.why for one in told.uncarried} == {
        "kerb_height_mm": "no-place", "surface": "value-unsupported", "wheelchair": "no-place",
    }  # fmt: skip
    assert validate(tmp_path / "street.osw.zip", schema).complaints == ()
    back, lost = read_osw(tmp_path / "street.osw.zip")
    assert lost.complete
    for name in (
        "uid",
        "road_class",
        "width_m",
        "surface",
        "kerb",
        "kerb_height_mm",
        "incline_ratio",
        "wheelchair",
        "tactile_paving",
    ):
        assert list(back[name].dropna()) == list(STREET[name].dropna()), name
    assert back.geometry.geom_equals(STREET.set_index(back.index).geometry).all()


@pytest.mark.realdata
def test_the_streets_of_a_town_validate_and_come_back(shared, schema, tmp_path):
    town = read_roads(shared / "data/osm/its-example.osm.pbf")
    told = write("roads", town, tmp_path / "town.osw.zip")
    left_out = sum(one.count for one in told.uncarried if one.why == "class-unsupported")
    assert told.carried == len(town) - left_out
    assert validate(tmp_path / "town.osw.zip", schema).valid
    back, _ = read(tmp_path / "town.osw.zip", "roads")
    ours = town.set_index("uid").loc[back["uid"]]
    for name in ("road_class", "surface", "width_m", "incline_ratio", "smoothness", "wheelchair", "oneway"):
        same = (ours[name].to_numpy() == back[name].to_numpy()) | (
            ours[name].isna() & back[name].isna().to_numpy()
        )
        assert same.all(), name


def test_what_the_schema_has_no_field_for_stands_in_ext_fields(tmp_path):
    write_osw(STREET, tmp_path / "street.osw.zip")
    found = read_collections(tmp_path / "street.osw.zip")
    first, crossing, last = (feature["properties"] for feature in found["edges"]["features"])
    assert first == {
        "_id": "a",
        "_u_id": "n1",
        "_v_id": "n2",
        "highway": "footway",
        "name": "南街",
        "surface": "asphalt",
        "width": 1.5,
    }
    assert crossing["footway"] == "crossing"
    assert last["ext:surface"] == "sett"
    kerbs = [
        feature["properties"] for feature in found["nodes"]["features"] if "kerb" in feature["properties"]
    ]
    assert [(kerb["barrier"], kerb["kerb"], kerb["tactile_paving"]) for kerb in kerbs] == [
        ("kerb", "lowered", "yes")
    ] * 2


def test_the_same_layer_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_osw(STREET, tmp_path / name / "street.osw.zip")
    assert (tmp_path / "one/street.osw.zip").read_bytes() == (tmp_path / "two/street.osw.zip").read_bytes()


def test_classes_that_the_format_does_not_know_are_left_out_and_counted(tmp_path):
    tracks = roads(
        ("t", "track", [(100, 38), (100.1, 38)], {}), ("f", "footway", [(100, 38), (100, 38.1)], {})
    )
    told = write_osw(tracks, tmp_path / "x.osw.zip")
    assert told.carried == 1
    assert [(one.what, one.count) for one in told.uncarried] == [("road_class track", 1)]


def collections(*, nodes=(), edges=(), zones=()):
    return {
        kind: {"features": [{"type": "Feature", "geometry": {"type": shape, "coordinates": place}, "properties": said} for place, said in rows]}
        for kind, shape, rows in (("nodes", "Point", nodes), ("edges", "LineString", edges), ("zones", "Polygon", zones))
    }  # fmt: skip


NODES = [([0.0, 0.0], {"_id": "n1"}), ([1.0, 1.0], {"_id": "n2"})]


def test_ends_ids_and_corners_must_agree():
    line = [[0.0, 0.0], [1.0, 1.0]]
    assert (
        integrity(collections(nodes=NODES, edges=[(line, {"_id": "e", "_u_id": "n1", "_v_id": "n2"})])) == []
    )
    turned = integrity(collections(nodes=NODES, edges=[(line, {"_id": "e", "_u_id": "n2", "_v_id": "n1"})]))
    assert [kind for kind, _ in turned] == ["position", "position"]
    astray = integrity(collections(nodes=NODES, edges=[(line, {"_id": "e", "_u_id": "n1", "_v_id": "n9"})]))
    assert [kind for kind, _ in astray] == ["end"]
    assert [kind for kind, _ in integrity(collections(nodes=[NODES[0], NODES[0]]))] == ["id"]
    ring = [[[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]]
    zone = integrity(collections(nodes=NODES, zones=[(ring, {"_id": "z", "_w_id": ["n1", "n2", "n3"]})]))
    assert zone == [("corner", "zone z: there is no node n3 (_w_id)")]


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {},
        {"type": "LineString", "coordinates": "x"},
        {"type": "LineString", "coordinates": [[1]]},
        {"type": "LineString", "coordinates": [["a", "b"], [1, 2]]},
    ],
)
def test_a_geometry_that_is_none_is_a_complaint_and_no_crash(geometry, tmp_path):
    feature = {"type": "Feature", "geometry": geometry, "properties": {"_id": "e", "highway": "footway"}}
    assert integrity({"edges": {"features": [feature]}})
    path = tmp_path / "x.osw.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.edges.geojson", json.dumps({"type": "FeatureCollection", "features": [feature]}))
    rows, told = read_osw(path)
    assert rows.empty
    assert told.uncarried[0].why == "no-position"


def test_hostile_archives_are_refused(tmp_path):
    def packed(name, **files):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in files.items():
                archive.writestr(entry.replace("_", "."), content)
        return tmp_path / name

    with pytest.raises(FileTooLargeError):
        read_collections(packed("bomb.zip", x_nodes_geojson=b" " * 50_000_000))
    with pytest.raises(FileTooLargeError):
        read_collections(packed("deep.zip", x_nodes_geojson=b"[" * 100_000))
    with pytest.raises(FileFormatError, match="twice"):
        read_collections(
            packed("two.zip", x_nodes_geojson=b'{"features":[]}', y_nodes_geojson=b'{"features":[]}')
        )
    with pytest.raises(FileFormatError, match="no OpenSidewalks"):
        read_collections(packed("none.zip", readme_txt=b"hello"))
    with pytest.raises(FileFormatError, match="no edges"):
        read_osw(packed("nodes.zip", x_nodes_geojson=b'{"features":[]}'))


def test_only_roads_become_opensidewalks(tmp_path):
    toilets = gpd.GeoDataFrame({"uid": ["t"]}, geometry=[Point(100, 38)], crs=4326)
    with pytest.raises(FileFormatError, match="roads"):
        write("toilets", toilets, tmp_path / "x.osw.zip")
    with pytest.raises(SchemaError):
        write_osw(toilets, tmp_path / "x.osw.zip")
    with pytest.raises(FileFormatError, match="known"):
        write("roads", STREET, tmp_path / "x.doc")
