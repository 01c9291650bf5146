"""OpenStreetMap: what a tag says in our units, where ways are cut, and what real extracts hold."""

import osmium
import pytest
import shapely

from gis.crs import check_lonlat
from gis.errors import FileFormatError, NotFoundError
from gis.osm import read_facilities, read_roads, read_toilets
from gis.osmtags import facility_row, merged_kerb, merged_tactile, road_class, road_row, toilet_row
from gis.osmvalues import day, kmh, metres, millimetres, persons, slope_ratio, truth
from gis.schema import LAYERS

# A street with a footway that crosses it at node 3; kerbs at 2 and 4, a lift at 6; an area and a lone node.
DRAWN = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lon="100.0" lat="39.000"/>
<node id="2" lon="100.0" lat="39.001"><tag k="kerb" v="lowered"/><tag k="kerb:height" v="0.02"/></node>
<node id="3" lon="100.0" lat="39.002"><tag k="highway" v="crossing"/><tag k="tactile_paving" v="yes"/></node>
<node id="4" lon="100.0" lat="39.003"><tag k="barrier" v="kerb"/><tag k="kerb" v="raised"/></node>
<node id="5" lon="100.0" lat="39.004"/>
<node id="6" lon="99.99" lat="39.002"><tag k="highway" v="elevator"/></node>
<node id="7" lon="100.01" lat="39.002"><tag k="highway" v="crossing"/><tag k="tactile_paving" v="no"/></node>
<node id="8" lon="100.02" lat="39.002"/>
<node id="9" lon="100.03" lat="39.000"><tag k="amenity" v="toilets"/><tag k="wheelchair" v="yes"/><tag k="fee" v="no"/><tag k="access" v="customers"/></node>
<node id="11" lon="100.1" lat="39.0"/><node id="12" lon="100.2" lat="39.0"/><node id="13" lon="100.2" lat="39.1"/><node id="14" lon="100.1" lat="39.1"/>
<way id="21"><nd ref="1"/><nd ref="2"/><tag k="highway" v="footway"/></way>
<way id="22"><nd ref="2"/><nd ref="3"/><nd ref="4"/><tag k="highway" v="footway"/><tag k="footway" v="crossing"/></way>
<way id="23"><nd ref="4"/><nd ref="5"/><tag k="highway" v="footway"/><tag k="width" v="1.2 m"/></way>
<way id="24"><nd ref="6"/><nd ref="3"/><nd ref="7"/><nd ref="8"/><tag k="highway" v="residential"/><tag k="maxspeed" v="CN:urban"/><tag k="name" v="{{7*7}}街"/></way>
<way id="25"><nd ref="8"/><nd ref="99"/><tag k="highway" v="service"/></way>
<way id="26"><nd ref="1"/><nd ref="5"/><tag k="highway" v="proposed"/></way>
<way id="31"><nd ref="11"/><nd ref="12"/><nd ref="13"/><nd ref="14"/><nd ref="11"/><tag k="amenity" v="hospital"/><tag k="name" v="县医院"/><tag k="beds" v="120"/></way>
<way id="32"><nd ref="11"/><nd ref="12"/><nd ref="13"/><nd ref="11"/><tag k="disused:amenity" v="toilets"/></way>
</osm>"""


@pytest.fixture
def drawn(tmp_path):
    path = tmp_path / "drawn.osm"
    path.write_text(DRAWN, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("written", "ratio"),
    [("5%", 0.05), ("-3.5 %", -0.035), ("45°", 1), ("1:12", 0.083333), ("-1:20", -0.05), ("6％", 0.06)]
    + [(written, None) for written in ("up", "down", "5", "0.05", "steep", "5-8%", "1:0", "")],
)
def test_an_incline_is_a_ratio_or_nothing(written, ratio):
    assert slope_ratio(written) == ratio


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("1.5", 1.5),
        ("1.5 m", 1.5),
        ("150cm", 1.5),
        ("2'6\"", 0.762),
        ("5 ft", 1.524),
        ('30"', 0.762),
        ("6'", 1.8288),
    ]
    + [(written, None) for written in ("narrow", "1.5-2", "~2", "1,5", "2;3", "")],
)
def test_a_width_is_metres_or_nothing(written, length):
    assert metres(written) == length


@pytest.mark.parametrize(
    ("written", "speed"),
    [("50", 50), ("50 mph", 80.467), ("30 km/h", 30), ("10 knots", 18.52)]
    + [(written, None) for written in ("CN:urban", "walk", "none", "50;30", "signals", "")],
)
def test_a_speed_is_kilometres_an_hour_or_nothing(written, speed):
    assert kmh(written) == speed


def test_other_values_are_read_as_the_wiki_documents_them():
    assert [millimetres(value) for value in ("0.03", "3 cm", "30 mm", "low")] == [30, 30, 30, None]
    assert [truth(value) for value in ("yes", "designated", "no", "limited", "")] == [
        True,
        True,
        False,
        None,
        None,
    ]
    assert [persons(value) for value in ("40", "40-50", "")] == [40, None, None]
    assert [str(day(value)) for value in ("2020-05-01", "1998", "C19")] == ["2020-05-01", "None", "None"]


def test_what_cannot_be_read_stays_unknown_and_is_kept_word_by_word():
    row = road_row(
        {"highway": "residential", "maxspeed": "CN:urban", "incline": "up", "surface": "asphalt;gravel"}
    )
    assert [row[column] for column in ("maxspeed_kmh", "incline_ratio", "surface")] == [None, None, None]
    assert row["note"] == "maxspeed=CN:urban; incline=up; surface=asphalt;gravel"


def test_what_is_not_tagged_is_neither_yes_nor_no():
    row = road_row({"highway": "footway"})
    assert {value for column, value in row.items() if column != "road_class"} == {None}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "footway", "footway": "crossing"}, "crossing"),
        ({"highway": "footway", "footway": "sidewalk"}, "footway"),
        ({"highway": "steps"}, "steps"),
        ({"highway": "bus_guideway"}, "busway"),
        ({"highway": "proposed", "proposed": "primary"}, None),
        ({"highway": "platform"}, None),
        ({"highway": "国道"}, None),
    ],
)
def test_the_class_of_a_way_follows_its_tags(tags, expected):
    assert road_class(tags) == expected


@pytest.mark.parametrize(
    ("tags", "oneway"),
    [
        ({"oneway": "yes"}, "yes"),
        ({"oneway": "-1"}, "reverse"),
        ({"oneway": "no", "junction": "roundabout"}, "no"),
        ({"junction": "roundabout"}, "yes"),
        ({"oneway": "reversible"}, None),
        ({}, None),
    ],
)
def test_one_way_is_what_is_tagged_or_implied(tags, oneway):
    assert road_row({"highway": "primary", **tags}).get("oneway") == oneway


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"amenity": "hospital", "beds": "120"}, ("medical", "medical", 120)),
        (
            {"amenity": "clinic", "healthcare:speciality": "surgery;rehabilitation"},
            ("medical", "medical;rehabilitation", None),
        ),
        ({"healthcare": "rehabilitation"}, ("rehabilitation", "rehabilitation", None)),
        (
            {
                "amenity": "social_facility",
                "social_facility": "nursing_home",
                "social_facility:for": "senior;disabled",
            },
            ("care", "care", None),
        ),
        (
            {
                "amenity": "social_facility",
                "social_facility": "nursing_home",
                "social_facility:for": "senior",
            },
            ("welfare", None, None),
        ),
        ({"shop": "bakery"}, ("commerce", None, None)),
        ({"amenity": "parking", "capacity": "300"}, ("transport", None, None)),
    ],
)
def test_a_facility_is_classed_by_the_first_rule_that_fits(tags, expected):
    row = facility_row(tags)
    assert (row["facility_class"], row["services"], row.get("capacity")) == expected


@pytest.mark.parametrize("tags", [{"amenity": "bench"}, {"shop": "no"}, {"amenity": "toilets"}, {}])
def test_a_bench_is_no_facility(tags):
    assert facility_row(tags) is None


def test_what_has_ceased_is_kept_with_its_status():
    assert facility_row({"disused:shop": "yes"})["operating_status"] == "idle"
    assert facility_row({"construction:amenity": "clinic"})["operating_status"] == "building"
    assert facility_row({"amenity": "clinic", "operational_status": "closed"})["operating_status"] == "closed"
    assert facility_row({"amenity": "clinic", "disused:shop": "yes"}).get("operating_status") is None


def test_a_toilet_tells_only_what_is_tagged():
    row = toilet_row(
        {"amenity": "toilets", "toilets:wheelchair": "yes", "fee": "yes", "opening_hours": "24/7"}
    )
    assert (row["accessible_room"], row["free"], row["open_24h"]) == (True, False, True)
    assert (row.get("wheelchair"), row.get("step_free"), row.get("alarm")) == (None, None, None)
    unsure = toilet_row({"amenity": "toilets", "toilets:wheelchair": "limited", "changing_table": "yes"})
    assert (unsure["accessible_room"], unsure["changing_table"], unsure["note"]) == (
        None,
        True,
        "toilets:wheelchair=limited",
    )


def test_the_worse_of_two_kerbs_decides_and_the_higher_is_kept():
    assert merged_kerb("lowered", 20.0, {"kerb": "raised"}) == ("raised", 20.0)
    assert merged_kerb("raised", None, {"kerb": "flush", "kerb:height": "0"}) == ("raised", 0.0)
    assert merged_kerb(None, None, {"barrier": "kerb"}) == ("yes", None)
    assert merged_kerb(None, None, {"tactile_paving": "yes"}) == (None, None)


@pytest.mark.parametrize(
    ("edge", "node", "together"),
    [
        (None, "yes", "yes"),
        ("yes", "no", "partial"),
        ("yes", "incorrect", "incorrect"),
        ("no", None, "no"),
        (None, None, None),
    ],
)
def test_two_tactile_pavings_together(edge, node, together):
    assert merged_tactile(edge, {"tactile_paving": node} if node else {}) == together


def test_ways_are_cut_where_they_meet_and_only_there(drawn):
    roads = read_roads(drawn).set_index("uid")
    # Way 25 has one position left in the extract, 26 is only proposed.
    assert roads.index.tolist() == ["w21", "w22/1", "w22/2", "w23", "w24/1", "w24/2"]
    assert roads.geometry["w24/2"].equals(
        shapely.LineString([(100.0, 39.002), (100.01, 39.002), (100.02, 39.002)])
    )
    assert roads.loc["w23", "width_m"] == 1.2
    assert roads.loc["w24/1", "name"] == "{{7*7}}街"


def test_what_stands_at_a_node_is_brought_to_the_crossing_that_passes_it(drawn):
    roads = read_roads(drawn).set_index("uid")
    assert roads["kerb"].dropna().to_dict() == {"w22/1": "lowered", "w22/2": "raised"}
    assert roads["kerb_height_mm"].dropna().to_dict() == {"w22/1": 20.0}
    assert roads["tactile_paving"].dropna().to_dict() == {"w22/1": "yes", "w22/2": "yes"}


def test_a_lift_and_a_crossing_without_a_footway_are_only_noted(drawn):
    notes = read_roads(drawn).set_index("uid")["note"]
    assert notes["w24/1"] == "maxspeed=CN:urban; n6: highway=elevator"
    assert notes["w24/2"] == "maxspeed=CN:urban; n7: highway=crossing tactile_paving=no"


def test_an_area_becomes_a_point_inside_it(drawn):
    facilities = read_facilities(drawn)
    assert facilities[["uid", "name", "facility_class", "capacity"]].values.tolist() == [
        ["w31", "县医院", "medical", 120]
    ]
    assert shapely.box(100.1, 39.0, 100.2, 39.1).contains(facilities.geometry[0])


def test_toilets_are_read_from_nodes_and_areas(drawn):
    toilets = read_toilets(drawn).set_index("uid")
    assert toilets.index.tolist() == ["n9", "w32"]
    assert toilets["operating_status"].tolist() == [None, "idle"]
    assert toilets.loc["n9", "note"] == "access=customers"


@pytest.mark.parametrize(
    ("read", "layer"), [(read_roads, "roads"), (read_facilities, "facilities"), (read_toilets, "toilets")]
)
def test_an_extract_without_anything_gives_an_empty_layer(tmp_path, read, layer):
    path = tmp_path / "empty.osm"
    path.write_text('<osm version="0.6"></osm>')
    frame = read(path)
    check_lonlat(frame)
    assert frame.empty
    assert list(frame.columns) == [*LAYERS[layer].names, "geometry"]


@pytest.mark.parametrize("content", [b"not a map", b"", b'<osm version="0.6"><node id="1" lon="1'])
def test_a_broken_extract_is_refused_by_name(tmp_path, content):
    path = tmp_path / "broken.osm"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"broken\.osm"):
        read_roads(path)


def test_a_missing_extract_is_said_to_be_missing(tmp_path):
    with pytest.raises(NotFoundError, match=r"nowhere\.pbf"):
        read_toilets(tmp_path / "nowhere.pbf")


def objects_with(path, key, value=None):
    """Nodes and ways of an extract that bear a tag, by letter and number."""
    processor = osmium.FileProcessor(str(path)).with_filter(osmium.filter.KeyFilter(key))
    return {
        ("n" if thing.is_node() else "w" if thing.is_way() else "r") + str(thing.id): dict(thing.tags)
        for thing in processor
        if value in (None, thing.tags[key])
    }


@pytest.mark.realdata
def test_monaco_keeps_its_kerbs_tactile_pavings_lifts_and_toilets(shared):
    path = shared / "data/osm/monaco-latest.osm.pbf"
    roads, toilets = read_roads(path), read_toilets(path)
    kerbs, lifts = objects_with(path, "kerb"), objects_with(path, "highway", "elevator")
    pavings, wanted = objects_with(path, "tactile_paving"), objects_with(path, "amenity", "toilets")
    # SOURCES.md counts objects: 22 kerbs (nodes), 40 tactile pavings (39 nodes, 1 way), 45 lifts (nodes),
    # 31 toilets (29 nodes, 2 areas).
    assert (len(kerbs), len(pavings), len(lifts), len(wanted)) == (22, 40, 45, 31)
    assert sorted(toilets["uid"]) == sorted(wanted)
    # An edge has several kerbs or a kerb several edges, so edges are counted apart from objects.
    assert roads["kerb"].value_counts().to_dict() == {"lowered": 20, "flush": 6}
    assert roads["tactile_paving"].value_counts().to_dict() == {"yes": 32, "no": 5}
    notes = ";".join(roads["note"].dropna())
    assert all(f"{lift}: highway=elevator" in notes for lift in lifts)


@pytest.mark.realdata
def test_every_kerb_of_monaco_reaches_an_edge_or_its_note(shared):
    path = shared / "data/osm/monaco-latest.osm.pbf"
    roads = read_roads(path)
    notes = ";".join(roads["note"].dropna())
    with_kerb = roads[roads["kerb"].notna()].union_all()
    nodes = {f"n{node.id}": (node.lon, node.lat) for node in osmium.FileProcessor(str(path), osmium.osm.NODE)}
    lost = [
        kerb
        for kerb in objects_with(path, "kerb")
        if f"{kerb}: " not in notes and with_kerb.distance(shapely.Point(nodes[kerb])) > 1e-9
    ]
    assert lost == []


# Edges are ours: SOURCES.md counts parallel edges between the same two nodes once and leaves out other classes.
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "edges", "facilities", "toilets"),
    [
        ("its-example.osm.pbf", 347, 59, 0),
        ("monaco-latest.osm.pbf", 4213, 696, 31),
        ("Helsinki.osm.pbf", 4803, 1426, 18),
        ("berlin-siegessaeule.osm.gz", 309, 8, 2),
        ("liechtenstein-latest.osm.pbf", 7885, 518, 13),
        ("poa.osm.pbf", 28896, 75, 11),
    ],
)
def test_every_extract_gives_its_layers(shared, name, edges, facilities, toilets):
    path = shared / "data/osm" / name
    roads, places, rooms = read_roads(path), read_facilities(path), read_toilets(path)
    assert (len(roads), len(places), len(rooms)) == (edges, facilities, toilets)
    for layer, frame in (("roads", roads), ("facilities", places), ("toilets", rooms)):
        assert frame["uid"].is_unique
        assert frame.geometry.is_valid.all()
        assert list(frame.columns) == [*LAYERS[layer].names, "geometry"]
    assert (shapely.length(roads.geometry.array) > 0).all()
