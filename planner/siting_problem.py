"""What a question of siting is made of, and its answer: sparse pairs of demand and site, limits, the choice.

A pair that is not stored cannot be used: the site is out of reach of the demand. Stored costs are seconds
or metres, as `gis.travel.matrix` gives them; a cost of zero is a pair like any other. Sites that stand
already are always open, cost nothing and do not count as new.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gis.errors import DomainError, EmptyLayerError
from gis.travel import Pairs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Model = Literal["mclp", "lscp", "pmedian", "pcenter"]

PROVED_GAP = 1e-9


@dataclass(frozen=True)
class SitingProblem:
    """Demand, sites and limits, for m demands and n sites.

    Attributes
    ----------
    reach
        Cost of every usable pair in seconds or metres, 0 or more, shape (m, n).
    weight
        People of each demand, 0 or more, shape (m,).
    existing
        Which sites stand already, shape (n,).
    cost_yuan, budget_yuan
        What each new site costs, shape (n,), and the most that all new ones may cost; None for no limit.
    capacity
        People each site serves at most, shape (n,); a village's people may then go to different sites.
    county, floors
        County of each demand, positions in `counties`, shape (m,); people that must be reached in each
        county at least, shape (counties,).
    counties, demands, sites
        Names for messages; without one a demand or site is called by its position.
    """

    reach: csr_array
    weight: Floats
    existing: Bools
    cost_yuan: Floats | None = None
    budget_yuan: float | None = None
    capacity: Floats | None = None
    county: Ints | None = None
    floors: Floats | None = None
    counties: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    def demand_name(self, number: int) -> str:
        """Return the name of a demand for a message."""
        return self.demands[number] if self.demands else f"demand {number}"

    def county_name(self, number: int) -> str:
        """Return the name of a county for a message."""
        return self.counties[number] if self.counties else f"county {number}"

    def site_name(self, number: int) -> str:
        """Return the name of a site for a message."""
        return self.sites[number] if self.sites else f"site {number}"

    def cost_of_sites(self) -> Floats:
        """Return yuan of each site, 0 where it stands already; 1 for each new one where no cost is known."""
        cost = np.ones(len(self.existing)) if self.cost_yuan is None else self.cost_yuan
        return np.where(self.existing, 0.0, cost)

    def group_of_demands(self) -> Ints:
        """Return the county of each demand, 0 for all where no county has a floor."""
        if self.floors is None or self.county is None:
            return np.zeros(len(self.weight), dtype=np.int64)
        return self.county

    def floors_beyond(self, held: Bools) -> Floats:
        """Return people still to be reached in each county when some demands are; none without floors."""
        if self.floors is None:
            return np.zeros(0)
        reached = np.bincount(self.group_of_demands()[held], self.weight[held], minlength=len(self.floors))
        return np.maximum(0.0, self.floors - reached)


@dataclass(frozen=True)
class Siting:
    """Sites chosen, whom they serve, and how good that is proved to be.

    Attributes
    ----------
    model
        `mclp`: people reached; `lscp`: new sites, or yuan where sites have a cost; `pmedian`: cost summed
        over people; `pcenter`: the greatest cost of a demand.
    chosen
        Positions of open sites, those that stand already included, rising.
    new
        Positions of the new ones.
    owner
        Open site that serves each demand (most of its people, at the least cost), -1 for none.
    served
        People of each demand that are served; not whole only where capacities bind.
    objective, bound
        In the unit of the model, and the proved limit that no choice passes.
    gap
        |bound - objective| / |objective|; 0.0 exactly when proved best within 1e-9.
    """

    model: Model
    chosen: Ints
    new: Ints
    owner: Ints
    served: Floats
    objective: float
    bound: float
    gap: float

    @property
    def proved(self) -> bool:
        """Whether no choice can be better."""
        return self.gap <= PROVED_GAP


def from_pairs(pairs: Pairs, weight: Floats, existing: Bools, **limits: object) -> SitingProblem:
    """Return the problem of pairs within a limit, as `gis.travel.matrix` gives them.

    Parameters
    ----------
    pairs
        Origins are demands, targets are sites; costs in tenths.
    weight, existing
        Fix the number of demands and of sites.
    **limits
        Further fields of `SitingProblem`.
    """
    cells = (pairs.cost / 10.0, (pairs.origin, pairs.target))
    reach = csr_array(cells, shape=(len(weight), len(existing)))
    return SitingProblem(reach, weight, existing, **limits)  # type: ignore[arg-type]  # checked by `check`


def check(problem: SitingProblem, *, new: int | None = None) -> None:
    """Refuse a problem that contradicts itself.

    Raises
    ------
    EmptyLayerError
        There is no demand, or no site.
    DomainError
        Lengths differ, a figure is negative or not a number, or the number of new sites is negative.
    """
    many, sites = problem.reach.shape
    if many == 0 or sites == 0:
        raise EmptyLayerError("demand" if many == 0 else "candidate sites")
    counties = 0 if problem.floors is None else len(problem.floors)
    _lengths("weight", problem.weight, many)
    _lengths("existing", problem.existing, sites)
    _lengths("cost_yuan", problem.cost_yuan, sites)
    _lengths("capacity", problem.capacity, sites)
    _lengths("county", problem.county, many)
    for name, names, size in (("demands", problem.demands, many), ("sites", problem.sites, sites)):
        if names:
            _lengths(name, names, size)
    for name in ("weight", "cost_yuan", "capacity", "floors"):
        _whole(name, getattr(problem, name))
    _whole("reach", problem.reach.data)
    if problem.floors is not None and problem.county is None:
        raise DomainError("There are floors of counties, but `county` does not say where each demand lies.")
    if counties and problem.county is not None and not _inside(problem.county, counties):
        raise DomainError(f"`county` names a county beyond the {counties} that have floors.")
    if problem.budget_yuan is not None and problem.cost_yuan is None:
        raise DomainError("There is a budget, but `cost_yuan` does not say what a site costs.")
    if new is not None and new < 0:
        raise DomainError(f"{new} new sites were asked for; ask for 0 or more.")


def only(problem: SitingProblem, model: Model, *fields: str) -> None:
    """Refuse limits that a model does not keep, rather than pass over them.

    Raises
    ------
    DomainError
        The problem has a limit beyond `fields`.
    """
    for field in ("budget_yuan", "capacity", "floors"):
        if field not in fields and getattr(problem, field) is not None:
            raise DomainError(f"The model {model} does not keep `{field}`; leave it out, or take mclp.")


def answer(problem: SitingProblem, model: Model, chosen: Ints, *, objective: float, bound: float) -> Siting:
    """Return the siting in which everybody goes to the nearest open site."""
    chosen = np.union1d(np.flatnonzero(problem.existing), chosen)
    owner, _ = nearest_open(problem.reach, chosen)
    served = np.where(owner >= 0, problem.weight, 0.0)
    return with_flow(problem, model, chosen, (owner, served), limits=(objective, bound))


def with_flow(
    problem: SitingProblem,
    model: Model,
    chosen: Ints,
    flow: tuple[Ints, Floats],
    *,
    limits: tuple[float, float],
) -> Siting:
    """Return the siting of which owner and people served of each demand are known."""
    objective, bound = limits
    opened = np.union1d(np.flatnonzero(problem.existing), chosen).astype(np.int64)
    gap = abs(bound - objective) / max(abs(objective), 1e-12)
    proved = gap <= PROVED_GAP
    return Siting(
        model,
        opened,
        opened[~problem.existing[opened]],
        *flow,
        float(objective),
        float(objective if proved else bound),
        0.0 if proved else float(gap),
    )


def nearest_open(reach: csr_array, chosen: Ints) -> tuple[Ints, Floats]:
    """Return the cheapest of the chosen sites of every demand, and its cost; -1 and inf where none is.

    At equal costs the site listed first serves.
    """
    opened = np.zeros(reach.shape[1], dtype=bool)
    opened[chosen] = True
    row = np.repeat(np.arange(reach.shape[0]), np.diff(reach.indptr))
    usable = opened[reach.indices]
    row, site, cost = row[usable], reach.indices[usable], reach.data[usable]
    order = np.lexsort((site, cost, row))
    first = order[np.unique(row[order], return_index=True)[1]]
    owner, least = np.full(reach.shape[0], -1, dtype=np.int64), np.full(reach.shape[0], np.inf)
    owner[row[first]], least[row[first]] = site[first], cost[first]
    return owner, least


def _lengths(name: str, values: Sequence[object] | NDArray[np.generic] | None, size: int) -> None:
    if values is not None and len(values) != size:
        raise DomainError(f"`{name}` has {len(values)} entries, {size} are needed.")


def _whole(name: str, values: Floats | None) -> None:
    if values is not None and not (np.isfinite(values).all() and (values >= 0).all()):
        raise DomainError(f"`{name}` holds a negative figure or none at all; give 0 or more.")


def _inside(county: Ints, counties: int) -> bool:
    return bool(((county >= 0) & (county < counties)).all())
