"""What every command shares: settings, words, the session, progress and the two ways of answering.

A command answers a person with tables on standard output and a machine with one JSON object; progress
and notes go to standard error, so that the output can be piped.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.settings import Settings, settings
from gis.catalogue import City, Language, city, words
from gis.db import make_engine, transaction
from gis.errors import NotFoundError

WORDS = words(settings().lang, "cli")

Json = Annotated[bool, typer.Option("--json", help=WORDS["option.json"])]

CHINA = timedelta(hours=8)  # one time zone, no summer time

Advance = Callable[[str, float], None]


@dataclass(frozen=True)
class Place:
    """Where a command works: its settings, and the database and city they name."""

    settings: Settings

    @property
    def lang(self) -> Language:
        """Language of what is written."""
        return self.settings.lang

    @cached_property
    def engine(self) -> Engine:
        """The database of the settings; its file must exist."""
        from api.database import check_revision

        engine = make_engine(self.settings.database_url)
        try:
            check_revision(engine)
        finally:
            engine.dispose()
        return engine

    @cached_property
    def city(self) -> City:
        """The city of the settings."""
        return city(self.settings.city)

    @contextmanager
    def session(self, *, read_only: bool = False) -> Iterator[Session]:
        """One transaction on the database of the settings; one that only reads keeps nobody waiting."""
        try:
            with transaction(self.engine, read_only=read_only) as session:
                yield session
        finally:
            self.engine.dispose()


def place() -> Place:
    """Return the place that the environment names now."""
    return Place(settings())


def word(key: str, **values: object) -> str:
    """Return a phrase of the command line in the language of the settings.

    Raises
    ------
    NotFoundError
        There is no such phrase.
    """
    if key not in WORDS:
        raise NotFoundError("phrase", key)
    return WORDS[key].format(**values) if values else WORDS[key]


def today() -> date:
    """Return today's date in China, whatever the clock of this machine is set to."""
    return (datetime.now(UTC) + CHINA).date()


def answer(result: object, *, as_json: bool, show: Callable[[], None]) -> None:
    """Print the result once: as one JSON object, or as `show` prints it for a person."""
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, default=str) + "\n")
    else:
        show()


def table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; numbers are set to the right, None as a dash, and no cell is read as markup."""
    from rich.text import Text

    if title:
        say(title)  # as a title of the table it would be broken at the table's width
    printed = Table(show_header=any(headings), header_style="bold", box=None, pad_edge=False)
    for column, heading in enumerate(headings):
        numeric = any(isinstance(row[column], int | float) for row in rows)
        printed.add_column(Text(heading), justify="right" if numeric else "left")
    for row in rows:
        printed.add_row(*(Text(_cell(value)) for value in row))
    _out().print(printed)


def facts(title: str, values: Mapping[str, object]) -> None:
    """Print names and values, one a line."""
    table(title, ("", ""), [(name, _cell(value)) for name, value in values.items()])


def say(text: str) -> None:
    """Print one line for a person on standard output."""
    _out().print(text, markup=False, highlight=False, soft_wrap=True)


def note(text: str) -> None:
    """Print one line on standard error."""
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Advance]:
    """Yield a function `(what, share done)` that draws a bar on standard error."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=quiet,
        transient=True,
    )
    with bar:
        line = bar.add_task("", total=1.0)
        yield lambda what, share: bar.update(line, description=what, completed=share)


def _cell(value: Any) -> str:  # noqa: ANN401 - a cell holds anything
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1 else f"{value:,.1f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def _out() -> Console:
    # A pipe has no width: what is read by a program must not be cut at 80 columns.
    return Console(width=None if sys.stdout.isatty() else 160)
