"""The notice of rectification 整改通知书 as a PDF on A4; how it is set is in `gis.typesetting`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from gis.catalogue import Language, words
from gis.errors import EmptyLayerError
from gis.typesetting import typeset

ITEM = ("element", "what", "clause", "measured", "limit", "severity", "remedy", "verified")


@dataclass(frozen=True)
class Notice:
    """What a notice says.

    Attributes
    ----------
    number
        Of the document, as the issuing office counts.
    addressee
        The responsible unit.
    items
        Rows of `finding_words.in_words` with the keys `ITEM`.
    due_on
        The last day of the repair; the office computes it.
    """

    number: str
    addressee: str
    place: str
    address: str
    items: Sequence[Mapping[str, Any]]
    inspected_on: date
    due_on: date
    office: str
    issued_on: date
    contact: str = ""


def notice_items(told: pd.DataFrame) -> list[dict[str, Any]]:
    """Return findings in words (`finding_words.in_words`) as the items of a notice."""
    return [{name: row[name] for name in ITEM} for row in told.to_dict("records")]


def write_notice(notice: Notice, path: Path, lang: Language = "zh") -> int:
    """Write a notice as PDF and return how many items it has.

    Raises
    ------
    EmptyLayerError
        There is nothing to put right.
    ExtensionMissingError
        Typst or a Chinese font is not installed.
    """
    path.write_bytes(_compiled(notice, lang, "pdf")[0])
    return len(notice.items)


def pages(notice: Notice, lang: Language = "zh") -> list[bytes]:
    """Return the pages of a notice as PNG pictures at 100 dots per inch, to be looked at.

    Raises
    ------
    EmptyLayerError
        There is nothing to put right.
    ExtensionMissingError
        Typst or a Chinese font is not installed.
    """
    return _compiled(notice, lang, "png")


def _compiled(notice: Notice, lang: Language, form: Literal["pdf", "png"]) -> list[bytes]:
    if not notice.items:
        raise EmptyLayerError("findings")
    template = files("audits.exchange").joinpath("notice.typ").read_bytes()
    return typeset(template, _said(notice, lang), form)


def _said(notice: Notice, lang: Language) -> dict[str, Any]:
    said = {
        key.removeprefix("notice."): text
        for key, text in words(lang, "audits").items()
        if key.startswith("notice.")
    }

    def day(when: date) -> str:
        return said["day"].format(year=when.year, month=when.month, day=when.day)

    facts = asdict(notice) | {
        name: day(getattr(notice, name)) for name in ("inspected_on", "due_on", "issued_on")
    }
    filled = {key: _filled(text, facts, len(notice.items)) for key, text in said.items() if key != "day"}
    return {"lang": lang, "words": filled, **facts}


def _filled(text: str, facts: Mapping[str, Any], count: int) -> str:
    names = {
        name: facts[name] for name in ("addressee", "place", "inspected_on", "due_on", "office", "number")
    }
    return text.format(**names, count=count)
