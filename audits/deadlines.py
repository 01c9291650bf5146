"""Working days in China, with the holidays and the shifted weekends of the State Council's notices.

What may be questioned: the calendar comes from `chinesecalendar`, which refuses a year whose notice is not
out, where other libraries go on guessing without the weekends that are worked. A deadline that reaches
into such a year is refused too, and is then given as a date by whoever dispatches.
"""

from datetime import date, datetime, timedelta

import chinese_calendar  # type: ignore[import-untyped]  # the library carries no types

from gis.errors import ConflictError

CHINA = timedelta(hours=8)  # one time zone, no summer time
DAY = timedelta(days=1)


def china_day(moment: datetime) -> date:
    """Return the date in China at a moment that carries its time zone.

    Raises
    ------
    ValueError
        It carries none.
    """
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"{moment} has no time zone; give it one, for instance datetime.now(UTC)")
    return (moment - offset + CHINA).date()


def is_working_day(day: date) -> bool:
    """Tell whether offices work on a day.

    Raises
    ------
    ConflictError
        The holidays of that year are not known to this version.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError as error:
        raise ConflictError(
            f"The working days of {day.year} are not known: the calendar of this version ends with"
            f" {last_known_year()}. Update the package chinesecalendar once the State Council has published"
            " the holidays of that year, or give the deadline as a date."
        ) from error


def due_day(start: date, working_days: int) -> date:
    """Return the last day of a deadline: the day after `start` is the first that counts.

    Parameters
    ----------
    working_days
        At least 1.

    Raises
    ------
    ConflictError
        The deadline reaches into a year whose holidays are not known.
    """
    day, left = start, working_days
    while left > 0:
        day += DAY
        left -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """Return the number of working days after `start` up to and including `end`; 0 where it is not later.

    Raises
    ------
    ConflictError
        The span reaches into a year whose holidays are not known.
    """
    return sum(is_working_day(start + DAY * ahead) for ahead in range(1, (end - start).days + 1))


def extended(due: date, paused: date, resumed: date) -> date:
    """Return a deadline that was at rest from one day to another: no working day of the pause counts.

    A case that was overdue when it was paused stays overdue by as many working days.

    Raises
    ------
    ConflictError
        The deadline reaches into a year whose holidays are not known.
    """
    rest = working_days_between(paused, resumed)
    return due_day(due, rest) if rest else due


def last_known_year() -> int:
    """Return the last year whose holidays are known to this version."""
    return int(max(day.year for day in chinese_calendar.holidays))
