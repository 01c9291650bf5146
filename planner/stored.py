"""A plan that was kept: its homes, what it says to a machine, and the problem and prices it came from.

The kept parameters hold every limit and price, so that a plan can be explained, or solved again with one
home forced in, without the people it was made from.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame

from planner import reasons
from planner.assessment import Assessment
from planner.problem import FREE, LEFT_OUT, Problem
from planner.programme import Plan, Prices
from planner.store import PlanRecord


@dataclass(frozen=True)
class StoredPlan:
    """A kept plan.

    Attributes
    ----------
    record
        What it was solved from and what was proved.
    homes
        `household_uid`, `county_code`, `year` (missing when left out), `rank`, `score`, `cost_yuan`, `parts`;
        in the order of the uid.
    """

    record: PlanRecord
    homes: DataFrame

    @property
    def id(self) -> int:
        """Number of the plan."""
        return self.record.id

    @property
    def eligible(self) -> int:
        """Homes it was chosen from."""
        return self.record.eligible

    @property
    def objective(self) -> float:
        """Discounted need met."""
        return self.record.objective

    @property
    def bound(self) -> float:
        """The most that any plan can meet."""
        return self.record.bound

    @property
    def gap(self) -> float:
        """Proved relative gap."""
        return self.record.gap

    @property
    def calendar(self) -> range:
        """The years of the programme."""
        return range(self.record.first_year, self.record.first_year + self.record.years)

    @property
    def chosen(self) -> DataFrame:
        """The homes that have a year."""
        return self.homes[self.homes["year"].notna()]

    @property
    def homes_per_year(self) -> list[int]:
        """Homes of each year."""
        years = self.chosen["year"].astype(int)
        return [int((years == year).sum()) for year in self.calendar]

    @property
    def comparison(self) -> dict[str, dict[str, Any]]:
        """The plan beside a plain ranked list."""
        found: dict[str, dict[str, Any]] = self.record.parameters["comparison"]
        return found

    def told(self) -> dict[str, Any]:
        """Return the machine-readable answer of `plan run`."""
        years = []
        for year in self.calendar:
            homes = self.chosen[self.chosen["year"] == year]
            county = homes["county_code"].value_counts().sort_index()
            years.append(
                {
                    "year": year,
                    "homes": len(homes),
                    "cost_yuan": round(float(homes["cost_yuan"].sum()), 2),
                    "by_county": {str(code): int(count) for code, count in county.items()},
                }
            )
        return {
            "plan": self.id,
            "eligible": self.eligible,
            "years": years,
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "seconds": round(self.record.seconds, 2),
            "comparison": self.comparison,
        }

    @cached_property
    def problem(self) -> Problem:
        """The programme this plan solves."""
        said, homes = self.record.parameters, self.homes
        counties = tuple(said["counties"])
        step = float(said["reserve_step_yuan"])
        reserve = np.ceil(homes["cost_yuan"].to_numpy(dtype=float) / step - 1e-9) * step
        years = self.record.years
        return Problem(
            uids=homes["household_uid"].astype(str).tolist(),
            county=homes["county_code"]
            .map({code: place for place, code in enumerate(counties)})
            .to_numpy(np.int64),
            counties=counties,
            score=homes["score"].to_numpy(dtype=np.float64),
            cost=reserve,
            first_year=self.record.first_year,
            discount=np.power(float(said["discount"]), np.arange(years), dtype=np.float64),
            homes=np.full(years, int(said["homes_per_year"]), dtype=np.int64),
            budget=np.full(years, float(said["budget_yuan"])),
            quota_min=np.array(said["quota_min"], dtype=np.int64),
            quota_max=np.array(said["quota_max"], dtype=np.int64),
            fixed=np.full(len(homes), FREE, dtype=np.int64),
            at_most=bool(said["at_most"]),
        )

    @cached_property
    def plan(self) -> Plan:
        """The solution with its prices."""
        prices = {name: np.array(value) for name, value in self.record.parameters["prices"].items()}
        year = self.homes["year"].astype("Float64") - self.record.first_year
        place = np.asarray(year.fillna(LEFT_OUT), dtype=np.int64)
        return Plan(place, self.objective, self.bound, self.gap, Prices(**prices), (0, 0))

    @cached_property
    def reasons(self) -> DataFrame:
        """What the prices say of every home; see `planner.reasons.table`."""
        return reasons.table(self.problem, self.plan)


def plan_homes_frame(assessment: Assessment, problem: Problem, plan: Plan) -> DataFrame:
    """Return the rows of the table `plan_home` for a solved programme, without the plan's number."""
    homes = assessment.candidates
    found = reasons.table(problem, plan)
    parts = assessment.parts.reindex(homes.index)
    names = parts.columns.tolist()
    return DataFrame(
        {
            "household_uid": homes.index.astype(str),
            "county_code": [problem.counties[place] for place in problem.county],
            "year": pd.array(found["year"].to_numpy(), dtype="Int64"),
            "rank": found["rank"].to_numpy(),
            "score": problem.score,
            "cost_yuan": homes["cost_yuan"].to_numpy(dtype=float),
            "parts": [
                {name: float(points) for name, points in zip(names, row, strict=True) if points}
                for row in parts.to_numpy()
            ],
            "assessed_on": None,
        }
    )
