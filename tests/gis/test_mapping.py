"""A column is taken by our own name, a published name or a confirmed mapping, and else only proposed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import MappingError
from gis.mapping import (
    Flag,
    Group,
    Mapping,
    columns_toml,
    mapping_from_toml,
    match,
    normal,
    short_names,
    unit_of,
)
from gis.schema import ROADS, TOILETS

WHOLE = """
[columns]
name = "厕所名称"
lon = "X"
lat = "Y"
[values.category]
"公园类" = "park"
[units]
rooms = "person"
[missing]
rooms = [99, 999]
[skip]
"备注" = ["已拆除", "重复"]
[flags.accessible_room]
column = "厕所名称"
contains = ["無障礙"]
[group]
by = ["position", "name"]
count = "rooms"
[file]
layer = "公厕"
"""


def test_a_mapping_file_is_read_whole():
    assert mapping_from_toml(WHOLE, TOILETS) == Mapping(
        columns={"name": "厕所名称"},
        words={"category": {"公园类": "park"}},
        units={"rooms": "person"},
        missing={"rooms": ("99", "999")},
        skip={"备注": ("已拆除", "重复")},
        position={"lon": "X", "lat": "Y"},
        flags={"accessible_room": Flag("厕所名称", ("無障礙",))},
        group=Group(("position", "name"), "rooms"),
        layer="公厕",
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[columns", "not well-formed TOML"),
        ("[colums]\nname = 'x'", "'colums' is no section"),
        ("columns = 3", "write it as a section"),
        ("[columns]\nnmae = 'x'", "'nmae' is no column of the layer toilets"),
        ("[values.nmae]\na = 'b'", "'nmae' is no column"),
        ("[group]\nby = ['colour']", "'colour' is no way to group rows"),
        ("[group]\ncount = 'nmae'", "'nmae' is no column"),
        ("[position]\nnorth = 'Y'", "'north' is no entry"),
        ("[flags.free]\ncolumn = 'x'", "lacks or misspells something"),
        ("[flags]\nfree = 3", "lacks or misspells something"),
        ("[values]\nname = 3", "lacks or misspells something"),
    ],
)
def test_a_mistake_in_a_mapping_is_named(text, complaint):
    with pytest.raises(MappingError, match=complaint):
        mapping_from_toml(text, TOILETS)


def test_our_own_names_are_taken_in_any_case_and_shortened():
    matched = match(TOILETS, ["UID", " Name", "acces_room", "accesrooms"], Mapping())
    assert matched.taken == {
        "uid": "UID", "name": " Name", "accessible_room": "acces_room", "accessible_rooms": "accesrooms",
    }  # fmt: skip


def test_a_synonym_is_proposed_and_not_taken():
    matched = match(ROADS, ["highway", "宽度（cm）", "geometry", "colour"], Mapping())
    assert matched.taken == {"road_class": "highway"}
    assert matched.aliases == {"road_class": "highway"}
    assert matched.proposals == {"width_m": "宽度（cm）"}
    assert matched.unused == ("colour",)


def test_a_proposal_becomes_a_mapping_that_takes_it():
    names = ["公厕类别", '厕"名', "名称"]
    proposals = match(TOILETS, names, Mapping()).proposals
    confirmed = mapping_from_toml(columns_toml(proposals), TOILETS)
    assert match(TOILETS, names, confirmed).taken == {"category": "公厕类别", "name": "名称"}


def test_a_mapped_column_is_not_given_away_to_another():
    matched = match(TOILETS, ["name", "title"], Mapping(columns={"note": "name"}))
    assert matched.taken == {"note": "name"}
    assert matched.proposals == {"name": "title"}


def test_a_column_that_the_file_lacks_is_named_with_those_it_has():
    with pytest.raises(MappingError, match=r"'路宽'.*it has: highway, name"):
        match(ROADS, ["highway", "name"], Mapping(columns={"width_m": "路宽"}))


def test_a_unit_written_in_a_heading_is_found():
    assert [unit_of(name) for name in ("宽度（cm）", "坡度 [%]", "name")] == ["cm", "%", ""]
    assert normal(" 宽度（cm）* ") == normal("宽度") == "宽度"


@given(st.dictionaries(st.sampled_from(TOILETS.names), st.text(min_size=1), min_size=1))
def test_any_column_name_survives_the_proposed_mapping_file(columns):
    read = mapping_from_toml(columns_toml(columns), TOILETS)
    assert read.columns == columns


def test_a_short_name_does_not_depend_on_its_neighbours():
    assert short_names(["accessible_room"])["accessible_room"] == "acces_room"
    assert short_names(TOILETS.names)["accessible_room"] == "acces_room"
