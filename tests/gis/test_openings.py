"""Opening hours become spans of minutes; what cannot be read is unknown, never closed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.openings import open_spans

TUESDAY = date(2026, 11, 24)
HOUR, DAY = 60, 1440


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("24/7", ((0, 2 * DAY),)),
        ("08:00-20:00", ((8 * HOUR, 20 * HOUR), (DAY + 8 * HOUR, DAY + 20 * HOUR))),
        ("Tu 08:00-20:00", ((8 * HOUR, 20 * HOUR),)),
        ("22:00-02:00", ((0, 2 * HOUR), (22 * HOUR, 26 * HOUR), (DAY + 22 * HOUR, 2 * DAY))),
        ("Apr 15-Oct 15 08:00-19:00", ()),  # a place of the season is closed in November
        ("closed", ()),
    ],
)
def test_hours_are_spans_of_the_days_to_come(text, spans):
    assert open_spans(text, TUESDAY, 2) == spans


def test_a_place_of_the_season_is_open_in_summer():
    assert open_spans("Apr 15-Oct 15 08:00-19:00", date(2026, 7, 1), 1) == ((8 * HOUR, 19 * HOUR),)


def test_national_day_is_a_holiday_in_china():
    assert open_spans("08:00-19:00; PH off", date(2026, 10, 1), 1) == ()


@pytest.mark.parametrize("text", ["", "全天", "早8点到晚8点", "08:00-20:00 unknown", "x" * 300, "{{7*7}}"])
def test_hours_that_cannot_be_read_are_unknown(text):
    assert open_spans(text, TUESDAY) is None


@given(st.text(max_size=40))
def test_any_text_is_read_or_unknown(text):
    spans = open_spans(text, TUESDAY, 2)
    assert spans is None or all(0 <= begins < ends <= 2 * DAY for begins, ends in spans)
