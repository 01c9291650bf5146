"""A programme between assessment and keeping: its options, its arrays, and a ranked list beside it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from pandas import DataFrame

from gis.errors import EmptyLayerError
from planner import baseline, quotas
from planner.assessment import Assessment
from planner.equity import by_group, equity
from planner.problem import FREE, Problem
from planner.programme import Plan


@dataclass(frozen=True)
class PlanOptions:
    """What a caller may say differently from the city's programme; None keeps the city's value.

    Attributes
    ----------
    budget_yuan
        Of one year.
    at_most
        Whether a year may have fewer homes than `homes_per_year`.
    gap, time_limit_s
        When the solver may stop: relative gap, seconds.
    """

    first_year: int | None = None
    years: int | None = None
    homes_per_year: int | None = None
    budget_yuan: float | None = None
    at_most: bool = False
    gap: float = 0.0
    time_limit_s: float = 60.0


@dataclass(frozen=True)
class Draft:
    """A solved programme that is not kept yet, with everything it came from."""

    assessment: Assessment
    problem: Problem
    plan: Plan
    parameters: dict[str, Any]
    seconds: float

    @property
    def comparison(self) -> dict[str, baseline.Outcome]:
        """The plan beside a plain ranked list and a lottery of the same homes under the same money."""
        ranked = baseline.ranked_list(self.problem)
        return {
            "plan": baseline.outcome(self.problem, self.plan.year),
            "ranked_list": baseline.outcome(self.problem, ranked),
            "lottery": baseline.outcome(self.problem, baseline.lottery(self.problem)),
        }

    def equity(self, by: str) -> DataFrame:
        """Return how the plan serves the groups of `county_code`, `category`, `sex` or `rural`."""
        return by_group(self.homes(), by)

    def homes(self) -> DataFrame:
        """Return the candidates with their calendar `year` (missing when left out) and points `met`."""
        chosen = self.plan.year >= 0
        met = np.where(chosen, self.problem.score * self.problem.discount[self.plan.year], 0.0)
        year = np.where(chosen, self.problem.first_year + self.plan.year, np.nan)
        homes = self.assessment.candidates
        return homes.assign(uid=homes.index, met=met, year=year)


def problem_of(assessment: Assessment, options: PlanOptions) -> tuple[Problem, dict[str, Any]]:
    """Return the arrays of the programme, and the parameters they were made with.

    With `at_most` counties have no least: nobody can promise a share of a number that is not known.

    Raises
    ------
    EmptyLayerError
        No home may be planned.
    """
    homes = assessment.candidates
    if homes.empty:
        raise EmptyLayerError("people")
    said = assessment.rulebook.parameters
    first_year = int(options.first_year or said["first_year"])
    years = int(options.years or said["years"])
    per_year = int(options.homes_per_year or said["homes_per_year"])
    budget = float(options.budget_yuan or said["budget_per_home_yuan"] * per_year)
    county_code = homes["county_code"].fillna("unknown").to_numpy(dtype=str)
    counties, place = np.unique(county_code, return_inverse=True)
    seats, eligible = np.full(years, per_year, dtype=np.int64), np.bincount(place, minlength=len(counties))
    least, most = quotas.bands(eligible, seats, low=said["quota_low"], high=said["quota_high"])
    problem = Problem(
        uids=[str(uid) for uid in homes.index],
        county=place.astype(np.int64),
        counties=tuple(str(code) for code in counties),
        score=homes["score"].to_numpy(dtype=np.float64),
        cost=homes["reserve_yuan"].to_numpy(dtype=np.float64),
        first_year=first_year,
        discount=np.power(float(said["discount"]), np.arange(years), dtype=np.float64),
        homes=seats,
        budget=np.full(years, budget),
        quota_min=np.zeros_like(least) if options.at_most else least,
        quota_max=most,
        fixed=np.full(len(homes), FREE, dtype=np.int64),
        at_most=options.at_most,
    )
    parameters = {
        **said,
        "city": assessment.rulebook.city_id,
        "on": assessment.rulebook.on.isoformat(),
        "first_year": first_year,
        "years": years,
        "homes_per_year": per_year,
        "budget_yuan": budget,
        "at_most": options.at_most,
        "counts": assessment.counts(),
    }
    return problem, parameters


def kept_parameters(draft: Draft) -> dict[str, Any]:
    """Return everything of a draft that is kept beside its homes: limits, prices, comparison, equity."""
    prices = {name: np.asarray(value).tolist() for name, value in asdict(draft.plan.prices).items()}
    return draft.parameters | {
        "prices": prices,
        "counties": list(draft.problem.counties),
        "quota_min": draft.problem.quota_min.tolist(),
        "quota_max": draft.problem.quota_max.tolist(),
        "comparison": {name: asdict(found) for name, found in draft.comparison.items()},
        "equity": _equity(draft),
    }


def _equity(draft: Draft) -> dict[str, Any]:
    whole = equity(draft.homes())
    groups = {
        by: draft.equity(by).round(4).reset_index().to_dict("records")
        for by in ("county_code", "category", "sex", "rural")
    }
    return {
        "gini": whole.gini,
        "worst_tenth": whole.worst_tenth,
        "lorenz": whole.lorenz.tolist(),
        "by": groups,
    }
