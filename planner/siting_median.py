"""Least travel in all (p-median): exchanges find a choice, prices prove how good it is, branching the rest.

Let every demand i offer a price u[i] for being served. Site j then gains r[j], the sum of
min(0, people * cost - u) over its demands, and no choice of k sites costs less than sum(u) + the k least
r: each demand is served once, which the sum of prices charges fully (Cornuejols, Fisher and Nemhauser
1977). Any prices give a valid bound; a subgradient search raises it (Held and Karp 1971). A demand that an
existing site serves at cost b never offers more than people * b. A site whose opening, or closing, takes
the bound past the best known choice is decided; on what stays open the search branches, the site nearest
to the k-th least r first. Steps are counted, not seconds: the same problem gives the same answer.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from gis.errors import DomainError
from planner.siting_conflicts import too_few
from planner.siting_covering import refuse_unreachable, smallest_cover
from planner.siting_kernels import Shorts, exchanges, nearest_two, savings, slopes, sort_rows, worth
from planner.siting_problem import Bools, Floats, Ints, Siting, SitingProblem, answer, nearest_open
from planner.siting_reductions import classes_of

COVER_S = 20.0  # solver seconds to find out whether so few sites can reach everybody at all
TRY_EVERY = 60  # steps after which the sites of the best bound are bettered by exchanges
PATIENCE = 20  # steps without a better bound before the search takes shorter ones
BRANCH_STEPS = 120
SHORTEST = 2e-4  # step length at which a search ends
MOST_SWAPS = 1000
SAME = 1e-12  # relative difference that rounding makes


@dataclass(frozen=True)
class _Rows:
    """Demands that a new site could serve better; cells by rising cost.

    `base` is what each costs anyhow, or a forbidding cost where it is `cap` = inf: such a demand may offer
    any price. `constant` is the cost of demands that no new site could serve better.
    """

    starts: Ints
    sites: Shorts
    cost: Floats
    weight: Floats
    base: Floats
    cap: Floats
    width: int
    constant: float

    @property
    def cells(self) -> tuple[Ints, Shorts, Floats]:
        """What the kernels take first."""
        return self.starts, self.sites, self.cost


@dataclass(frozen=True)
class _Node:
    """A part of all choices: sites in and out, prices to begin from, and the cost it cannot undercut."""

    inside: Bools
    out: Bools
    price: Floats
    bound: float


@dataclass(frozen=True)
class _Best:
    """The best choice so far and its cost."""

    chosen: Ints
    value: float


def least_travel(problem: SitingProblem, new: int, *, gap: float, steps: int) -> Siting:
    """Return the sites from which people travel least in all, of a checked problem.

    Parameters
    ----------
    steps
        Most steps of the price searches, branching included.

    Raises
    ------
    InfeasibleError
        Somebody is out of reach of every site, or so few sites cannot reach everybody.
    """
    refuse_unreachable(problem)
    rows = _rows(problem)
    new = min(new, int((~problem.existing).sum()))
    start = _first_choice(rows, new)
    best, bound = _search(rows, new, start, gap=gap, steps=steps)
    opened = np.union1d(np.flatnonzero(problem.existing), best.chosen)
    owner, cost = nearest_open(problem.reach, opened)
    objective = float((problem.weight * np.where(owner >= 0, cost, 0.0)).sum())
    return answer(
        problem, "pmedian", opened, objective=objective, bound=min(objective, bound + rows.constant)
    )


def _rows(problem: SitingProblem) -> _Rows:
    """Return the rows of demands with people for which a new site could be nearer than the existing ones."""
    reach, weight = problem.reach, problem.weight
    _, base = nearest_open(reach, np.flatnonzero(problem.existing))
    row = np.repeat(np.arange(len(weight)), np.diff(reach.indptr))
    useful = ~problem.existing[reach.indices] & (reach.data < base[row]) & (weight[row] > 0)
    kept = np.unique(row[useful])
    count = np.bincount(row[useful], minlength=len(weight))[kept]
    starts = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    sites, cost = reach.indices[useful].astype(np.int32), reach.data[useful].astype(np.float64)
    sort_rows(starts, sites, cost)
    rest = np.ones(len(weight), dtype=bool)
    rest[kept] = False
    constant = float((weight[rest] * np.where(np.isfinite(base[rest]), base[rest], 0.0)).sum())
    forbidding = 1000.0 * (1.0 + float(reach.data.max(initial=0.0)))
    held = np.where(np.isfinite(base), base, forbidding)[kept]
    cap = np.where(np.isfinite(base[kept]), held * weight[kept], np.inf)
    return _Rows(starts, sites, cost, weight[kept], held, cap, reach.shape[1], constant)


def _first_choice(rows: _Rows, new: int) -> _Best:
    """Return a choice that reaches everybody and that no exchange betters.

    Raises
    ------
    InfeasibleError
        No choice of so few reaches everybody.
    DomainError
        None was found.
    """
    best = _exchanged(rows, _greedy(rows, new))
    if not _leaves_out(rows, best.chosen):
        return best
    must = np.zeros(len(rows.weight), dtype=np.int64)
    reach = csr_array((np.ones(len(rows.cost)), rows.sites, rows.starts), shape=(len(must), rows.width))
    classes = classes_of(reach, rows.weight, must, np.isinf(rows.cap))
    chosen, needed = smallest_cover(classes.cover, np.ones(rows.width), gap=0.0, time_limit_s=COVER_S)
    if needed > new:
        raise too_few(new, int(needed))
    if len(chosen) > new:
        raise DomainError(f"No {new} sites that reach everybody were found; allow {len(chosen)} or more.")
    return _exchanged(rows, _greedy(rows, new, chosen))


def _leaves_out(rows: _Rows, chosen: Ints) -> bool:
    owner, _, _ = nearest_two(*rows.cells, rows.base, _places(rows, chosen))
    return bool((np.isinf(rows.cap) & (owner < 0)).any())


def _greedy(rows: _Rows, new: int, chosen: Ints | None = None) -> Ints:
    """Return a choice filled up to `new` sites, each the one that saves most."""
    chosen = np.zeros(0, dtype=np.int64) if chosen is None else chosen
    while len(chosen) < new:
        _, now, _ = nearest_two(*rows.cells, rows.base, _places(rows, chosen))
        gain = np.zeros(rows.width)
        savings(*rows.cells, rows.weight, now, gain)
        if gain.max(initial=0.0) <= 0:
            break
        chosen = np.append(chosen, int(gain.argmax()))
    return chosen


def _exchanged(rows: _Rows, chosen: Ints) -> _Best:
    """Return the choice that no single exchange betters, begun from another."""
    place = _places(rows, chosen)
    for _ in range(MOST_SWAPS):
        served = nearest_two(*rows.cells, rows.base, place)
        if len(chosen) == 0:
            break
        gain, loss, back = exchanges(*rows.cells, rows.weight, place, served)
        change = gain[:, None] - loss + back
        change[place >= 0] = -np.inf
        enters, leaves = np.unravel_index(int(change.argmax()), change.shape)
        if change[enters, leaves] <= 1e-9 * float((rows.weight * served[1]).sum()):
            break
        place[place == leaves] = -1
        place[enters] = leaves
    return _Best(np.flatnonzero(place >= 0), _cost(rows, np.flatnonzero(place >= 0)))


def _cost(rows: _Rows, chosen: Ints) -> float:
    _, now, _ = nearest_two(*rows.cells, rows.base, _places(rows, chosen))
    return float((rows.weight * now).sum())


def _lower(best: _Best, other: _Best) -> _Best:
    return other if other.value < best.value - SAME * best.value else best


def _places(rows: _Rows, chosen: Ints) -> Ints:
    place = np.full(rows.width, -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    return place


def _search(rows: _Rows, new: int, best: _Best, *, gap: float, steps: int) -> tuple[_Best, float]:
    """Return the best choice found and the cost that no choice undercuts, both without the constant."""
    unit = _unit(rows)
    _, first, second = nearest_two(*rows.cells, rows.base, _places(rows, best.chosen))
    price = np.minimum(rows.weight * (first + 0.25 * np.minimum(second - first, first + 1.0)), rows.cap)
    nobody = np.zeros(rows.width, dtype=bool)
    waiting = [_Node(nobody, nobody.copy(), price + 1e-9, -np.inf)]
    closed = np.inf
    left = steps
    while waiting and left > 0:
        waiting.sort(key=lambda node: -node.bound)
        node = waiting.pop()
        priced = _Prices(rows, new, node, unit)
        best, used = priced.raised(best, gap, left if left == steps else min(left, BRANCH_STEPS))
        left -= used
        goal = min(best.value - unit, best.value * (1 - gap))
        if priced.bound > goal + SAME * best.value:
            closed = min(closed, priced.bound)
        else:
            more, only_one = priced.parts(best.value - unit)
            waiting += more
            best = best if only_one is None else _lower(best, _Best(only_one, _cost(rows, only_one)))
        waiting = [one for one in waiting if one.bound <= best.value - unit + SAME * best.value]
    least = min([best.value, closed, *(node.bound for node in waiting)])
    return best, best.value if least > best.value - unit + SAME * best.value else least


def _unit(rows: _Rows) -> float:
    """Return the step in which the cost of choices differs: of whole people and tenths of a unit, else 0."""
    tenths = np.concatenate([rows.cost, rows.base]) * 10.0
    whole = np.array_equal(rows.weight, np.rint(rows.weight)) and np.allclose(
        tenths, np.rint(tenths), rtol=0, atol=1e-6
    )
    return 0.1 if whole else 0.0


class _Prices:
    """The search for the best prices of one node."""

    def __init__(self, rows: _Rows, new: int, node: _Node, unit: float) -> None:
        self.rows, self.new, self.node, self.unit = rows, new, node, unit
        self.bound, self.price = -np.inf, node.price
        self.gains = np.zeros(rows.width)

    def raised(self, best: _Best, gap: float, steps: int) -> tuple[_Best, int]:
        """Raise the bound; return the best choice, handed in or met on the way, and the steps used."""
        rows, price, length, idle = self.rows, self.node.price.copy(), 1.2, 0
        direction, slope = np.zeros(len(price)), np.zeros(len(price))
        gains, step = np.zeros(rows.width), 0
        for step in range(1, steps + 1):
            worth(*rows.cells, rows.weight, price, gains)
            opened = self._opened(gains)
            bound = float(price.sum() + gains[opened].sum())
            idle = 0 if bound > self.bound + 2e-5 * abs(bound) else idle + 1
            if bound > self.bound:
                self.bound, self.price, self.gains = bound, price.copy(), gains.copy()
            if step % TRY_EVERY == 0:
                tried = _exchanged(rows, _greedy(rows, self.new, np.flatnonzero(opened)))
                best = _lower(best, tried)
            short = best.value - self.bound
            if short <= max(gap * best.value, SAME * best.value) or short < self.unit - SAME * best.value:
                break
            if idle >= PATIENCE:
                length, idle, price, direction = length * 0.66, 0, self.price.copy(), np.zeros(len(price))
            if length < SHORTEST:
                break
            slopes(*rows.cells, rows.weight, price, opened, slope)
            direction = slope + 0.7 * direction
            reach = max(1.0005 * best.value - bound, 1e-6 * best.value)
            norm = max(1e-12, float(direction @ direction))
            price = np.clip(price + length * reach / norm * direction, 0.0, rows.cap)
        return best, max(1, step)

    def parts(self, goal: float) -> tuple[list[_Node], Ints | None]:
        """Return two nodes that hold every choice of this one within the goal, or the only such choice."""
        gains, inside, out = self.gains, self.node.inside.copy(), self.node.out.copy()
        free = np.flatnonzero(~inside & ~out)
        last, after = self._ends(free)
        slack = goal - self.bound + SAME * abs(goal)
        out[free[gains[free] - last > slack]] = True
        inside[free[after - gains[free] > slack]] = True
        free = np.flatnonzero(~inside & ~out)
        left = self.new - int(inside.sum())
        if left < 0:
            return [], None
        if left == 0 or len(free) <= left:
            return [], np.flatnonzero(inside if left == 0 else ~out)
        pick = free[np.argmin(np.abs(gains[free] - 0.5 * (last + after)))]
        one, other = inside.copy(), out.copy()
        one[pick], other[pick] = True, True
        return [_Node(one, out, self.price, self.bound), _Node(inside, other, self.price, self.bound)], None

    def _ends(self, free: Ints) -> tuple[float, float]:
        """Return what the last site within the number gains, and the first beyond it."""
        left, order = self.new - int(self.node.inside.sum()), np.sort(self.gains[free])
        last = float(order[left - 1]) if 0 < left <= len(order) else 0.0
        return last, float(order[left]) if 0 <= left < len(order) else 0.0

    def _opened(self, gains: Floats) -> Bools:
        opened = self.node.inside.copy()
        free = np.flatnonzero(~opened & ~self.node.out & (gains < 0))
        left = max(0, self.new - int(opened.sum()))
        if left < len(free):
            free = free[np.argpartition(gains[free], left)[:left]] if left else free[:0]
        opened[free] = True
        return opened
