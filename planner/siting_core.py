"""Most people reached by a number of sites: prices decide most sites, HiGHS only the few that are left.

For any prices p[c] between 0 and the people w[c] of class c, let r[j] be the sum of p over the classes of
site j. No choice of k sites reaches more than sum(w - p) + the k greatest r: a reached class gives w - p
once at most, and its price to at least one open site. The dual values of the linear relaxation are the
best such prices; the bound is computed here from them, so that it does not rest on the solver's
tolerances. With a good choice at hand, a site that is in no choice beyond it is out, and one that is in
every such choice is in. What is in covers classes, what is out makes classes alike, and the smaller model
is priced again. So the proof is of the whole model: no choice left out is better than the one at hand.
"""

from dataclasses import dataclass, replace

import numpy as np

from planner.siting_highs import minimise
from planner.siting_models import covered_by, mask, missed_model
from planner.siting_problem import Floats, Ints
from planner.siting_reductions import Classes, classes_of, undominated_sites
from planner.siting_swaps import best_by_swaps, bettered

ROUNDS = 5
STARTS = 16  # choices near the relaxed one that exchanges try to better
CLOSE = 1e-6  # people


@dataclass(frozen=True)
class _Left:
    """A model that is left: classes, positions of its sites, sites that are in, and people they reach."""

    classes: Classes
    sites: Ints
    sure: Ints
    held: float


@dataclass(frozen=True)
class _Priced:
    """What prices say of a model: the most that is reached, what each site is worth, the relaxed choice."""

    top: float
    worth: Floats
    point: Floats
    seconds: float


def best_choice(classes: Classes, new: int, *, gap: float, time_limit_s: float) -> tuple[Ints, float]:
    """Return up to `new` sites that reach most people, rising, and the people whom no choice passes.

    Parameters
    ----------
    classes
        What sites cover; counties are of no meaning here.
    gap
        Relative gap at which to stop.
    """
    width = classes.cover.shape[1]
    left = _Left(classes, np.arange(width), np.zeros(0, dtype=np.int64), 0.0)
    best = best_by_swaps(classes.cover, classes.weight, new)
    value, top = _reached(classes, best), float(classes.weight.sum())
    unit = 1.0 if (classes.weight == np.rint(classes.weight)).all() else 0.0
    for _ in range(ROUNDS):
        priced = _priced(left, new - len(left.sure), time_limit_s)
        time_limit_s -= priced.seconds
        top = min(top, max(value, priced.top))
        for start in _starts(priced.point, new - len(left.sure)):
            local = bettered(left.classes.cover, left.classes.weight, start)
            chosen = np.append(left.sure, left.sites[local])
            if _reached(classes, chosen) > value + CLOSE:
                best, value = chosen, _reached(classes, chosen)
        if top - value <= max(gap * value, CLOSE) or time_limit_s <= 0:
            return np.sort(best), max(top, value)
        smaller = _narrowed(left, priced, new - len(left.sure), value + unit - CLOSE)
        if smaller is None:
            break
        left = smaller
    start = np.flatnonzero(np.isin(left.sites, best))
    chosen, inside = _finished(left, new - len(left.sure), start, gap=gap, time_limit_s=time_limit_s)
    if _reached(classes, chosen) > value:
        best, value = chosen, _reached(classes, chosen)
    return np.sort(best), max(value, min(top, inside))


def _reached(classes: Classes, chosen: Ints) -> float:
    return float(classes.weight[covered_by(classes.cover, mask(chosen, classes.cover.shape[1]))].sum())


def _priced(left: _Left, new: int, time_limit_s: float) -> _Priced:
    """Solve the linear relaxation; without a solution in time every class gives all it has."""
    cover, weight = left.classes.cover, left.classes.weight
    width = cover.shape[1]
    linear, rest, _ = missed_model(left.classes, [(np.ones(width), float(new))], np.zeros(0))
    found = minimise(replace(linear, whole=np.zeros_like(linear.whole)), time_limit_s=time_limit_s)
    price, point = weight.copy(), np.zeros(width)
    if found.status == "optimal":
        price[rest] = np.clip(found.row_dual[: len(rest)], 0.0, weight[rest])
        point = found.values[:width]
    worth = np.bincount(cover.indices, np.repeat(price, np.diff(cover.indptr)), minlength=width)
    top = left.held + float((weight - price).sum()) + float(np.sort(worth)[::-1][:new].sum())
    return _Priced(top, worth.astype(np.float64), point, max(found.seconds, 1e-3))


def _starts(point: Floats, new: int) -> list[Ints]:
    """Return choices drawn near a relaxed one, the first without chance."""
    chance = np.random.default_rng(1)
    noise = [np.zeros(len(point)), *chance.uniform(0, 1, (STARTS, len(point)))]
    return [np.sort(np.argsort(-(point + 0.5 * more), kind="stable")[:new]) for more in noise]


def _narrowed(left: _Left, priced: _Priced, new: int, goal: float) -> _Left | None:
    """Return the model without sites that prices decide for every choice that reaches the goal, or None."""
    order = np.sort(priced.worth)[::-1]
    if new == 0 or new >= len(order):
        return None
    ends = priced.top - goal
    out = order[new - 1] - priced.worth > ends
    sure = priced.worth - order[new] > ends
    if not (out | sure).any():
        return None
    classes, chosen = left.classes, np.flatnonzero(sure)
    reached = covered_by(classes.cover, sure)
    kept = np.flatnonzero(~out & ~sure)
    smaller = classes_of(classes.cover[:, kept], classes.weight, classes.group, ~reached)
    needed = undominated_sites(smaller.cover, np.ones(len(kept)))
    return _Left(
        smaller.on_sites(needed),
        left.sites[kept[needed]],
        np.append(left.sure, left.sites[chosen]),
        left.held + float(classes.weight[reached].sum()),
    )


def _finished(left: _Left, new: int, start: Ints, *, gap: float, time_limit_s: float) -> tuple[Ints, float]:
    """Return the best choice of what is left together with what is in, and the most that is reached so."""
    width = len(left.sites)
    linear, rest, alone = missed_model(left.classes, [(np.ones(width), float(new))], np.zeros(0))
    opened = mask(start, width)
    missed = ~covered_by(left.classes.cover[rest], opened)
    begin = np.concatenate([opened, missed]).astype(np.float64)
    feasible = begin if opened.sum() <= new else None
    found = minimise(linear, time_limit_s=time_limit_s, gap=gap, start=feasible)
    chosen = np.flatnonzero(found.values[:width] > 0.5) if len(found.values) else start[:new]
    most = left.held + float(left.classes.weight.sum()) - alone - found.bound
    return np.append(left.sure, left.sites[chosen]), most
