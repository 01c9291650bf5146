"""The model of people missed, as rows and columns: what the covering models have in common.

z[c] is the share of class c that no open site covers; z[c] + the sum of x over the sites of c is at least
1. Only x must be whole, since z follows. A class with a single site needs no z: its people are the site's.
"""

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from planner.siting_highs import Linear
from planner.siting_problem import Bools, Floats, Ints
from planner.siting_reductions import Classes


def missed_model(
    classes: Classes, caps: list[tuple[Floats, float]], floors: Floats
) -> tuple[Linear, Ints, float]:
    """Return the model, the classes that have a column, and the people to add to its objective.

    Parameters
    ----------
    caps
        What each site uses up of something, and the most of it.
    floors
        People to be reached in each group of classes at least; empty for none.

    Returns
    -------
    tuple
        Columns are the sites, then the classes with a column; rows are these classes, the caps, the floors
        above 0. The people added are those of classes without a column, which their site takes off again.
    """
    width = classes.cover.shape[1]
    alone = (np.diff(classes.cover.indptr) == 1) & (len(floors) == 0)
    single = classes.cover[alone].indices
    own = np.bincount(single, weights=classes.weight[alone], minlength=width).astype(np.float64)
    rest = np.flatnonzero(~alone)
    many = len(rest)
    rows, highs = [hstack([classes.cover[rest], eye_array(many)])], [np.full(many, np.inf)]
    for used, most in caps:
        unit = max(1.0, float(used.max(initial=0.0)))
        rows.append(csr_array(np.concatenate([used / unit, np.zeros(many)])[None]))
        highs.append(np.array([most / unit]))
    for group in np.flatnonzero(floors > 0):
        people = np.where(classes.group == group, classes.weight, 0.0)
        rows.append(csr_array(np.concatenate([np.zeros(width), people])[None]))
        highs.append(np.array([people.sum() - floors[group]]))
    matrix = csr_array(vstack(rows, format="csr"))
    low = np.where(np.arange(matrix.shape[0]) < many, 1.0, -np.inf)
    cost = np.concatenate([-own, classes.weight[rest]])
    whole = np.arange(width + many) < width
    linear = Linear(cost, matrix, low, np.concatenate(highs), np.ones(width + many), whole)
    return linear, rest, float(own.sum())


def covered_by(reach: csr_array, opened: Bools) -> Bools:
    """Return which rows of `reach` hold one of the open sites."""
    hits = np.concatenate([[0], np.cumsum(opened[reach.indices])])
    return np.asarray(hits[reach.indptr[1:]] > hits[reach.indptr[:-1]])


def mask(places: Ints, size: int) -> Bools:
    """Return whether each position is among the places."""
    among = np.zeros(size, dtype=bool)
    among[places] = True
    return among
