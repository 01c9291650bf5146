"""How grave a failure is: computed from its rule, how far it is off, whom it harms and where it is.

Opinion has no place here: two experts' opinions of severity agree no better than chance, so money and
deadlines follow these published edges (`data/catalogue/severity.toml`).
"""

import numpy as np
from numpy.typing import NDArray

from audits.readings import Slot
from audits.rulebook import Bands, Edge, Rule
from audits.units import SAME, Floats

NONE = np.int8(-1)


def severity(
    rule: Rule,
    amount: Floats,
    relative: Floats,
    exposed: NDArray[np.bool_],
    bands: Bands,
    *,
    others: dict[str, Slot],
) -> NDArray[np.int8]:
    """Return the band of each failure of a rule, as an index into `bands.names`.

    Parameters
    ----------
    amount
        Measured figures in the base unit, magnitudes where the rule compares magnitudes.
    relative
        How far beyond the limit, as a share of the limit; NaN where that has no meaning.
    exposed
        Whether the place is exposed (main road, or the only service of its kind within the norm).
    others
        Slots of the attributes that the rule's edges name.

    Returns
    -------
    ndarray of int8
        -1 throughout for a rule without a severity.
    """
    if not rule.severity:
        return np.full(amount.shape, NONE)
    top = len(bands.names) - 1
    band = np.full(amount.shape, bands.names.index(rule.severity), dtype=np.int8)
    if rule.beyond:
        for edge in rule.beyond:
            band[_beyond(rule, edge, amount, others)] = bands.names.index(edge.severity)
    else:
        band[relative >= bands.up * (1 - SAME)] += 1
        if len(rule.groups) < bands.hold_groups:
            band[relative < bands.down * (1 - SAME)] -= 1
    band[exposed] += 1
    return np.clip(band, 0, top).astype(np.int8)


def _beyond(rule: Rule, edge: Edge, amount: Floats, others: dict[str, Slot]) -> NDArray[np.bool_]:
    limit = (
        others[edge.attribute].amount if edge.attribute else np.full(amount.shape, edge.limit, dtype=float)
    )
    slack = SAME * np.maximum(1.0, np.abs(limit))
    return amount < limit - slack if rule.low is not None else amount > limit + slack
