"""Tiles say where shapes are to a pixel, as a reader of the format's own description decodes them."""

import struct
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.tiles import BUFFER, EXTENT, HALF_M, Tile, encoded

WORLD = Tile(0, 0, 0)


def lonlat(x, y, tile=WORLD):
    """The place at a tile's own numbers."""
    west, north, side = tile.metres
    mx, my = west + x * side / EXTENT, north - y * side / EXTENT
    lat = np.degrees(2 * np.arctan(np.exp(my / HALF_M * np.pi)) - np.pi / 2)
    return mx / HALF_M * 180, lat


def drawn(shape, tile=WORLD):
    """A shape in a tile's own numbers as one in degrees."""
    return shapely.transform(shape, lambda c: np.column_stack(lonlat(c[:, 0], c[:, 1], tile)))


def read(content):
    """Decode a tile by the description of the format (version 2): name, and (id, tags, type, parts)."""
    layers = [value for number, value in fields(content) if number == 3]
    assert len(layers) == 1
    layer = fields(layers[0])
    keys = [value.decode() for number, value in layer if number == 3]
    values = [worth(value) for number, value in layer if number == 4]
    assert (15, 2) in layer
    assert (5, EXTENT) in layer
    features = []
    for number, body in layer:
        if number != 2:
            continue
        told = dict(fields(body))
        tags = numbers(told.get(2, b""))
        pairs = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
        features.append((told[1], pairs, told[3], parts(numbers(told[4]))))
    return dict(layer)[1].decode(), features


def fields(content):
    found, at = [], 0
    while at < len(content):
        head, at = varint(content, at)
        if head & 7 == 0:
            value, at = varint(content, at)
        elif head & 7 == 1:
            value, at = content[at : at + 8], at + 8
        else:
            assert head & 7 == 2
            size, at = varint(content, at)
            value, at = content[at : at + size], at + size
        found.append((head >> 3, value))
    return found


def varint(content, at):
    number = shift = 0
    while True:
        number |= (content[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if content[at - 1] < 128:
            return number, at


def numbers(content):
    found, at = [], 0
    while at < len(content):
        number, at = varint(content, at)
        found.append(number)
    return found


def worth(content):
    ((number, value),) = fields(content)
    if number == 1:
        return value.decode()
    if number == 3:
        return struct.unpack("<d", value)[0]
    return bool(value) if number == 7 else value >> 1 ^ -(value & 1)


def parts(commands):
    found, at, x, y = [], 0, 0, 0
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if command == 7:
            assert count == 1
            found[-1].append(found[-1][0])
            continue
        for _ in range(count):
            x += commands[at] >> 1 ^ -(commands[at] & 1)
            y += commands[at + 1] >> 1 ^ -(commands[at + 1] & 1)
            at += 2
            if command == 1:
                found.append([])
            found[-1].append((x, y))
    return found


def tile_of(*shapes, tile=WORLD, **columns):
    return encoded("things", tile, np.array(shapes, dtype=object), range(1, len(shapes) + 1), columns)


def test_a_point_is_written_as_the_example_of_the_format_has_it():
    # Point(25, 17): MoveTo(+25, +17) is 9 50 34.
    content = tile_of(drawn(shapely.Point(25, 17)))
    name, ((number, tags, kind, points),) = read(content)
    assert (name, number, tags, kind, points) == ("things", 1, {}, 1, [[(25, 17)]])
    assert b"\x22\x03\x09\x32\x22" in content


def test_a_line_and_an_area_are_written_as_the_examples_of_the_format_have_them():
    # LineString(2 2, 2 10, 10 10) and Polygon(3 6, 8 12, 20 34).
    line = tile_of(drawn(shapely.LineString([(2, 2), (2, 10), (10, 10)])))
    assert b"\x22\x08" + bytes([9, 4, 4, 18, 0, 16, 16, 0]) in line
    area = tile_of(drawn(shapely.Polygon([(3, 6), (8, 12), (20, 34)])))
    _, ((_, _, kind, rings),) = read(area)
    assert kind == 3
    assert {*rings[0]} == {(3, 6), (8, 12), (20, 34)}


def test_an_outer_ring_turns_one_way_and_a_hole_the_other():
    hole = [(40, 40), (40, 60), (60, 60), (60, 40)]
    for outer in ([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 0), (0, 100), (100, 100), (100, 0)]):
        _, ((_, _, _, rings),) = read(tile_of(drawn(shapely.Polygon(outer, [hole]))))
        signs = [np.sign(surveyed(ring)) for ring in rings]
        assert signs == [1, -1]


def surveyed(ring):
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring)) / 2


def test_many_points_and_many_lines_stay_one_feature_each():
    points = drawn(shapely.MultiPoint([(5, 7), (3, 2)]))
    lines = drawn(shapely.MultiLineString([[(2, 2), (2, 10), (10, 10)], [(1, 1), (30, 50)]]))
    _, (first, second) = read(tile_of(points, lines))
    assert first[2:] == (1, [[(5, 7)], [(3, 2)]])
    assert second[2:] == (2, [[(2, 2), (2, 10), (10, 10)], [(1, 1), (30, 50)]])


def test_properties_keep_their_kind_and_nothing_is_left_out():
    shapes = [drawn(shapely.Point(n, n)) for n in range(1, 4)]
    content = tile_of(*shapes, name=["桥", None, "桥"], count=[1, True, 1.5], free=[False, -3, 2**40])
    assert [tags for _, tags, _, _ in read(content)[1]] == [
        {"name": "桥", "count": 1, "free": False},
        {"count": True, "free": -3},
        {"name": "桥", "count": 1.5, "free": 2**40},
    ]
    assert [type(tags["count"]) for _, tags, _, _ in read(content)[1]] == [int, bool, float]


def test_what_lies_outside_is_cut_at_the_buffer_or_left_out():
    tile = Tile(12, 3190, 1567)
    far = drawn(shapely.Point(EXTENT + BUFFER + 2, 10), tile)
    edge = drawn(shapely.Point(EXTENT + BUFFER - 1, 10), tile)
    across = drawn(shapely.LineString([(-9_000, 50), (9_000, 50)]), tile)
    _, features = read(tile_of(far, edge, across, tile=tile))
    assert [(number, places) for number, _, _, places in features] == [
        (2, [[(EXTENT + BUFFER - 1, 10)]]),
        (3, [[(-BUFFER, 50), (EXTENT + BUFFER, 50)]]),
    ]


def test_what_shrinks_to_nothing_is_left_out_and_an_empty_tile_has_no_bytes():
    speck = drawn(shapely.box(100.1, 100.1, 100.3, 100.3))
    stub = drawn(shapely.LineString([(5.1, 5.1), (5.2, 5.2)]))
    assert tile_of(speck, stub, None, shapely.Point()) == b""
    assert encoded("things", WORLD, np.array([], dtype=object), [], {}) == b""


def test_a_tile_knows_its_bounds_and_whether_it_is_there():
    west, south, east, north = WORLD.bounds
    assert (west, east) == pytest.approx((-180 * (1 + BUFFER / EXTENT * 2), 180 * (1 + BUFFER / EXTENT * 2)))
    assert south == -north
    assert Tile(12, 4095, 0).exists
    assert not any(t.exists for t in (Tile(12, 4096, 0), Tile(-1, 0, 0), Tile(23, 0, 0), Tile(3, 0, -1)))


coordinate = st.integers(-500, EXTENT + 500)


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=6, unique=True),
        min_size=1,
        max_size=8,
    )
)
def test_lines_come_back_within_a_pixel_whatever_they_are(courses):
    lines = [shapely.LineString(course) for course in courses]
    tile = Tile(12, 3190, 1566)
    content = tile_of(*(drawn(line, tile) for line in lines), tile=tile)
    window = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    features = read(content)[1] if content else []
    for number, _, _, places in features:
        inside = lines[number - 1].intersection(window)
        told = shapely.MultiLineString(places)
        assert shapely.hausdorff_distance(told, inside) <= 2
    missing = set(range(1, len(lines) + 1)) - {number for number, *_ in features}
    assert all(lines[number - 1].intersection(window).length < 2 for number in missing)
