"""What a road network is made of, as plain values and as layers."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.kernels import NEVER
from gis.modes import REASONS
from gis.network import Network

LISTED = 50  # parts and mended ends that are told; the layers hold all


def told(network: Network) -> dict[str, Any]:
    """Return how large a network is, its parts and mended ends, what blocks roads and what stands on them."""
    sizes = pd.Series(network.component).value_counts().sort_index()
    reasons = pd.Series(network.reason)[network.reason > 0].value_counts()
    barriers = network.barriers
    stops = barriers.delay >= NEVER
    return {
        "mode": network.mode,
        "nodes": len(network.xy),
        "edges": len(network.start),
        "length_km": round(float(network.length.sum()) / 10_000, 1),
        "components": len(sizes),
        "component_nodes": sizes.head(LISTED).tolist(),
        "largest_share": float(sizes.max() / sizes.sum()),
        "mended_ends": len(network.repairs),
        "mended": network.repairs.head(LISTED).to_dict("records"),
        "blocked": [
            {"reason": REASONS[int(str(code))], "edges": int(many)} for code, many in reasons.items()
        ],
        "barriers": len(set(barriers.source)),
        "stopping": sorted(set(barriers.source[stops].astype(str))),
        "slowing": sorted(set(barriers.source[~stops].astype(str))),
    }


def layers(network: Network) -> dict[str, gpd.GeoDataFrame]:
    """Return edges (with part, cost, block and what stands there) and mended ends as layers."""
    ahead, back = network.costs("time")
    stands = pd.Series(network.barriers.source.astype(str)).groupby(network.barriers.edge).agg(";".join)
    seconds = [np.where(cost < NEVER, cost / 10, np.nan) for cost in (ahead, back)]
    edges = pd.DataFrame(
        {
            "road": network.uid.astype(str),
            "part": network.component[network.start],
            "ahead_s": seconds[0],
            "back_s": seconds[1],
            "blocked": [REASONS[code] for code in network.reason],
            "findings": stands.reindex(range(len(network.start))).fillna("").to_numpy(object),
        }
    )
    ends = network.repairs
    points = gpd.points_from_xy(ends["x"].astype(float), ends["y"].astype(float))
    return {
        "edges": gpd.GeoDataFrame(edges, geometry=network.segments.lines, crs=network.epsg),
        "mended_ends": gpd.GeoDataFrame(ends.drop(columns=["x", "y"]), geometry=points, crs=network.epsg),
    }
