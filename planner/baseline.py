"""The plain ranked list that offices make today, and a lottery, as the yardsticks beside every plan.

Homes in the order of their score, the earliest year that still has a place and the money, no quotas: what a
points list does. The lottery gives places and money out in the same way to homes in a drawn order. Their
broken limits are counted, not hidden.
"""

from dataclasses import dataclass

import numpy as np
from pandas import DataFrame

from planner.classes import Ints
from planner.equity import equity
from planner.problem import LEFT_OUT, Problem


@dataclass(frozen=True)
class Outcome:
    """What one way of choosing achieves.

    Attributes
    ----------
    need_met
        Discounted points.
    gini
        Between counties; 0 is even.
    worst_tenth
        Share of the tenth with the greatest need that is served.
    broken
        Number of limits of homes or counties, over all years, that are not kept.
    """

    homes: int
    need_met: float
    mean_score: float
    cost_yuan: float
    gini: float
    worst_tenth: float
    broken: int


def ranked_list(problem: Problem) -> Ints:
    """Return the year of each home (LEFT_OUT for none) as a plain points list gives them out."""
    return _given_out(problem, np.lexsort((np.asarray(problem.uids, dtype=str), -problem.score)))


def lottery(problem: Problem, *, seed: int = 1) -> Ints:
    """Return the year of each home as a lottery gives them out; the same seed draws the same."""
    order = np.argsort(np.asarray(problem.uids, dtype=str), kind="stable")
    return _given_out(problem, np.random.default_rng(seed).permutation(order))


def _given_out(problem: Problem, order: Ints) -> Ints:
    year = np.full(len(problem.uids), LEFT_OUT, dtype=np.int64)
    places, money = problem.homes.astype(np.int64).copy(), problem.budget.astype(np.float64).copy()
    for home in order:
        for step in range(problem.years):
            if places[step] > 0 and problem.cost[home] <= money[step]:
                year[home] = step
                places[step] -= 1
                money[step] -= problem.cost[home]
                break
        if not places.any():
            break
    return year


def outcome(problem: Problem, year: Ints) -> Outcome:
    """Return what a choice of years achieves and how many limits it breaks."""
    chosen = year >= 0
    met = np.where(chosen, problem.score * problem.discount[year], 0.0)
    homes = DataFrame(
        {
            "uid": np.asarray(problem.uids, dtype=object),
            "score": problem.score,
            "met": met,
            "county_code": problem.county,
        }
    )
    even = equity(homes)
    return Outcome(
        homes=int(chosen.sum()),
        need_met=float(met.sum()),
        mean_score=float(problem.score[chosen].mean()) if chosen.any() else 0.0,
        cost_yuan=float(problem.cost[chosen].sum()),
        gini=even.gini,
        worst_tenth=even.worst_tenth,
        broken=broken_limits(problem, year),
    )


def broken_limits(problem: Problem, year: Ints) -> int:
    """Return how many yearly limits of homes, money and counties a choice breaks."""
    chosen = year >= 0
    count = np.bincount(year[chosen], minlength=problem.years)
    spent = np.bincount(year[chosen], weights=problem.cost[chosen], minlength=problem.years)
    county = np.zeros_like(problem.quota_max)
    np.add.at(county, (problem.county[chosen], year[chosen]), 1)
    fewer = 0 if problem.at_most else int((count < problem.homes).sum())
    return (
        fewer
        + int((count > problem.homes).sum())
        + int((spent > problem.budget + 1e-6).sum())
        + int((county < problem.quota_min).sum())
        + int((county > problem.quota_max).sum())
    )
