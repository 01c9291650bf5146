"""What a file holds before any layer is made of it, and how it is asked for.

Apart from the readers, so that everything that works on rows already read stays free of files.
"""

from dataclasses import dataclass, field

import pandas as pd
from pyproj import CRS

from gis.limits import Limits
from gis.specs import RowIssue


@dataclass(frozen=True)
class Source:
    """What a file holds, before any layer is made of it.

    Attributes
    ----------
    rows
        Columns as named in the file, indexed by row number from 1; a GeoDataFrame (without CRS) where
        the format carries geometry.
    skipped
        Records of a table that are no data.
    crs
        The coordinate system that the file declares, if any.
    encoding
        How the text was read, for formats that do not say it themselves.
    datum
        The datum that the format fixes (`wgs84` for OpenStreetMap), else empty.
    """

    rows: pd.DataFrame
    skipped: pd.DataFrame = field(default_factory=pd.DataFrame)
    issues: list[RowIssue] = field(default_factory=list)
    crs: CRS | None = None
    encoding: str = ""
    datum: str = ""


@dataclass(frozen=True)
class ReadOptions:
    """How a file is to be read.

    Attributes
    ----------
    encoding
        Of its text, where the user knows it.
    part
        The sheet or layer to read, where the file has several.
    known
        Normalised names by which the header of a table is recognised.
    """

    encoding: str | None = None
    part: str = ""
    known: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
