"""`tantu serve`, `tantu worker` and `tantu keys …`: the service on this machine, its worker, and its key."""

import signal
from typing import Annotated

import typer

from api.commands.console import Json, answer, note, place, progress, say, word
from api.settings import settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("serve", help=word("command.serve"))(serve)
    app.command("worker", help=word("command.worker"))(work)
    keys = typer.Typer(help=word("command.keys"), no_args_is_help=True)
    keys.callback()(lambda: None)
    keys.command("rotate", help=word("command.keys_rotate"))(rotate)
    app.add_typer(keys, name="keys")


def serve(
    host: Annotated[str | None, typer.Option(help=word("option.host"))] = None,
    port: Annotated[int | None, typer.Option(help=word("option.port"))] = None,
    worker: Annotated[bool | None, typer.Option("--worker/--no-worker", help=word("option.worker"))] = None,
) -> None:
    """Serve until stopped; beside a SpatiaLite file, unless told otherwise, with a worker of its own."""
    import uvicorn

    from api.app import create_app
    from api.jobs_beside import worker_beside
    from gis.db import is_spatialite

    here = settings()
    address, at = host or here.host, port or here.port
    app = create_app(here)
    note(word("serve.at", host=address, port=at))
    with worker_beside(wanted=is_spatialite(app.state.engine) if worker is None else worker):
        uvicorn.run(app, host=address, port=at, log_level="warning")


def work(
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
    *,
    drain: Annotated[bool, typer.Option("--drain", help=word("option.drain"))] = False,
    as_json: Json = False,
) -> None:
    """Do the jobs of the queue until stopped, or until there are none."""
    import os

    from api.jobs_retention import cleaning
    from api.jobs_work import HANDLERS
    from api.jobs_worker import Bench, worker_name
    from api.jobs_worker import work as take_jobs

    here, stopping = place(), [False]

    def stop(_number: int, _frame: object) -> None:
        stopping[0] = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    here.engine.dispose()  # a database of another revision is refused before any job is taken
    bench = Bench(here.settings, HANDLERS, worker_name())
    clean = cleaning(here.settings)

    def until() -> bool:
        clean()
        return stopping[0] or (parent is not None and os.getppid() != parent)

    taken = take_jobs(bench, until=until, drain=drain)
    answer({"jobs": taken}, as_json=as_json, show=lambda: say(word("worker.done", jobs=taken)))


def rotate(*, as_json: Json = False) -> None:
    """Encrypt every personal column anew; both keys are kept in files until somebody deletes the old one."""
    from api.keys import rotate_key

    here = place()
    with progress(quiet=as_json) as advance:
        advance(word("command.keys_rotate"), 0.1)
        with here.session() as session:
            told = rotate_key(session, here.settings)
    answer(told, as_json=as_json, show=lambda: say(word("keys.done", **told)))
