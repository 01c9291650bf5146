"""What the programme is solved from: homes, years and limits, as arrays without any person in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.errors import DomainError, EmptyLayerError
from planner.classes import Bools, Floats, Ints

FREE, OUT, IN = -1, -2, -3  # values of `Problem.fixed` besides a year
LEFT_OUT = -1  # value of `Plan.year` of a home in no year


@dataclass(frozen=True)
class Limit:
    """One more limit of every year: what a home and a visit use of it, between two ends.

    Attributes
    ----------
    name
        What it is, for messages; such as `days:620702` or `least:wheelchair`.
    home, visit
        Used by each home, shape (n,), and by a visit of each place, shape (p,), both 0 or more.
    low, high
        Of each year, shape (t,); 0 and infinity where there is none.
    """

    name: str
    home: Floats
    visit: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Works:
    """Where crews must go, so that homes of one place are worth doing in one year; p places.

    Attributes
    ----------
    place
        Position in `places` of each home, shape (n,).
    km
        Of one visit, there and back, shape (p,).
    points_per_km
        Discounted points that a kilometre of mobilisation costs.
    limits
        Crew days, funding lines, floors of groups; may be empty.
    days, outdoor
        Crew days of each home, and whether its works need the building season, shape (n,).
    """

    place: Ints
    places: tuple[str, ...]
    km: Floats
    points_per_km: float
    limits: tuple[Limit, ...]
    days: Floats
    outdoor: Bools


@dataclass(frozen=True)
class Problem:
    """Everything the programme is solved from; n homes, k counties, t years.

    Attributes
    ----------
    uids
        One uid a home, unique, shape (n,).
    county
        Position in `counties`, shape (n,).
    score, cost
        Points of need and yuan reserved, shape (n,), both 0 or more.
    discount
        Worth of one point in each year, shape (t,), falling.
    homes, budget
        Homes and yuan of each year, shape (t,).
    quota_min, quota_max
        Homes of each county and year, shape (k, t).
    fixed
        FREE, OUT (in no year), IN (in some year) or the position of a promised year, shape (n,).
    at_most
        Whether a year may have fewer homes than `homes`.
    works
        Crews and further limits; None for a programme without them.
    """

    uids: Sequence[str]
    county: Ints
    counties: tuple[str, ...]
    score: Floats
    cost: Floats
    first_year: int
    discount: Floats
    homes: Ints
    budget: Floats
    quota_min: Ints
    quota_max: Ints
    fixed: Ints
    at_most: bool = False
    works: Works | None = None

    @property
    def years(self) -> int:
        """Number of years."""
        return len(self.discount)

    def with_fixed(self, position: int, choice: int) -> "Problem":
        """Return the same problem with one home fixed to a year, FREE, IN or OUT."""
        fixed = self.fixed.copy()
        fixed[position] = choice
        return replace(self, fixed=fixed)


def check(problem: Problem) -> None:
    """Refuse a problem that contradicts itself.

    Raises
    ------
    DomainError
        Lengths differ, a uid repeats, a value is negative or no number, or the discount rises.
    EmptyLayerError
        There are no homes.
    """
    homes, years, counties = len(problem.uids), problem.years, len(problem.counties)
    if homes == 0:
        raise EmptyLayerError("people")
    if len(set(problem.uids)) != homes:
        raise DomainError("The programme lists a household twice; give every household once.")
    for name, values, shape in (
        ("county", problem.county, (homes,)),
        ("score", problem.score, (homes,)),
        ("cost", problem.cost, (homes,)),
        ("fixed", problem.fixed, (homes,)),
        ("homes", problem.homes, (years,)),
        ("budget", problem.budget, (years,)),
        ("quota_min", problem.quota_min, (counties, years)),
        ("quota_max", problem.quota_max, (counties, years)),
    ):
        if values.shape != shape:
            raise DomainError(f"The programme's {name} has the shape {values.shape}, not {shape}.")
        if name != "fixed" and not (np.isfinite(values).all() and (values >= 0).all()):
            raise DomainError(f"The programme's {name} holds a negative or missing value.")
    if (np.diff(problem.discount) > 0).any():
        raise DomainError("The discount must not rise from year to year.")
    if problem.works is not None:
        _check_works(problem.works, homes, years)
    if (problem.fixed >= years).any() or (problem.fixed < IN).any():
        raise DomainError(f"A home is promised to a year beyond the {years} years of the programme.")


def _check_works(works: Works, homes: int, years: int) -> None:
    places = len(works.places)
    shaped: list[tuple[str, NDArray[Any], tuple[int, ...]]] = [
        ("place", works.place, (homes,)),
        ("km", works.km, (places,)),
        ("days", works.days, (homes,)),
    ]
    shaped.append(("outdoor", works.outdoor, (homes,)))
    for limit in works.limits:
        shaped += [
            (limit.name, limit.home, (homes,)), (limit.name, limit.visit, (places,)),
            (limit.name, limit.low, (years,)), (limit.name, limit.high, (years,)),
        ]  # fmt: skip
    for name, values, shape in shaped:
        if values.shape != shape:
            raise DomainError(f"The programme's {name} has the shape {values.shape}, not {shape}.")
        if np.isnan(values).any() or (values < 0).any():
            raise DomainError(f"The programme's {name} holds a negative or missing value.")
