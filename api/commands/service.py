"""`tantu serve` and `tantu keys …`: the service on this machine, and its key."""

from typing import Annotated

import typer

from api.commands.console import Json, answer, note, place, progress, say, word
from api.settings import settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("serve", help=word("command.serve"))(serve)
    keys = typer.Typer(help=word("command.keys"), no_args_is_help=True)
    keys.callback()(lambda: None)
    keys.command("rotate", help=word("command.keys_rotate"))(rotate)
    app.add_typer(keys, name="keys")


def serve(
    host: Annotated[str | None, typer.Option(help=word("option.host"))] = None,
    port: Annotated[int | None, typer.Option(help=word("option.port"))] = None,
) -> None:
    """Serve until stopped."""
    import uvicorn

    from api.app import create_app

    here = settings()
    address, at = host or here.host, port or here.port
    app = create_app(here)
    note(word("serve.at", host=address, port=at))
    uvicorn.run(app, host=address, port=at, log_level="warning")


def rotate(*, as_json: Json = False) -> None:
    """Encrypt every personal column anew; both keys are kept in files until somebody deletes the old one."""
    from api.keys import rotate_key

    here = place()
    with progress(quiet=as_json) as advance:
        advance(word("command.keys_rotate"), 0.1)
        with here.session() as session:
            told = rotate_key(session, here.settings)
    answer(told, as_json=as_json, show=lambda: say(word("keys.done", **told)))
