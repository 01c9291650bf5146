"""Clocks of a renovation and the forecast of a breach, in Chinese working days. Pure.

A deadline is exact or not known: one that reaches into a year whose holidays are not announced has no day. A
forecast may estimate: it takes five of seven days as working days there and says so. How long a state still
lasts is taken from the cases that have left it in this city, or from the table where they are too few; half
of the homes are done by the likely day, nine of ten by the late one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from statistics import quantiles

from audits.deadlines import due_day, extended, working_days_between
from gis.errors import ConflictError
from planner.works_policy import Clock, WorksPolicy
from planner.works_state import WorksState

ENOUGH = 8  # cases from which the pace of a state is taken; default of this project
OVERRUN = 0.5  # a home past the usual time is expected to need half of it again; default of this project
LATE_FACTOR = 1.8  # a late home against a typical one, where the pace is not known; default of this project


@dataclass(frozen=True)
class Running:
    """A clock of a case; `due_on` is None where the holidays are not known, `ended_on` while it runs."""

    clock: Clock
    started_on: date
    due_on: date | None
    ended_on: date | None

    def late(self, on: date) -> bool:
        """Tell whether the deadline was missed by a day."""
        return self.due_on is not None and (self.ended_on or on) > self.due_on


@dataclass(frozen=True)
class Pace:
    """Working days that a state takes, for half of the homes and for nine in ten, from so many `cases`."""

    half: float
    most: float
    cases: int


@dataclass(frozen=True)
class Forecast:
    """When a case will be accepted, and which of its clocks that breaks.

    Attributes
    ----------
    likely_on, late_on
        Day on which it is accepted at the usual pace, and at the pace of the slowest tenth; None once it was
        accepted or withdrawn.
    late
        Clocks whose deadline is past.
    at_risk
        Clocks that break at the usual pace (`likely`) or at the slow one (`possible`), with their due day.
    estimated
        Some working days lie in a year whose holidays are not known.
    """

    uid: str
    likely_on: date | None
    late_on: date | None
    late: tuple[Running, ...]
    at_risk: tuple[tuple[Running, str], ...]
    estimated: bool


def clocks(case: WorksState, policy: WorksPolicy) -> tuple[Running, ...]:
    """Return the clocks of a case that have started, with their deadlines moved by its rests."""
    hurried = {(clock.start, clock.until) for clock in policy.clocks if clock.urgent}
    found = []
    for clock in policy.clocks:
        if clock.urgent != (case.urgent and (clock.start, clock.until) in hurried):
            continue
        started = case.entered.get(clock.start)
        if started is not None and case.state != "withdrawn":
            ended = _ended(case, clock, started)
            found.append(Running(clock, started, _due(case, clock, started, ended), ended))
    return tuple(found)


def paces(cases: Iterable[WorksState], policy: WorksPolicy) -> dict[str, Pace]:
    """Return how long each state lasts, from the cases that have left it."""
    spans: dict[str, list[float]] = {state: [] for state in policy.typical_days}
    for case in cases:
        for state, following in zip(policy.path, policy.path[1:], strict=False):
            start, end = case.entered.get(state), case.entered.get(following)
            if state in spans and start is not None and end is not None and end >= start:
                spans[state].append(_working_days(start, end))
    return {state: _pace(days, policy.typical_days[state]) for state, days in spans.items()}


def forecast(case: WorksState, policy: WorksPolicy, pace: Mapping[str, Pace], on: date) -> Forecast:
    """Return what is to be expected of a case on a day.

    Parameters
    ----------
    pace
        As `paces` returns it.
    """
    running = clocks(case, policy)
    late = tuple(clock for clock in running if clock.late(on))
    goal = policy.path.index("accepted")
    if case.state not in policy.path or policy.path.index(case.state) >= goal:
        return Forecast(case.uid, None, None, late, (), estimated=False)
    outdoor = policy.outdoor_months
    half, sure = _course(case, policy.path[: goal + 1], {s: p.half for s, p in pace.items()}, on, outdoor)
    most, known = _course(case, policy.path[: goal + 1], {s: p.most for s, p in pace.items()}, on, outdoor)
    risks = []
    for clock in running:
        if clock.ended_on is None and clock.due_on is not None and not clock.late(on):
            if half.get(clock.clock.until, date.min) > clock.due_on:
                risks.append((clock, "likely"))
            elif most.get(clock.clock.until, date.min) > clock.due_on:
                risks.append((clock, "possible"))
    estimated = not (sure and known)
    return Forecast(case.uid, half["accepted"], most["accepted"], late, tuple(risks), estimated)


def _ended(case: WorksState, clock: Clock, started: date) -> date | None:
    ended = case.entered.get(clock.until)
    return ended if ended is not None and ended >= started else None


def _due(case: WorksState, clock: Clock, started: date, ended: date | None) -> date | None:
    if clock.by is not None:
        return date(case.year, *clock.by)
    if clock.days is not None:
        due = started + timedelta(days=clock.days)
        rests = [(first, last) for first, last in case.pauses if last and started <= first <= (ended or last)]
        return due + sum((last - first for first, last in rests), timedelta())
    try:
        due = due_day(started, clock.working_days or 1)
        for first, last in case.pauses:
            if last is not None and started <= first <= (ended or first):
                due = extended(due, first, last)
    except ConflictError:
        return None
    return due


def _course(
    case: WorksState, path: Sequence[str], days: Mapping[str, float], on: date, outdoor: tuple[int, int]
) -> tuple[dict[str, date], bool]:
    """Return the day on which each later state is entered, and whether all working days are known."""
    entered, exact = {}, True
    here = path.index(case.state)
    since = case.entered.get(case.state, on)
    spent = _working_days(since, on) if on > since else 0
    usual = days[case.state]
    left = max(1.0, usual - spent if spent < usual else usual * OVERRUN)
    day = on
    for following in path[here + 1 :]:
        day, known = _ahead(day, ceil(left))
        exact = exact and known
        if following == "in_works" and case.outdoor:
            day = _in_season(day, outdoor)
        entered[following] = day
        left = days.get(following, 1.0)
    return entered, exact


def _in_season(day: date, months: tuple[int, int]) -> date:
    first, last = months
    if day.month < first:
        return date(day.year, first, 1)
    return day if day.month <= last else date(day.year + 1, first, 1)


def _ahead(day: date, working_days: int) -> tuple[date, bool]:
    if working_days <= 0:
        return day, True
    try:
        return due_day(day, working_days), True
    except ConflictError:
        return day + timedelta(days=ceil(working_days * 7 / 5)), False


def _working_days(start: date, end: date) -> float:
    try:
        return float(working_days_between(start, end))
    except ConflictError:
        return (end - start).days * 5 / 7


def _pace(days: list[float], typical: float) -> Pace:
    if len(days) < ENOUGH:
        return Pace(typical, typical * LATE_FACTOR, 0)
    tenths = quantiles(days, n=10, method="inclusive")
    return Pace(tenths[4], tenths[8], len(days))
