"""The tree of regions: who lies in whom, and sums from villages up to the city."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.errors import NotFoundError, SchemaError

LEVELS = ("city", "county", "township", "village")


@dataclass(frozen=True)
class RegionTree:
    """Regions of one day and who lies in whom.

    Attributes
    ----------
    regions
        Rows of the layer `regions` that hold on the day, indexed by code.
    parents
        Row number of each row's parent, -1 for a root.
    depths
        Steps from each row to its root, 0 for a root.
    """

    regions: pd.DataFrame
    parents: NDArray[np.int64]
    depths: NDArray[np.int64]

    @classmethod
    def of(cls, regions: pd.DataFrame, on: date | None = None) -> "RegionTree":
        """Return the tree of a layer.

        Parameters
        ----------
        regions
            The layer `regions`; `valid_from` is the first day of a row, `valid_to` the first day it no
            longer holds, each unlimited when missing. A row whose parent is not in the layer is a root.
        on
            The day; None takes the rows that have not ended.

        Raises
        ------
        SchemaError
            A code is there twice on that day, or parents run in a circle.
        """
        rows = _valid(regions, on).set_index("code", drop=False)
        twice = rows.index[rows.index.duplicated()]
        if len(twice):
            when = on or "one day"
            raise SchemaError("regions", f"code {twice[0]} is there twice on {when}; end one with valid_to")
        parents = rows.index.get_indexer(pd.Index(rows["parent_code"])).astype(np.int64)
        depths, up = np.zeros(len(rows), np.int64), parents.copy()
        for _ in range(len(rows)):
            if (up < 0).all():
                return cls(rows, parents, depths)
            depths += up >= 0
            up = np.where(up >= 0, parents[up], -1)
        if len(rows) == 0:
            return cls(rows, parents, depths)
        raise SchemaError("regions", f"the parents of {rows.index[up >= 0][0]} run in a circle")

    @property
    def codes(self) -> list[str]:
        """All codes in the order of the layer."""
        return [str(code) for code in self.regions.index]

    @property
    def orphans(self) -> list[str]:
        """Codes whose `parent_code` is named but not in the layer, such as townships without counties."""
        named = self.regions["parent_code"].notna().to_numpy()
        return [str(code) for code in self.regions.index[named & (self.parents < 0)]]

    def level(self, code: str) -> str:
        """Return the level of a region.

        Raises
        ------
        NotFoundError
            The code is not in the tree.
        """
        return str(self.regions["level"].iloc[self._row(code)])

    def children(self, code: str) -> list[str]:
        """Return the codes directly below a region.

        Raises
        ------
        NotFoundError
            The code is not in the tree.
        """
        return [str(child) for child in self.regions.index[self.parents == self._row(code)]]

    def ancestors(self, code: str) -> list[str]:
        """Return the codes above a region, nearest first.

        Raises
        ------
        NotFoundError
            The code is not in the tree.
        """
        found, row = [], int(self.parents[self._row(code)])
        while row >= 0:
            found.append(str(self.regions.index[row]))
            row = int(self.parents[row])
        return found

    def descendants(self, code: str) -> list[str]:
        """Return the codes below a region on all levels, in the order of the layer.

        Raises
        ------
        NotFoundError
            The code is not in the tree.
        """
        inside = np.zeros(len(self.parents), bool)
        inside[self._row(code)] = True
        for _ in range(int(self.depths.max())):
            inside |= (self.parents >= 0) & inside[self.parents]
        inside[self._row(code)] = False
        return [str(below) for below in self.regions.index[inside]]

    def ancestor(self, codes: pd.Series, level: str) -> pd.Series:
        """Return the region of a level that each code lies in (or is), with the same index.

        None where the code is missing, unknown, or above that level.
        """
        levels = self.regions["level"].to_numpy()
        rows = self.rows_of(codes)
        for _ in range(len(LEVELS)):
            below = (rows >= 0) & (levels[rows] != level) if len(levels) else np.zeros(len(rows), bool)
            if not below.any():
                break
            rows = np.where(below, self.parents[rows], rows)
        return pd.Series(self.names_of(rows), index=codes.index, dtype=object, name=level)

    def totals(self, values: pd.Series) -> pd.Series:
        """Return for every region the sum of its own value and those of all regions below it.

        Parameters
        ----------
        values
            Numbers indexed by code; a code may repeat or be absent (0).

        Raises
        ------
        NotFoundError
            A code is not in the tree; count the places without a region apart.
        """
        rows = self.rows_of(values.index)
        if (rows < 0).any():
            raise NotFoundError("region", str(values.index[rows < 0][0]))
        sums = np.zeros(len(self.regions), values.to_numpy().dtype)
        np.add.at(sums, rows, values.to_numpy())
        for depth in range(int(self.depths.max(initial=0)), 0, -1):
            here = self.depths == depth
            np.add.at(sums, self.parents[here], sums[here])
        return pd.Series(sums, index=self.regions.index, name=values.name)

    def rows_of(self, codes: Iterable[str]) -> NDArray[np.int64]:
        """Return the row number of each code, -1 where it is not in the tree."""
        return self.regions.index.get_indexer(pd.Index(codes, dtype=object)).astype(np.int64)

    def names_of(self, rows: NDArray[np.int64]) -> NDArray[np.object_]:
        """Return the code of each row number, None for -1."""
        names = np.array([*self.codes, None], dtype=object)
        return names[rows]

    def _row(self, code: str) -> int:
        row = int(self.rows_of([code])[0])
        if row < 0:
            raise NotFoundError("region", code)
        return row


def _valid(regions: pd.DataFrame, on: date | None) -> pd.DataFrame:
    until = pd.to_datetime(regions["valid_to"]) if "valid_to" in regions else pd.Series(pd.NaT, regions.index)
    since = (
        pd.to_datetime(regions["valid_from"]) if "valid_from" in regions else pd.Series(pd.NaT, regions.index)
    )
    if on is None:
        return regions[until.isna()]
    day = pd.Timestamp(on)
    return regions[(since.isna() | (since <= day)) & (until.isna() | (until > day))]
