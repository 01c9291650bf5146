"""Which region a place belongs to.

A place's own code is believed first, after the dated crosswalk; its position only tells what the code
leaves open, because positions of homes are wrong more often than the village a clerk wrote down. A place
outside every region keeps None and is counted, never dropped.
"""

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.crosswalk import COUNTY_DIGITS, TOWNSHIP_DIGITS, Crosswalk
from gis.errors import CrsError
from gis.regiontree import LEVELS, RegionTree
from gis.shapes import AREAL, POINT, Bools, masked
from gis.specs import Action, RowIssue

__all__ = [
    "LEVELS",
    "Assignment",
    "RegionTree",
    "assign",
    "assignment",
]

# From the finest cell to the coarsest: which polygons are asked first.
CELLS = ("village", "township", "county")

# How a place came to its region, see `Assignment.how`.
BY_CODE, BY_CROSSWALK, WITHIN_CODE, BY_ANCESTOR, BY_PLACE, NOWHERE = (
    "code",
    "crosswalk",
    "place-within-code",
    "code-of-ancestor",
    "place",
    "none",
)


@dataclass(frozen=True)
class Assignment:
    """Which region each place belongs to and how that was found.

    Attributes
    ----------
    codes
        Code of the finest region known, None outside; index of the places.
    how
        `code`, `crosswalk`, `place-within-code` (the code names an unknown village of a known township
        or county, the position lies in a cell of it), `code-of-ancestor` (only that township or county
        is known), `place` or `none`; index of the places.
    issues
        Places whose code was translated, not known, contradicted by the position, or that lie outside.
    """

    codes: pd.Series
    how: pd.Series
    issues: list[RowIssue]

    @property
    def counts(self) -> dict[str, int]:
        """How many places came to their region in which way."""
        return {str(how): int(count) for how, count in self.how.value_counts().items()}


def assign(
    places: gpd.GeoDataFrame, regions: gpd.GeoDataFrame, crosswalk: Crosswalk | None = None
) -> pd.Series:
    """Return the region code of each place, None outside; `assignment` tells how it was found.

    Raises
    ------
    CrsError
        The layers are in different systems.
    SchemaError
        The regions are not a tree.
    """
    return assignment(places, regions, crosswalk).codes


def assignment(
    places: gpd.GeoDataFrame,
    regions: gpd.GeoDataFrame,
    crosswalk: Crosswalk | None = None,
    *,
    on: date | None = None,
) -> Assignment:
    """Return the region of each place, by its code first and by its position second.

    Parameters
    ----------
    places
        Any geometry, missing ones too, in the CRS of `regions`; `region_code` is optional.
    regions
        The layer `regions`. Only polygons are cells; a county may have no cells below it.
    crosswalk
        Changes of codes; codes of another year are translated and reported.
    on
        Day of the regions; None takes those that have not ended.

    Raises
    ------
    CrsError
        The layers are in different systems.
    SchemaError
        The regions are not a tree.
    """
    if places.crs != regions.crs:
        raise CrsError("Places and regions are in different systems; bring both into EPSG:4326.")
    tree = RegionTree.of(regions, on)
    written = (
        places["region_code"] if "region_code" in places else pd.Series(None, places.index, dtype=object)
    )
    named = _named(written, set(tree.codes), crosswalk or Crosswalk())
    located = _located(places, tree)
    return _settled(written, named, located, tree)


def _named(written: pd.Series, known: set[str], crosswalk: Crosswalk) -> pd.DataFrame:
    """Return code and `how` that the written codes lead to by themselves."""
    found: dict[str, tuple[str | None, str]] = {}
    for code in written.dropna().unique():
        heir = None if code in known else crosswalk.successor(code, known)
        if code in known:
            found[code] = (code, BY_CODE)
        elif heir is not None:
            found[code] = (heir, BY_CROSSWALK)
        else:
            above = (
                crosswalk.successor(code[:digits], known) or code[:digits]
                for digits in (TOWNSHIP_DIGITS, COUNTY_DIGITS)
            )
            ancestor = next((upper for upper in above if upper in known and upper != code), None)
            found[code] = (ancestor, BY_ANCESTOR if ancestor else NOWHERE)
    pairs = [found.get(code, (None, NOWHERE)) for code in written]
    return pd.DataFrame(pairs, index=written.index, columns=["code", "how"], dtype=object)


def _located(places: gpd.GeoDataFrame, tree: RegionTree) -> pd.Series:
    """Return the finest cell that each place lies in; on a border the first of the layer."""
    shapes = np.asarray(places.geometry.array, dtype=object)
    wide = shapely.get_type_id(shapes) > POINT
    shapes = np.where(wide, shapely.point_on_surface(masked(shapes, wide)), shapes)
    points = shapely.STRtree(shapes)
    cells = np.asarray(tree.regions.geometry.array, dtype=object)
    found = np.full(len(shapes), -1)
    areal = np.isin(shapely.get_type_id(cells), AREAL)
    for level in CELLS:
        rows = np.flatnonzero(areal & (tree.regions["level"] == level).to_numpy())
        # The cells are the prepared side: counties have thousands of corners, places are many.
        cell, place = points.query(cells[rows], predicate="intersects")
        fresh = found[place] < 0
        order = np.argsort(-cell[fresh], kind="stable")
        found[place[fresh][order]] = rows[cell[fresh][order]]
    return pd.Series(tree.names_of(found), index=places.index, dtype=object)


def _settled(written: pd.Series, named: pd.DataFrame, located: pd.Series, tree: RegionTree) -> Assignment:
    """Return the regions that code and position together lead to."""
    codes, how = named["code"].copy(), named["how"].copy()
    depth = pd.Series([*tree.depths, -1], index=[*tree.codes, None])
    finer = np.zeros(len(codes), bool)
    for level in LEVELS:
        of_level = (tree.ancestor(codes, level) == codes).to_numpy()
        finer |= of_level & (tree.ancestor(located, level) == codes).to_numpy()
    finer &= (depth.reindex(located).to_numpy() > depth.reindex(codes).to_numpy()) & codes.notna().to_numpy()
    open_ = (how == NOWHERE).to_numpy() & located.notna().to_numpy()
    codes = codes.mask(finer | open_, located)
    how = how.mask(finer, WITHIN_CODE).mask(open_, BY_PLACE)
    issues = _assignment_issues(written, named, codes, located, tree)
    return Assignment(codes.rename("region_code"), how.rename("how"), issues)


def _assignment_issues(
    written: pd.Series, named: pd.DataFrame, codes: pd.Series, located: pd.Series, tree: RegionTree
) -> list[RowIssue]:
    county, place = tree.ancestor(codes, "county"), tree.ancestor(located, "county")
    told: tuple[tuple[Action, str, Bools], ...] = (
        ("repaired", "region-recoded", (named["how"] == BY_CROSSWALK).to_numpy()),
        (
            "noted",
            "region-code-unknown",
            (written.notna() & named["how"].isin((BY_ANCESTOR, NOWHERE))).to_numpy(),
        ),
        (
            "noted",
            "region-contradicts-place",
            (county.notna() & place.notna() & (county != place)).to_numpy(),
        ),
        ("noted", "no-region", codes.isna().to_numpy()),
    )
    issues: list[RowIssue] = []
    for action, reason, rows in told:
        issues += _told(
            action, reason, rows, pd.DataFrame({"written": written, "code": codes, "place": located})
        )
    return issues


def _told(action: Action, reason: str, rows: Bools, facts: pd.DataFrame) -> list[RowIssue]:
    """Return one issue a row; `facts` has the columns written, code and place."""
    details = {
        "region-recoded": "code {written} of another year is {code} in these regions",
        "region-code-unknown": "code {written} is not in the regions; taken for {code}",
        "region-contradicts-place": "the position lies in {place}, the code says {code}; the code was kept",
        "no-region": "neither code nor position lies in the regions; kept with its region unknown",
    }
    numbers = facts.index if pd.api.types.is_integer_dtype(facts.index) else range(1, len(facts) + 1)
    chosen = facts[rows].assign(row=np.asarray(numbers)[rows])
    return [
        RowIssue(
            int(row), "region_code", action, reason, details[reason].format(written=old, code=new, place=cell)
        )
        for old, new, cell, row in chosen.itertuples(index=False)
    ]
