"""Readers of tables (CSV and XLSX): cells as the file has them, sizes checked before a parser runs.

What a reader would question: nothing is converted here. A spreadsheet's numbers, dates and booleans and
a text file's texts are handed on as they are, so that `gis.values` decides with the layer in hand what
a cell means, and an ID number is never a number on the way.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import python_calamine

from gis.encodings import decoded
from gis.errors import FileFormatError
from gis.limits import Limits, check_archive, check_sheet, string_lengths
from gis.sheets import csv_records, sheet_of
from gis.sources import ReadOptions, Source
from gis.specs import RowIssue


def read_csv(path: Path, options: ReadOptions) -> Source:
    """Return the cells of delimited text, titles and totals set aside.

    Raises
    ------
    FileFormatError
        It is no table, or has no rows.
    FileTooLargeError
        More rows or columns than are read.
    EncodingError
        The text is in no encoding that can be told, or not in the declared one.
    """
    text, used = decoded(path.name, path.read_bytes(), options.encoding)
    records = csv_records(path.name, text, options.limits)
    sheet = sheet_of(path.name, records, options.known, options.limits)
    issues = [*told(used, options.encoding), *sheet.issues]
    return Source(sheet.rows, sheet.skipped, issues, encoding=used)


def read_xlsx(path: Path, options: ReadOptions) -> Source:
    """Return the cells of one worksheet, titles and totals set aside.

    Raises
    ------
    FileFormatError
        It is no workbook, lacks the sheet, or has no rows.
    FileTooLargeError
        More rows, columns or text than is read.
    """
    limits = options.limits
    with unpacked(path, limits) as archive:
        names = archive.namelist()
        texts = archive.read("xl/sharedStrings.xml") if "xl/sharedStrings.xml" in names else b""
        lengths = string_lengths(path.name, texts)
        for name in names:
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                check_sheet(path.name, archive.read(name), lengths, limits)
    records, notes = _xlsx_records(path, options.part)
    sheet = sheet_of(path.name, records, options.known, limits)
    return Source(sheet.rows, sheet.skipped, [*notes, *sheet.issues])


@contextmanager
def unpacked(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose entries are within the limits.

    Raises
    ------
    FileFormatError
        It is broken, nested or protected.
    FileTooLargeError
        It unpacks to more than is read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            check_archive(path.name, archive.infolist(), limits)
            yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError, zlib.error) as error:
        raise FileFormatError(path.name, f"is a broken archive ({error})", "pack or save it again") from error


def told(used: str, declared: str | None) -> list[RowIssue]:
    """Return the remark on an encoding that was told from the content alone."""
    if used != "gb18030" or declared:
        return []
    detail = "not UTF-8, so read as gb18030; look at the first rows, or name the encoding"
    return [RowIssue(0, "", "noted", "encoding-told", detail)]


def _xlsx_records(path: Path, part: str) -> tuple[list[list[object]], list[RowIssue]]:
    try:
        with python_calamine.load_workbook(path) as workbook:
            if part and part not in workbook.sheet_names:
                known = ", ".join(workbook.sheet_names)
                raise FileFormatError(path.name, f"has no sheet '{part}'", f"it has: {known}")
            names = [part] if part else workbook.sheet_names
            sheets = [(name, workbook.get_sheet_by_name(name).to_python()) for name in names]
    except python_calamine.CalamineError as error:
        raise FileFormatError(path.name, f"is no readable workbook ({error})", "save it again") from error
    filled = [(name, rows) for name, rows in sheets if rows]
    others = ", ".join(name for name, _ in filled[1:])
    detail = f"only the first sheet was read; name another under [file] of the mapping: {others}"
    notes = [RowIssue(0, "", "noted", "other-sheets", detail)] if others else []
    records: list[list[object]] = [list(row) for row in filled[0][1]] if filled else []
    return records, notes
