"""The command line `tantu`: every family of commands under one name, and refusals as exit code 1.

Help is in the language of the settings, decided when the program starts, since Typer wants its help
texts while the commands are declared.
"""

import json
import sys

import typer

from api.commands import (
    audits,
    bench,
    city,
    coverage,
    gaps,
    indicators,
    layers,
    maps,
    people,
    plans,
    repairs,
    safety,
    service,
    siting,
    travelling,
    users,
    works,
)
from api.commands.console import note, word
from gis.errors import TantuError

app = typer.Typer(
    name="tantu",
    help=word("app.help"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print local variables, and with them people
    rich_markup_mode=None,
)
for family in (
    city,
    layers,
    people,
    audits,
    plans,
    works,
    indicators,
    coverage,
    gaps,
    siting,
    travelling,
    repairs,
    maps,
    safety,
    service,
    users,
    bench,
):
    family.register(app)


def main() -> None:
    """Run the command line; a refusal is one line on standard error and exit code 1."""
    try:
        app()
    except TantuError as refusal:
        if "--json" in sys.argv:
            told = {"error": {"code": refusal.code, "message": str(refusal)}}
            sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        note(f"{word('error.prefix')}: {refusal}")
        sys.exit(1)


if __name__ == "__main__":
    main()
