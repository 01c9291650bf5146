"""The columns and rows of a programme with crews over a pool of homes, as HiGHS takes them.

A column for each home and year and for each place and year. The rows: each home at most once, no home in a
year in which its place is not visited, then the shared limits in the order of `planner.visits.rows_of`. The
last columns are slack that breaks a shared limit at a dear price; whole-number runs are not offered them.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from planner.classes import Floats, Ints
from planner.problem import IN, LEFT_OUT, Limit, Problem
from planner.visits import gains_of, works_of

DEAR = 50.0  # times the highest score: what it costs the relaxation to break a limit by a home


@dataclass(frozen=True)
class Model:
    """Columns: home and year for the pool, then place and year for its places; then slack."""

    homes: Ints
    places: Ints
    matrix: sparse.csr_array
    low: Floats
    high: Floats
    gains: Floats
    slack: int

    @property
    def shared(self) -> int:
        """Where the rows of the shared limits begin."""
        return int(self.matrix.shape[0]) - self.slack // 2


def model_of(problem: Problem, rows: list[Limit], homes: Ints) -> Model:
    """Return the model over the homes of a pool, given by their positions."""
    works, years = works_of(problem), problem.years
    places = np.unique(works.place[homes])
    size, width = len(homes) * years, len(places) * years
    at = np.searchsorted(places, works.place[homes])
    own = (at[:, None] * years + np.arange(years)).ravel()
    once = sparse.kron(sparse.eye_array(len(homes)), np.ones((1, years)))
    link = sparse.hstack([sparse.eye_array(size), -sparse.eye_array(width, format="csr")[own]])
    by_home = sparse.csr_array(np.array([row.home[homes] for row in rows]))
    by_visit = sparse.csr_array(np.array([row.visit[places] for row in rows]))
    yearly = sparse.eye_array(years)
    shared = sparse.hstack([sparse.kron(by_home, yearly), sparse.kron(by_visit, yearly)])
    count = len(rows) * years
    slack = sparse.hstack([sparse.eye_array(count), -sparse.eye_array(count)])
    matrix = sparse.bmat(
        [
            [sparse.hstack([once, sparse.csr_array((len(homes), width))]), None],
            [link, None],
            [shared, slack],
        ],
        format="csr",
    )
    must = (problem.fixed[homes] >= 0) | (problem.fixed[homes] == IN)
    low = np.array([row.low for row in rows]).ravel()
    high = np.array([row.high for row in rows]).ravel()
    least = [np.min(row.home, where=row.home > 0, initial=1.0) for row in rows]
    dear = np.repeat(DEAR * max(1.0, float(problem.score.max())) / np.array(least), years)
    travel = np.repeat(works.points_per_km * works.km[places], years)
    return Model(
        homes,
        places,
        sparse.csr_array(matrix),
        np.concatenate([must.astype(np.float64), np.full(size, -np.inf), low]),
        np.concatenate([np.ones(len(homes)), np.zeros(size), high]),
        np.concatenate([gains_of(problem)[homes].ravel(), -travel, -dear, -dear]),
        2 * count,
    )


def upper_ends(problem: Problem, model: Model) -> Floats:
    """Return the upper end of each column: 0 for a promised home in any other year."""
    years = problem.years
    fixed = problem.fixed[model.homes]
    allowed = np.ones((len(model.homes), years))
    allowed[fixed >= 0] = 0.0
    allowed[np.flatnonzero(fixed >= 0), fixed[fixed >= 0]] = 1.0
    return np.concatenate([allowed.ravel(), np.ones(len(model.places) * years), np.full(model.slack, np.inf)])


def years_of(problem: Problem, model: Model, solution: Floats) -> Ints:
    """Return the year of every home of the programme in a whole-number solution."""
    done = solution[: len(model.homes) * problem.years].reshape(-1, problem.years)
    year = np.full(len(problem.uids), LEFT_OUT, dtype=np.int64)
    chosen = done.max(axis=1) > 0.5
    year[model.homes[chosen]] = done[chosen].argmax(axis=1)
    return year
