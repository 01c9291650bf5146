"""Short texts hold exactly the numbers that were put in."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, box

from maps import encoding


def read(text):
    """The reader of the pages, written again in Python."""
    numbers, value, shift, last = [], 0, 0, 0
    for letter in text:
        digit = encoding.ALPHABET.index(letter)
        value |= (digit & 31) << shift
        if digit & 32:
            shift += 5
            continue
        last += (value >> 1) ^ -(value & 1)
        numbers.append(last)
        value = shift = 0
    return numbers


@given(st.lists(st.integers(-(2**40), 2**40)))
def test_digits_come_back(numbers):
    assert read(encoding.digits(numbers)) == numbers


def test_a_small_step_takes_one_letter():
    assert len(encoding.digits([1, 2, 3, 4])) == 4


@given(st.lists(st.tuples(st.floats(-179, 179), st.floats(-80, 80)), min_size=1))
def test_positions_come_back_within_a_metre(places):
    xs, ys = encoding.points([lon for lon, _ in places], [lat for _, lat in places])
    for (lon, lat), x, y in zip(places, read(xs), read(ys), strict=True):
        assert abs(x * encoding.POINT_STEP - lon) < 1e-5
        assert abs(y * encoding.POINT_STEP - lat) < 1e-5


def test_a_polygon_with_two_parts_becomes_two_rings():
    lengths, xs, ys = encoding.rings(MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]))
    assert read(lengths) == [5, 5]
    assert sorted(set(read(xs))) == [0, 10_000, 20_000, 30_000]
    assert len(read(ys)) == 10


def test_what_has_no_length_has_no_rings():
    assert encoding.rings(None) == []
    assert encoding.rings(Point(1, 1)) == []
    assert encoding.rings(LineString([(0, 0), (1e-6, 0)])) == []


def test_a_column_takes_its_shortest_form():
    assert encoding.column(["a", "a", "a"]) == {"same": "a", "count": 3}
    assert read(encoding.column([3, 1, 2])["digits"]) == [3, 1, 2]
    assert encoding.column(["b", "a", "b", "b"])["words"] == ["b", "a"]
    assert encoding.column(["a", "b"]) == ["a", "b"]
    assert encoding.column([True, None]) == [True, None]


@given(st.lists(st.floats(0, 1), min_size=1))
def test_fractions_are_within_a_sixteen_millionth(numbers):
    raw = base64.b64decode(encoding.fractions(np.array(numbers), 0.0, 1.0))
    steps = [int.from_bytes(raw[k : k + 3], "little") for k in range(0, len(raw), 3)]
    assert steps == pytest.approx([number * (2**24 - 1) for number in numbers], abs=0.51)


def test_the_square_of_the_web_map():
    x, y = encoding.mercator([-180.0, 0.0, 180.0], [0.0, 0.0, 0.0])
    assert x.tolist() == [0, 0.5, 1]
    assert y == pytest.approx([0.5, 0.5, 0.5])
    # Web Mercator ends at 85.0511 degrees, where the square does.
    assert encoding.mercator([0.0], [85.05112878])[1][0] == pytest.approx(0, abs=1e-6)
