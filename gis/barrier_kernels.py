"""Compiled loops of `gis.barrier_openings`: what falls when a unit is repaired, what is still in the way.

A repair only makes costs fall, so the search goes on from the costs that are known and touches nothing but
what falls; a log of the former costs undoes it. `room` is the highest cost at a node that can still bring
anybody within the limit: on the other side of town nobody gains, and nothing is searched there.

Where numba is absent the same functions run as they are, only slower: the answers are the same.
"""

import numpy as np

from gis.kernels import NEVER, Ints, jit_cached

Work = tuple[Ints, Ints, Ints]  # heap (cost, node), log (node, former cost), and how many rows each holds
Tree = tuple[Ints, Ints]  # start and arcs of a graph
Field = tuple[Ints, Ints]  # cost of nodes, and room
Units = tuple[Ints, Ints, Ints]  # arcs of units: first, positions, and the node that every arc leaves


@jit_cached
def _sift(heap: Ints, size: int, key: int, node: int) -> int:
    """Put (key, node) on a binary heap of that size; return the new size."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if heap[above, 0] <= key:
            break
        heap[at, 0], heap[at, 1] = heap[above, 0], heap[above, 1]
        at = above
    heap[at, 0], heap[at, 1] = key, node
    return size + 1


@jit_cached
def _drop(heap: Ints, size: int) -> int:
    """Take the first of a binary heap off; return the new size."""
    size -= 1
    key, node = heap[size, 0], heap[size, 1]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and heap[below + 1, 0] < heap[below, 0]:
            below += 1
        if heap[below, 0] >= key:
            break
        heap[at, 0], heap[at, 1] = heap[below, 0], heap[below, 1]
        at = below
    heap[at, 0], heap[at, 1] = key, node
    return size


@jit_cached
def _offer(cost: Ints, room: Ints, work: Work, node: int, offered: int) -> None:
    """Lower the cost of a node if the offer is better and there is room."""
    heap, log, sizes = work
    if offered < cost[node] and offered <= room[node]:
        log[sizes[1], 0], log[sizes[1], 1] = node, cost[node]
        sizes[1] += 1
        cost[node] = offered
        sizes[0] = _sift(heap, sizes[0], offered, node)


@jit_cached
def _settle(tree: Tree, cost: Ints, room: Ints, work: Work) -> None:
    """Spread what was offered until nothing falls any more."""
    start, arcs = tree
    heap, _, sizes = work
    while sizes[0] > 0:
        now, node = heap[0, 0], heap[0, 1]
        sizes[0] = _drop(heap, sizes[0])
        if now > cost[node]:
            continue
        for arc in range(start[node], start[node + 1]):
            _offer(cost, room, work, arcs[arc, 0], now + arcs[arc, 1])


@jit_cached
def _open(tree: Tree, tails: Ints, own: Ints, cost: Ints, room: Ints, work: Work) -> None:
    """Repair the arcs `own` and lower all costs that fall with them."""
    arcs = tree[1]
    for at in own:
        arcs[at, 1] = 0
    for at in own:
        if cost[tails[at]] < NEVER:
            _offer(cost, room, work, arcs[at, 0], cost[tails[at]])
    _settle(tree, cost, room, work)


@jit_cached
def _undo(cost: Ints, work: Work, until: int) -> None:
    """Put former costs back, the last first, until so many are left."""
    _, log, sizes = work
    while sizes[1] > until:
        sizes[1] -= 1
        cost[log[sizes[1], 0]] = log[sizes[1], 1]


@jit_cached
def _workplace(arcs: int) -> Work:
    """Return an empty heap and log, large enough for one search: every arc offers at most once a search."""
    return np.empty((arcs + 1, 2), np.int32), np.empty((arcs + 1, 2), np.int32), np.zeros(2, np.int32)


@jit_cached
def gains(
    tree: Tree, units: Units, asked: Ints, cost: Ints, room: Ints, homes: tuple[Ints, Ints], people: Ints
) -> Ints:
    """Return the people that repairing each unit of `asked` alone brings within the limit.

    `homes` are, by node, rows (home, highest cost at the node with which it is reached) of the homes not
    reached, and where each node's rows begin. Arcs and costs come back as they were.
    """
    first, positions, tails = units
    rows, begins = homes
    work = _workplace(len(tree[1]) + len(positions))
    log, sizes = work[1], work[2]
    seen, gained = np.full(len(people), -1, np.int32), np.zeros(len(asked), np.int32)
    for number in range(len(asked)):
        own = positions[first[asked[number]] : first[asked[number] + 1]]
        former = tree[1][:, 1][own]
        _open(tree, tails, own, cost, room, work)
        for entry in range(sizes[1]):
            node = log[entry, 0]
            for at in range(begins[node], begins[node + 1]):
                home = rows[at, 0]
                if seen[home] != number and cost[node] <= rows[at, 1]:
                    seen[home] = number
                    gained[number] += people[home]
        _undo(cost, work, 0)
        for at in range(len(own)):
            tree[1][own[at], 1] = former[at]
    return gained


@jit_cached
def repair(tree: Tree, tails: Ints, own: Ints, cost: Ints, room: Ints) -> Ints:
    """Repair the arcs `own` for good, in the graph and in `cost`; return the nodes whose cost fell."""
    work = _workplace(len(tree[1]) + len(own))
    _open(tree, tails, own, cost, room, work)
    return work[1][: work[2][1], 0].copy()


@jit_cached
def _met(
    tree: Tree, away_unit: Ints, far: Ints, open_: Ints, most: int, work: Work, rank: Ints, home: int
) -> Ints:
    """Return the units that a way of a home within the limit may pass; it got to where `far` fell."""
    start, arcs = tree
    log, sizes = work[1], work[2]
    found = np.empty(64, np.int32)
    count = 0
    for entry in range(sizes[1]):
        node = log[entry, 0]
        for arc in range(start[node], start[node + 1]):
            unit = away_unit[arc]
            if unit < 0 or rank[unit] == home or far[node] + open_[arcs[arc, 0]] > most:
                continue
            rank[unit] = home
            if count == len(found):
                wider = np.empty(2 * count, np.int32)
                wider[:count] = found
                found = wider
            found[count] = unit
            count += 1
    return found[:count]


@jit_cached
def _is_reached(doors: Ints, cost: Ints, most: int) -> bool:
    for door in range(len(doors)):  # noqa: SIM110 - numba compiles no generators
        if cost[doors[door, 0]] + doors[door, 1] <= most:
            return True
    return False


@jit_cached
def _in_the_way(
    tree: Tree, units: Units, met: Ints, opened: Ints, doors: Ints, most: int, field: Field, work: Work
) -> tuple[bool, Ints]:
    """Open the opened units, then every other while the home stays out of reach.

    Return whether it is reached by the opened ones alone, and which units cannot be opened besides.
    """
    first, positions, tails = units
    kept = np.empty(len(met), np.int32)
    count = 0
    for turn in range(2):
        for unit in met:
            if (opened[unit] == 0) != (turn == 1):
                continue
            own = positions[first[unit] : first[unit + 1]]
            former = tree[1][:, 1][own]
            work[2][1] = 0
            _open(tree, tails, own, field[0], field[1], work)
            if not _is_reached(doors, field[0], most):
                continue
            if turn == 0:
                return True, kept[:0]
            _undo(field[0], work, 0)
            for at in range(len(own)):
                tree[1][own[at], 1] = former[at]
            kept[count] = unit
            count += 1
    return False, kept[:count]


@jit_cached
def _restore(tree: Tree, units: Units, met: Ints, arcs: Ints, field: Field, closed: Ints, near: Ints) -> None:
    """Shut the units that were met, and put costs and room of the nodes `near` back."""
    first, positions, _ = units
    for unit in met:
        for at in positions[first[unit] : first[unit + 1]]:
            tree[1][at, 1] = arcs[at, 1]
    for node in near:
        field[0][node] = closed[node]
        field[1][node] = -1


@jit_cached
def obstacles(
    trees: tuple[Tree, Tree], units: Units, away_unit: Ints, doors: Tree, states: Field, asked: Ints,
    opened: Ints, most: int,
) -> tuple[Ints, Ints, Ints]:  # fmt: skip
    """Return for homes whether they are reached with some units opened, and what is in their way if not.

    `trees` are the graph toward places with all units shut, and the graph away from homes with all
    repaired; `states` the costs to the nearest place of both. The second and third answer are rows
    (position in `asked`, unit): a smallest set of which one must be repaired for the home to be reached,
    and all units that a way within the limit may pass at all.
    """
    toward, away = (trees[0][0], trees[0][1].copy()), trees[1]
    nodes = len(states[0])
    far, slack = np.full(nodes, NEVER, np.int32), (most - states[1]).astype(np.int32)
    field = (states[0].copy(), np.full(nodes, -1, np.int32))
    around, work = _workplace(len(away[1])), _workplace(len(toward[1]))
    rank, reached = np.full(len(units[0]), -1, np.int32), np.zeros(len(asked), np.int32)
    cuts, ways = np.empty((256, 2), np.int32), np.empty((256, 2), np.int32)
    found, seen = 0, 0
    for number in range(len(asked)):
        mine = doors[1][doors[0][asked[number]] : doors[0][asked[number] + 1]]
        for door in range(len(mine)):
            _offer(far, slack, around, mine[door, 0], mine[door, 1])
        _settle(away, far, slack, around)
        near = around[1][: around[2][1], 0].copy()
        for node in near:
            field[1][node] = most - far[node]
        met = _met(away, away_unit, far, states[1], most, around, rank, number)
        _undo(far, around, 0)
        open_now, kept = _in_the_way(toward, units, met, opened, mine, most, field, work)
        reached[number] = open_now
        cuts, found = _append(cuts, found, number, kept)
        ways, seen = _append(ways, seen, number, met)
        _restore(toward, units, met, trees[0][1], field, states[0], near)
    return reached, cuts[:found].copy(), ways[:seen].copy()


@jit_cached
def _append(rows: Ints, count: int, number: int, units: Ints) -> tuple[Ints, int]:
    """Add rows (number, unit) to a table that grows; return it and how many rows it holds."""
    if count + len(units) > len(rows):
        wider = np.empty((2 * (count + len(units)), 2), np.int32)
        wider[:count] = rows[:count]
        rows = wider
    for unit in units:
        rows[count, 0], rows[count, 1] = number, unit
        count += 1
    return rows, count
