"""Footways beside the main streets of towns, with a crossing wherever a street is met.

A footway runs five metres beside a lattice row; at each street corner it crosses the street that comes
in, and the noding makes that a junction of the walking and the driving network.
"""

import numpy as np

from data.demo.draw import Floats, Ints, stream
from data.demo.links import Links, joined, rows_of, straight
from data.demo.plane import on_grid
from data.demo.streets import Lattice
from data.demo.units import Units

BESIDE_M = 5.0
"""Between the middle of a street and its footway."""

HALF_CROSSING_M = 3.5
"""Half the width of the street that a crossing leads over."""

EVERY = {"111": 4, "121": 4, "122": 6}
"""Every how many-th lattice row has footways, by urban-rural class; villages have none."""


def footway_lines(lattice: Lattice, units: Units, seed: int) -> Links:
    """Return footways on both sides of the chosen lattice rows, and their crossings."""
    rng = stream(seed, "footways")
    classes = units.villages["ur_code"].to_numpy()[lattice.unit]
    every = np.array([EVERY.get(code, 0) for code in classes])
    chosen = (every > 0) & (lattice.j % np.maximum(every, 1) == 0)
    turn = lattice.turn[lattice.unit]
    along = np.column_stack([np.cos(turn), np.sin(turn)])
    parts = [
        _beside(lattice, np.flatnonzero(chosen), along, side * BESIDE_M + rng.uniform(-0.4, 0.4))
        for side in (1.0, -1.0)
    ]
    return joined(parts)


def _beside(lattice: Lattice, corners: Ints, along: Floats, off_m: float) -> Links:
    """Return the footway and crossing lines on one side of the rows these corners belong to."""
    along = along[corners]
    middle = lattice.places[corners] + off_m * np.column_stack([-along[:, 1], along[:, 0]])
    before = on_grid(middle - HALF_CROSSING_M * along)
    after = on_grid(middle + HALF_CROSSING_M * along)
    unit, i, j = lattice.unit[corners], lattice.i[corners], lattice.j[corners]
    follows = (np.diff(unit) == 0) & (np.diff(j) == 0) & (np.diff(i) == 1)
    crossings = Links(straight(before, after), rows_of(len(corners), "crossing", unit))
    footways = Links(
        straight(after[:-1][follows], before[1:][follows]),
        rows_of(int(follows.sum()), "footway", unit[:-1][follows]),
    )
    return joined([crossings, footways])
