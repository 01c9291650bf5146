"""What makes siting models small without changing their optimum.

Demands with one and the same set of sites are one class with the sum of their people; a class that an
existing site covers, or that no site covers, is decided beforehand; a site whose classes another site of
no higher cost covers as well is never needed (of equal ones the first is kept); in a set cover, a class
whose sites include all sites of another class is covered whenever that one is.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from planner.siting_problem import Bools, Floats, Ints

MOST_WORK = 400_000_000  # multiplications that finding dominated sites or classes may take


@dataclass(frozen=True)
class Classes:
    """Demands of equal coverage.

    Attributes
    ----------
    cover
        1 where a site covers a class, shape (classes, sites).
    weight
        People of each class.
    group
        County of each class; all 0 where counties do not matter.
    number
        Class of each demand, -1 where it was decided beforehand.
    """

    cover: csr_array
    weight: Floats
    group: Ints
    number: Ints

    def subset(self, keep: Bools) -> "Classes":
        """Return some of the classes; demands of the others get -1."""
        place = np.append(np.where(keep, np.cumsum(keep) - 1, -1), -1)
        return Classes(self.cover[keep], self.weight[keep], self.group[keep], place[self.number])

    def on_sites(self, keep: Ints) -> "Classes":
        """Return the classes with some of the sites only."""
        return replace(self, cover=self.cover[:, keep])


def classes_of(reach: csr_array, weight: Floats, group: Ints, open_demand: Bools) -> Classes:
    """Return the classes of the demands that are still open.

    Parameters
    ----------
    reach
        Stored where a site covers a demand, whatever the value; shape (m, n).
    weight, group
        People and county of each demand.
    open_demand
        Demands to classify; one without any site is left out as well.
    """
    pattern = csr_array(reach)
    pattern.sort_indices()
    starts, sites = pattern.indptr, pattern.indices
    numbers: dict[tuple[int, bytes], int] = {}
    number = np.full(len(weight), -1, dtype=np.int64)
    wanted = np.flatnonzero(open_demand & (np.diff(starts) > 0))
    ends = zip(wanted.tolist(), starts[wanted].tolist(), starts[wanted + 1].tolist(), strict=True)
    for demand, low, high in ends:
        key = (int(group[demand]), sites[low:high].tobytes())
        number[demand] = numbers.setdefault(key, len(numbers))
    first = np.full(len(numbers), len(weight), dtype=np.int64)
    np.minimum.at(first, number[wanted], wanted)
    cover = pattern[first]
    cover.data = np.ones(cover.nnz)
    people: Floats = np.bincount(number[wanted], weights=weight[wanted], minlength=len(numbers)).astype(float)
    return Classes(cover, people, group[first], number)


def undominated_sites(cover: csr_array, cost: Floats) -> Ints:
    """Return the sites that no other site of no higher cost replaces wholly, rising.

    Parameters
    ----------
    cover
        Shape (classes, sites), with ones.
    cost
        Of each site; equal for all where only their number counts.
    """
    size = np.bincount(cover.indices, minlength=cover.shape[1])
    if not _affordable(cover):
        return np.flatnonzero(size > 0)
    shared = csr_array(cover.T @ cover).tocoo()
    small, large = shared.row, shared.col
    inside = (shared.data >= size[small] - 0.5) & (small != large) & (cost[large] <= cost[small])
    same = (size[small] == size[large]) & (cost[small] == cost[large])
    beaten = small[inside & (~same | (large < small))]
    keep = size > 0
    keep[beaten] = False
    return np.flatnonzero(keep)


def undominated_classes(cover: csr_array) -> Bools:
    """Return which classes of a set cover have to be asked for: those that hold no other class's sites."""
    size = np.diff(cover.indptr)
    keep = np.ones(cover.shape[0], dtype=bool)
    across = csr_array(cover.T)
    if not _affordable(across):
        return keep
    shared = csr_array(cover @ across).tocoo()
    large, small = shared.row, shared.col
    holds = (shared.data >= size[small] - 0.5) & (small != large)
    keep[large[holds & ((size[small] < size[large]) | (small < large))]] = False
    return keep


def _affordable(cover: csr_array) -> bool:
    return float((np.diff(cover.indptr).astype(np.float64) ** 2).sum()) <= MOST_WORK
