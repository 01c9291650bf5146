"""Kinds of units: what a name says, how many a document states, how many have an association."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gis.rates import Rate
from gis.specs import RowIssue


def kind_of(name: str, level: str) -> str | None:
    """Return the kind of a unit that its official name tells, a code of the list `region_kind`, or None.

    Source: the endings that the statistical list of 2016 and 2023 for Gansu uses. A village level unit
    without a committee in its name (虚拟社区, 生活区) is a dummy of the list, not a place.
    """
    endings = {
        "county": (("自治县", "autonomous_county"), ("县", "county"), ("区", "district")),
        "township": (
            ("街道办事处", "subdistrict"),
            ("街道", "subdistrict"),
            ("镇", "town"),
            ("族乡", "ethnic_township"),
            ("乡", "township"),
            ("", "other_unit"),
        ),
        "village": (
            ("村委会", "village"),
            ("村民委员会", "village"),
            ("居委会", "community"),
            ("居民委员会", "community"),
            ("虚拟社区", "dummy"),
            ("生活区", "dummy"),
            ("社区", "community"),
            ("村", "village"),
        ),
        "city": (("市", "city"),),
    }
    return next((kind for ending, kind in endings.get(level, ()) if name.endswith(ending)), None)


def count_notes(regions: pd.DataFrame, stated: Mapping[str, Mapping[str, Any]]) -> list[RowIssue]:
    """Return where the number of units differs from what a document states; a note, never an error.

    Parameters
    ----------
    regions
        Columns `kind` (list `region_kind`) and `valid_to`.
    stated
        By kind: `value`, `source`, such as `{"village": facts["villages"]}` of a city.
    """
    counts = regions["kind"].value_counts()
    return [
        RowIssue(
            0,
            "kind",
            "noted",
            "count-differs",
            f"{counts.get(kind, 0)} of kind {kind} in the layer, {fact['value']} stated by {fact['source']}",
        )
        for kind, fact in stated.items()
        if counts.get(kind, 0) != fact["value"]
    ]


def association_coverage(regions: pd.DataFrame, units: int | None = None, source: str = "") -> Rate:
    """Return the share of villages and communities that have an association of disabled persons (残协).

    Parameters
    ----------
    regions
        Columns `kind` and `has_association` (missing: not known, neither yes nor no).
    units
        How many units there should be, with its `source`; None counts those of the layer. Units that the
        layer lacks are unknown.
    """
    unitary = regions[regions["kind"].isin(("village", "community"))]
    known = unitary["has_association"].astype("boolean")
    denominator = len(unitary) if units is None else units
    unknown = int(known.isna().sum()) + denominator - len(unitary)
    return Rate(
        int(known.sum()),
        denominator,
        source or "villages and communities of the layer",
        unknown=max(unknown, 0),
    )
