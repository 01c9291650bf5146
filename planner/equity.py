"""How evenly a plan treats those it could have served: Gini, Lorenz curve, the worst-off tenth, groups.

What is shared out is *need met*: the discounted points of the homes that were done, 0 for the others. Among
groups, the share of a group's homes (and of its need) that is met is compared with that of all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame, Series

from gis.errors import EmptyLayerError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Equity:
    """Equity of one plan.

    Attributes
    ----------
    gini
        Of the share of need met over the counties' homes: 0 when every group gets the same share.
    lorenz
        Shape (groups + 1, 2): cumulated share of homes, cumulated share of need met, groups in order of rate.
    worst_tenth
        Share of the tenth of homes with the greatest need that is in the plan.
    """

    gini: float
    lorenz: Floats
    worst_tenth: float


def equity(homes: DataFrame, *, by: str = "county_code") -> Equity:
    """Return how evenly a plan serves groups, and whether it reaches those who need it most.

    Parameters
    ----------
    homes
        All homes that qualify: `score`, `met` (discounted points met, 0 when left out), `uid`, and `by`.

    Raises
    ------
    EmptyLayerError
        There are no homes.
    """
    if homes.empty:
        raise EmptyLayerError("people")
    groups = homes.groupby(by).agg(homes=("score", "size"), met=("met", "sum"))
    order = np.argsort((groups["met"] / groups["homes"]).to_numpy(), kind="stable")
    curve = lorenz(groups["met"].to_numpy()[order], groups["homes"].to_numpy()[order])
    gravest = homes.sort_values(["score", "uid"], ascending=[False, True]).head(-(-len(homes) // 10))
    return Equity(gini_of(curve), curve, float((gravest["met"] > 0).mean()))


def lorenz(values: Floats, weights: Floats) -> Floats:
    """Return cumulated shares of weight and value, from (0, 0) to (1, 1), in the order given.

    All value shares are 0 but the last where nothing was shared out.
    """
    weight = np.concatenate([[0.0], np.cumsum(weights, dtype=float)])
    value = np.concatenate([[0.0], np.cumsum(values, dtype=float)])
    shares = value / value[-1] if value[-1] > 0 else weight / max(weight[-1], 1.0)
    return np.column_stack([weight / weight[-1], shares])


def gini_of(curve: Floats) -> float:
    """Return one minus twice the area under a Lorenz curve; 0 is even, near 1 all goes to one."""
    x, y = curve[:, 0], curve[:, 1]
    return float(max(0.0, 1.0 - np.sum(np.diff(x) * (y[1:] + y[:-1]))))


def gini(values: Series) -> float:
    """Return the Gini coefficient of values of 0 or more, each of the same weight."""
    ordered = np.sort(values.to_numpy(dtype=float))
    return gini_of(lorenz(ordered, np.ones(len(ordered)))) if len(ordered) else 0.0


def by_group(homes: DataFrame, column: str) -> DataFrame:
    """Return how a plan serves each group.

    Parameters
    ----------
    homes
        `score`, `met`, `year` (missing when left out) and `column`; a missing group is `unknown`.

    Returns
    -------
    pandas.DataFrame
        Index the group: `homes`, `chosen`, `share` (of its homes), `need_share` (of its points), `parity`
        (its share over the share of all; 1 is even).
    """
    marked = homes.assign(
        group=homes[column].astype("object").where(homes[column].notna(), "unknown").astype(str),
        chosen=homes["year"].notna(),
    )
    marked["met_score"] = marked["score"].where(marked["chosen"], 0.0)
    table = marked.groupby("group").agg(
        homes=("score", "size"), chosen=("chosen", "sum"), score=("score", "sum"), met=("met_score", "sum")
    )
    overall = marked["chosen"].mean() if len(marked) else 0.0
    table["share"] = table["chosen"] / table["homes"]
    table["need_share"] = (table["met"] / table["score"]).where(table["score"] > 0, 0.0)
    table["parity"] = table["share"] / overall if overall > 0 else 0.0
    return table[["homes", "chosen", "share", "need_share", "parity"]]
