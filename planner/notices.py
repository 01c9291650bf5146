"""The public notice 公示 of the homes of a year: masked, checked, and taken down after its time.

It is written as PDF for the notice board and as HTML for the web page, which a screen reader can read; beside
them stands a record with the last day, by which it is taken down. What may be questioned: the very texts that
are to be published are searched for numbers and for the names and addresses of the people concerned, and one
finding refuses the whole notice.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
from pandas import DataFrame

from gis.catalogue import City, Language
from gis.errors import ConflictError, EmptyLayerError, NotFoundError
from planner.papers import Paper, day_in_words, pdf, prose, rows, said, signatures
from planner.publication import leaks

RECORD = "notice.json"
COLUMNS = ("county", "township", "name", "certificate")
TOWNSHIP_DIGITS = 9


@dataclass(frozen=True)
class Notice:
    """What a notice says.

    Attributes
    ----------
    homes
        `county`, `township` (names), `name` and `certificate` masked; one row a home.
    first, last
        First and last day on notice.
    contact
        How to reach the county federation; the only telephone that may stand in it.
    """

    city: City
    year: int
    plan: int
    homes: DataFrame
    first: date
    last: date
    contact: str

    @property
    def days(self) -> int:
        """Calendar days after the first until the last."""
        return (self.last - self.first).days

    @property
    def take_down_on(self) -> date:
        """The day after the last."""
        return self.last + timedelta(days=1)


def notice_homes(
    ledger: DataFrame, regions: DataFrame, year: int, counties: tuple[str, ...] = ()
) -> DataFrame:
    """Return the homes of a masked ledger as a notice shows them.

    Parameters
    ----------
    ledger
        Columns of `planner.ledger_rows` with names and numbers masked.
    regions
        `code`, `name`.
    counties
        Codes; empty for all.

    Raises
    ------
    EmptyLayerError
        The plan has no home in that year and these counties.
    """
    homes = ledger[ledger["year"] == year]
    if counties:
        homes = homes[homes["county_code"].isin(counties)]
    if homes.empty:
        raise EmptyLayerError("homes of the year")
    names = dict(zip(regions["code"].astype(str), regions["name"].astype(str), strict=True))
    township = homes["region"].astype(str).str[:TOWNSHIP_DIGITS]
    told = homes[["county", "name", "certificate"]].assign(
        township=[names.get(code, "—") for code in township]
    )
    return told[list(COLUMNS)].reset_index(drop=True)


def write_notice(notice: Notice, folder: Path, lang: Language, *, secrets: frozenset[str]) -> list[Path]:
    """Write a notice as PDF and HTML with its record, and return the files.

    Parameters
    ----------
    folder
        It is made.
    secrets
        Names, numbers, telephones and addresses in clear of the people of the homes.

    Raises
    ------
    ConflictError
        A text that would be published holds a number or one of the secrets; nothing is written then.
    ExtensionMissingError
        Typst or a Chinese font is not installed.
    """
    paper, page = _paper(notice, lang), _html(notice, lang)
    for name, text in (("pdf", _texts(paper)), ("html", page)):
        found = leaks(text, secrets=secrets, allowed=(notice.contact,))
        if found:
            kinds = ", ".join(sorted({leak.kind for leak in found}))
            raise ConflictError(
                f"The notice ({name}) would publish {len(found)} personal facts ({kinds}); nothing was"
                " written. Correct the names or addresses that hold them, and see that the ledger is masked."
            )
    printed = pdf(paper)
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"notice-{notice.year}"
    files = [folder / f"{stem}.pdf", folder / f"{stem}.html", folder / RECORD]
    files[0].write_bytes(printed)
    files[1].write_text(page, encoding="utf-8")
    files[2].write_text(
        json.dumps(_record(notice, files[:2]), ensure_ascii=False, indent=1), encoding="utf-8"
    )
    return files


def taken_down(folder: Path, on: date) -> list[Path]:
    """Remove a notice whose time is over and return what was removed; nothing before its day.

    Raises
    ------
    NotFoundError
        The folder holds no notice.
    """
    record = folder / RECORD
    if not record.is_file():
        raise NotFoundError("notice", str(folder), "tantu plan notice DIR writes one")
    told: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    if on < date.fromisoformat(told["take_down_on"]):
        return []
    gone = [folder / name for name in told["files"] if (folder / name).is_file()]
    for path in gone:
        path.unlink()
    record.write_text(
        json.dumps(told | {"taken_down_on": on.isoformat()}, ensure_ascii=False), encoding="utf-8"
    )
    return gone


def _record(notice: Notice, files: list[Path]) -> dict[str, Any]:
    return {
        "year": notice.year, "plan": notice.plan, "homes": len(notice.homes),
        "first": notice.first.isoformat(), "last": notice.last.isoformat(),
        "take_down_on": notice.take_down_on.isoformat(),
        "files": {path.name: sha256(path.read_bytes()).hexdigest() for path in files},
    }  # fmt: skip


def _words(notice: Notice, lang: Language) -> dict[str, str]:
    values: Mapping[str, object] = {
        "city": notice.city.zh if lang == "zh" else notice.city.en,
        "year": notice.year, "homes": len(notice.homes), "days": notice.days, "contact": notice.contact,
        "first": day_in_words(notice.first, lang), "last": day_in_words(notice.last, lang), "office": "",
    }  # fmt: skip
    return {key: text.format(**values) for key, text in said(lang, "notice").items()}


def _table(notice: Notice) -> list[list[object]]:
    told = notice.homes.astype(object).where(pd.notna(notice.homes), None)
    return [[number, *row] for number, row in enumerate(told.to_numpy().tolist(), 1)]


def _paper(notice: Notice, lang: Language) -> Paper:
    words = _words(notice, lang)
    head = [words[name] for name in ("number", *COLUMNS)]
    return Paper(
        title=words["title"],
        blocks=[
            prose(words["body"]),
            prose(words["method"]),
            rows(head, _table(notice), title=words["list"], widths=[0, 2, 2, 1.4, 3]),
            prose(words["period"]),
            prose(words["objections"]),
            signatures([(words["stamp"], True)], columns=1),
        ],
        office=notice.city.zh,
        lang=lang,
        code=f"TANTU notice {notice.year} plan {notice.plan} until {notice.last}",
    )


def _texts(paper: Paper) -> str:
    parts: list[str] = [paper.title, paper.subtitle, paper.number, paper.code, paper.footer]

    def collect(value: object) -> None:
        if isinstance(value, Mapping):
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                collect(inner)
        elif isinstance(value, str):
            parts.append(value)

    collect([dict(block) for block in paper.blocks])
    return "\n".join(parts)


def _html(notice: Notice, lang: Language) -> str:
    words = {key: escape(text) for key, text in _words(notice, lang).items()}
    head = "".join(f'<th scope="col">{words[name]}</th>' for name in ("number", *COLUMNS))
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape('—' if cell is None else str(cell))}</td>" for cell in row) + "</tr>"
        for row in _table(notice)
    )
    return f"""<!doctype html>
<html lang="{"zh-CN" if lang == "zh" else "en"}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex, noarchive">
<title>{words["title"]}</title>
<style>body{{max-width:50rem;margin:auto;padding:1rem;font:1rem/1.6 serif}}
table{{border-collapse:collapse;width:100%}}
th,td{{border:1px solid;padding:.3rem;text-align:start}}</style></head>
<body><main><h1>{words["title"]}</h1>
<p>{words["body"]}</p><p>{words["method"]}</p>
<table><caption>{words["list"]}</caption><thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody></table>
<p>{words["period"]}</p><p>{words["objections"]}</p></main></body></html>
"""
