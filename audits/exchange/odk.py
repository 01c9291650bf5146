"""ODK Central: submissions as OData JSON or as a zip of CSV tables, and the audit log of Collect.

Positions are longitude first in OData (GeoJSON or WKT) and in named columns in CSV. A submission that the
server's reviewer rejected is not carried. The log tells how long was spent on a question and whether the
clock was turned back; a fix with an accuracy of exactly 0 was mocked.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from audits.exchange.carry import CarryReport, report
from audits.exchange.json_text import read_json
from audits.exchange.plain import number
from audits.exchange.submissions import ITEMS, Submission, audit_rows
from gis.encodings import decoded
from gis.errors import FileFormatError
from gis.limits import Limits, check_limit
from gis.readers import unpacked
from gis.sheets import csv_records

FORMAT = "ODK"
REJECTED = "rejected"
_WKT = re.compile(r"POINT\s*Z?\s*\(\s*(\S+)\s+(\S+)", re.IGNORECASE)
_SERVER = frozenset({
    "SubmissionDate", "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "Status",
    "ReviewState", "DeviceID", "Edits", "FormVersion", "KEY", "PARENT_KEY", "start", "end", "today",
    "instanceID", "instanceName", "audit", "deviceid",
})  # fmt: skip
_POSITION = {"Longitude": "lon", "Latitude": "lat", "Accuracy": "accuracy_m", "Altitude": "altitude_m"}
LOG_COLUMNS = ("event", "node", "start", "end", "latitude", "longitude", "accuracy", "old-value", "new-value")


@dataclass(frozen=True)
class Timing:
    """What the audit log of one submission says of how it was filled.

    Attributes
    ----------
    events
        One row an event: `event`, `node`, `start`, `end` (UTC unless the log says otherwise), `seconds`
        (NaN where the event has no end), `lon`, `lat`, `accuracy_m`.
    seconds
        Time spent in events that ended after they began.
    by_node
        Seconds by question, the longest first.
    backwards
        Events that end before they begin, or begin before the one above them: the clock was moved.
    mocked
        Positions with an accuracy of 0.
    unknown
        Columns that no version of Collect is known to write.
    """

    events: pd.DataFrame
    seconds: float
    by_node: "pd.Series[float]"
    backwards: int
    mocked: int
    unknown: tuple[str, ...]


def read_odata(path: Path) -> tuple[pd.DataFrame, CarryReport]:
    """Return the submissions of an OData answer as rows of the audits layer (`COLUMNS`).

    Raises
    ------
    FileFormatError
        It is no OData answer of ODK Central, or its repeats were not asked for.
    FileTooLargeError
        It is larger or nests deeper than is read.
    EncodingError
        The text is in no encoding that can be told.
    """
    tree = read_json(path)
    entries = tree.get("value") if isinstance(tree, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FileFormatError(path.name, "is no OData answer", "ask for <form>.svc/Submissions?$expand=*")
    if any(f"{ITEMS}@odata.navigationLink" in entry and ITEMS not in entry for entry in entries):
        raise FileFormatError(path.name, "its repeats are only linked", "ask for it with $expand=*")
    lost: Counter[tuple[str, str]] = Counter()
    kept = []
    for entry in entries:
        system = entry.get("__system") or {}
        if system.get("reviewState") == REJECTED:
            lost["submission", REJECTED] += 1
            continue
        answers = _flat({name: value for name, value in entry.items() if name != ITEMS})
        kept.append(_from_odata(entry, answers, system))
    return audit_rows(kept, FORMAT, lost)


def read_csv_zip(path: Path) -> tuple[pd.DataFrame, CarryReport]:
    """Return the submissions of a CSV export with repeats (a zip) as rows of the audits layer.

    Raises
    ------
    FileFormatError
        It is no such archive, or it lacks the table of the repeat.
    FileTooLargeError
        A limit of archives or tables is passed.
    EncodingError
        A table is in no encoding that can be told.
    """
    limits = Limits()
    with unpacked(path, limits) as archive:
        tables = {
            PurePosixPath(name).stem: _records(f"{path.name}/{name}", archive.read(name), limits)
            for name in archive.namelist()
            if name.lower().endswith(".csv") and "/" not in name.strip("/")
        }
    repeats = [name for name in tables if name.endswith(f"-{ITEMS}")]
    mains = [name for name in tables if any(f"{name}-{ITEMS}" == repeat for repeat in repeats)]
    if len(mains) != 1:
        mend = "export all repeats as a zip of CSV"
        raise FileFormatError(path.name, f"holds no form with its repeat '{ITEMS}'", mend)
    items: dict[str, list[dict[str, object]]] = {}
    for row in tables[f"{mains[0]}-{ITEMS}"]:
        items.setdefault(row["PARENT_KEY"], []).append(
            {name.rsplit("-", 1)[-1]: value for name, value in row.items() if name not in _SERVER}
        )
    lost: Counter[tuple[str, str]] = Counter()
    kept = []
    for row in tables[mains[0]]:
        if row.get("ReviewState") == REJECTED:
            lost["submission", REJECTED] += 1
            continue
        kept.append(_from_csv(row, items.get(row["KEY"], [])))
    return audit_rows(kept, FORMAT, lost)


def read_log(path: Path) -> Timing:
    """Return what an `audit.csv` of Collect says of how a form was filled.

    Raises
    ------
    FileFormatError
        It lacks the columns of such a log.
    FileTooLargeError
        More rows than are read.
    EncodingError
        The text is in no encoding that can be told.
    """
    limits = Limits()
    if not path.is_file():
        raise FileFormatError(path.name, "there is no such file", "check the path")
    check_limit(path.name, "the size in bytes", path.stat().st_size, limits.file_bytes)
    rows = pd.DataFrame(_records(path.name, path.read_bytes(), limits))
    if not {"event", "node", "start", "end"} <= set(rows.columns):
        raise FileFormatError(path.name, "is no audit log of Collect", "it has event, node, start and end")
    events = rows[["event", "node"]].assign(start=_instants(rows["start"]), end=_instants(rows["end"]))
    events["seconds"] = (events["end"] - events["start"]).dt.total_seconds()
    for name, ours in (("longitude", "lon"), ("latitude", "lat"), ("accuracy", "accuracy_m")):
        events[ours] = pd.to_numeric(rows[name], errors="coerce") if name in rows else float("nan")
    forward = events[events["seconds"] >= 0]
    by_node = forward[forward["node"] != ""].groupby("node")["seconds"].sum().sort_values(ascending=False)
    backwards = (events["seconds"] < 0) | (events["start"].diff().dt.total_seconds() < 0)
    return Timing(
        events,
        float(forward["seconds"].sum()),
        by_node,
        int(backwards.sum()),
        int((events["accuracy_m"] == 0).sum()),
        tuple(name for name in rows.columns if name not in LOG_COLUMNS),
    )


def log_report(timing: Timing) -> CarryReport:
    """Return what of a log is not kept: its columns of unknown meaning and the answers it repeats."""
    lost = {(name, "unknown-field"): len(timing.events) for name in timing.unknown}
    return report("ODK audit.csv", len(timing.events), lost)


def _from_odata(
    entry: Mapping[str, Any], answers: dict[str, object], system: Mapping[str, Any]
) -> Submission:
    position, accuracy = _point(answers.get("position"))
    items = [_flat(item) for item in entry.get(ITEMS) or [] if isinstance(item, dict)]
    own = {
        name: value for name, value in answers.items() if name not in _SERVER and not name.startswith("__")
    }
    uid = str(entry.get("__id") or answers.get("instanceID") or "")
    return Submission(uid, str(system.get("submitterName") or ""), own, items, position, accuracy)


def _from_csv(row: Mapping[str, str], items: list[dict[str, object]]) -> Submission:
    place = {
        ours: row.get(f"{prefix}-{theirs}") for prefix in _prefixes(row) for theirs, ours in _POSITION.items()
    }
    lon, lat, accuracy = (number(place.get(name)) for name in ("lon", "lat", "accuracy_m"))
    own = {
        name.rsplit("-", 1)[-1]: value
        for name, value in row.items()
        if name.rsplit("-", 1)[-1] not in {*_SERVER, *_POSITION}
    }
    position = None if lon is None or lat is None else (lon, lat)
    return Submission(row["KEY"], row.get("SubmitterName", ""), own, items, position, accuracy)


def _prefixes(row: Mapping[str, str]) -> Iterator[str]:
    for name in row:
        prefix, _, last = name.rpartition("-")
        if last == "Longitude" and prefix.rsplit("-", 1)[-1] == "position":
            yield prefix


def _flat(entry: Mapping[str, Any]) -> dict[str, object]:
    """Return the fields of a submission by their last name; groups are opened, positions are not."""
    flat: dict[str, object] = {}
    for name, value in entry.items():
        if isinstance(value, dict) and "coordinates" not in value and name != "__system":
            flat |= _flat(value)
        elif "@odata." not in name and name not in {"__system", "__id"}:
            flat[name] = value
    return flat


def _point(value: object) -> tuple[tuple[float, float] | None, float | None]:
    if isinstance(value, dict):
        numbers = [number(one) for one in (value.get("coordinates") or [])[:2]]
        accuracy = number((value.get("properties") or {}).get("accuracy"))
    else:
        found = _WKT.search(str(value or ""))
        numbers, accuracy = ([number(found[1]), number(found[2])] if found else []), None
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        return None, None
    return (numbers[0], numbers[1]), accuracy


def _records(name: str, content: bytes, limits: Limits) -> list[dict[str, str]]:
    text, _ = decoded(name, content)
    records = [record for record in csv_records(name, text, limits) if any(record)]
    if not records:
        raise FileFormatError(name, "the table is empty", "export it again")
    return [dict(zip(records[0], record, strict=False)) for record in records[1:]]


def _instants(texts: "pd.Series[str]") -> "pd.Series[Any]":
    """Return times written as milliseconds since 1970 (Collect) or as ISO 8601, in UTC."""
    numbers = pd.to_numeric(texts, errors="coerce")
    epoch = pd.to_datetime(numbers, unit="ms", utc=True)
    iso = pd.to_datetime(
        texts.where(numbers.isna() & (texts != "")), utc=True, format="ISO8601", errors="coerce"
    )
    return epoch.fillna(iso)
