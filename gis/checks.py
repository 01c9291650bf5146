"""Runs the columns of a file through the specification of a layer, whole columns at a time.

A cell that says nothing usable empties an optional column and the row is in, noted; in a required column
it sets the row aside. A number out of its range and a text too long always set the row aside, since an
emptied cell would hide a mistake of the whole row.
"""

from collections.abc import Collection, Iterable

from pandas import DataFrame, Series

from gis.mapping import Mapping, Matched
from gis.specs import Action, Column, LayerSpec, RowIssue
from gis.values import GRAVE, REPAIRS, Parsed, Parser, as_text, parser_of

DTYPES = {"text": "str", "code": "str", "codes": "str", "int": "Int64", "float": "float64", "bool": "boolean"}
SHOWN = 60  # characters of a value that a message shows

_DETAILS = {
    "code-recognised": "{cell} was recognised as {value}",
    "control-removed": "control characters were taken out",
    "date-completed": "{cell} was completed to {value}",
    "digits-lost": "{cell} lost its last digits in a spreadsheet; format the column as text at the source",
    "excel-date": "{cell} is a spreadsheet's number of {value}",
    "full-width": "{cell} was read as {value}",
    "not-a-bool": "{cell} is neither yes nor no",
    "not-a-date": "{cell} is no date such as 2024-05-01",
    "not-a-number": "{cell} is no number",
    "out-of-range": "{cell} is not within {low} and {high} {unit}; declare another unit under [units]",
    "text-too-long": "the text is longer than {length} characters",
    "unit-converted": "{cell} is {value} {unit}",
    "unknown-code": "{cell} is not in the code list {codes}; map it under [values.{name}]",
    "unknown-unit": "{cell} has no unit that becomes {unit}",
    "whole-number": "{cell} is no whole number",
}


def check_columns(
    spec: LayerSpec, rows: DataFrame, matched: Matched, mapping: Mapping
) -> tuple[DataFrame, list[RowIssue]]:
    """Return the columns of a layer with the layer's types, and what was found in them.

    Parameters
    ----------
    rows
        Cells of the file by its column names, indexed by row number.
    matched
        Which of them are taken.

    Returns
    -------
    DataFrame
        All columns of the layer in order, index as given; text as `str`, numbers as `Int64` and
        `float64`, yes/no as `boolean`, dates as `datetime.date`. Rows set aside are still in.
    list of RowIssue
        By column, then row.

    Raises
    ------
    MappingError
        A unit cannot become the stored one.
    """
    columns, issues = {}, []
    for column in spec.columns:
        if column.name in mapping.flags:
            flag = mapping.flags[column.name]
            columns[column.name], found = flagged(column, rows[flag.column], flag.contains)
        elif column.name in matched.taken:
            unit = mapping.units.get(column.name) or matched.units.get(column.name, "")
            parse = parser_of(
                column,
                unit if unit != column.unit else "",
                mapping.words.get(column.name),
                mapping.missing.get(column.name, ()),
            )
            cells = rows[matched.taken[column.name]]
            grave = column.required or column.name == spec.key
            columns[column.name], found = _parsed(column, cells, parse, grave=grave)
        else:
            columns[column.name], found = Series([None] * len(rows), rows.index, dtype=object), []
        issues += found
    return typed(spec, DataFrame(columns, index=rows.index)), issues


def typed(spec: LayerSpec, table: DataFrame) -> DataFrame:
    """Return a table with the types of the layer's columns."""
    types = {c.name: DTYPES[c.kind] for c in spec.columns if c.kind in DTYPES and c.name in table}
    return table.astype(types)


def required_missing(spec: LayerSpec, table: DataFrame, known: Collection[tuple[int, str]]) -> list[RowIssue]:
    """Return the rows that lack a required value, but for the (row, column) already complained of."""
    return [
        RowIssue(int(row), column.name, "quarantined", "missing-value", f"{column.name} is empty")
        for column in spec.columns
        if column.required
        for row in table.index[table[column.name].isna()]
        if (row, column.name) not in known
    ]


def flagged(column: Column, texts: Series, words: Iterable[str]) -> tuple[Series, list[RowIssue]]:
    """Return true where a text contains one of the words, else not known, and the remarks."""
    words = list(words)
    hits = texts.map(lambda text: any(word in as_text(text) for word in words), na_action="ignore").eq(
        other=True
    )
    detail = f"told from a text that contains {' or '.join(words)}"
    issues = [RowIssue(int(row), column.name, "repaired", "flagged", detail) for row in texts.index[hits]]
    return Series([True if hit else None for hit in hits], texts.index, dtype=object), issues


def duplicate_issues(keys: Series) -> list[RowIssue]:
    """Return the rows whose key an earlier row has."""
    first: dict[object, object] = {}
    issues = []
    for row, key in zip(keys.index, keys, strict=True):
        if key in first:
            detail = f"row {first[key]} has the same key; only the first is taken"
            issues.append(RowIssue(int(row), str(keys.name), "quarantined", "duplicate-uid", detail))
        else:
            first[key] = row
    return issues


def _parsed(column: Column, cells: Series, parse: Parser, *, grave: bool) -> tuple[Series, list[RowIssue]]:
    """Parse each different cell once, and say of every row what was found."""
    results: dict[tuple[type, object], Parsed] = {}
    values, issues = [], []
    for row, cell in zip(cells.index, cells.astype(object), strict=True):
        key = (type(cell), cell if isinstance(cell, str | int | float) else str(cell))
        if key not in results:
            results[key] = parse(cell)
        value, reason = results[key]
        values.append(value)
        if reason:
            issues.append(_issue(column, int(row), cell, results[key], grave=grave))
    return Series(values, cells.index, dtype=object), issues


def _issue(column: Column, row: int, cell: object, parsed: Parsed, *, grave: bool) -> RowIssue:
    value, reason = parsed
    action: Action = "noted"
    if reason in REPAIRS:
        action = "repaired"
    elif grave or reason in GRAVE:
        action = "quarantined"
    shown = "the value (personal, not shown)" if column.personal else f"'{as_text(cell)[:SHOWN]}'"
    detail = _DETAILS[reason].format(
        cell=shown,
        value="its value" if column.personal else value,
        low="-" if column.low is None else f"{column.low:g}",
        high="-" if column.high is None else f"{column.high:g}",
        unit=column.unit,
        length=column.length,
        codes=column.codes,
        name=column.name,
    )
    return RowIssue(row, column.name, action, reason, detail)
