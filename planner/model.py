"""The programme's rows and columns as HiGHS takes them, and nothing of what they mean to a family.

A column says how many homes of a class are served in a year. The rows are, in this order: each class at
most its count, homes of a year, yuan of a year (in thousands, which keeps the coefficients near one),
homes of a county in a year. `highspy` is compiled code without effects of its own.
"""

from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from planner.classes import Classes, Floats, Ints
from planner.quiet import QuietHighs

YUAN = 1_000.0


@dataclass(frozen=True)
class Limits:
    """What is left of the limits for homes that are still free, per year (t,) or county and year (k, t).

    `homes_min` equals `homes_max` where the number of homes a year is exact.
    """

    homes_min: Floats
    homes_max: Floats
    budget: Floats
    quota_min: Floats
    quota_max: Floats

    @property
    def years(self) -> int:
        """Number of years."""
        return len(self.budget)

    def less(self, county: Ints, year: Ints, count: Floats, cost: Floats) -> "Limits":
        """Return what is left after serving `count` homes of each `county`, `year` at `cost` a home."""
        served = np.bincount(year, weights=count, minlength=self.years)
        spent = np.bincount(year, weights=count * cost, minlength=self.years)
        by_county = np.zeros_like(self.quota_max)
        np.add.at(by_county, (county, year), count)
        return replace(
            self,
            homes_min=self.homes_min - served,
            homes_max=self.homes_max - served,
            budget=self.budget - spent,
            quota_min=self.quota_min - by_county,
            quota_max=self.quota_max - by_county,
        )


@dataclass(frozen=True)
class Answer:
    """What came of one run: `status` is `optimal`, `infeasible` or `limit`.

    Attributes
    ----------
    values
        Homes served, shape (columns,), then units of slack; empty when there is no solution.
    objective, bound
        In discounted points; the bound is proved for the columns that were offered.
    homes_price, yuan_price, county_price
        Dual values of the linear relaxation, of the signs a valid bound needs; zero after a whole run.
    """

    status: str
    values: Floats
    objective: float
    bound: float
    homes_price: Floats
    yuan_price: Floats
    county_price: Floats
    seconds: float


@dataclass(frozen=True)
class Slack:
    """Ways to break limits at a price: a row, what one unit adds to it, and the points it costs."""

    row: Ints
    adds: Floats
    price: Floats


NO_SLACK = Slack(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class Columns:
    """Which class may be served in which year, the two of equal shape (columns,)."""

    number: Ints
    year: Ints


def every_column(classes: Classes, years: int) -> Columns:
    """Return a column for every class and year."""
    size = len(classes.count)
    return Columns(np.repeat(np.arange(size), years), np.tile(np.arange(years), size))


def run(
    classes: Classes,
    columns: Columns,
    gains: Floats,
    limits: Limits,
    *,
    least: Ints,
    whole: bool,
    time_limit_s: float,
    slack: Slack = NO_SLACK,
) -> Answer:
    """Solve the programme over the offered columns.

    Parameters
    ----------
    gains
        Discounted points of one home, shape (columns,).
    least
        Homes of each class that must be served, shape (classes,).
    whole
        Whether homes are whole; otherwise the linear relaxation with its prices.
    slack
        Ways to break limits at a price.
    """
    size, years, counties = len(classes.count), limits.years, len(limits.quota_max)
    if len(gains) + len(slack.row) == 0:
        return _nothing_offered(classes, limits, least)
    matrix = _matrix(classes, columns, years, counties)
    width, extra = len(gains), len(slack.row)
    breaks = sparse.csr_matrix((slack.adds, (slack.row, np.arange(extra))), shape=(matrix.shape[0], extra))
    matrix = sparse.hstack([matrix, breaks], format="csr")
    most = np.concatenate([classes.count[columns.number], np.full(extra, highspy.kHighsInf)])
    linear = highspy.HighsLp()
    linear.num_col_, linear.num_row_ = width + extra, matrix.shape[0]
    linear.sense_ = highspy.ObjSense.kMaximize
    linear.col_cost_ = np.concatenate([gains, -slack.price])
    linear.col_lower_, linear.col_upper_ = np.zeros(width + extra), most
    linear.row_lower_, linear.row_upper_ = _row_limits(classes, limits, least)
    linear.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    linear.a_matrix_.start_ = matrix.indptr
    linear.a_matrix_.index_ = matrix.indices
    linear.a_matrix_.value_ = matrix.data
    if whole:
        linear.integrality_ = [highspy.HighsVarType.kInteger] * (width + extra)
    solver = _solver(time_limit_s)
    solver.passModel(linear)
    solver.run()
    return _answer(solver, size, years, counties, whole=whole)


def _nothing_offered(classes: Classes, limits: Limits, least: Ints) -> Answer:
    # HiGHS calls an empty model empty, even when its rows ask for something.
    lower, upper = _row_limits(classes, limits, least)
    fits = bool((lower <= 0).all() and (upper >= 0).all())
    value = 0.0 if fits else -np.inf
    years, counties = limits.years, len(limits.quota_max)
    prices = np.zeros(years), np.zeros(years), np.zeros((counties, years))
    return Answer("optimal" if fits else "infeasible", np.zeros(0), value, value, *prices, 0.0)


def _row_limits(classes: Classes, limits: Limits, least: Ints) -> tuple[Floats, Floats]:
    free = np.full(limits.years, -highspy.kHighsInf)
    lower = np.concatenate([least, limits.homes_min, free, limits.quota_min.ravel()])
    upper = np.concatenate([classes.count, limits.homes_max, limits.budget / YUAN, limits.quota_max.ravel()])
    return lower.astype(np.float64), upper.astype(np.float64)


def _matrix(classes: Classes, columns: Columns, years: int, counties: int) -> sparse.csr_matrix:
    size, width = len(classes.count), len(columns.year)
    county = classes.county[columns.number]
    rows = np.concatenate(
        [
            columns.number,
            size + columns.year,
            size + years + columns.year,
            size + 2 * years + county * years + columns.year,
        ]
    )
    ones = np.ones(width)
    values = np.concatenate([ones, ones, classes.cost[columns.number] / YUAN, ones])
    shape = (size + 2 * years + counties * years, width)
    return sparse.csr_matrix((values, (rows, np.tile(np.arange(width), 4))), shape=shape)


def _solver(time_limit_s: float) -> highspy.Highs:
    solver = QuietHighs()  # type: ignore[no-untyped-call]  # highspy declares no types
    solver.setOptionValue("time_limit", max(0.1, float(time_limit_s)))
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 1e-7)
    solver.setOptionValue("mip_feasibility_tolerance", 1e-9)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    solver.setOptionValue("dual_feasibility_tolerance", 1e-9)
    solver.setOptionValue("threads", 1)  # the same input gives the same plan
    solver.setOptionValue("random_seed", 1)
    return solver


def _answer(solver: highspy.Highs, size: int, years: int, counties: int, *, whole: bool) -> Answer:
    found = solver.getModelStatus()
    info = solver.getInfo()
    solution = solver.getSolution()
    has_solution = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    status = "limit"
    if found == highspy.HighsModelStatus.kOptimal:
        status = "optimal"
    elif found in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        status = "infeasible"
    duals = np.zeros(size + 2 * years + counties * years)
    if has_solution and not whole and status == "optimal":
        duals = np.array(solution.row_dual)
    values: NDArray[np.float64] = np.array(solution.col_value) if has_solution else np.zeros(0)
    if status == "infeasible":
        bound = -np.inf
    else:
        bound = float(info.mip_dual_bound if whole else info.objective_function_value)
    return Answer(
        status,
        np.round(values) if whole else values,
        float(info.objective_function_value) if has_solution else -np.inf,
        bound,
        duals[size : size + years],
        np.maximum(0.0, duals[size + years : size + 2 * years]) / YUAN,
        duals[size + 2 * years :].reshape(counties, years),
        float(solver.getRunTime()),
    )


def must_serve(classes: Classes) -> Ints:
    """Return how many homes of each class must be served: all of a class that must be, else none."""
    return np.where(classes.must, classes.count, 0).astype(np.int64)
