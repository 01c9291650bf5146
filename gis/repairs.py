"""What repairing barriers brings: the exact gain of every unit alone, and what stands in the way of whom.

A unit's gain is what a search of the whole network with and without it would tell, to the person
(`gis.barrier_openings` keeps the whole costs of `gis.travel`); it takes the search of the few nodes that the
repair brings nearer. Homes are counted that no place serves now but one would if every unit were repaired.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.barrier_kernels import gains, obstacles, repair
from gis.barrier_openings import Openings
from gis.barrier_pieces import Bools
from gis.kernels import NEVER, Ints, in_parts
from gis.searches import spread

UNITS_AT_ONCE = 64  # least number of units worth a thread of their own
HOMES_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Obstacles:
    """What is in the way of homes.

    Attributes
    ----------
    reached
        Whether each home asked for is reached, shape (homes,).
    cuts
        Rows (position of the home in what was asked, unit): of the units of a home one must be repaired,
        whatever else is; none for a home that is reached.
    ways
        Rows (position, unit): all units that a way of the home within the limit may pass.
    """

    reached: Bools
    cuts: Ints
    ways: Ints


class Progress:
    """Repairs made one after another on a copy of the openings, with the gain of the next one.

    Parameters
    ----------
    people
        Of every home; whole numbers.
    """

    def __init__(self, openings: Openings, people: NDArray[np.int64]) -> None:
        self.openings = openings
        self.people = people.astype(np.int32)
        self.waiting = openings.reachable & ~openings.reached & (people > 0)
        self._arcs = openings.toward.arcs.copy()
        self._cost = openings.closed.copy()
        self._room, self._rows, self._begins = _rooms(openings, self.waiting)

    def gains(self, asked: Ints | None = None) -> Ints:
        """Return the people that repairing each unit (or each asked for) brings after what was repaired."""
        asked = np.arange(len(self.openings.units), dtype=np.int32) if asked is None else asked
        people = np.where(self.waiting, self.people, 0).astype(np.int32)
        whole = self.openings

        def part(which: slice) -> Ints:
            tree = (whole.toward.start, self._arcs.copy())
            units = (whole.unit_first, whole.unit_arcs, whole.toward_tail)
            mine = (self._rows, self._begins)
            return gains(tree, units, asked[which], self._cost.copy(), self._room, mine, people)

        return np.concatenate([*in_parts(part, len(asked), UNITS_AT_ONCE), np.zeros(0, np.int32)])

    def repair(self, unit: int) -> int:
        """Repair a unit and return the people it brings."""
        whole = self.openings
        own = whole.unit_arcs[whole.unit_first[unit] : whole.unit_first[unit + 1]]
        fell = repair((whole.toward.start, self._arcs), whole.toward_tail, own, self._cost, self._room)
        gained = 0
        for node in np.unique(fell):
            rows = self._rows[self._begins[node] : self._begins[node + 1]]
            for home in rows[self._cost[node] <= rows[:, 1], 0]:
                gained += int(self.people[home]) if self.waiting[home] else 0
                self.waiting[home] = False
        return gained


def single_gains(openings: Openings, people: NDArray[np.int64]) -> Ints:
    """Return the people that repairing each unit alone brings within the limit, shape (units,)."""
    return Progress(openings, people).gains()


def in_the_way(openings: Openings, homes: NDArray[np.int64], opened: Bools) -> Obstacles:
    """Return what keeps homes out of reach once some units are repaired.

    Parameters
    ----------
    homes
        Positions of homes that are not reached now.
    opened
        Which units are repaired, shape (units,).
    """
    repaired = openings.away.arcs.copy()
    repaired[openings.away_unit >= 0, 1] = 0
    trees = ((openings.toward.start, openings.toward.arcs), (openings.away.start, repaired))
    units = (openings.unit_first, openings.unit_arcs, openings.toward_tail)
    doors, states = (openings.door_first, openings.doors), (openings.closed, openings.open_)

    def part(which: slice) -> tuple[Ints, Ints, Ints]:
        asked = homes[which].astype(np.int32)
        found = obstacles(
            trees, units, openings.away_unit, doors, states, asked, opened.astype(np.int32), openings.most
        )
        shift = np.array([which.start, 0], np.int32)
        return found[0], found[1] + shift, found[2] + shift

    reached, cuts, ways = zip(*in_parts(part, len(homes), HOMES_AT_ONCE), strict=True)
    return Obstacles(np.concatenate(reached) > 0, np.concatenate(cuts), np.concatenate(ways))


def _rooms(openings: Openings, waiting: Bools) -> tuple[Ints, Ints, Ints]:
    """Return the room at nodes, and by node the waiting homes with the highest cost that serves them."""
    home = np.repeat(np.arange(len(waiting)), np.diff(openings.door_first))
    own = waiting[home] & (openings.doors[:, 1] <= openings.most)
    node, cost, home = openings.doors[own, 0], openings.doors[own, 1], home[own]
    repaired = openings.away.arcs.copy()
    repaired[openings.away_unit >= 0, 1] = 0
    seeds = np.ascontiguousarray(np.stack([node, cost, np.zeros_like(node)], axis=1), np.int32)
    graph = type(openings.away)(openings.away.start, repaired, openings.away.dearest)
    far = spread(graph, seeds, openings.most)[0]
    room = np.where(far < NEVER, openings.most - far, -1).astype(np.int32)
    order = np.argsort(node, kind="stable")
    rows = np.stack([home[order], openings.most - cost[order]], axis=1).astype(np.int32)
    begins = np.searchsorted(node[order], np.arange(len(room) + 1)).astype(np.int32)
    return room, np.ascontiguousarray(rows), begins
