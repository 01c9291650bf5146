"""When a place is open, from opening hours as OpenStreetMap writes them (`Apr-Oct 08:00-20:00; PH off`).

Spans are minutes from a day's midnight in China, so that a page which is read days later, or without a
network, still knows whether the door is open. Hours that cannot be read are unknown, never closed.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache

from opening_hours import OpeningHours, ParserError, State  # type: ignore[attr-defined]  # not in its stubs

AHEAD_DAYS = 8  # the week to come, and the night that leads into it
COUNTRY = "CN"  # whose public holidays are meant by PH
LENGTH = 255  # longest text of the column; a longer one is not parsed

Spans = tuple[tuple[int, int], ...]


@lru_cache(maxsize=4096)
def open_spans(text: str, on: date, days: int = AHEAD_DAYS) -> Spans | None:
    """Return when a place is open in the days from `on`, None where its hours cannot be read.

    Parameters
    ----------
    text
        Opening hours; "" is unknown.

    Returns
    -------
    tuple of (from, to), or None
        Minutes from the midnight that begins `on`; empty where the place is closed all the time. A time
        that the hours themselves call unknown is not open; hours of nothing but such times are None.
    """
    if not text or len(text) > LENGTH:
        return None
    start = datetime.combine(on, datetime.min.time())
    try:
        told = list(OpeningHours(text, country=COUNTRY).intervals(start, start + timedelta(days=days)))
    except ParserError:
        return None
    states = {state for _, _, state, _ in told}
    if State.UNKNOWN in states and State.OPEN not in states:
        return None
    spans: list[tuple[int, int]] = []
    for begins, ends, state, _ in told:
        if state != State.OPEN:
            continue
        span = (_minutes(begins - start), _minutes(ends - start))
        if spans and spans[-1][1] == span[0]:  # the same state in two parts, such as with a comment
            span = (spans.pop()[0], span[1])
        spans.append(span)
    return tuple(spans)


def _minutes(passed: timedelta) -> int:
    return round(passed.total_seconds() / 60)
