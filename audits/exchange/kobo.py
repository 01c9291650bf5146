"""KoboToolbox: submissions as JSON of its API or as an XLSX export, groups joined by a slash.

Its `_geolocation` is latitude first, unlike everything else here, and `[null, null]` where there was no
fix. Submissions that were marked "not approved" are not carried.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import python_calamine

from audits.exchange.carry import CarryReport
from audits.exchange.json_text import read_json
from audits.exchange.plain import number
from audits.exchange.submissions import ITEMS, Submission, audit_rows
from gis.errors import FileFormatError
from gis.readers import read_xlsx
from gis.sources import ReadOptions

FORMAT = "KoboToolbox"
REFUSED = {"validation_status_not_approved", "Not Approved"}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_SERVER = frozenset({"start", "end", "today", "instanceID", "formhub/uuid", "uuid", "audit", "deviceid"})
_XLSX_POSITION = ("_position_latitude", "_position_longitude", "_position_altitude", "_position_precision")


def read_api(path: Path) -> tuple[pd.DataFrame, CarryReport]:
    """Return the submissions of the API (`/assets/<uid>/data.json`) as rows of the audits layer.

    Raises
    ------
    FileFormatError
        It is no list of submissions.
    FileTooLargeError
        It is larger or nests deeper than is read.
    EncodingError
        The text is in no encoding that can be told.
    """
    tree = read_json(path)
    entries = tree.get("results") if isinstance(tree, dict) else tree
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FileFormatError(path.name, "is no list of Kobo submissions", "export data.json of the asset")
    return _rows([(entry, [item for item in _repeat(entry) if isinstance(item, dict)]) for entry in entries])


def read_workbook(path: Path) -> tuple[pd.DataFrame, CarryReport]:
    """Return the submissions of an XLSX export (XML values and headers) as rows of the audits layer.

    Raises
    ------
    FileFormatError
        It is no workbook, or lacks the sheet of the repeat.
    FileTooLargeError
        More rows, columns or text than is read.
    """
    main = read_xlsx(path, ReadOptions()).rows  # checks the sizes of every sheet before any is opened
    with python_calamine.load_workbook(path) as workbook:
        names = workbook.sheet_names
    if ITEMS not in names or "_index" not in main:
        mend = "export XLSX with XML values and headers"
        raise FileFormatError(path.name, f"has no sheet '{ITEMS}' of submissions", mend)
    items = read_xlsx(path, ReadOptions(part=ITEMS)).rows
    by_parent: dict[str, list[dict[str, Any]]] = {}
    for item in items.to_dict("records"):
        fields = {str(name): value for name, value in item.items() if not str(name).startswith("_")}
        by_parent.setdefault(_whole(item.get("_parent_index")), []).append(fields)
    return _rows(
        [
            ({str(name): value for name, value in row.items()}, by_parent.get(_whole(row["_index"]), []))
            for row in main.to_dict("records")
        ]
    )


def position_of(entry: Mapping[str, Any]) -> tuple[tuple[float, float] | None, float | None]:
    """Return (lon, lat) and the accuracy in metres of a submission, None for what is not known.

    The answer to the question `position` ("lat lon altitude accuracy") comes before the columns of an
    XLSX export and before `_geolocation`, which has no accuracy; all of them are latitude first.
    """
    answered = next((value for name, value in entry.items() if name.rsplit("/", 1)[-1] == "position"), None)
    columns = [entry.get(name) for name in _XLSX_POSITION]
    for found in (_numbers(answered), _plain(columns), _numbers(entry.get("_geolocation"))):
        if len(found) >= 2 and found[0] is not None and found[1] is not None:
            accuracy = found[3] if len(found) > 3 else None
            return (found[1], found[0]), accuracy
    return None, None


def _rows(entries: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> tuple[pd.DataFrame, CarryReport]:
    lost: Counter[tuple[str, str]] = Counter()
    kept = []
    for entry, items in entries:
        status = entry.get("_validation_status")
        if (status.get("uid") if isinstance(status, dict) else status) in REFUSED:
            lost["submission", "rejected"] += 1
            continue
        position, accuracy = position_of(entry)
        answers = {name.rsplit("/", 1)[-1]: value for name, value in entry.items() if _answered(name, value)}
        shortened = [{name.rsplit("/", 1)[-1]: value for name, value in item.items()} for item in items]
        uid = str(entry.get("_uuid") or entry.get("meta/instanceID") or entry.get("_id") or "")
        submitter = str(entry.get("_submitted_by") or "")
        kept.append(Submission(uid, submitter, answers, shortened, position, accuracy))
    return audit_rows(kept, FORMAT, lost)


def _answered(name: str, value: object) -> bool:
    last = name.rsplit("/", 1)[-1]
    return not (name.startswith("_") or {name, last} & _SERVER or isinstance(value, list | dict))


def _repeat(entry: Mapping[str, Any]) -> list[Any]:
    found = [value for name, value in entry.items() if name.rsplit("/", 1)[-1] == ITEMS]
    return found[0] if found and isinstance(found[0], list) else []


def _numbers(value: object) -> list[float | None]:
    if isinstance(value, list):
        return _plain(value)
    return [float(word) for word in _NUMBER.findall(str(value or ""))]


def _plain(values: list[Any]) -> list[float | None]:
    return [number(value) for value in values]


def _whole(value: object) -> str:
    index = number(value)
    return "" if index is None else str(int(index))
