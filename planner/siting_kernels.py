"""Compiled loops of the p-median: rows sorted by cost, the best exchange, prices of a Lagrangian relaxation.

Rows are demands, their cells candidate sites by rising cost; `base` is what a demand costs anyhow, by a
site that stands already. Cells that cost no less than `base` are not there. Without numba the same loops
run in Python, with the same answers, for small cases only.
"""

import numpy as np
from numpy.typing import NDArray

from gis.kernels import jit_cached
from planner.siting_problem import Bools, Floats, Ints

Shorts = NDArray[np.int32]


@jit_cached
def sort_rows(starts: Ints, sites: Shorts, cost: Floats) -> None:
    """Sort the cells of each row by cost in place; at equal cost the site listed first comes first."""
    for one in range(len(starts) - 1):
        low, high = starts[one], starts[one + 1]
        order = np.argsort(cost[low:high], kind="mergesort")
        cost[low:high] = cost[low:high][order]
        sites[low:high] = sites[low:high][order]


@jit_cached
def nearest_two(
    starts: Ints, sites: Shorts, cost: Floats, base: Floats, place: Ints
) -> tuple[Ints, Floats, Floats]:
    """Return the open place that serves each row (-1: the base), its cost, and what the next best costs."""
    many = len(starts) - 1
    owner, first, second = np.full(many, -1), base.copy(), base.copy()
    for one in range(many):
        for cell in range(starts[one], starts[one + 1]):
            if place[sites[cell]] < 0:
                continue
            if owner[one] < 0:
                owner[one], first[one] = place[sites[cell]], cost[cell]
            else:
                second[one] = cost[cell]
                break
    return owner, first, second


@jit_cached
def exchanges(
    starts: Ints,
    sites: Shorts,
    cost: Floats,
    weight: Floats,
    place: Ints,
    served: tuple[Ints, Floats, Floats],
) -> tuple[Floats, Floats, Floats]:
    """Return what each site saves, what each open place is worth, and what an exchange of the two gives back.

    Shapes (sites,), (places,) and (sites, places); `served` is what `nearest_two` returned.
    """
    owner, first, second = served
    width, many = len(place), place.max() + 1
    gain, loss, back = np.zeros(width), np.zeros(many), np.zeros((width, many))
    for one in range(len(weight)):
        mine, near, next_best, people = owner[one], first[one], second[one], weight[one]
        if mine >= 0:
            loss[mine] += people * (next_best - near)
        for cell in range(starts[one], starts[one + 1]):
            away, site = cost[cell], sites[cell]
            if away >= next_best:
                break
            if place[site] >= 0:
                continue
            if away < near:
                gain[site] += people * (near - away)
                if mine >= 0:
                    back[site, mine] += people * (next_best - near)
            elif mine >= 0:
                back[site, mine] += people * (next_best - away)
    return gain, loss, back


@jit_cached
def savings(starts: Ints, sites: Shorts, cost: Floats, weight: Floats, now: Floats, gain: Floats) -> None:
    """Add to `gain` what each site saves against what rows cost `now`."""
    for one in range(len(weight)):
        for cell in range(starts[one], starts[one + 1]):
            if cost[cell] >= now[one]:
                break
            gain[sites[cell]] += weight[one] * (now[one] - cost[cell])


@jit_cached
def worth(starts: Ints, sites: Shorts, cost: Floats, weight: Floats, price: Floats, out: Floats) -> None:
    """Set `out` to the sum of min(0, weight * cost - price) over the rows of each site."""
    out[:] = 0.0
    for one in range(len(weight)):
        people, given = weight[one], price[one]
        for cell in range(starts[one], starts[one + 1]):
            loss = people * cost[cell] - given
            if loss >= 0.0:
                break
            out[sites[cell]] += loss


@jit_cached
def slopes(
    starts: Ints, sites: Shorts, cost: Floats, weight: Floats, price: Floats, opened: Bools, out: Floats
) -> None:
    """Set `out` to 1 minus the open sites that each row's price pays for."""
    for one in range(len(weight)):
        paid = 1.0
        for cell in range(starts[one], starts[one + 1]):
            if weight[one] * cost[cell] >= price[one]:
                break
            if opened[sites[cell]]:
                paid -= 1.0
        out[one] = paid
