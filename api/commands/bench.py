"""`tantu bench`: ratios against named peers, measured in one run of the checkout."""

import importlib
import importlib.util
from typing import Annotated, Any

import typer

from api.commands.console import Json, answer, note, table, word
from gis.errors import NotFoundError, SetupError

NAMES = ("layers", "audits", "network", "siting", "repairs", "programme", "province", "http")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bench", help=word("command.bench"))(bench)


def bench(
    name: Annotated[str | None, typer.Argument(help=word("option.bench"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Measure one job, or all of them.

    Raises
    ------
    NotFoundError
        There is no benchmark of that name.
    SetupError
        The benchmarks are not here: they are not part of the installed package.
    """
    if name is not None and name not in NAMES:
        raise NotFoundError("benchmark", name, f"there are {', '.join(NAMES)}")
    if importlib.util.find_spec("benchmarks") is None:
        raise SetupError("Benchmarks are not part of the installed package; run ./dev bench in a checkout.")
    rows: list[dict[str, Any]] = []
    for job in (name,) if name else NAMES:
        note(job)
        rows += importlib.import_module(f"benchmarks.{job}").rows()
    answer(rows, as_json=as_json, show=lambda: _show(rows))


def _show(rows: list[dict[str, Any]]) -> None:
    columns = ("job", "ours_s", "peer", "peer_s", "ratio", "equal", "note")
    headings = [word(f"bench.{'ours' if column == 'ours_s' else column}") for column in columns]
    table(word("bench.title"), headings, [[row.get(column) for column in columns] for row in rows])
