"""Why a home is in or out, from the prices of the solved programme, and by solving again for one home.

The prices (`programme.Prices`) say what a place, a yuan and a place of a county were worth to the others in
each year. A home is in where its discounted points exceed the prices of what it uses; what would have
brought a home in is how far it falls short in its best year, turned into points, yuan or places. Prices are
those of the linear relaxation: near the margin, where homes are whole, they may miss by a home or two,
and they say nothing of a tie. `Reason.source` says `prices`; `true_price` solves again with the home forced
in (or out) and gives what the others would really lose, and its `source` is `solved`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame

from gis.errors import InfeasibleError
from planner.problem import IN, OUT, Problem
from planner.programme import LEFT_OUT, Plan, solve

PRICE_GAP = 1e-7  # of the second run: a loss is exact to some thousandths of a point

Rule = tuple[str, dict[str, Any]]  # a key of the labels and what it is filled with


@dataclass(frozen=True)
class Price:
    """What forcing one home in (or out) really costs the others, in discounted points.

    Attributes
    ----------
    loss
        Objective lost against the plan; None when no plan keeps the limits then.
    year
        Calendar year the home gets when forced in, else None.
    gap
        Relative gap of the second run; the loss is exact when it is 0.
    """

    loss: float | None
    year: int | None
    gap: float
    source: str = "solved"


def table(problem: Problem, plan: Plan) -> DataFrame:
    """Return for every home what the prices say.

    Parameters
    ----------
    problem, plan
        A programme and its solution.

    Returns
    -------
    pandas.DataFrame
        Index of positions in `problem.uids`: `year` (calendar, missing when left out), `rank` (by score, then
        uid), `county_rank`, `margin` (points above the prices in the plan's year, or in the best year
        when left out), `best_year`, `need_score` (more points that would have brought it in), `need_cost`
        (fewer yuan; missing where money is not what lacks), `need_place` (points a place of the county costs
        above others, 0 where its quota does not bind), `alike` (left out although another home with the same
        county, score and cost is in: the uid decided).
    """
    worth = plan.prices.worth(problem)
    chosen = plan.year >= 0
    best_year = worth.argmax(axis=1)
    rows = np.arange(len(chosen))
    margin = np.where(chosen, worth[rows, np.where(chosen, plan.year, 0)], worth[rows, best_year])
    short = np.maximum(0.0, -worth)
    lacking = ~chosen
    yuan = plan.prices.yuan
    with np.errstate(divide="ignore", invalid="ignore"):
        fewer = np.where(yuan > 1e-12, short / yuan, np.inf).min(axis=1)
    possible = lacking & (fewer <= problem.cost)
    frame = DataFrame({"score": problem.score, "uid": np.asarray(problem.uids, dtype=object)})
    order = frame.sort_values(["score", "uid"], ascending=[False, True]).index
    rank = pd.Series(np.arange(1, len(order) + 1), index=order).sort_index()
    county_rank = rank.groupby(problem.county).rank(method="first").astype("int64")
    year = pd.Series(np.where(chosen, problem.first_year + plan.year, -1), dtype="Int64")
    return DataFrame(
        {
            "year": year.where(chosen, pd.NA),
            "rank": rank.astype("int64"),
            "county_rank": county_rank,
            "margin": margin,
            "best_year": problem.first_year + np.where(chosen, plan.year, best_year),
            "need_score": np.where(lacking, (short / problem.discount).min(axis=1), 0.0),
            "need_cost": np.where(possible, fewer, np.nan),
            "need_place": np.where(
                lacking, np.maximum(0.0, plan.prices.county)[problem.county, best_year], 0.0
            ),
            "alike": lacking & _alike(problem, chosen),
        }
    )


def words_of(problem: Problem, plan: Plan, position: int, found: DataFrame) -> list[Rule]:
    """Return why one home is in or out, as keys of `labels/*/planner.toml` with their values.

    Parameters
    ----------
    position
        Position of the home in `problem.uids`.
    found
        What `table` returns.
    """
    row = found.iloc[position]
    if problem.fixed[position] >= 0:
        return [("reason.promised", {"year": problem.first_year + int(problem.fixed[position])})]
    if problem.fixed[position] == OUT:
        return [("reason.kept_out", {})]
    county = problem.counties[problem.county[position]]
    if plan.year[position] == LEFT_OUT:
        return _left_out(row, county)
    reasons: list[Rule] = [
        ("reason.chosen", {"margin": round(float(row["margin"]), 2), "year": int(row["year"])}),
        ("reason.rank", {"rank": int(row["rank"]), "county_rank": int(row["county_rank"])}),
    ]
    worth = plan.prices.worth(problem)[position]
    earlier = worth[: plan.year[position]]
    if len(earlier) and earlier.max() < worth[plan.year[position]] - 1e-9:
        reasons.append(("reason.earlier_dearer", {"year": int(row["year"])}))
    elif len(earlier):
        reasons.append(("reason.years_alike", {}))
    if plan.prices.county[problem.county[position], plan.year[position]] < -1e-9:
        reasons.append(("reason.county_least", {"county": county}))
    return reasons


def would_need(row: "pd.Series[Any]") -> list[Rule]:
    """Return what would have brought a home in by the prices, as keys with values (none for one in)."""
    if pd.notna(row["year"]):
        return []
    needed: list[Rule] = []
    if row["alike"]:
        needed.append(("need.tie", {}))
    if row["need_score"] > 0:
        needed.append(("need.score", {"points": _up(row["need_score"])}))
    if pd.notna(row["need_cost"]) and row["need_cost"] > 0:
        needed.append(("need.cost", {"yuan": int(np.ceil(row["need_cost"]))}))
    if row["need_place"] > 1e-9:
        needed.append(("need.quota", {"points": round(float(row["need_place"]), 2)}))
    return needed or [("need.margin", {})]


def true_price(
    problem: Problem,
    plan: Plan,
    position: int,
    *,
    time_limit_s: float = 20.0,
    solver: Callable[..., Plan] = solve,
) -> Price:
    """Return what the others lose when one home is forced in (or, if it is in, left out).

    Raises
    ------
    DomainError
        The solver found no plan in the time.
    """
    chosen = plan.year[position] >= 0
    try:
        forced = problem.with_fixed(position, OUT if chosen else IN)
        other = solver(forced, gap=PRICE_GAP, time_limit_s=time_limit_s)
    except InfeasibleError:
        return Price(None, None, 0.0)
    year = None if chosen else problem.first_year + int(other.year[position])
    return Price(max(0.0, plan.objective - other.objective), year, other.gap)


def _left_out(row: "pd.Series[Any]", county: str) -> list[Rule]:
    reasons: list[Rule] = [
        ("reason.rank", {"rank": int(row["rank"]), "county_rank": int(row["county_rank"])}),
        ("reason.left_out", {"margin": round(-float(row["margin"]), 2), "year": int(row["best_year"])}),
    ]
    if row["alike"]:
        reasons.append(("reason.tie", {}))
    if row["need_place"] > 1e-9:
        reasons.append(("reason.county_most", {"county": county}))
    return reasons


def _alike(problem: Problem, chosen: np.ndarray) -> np.ndarray:
    keys = np.column_stack([problem.county, problem.score, problem.cost])
    _, group = np.unique(keys, axis=0, return_inverse=True)
    served = np.bincount(group.ravel()[chosen], minlength=int(group.max()) + 1) > 0
    return np.asarray(served[group.ravel()])


def _up(points: float) -> float:
    return float(np.ceil(points * 10 - 1e-9) / 10)
