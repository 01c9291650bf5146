"""A paper as a list of blocks: facts, tables, ticks, lines to write on, places to sign and to stamp.

Pure but for reading its template; `gis.typesetting` sets it. A paper carries its number and kind in a QR
code (medium error correction, which survives a stamp at its edge), so that a signed scan finds back to its
case; the code holds no fact of a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

import segno

from gis.catalogue import Language, words
from gis.typesetting import typeset

Block = Mapping[str, Any]


@dataclass(frozen=True)
class Paper:
    """What a paper says.

    Attributes
    ----------
    code
        Text of the QR code, empty for none.
    office
        Who issues it.
    """

    title: str
    blocks: Sequence[Block]
    office: str
    lang: Language
    subtitle: str = ""
    number: str = ""
    code: str = ""
    footer: str = ""
    landscape: bool = False


def pdf(paper: Paper) -> bytes:
    """Return a paper as PDF.

    Raises
    ------
    ExtensionMissingError
        Typst or a Chinese font is not installed.
    """
    return typeset(_template(), _said(paper), "pdf")[0]


def pages(paper: Paper) -> list[bytes]:
    """Return the pages of a paper as PNG pictures, to be looked at.

    Raises
    ------
    ExtensionMissingError
        Typst or a Chinese font is not installed.
    """
    return typeset(_template(), _said(paper), "png")


def facts(rows: Sequence[tuple[str, object]], *, title: str = "", columns: int = 2) -> Block:
    """Return labels with their values, so many pairs a line; the last line is filled up."""
    told = [[label, text(value)] for label, value in rows]
    told += [["", ""]] * (-len(told) % columns)
    return {"kind": "facts", "title": title, "columns": columns, "rows": told}


def rows(
    head: Sequence[str],
    body: Sequence[Sequence[object]],
    *,
    title: str = "",
    widths: Sequence[float] = (),
    total: Sequence[object] = (),
    note: str = "",
) -> Block:
    """Return a table; columns that hold numbers only are set to the right.

    Parameters
    ----------
    widths
        Shares of the width, 0 for as wide as needed; by default all alike.
    """
    numeric = [
        place
        for place in range(len(head))
        if body and all(isinstance(row[place], int | float) or row[place] is None for row in body)
    ]
    return {
        "kind": "rows", "title": title, "head": list(head), "body": len(body),
        "rows": [[text(value) for value in row] for row in body], "widths": list(widths or [1] * len(head)),
        "right": numeric, "total": [text(value) for value in total], "note": note,
    }  # fmt: skip


def checks(items: Sequence[tuple[str, bool | None]], *, title: str = "", columns: int = 3) -> Block:
    """Return ticks: yes ☑, no ☒, or left open for the pen □ (None)."""
    return {"kind": "checks", "title": title, "columns": columns, "items": [list(item) for item in items]}


def lines(count: int, *, title: str = "") -> Block:
    """Return lines to write on."""
    return {"kind": "lines", "title": title, "count": count}


def sketch(height_cm: float, *, title: str = "") -> Block:
    """Return an empty frame to draw in."""
    return {"kind": "box", "title": title, "height": height_cm}


def signatures(roles: Sequence[tuple[str, bool]], *, title: str = "", columns: int = 2) -> Block:
    """Return places to sign, each with the role and whether it needs a stamp; they stay on one page."""
    items = [{"role": role, "stamp": stamp} for role, stamp in roles]
    items += [{"role": "", "stamp": False}] * (-len(items) % columns)
    return {"kind": "signatures", "title": title, "columns": columns, "items": items}


def prose(said: str, *, title: str = "") -> Block:
    """Return a paragraph."""
    return {"kind": "text", "title": title, "text": said}


def page(title: str) -> Block:
    """Return the beginning of a new page with its own title."""
    return {"kind": "page", "title": title}


def text(value: object) -> str:
    """Return a value as it is written: numbers with thousands, unknown as a dash, dates in ISO order."""
    if value is None or value != value:  # noqa: PLR0124  NaN
        return "—"
    if isinstance(value, bool):
        return "√" if value else "×"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def day_in_words(day: date, lang: Language) -> str:
    """Return a day as documents write it: 2026年4月21日, 21 April 2026."""
    if lang == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%B} {day.year}"


def said(lang: Language, prefix: str) -> dict[str, str]:
    """Return the words of the papers under a prefix, without it."""
    return {
        key.removeprefix(f"{prefix}."): found
        for key, found in words(lang, "papers").items()
        if key.startswith(f"{prefix}.")
    }


def qr_svg(code: str) -> str:
    """Return a QR code as SVG."""
    drawn: str = segno.make(code, error="m", micro=False).svg_inline(border=1)
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _template() -> bytes:
    return files("planner").joinpath("papers.typ").read_bytes()


def _said(paper: Paper) -> dict[str, Any]:
    return {
        "title": paper.title, "subtitle": paper.subtitle, "number": paper.number, "office": paper.office,
        "footer": paper.footer, "landscape": paper.landscape, "lang": paper.lang,
        "blocks": [dict(block) for block in paper.blocks], "words": said(paper.lang, "paper"),
        "qr": qr_svg(paper.code) if paper.code else "",
    }  # fmt: skip
