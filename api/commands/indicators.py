"""`tantu indicators …`: every number of the plan with its formula, target, source and the list behind it."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, Place, answer, place, say, table, today, word
from api.commands.works_figures import signed
from gis.catalogue import codelist
from gis.errors import CodeError, FileFormatError

if TYPE_CHECKING:
    from planner.indicator_service import Standing

At = Annotated[datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help=word("option.at"))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help=word("command.indicators"), invoke_without_command=True)
    family.callback(invoke_without_command=True)(indicators)
    for name, command in (
        ("enter", enter),
        ("history", history),
        ("report", report),
        ("cards", cards),
        ("pack", pack),
    ):
        family.command(name, help=word(f"command.indicators_{name}"))(command)
    app.add_typer(family, name="indicators")


def indicators(
    context: typer.Context,
    at: At = None,
    behind: Annotated[str | None, typer.Option("--list", help=word("option.indicator_list"))] = None,
    *,
    save: Annotated[bool, typer.Option("--save", help=word("option.snapshot"))] = False,
    as_json: Json = False,
) -> None:
    """Print every indicator with its value, target and origin; with --list what one is made of."""
    if context.invoked_subcommand is not None:
        return
    from planner import indicator_service
    from planner.indicator_reports import standing_rows

    here = place()
    if behind is not None:
        codelist("indicator")[behind]
    found = standing(here, at.date() if at else today())
    saved = 0
    if save:
        with here.session() as session:
            saved = indicator_service.save_snapshot(session, found, signed(here, None, None))
    rows = standing_rows(found, here.lang)
    told: dict[str, Any] = {"at": found.on, "period": found.period.id, "saved": saved, "indicators": rows}
    told["trend"] = found.trend.to_dict("records")
    if behind is not None:
        told["list"] = (
            found.by_code[behind][0].behind.drop(columns="geometry", errors="ignore").to_dict("records")
        )

    answer(told, as_json=as_json, show=lambda: _show(here, found, told))


def enter(
    indicator: Annotated[str, typer.Argument(help=word("option.indicator"))],
    value: Annotated[float, typer.Argument(help=word("option.indicator_value"))],
    source: Annotated[str, typer.Option(help=word("option.source"))],
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=word("option.done_on"))
    ] = None,
    region: Annotated[str | None, typer.Option(help=word("option.indicator_region"))] = None,
    by: Annotated[str | None, typer.Option("--by", help=word("option.by"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Keep a value that a department reports, with its source."""
    from planner import indicator_service

    here = place()
    with here.session() as session:
        indicator_service.enter(
            session,
            indicator,
            value,
            signed(here, by, on),
            source=source,
            city_id=here.city.id,
            region=region,
        )
    told = {"indicator": indicator, "value": value, "source": source}
    answer(told, as_json=as_json, show=lambda: say(word("indicators.entered", **told)))


def history(
    indicator: Annotated[str, typer.Argument(help=word("option.indicator"))], *, as_json: Json = False
) -> None:
    """Print the time series that was kept of an indicator."""
    from planner import indicator_service

    with place().session(read_only=True) as session:
        rows = indicator_service.history(session, indicator)
    names = ("on", "period", "region_code", "value", "numerator", "denominator", "origin", "source")
    told = [{name: _known(row[name]) for name in names} for row in rows.to_dict("records")]
    heads = [word(f"indicators.{name}") for name in names]
    shown = [list(row.values()) for row in told]
    answer(told, as_json=as_json, show=lambda: table(indicator, heads, shown))


def report(
    file: Annotated[Path, typer.Argument(metavar="FILE.pdf|FILE.xlsx", help=word("option.out"))],
    kind: Annotated[str, typer.Option(help=word("option.report_kind"))] = "annual",
    at: At = None,
    *,
    as_json: Json = False,
) -> None:
    """Write the report of a day as a paper, or as a workbook with the list behind every number.

    Raises
    ------
    CodeError
        There is no such kind of report.
    FileFormatError
        The file is neither a PDF nor a workbook.
    """
    from planner.indicator_reports import KINDS, report as paper_of  # isort: skip
    from planner.indicator_sheets import write_workbook
    from planner.papers import pdf

    if kind not in KINDS:
        raise CodeError("report", kind, KINDS)
    if file.suffix not in {".pdf", ".xlsx"}:
        raise FileFormatError(file.name, "a report is a .pdf or an .xlsx")
    here = place()
    found = standing(here, at.date() if at else today())
    if file.suffix == ".xlsx":
        write_workbook(found, file, here.city, here.lang)
    else:
        chosen = next(name for name in KINDS if name == kind)
        file.write_bytes(pdf(paper_of(found, chosen, here.city, here.lang)))
    told = {"report": kind, "at": found.on, "period": found.period.id, "file": str(file)}
    answer(told, as_json=as_json, show=lambda: say(word("indicators.report", **told)))


def cards(
    file: Annotated[Path, typer.Argument(metavar="FILE.pdf", help=word("option.out"))],
    at: At = None,
    *,
    as_json: Json = False,
) -> None:
    """Write the score cards of the counties."""
    from planner.indicator_reports import cards_paper, score_cards
    from planner.papers import pdf

    here = place()
    found = standing(here, at.date() if at else today())
    file.write_bytes(pdf(cards_paper(found, here.city, here.lang, names=_counties(here))))
    rows = [
        {name: _known(value) for name, value in row.items()} for row in score_cards(found).to_dict("records")
    ]
    told = {"at": found.on, "file": str(file), "cards": rows}
    names = ("county", "indicator", "value", "city", "target", "points")
    heads = [word(f"indicators.{name}") for name in names]
    shown = [[row[name] for name in names] for row in rows]
    answer(told, as_json=as_json, show=lambda: table("", heads, shown))


def pack(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=word("option.out"))],
    at: At = None,
    *,
    as_json: Json = False,
) -> None:
    """Write what the working committee gets for its meeting: report, score cards and workbook of one day."""
    from planner.indicator_reports import cards_paper, report as paper_of  # isort: skip
    from planner.indicator_sheets import write_workbook
    from planner.papers import pdf

    here = place()
    found = standing(here, at.date() if at else today())
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / name for name in ("report.pdf", "score-cards.pdf", "indicators.xlsx")]
    files[0].write_bytes(pdf(paper_of(found, "annual", here.city, here.lang)))
    files[1].write_bytes(pdf(cards_paper(found, here.city, here.lang, names=_counties(here))))
    lists = write_workbook(found, files[2], here.city, here.lang)
    told = {"at": found.on, "lists": lists, "files": [str(path) for path in files]}
    answer(told, as_json=as_json, show=lambda: say(word("indicators.pack", folder=str(folder), lists=lists)))


def standing(here: Place, on: date) -> "Standing":
    """Return where the indicators stand on a day; the answers of home visits are read for it."""
    from api.unlocking import unlocked
    from planner import indicator_service

    with (
        unlocked(here, "indicators", subject="layer:homevisits") as secret,
        here.session(read_only=True) as session,
    ):
        return indicator_service.standing(session, secret, on=on, city_id=here.city.id)


def _show(here: Place, found: "Standing", told: dict[str, Any]) -> None:
    """Print the list that was asked for, or every indicator."""
    if "list" in told:
        listed = told["list"]
        table("", list(listed[0]) if listed else ["—"], [list(row.values()) for row in listed])
        return
    names = ("indicator", "name", "value", "unit", "target", "reached", "origin")
    title = word("indicators.title", at=found.on, period=found.period.label(here.lang))
    body = [[row[name] for name in names] for row in told["indicators"]]
    table(title, [word(f"indicators.{name}") for name in names], body)


def _counties(here: Place) -> dict[str, str]:
    name = "zh" if here.lang == "zh" else "en"
    return {row["code"]: row[name] for row in here.city.facts["counties"]}


def _known(value: Any) -> Any:  # noqa: ANN401  a cell of a frame
    missing = value is None or value != value  # noqa: PLR0124  NaN
    return None if missing else value
