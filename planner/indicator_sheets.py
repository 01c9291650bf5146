"""The indicators as a workbook: one sheet with every number, and one sheet a list behind a number.

In the house style of `gis.workbook`: texts are texts, and no list holds a name or a number of a person.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from gis.catalogue import City, Language, codelist
from gis.workbook import OPTIONS, formats, head_lines, lay_out
from planner.indicator_reports import lists_behind, score_cards, standing_rows
from planner.indicator_service import Standing
from planner.papers import day_in_words, said

HEADER_ROWS = 3
COLUMNS = ("indicator", "name", "value", "unit", "sense", "target", "reached", "numerator", "denominator",
           "origin", "source", "owner", "formula", "target_source")  # fmt: skip
WIDE = {"name": 28, "formula": 44, "source": 24, "target_source": 40}
NEVER = ("geometry", "verdict", "certificate", "phone", "address")


def write_workbook(found: Standing, path: Path, city: City, lang: Language) -> int:
    """Write the indicators with the lists behind them and return how many lists there are."""
    words = said(lang, "report")
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        shapes = formats(book)
        told = [
            row | {"owner": codelist("department")[row["owner"]].label(lang),
                   "reached": words[f"reached_{row['reached']}"], "origin": words[f"origin_{row['origin']}"]}
            for row in standing_rows(found, lang)
        ]  # fmt: skip
        title = words["book"].format(
            city=city.zh if lang == "zh" else city.en, period=found.period.label(lang)
        )
        _sheet(book, words["indicators"], title, (COLUMNS, told), shapes, found=found, lang=lang)
        cards = score_cards(found)
        if len(cards):
            _frame(book, words["score_cards"], cards, shapes, found=found, lang=lang)
        lists = lists_behind(found)
        for code, values in lists.items():
            _frame(book, code, values[0].behind, shapes, found=found, lang=lang)
    return len(lists)


def _frame(
    book: Any,  # noqa: ANN401  xlsxwriter is untyped
    name: str,
    rows: pd.DataFrame,
    shapes: dict[str, Any],
    *,
    found: Standing,
    lang: Language,
) -> None:
    columns = tuple(str(column) for column in rows.columns if column not in NEVER)
    plain = [{column: row[column] for column in columns} for row in rows.to_dict("records")]
    known = codelist("indicator").codes
    title = f"{name} {known[name].label(lang)}" if name in known else name
    _sheet(book, name, title, (columns, plain), shapes, found=found, lang=lang)


def _sheet(
    book: Any,  # noqa: ANN401  xlsxwriter is untyped
    name: str,
    title: str,
    content: tuple[tuple[str, ...], list[dict[str, Any]]],
    shapes: dict[str, Any],
    *,
    found: Standing,
    lang: Language,
) -> None:
    words = said(lang, "report")
    columns, rows = content
    sheet, last = book.add_worksheet(name[:31]), max(1, len(columns) - 1)
    lay_out(sheet, HEADER_ROWS)
    sheet.merge_range(0, 0, 0, last, title, shapes["title"])
    head_lines(sheet, 1, last, (words["unit_line"], day_in_words(found.on, lang), ""), shapes)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, WIDE.get(column, 14))
        sheet.write_string(2, place, words.get(column, column), shapes["head"])
        for line, row in enumerate(rows, HEADER_ROWS):
            value = row[column]
            if isinstance(value, int | float) and not isinstance(value, bool) and value == value:  # noqa: PLR0124  NaN
                sheet.write_number(line, place, value, shapes["score"])
            else:
                known = value is not None and value is not pd.NA and value == value  # noqa: PLR0124  NaN
                sheet.write_string(line, place, str(value) if known else "", shapes["text"])
