"""Tables as people really make them: delimiters, titles above the header, totals and signatures below.

Everything stays text or what a spreadsheet stored, never a number guessed from a text, so that an ID
number stays whole. The decision a reader would question is that a row may be left out as "no data": only
a repeated header, a total, and a signature or remark in the last rows are, and all are kept and listed.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pandas import DataFrame, Index

from gis.errors import FileFormatError, FileTooLargeError
from gis.limits import SPARE_ROWS, Limits, check_limit
from gis.mapping import EXTRA, normal
from gis.specs import Action, RowIssue

DELIMITERS = (",", "\t", ";", "|")
HEADER_WITHIN = 30  # rows from the top among which the header is looked for
FOOTER_WITHIN = 12  # rows from the bottom that may be signatures and remarks

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_TOTAL = re.compile(r"^(合计|总计|小计|共计|本页合计|total|subtotal)[:：]?$", re.IGNORECASE)
_FOOT = re.compile(
    r"^[（(]?(填表|填报|制表|审核|审批|负责|经办|联系|单位|盖章|签章|签字|日期|注|说明|备注|数据来源)[^:：]{0,8}[:：]"
    r"|^[（(](公章|盖章|签章)[）)]$"
)


@dataclass(frozen=True)
class Sheet:
    """A table as it stands in a file.

    Attributes
    ----------
    rows
        One column a header, cells as the file has them (None where empty), indexed by row number:
        the record right below the header is row 1, blank ones count.
    skipped
        Records that are no data (repeated headers, totals, signatures), same columns.
    issues
        What was skipped and why, and rows that do not fit the header.
    """

    rows: DataFrame
    skipped: DataFrame
    issues: list[RowIssue]


def csv_records(name: str, text: str, limits: Limits) -> list[list[str]]:
    """Return the records of a delimited text; line ends may be LF, CRLF or CR alone.

    Raises
    ------
    FileTooLargeError
        There are more columns or rows than are read, or a cell never ends.
    FileFormatError
        It is not delimited text.
    """
    if "\0" in text[:100_000]:
        raise FileFormatError(name, "is not a text table", "save it as CSV or name it by its real type")
    first = next(_lines(text), "")
    for delimiter in DELIMITERS:
        check_limit(name, "the number of columns", first.count(delimiter) + 1, limits.columns)
    records = []
    try:
        for record in csv.reader(_lines(text), delimiter=_delimiter(text)):
            check_limit(name, "the number of columns", len(record), limits.columns)
            records.append(record)
            check_limit(name, "the number of rows", len(records), limits.rows + SPARE_ROWS)
    except csv.Error as error:
        if "limit" in str(error):
            raise FileTooLargeError(name, "a cell", csv.field_size_limit() + 1, limits.text) from error
        raise FileFormatError(name, f"row {len(records) + 1} is not well-formed CSV ({error})") from error
    return records


def sheet_of(name: str, records: Sequence[Sequence[Any]], known: frozenset[str], limits: Limits) -> Sheet:
    """Return records as a table: the header found, titles above and totals below set aside.

    Parameters
    ----------
    records
        Cells row by row; texts, numbers, dates and booleans as the file has them.
    known
        Normalised names by which a header is recognised (`gis.mapping.known_words`).

    Raises
    ------
    FileFormatError
        There is no row at all.
    FileTooLargeError
        More rows or columns than are read.
    """
    rows = [[_cell(cell) for cell in record] for record in records]
    filled = [number for number, row in enumerate(rows) if any(cell is not None for cell in row)]
    if not filled:
        raise FileFormatError(name, "holds no rows", "choose a file with a header and data")
    at = _header_at(rows, filled, known)
    header, below = _header(rows, at, known)
    check_limit(name, "the number of columns", len(header), limits.columns)
    issues = [
        RowIssue(0, "", "skipped", "title-row", f"{at - number} row(s) above the header")
        for number in filled
        if number < at
    ]
    body = [(number - below + 1, rows[number]) for number in filled if number >= below]
    check_limit(name, "the number of rows", len(body), limits.rows)
    reasons = _no_data(body, rows[at])
    issues += [_issue(row, "skipped", reason) for row, reason in reasons.items()]
    issues += [
        _issue(row, "quarantined", "ragged-row")
        for row, cells in body
        if row not in reasons and any(cell is not None for cell in cells[len(header) :])
    ]
    table = _frame(header, body)
    skipped = table.index.isin(reasons)
    return Sheet(table[~skipped], table[skipped], issues)


def _lines(text: str) -> Iterator[str]:
    # str.splitlines would also end lines at characters that occur within Chinese text.
    return (found[0] for found in _LINE.finditer(text))


def _delimiter(text: str) -> str:
    """Return the delimiter by which most of the first lines have the same number of cells."""
    sample = [line for line, _ in zip(_lines(text), range(50), strict=False)]

    def agreement(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(record) for record in csv.reader(sample, delimiter=delimiter) if record)
        width, lines = max(((w, n) for w, n in widths.items() if w > 1), key=lambda x: x[1], default=(1, 0))
        return lines, width

    return max(DELIMITERS, key=agreement)


def _cell(cell: object) -> object:
    if isinstance(cell, str):
        cell = cell.strip("\ufeff \t\r\n\u3000")
        # Our own export writes '=… for a text that would start a formula.
        return (cell[1:] if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@"} else cell) or None
    return cell


def _header_at(rows: list[list[Any]], filled: list[int], known: frozenset[str]) -> int:
    """Return the row with the most known names; without any, the first row as wide as the table."""
    top = filled[:HEADER_WITHIN]
    scores = {
        number: sum(1 for cell in rows[number] if isinstance(cell, str) and normal(cell) in known)
        for number in top
    }
    best = max(top, key=lambda number: scores[number])
    if scores[best] > 0:
        return best
    width = max(_filled(rows[number]) for number in top)
    return next(number for number in top if 2 * _filled(rows[number]) > width)


def _header(rows: list[list[Any]], at: int, known: frozenset[str]) -> tuple[list[str], int]:
    """Return the column names and the number of the first row below, joining a header of two rows."""
    upper = [None if cell is None else str(cell) for cell in rows[at]]
    below = at + 1
    if below < len(rows) and _is_second_header(upper, rows[below], known):
        lower = rows[below] + [None] * (len(upper) - len(rows[below]))
        upper = [str(low) if low is not None else up for up, low in zip(upper, lower, strict=False)]
        below += 1
    while upper and upper[-1] is None:
        upper.pop()
    names: list[str] = []
    for number, cell in enumerate(upper, 1):
        label = " ".join((cell or f"column {number}").split())
        repeats = sum(1 for name in names if name == label or name.startswith(f"{label}.")) + 1
        names.append(label if repeats == 1 else f"{label}.{repeats}")
    return names, below


def _is_second_header(upper: list[str | None], lower: list[Any], known: frozenset[str]) -> bool:
    """Tell whether a row names the parts of merged headings above: known words under blanks, no data."""
    cells = lower[: len(upper)] + [None] * (len(upper) - len(lower))
    texts = [cell for cell in cells if cell is not None]
    fills_gap = any(up is None and low is not None for up, low in zip(upper, cells, strict=True))
    stands_apart = any(up is not None and low is None for up, low in zip(upper, cells, strict=True))
    if not (texts and fills_gap and stands_apart and all(isinstance(text, str) for text in texts)):
        return False
    return 2 * sum(normal(text) in known for text in texts) >= len(texts)


def _no_data(body: list[tuple[int, list[Any]]], header: list[Any]) -> dict[int, str]:
    """Return the rows that are no data, with the reason."""
    names = [cell for cell in header if cell is not None]
    reasons = {}
    for place, (row, cells) in enumerate(body):
        texts = [cell for cell in cells if cell is not None]
        first = re.sub(r"\s", "", texts[0]) if isinstance(texts[0], str) else ""
        sparse = 2 * len(texts) <= max(len(names), 2)
        if texts == names:
            reasons[row] = "repeated-header"
        elif _TOTAL.match(first) or (sparse and _FOOT.match(first) and place >= len(body) - FOOTER_WITHIN):
            reasons[row] = "footer-row"
    return reasons


def _issue(row: int, action: Action, reason: str) -> RowIssue:
    details = {
        "repeated-header": "the header stands here again",
        "footer-row": "a total, a signature or a remark below the table",
        "ragged-row": "the row has more cells than the header; a cell may hold an unquoted delimiter",
    }
    return RowIssue(row, "", action, reason, details[reason])


def _frame(header: list[str], body: list[tuple[int, list[Any]]]) -> DataFrame:
    width = len(header)
    cells = [row[:width] + [None] * (width - len(row)) for _, row in body]
    table = DataFrame(cells, columns=Index(header, dtype=object), dtype=object)
    table.index = Index([row for row, _ in body], dtype="int64", name="row")
    extra = [" | ".join(str(cell) for cell in row[width:] if cell is not None) or None for _, row in body]
    if any(extra):
        table[EXTRA] = Index(extra, dtype=object)
    return table


def _filled(row: list[Any]) -> int:
    return sum(cell is not None for cell in row)
