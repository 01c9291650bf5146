"""Writes the ledger 台账 as these departments keep it, and reads it back.

A sheet a year and a summary by county: a merged title, the reporting unit and the date, a header of two rows,
ticks, a total row, a line to sign and a place for the stamp; A4 landscape, the header repeated on every page.
Every text is written as text and every total as a number: a name that begins with `=` stays a name. Two
hidden columns say which home of which plan a row is and which saving of it is shown, so that what comes back
is compared with what was handed out and not with what the sheet says of itself.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xlsxwriter
from pandas import DataFrame
from python_calamine import CalamineError, CalamineWorkbook

from gis.catalogue import Language, words
from gis.errors import FileFormatError
from gis.workbook import OPTIONS, head_lines, lay_out
from gis.workbook import formats as ledger_formats
from planner.ledger_rows import (
    COLUMNS,
    GROUPS,
    HIDDEN,
    KEY,
    NUMBERS,
    PRIORITIES,
    TICK,
    Ledger,
    column_words,
    items_from_words,
    items_in_words,
    summary,
)

HEADER_ROWS = 4  # title, unit and date, two rows of headings
WIDTHS = {
    KEY: 14,
    "county": 14,
    "place": 16,
    "region": 14,
    "name": 9,
    "certificate": 23,
    "phone": 13,
    "address": 20,
    "items": 44,
    "cost": 11,
    "note": 10,
}


def write_ledger(ledger: Ledger, path: Path, lang: Language) -> int:
    """Write a ledger to an .xlsx file and return how many homes are in it.

    Parameters
    ----------
    path
        Overwritten where it exists.
    """
    said = {key.removeprefix("ledger."): text for key, text in words(lang, "planner").items()}
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        book.set_properties({"title": said["summary_title"].format(**_span(ledger, lang)), "author": "Tantu"})
        formats = ledger_formats(book)
        _write_summary(book, ledger, said, formats, lang)
        for year in ledger.years:
            _write_year(book, ledger, year, said, formats, lang=lang)
    return len(ledger.homes)


def read_ledger(path: Path) -> DataFrame:
    """Return the homes of a ledger, in either language: `year`, `ledger_rows.COLUMNS` and `HIDDEN`.

    A ledger whose hidden columns were cut off has them empty.

    Raises
    ------
    FileFormatError
        The file is no workbook, or no sheet has the headings of a ledger.
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as error:
        raise FileFormatError(path.name, "is no workbook that can be read") from error
    headings = {text: name for lang in ("zh", "en") for name, text in column_words(_language(lang)).items()}
    headings |= {name: name for name in HIDDEN}
    rows: list[dict[str, Any]] = []
    known = False
    for sheet in book.sheet_names:
        digits = "".join(letter for letter in sheet if letter.isdigit())
        cells = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        if len(digits) != 4 or len(cells) < HEADER_ROWS:
            continue
        names = [_heading(cells[2][place], cells[3][place], headings) for place in range(len(cells[3]))]
        if KEY not in names:
            continue
        known = True
        for values in cells[HEADER_ROWS:]:
            row = {name: value for name, value in zip(names, values, strict=False) if name}
            if str(row.get("number", "")).strip() and str(row.get(KEY, "")).strip():
                rows.append(row | {"year": int(digits), "items": items_from_words(str(row.get("items", "")))})
    if not known:
        raise FileFormatError(path.name, "no sheet has the headings of a ledger")
    return DataFrame(rows, columns=["year", *COLUMNS, *HIDDEN])


def _language(lang: str) -> Language:
    return "zh" if lang == "zh" else "en"


def _heading(upper: object, lower: object, headings: Mapping[str, str]) -> str | None:
    return headings.get(str(lower).strip()) or headings.get(str(upper).strip())


def _span(ledger: Ledger, lang: Language) -> dict[str, Any]:
    return {"city": ledger.city[lang], "first": ledger.years[0], "last": ledger.years[-1]}


def _page(sheet: Any, ledger: Ledger, said: Mapping[str, str], formats: Mapping[str, Any], last: int) -> None:  # noqa: ANN401  xlsxwriter is untyped
    day = ledger.made_on
    dated = said["date"].format(year=day.year, month=day.month, day=day.day)
    lay_out(sheet, HEADER_ROWS)
    head_lines(sheet, 1, last, (said["unit"], dated, said["money"]), formats)


def _write_year(  # long because a sheet is written from top to bottom
    book: xlsxwriter.Workbook,
    ledger: Ledger,
    year: int,
    said: Mapping[str, str],
    formats: Mapping[str, Any],
    *,
    lang: Language,
) -> None:
    sheet = book.add_worksheet(said["sheet_year"].format(year=year))
    last = len(COLUMNS) - 1
    _page(sheet, ledger, said, formats, last)
    sheet.merge_range(
        0, 0, 0, last, said["title"].format(city=ledger.city[lang], year=year), formats["title"]
    )
    labels = column_words(lang)
    grouped: set[int] = set()
    for group, (first, final) in GROUPS.items():
        start, end = COLUMNS.index(first), COLUMNS.index(final)
        sheet.merge_range(2, start, 2, end, said[group], formats["head"])
        grouped |= set(range(start, end + 1))
    for place, name in enumerate(COLUMNS):
        sheet.set_column(place, place, WIDTHS.get(name, 6))
        if place in grouped:
            sheet.write_string(3, place, labels[name], formats["head"])
        else:
            sheet.merge_range(2, place, 3, place, labels[name], formats["head"])
    homes = ledger.homes[ledger.homes["year"] == year]
    _offer_choices(sheet, len(homes))
    line = HEADER_ROWS
    for number, home in enumerate(homes.to_dict("records"), start=1):
        _write_home(
            sheet, line, {**home, "number": number, "items": items_in_words(home["items"], lang)}, formats
        )
        line += 1
    _write_total(sheet, line, homes, said, formats)
    sheet.write_string(line + 2, 0, said["signature"], formats["line"])
    if ledger.masked:
        sheet.write_string(line + 3, 0, said["masked"], formats["line"])
    sheet.print_area(0, 0, line + 3, last)


def _write_home(sheet: Any, line: int, home: Mapping[Any, Any], formats: Mapping[str, Any]) -> None:  # noqa: ANN401  xlsxwriter is untyped
    shapes = {"number": "number", "grade": "number", "score": "score", "cost": "money"}
    for place, name in enumerate(COLUMNS):
        value = home[name]
        if name in NUMBERS and value is not None:
            sheet.write_number(line, place, float(value), formats[shapes[name]])
        else:
            shape = formats["wide" if name == "items" else "text"]
            sheet.write_string(line, place, "" if value is None else str(value), shape)
    for place, name in enumerate(HIDDEN, len(COLUMNS)):
        if name in home:
            sheet.write_string(line, place, str(home[name]), formats["text"])


def _offer_choices(sheet: Any, homes: int) -> None:  # noqa: ANN401  xlsxwriter is untyped
    """Hide the columns that are for the machine, and offer lists where an office only ticks."""
    for place, name in enumerate(HIDDEN, len(COLUMNS)):
        sheet.write_string(HEADER_ROWS - 1, place, name)
    sheet.set_column(len(COLUMNS), len(COLUMNS) + len(HIDDEN) - 1, 10, None, {"hidden": True})
    for place, name in enumerate(COLUMNS):
        choices = [TICK, "×"] if name == "done" else [TICK]
        if homes and (name == "done" or name in PRIORITIES or name.startswith("category_")):
            rule = {"validate": "list", "source": choices, "ignore_blank": True}
            sheet.data_validation(HEADER_ROWS, place, HEADER_ROWS + homes - 1, place, rule)


def _write_total(
    sheet: Any,  # noqa: ANN401  xlsxwriter is untyped
    line: int,
    homes: DataFrame,
    said: Mapping[str, str],
    formats: Mapping[str, Any],
) -> None:
    for place, name in enumerate(COLUMNS):
        if name.startswith("category_") or name in PRIORITIES:
            sheet.write_number(line, place, int((homes[name] != "").sum()), formats["total"])
        elif name == "cost":
            sheet.write_number(line, place, float(homes["cost"].sum()), formats["total_money"])
        elif name == "county":
            sheet.write_number(line, place, len(homes), formats["total"])
        else:
            sheet.write_string(line, place, "", formats["total"])
    sheet.merge_range(line, 0, line, 1, said["total"], formats["total"])


def _write_summary(
    book: xlsxwriter.Workbook,
    ledger: Ledger,
    said: Mapping[str, str],
    formats: Mapping[str, Any],
    lang: Language,
) -> None:
    sheet = book.add_worksheet(said["sheet_summary"])
    years, counties = ledger.years, summary(ledger)
    last = 2 * len(years) + 2
    _page(sheet, ledger, said, formats, last)
    sheet.merge_range(0, 0, 0, last, said["summary_title"].format(**_span(ledger, lang)), formats["title"])
    sheet.merge_range(2, 0, 3, 0, said["county"], formats["head"])
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, last, 12)
    for start, group, total in ((1, "group_year", "homes"), (len(years) + 2, "group_cost", "cost")):
        sheet.merge_range(2, start, 2, start + len(years), said[group], formats["head"])
        for place, year in enumerate(years):
            sheet.write_string(3, start + place, said["sheet_year"].format(year=year), formats["head"])
        sheet.write_string(3, start + len(years), f"{said['total']}", formats["head"])
        kind = "number" if total == "homes" else "money"
        names = [*(f"{total}_{year}" for year in years), total]
        for line, row in enumerate(counties.to_dict("records"), start=HEADER_ROWS):
            sheet.write_string(line, 0, str(row["county"]), formats["text"])
            for place, name in enumerate(names):
                sheet.write_number(line, start + place, row[name], formats[kind])
        line = HEADER_ROWS + len(counties)
        sheet.write_string(line, 0, said["total"], formats["total"])
        for place, name in enumerate(names):
            shape = formats["total" if total == "homes" else "total_money"]
            sheet.write_number(
                line, start + place, float(counties[name].sum()) if len(counties) else 0, shape
            )
    sheet.write_string(HEADER_ROWS + len(counties) + 2, 0, said["signature"], formats["line"])
