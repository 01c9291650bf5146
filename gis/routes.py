"""The way between two places, edge by edge, and what to tell somebody who travels it.

The search runs from the target, so that every node knows what is left to go; the way is then read off from
the origin by following arcs that lose exactly what they cost. Costs are whole numbers of at least 1: the way
is exact, ends, and needs no memory of predecessors. Of equally good ways the edge listed first is taken.

Where findings of inspections shut every way, the refusal names those on the way that would be shortest
without them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely

from gis.errors import InputError, NoRouteError
from gis.kernels import NEVER, Floats, Ints
from gis.network import Barriers, By, Network, Snapped
from gis.travel import at_nodes, joints_on, nearest

LEFT_OUT = 25.0  # degrees within which one goes straight on
TURNS = ((60.0, "slight"), (120.0, ""), (165.0, "sharp"))  # up to so many degrees; beyond, one turns round


@dataclass(frozen=True)
class Route:
    """A way over edges of a network.

    Attributes
    ----------
    edge, begin, finish
        Edges in order and which share of each is travelled: from `begin` to `finish`, which is less where
        one goes against the drawing; shape (edges,).
    cost
        Tenths of a second or decimetres, the ways from door to road included.
    door_m
        Straight metres from the origin to the road, and from the road to the target.
    """

    edge: Ints
    begin: Floats
    finish: Floats
    cost: int
    door_m: tuple[float, float]


@dataclass(frozen=True)
class Step:
    """One line of the directions.

    Attributes
    ----------
    turn
        `depart`, `straight`, `slight_left`, `left`, `sharp_left`, `slight_right`, `right`, `sharp_right`,
        `round` or `arrive`.
    road
        `uid` of the road, empty on arrival.
    length_m, seconds
        How far it goes on from there, and how long that takes with what stands on it.
    sources
        What stands on it and delays, such as uids of findings.
    line
        Its shape in the metric system of the network.
    """

    turn: str
    road: str
    length_m: float
    seconds: float
    sources: tuple[str, ...]
    line: shapely.LineString


def route(network: Network, origin: Snapped, target: Snapped, *, by: By = "time") -> Route:
    """Return the best way from one place to another.

    Parameters
    ----------
    origin, target
        One place each, snapped to this network.

    Raises
    ------
    InputError
        There is not exactly one origin and one target.
    NoRouteError
        They are not connected; the message names the findings that shut the way, if any do.
    """
    if len(origin.edge) != 1 or len(target.edge) != 1:
        raise InputError("A way leads from one place to one place.")
    total = int(nearest(network, origin, target, by=by).cost[0])
    if total >= NEVER:
        raise _no_route(network, origin, target, by)
    people, places = joints_on(network, origin, by), joints_on(network, target, by)
    left = at_nodes(network, target, by=by).cost
    ends = [int(people.leave[0, side + 2]) + int(left[people.leave[0, side]]) for side in (0, 1)]
    door_m = (float(origin.distance_m[0]), float(target.distance_m[0]))
    if total not in ends:
        edge, begin, finish = int(origin.edge[0]), float(origin.fraction[0]), float(target.fraction[0])
        one_way = network.ahead if finish > begin else network.back
        if one_way[edge] >= NEVER:  # the two stand within a tenth of a second of each other: one place
            finish = begin
        return _made([(edge, begin, finish)], total, door_m)
    side = ends.index(total)
    parts = [(int(origin.edge[0]), float(origin.fraction[0]), float(side))]
    at = int(people.leave[0, side])
    arrive = {int(places.arrive[0, 0]): (0, int(places.arrive[0, 2]))}
    last = arrive.get(int(places.arrive[0, 1]), (1, NEVER))
    if int(places.arrive[0, 3]) < last[1]:
        arrive[int(places.arrive[0, 1])] = (1, int(places.arrive[0, 3]))
    while at not in arrive or arrive[at][1] != left[at]:
        edge, forth, at = _next(network, left, at, by)
        parts.append((edge, 0.0, 1.0) if forth else (edge, 1.0, 0.0))
    parts.append((int(target.edge[0]), float(arrive[at][0]), float(target.fraction[0])))
    return _made(parts, total, door_m)


def in_the_way(network: Network, way: Route) -> tuple[str, ...]:
    """Return the sources of the barriers that a route passes, in the order of the way."""
    found: list[str] = []
    for edge, begin, finish in zip(way.edge, way.begin, way.finish, strict=True):
        found += [source for source, _ in _passed(network, int(edge), float(begin), float(finish))]
    return tuple(dict.fromkeys(found))


def avoided(network: Network, origin: Snapped, target: Snapped, *, by: By = "time") -> tuple[str, ...]:
    """Return the sources of the barriers on the way that would be best without any barrier.

    Empty where that way has none, or where even then there is no way.
    """
    free = replace(network, barriers=Barriers())
    if nearest(free, origin, target, by=by).owner[0] < 0:
        return ()
    return in_the_way(network, route(free, origin, target, by=by))


def steps(network: Network, way: Route) -> list[Step]:
    """Return the directions of a way; a new step begins where the road changes or one turns.

    The last step is the arrival. Steps along roads of one name are made one by `merged`.
    """
    moved = [number for number in range(len(way.edge)) if way.begin[number] != way.finish[number]]
    lines = [_line(network, way, number) for number in moved]
    found: list[Step] = []
    for number, line in zip(moved, lines, strict=True):
        turn = _turn(found[-1].line, line) if found else "depart"
        new = _step(network, way, number, turn=turn, line=line)
        if found and turn == "straight" and found[-1].road == new.road:
            found[-1] = _joined(found[-1], new)
        else:
            found.append(new)
    last = network.segments.position(way.edge[-1:], way.finish[-1:])[0]
    end = lines[-1].coords[-1] if lines else tuple(last)
    return [*found, Step("arrive", "", 0.0, 0.0, (), shapely.LineString([end, end]))]


def merged(found: list[Step], names: Mapping[str, str]) -> list[Step]:
    """Return directions in which straight steps along roads of one name are one.

    Parameters
    ----------
    names
        Name of a road by its uid; those that have none (absent or empty) stay apart.
    """
    said: list[Step] = []
    for step in found:
        straight = bool(said) and step.turn == "straight"
        same = straight and _named(said[-1], names) == _named(step, names)
        if same:
            said[-1] = _joined(said[-1], step)
        else:
            said.append(step)
    return said


def _named(step: Step, names: Mapping[str, str]) -> tuple[str, str]:
    name = names.get(step.road, "")
    return ("name", name) if name else ("uid", step.road)


def _made(parts: list[tuple[int, float, float]], cost: int, door_m: tuple[float, float]) -> Route:
    edge, begin, finish = zip(*parts, strict=True)
    return Route(np.array(edge, np.int32), np.array(begin), np.array(finish), cost, door_m)


def _next(network: Network, left: Ints, at: int, by: By) -> tuple[int, bool, int]:
    """Return the edge that loses exactly what it costs, whether it is taken as drawn, and its other node."""
    graph = network.graph(by, toward=False)
    for arc in range(graph.start[at], graph.start[at + 1]):
        other, cost = int(graph.arcs[arc, 0]), int(graph.arcs[arc, 1])
        if cost < NEVER and left[other] < NEVER and cost + int(left[other]) == int(left[at]):
            number = int(network.arc_edge[arc])
            return number % len(network.start), number < len(network.start), other
    raise NoRouteError("The way breaks off; the network was changed while it was searched.")


def _no_route(network: Network, origin: Snapped, target: Snapped, by: By) -> NoRouteError:
    if origin.edge[0] < 0 or target.edge[0] < 0:
        which = "first" if origin.edge[0] < 0 else "second"
        return NoRouteError(f"The {which} place is too far from every road that {network.mode} may use.")
    shut = avoided(network, origin, target, by=by)
    if shut:
        named = ", ".join(shut[:5]) + (" …" if len(shut) > 5 else "")
        return NoRouteError(f"No way leads there by {network.mode} while these findings are open: {named}.")
    return NoRouteError(f"The roads that {network.mode} may use do not connect the two places.")


def _passed(network: Network, edge: int, begin: float, finish: float) -> list[tuple[str, int]]:
    """Return (source, delay) of the barriers between two shares of an edge, in the order of travel.

    A place with a barrier at its own share stands before it, except at the end of the edge.
    """
    low, high = min(begin, finish), max(begin, finish)
    on = np.flatnonzero(network.barriers.edge == edge)
    where = network.barriers.fraction[on]
    on = on[(where >= low) & ((where < high) | (high >= 1.0))]
    on = on if finish >= begin else on[::-1]
    return [(str(network.barriers.source[n]), int(network.barriers.delay[n])) for n in on]


def _line(network: Network, way: Route, number: int) -> shapely.LineString:
    edge, begin, finish = int(way.edge[number]), float(way.begin[number]), float(way.finish[number])
    shapes = network.segments
    xy = shapes.xy[shapes.first[edge] : shapes.first[edge + 1]]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    low, high = sorted((begin * along[-1], finish * along[-1]))
    inside = xy[(along > low) & (along < high)]
    ends = shapes.position(np.array([edge, edge]), np.array(sorted((begin, finish))))
    line = np.concatenate([ends[:1], inside, ends[1:]])
    return shapely.LineString(line if finish > begin else line[::-1])


def _step(network: Network, way: Route, number: int, *, turn: str, line: shapely.LineString) -> Step:
    edge, begin, finish = int(way.edge[number]), float(way.begin[number]), float(way.finish[number])
    whole = network.ahead[edge] if finish > begin else network.back[edge]
    stands = _passed(network, edge, begin, finish)
    seconds = (int(whole) * abs(finish - begin) + sum(delay for _, delay in stands)) / 10
    sources = tuple(dict.fromkeys(source for source, _ in stands))
    return Step(turn, str(network.uid[edge]), float(line.length), seconds, sources, line)


def _joined(first: Step, second: Step) -> Step:
    line = shapely.LineString([*first.line.coords, *second.line.coords[1:]])
    sources = tuple(dict.fromkeys((*first.sources, *second.sources)))
    length_m, seconds = first.length_m + second.length_m, first.seconds + second.seconds
    return Step(first.turn, first.road, length_m, seconds, sources, line)


def _turn(before: shapely.LineString, after: shapely.LineString) -> str:
    """Return how one turns from the end of a line into the beginning of the next."""
    ends = (_distinct(before)[-2:], _distinct(after)[:2])
    headings = [np.arctan2(*(np.subtract(end[1], end[0]))[::-1]) for end in ends]
    angle = float(np.degrees((headings[1] - headings[0] + np.pi) % (2 * np.pi) - np.pi))
    if abs(angle) <= LEFT_OUT:
        return "straight"
    side = "left" if angle > 0 else "right"
    for limit, how in TURNS:
        if abs(angle) <= limit:
            return f"{how}_{side}" if how else side
    return "round"


def _distinct(line: shapely.LineString) -> list[tuple[float, ...]]:
    places = list(line.coords)
    return [places[0], *(b for a, b in pairwise(places) if a != b)]
