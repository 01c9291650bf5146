"""How a ledger 台账 looks, whoever writes it: fonts, frames and the A4 page. Pure.

Every text is written as text and no string is ever a formula or an address, so a name that begins with
`=` stays a name.
"""

from collections.abc import Mapping
from typing import Any

FONT = "SimSun"
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def formats(book: Any) -> dict[str, Any]:  # noqa: ANN401  xlsxwriter is untyped
    """Return the cell formats of a ledger by what they are for; `book` is a workbook of xlsxwriter."""
    plain = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
    cell = plain | {"border": 1, "align": "center", "text_wrap": True}
    return {
        "title": book.add_format(plain | {"font_size": 16, "bold": True, "align": "center"}),
        "line": book.add_format(plain),
        "right": book.add_format(plain | {"align": "right"}),
        "head": book.add_format(cell | {"bold": True, "bg_color": "#EDEDED"}),
        "text": book.add_format(cell | {"num_format": "@"}),
        "wide": book.add_format(cell | {"num_format": "@", "align": "left"}),
        "number": book.add_format(cell | {"num_format": "0"}),
        "score": book.add_format(cell | {"num_format": "0.0"}),
        "money": book.add_format(cell | {"num_format": "#,##0.00"}),
        "total": book.add_format(cell | {"bold": True}),
        "total_money": book.add_format(cell | {"bold": True, "num_format": "#,##0.00"}),
    }


def lay_out(sheet: Any, header_rows: int, *, frozen_columns: int = 2) -> None:  # noqa: ANN401  xlsxwriter is untyped
    """Make a sheet A4 landscape, one page wide, its header repeated on every page and kept in view."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, header_rows - 1)
    sheet.set_footer("&C&P / &N")
    sheet.freeze_panes(header_rows, frozen_columns)
    sheet.set_row(0, 30)


def head_lines(
    sheet: Any,  # noqa: ANN401  xlsxwriter is untyped
    row: int,
    last: int,
    texts: tuple[str, str, str],
    shapes: Mapping[str, Any],
) -> None:
    """Write the line under a title: who reports, on which day, and in what unit of money or measure.

    Parameters
    ----------
    last
        Number of the last column.
    """
    unit, dated, measure = texts
    sheet.write_string(row, 0, unit, shapes["line"])
    sheet.write_string(row, max(1, (last + 1) // 3), dated, shapes["line"])
    sheet.write_string(row, last, measure, shapes["right"])
