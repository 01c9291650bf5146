"""What a cell means in a column: a table that a clerk can check."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import MappingError
from gis.specs import Column
from gis.values import GRAVE, REPAIRS, number_of, parser_of, unit_factor

WIDTH = Column("width_m", "float", unit="m", low=0.1, high=200)
INCLINE = Column("incline_ratio", "float", unit="ratio", low=-1, high=1)
SPEED = Column("maxspeed_kmh", "float", unit="km/h", low=1, high=140)
ROOMS = Column("rooms", "int", low=0)
DAY = Column("built_on", "date")
FREE = Column("free", "bool")
KERB = Column("kerb", "code", codes="kerb")
SERVICES = Column("services", "codes", codes="service")
NAME = Column("name", length=6)


@pytest.mark.parametrize(
    ("column", "cell", "value", "reason"),
    [
        (WIDTH, "1.5", 1.5, ""),
        (WIDTH, "１．５", 1.5, "full-width"),
        (WIDTH, "90cm", 0.9, "unit-converted"),
        (WIDTH, "90 厘米", 0.9, "unit-converted"),
        (WIDTH, "3 ft", 0.9144, "unit-converted"),
        (WIDTH, "2 m", 2.0, ""),
        (WIDTH, "2 kg", None, "unknown-unit"),
        (WIDTH, "wide", None, "not-a-number"),
        (WIDTH, True, None, "not-a-number"),
        (WIDTH, float("inf"), None, "not-a-number"),
        (WIDTH, "1,200", None, "out-of-range"),
        (WIDTH, None, None, ""),
        (WIDTH, "  ", None, ""),
        (INCLINE, "5%", 0.05, "unit-converted"),
        (INCLINE, "-8 ％", -0.08, "unit-converted"),
        (INCLINE, "1:20", 0.05, ""),
        (INCLINE, "1/20", 0.05, ""),
        (INCLINE, "1:0", None, "not-a-number"),
        (INCLINE, "5", None, "out-of-range"),
        (INCLINE, "up", None, "not-a-number"),
        (SPEED, "30 mph", 48.28032, "unit-converted"),
        (SPEED, "40公里/小时", 40.0, ""),
        (ROOMS, "3", 3, ""),
        (ROOMS, 3.0, 3, ""),
        (ROOMS, "3.5", None, "whole-number"),
        (ROOMS, "-1", None, "out-of-range"),
        (ROOMS, 10**12, None, "whole-number"),
        (DAY, "2024-05-01", date(2024, 5, 1), ""),
        (DAY, "2024/5/1", date(2024, 5, 1), ""),
        (DAY, "2024年5月1日", date(2024, 5, 1), ""),
        (DAY, "２０２４年５月１日", date(2024, 5, 1), ""),
        (DAY, "20240501", date(2024, 5, 1), ""),
        (DAY, "45413", date(2024, 5, 1), "excel-date"),
        (DAY, 45413.0, date(2024, 5, 1), "excel-date"),
        (DAY, datetime(2024, 5, 1, 8), date(2024, 5, 1), ""),
        (DAY, "2024-05-01T08:00:00", date(2024, 5, 1), ""),
        (DAY, "2024年5月", date(2024, 5, 1), "date-completed"),
        (DAY, "1998", date(1998, 1, 1), "date-completed"),
        (DAY, "2024-02-30", None, "not-a-date"),
        (DAY, "last year", None, "not-a-date"),
        (FREE, "√", True, ""),
        (FREE, "是", True, ""),
        (FREE, "有", True, ""),
        (FREE, "否", False, ""),
        (FREE, "无", False, ""),
        (FREE, "ＹＥＳ", True, ""),
        (FREE, 0, False, ""),
        (FREE, False, False, ""),
        (FREE, "perhaps", None, "not-a-bool"),
        (KERB, "lowered", "lowered", ""),
        (KERB, "Lowered", "lowered", "code-recognised"),
        (KERB, "缘石坡道", "lowered", "code-recognised"),
        (KERB, "low", None, "unknown-code"),
        (SERVICES, "care;rehabilitation", "rehabilitation;care", ""),
        (SERVICES, "康复、日间照料", "rehabilitation;day_care", "code-recognised"),
        (SERVICES, "康复、唱歌", None, "unknown-code"),
        (NAME, " 𠮷·䶮 ", "𠮷·䶮", ""),
        (NAME, 620702.0, "620702", ""),
        (NAME, "南\x00关", "南关", "control-removed"),
        (NAME, "一二三四五六七", None, "text-too-long"),
        (NAME, "6.22201E+17", None, "digits-lost"),
        (NAME, 6.22201e17, None, "digits-lost"),
        (NAME, "{{7*7}}", None, "text-too-long"),
        (NAME, "{{7}}", "{{7}}", ""),
    ],
)
def test_a_cell_means(column, cell, value, reason):
    assert parser_of(column)(cell) == (pytest.approx(value) if isinstance(value, float) else value, reason)


def test_a_declared_unit_goes_for_bare_numbers_only():
    centimetres = parser_of(WIDTH, "cm")
    assert centimetres("90") == (0.9, "")
    assert centimetres(90) == (0.9, "")
    assert centimetres("2 m") == (2.0, "")


@pytest.mark.parametrize("unit", ["kg", "%", "km/h"])
def test_a_unit_of_something_else_is_refused_with_those_that_fit(unit):
    with pytest.raises(MappingError, match="known: m, 米, mm"):
        unit_factor(WIDTH, unit)


def test_codes_for_not_known_become_nothing_only_when_declared():
    assert parser_of(ROOMS)("99") == (99, "")
    assert parser_of(ROOMS, missing=("99", "-9"))("99") == (None, "")
    assert parser_of(ROOMS, missing=("99", "-9"))(99.0) == (None, "")
    assert parser_of(ROOMS, missing=("99", "-9"))("-9") == (None, "")


def test_declared_words_go_before_the_code_list():
    assert parser_of(KERB, values={"low": "lowered", "5": "flush"})("low") == ("lowered", "")
    assert parser_of(KERB, values={"5": "flush"})(5.0) == ("flush", "")


def test_coordinates_are_bare_numbers_or_none():
    assert [number_of(cell) for cell in ("100.5", 38, "38.9°", "１００")] == [100.5, 38, 38.9, 100]
    assert all(number_of(cell) != number_of(cell) for cell in (None, "n/a", "5 m", True))


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none(), st.dates(), st.datetimes()))
def test_no_cell_whatever_breaks_a_parser(cell):
    for column in (WIDTH, INCLINE, ROOMS, DAY, FREE, KERB, SERVICES, NAME):
        value, reason = parser_of(column)(cell)
        assert (
            not reason
            or (value is not None) == (reason in REPAIRS)
            or reason in GRAVE
            or reason == "control-removed"
        )


@given(st.dates(min_value=date(1900, 1, 1)))
def test_any_date_is_read_back_from_each_way_of_writing_it(day):
    written = (day.isoformat(), f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日")
    assert [parser_of(DAY)(text)[0] for text in written] == [day] * 3
