"""Writes the demonstration city as the files that the ordinary import reads.

GeoPackage keeps the time of writing; it is fixed here, so that the same seed gives the same bytes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

WRITTEN_AT = "2026-01-01T00:00:00.000Z"


def write_layer(frame: gpd.GeoDataFrame, path: Path) -> Path:
    """Write a layer as a GeoPackage with one table named like the file."""
    with _fixed_time():
        path.unlink(missing_ok=True)
        pyogrio.write_dataframe(frame, path, layer=path.stem, driver="GPKG")
    return path


def write_table(frame: pd.DataFrame, path: Path) -> Path:
    """Write a table as CSV in UTF-8, dates as ISO 8601 and missing values empty."""
    dates = frame.select_dtypes("datetime")
    frame = frame.assign(**{str(name): column.dt.strftime("%Y-%m-%d") for name, column in dates.items()})
    frame.to_csv(path, index=False, lineterminator="\n")
    return path


@contextmanager
def _fixed_time() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN_AT})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
