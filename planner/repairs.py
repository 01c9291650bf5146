"""Which repairs to pay for: the bundle of units that brings most people within reach under a budget.

Repairs are not additive: of two kerbs on one way each alone brings nobody, and two ways to one toilet
count once. So a bundle is judged by the network and never by a sum. What no bundle can beat is proved by
cuts: for a home that some bundle leaves out there is a set of units of which one must be repaired, whatever
else is (`gis.repairs.in_the_way`), and a whole-number model with those cuts can only promise too much.
Each round solves the model, lets the network judge its bundle, and adds the cuts of the homes that were
promised and not reached; when nothing was promised in vain, the bundle is proved best. A greedy bundle
is there from the start, so that whatever ends the rounds leaves a true bundle and a true bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gis.barrier_openings import Openings
from gis.barrier_pieces import Bools
from gis.errors import InputError
from gis.repairs import Progress, in_the_way
from planner.siting_highs import Linear, minimise

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Cut = frozenset[int]

ROUNDS = 400
SURE = 1e-6  # a bound on whole people may be rounded down beyond this


@dataclass(frozen=True)
class Bundle:
    """Units to repair together.

    Attributes
    ----------
    units
        Positions in `Openings.units`, ascending.
    people
        Whom they bring within reach, exactly.
    cost_yuan
        What they cost together.
    bound
        No bundle within the budget brings more people than this.
    """

    units: tuple[int, ...]
    people: int
    cost_yuan: float
    bound: int

    @property
    def gap(self) -> float:
        """How much better a bundle could be at most, as a share of the bound."""
        return 0.0 if self.bound <= self.people else 1 - self.people / self.bound


@dataclass(frozen=True, eq=False)
class _Task:
    """Homes (positions) that repairs can bring within reach, their people, and which units concern whom."""

    openings: Openings
    people: Longs
    homes: Longs
    cost: Floats
    budget: float
    ways: csr_array

    def value(self, opened: Bools, asked: Longs) -> tuple[Bools, dict[int, Cut]]:
        """Return which of the homes asked for (positions in `homes`) are reached, and a cut of each other."""
        found = in_the_way(self.openings, self.homes[asked], opened)
        cuts: dict[int, set[int]] = {int(asked[number]): set() for number in np.flatnonzero(~found.reached)}
        for number, unit in found.cuts.tolist():
            cuts[int(asked[number])].add(unit)
        return found.reached, {home: frozenset(cut) for home, cut in cuts.items()}


def best_bundle(
    openings: Openings,
    people: Longs,
    cost_yuan: Floats,
    budget_yuan: float | None = None,
    *,
    time_limit_s: float = 30.0,
) -> Bundle:
    """Return the bundle that brings most people within reach.

    Parameters
    ----------
    people
        Of every home; whole numbers.
    cost_yuan
        Of every unit.
    budget_yuan
        What may be spent; None for the cheapest found of those bundles that bring everybody.
    time_limit_s
        Seconds of the solver; where they run out the bound stays true and the gap is not zero.

    Raises
    ------
    InputError
        The budget or a cost is below zero.
    """
    if (budget_yuan is not None and budget_yuan < 0) or (len(cost_yuan) and cost_yuan.min() < 0):
        raise InputError("A budget and what a repair costs are 0 yuan or more.")
    homes = np.flatnonzero(openings.reachable & ~openings.reached & (people > 0))
    if not len(homes):
        return Bundle((), 0, 0.0, 0)
    nothing = np.zeros(len(openings.units), bool)
    found = in_the_way(openings, homes, nothing)
    ones = np.ones(len(found.ways), np.int64)
    shape = (len(homes), len(openings.units))
    ways = csr_array((ones, (found.ways[:, 0], found.ways[:, 1])), shape=shape)
    budget = np.inf if budget_yuan is None else float(budget_yuan)
    task = _Task(openings, people[homes], homes, cost_yuan.astype(float), budget, ways)
    useful = np.asarray(ways.sum(axis=0)).ravel() > 0
    if cost_yuan[useful].sum() <= budget:
        everybody = int(task.people.sum())
        return _bundle(task, useful, everybody, everybody)
    _, cuts = task.value(nothing, np.arange(len(homes)))
    return _by_cuts(task, {home: {cut} for home, cut in cuts.items()}, time_limit_s)


def greedy(openings: Openings, people: Longs, cost_yuan: Floats, budget: float, ways: csr_array) -> Bools:
    """Return which units are repaired when always the one is next that gains most for its price.

    Parameters
    ----------
    ways
        Which units concern which homes, shape (homes, units): only units that share a home with the one
        that was repaired last need to be judged again.
    """
    progress, opened = Progress(openings, people), np.zeros(len(openings.units), bool)
    near, left = csr_array(ways.T @ ways), budget
    gains = progress.gains().astype(float)
    while True:
        allowed = (gains > 0) & (cost_yuan <= left) & ~opened
        if not allowed.any():
            return opened
        rate = np.where(allowed, gains / np.maximum(cost_yuan, SURE), -1.0)
        unit = int(rate.argmax())
        progress.repair(unit)
        opened[unit] = True
        left -= cost_yuan[unit]
        again = near.indices[near.indptr[unit] : near.indptr[unit + 1]].astype(np.int32)
        gains[again] = progress.gains(again)


def _by_cuts(task: _Task, cuts: dict[int, set[Cut]], time_limit_s: float) -> Bundle:
    best = greedy(task.openings, _spread(task), task.cost, task.budget, task.ways)
    most = int(task.people[task.value(best, np.arange(len(task.homes)))[0]].sum())
    bound, seconds = float(task.people.sum()), 0.0
    for _ in range(ROUNDS):
        groups = _groups(cuts)
        linear = _model(task, groups)
        start = _start(groups, best)
        found = minimise(linear, time_limit_s=max(time_limit_s - seconds, 0.5), start=start)
        seconds += found.seconds
        bound = min(bound, np.floor(-found.bound + SURE))
        if len(found.values):
            opened = found.values[: len(task.cost)] > 0.5
            promised = _promised(groups, opened)
            reached, more = task.value(opened, promised)
            people = int(task.people[promised[reached]].sum())
            if people > most:
                best, most = opened, people
            for home, cut in more.items():
                cuts[home].add(cut)
        if most >= bound or seconds >= time_limit_s or (len(found.values) and not more):
            break
    return _bundle(task, best, most, int(max(bound, most)))


def _spread(task: _Task) -> Longs:
    people = np.zeros(len(task.openings.door_first) - 1, np.int64)
    people[task.homes] = task.people
    return people


def _groups(cuts: dict[int, set[Cut]]) -> list[tuple[frozenset[Cut], list[int]]]:
    """Return homes with the same cuts together; a cut that holds a smaller one says nothing more."""
    groups: dict[frozenset[Cut], list[int]] = {}
    for home, own in cuts.items():
        least = frozenset(cut for cut in own if not any(other < cut for other in own))
        groups.setdefault(least, []).append(home)
    return list(groups.items())


def _model(task: _Task, groups: Sequence[tuple[frozenset[Cut], list[int]]]) -> Linear:
    """Return the model: units are whole, a group counts as far as every one of its cuts is met."""
    units, rows = len(task.cost), 1
    row, column, value = [np.zeros(units, np.int64)], [np.arange(units)], [task.cost]
    for number, (own, _) in enumerate(groups):
        for cut in sorted(own, key=sorted):
            members = np.array([*sorted(cut), units + number])
            row.append(np.full(len(members), rows))
            column.append(members)
            value.append(np.append(np.ones(len(cut)), -1.0))
            rows += 1
    width = units + len(groups)
    cells = (np.concatenate(value), (np.concatenate(row), np.concatenate(column)))
    weight = np.array([task.people[homes].sum() for _, homes in groups], float)
    low, high = np.zeros(rows), np.full(rows, np.inf)
    low[0], high[0] = 0.0, task.budget
    return Linear(
        cost=np.concatenate([np.zeros(units), -weight]),
        matrix=csr_array(cells, shape=(rows, width)),
        low=low,
        high=high,
        most=np.ones(width),
        whole=np.arange(width) < units,
    )


def _start(groups: Sequence[tuple[frozenset[Cut], list[int]]], opened: Bools) -> Floats:
    met = [float(all(opened[list(cut)].any() for cut in own)) for own, _ in groups]
    return np.concatenate([opened.astype(float), met])


def _promised(groups: Sequence[tuple[frozenset[Cut], list[int]]], opened: Bools) -> Longs:
    """Return the homes all of whose cuts are met: the model holds them for reached."""
    kept = [homes for own, homes in groups if all(opened[list(cut)].any() for cut in own)]
    return np.array(sorted(home for homes in kept for home in homes), np.int64)


def _bundle(task: _Task, opened: Bools, people: int, bound: int) -> Bundle:
    """Return a bundle without the units that bring nobody, the dearest left out first."""
    opened = opened.copy()
    reached = task.value(opened, np.arange(len(task.homes)))[0]
    for unit in sorted(np.flatnonzero(opened), key=lambda unit: (-task.cost[unit], unit)):
        concerned = np.flatnonzero(reached & (task.ways[:, [unit]].toarray().ravel() > 0))
        opened[unit] = False
        if len(concerned) and not task.value(opened, concerned)[0].all():
            opened[unit] = True
    units = tuple(np.flatnonzero(opened).tolist())
    return Bundle(units, people, float(task.cost[opened].sum()), bound)
