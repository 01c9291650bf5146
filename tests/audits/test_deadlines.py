"""Deadlines count the days on which Chinese offices work, and a year without a notice is refused."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.deadlines import (
    china_day,
    due_day,
    extended,
    is_working_day,
    last_known_year,
    working_days_between,
)
from gis.errors import ConflictError

days = st.dates(date(2020, 1, 1), date(2025, 6, 30))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 1, 26), True),  # a Sunday worked for the Spring Festival
        (date(2025, 1, 28), False),  # New Year's Eve, a Tuesday
        (date(2025, 2, 8), True),  # a Saturday worked for the Spring Festival
        (date(2025, 9, 28), True),  # a Sunday worked for the National Day
        (date(2025, 10, 8), False),  # the last day of the National Day holidays, a Wednesday
        (date(2025, 10, 11), True),  # a Saturday worked
        (date(2025, 6, 14), False),  # an ordinary Saturday
        (date(2025, 6, 16), True),  # an ordinary Monday
    ],
)
def test_holidays_and_shifted_weekends_are_those_of_the_notice(day, works):
    assert is_working_day(day) is works


def test_a_deadline_over_the_national_day_skips_its_eight_days_and_counts_the_worked_saturday():
    # Tuesday 30 September; holidays 1 to 8 October; then Thursday 9, Friday 10, Saturday 11 (worked).
    assert due_day(date(2025, 9, 30), 3) == date(2025, 10, 11)


def test_a_pause_moves_a_deadline_by_its_working_days():
    # Paused Monday to Thursday: three working days (Tuesday to Thursday) do not count.
    assert extended(date(2025, 6, 20), date(2025, 6, 16), date(2025, 6, 19)) == date(2025, 6, 25)
    assert extended(date(2025, 6, 20), date(2025, 6, 14), date(2025, 6, 15)) == date(2025, 6, 20)


@given(start=days, count=st.integers(1, 60))
def test_a_deadline_is_a_working_day_that_many_working_days_on(start, count):
    due = due_day(start, count)
    assert is_working_day(due)
    assert working_days_between(start, due) == count


@given(start=days, one=st.integers(1, 30), other=st.integers(1, 30))
def test_two_deadlines_in_turn_are_one_as_long_as_both(start, one, other):
    assert due_day(due_day(start, one), other) == due_day(start, one + other)


@given(start=days, pause=st.integers(0, 40), count=st.integers(1, 30))
def test_a_pause_costs_the_unit_no_working_day(start, pause, count):
    due = due_day(start, count)
    resumed = start + timedelta(days=pause)
    assert working_days_between(resumed, extended(due, start, resumed)) == count


def test_a_year_whose_holidays_are_not_known_is_refused_with_the_way_out():
    unknown = date(last_known_year() + 1, 1, 4)
    with pytest.raises(ConflictError, match=f"working days of {unknown.year} are not known.*as a date"):
        is_working_day(unknown)
    with pytest.raises(ConflictError, match="chinesecalendar"):
        due_day(date(last_known_year(), 12, 25), 30)


def test_a_day_in_china_begins_eight_hours_early_and_a_moment_needs_its_zone():
    assert china_day(datetime(2025, 6, 1, 15, 59, tzinfo=UTC)) == date(2025, 6, 1)
    assert china_day(datetime(2025, 6, 1, 16, 0, tzinfo=UTC)) == date(2025, 6, 2)
    with pytest.raises(ValueError, match="time zone"):
        china_day(datetime(2025, 6, 1))
