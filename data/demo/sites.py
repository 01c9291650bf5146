"""Places beside the streets of a village, for homes, facilities and toilets.

A place lies a few steps from the road, or on it where the steps would lead out of the village's cell.
"""

import numpy as np
import shapely
from scipy.spatial import cKDTree

from data.demo.draw import Flags, Floats, Ints
from data.demo.roads import Roads
from data.demo.units import Units

AWAY_M = (8.0, 15.0)
"""Least and greatest distance from the middle of the street."""

INSIDE_M = 2.0
"""A place keeps this distance from the border of its cell."""


def beside_streets(units: Units, roads: Roads, own: Ints, rng: np.random.Generator) -> Floats:
    """Return one place (n, 2) in metres for each row of `own`, the rows of the villages."""
    street = _streets(roads, own, rng)
    start = shapely.get_coordinates(shapely.get_point(roads.shapes[street], 0))
    end = shapely.get_coordinates(shapely.get_point(roads.shapes[street], -1))
    along = end - start
    on = start + along * rng.uniform(0.08, 0.92, len(own))[:, None]
    side = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]
    away = rng.uniform(*AWAY_M, len(own)) * rng.choice([-1.0, 1.0], len(own))
    beside = on + side * away[:, None]
    return np.asarray(np.where(_inside(beside, own, units)[:, None], beside, on))


def _streets(roads: Roads, own: Ints, rng: np.random.Generator) -> Ints:
    """Return a street of its village for each row, drawn evenly."""
    rows = np.flatnonzero(roads.homes_beside)
    rows = rows[np.argsort(roads.unit[rows], kind="stable")]
    first = np.searchsorted(roads.unit[rows], own, side="left")
    count = np.searchsorted(roads.unit[rows], own, side="right") - first
    return np.asarray(rows[first + np.floor(rng.random(len(own)) * count).astype(np.int64)])


def _inside(places: Floats, own: Ints, units: Units) -> Flags:
    """Return which places lie at least `INSIDE_M` within the cell of their village."""
    centres = units.villages[["x", "y"]].to_numpy()
    near = cKDTree(centres).query(places, k=2)[1]
    first, second = centres[near[:, 0]], centres[near[:, 1]]
    farther = np.hypot(*(places - second).T) ** 2 - np.hypot(*(places - first).T) ** 2
    gap = farther / (2 * np.hypot(*(second - first).T))
    return np.asarray((near[:, 0] == own) & (gap > INSIDE_M))
