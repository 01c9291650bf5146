"""The ledger 台账 of findings: one row a failure, in the house style of `gis.workbook`.

What is written by hand later (who repairs, by when, whether done) has empty columns: a ledger leaves the
office and comes back filled in.
"""

from datetime import date
from pathlib import Path

import pandas as pd
import xlsxwriter

from gis.catalogue import Language, words
from gis.workbook import OPTIONS, formats, head_lines, lay_out

HEADER_ROWS = 3  # title, reporting unit and date, headings
COLUMNS = (
    "number", "place_layer", "place_name", "element", "what", "clause", "measured", "limit", "severity",
    "found_on", "remedy", "unit", "due_on", "done_on", "checked_by", "uid",
)  # fmt: skip
WIDTHS = {"number": 5, "place_name": 22, "what": 22, "clause": 20, "remedy": 30, "uid": 26, "measured": 12}
BY_HAND = frozenset({"unit", "due_on", "done_on", "checked_by"})


def write_findings_ledger(told: pd.DataFrame, path: Path, lang: Language, *, city: str, made_on: date) -> int:
    """Write findings to an .xlsx ledger and return how many they are.

    Parameters
    ----------
    told
        Findings in words, as `finding_words.in_words` returns them; may be empty.
    path
        Overwritten where it exists.
    """
    said = {key.removeprefix("ledger."): text for key, text in words(lang, "audits").items()}
    last = len(COLUMNS) - 1
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        shapes = formats(book)
        book.set_properties({"title": said["title"].format(city=city), "author": "Tantu"})
        sheet = book.add_worksheet(said["sheet"])
        lay_out(sheet, HEADER_ROWS)
        sheet.merge_range(0, 0, 0, last, said["title"].format(city=city), shapes["title"])
        dated = said["date"].format(year=made_on.year, month=made_on.month, day=made_on.day)
        head_lines(sheet, 1, last, (said["office"], dated, said["unverified"]), shapes)
        for place, name in enumerate(COLUMNS):
            sheet.set_column(place, place, WIDTHS.get(name, 11))
            sheet.write_string(2, place, said[f"column_{name}"], shapes["head"])
        for line, finding in enumerate(told.to_dict("records"), HEADER_ROWS):
            sheet.write_number(line, 0, line - HEADER_ROWS + 1, shapes["number"])
            for place, name in enumerate(COLUMNS[1:], 1):
                text = "" if name in BY_HAND else str(finding[name])
                mark = "*" if name == "clause" and not finding["verified"] else ""
                shape = shapes["wide" if name in {"what", "remedy", "place_name"} else "text"]
                sheet.write_string(line, place, text + mark, shape)
        end = HEADER_ROWS + len(told)
        sheet.merge_range(end, 0, end, 1, said["total"], shapes["total"])
        sheet.write_number(end, 2, len(told), shapes["total"])
        sheet.write_string(end + 2, 0, said["signature"], shapes["line"])
        sheet.print_area(0, 0, end + 2, last)
    return len(told)
