"""The programme with crews: its limits as rows, the bound over all homes, and what a choice uses.

Every limit, of homes, money, counties, crew days, funding lines or groups, is one row: what a home uses of it
and what a visit of a place by a crew uses of it in a year, between a low and a high end. A home can be
done only in a year in which a crew visits its place; a visit costs its kilometres in points.

The bound. With a price for every row and year (above 0 where more of it would help, below 0 where less of it
is demanded) the rows become part of the objective, and what remains falls apart into places: a place chooses
the years in which it is visited, and each of its homes the best of them, or none. All 2^t choices of years
are tried for every place with *every* home in it, so the sum of the best choices and of the priced ends is
an upper bound on any plan whatever homes were handed to the solver. It is computed here from the
prices; how they were found does not matter for the proof.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from gis.errors import InfeasibleError
from planner.classes import Bools, Floats, Ints
from planner.problem import FREE, IN, Limit, Problem, Works

YUAN = 1_000.0
SHORT = 1e-6  # of a limit: what is less is rounding
REFUSED = -1e12  # worth of what is not allowed


@dataclass(frozen=True)
class Priced:
    """What prices say.

    Attributes
    ----------
    bound
        No plan is worth more.
    worth
        Of each home in each year beyond the prices, before the visit, shape (n, t).
    visit
        Cost of a visit of each place and year, shape (p, t).
    chosen
        Year of each home in the choice that makes the bound, -1 for none.
    visited
        Years in which each place is visited in that choice, shape (p, t).
    """

    bound: float
    worth: Floats
    visit: Floats
    chosen: Ints
    visited: Bools


def works_of(problem: Problem) -> Works:
    """Return the crews of a programme that has them.

    Raises
    ------
    TypeError
        The programme has none; a fault of the program.
    """
    if problem.works is None:
        raise TypeError("the programme has no crews")
    return problem.works


def rows_of(problem: Problem) -> list[Limit]:
    """Return all limits: homes a year, money (in thousands), each county's homes, then those of the crews."""
    works = works_of(problem)
    ones, none = np.ones(len(problem.uids)), np.zeros(len(works.places))
    homes = problem.homes.astype(np.float64)
    nothing = np.zeros(problem.years)
    rows = [
        Limit("homes", ones, none, nothing if problem.at_most else homes, homes),
        Limit("budget", problem.cost / YUAN, none, nothing, problem.budget / YUAN),
    ]
    for place, county in enumerate(problem.counties):
        inside = (problem.county == place).astype(np.float64)
        least, most = problem.quota_min[place], problem.quota_max[place]
        rows.append(
            Limit(f"county:{county}", inside, none, least.astype(np.float64), most.astype(np.float64))
        )
    return [*rows, *works.limits]


def gains_of(problem: Problem) -> Floats:
    """Return the discounted points of each home in each year, shape (n, t)."""
    return problem.score[:, None] * problem.discount


def priced(problem: Problem, rows: list[Limit], prices: Floats) -> Priced:
    """Return the bound that prices prove, and the choice that makes it.

    Parameters
    ----------
    rows
        What `rows_of` returns.
    prices
        Shape (rows, t); a price whose end is infinite is taken as 0.
    """
    works = works_of(problem)
    high = np.array([row.high for row in rows])
    low = np.array([row.low for row in rows])
    prices = np.where((prices > 0) & np.isinf(high), 0.0, prices)
    ends = np.where(prices > 0, np.where(np.isinf(high), 0.0, high), low)
    worth = gains_of(problem) - np.column_stack([row.home for row in rows]) @ prices
    visit = works.points_per_km * works.km[:, None] + np.column_stack([row.visit for row in rows]) @ prices
    allowed = np.where(np.isin(problem.fixed, (FREE, IN))[:, None], worth, REFUSED)
    promised = np.flatnonzero(problem.fixed >= 0)
    allowed[promised, problem.fixed[promised]] = worth[promised, problem.fixed[promised]]
    must = (problem.fixed >= 0) | (problem.fixed == IN)
    best, choice = _best_years(works, allowed, visit, must)
    inside = choice[works.place]
    offered = np.where(inside, allowed, REFUSED)
    year = offered.argmax(axis=1)
    taken = (offered.max(axis=1) > 0) | (must & (offered.max(axis=1) > REFUSED / 2))
    return Priced(float(best.sum() + (prices * ends).sum()), worth, visit, np.where(taken, year, -1), choice)


def _best_years(works: Works, worth: Floats, visit: Floats, must: Bools) -> tuple[Floats, Bools]:
    # Of every place: the most its homes can add beyond its visits, and the years that give it.
    places, years = visit.shape
    best = np.bincount(works.place, weights=np.where(must, REFUSED, 0.0), minlength=places).astype(np.float64)
    choice: Bools = np.zeros((places, years), dtype=bool)
    for marks in product((False, True), repeat=years):
        subset = np.array(marks)
        if not subset.any():
            continue
        added = worth[:, subset].max(axis=1)
        added = np.where(must, added, np.maximum(0.0, added))
        value = np.bincount(works.place, weights=added, minlength=places) - visit[:, subset].sum(axis=1)
        better = value > best
        best[better], choice[better] = value[better], subset
    return best, choice


def visited(problem: Problem, year: Ints) -> Bools:
    """Return in which years a choice makes a crew visit each place, shape (p, t)."""
    works = works_of(problem)
    marks = np.zeros((len(works.places), problem.years), dtype=bool)
    chosen = year >= 0
    marks[works.place[chosen], year[chosen]] = True
    return marks


def used(problem: Problem, year: Ints) -> Floats:
    """Return what a choice uses of each row in each year, shape (rows, t)."""
    visits = visited(problem, year).astype(np.float64)
    done = np.zeros((len(year), problem.years))
    chosen = np.flatnonzero(year >= 0)
    done[chosen, year[chosen]] = 1.0
    return np.array([row.home @ done + row.visit @ visits for row in rows_of(problem)])


def broken_rows(problem: Problem, year: Ints) -> list[str]:
    """Return the names of the limits that a choice breaks, one for each year."""
    rows, spent = rows_of(problem), used(problem, year)
    broken = []
    for row, values in zip(rows, spent, strict=True):
        outside = (values > row.high + 1e-6) | (values < row.low - 1e-6)
        broken += [f"{row.name}:{problem.first_year + step}" for step in np.flatnonzero(outside)]
    return broken


def travel_points(problem: Problem, year: Ints) -> float:
    """Return the points that the kilometres of a choice cost."""
    works = works_of(problem)
    return works.points_per_km * travelled_km(problem, year)


def travelled_km(problem: Problem, year: Ints) -> float:
    """Return the kilometres of all visits of a choice."""
    return float(works_of(problem).km @ visited(problem, year).sum(axis=1))


def beyond(problem: Problem, excess: Floats) -> InfeasibleError:
    """Return the error that says which limits no plan keeps together, and by how much to ease them.

    Parameters
    ----------
    excess
        The least by which the limits are broken in the linear relaxation, shape (rows, t).
    """
    words, ways = [], []
    for row, amounts in zip(rows_of(problem), excess, strict=True):
        for step in np.flatnonzero(amounts > SHORT):
            words.append(f"{row.name} in {problem.first_year + step}")
            ways.append(f"ease {row.name} in {problem.first_year + step} by {amounts[step]:,.3f}")
    return InfeasibleError(words, ways)
