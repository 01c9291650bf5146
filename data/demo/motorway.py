"""The motorway: two one-way carriageways that meet other roads only through the links of interchanges.

Where it crosses anything else it is a bridge, which is why it is drawn after the noding.
"""

from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree

from data.demo.draw import Floats
from data.demo.links import Links, joined, rows_of, straight
from data.demo.plane import on_grid
from data.demo.units import Units

PASS_BY_M = 2600.0
"""The motorway passes a town at this distance."""

APART_M = 24.0
"""Between the centre lines of the carriageways."""

EDGE_M = 1500.0
"""Length of a carriageway edge."""

RAMP_M = 450.0
"""From the middle of an interchange to where a link leaves or joins."""


def motorway_lines(units: Units, route: dict[str, Any], terminals: Floats) -> Links:
    """Return the carriageways and links of one motorway.

    Parameters
    ----------
    route
        `ref`, `zh` and `via` (township codes in order) of `city.toml`.
    terminals
        Junctions of main roads (n, 2) where links may end; each interchange takes the nearest.
    """
    towns = units.townships.set_index("code").loc[route["via"], ["x", "y"]].to_numpy()
    axis = _axis(towns)
    length = float(axis.length)
    middles = np.array([shapely.line_locate_point(axis, shapely.Point(*town)) for town in towns])
    middles[[0, -1]] = [-RAMP_M, length + RAMP_M]
    leaves = np.concatenate([middles - RAMP_M, middles + RAMP_M])[1:-1]
    chain = np.unique(np.round(np.concatenate([np.arange(0, length, EDGE_M), leaves, [0.0, length]]), 2))
    chain = chain[np.concatenate([[True], np.diff(chain) > 50]) | np.isin(chain, np.round(leaves, 2))]
    right, left = _carriageways(axis, chain)
    words = {"ref": route["ref"], "name": route["zh"], "oneway": "yes"}
    carriageways = [
        Links(straight(way[:-1], way[1:]), rows_of(len(way) - 1, "motorway", -1, **words))
        for way in (right, left[::-1])
    ]
    ramps = _ramps(chain, right, left, middles, terminals)
    links = Links(straight(ramps[:, 0], ramps[:, 1]), rows_of(len(ramps), "motorway_link", -1, **words))
    return joined([*carriageways, links])


def _axis(towns: Floats) -> shapely.LineString:
    """Return the line that passes all towns on the same side, its corners rounded off."""
    along = np.diff(towns, axis=0)
    along = np.vstack([along[:1], (along[:-1] + along[1:]) / 2, along[-1:]])
    side = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]
    corners = towns + PASS_BY_M * side
    for _ in range(3):
        quarter, three = 0.75 * corners[:-1] + 0.25 * corners[1:], 0.25 * corners[:-1] + 0.75 * corners[1:]
        inner = np.stack([quarter, three], axis=1).reshape(-1, 2)
        corners = np.vstack([corners[:1], inner, corners[-1:]])
    return shapely.LineString(corners)


def _carriageways(axis: shapely.LineString, chain: Floats) -> tuple[Floats, Floats]:
    """Return the points of both carriageways at each chainage, to the right and left of the axis."""
    here = shapely.get_coordinates(shapely.line_interpolate_point(axis, chain))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(axis, np.minimum(chain + 5, axis.length)))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(axis, np.maximum(chain - 5, 0)))
    along = (ahead - behind) / np.hypot(*(ahead - behind).T)[:, None]
    off = np.column_stack([along[:, 1], -along[:, 0]]) * APART_M / 2
    return on_grid(here + off), on_grid(here - off)


def _ramps(chain: Floats, right: Floats, left: Floats, middles: Floats, terminals: Floats) -> Floats:
    """Return start and end (n, 2, 2) of the links of each interchange.

    Chainage grows with the right carriageway; the left one runs against it. An interchange has four links,
    but at an end of the motorway only the two of its far side.
    """
    before = np.searchsorted(chain, np.round(middles[1:] - RAMP_M, 2))
    after = np.searchsorted(chain, np.round(middles[:-1] + RAMP_M, 2))
    sites = np.vstack([right[after], right[before[-1:]]])
    at = terminals[cKDTree(terminals).query(sites)[1]]
    stop, go = at[1:], at[:-1]
    ways = [(right[before], stop), (go, right[after]), (left[after], go), (stop, left[before])]
    return np.concatenate([np.stack(way, axis=1) for way in ways])
