"""Homes that are alike counted together, and those that no best programme needs left aside.

Two exact reductions of the programme, argued here because a family may ask why its home was not even
in the model that was solved.

*Alike*: homes of one county with the same score and cost enter every limit and the objective alike, so
a class with a count stands for them; which of them comes first is settled by the household's uid.

*Dominated*: a home i is dominated by a home j of the same county with score_j >= score_i and
cost_j <= cost_i. Let Q be the most homes the county may still get in all years together. If Q free homes
dominate i, a best programme without i exists: were i in it, at most Q - 1 of its dominators were too,
so one of them is left out and can take the place of i in the same year; the count, the county and
every limit stay as they are, the cost does not rise and the objective does not fall. Each such exchange
moves to a home that comes earlier in the order (cost up, score down, uid up), so exchanging ends.
"""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Classes:
    """Groups of alike homes, in the order of county, score, cost and `must`.

    Attributes
    ----------
    county, score, cost, count, must
        One value a class, shape (m,); a class that `must` be served is served wholly.
    members
        Positions of the homes of all classes, shape (n,), class by class, by uid within a class.
    starts
        Position in `members` where each class begins, shape (m,).
    """

    county: Ints
    score: Floats
    cost: Floats
    count: Ints
    must: Bools
    members: Ints
    starts: Ints

    def homes(self, number: int) -> Ints:
        """Return the positions of the homes of one class, first uid first."""
        start = self.starts[number]
        return self.members[start : start + self.count[number]]

    def subset(self, kept: Bools) -> "Classes":
        """Return the classes marked in `kept`, with the same members."""
        return Classes(
            self.county[kept],
            self.score[kept],
            self.cost[kept],
            self.count[kept],
            self.must[kept],
            self.members,
            self.starts[kept],
        )


def alike(county: Ints, score: Floats, cost: Floats, must: Bools, homes: Ints) -> Classes:
    """Return homes grouped into classes.

    Parameters
    ----------
    county, score, cost, must
        One value for every home of the programme, shape (n,).
    homes
        Positions of the homes to group, in the order of their uid.
    """
    keys = np.column_stack([county, score, cost, must])[homes].astype(np.float64)
    unique, group, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(group.ravel(), kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else np.zeros(0)
    return Classes(
        unique[:, 0].astype(np.int64),
        unique[:, 1],
        unique[:, 2],
        counts.astype(np.int64),
        unique[:, 3].astype(bool),
        homes[order],
        starts.astype(np.int64),
    )


def undominated(classes: Classes, places: Ints) -> Bools:
    """Return which classes a best programme may need.

    Parameters
    ----------
    classes
        All free homes.
    places
        Most homes that each county may still get in all years together, shape (counties,).

    Returns
    -------
    numpy.ndarray
        True for a class some home of which has fewer free dominators than places, and for every class
        that must be served.
    """
    needed = classes.must.copy()
    for county, most in enumerate(places):
        inside = np.flatnonzero((classes.county == county) & ~classes.must)
        best: list[float] = []  # the scores of the `most` best homes that are no dearer
        for number in inside[np.lexsort((-classes.score[inside], classes.cost[inside]))]:
            score = float(classes.score[number])
            if most > 0 and (len(best) < most or best[0] < score):
                needed[number] = True
                for _ in range(min(int(classes.count[number]), int(most))):
                    (heapq.heappush if len(best) < most else heapq.heappushpop)(best, score)
    return needed
