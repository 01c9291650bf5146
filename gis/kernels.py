"""Compiled loops of the road network: the nearest edge of a point, and shortest paths by buckets.

Written for numba, which compiles them once and keeps the result on disk; `warm` does so at set-up, so
that no user waits. Where numba is absent `COMPILED` is false and `gis.segments` and `gis.travel` take
shapely and scipy instead, with the same answers. The kernels release the interpreter lock and never use
numba's own threads, which abort a process that calls them from two threads at once; callers cut the work
into parts (`in_parts`).

Costs are whole numbers (tenths of a second, or decimetres) of at least 1, so that a search needs no heap:
a node of cost c waits in bucket c modulo the number of buckets (Dial 1969), a linked list. Entries are taken
from a pool and given back to it, so that the few in use at a time stay in the cache.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

try:
    from numba import get_num_threads, njit

    COMPILED = True
except ImportError:  # numba has no wheel for this machine
    COMPILED = False

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Function = TypeVar("Function", bound=Callable[..., Any])

NEVER = 1 << 30  # a cost that is never reached; two of them still fit in 32 bits
COST, OWNER = 0, 1  # columns of `state`
FANOUT = 8  # boxes in a box of the tree, segments in its lowest boxes
DEEPEST = 12  # levels of the tree: 8 to the power of 12 segments
PART = 4096  # least number of points worth a thread of their own


def jit_cached(function: Function) -> Function:
    """Compile a kernel on first use, keep it on disk, and let other threads run meanwhile."""
    return cast("Function", njit(cache=True, nogil=True)(function)) if COMPILED else function


def in_parts(work: Callable[[slice], Any], count: int, least: int) -> list[Any]:
    """Run `work` on consecutive slices of `count` items in threads; return the results in order."""
    threads = min(get_num_threads() if COMPILED else 1, max(1, count // max(least, 1)))
    cuts = np.linspace(0, count, threads + 1).astype(int).tolist()
    slices = [slice(low, high) for low, high in pairwise(cuts)]
    if threads == 1:
        return [work(slices[0])]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, slices))


@jit_cached
def _segment_distance(xy: Floats, at: int, x: float, y: float) -> tuple[float, float]:
    """Return the squared distance of (x, y) to the segment from vertex `at`, and where on it (0-1)."""
    ax, ay = xy[at, 0], xy[at, 1]
    dx, dy = xy[at + 1, 0] - ax, xy[at + 1, 1] - ay
    squared = dx * dx + dy * dy
    share = 0.0
    if squared > 0.0:
        share = ((x - ax) * dx + (y - ay) * dy) / squared
    if share <= 0.0:
        share, ex, ey = 0.0, x - ax, y - ay
    elif share >= 1.0:
        share, ex, ey = 1.0, x - xy[at + 1, 0], y - xy[at + 1, 1]
    else:
        ex, ey = x - (ax + share * dx), y - (ay + share * dy)
    return ex * ex + ey * ey, share


@jit_cached
def _box_distance(box: Floats, x: float, y: float) -> float:
    """Return the squared distance of (x, y) to a box (west, south, east, north); 0 inside it."""
    dx = max(box[0] - x, 0.0, x - box[2])
    dy = max(box[1] - y, 0.0, y - box[3])
    squared: float = dx * dx + dy * dy
    return squared


@jit_cached
def _best_in_leaf(
    xy: Floats, owner: Ints, leaf: int, point: Floats, barred: int, best: tuple[float, int, float]
) -> tuple[float, int, float]:
    """Return the nearest segment of a lowest box if it beats `best` (squared distance, vertex, share)."""
    squared, vertex, share = best
    for at in range(leaf * FANOUT, min((leaf + 1) * FANOUT, len(owner))):
        edge = owner[at]
        if edge < 0 or edge == barred:
            continue
        found, where = _segment_distance(xy, at, point[0], point[1])
        if found < squared or (found == squared and (vertex < 0 or edge < owner[vertex])):
            squared, vertex, share = found, at, where
    return squared, vertex, share


@jit_cached
def _push_children(
    boxes: Floats, levels: Ints, at: tuple[int, int], point: Floats, worst: float, stack: Floats, top: int
) -> int:
    """Put the boxes of a box that may hold something nearer than `worst` on the stack, nearest on top."""
    level, box = at[0] - 1, at[1]
    first = top
    last = min((box + 1) * FANOUT, levels[level + 1] - levels[level])
    for child in range(box * FANOUT, last):
        far = _box_distance(boxes[levels[level] + child], point[0], point[1])
        if far > worst:
            continue
        place = top
        while place > first and stack[place - 1, 0] < far:
            stack[place, :] = stack[place - 1, :]
            place -= 1
        stack[place, 0], stack[place, 1], stack[place, 2] = far, level, child
        top += 1
    return top


@jit_cached
def nearest_segments(
    xy: Floats, owner: Ints, boxes: Floats, levels: Ints, points: Floats, barred: Ints, reach_m: float
) -> tuple[Ints, Floats, Floats]:
    """Return for every point the first vertex of its nearest segment (-1 none), share and distance in m.

    `owner` is the edge of the segment that begins at a vertex (-1: none begins there), `barred` the edge
    that a point must not find (-1: any will do). Of equally near edges the lowest wins.
    """
    vertices = np.full(len(points), -1, np.int32)
    shares, distances = np.zeros(len(points)), np.full(len(points), np.inf)
    stack = np.empty((DEEPEST * FANOUT, 3))
    guess = -1
    for number in range(len(points)):
        point, edge = points[number], barred[number]
        best = (reach_m * reach_m, -1, 0.0)
        if guess >= 0 and owner[guess] != edge:  # the last find is near this point too, mostly
            found, where = _segment_distance(xy, guess, point[0], point[1])
            if found <= best[0]:
                best = (found, guess, where)
        stack[0, 0], stack[0, 1], stack[0, 2] = 0.0, len(levels) - 2, 0
        top = 1
        while top > 0:
            top -= 1
            if stack[top, 0] > best[0]:
                continue
            level, box = int(stack[top, 1]), int(stack[top, 2])
            if level == 0:
                best = _best_in_leaf(xy, owner, box, point, edge, best)
            else:
                top = _push_children(boxes, levels, (level, box), point, best[0], stack, top)
        if best[1] >= 0:
            guess = best[1]
            vertices[number], shares[number], distances[number] = best[1], best[2], np.sqrt(best[0])
    return vertices, shares, distances


@jit_cached  # long because a call a step costs a third of the time
def search(  # noqa: C901, PLR0912 - see above
    start: Ints, arcs: Ints, seeds: Ints, limit: int, state: Ints, heads: Ints, pool: Ints, touched: Ints
) -> int:
    """Spread from seeds (node, cost, owner) along arcs (node, cost) up to a limit; return nodes touched.

    `state` (cost, owner) comes with cost NEVER everywhere; `heads` comes and leaves all -1 and is longer
    than any arc or seed is dear; `pool` holds as many entries (node, next) as there are arcs and seeds;
    `touched` receives the nodes that got a cost. A node waits in a bucket once for every cost it was
    offered; only the entry of its last, lowest cost counts. Owners at equal cost settle on the lowest
    before the node is taken, since every arc costs at least 1.
    """
    mask = len(heads) - 1
    free, fresh, waiting, count = -1, 0, 0, 0
    for seed in range(len(seeds)):
        node, cost, owner = seeds[seed, 0], seeds[seed, 1], seeds[seed, 2]
        old = state[node, COST]
        if cost > limit or cost > old or (cost == old and owner >= state[node, OWNER]):
            continue
        if old == NEVER:
            touched[count] = node
            count += 1
        state[node, COST], state[node, OWNER] = cost, owner
        if cost < old:
            pool[fresh, 0], pool[fresh, 1] = node, heads[cost & mask]
            heads[cost & mask] = fresh
            fresh, waiting = fresh + 1, waiting + 1
    now = 0
    while waiting > 0:
        entry = heads[now & mask]
        if entry < 0:
            now += 1
            continue
        node = pool[entry, 0]
        heads[now & mask] = pool[entry, 1]
        pool[entry, 1] = free
        free = entry
        waiting -= 1
        if state[node, COST] != now:
            continue
        owner = state[node, OWNER]
        for arc in range(start[node], start[node + 1]):
            other, cost = arcs[arc, 0], now + arcs[arc, 1]
            old = state[other, COST]
            if cost > old or cost > limit:
                continue
            if cost == old:
                state[other, OWNER] = min(owner, state[other, OWNER])
                continue
            if old == NEVER:
                touched[count] = other
                count += 1
            state[other, COST], state[other, OWNER] = cost, owner
            if free >= 0:
                entry = free
                free = pool[entry, 1]
            else:
                entry = fresh
                fresh += 1
            pool[entry, 0], pool[entry, 1] = other, heads[cost & mask]
            heads[cost & mask] = entry
            waiting += 1
    return count


@jit_cached
def _row(state: Ints, sinks: Ints, direct: Ints, at: int, row: Ints) -> int:
    """Fill `row` with the cost of every sink in a finished search; return where `direct` goes on."""
    for sink in range(len(sinks)):
        first = state[sinks[sink, 0], COST] + sinks[sink, 2]
        second = state[sinks[sink, 1], COST] + sinks[sink, 3]
        row[sink] = min(first, second, NEVER)
    source = direct[at, 0]
    while direct[at, 0] == source:
        row[direct[at, 1]] = min(row[direct[at, 1]], direct[at, 2])
        at += 1
    return at


@jit_cached
def bounded_pairs(
    start: Ints, arcs: Ints, sources: Ints, sinks: Ints, direct: Ints, limit: int, heads: Ints
) -> tuple[Ints, Ints]:
    """Return (source, sink) pairs within a limit, as rows sorted by source then sink, and their costs.

    Sources and sinks are rows (node, node, cost, cost): the ends of their edge. `direct` has rows
    (source, sink, cost) along one edge, sorted, with at least one row per source (sink 0, cost NEVER).
    """
    nodes = len(start) - 1
    state = np.full((nodes, 2), NEVER, np.int32)
    pool = np.empty((len(arcs) + 2, 2), np.int32)
    touched, row = np.empty(nodes, np.int32), np.empty(len(sinks), np.int32)
    pairs, costs = np.empty((1024, 2), np.int32), np.empty(1024, np.int32)
    seeds = np.zeros((2, 3), np.int32)
    found, at = 0, 0
    for source in range(len(sources)):
        for end in range(2):
            seeds[end, 0], seeds[end, 1] = sources[source, end], sources[source, 2 + end]
        count = search(start, arcs, seeds, limit, state, heads, pool, touched)
        at = _row(state, sinks, direct, at, row)
        for place in range(count):
            state[touched[place], COST] = NEVER
        if found + len(sinks) > len(costs):
            size = 2 * (found + len(sinks))
            wider, longer = np.empty((size, 2), np.int32), np.empty(size, np.int32)
            wider[:found], longer[:found] = pairs[:found], costs[:found]
            pairs, costs = wider, longer
        for sink in range(len(sinks)):
            if row[sink] <= limit:
                pairs[found, 0], pairs[found, 1], costs[found] = source, sink, row[sink]
                found += 1
    return pairs[:found].copy(), costs[:found].copy()


def warm() -> bool:
    """Compile every kernel and keep it on disk; tell whether there is a compiler at all."""
    if COMPILED:
        xy = np.array([[0.0, 0.0], [1.0, 0.0]])
        boxes, levels = np.array([[0.0, 0.0, 1.0, 0.0]]), np.array([0, 1], np.int32)
        owner, barred = np.array([0, -1], np.int32), np.array([-1], np.int32)
        nearest_segments(xy, owner, boxes, levels, xy[:1], barred, 1.0)
        start, arcs = np.array([0, 1, 1], np.int32), np.array([[1, 1]], np.int32)
        seeds, heads = np.array([[0, 0, 0]], np.int32), np.full(2, -1, np.int32)
        state, touched = np.full((2, 2), NEVER, np.int32), np.empty(2, np.int32)
        search(start, arcs, seeds, NEVER - 1, state, heads, state.copy(), touched)
        ends = np.array([[0, 1, 0, 0]], np.int32)
        direct = np.array([[0, 0, NEVER], [1, 0, NEVER]], np.int32)
        bounded_pairs(start, arcs, ends, ends, direct, NEVER - 1, heads)
    return COMPILED
