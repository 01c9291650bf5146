"""The audits layer: one row a measurement, as files bring it, and what is checked of it at the door.

A row that cannot be judged as meant is set aside with its reason (a figure without a known unit, a
slope of 8 that must be percent); one that is merely odd is noted. Nothing is corrected here, since an
inspection is evidence.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from pandas import DataFrame

from audits import standards
from audits.rulebook import RuleBook
from audits.units import DIMENSIONS, UNITS, in_base, recognise
from audits.verdicts import ALTERNATIVE_MEASURE
from gis.schema import UID
from gis.specs import Action, Column, LayerSpec, RowIssue

SENTINELS = (99, 999, 9999, 555, -1, -99)  # written for "not applicable" in real files
STEEPEST = 1.0  # a slope above 45 degrees is no slope somebody inspects
ONE_VISIT = ("place_layer", "place_uid", "inspector", "visited_on")


def check_answers(rows: DataFrame) -> list[RowIssue]:
    """Set aside rows that hold no answer, or an answer and a reason for having none."""
    answered = rows["value"].notna() | rows["choice"].notna()
    reasoned = rows["not_measured"].notna()
    neither = "write a value, a choice, or why it was not measured"
    both = "remove either the value or the reason for not measuring"
    return [
        *_issues(rows, ~answered & ~reasoned, "value", "no-answer", neither),
        *_issues(rows, answered & reasoned, "not_measured", "two-answers", both),
    ]


def check_units(rows: DataFrame) -> list[RowIssue]:
    """Set aside figures whose unit is unknown, does not fit the attribute, or cannot be meant."""
    book = standards.load()
    units = rows["unit"].astype(object).map(recognise, na_action="ignore").astype(object)
    figures = in_base(rows["value"], units.fillna(""))
    expected = _expected(rows, book)
    answered = rows["value"].notna()
    known = answered & units.notna()
    misfit = known & (expected >= 0) & (figures["dimension"] != expected)
    answer = known & (units == "bool") & ~rows["value"].isin((0, 1))
    steep = known & ~misfit & (units == "ratio") & _slopes(rows, book) & (rows["value"].abs() > STEEPEST)
    return [
        *_issues(rows, answered & units.isna(), "unit", "unknown-unit", f"known units: {', '.join(UNITS)}"),
        *_issues(
            rows, misfit, "unit", "unit-does-not-fit", "the rules give this attribute another kind of unit"
        ),
        *_issues(rows, answer, "value", "not-yes-or-no", "write 1 for yes and 0 for no"),
        *_issues(
            rows, steep, "value", "slope-over-one", "write percent as the unit, or the ratio of rise to run"
        ),
    ]


def note_oddities(rows: DataFrame) -> list[RowIssue]:
    """Note attributes that no rule speaks of, and figures that other files write for "not applicable"."""
    book = standards.load()
    known = {*book.meanings, *((element, ALTERNATIVE_MEASURE) for element in set(rows["element"]))}
    unknown = pd.Series([pair not in known for pair in _pairs(rows)], index=rows.index, dtype=bool)
    sentinel = rows["value"].isin(SENTINELS) & (rows["unit"] != "count")
    return [
        *_issues(
            rows,
            unknown,
            "attribute",
            "attribute-without-rule",
            "it is kept, but judged by nothing",
            action="noted",
        ),
        *_issues(
            rows,
            sentinel,
            "value",
            "sentinel-suspected",
            "leave the cell empty and give a reason",
            action="noted",
        ),
    ]


def check_visits(rows: DataFrame) -> list[RowIssue]:
    """Set aside the rows of a visit that names several places, days or inspectors."""
    facts = rows.groupby("visit_uid")[list(ONE_VISIT)].nunique()
    mixed = facts.index[(facts > 1).any(axis=1)]
    hint = "give every visit of one place, day and inspector a number of its own"
    return _issues(rows, rows["visit_uid"].isin(mixed), "visit_uid", "visit-mixed", hint)


def _issues(
    rows: DataFrame,
    hit: "pd.Series[bool]",
    column: str,
    reason: str,
    hint: str,
    *,
    action: Action = "quarantined",
) -> list[RowIssue]:
    found = hit.to_numpy(dtype=bool)
    return [
        RowIssue(int(row), column, action, reason, f"{column} {value!r}: {hint}")
        for row, value in zip(rows.index[found].to_numpy(), rows.loc[found, column], strict=True)
    ]


def _pairs(rows: DataFrame) -> Iterator[tuple[str, str]]:
    return zip(rows["element"], rows["attribute"], strict=True)


def _expected(rows: DataFrame, book: RuleBook) -> "pd.Series[int]":
    dimensions = {pair: DIMENSIONS[UNITS[unit].dimension] for pair, unit in book.meanings.items()}
    return pd.Series([dimensions.get(pair, -1) for pair in _pairs(rows)], index=rows.index, dtype=np.int64)


def _slopes(rows: DataFrame, book: RuleBook) -> "pd.Series[bool]":
    slopes = {
        (rule.element, name)
        for rule in book.rules
        if rule.magnitude
        for name in (rule.attribute, rule.called)
    }
    return pd.Series([pair in slopes for pair in _pairs(rows)], index=rows.index, dtype=bool)


AUDITS = LayerSpec(
    "audits",
    "Point",
    (
        UID,
        Column(
            "visit_uid",
            required=True,
            length=80,
            synonyms=("巡查编号", "检查编号", "visit", "visit_id", "audit_id"),
        ),
        Column(
            "place_layer",
            "code",
            required=True,
            codes="place_layer",
            synonyms=("地点图层", "对象类别", "layer"),
        ),
        Column(
            "place_uid",
            required=True,
            length=80,
            synonyms=("地点编号", "设施编号", "place", "place_id", "site_id"),
        ),
        Column("inspector", required=True, length=80, synonyms=("巡查员", "检查人", "surveyor", "auditor")),
        Column(
            "visited_on",
            "date",
            required=True,
            synonyms=("巡查日期", "检查日期", "date", "visit_date", "check_date"),
        ),
        Column("accuracy_m", "float", unit="m", low=0, synonyms=("定位精度", "accuracy", "gps_accuracy")),
        Column(
            "element", "code", required=True, codes="element", synonyms=("要素", "设施要素", "element_type")
        ),
        Column("element_no", "int", low=1, synonyms=("要素序号", "第几处", "element_number")),
        Column(
            "attribute", required=True, length=60, synonyms=("项目", "检查项目", "指标", "item", "criterion")
        ),
        Column("value", "float", synonyms=("实测值", "数值", "测量值", "measurement", "measured")),
        Column("choice", length=40, synonyms=("选项", "option")),
        Column("unit", length=12, synonyms=("单位", "uom")),
        Column("not_measured", "code", codes="not_measured", synonyms=("未测原因", "not_measured_reason")),
        Column("reading_no", "int", low=1, synonyms=("读数序号", "reading")),
    ),
    checks=(check_answers, check_units, note_oddities, check_visits),
    geometry_required=False,
)
