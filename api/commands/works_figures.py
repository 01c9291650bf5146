"""`tantu works forecast`, `spotcheck`, `settle` and `archive`: what cases add up to and what is missing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, Place, answer, facts, place, say, table, today, word
from gis.catalogue import codelist
from gis.errors import InputError

if TYPE_CHECKING:
    from planner.works_clock import Forecast
    from planner.works_service import Signed
    from planner.works_store import Scope

Case = Annotated[str, typer.Argument(help=word("option.works_case"))]
Year = Annotated[int | None, typer.Option(help=word("option.works_year"))]
Region = Annotated[list[str] | None, typer.Option("--region", help=word("option.works_region"))]
MONEY = (
    "county", "homes", "budget_yuan", "price_yuan", "settled", "settled_yuan", "saved_yuan", "over",
    "mean_yuan",
)  # fmt: skip


def register_figures(works: typer.Typer) -> None:
    """Add the commands to the family `tantu works`."""
    for name, command in (
        ("forecast", forecast), ("spotcheck", spotcheck), ("settle", settle), ("archive", archive),
    ):  # fmt: skip
        works.command(name, help=word(f"command.works_{name}"))(command)


def forecast(
    year: Annotated[int, typer.Argument(help=word("option.works_year"))],
    region: Region = None,
    *,
    as_json: Json = False,
) -> None:
    """Tell how many homes will be accepted this year, and which clocks break or are about to."""
    from planner import works_service
    from planner.works_figures import counters

    here = place()
    with here.session(read_only=True) as session:
        found = works_service.works(
            session, city_id=here.city.id, on=today(), scope=scope_of(region, "", year)
        )
    asked = int(here.city.facts["facts"]["homes_per_year"]["value"]) if not region else None
    counted = counters(found.cases, found.forecasts, year, {} if asked is None else {None: asked})
    figures = [vars(counter) for counter in counted]
    breaches = [row for each in found.forecasts for row in _breaches(each)]
    estimated = any(each.estimated for each in found.forecasts)
    told = {"year": year, "counters": figures, "breaches": breaches, "estimated": estimated}

    def shown() -> None:
        names = ("county", "target", "cases", "accepted", "expected", "surely")
        show_rows(figures, names)
        show_rows(breaches, ("case", "clock", "due_on", "breach"))
        if estimated:
            say(word("works.estimated"))

    answer(told, as_json=as_json, show=shown)


def spotcheck(
    year: Year = None,
    seed: Annotated[int, typer.Option(help=word("option.draw_seed"))] = 1,
    *,
    as_json: Json = False,
) -> None:
    """Draw the accepted homes to visit, and tell what those visited so far say of all."""
    from planner import works_service

    here, scope = place(), scope_of(None, "", year)
    with here.session(read_only=True) as session:
        drawn = works_service.drawn_for_spot_check(
            session, city_id=here.city.id, on=today(), seed=seed, scope=scope
        )
        share = works_service.spot_checked(session, scope)
    rows = [
        {"case": row["uid"], "county": row["stratum"], "draw": row["draw"]}
        for row in drawn.to_dict("records")
    ]
    told = {"seed": seed, "drawn": rows, "passed": None if share is None else vars(share)}
    answer(told, as_json=as_json, show=lambda: show_rows(rows, ("draw", "county", "case")))


def settle(
    year: Year = None,
    region: Region = None,
    *,
    as_json: Json = False,
) -> None:
    """Compare what was settled with the budget, by county and funding line."""
    from planner import works_service

    here = place()
    with here.session(read_only=True) as session:
        money = works_service.settled(session, city_id=here.city.id, scope=scope_of(region, "", year))
    rows = [
        {name: None if value != value else value for name, value in row.items()}  # noqa: PLR0124  NaN
        for row in money.to_dict("records")
    ]
    answer(rows, as_json=as_json, show=lambda: show_rows(rows, MONEY))


def archive(case: Case, *, as_json: Json = False) -> None:
    """Tell which papers the archive of a home holds; exit code 1 where one is missing."""
    from planner import works_service, works_store

    here = place()
    with here.session(read_only=True) as session:
        held = works_service.archive_of(session, case, city_id=here.city.id)
        row = works_store.case_row(session, case)
        _, policy = works_service.state_of(session, row, here.city.id)
    labels = {paper.id: paper.label(here.lang) for paper in policy.documents}
    missing = [name for name, there in held.items() if not there]
    shown = {labels[name]: there for name, there in held.items()}
    told = {"case": case, "complete": not missing, "held": held, "missing": missing}
    answer(told, as_json=as_json, show=lambda: facts(word("works.archive", case=case), shown))
    if missing:
        raise typer.Exit(1)


def scope_of(regions: list[str] | None, contractor: str, year: int | None) -> "Scope":
    """Return the limits that the options of a command set."""
    from planner.works_store import Scope

    return Scope(tuple(regions or ()), contractor, year)


def signed(here: Place, by: str | None, on: datetime | None) -> "Signed":
    """Return who does something, by default the user of the settings today.

    Raises
    ------
    InputError
        The day lies in the future.
    """
    from planner.works_service import Signed

    day = on.date() if on else today()
    if day > today():
        raise InputError(f"--on {day} lies in the future; record what has happened.")
    return Signed(by or here.settings.user, day, datetime.now(UTC))


def _breaches(forecast: "Forecast") -> list[dict[str, Any]]:
    late = [(running, "late") for running in forecast.late if running.ended_on is None]
    return [
        {"case": forecast.uid, "clock": running.clock.id, "due_on": running.due_on, "breach": how}
        for running, how in (*late, *forecast.at_risk)
    ]


def show_rows(rows: Sequence[Mapping[Any, Any]], names: Sequence[str]) -> None:
    """Print some columns of rows, states in words."""
    lang = place().lang
    states = codelist("works_state")

    def cell(name: str, value: object) -> object:
        if name == "state":
            return states[str(value)].label(lang)
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    table(
        "",
        [word(f"works.{name}") for name in names],
        [[cell(name, row[name]) for name in names] for row in rows],
    )
