"""What the cases of the works add up to: the binding counter, money against budget, satisfaction. Pure.

Only an accepted home counts (not one that was begun), and a home that is sent to rework stops counting until
it is accepted again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from pandas import DataFrame

from planner.works_clock import Forecast
from planner.works_policy import WorksPolicy
from planner.works_state import WorksState

ACCEPTED = ("accepted", "settled", "archived", "closed")


@dataclass(frozen=True)
class Counter:
    """How far a year is: homes asked for, with a case, accepted, and expected to be by its end.

    `expected` counts the homes likely to be accepted by the last day of the year, `surely` those that would
    be even at the pace of the slowest tenth; both include what is accepted.
    """

    year: int
    county: str | None
    target: int | None
    cases: int
    accepted: int
    expected: int
    surely: int


def counters(
    cases: Sequence[WorksState], forecasts: Iterable[Forecast], year: int, targets: dict[str | None, int]
) -> list[Counter]:
    """Return the counter of a year for the city (county None) and each county.

    Parameters
    ----------
    targets
        Homes asked for, by county code and None for the city; an absent one is not known.
    """
    told = {each.uid: each for each in forecasts}
    last = date(year, 12, 31)
    mine = [case for case in cases if case.year == year and case.state != "withdrawn"]
    found = []
    for county in (None, *sorted({case.county for case in mine} | {c for c in targets if c})):
        here = [case for case in mine if county in (None, case.county)]
        done = [case for case in here if case.state in ACCEPTED]
        open_ = [told[case.uid] for case in here if case.state not in ACCEPTED and case.uid in told]
        likely = sum(each.likely_on is not None and each.likely_on <= last for each in open_)
        surely = sum(each.late_on is not None and each.late_on <= last for each in open_)
        counts = (len(here), len(done), len(done) + likely, len(done) + surely)
        found.append(Counter(year, county, targets.get(county), *counts))
    return found


def settlement(cases: DataFrame, lines: DataFrame) -> DataFrame:
    """Return the money of the works by county, and in all as the last row (county None).

    Parameters
    ----------
    cases
        `uid`, `county_code`, `state`, `budget_yuan`, `cost_yuan`, `price_yuan`, `settled_yuan`.
    lines
        `uid`, `line`, `yuan`: what was settled from which funding line.

    Returns
    -------
    pandas.DataFrame
        `county`, `homes`, `budget_yuan`, `cost_yuan`, `price_yuan`, `settled_yuan`, `settled` (homes),
        `saved_yuan` (budget less settled, of settled homes), `over` (settled above their budget) and
        `mean_yuan`, besides one column `line_<name>` for each funding line.
    """
    live = cases[cases["state"] != "withdrawn"]
    groups = [*live.groupby("county_code", sort=True), (None, live)]
    names = sorted(set(lines["line"])) if len(lines) else []
    rows = []
    for county, homes in groups:
        done = homes[homes["settled_yuan"].notna()]
        mine = lines[lines["uid"].isin(homes["uid"])] if len(lines) else lines
        row: dict[str, object] = {"county": county, "homes": len(homes)}
        row |= {
            name: float(homes[name].sum())
            for name in ("budget_yuan", "cost_yuan", "price_yuan", "settled_yuan")
        }
        row |= {
            "settled": len(done),
            "saved_yuan": float((done["budget_yuan"] - done["settled_yuan"]).sum()),
            "over": int((done["settled_yuan"] > done["budget_yuan"] + 0.005).sum()),
            "mean_yuan": float(done["settled_yuan"].mean()) if len(done) else None,
        }
        rows.append(
            row | {f"line_{name}": float(mine.loc[mine["line"] == name, "yuan"].sum()) for name in names}
        )
    return DataFrame(rows)


def settled_lines(cases: Iterable[WorksState]) -> DataFrame:
    """Return what was settled from which funding line: `uid`, `line`, `yuan`."""
    rows = [(case.uid, line, yuan) for case in cases for line, yuan in sorted(case.lines.items())]
    return DataFrame(rows, columns=["uid", "line", "yuan"])


@dataclass(frozen=True)
class Satisfaction:
    """What families answered: homes asked, satisfied, and the mean points of each question."""

    answered: int
    satisfied: int
    means: dict[str, float]

    @property
    def share(self) -> float | None:
        """Share of satisfied homes, None where nobody answered."""
        return self.satisfied / self.answered if self.answered else None


def satisfaction(cases: Iterable[WorksState], policy: WorksPolicy) -> Satisfaction:
    """Return how satisfied the families are that were asked after acceptance."""
    said = [case.answers for case in cases if case.answers is not None]
    overall = policy.questions[0].id
    means = {}
    for question in policy.questions:
        points = [answers[question.id] for answers in said if question.id in answers]
        if points:
            means[question.id] = float(np.mean(points))
    return Satisfaction(len(said), sum(a[overall] >= policy.satisfied_from for a in said), means)


def outcomes(cases: Iterable[WorksState]) -> DataFrame:
    """Return the barriers of accepted homes before and after: `uid`, `before`, `after`, `met`, `share`."""
    rows = [
        (
            case.uid,
            case.need_before,
            case.need_before - met,
            met,
            met / case.need_before if case.need_before else None,
        )
        for case in cases
        if case.state in ACCEPTED and (met := case.need_met) is not None
    ]
    return DataFrame(rows, columns=["uid", "before", "after", "met", "share"])


def archive_contents(case: WorksState, kinds: Iterable[str], policy: WorksPolicy) -> dict[str, bool]:
    """Return which papers the archive of a home holds.

    Parameters
    ----------
    kinds
        Filed papers by their kind, and photos as `photo_<role>`.
    """
    held = set(kinds)
    own = {
        "reviews": bool(case.township_reviewer and case.county_reviewer),
        "notice": case.notice_until is not None,
        "photos_before": "photo_before" in held,
        "photos_after": "photo_after" in held,
    }
    return {paper.id: own.get(paper.id, False) or paper.id in held for paper in policy.documents}


def in_months(day: date, months: int) -> date:
    """Return the day some months later, the last of the month where it has no such day."""
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def follow_ups_due(case: WorksState, policy: WorksPolicy, on: date) -> list[tuple[int, date]]:
    """Return the follow-up visits of a home that are due on a day and were not made: months and day."""
    accepted = case.entered.get("accepted")
    if accepted is None or case.state not in ACCEPTED:
        return []
    due = [(months, in_months(accepted, months)) for months in policy.follow_up_months]
    return [(months, day) for months, day in due if months not in case.follow_ups and day <= on]
