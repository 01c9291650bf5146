"""Submissions of forms as rows of the audits layer, whichever server they come from. Pure.

A submission says of itself what it means: the forms of `audits.exchange.xlsform` send the unit of every
question along (`clear_width__unit`), so that a form of last year is read by its own units. Fields of
other forms have no unit and are counted as not carried.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from audits.exchange.carry import CarryReport, report
from audits.exchange.plain import missing
from audits.layer import AUDITS

ITEMS = "item"  # the repeat of a form: one inspected element each
SEPARATOR = "__"  # between an attribute and what is said of it
WHY, UNIT = "why", "unit"
META = frozenset({"element", "standard", "place_layer", "place_uid", "inspector", "visited_on", "position"})
COLUMNS = (*(column.name for column in AUDITS.columns), "lon", "lat")
_FIELD = re.compile(r"(.+?)__(unit|why|[0-9]{1,2})")
_YES_NO = {"yes": 1.0, "no": 0.0}


@dataclass(frozen=True)
class Submission:
    """One filled form.

    Attributes
    ----------
    uid
        The instance id, which becomes the number of the visit.
    answers, items
        Field and answer of the form, and of each inspected element, by the last name of the field.
    position
        (lon, lat) of the device, None where it is not known.
    """

    uid: str
    submitter: str
    answers: Mapping[str, object]
    items: Sequence[Mapping[str, object]]
    position: tuple[float, float] | None = None
    accuracy_m: float | None = None


def audit_rows(
    submissions: Iterable[Submission], format_name: str, lost: Mapping[tuple[str, str], int] | None = None
) -> tuple[pd.DataFrame, CarryReport]:
    """Return submissions as rows of the audits layer, and what was not carried.

    Parameters
    ----------
    lost
        What the reader of the format has already left behind, by (what, why).

    Returns
    -------
    DataFrame
        The columns `COLUMNS`, one row a reading or a reason for having none; a question that was left
        blank is no row. Texts that are no figure are not guessed at.
    CarryReport
        Fields without a unit, answers that could not be read, submissions without a known element.
    """
    missed = Counter(lost or {})
    rows: list[dict[str, Any]] = []
    for submission in submissions:
        if not _text(submission.answers.get("element")):
            missed["element", "no-element"] += 1
            continue
        visit = _visit(submission, missed)
        for number, item in enumerate(submission.items, 1):
            rows += [{**visit, "element_no": number, **row} for row in _readings(item, missed)]
    for row in rows:
        row["uid"] = "/".join(
            (row["visit_uid"], str(row["element_no"]), row["attribute"], str(row["reading_no"]))
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table, report(format_name, len(table), missed)


def _visit(submission: Submission, missed: Counter[tuple[str, str]]) -> dict[str, Any]:
    answers = submission.answers
    for name in sorted(set(answers) - META):
        if _text(answers[name]) is not None:
            missed[name, "unknown-field"] += 1
    lon, lat = submission.position or (None, None)
    return {
        "visit_uid": submission.uid,
        "place_layer": _text(answers.get("place_layer")),
        "place_uid": _text(answers.get("place_uid")),
        "inspector": _text(answers.get("inspector")) or submission.submitter or None,
        "visited_on": (_text(answers.get("visited_on")) or "")[:10] or None,
        "element": _text(answers.get("element")),
        "lon": lon,
        "lat": lat,
        "accuracy_m": submission.accuracy_m,
    }


def _readings(item: Mapping[str, object], missed: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    units = {
        found[1]: _text(value)
        for name, value in item.items()
        if (found := _FIELD.fullmatch(name)) and found[2] == UNIT
    }
    rows = []
    for name, value in item.items():
        text = _text(value)
        found = _FIELD.fullmatch(name)
        attribute, part = (found[1], found[2]) if found else (name, "1")
        if part == UNIT or text is None:
            continue
        unit = units.get(attribute)
        if unit is None:
            missed[name, "unknown-field"] += 1
            continue
        said = {"not_measured": text} if part == WHY else _said(text, unit)
        if said is None:
            missed[name, "unreadable"] += 1
            continue
        reading = 1 if part == WHY else int(part)
        row = {"value": None, "choice": None, "not_measured": None, **said}
        rows.append({"attribute": attribute, "unit": unit, "reading_no": reading, **row})
    return rows


def _said(text: str, unit: str) -> dict[str, Any] | None:
    if unit == "choice":
        return {"choice": text}
    if unit == "bool":
        return {"value": _YES_NO[text]} if text in _YES_NO else None
    try:
        return {"value": float(text)}
    except ValueError:
        return None


def _text(value: object) -> str | None:
    """Return an answer as text, None for a blank one."""
    return None if missing(value) else str(value).strip() or None
