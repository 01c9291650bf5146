"""`tantu demo`, `init`, `doctor`: a city from nothing, and whether this machine can hold one."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from api.commands.console import Json, answer, facts, note, place, progress, say, table, word
from api.settings import settings
from gis.errors import TantuError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("demo", help=word("command.demo"))(demo)
    app.command("init", help=word("command.init"))(init)
    app.command("doctor", help=word("command.doctor"))(doctor)


def demo(
    out: Annotated[Path, typer.Option(help=word("option.out"))] = Path("out"),
    people: Annotated[int, typer.Option(help=word("option.people"), min=1)] = 82_247,
    seed: Annotated[int, typer.Option(help=word("option.seed"), min=0)] = 1,
    database: Annotated[str, typer.Option(help=word("option.database"))] = "",
    *,
    as_json: Json = False,
) -> None:
    """Build the demonstration city."""
    from api.demo import build_demo

    with progress(quiet=as_json) as advance:
        built = build_demo(out, people=people, seed=seed, database_url=database, progress=advance)
    answer(built.told(), as_json=as_json, show=lambda: _show_demo(built.told()))


def _show_demo(told: dict[str, object]) -> None:
    plan = told["plan"]
    counts = {word(f"demo.{name}"): told[name] for name in ("people", "households", "road_edges", "eligible")}
    chosen = ", ".join(str(homes) for homes in plan["homes_per_year"])  # type: ignore[index]  # of told()
    solved = {
        word("demo.chosen"): chosen,
        word("demo.objective"): plan["objective"],  # type: ignore[index]  # of told()
        word("demo.gap"): f"{plan['gap']:.2%}",  # type: ignore[index]  # of told()
        word("demo.seconds"): told["seconds"],
    }
    facts(word("demo.title"), counts | solved)
    say("")
    say(word("demo.open"))
    for file in told["files"]:  # type: ignore[attr-defined]  # of told()
        say(f"  {file}")


def init(
    city: Annotated[str, typer.Option(help=word("option.city"))] = settings().city,
    *,
    as_json: Json = False,
) -> None:
    """Make the database, its tables and the key."""
    from api.database import current_revision, initialise
    from api.keys import make_key_file
    from gis import catalogue
    from gis.db import make_engine

    here = settings()
    catalogue.city(city)
    engine = make_engine(here.database_url)
    try:
        initialise(engine)
        revision = current_revision(engine)
    finally:
        engine.dispose()
    told = {
        "city": city,
        "database": engine.url.render_as_string(hide_password=True),
        "revision": revision,
        "new_key_file": make_key_file(here),
    }

    def show() -> None:
        say(word("init.ready", url=told["database"], revision=told["revision"]))
        if told["new_key_file"]:
            note(word("init.key", file=told["new_key_file"]))

    answer(told, as_json=as_json, show=show)


def doctor(*, as_json: Json = False) -> None:
    """Say what is missing; exit code 1 where something is."""
    checks: dict[str, Callable[[], None]] = {
        "spatialite": _check_spatialite,
        "node": _check_map_library,
        "kernels": _check_kernels,
        "database": _check_database,
        "key": _check_key,
    }
    told = {name: _outcome(check) for name, check in checks.items()}

    def show() -> None:
        rows = [(word(f"doctor.{name}"), mend or word("doctor.ok")) for name, mend in told.items()]
        table(word("doctor.title"), ("", ""), rows)

    answer(
        {name: {"ready": not mend, "mend": mend} for name, mend in told.items()}, as_json=as_json, show=show
    )
    if any(told.values()):
        raise typer.Exit(1)


def _outcome(check: Callable[[], None]) -> str:
    try:
        check()
    except TantuError as missing:
        return str(missing)
    return ""


def _check_spatialite() -> None:
    from tempfile import TemporaryDirectory

    from gis.db import make_engine, spatial_version

    with TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/check.sqlite")
        try:
            spatial_version(engine)
        finally:
            engine.dispose()


def _check_map_library() -> None:
    from maps import assets

    for name in assets.names():
        assets.content(name)


def _check_kernels() -> None:
    from gis.kernels import warm

    warm()


def _check_key() -> None:
    from api.keys import cipher

    cipher(settings())


def _check_database() -> None:
    place().engine  # noqa: B018 - opening it is the check
