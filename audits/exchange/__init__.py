"""Inspections and places in other systems' formats: one module a format, both directions where both exist.

This is the door of the package: a writer by the ending of the file, a reader by the layer and what the
file holds. Each returns a `CarryReport` of what the format, or our layers, had no place for.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import pandas as pd

from audits.exchange.a11yjson import read_a11yjson, write_a11yjson
from audits.exchange.carry import CarryReport, Uncarried
from audits.exchange.json_text import read_json
from audits.exchange.kobo import read_api, read_workbook
from audits.exchange.odk import read_csv_zip, read_odata
from audits.exchange.osmtags_out import write_osm
from audits.exchange.osw import write_osw
from audits.exchange.oswread import read_osw
from gis.errors import FileFormatError

__all__ = ["ENDINGS", "CarryReport", "Uncarried", "read", "write"]

ENDINGS = (".osw.zip", ".a11y.json", ".osm")


def write(
    layer: str,
    features: gpd.GeoDataFrame,
    path: Path,
    *,
    grades: pd.DataFrame | None = None,
    measurements: pd.DataFrame | None = None,
) -> CarryReport:
    """Write a layer in the exchange format of the ending; the file is replaced when all is written.

    Parameters
    ----------
    layer
        Name of the layer of `features` (EPSG:4326): roads for `.osw.zip`; facilities or toilets for
        `.a11y.json`; any of the three for `.osm`.
    grades, measurements
        What inspections found (`audits.grades.place_grades`, `audits.store.measurements`).

    Raises
    ------
    FileFormatError
        The ending is none of `ENDINGS`, or its format holds no such layer.
    SchemaError
        The layer lacks what the format needs.
    """
    ending = next((known for known in ENDINGS if path.name.lower().endswith(known)), None)
    if ending is None:
        raise FileFormatError(path.name, "is of no exchange format", f"known: {' '.join(ENDINGS)}")
    if ending == ".osw.zip" and layer != "roads":
        raise FileFormatError(path.name, f"OpenSidewalks holds no {layer}", "it takes roads")
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        complete = Path(folder) / path.name
        if ending == ".osw.zip":
            told = write_osw(features, complete)
        else:
            writer = write_a11yjson if ending == ".a11y.json" else write_osm
            told = writer(features, layer, complete, grades=grades, measurements=measurements)
        complete.replace(path)
    return told


def read(path: Path, layer: str) -> tuple[pd.DataFrame, CarryReport]:
    """Return a foreign file as rows of a layer, told by what it holds.

    Parameters
    ----------
    layer
        `audits` from ODK Central (OData JSON, zip of CSV) or KoboToolbox (JSON, XLSX); `roads` from an
        OpenSidewalks zip; `facilities` or `toilets` from A11yJSON.

    Raises
    ------
    FileFormatError
        It is no such file, or there is no foreign format of that layer.
    FileTooLargeError
        A limit is passed.
    EncodingError
        A text is in no encoding that can be told.
    """
    kind = path.suffix.lower()
    readers: dict[tuple[str, str], Callable[[Path], tuple[pd.DataFrame, CarryReport]]] = {
        ("audits", ".json"): _read_submissions,
        ("audits", ".zip"): read_csv_zip,
        ("audits", ".xlsx"): read_workbook,
        ("roads", ".zip"): read_osw,
        ("facilities", ".json"): lambda file: read_a11yjson(file, "facilities"),
        ("toilets", ".json"): lambda file: read_a11yjson(file, "toilets"),
    }
    if (layer, kind) not in readers:
        known = ", ".join(f"{name} {ending}" for name, ending in readers)
        raise FileFormatError(path.name, f"is read by no exchange format of {layer}", f"known: {known}")
    if not path.is_file():
        raise FileFormatError(path.name, "there is no such file", "check the path")
    return readers[layer, kind](path)


def _read_submissions(path: Path) -> tuple[pd.DataFrame, CarryReport]:
    """Return submissions of ODK Central or KoboToolbox, which differ in the name of their list."""
    tree: Any = read_json(path)
    return read_odata(path) if isinstance(tree, dict) and "value" in tree else read_api(path)
