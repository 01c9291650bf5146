"""A good first choice for the model of most people reached: greedy, then the best exchange until none helps.

The exchange of an open site r for a closed site j gains the people only j reaches, loses those only r
reaches, and gives back those of the latter that j reaches too; one pass over the pairs finds the best of
all exchanges (Resende and Werneck 2007, for another model). The choice only speeds the exact search.
"""

import numpy as np
from scipy.sparse import csr_array

from gis.kernels import jit_cached
from planner.siting_problem import Floats, Ints

MOST_SWAPS = 300


def best_by_swaps(cover: csr_array, weight: Floats, many: int) -> Ints:
    """Return up to `many` sites that no single exchange betters, rising.

    Parameters
    ----------
    cover
        Shape (classes, sites), with ones.
    weight
        People of each class.
    """
    starts, sites = cover.indptr.astype(np.int64), cover.indices.astype(np.int64)
    of_site = csr_array(cover.T)
    place = np.full(cover.shape[1], -1, dtype=np.int64)
    count = np.zeros(cover.shape[0], dtype=np.int64)
    for step in range(many):
        gain, _, _ = _balance(starts, sites, weight, count, place, 1)
        gain[place >= 0] = 0.0
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        place[best] = step
        count[of_site.indices[of_site.indptr[best] : of_site.indptr[best + 1]]] += 1
    return bettered(cover, weight, np.flatnonzero(place >= 0))


def bettered(cover: csr_array, weight: Floats, chosen: Ints) -> Ints:
    """Return a choice of as many sites that no single exchange betters, begun from another, rising."""
    starts, sites = cover.indptr.astype(np.int64), cover.indices.astype(np.int64)
    of_site = csr_array(cover.T)
    place = np.full(cover.shape[1], -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    count = np.rint(cover @ (place >= 0).astype(np.float64)).astype(np.int64)
    least = 1e-9 * float(weight.sum())
    for _ in range(MOST_SWAPS if len(chosen) else 0):
        gain, loss, back = _balance(starts, sites, weight, count, place, len(chosen))
        change = gain[:, None] - loss + back
        change[place >= 0] = -np.inf
        enters, leaves = np.unravel_index(int(change.argmax()), change.shape)
        if change[enters, leaves] <= least:
            break
        out = int(np.flatnonzero(place == leaves)[0])
        place[out], place[enters] = -1, leaves
        count[of_site.indices[of_site.indptr[out] : of_site.indptr[out + 1]]] -= 1
        count[of_site.indices[of_site.indptr[enters] : of_site.indptr[enters + 1]]] += 1
    return np.flatnonzero(place >= 0)


@jit_cached
def _balance(
    starts: Ints, sites: Ints, weight: Floats, count: Ints, place: Ints, many: int
) -> tuple[Floats, Floats, Floats]:  # long because a kernel cannot hand over a record
    """Return people whom each site would add, whom only one open place reaches, who of these is regained.

    Shapes (sites,), (places,) and (sites, places).
    """
    gain, loss, back = np.zeros(len(place)), np.zeros(many), np.zeros((len(place), many))
    for one in range(len(count)):
        if count[one] == 0:
            for cell in range(starts[one], starts[one + 1]):
                gain[sites[cell]] += weight[one]
        elif count[one] == 1:
            alone = -1
            for cell in range(starts[one], starts[one + 1]):
                if place[sites[cell]] >= 0:
                    alone = place[sites[cell]]
            if alone < many:
                loss[alone] += weight[one]
                for cell in range(starts[one], starts[one + 1]):
                    back[sites[cell], alone] += weight[one]
    return gain, loss, back
