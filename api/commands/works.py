"""`tantu works …`: the renovation of each home from census to follow-up, its clocks, money and archive."""

import json
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, answer, facts, place, say, table, today, word
from api.commands.papers import register_forms
from api.commands.works_figures import Case, Region, Year, register_figures, scope_of, show_rows, signed
from gis.catalogue import codelist
from gis.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from planner.works_clock import Forecast
    from planner.works_state import WorksState

By = Annotated[str | None, typer.Option("--by", help=word("option.by"))]
On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=word("option.done_on"))]
Contractor = Annotated[str, typer.Option(help=word("option.contractor"))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    works = typer.Typer(help=word("command.works"), no_args_is_help=True)
    for name, command in (
        ("open", open_), ("list", list_), ("show", show), ("advance", advance), ("photo", photo),
        ("file", file_),
    ):  # fmt: skip
        works.command(name, help=word(f"command.works_{name}"))(command)
    register_figures(works)
    register_forms(works)
    app.add_typer(works, name="works")


def open_(
    year: Annotated[int, typer.Argument(help=word("option.works_year"))],
    plan: Annotated[int | None, typer.Option(help=word("option.plan_number"))] = None,
    urgent: Annotated[list[str] | None, typer.Option(help=word("option.urgent"))] = None,
    by: By = None,
    on: On = None,
    *,
    as_json: Json = False,
) -> None:
    """Open a case for every home that a plan gives a year."""
    from planner import service, works_service

    here = place()
    with here.session() as session:
        kept = service.saved_plan(session, plan)
        opened = works_service.open_cases(
            session, kept, year, signed(here, by, on), city_id=here.city.id, urgent=urgent or ()
        )
    told = {
        "year": year,
        "plan": kept.id,
        "opened": list(opened.uids),
        "passed_over": list(opened.passed_over),
    }
    counts = {"opened": len(opened.uids), "passed_over": len(opened.passed_over)}
    answer(told, as_json=as_json, show=lambda: say(word("works.opened", year=year, plan=kept.id, **counts)))


def list_(
    year: Year = None,
    region: Region = None,
    contractor: Contractor = "",
    state: Annotated[str | None, typer.Option(help=word("option.works_state"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """List cases with where they stand and which clock is late."""
    from planner import works_service

    if state is not None:
        codelist("works_state")[state]
    here = place()
    with here.session(read_only=True) as session:
        found = works_service.works(
            session, city_id=here.city.id, on=today(), scope=scope_of(region, contractor, year)
        )
    told = [
        _summary(case, forecast)
        for case, forecast in zip(found.cases, found.forecasts, strict=True)
        if state in (None, case.state)
    ]
    columns = ("case", "household", "county", "state", "since", "late", "likely_accepted_on")
    answer(told, as_json=as_json, show=lambda: show_rows(told, columns))


def show(case: Case, *, as_json: Json = False) -> None:
    """Tell everything that is recorded of one case but the names of the family, which it does not hold."""
    from planner import works_service, works_store

    here = place()
    with here.session(read_only=True) as session:
        row = works_store.case_row(session, case)
        state, _ = works_service.state_of(session, row, here.city.id)
        events = works_store.events_of(session, [row.id])[row.id]
        archive = works_service.archive_of(session, case, city_id=here.city.id)
    told = _whole(state) | {
        "events": [
            {"kind": event.kind, "by": event.by, "on": event.on, "facts": dict(event.facts)}
            for event in events
        ],
        "archive": archive,
    }

    def shown() -> None:
        values = told | {
            "state": codelist("works_state")[state.state].label(here.lang),
            "year": str(state.year),
        }
        facts(word("works.case", case=case), {word(f"works.{name}"): values[name] for name in SHOWN})
        known = codelist("works_event")
        rows = [(event.on, known[event.kind].label(here.lang), event.by) for event in events]
        table(word("works.events"), [word(f"works.{name}") for name in ("on", "event", "by")], rows)

    answer(told, as_json=as_json, show=shown)


def advance(
    event: Annotated[str, typer.Argument(help=word("option.works_event"))],
    cases: Annotated[list[str], typer.Argument(help=word("option.works_cases"))],
    by: By = None,
    on: On = None,
    given: Annotated[list[str] | None, typer.Option("--set", help=word("option.works_set"))] = None,
    facts_file: Annotated[Path | None, typer.Option("--facts", help=word("option.works_facts"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Do one event to one or several cases; all of them or none."""
    from planner import works_service

    here = place()
    said = _facts(given or [], facts_file)
    with here.session() as session:
        who = signed(here, by, on)
        changed = [works_service.act(session, uid, event, who, city_id=here.city.id, **said) for uid in cases]
    told = [{"case": state.uid, "state": state.state, "on": state.on} for state in changed]
    answer(told, as_json=as_json, show=lambda: show_rows(told, ("case", "state", "on")))


def photo(
    case: Case,
    path: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER", help=word("option.photos"))],
    role: Annotated[str, typer.Option(help=word("option.photo_role"))],
    by: By = None,
    *,
    as_json: Json = False,
) -> None:
    """Store photos of a home as evidence of its case.

    Raises
    ------
    CodeError
        There is no such role of a photo.
    """
    from audits.evidence import keep_photos
    from audits.photorows import ROLES
    from gis.errors import CodeError
    from planner import works_service

    if role not in ROLES:
        raise CodeError("photo role", role, ROLES)
    here = place()
    who = signed(here, by, None)
    kept = keep_photos(path, here.settings.media, now=who.at)
    with here.session() as session:
        report = works_service.record_photos(session, case, kept, role, who)
    told = {
        "case": case, "role": role, "recorded": report.recorded, "unchanged": report.unchanged,
        "refused": [list(row) for row in report.refused], "reused": [list(row) for row in report.reused],
    }  # fmt: skip
    answer(told, as_json=as_json, show=lambda: say(word("works.photos", **told)))


def file_(
    case: Case,
    kind: Annotated[str, typer.Argument(help=word("option.works_paper"))],
    scan: Annotated[Path, typer.Argument(metavar="FILE", help=word("option.works_scan"))],
    shelf: Annotated[str | None, typer.Option(help=word("option.shelf"))] = None,
    by: By = None,
    on: On = None,
    *,
    as_json: Json = False,
) -> None:
    """Note a signed paper in the archive of a home: the digest of its scan and the shelf mark.

    Raises
    ------
    NotFoundError
        There is no such file.
    """
    from planner import works_service

    if not scan.is_file():
        raise NotFoundError("file", str(scan))
    here, digest = place(), sha256(scan.read_bytes()).hexdigest()
    with here.session() as session:
        new = works_service.file_document(
            session, case, kind, digest, signed(here, by, on), city_id=here.city.id, shelf_mark=shelf
        )
    told = {"case": case, "paper": kind, "sha256": digest, "new": new}
    answer(told, as_json=as_json, show=lambda: say(word("works.filed", **told)))


SHOWN = (
    "household", "county", "year", "state", "since", "need_before", "need_met", "cost_yuan", "price_yuan",
    "settled_yuan", "contractor", "spot_passed",
)  # fmt: skip


def _facts(given: list[str], file: Path | None) -> dict[str, Any]:
    """Return the facts of an event: a file of JSON, and `name=value` pairs whose values are JSON or text."""
    found: dict[str, Any] = {}
    if file is not None:
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputError(f"--facts {file.name}: cannot be read as JSON ({error})") from error
    for pair in given:
        name, sign, text = pair.partition("=")
        if not sign:
            raise InputError(f"--set {pair}: write it as name=value.")
        try:
            found[name] = json.loads(text)
        except json.JSONDecodeError:
            found[name] = text
    return found


def _since(case: "WorksState") -> date:
    return case.entered.get(case.state, case.on)


def _summary(case: "WorksState", forecast: "Forecast") -> dict[str, Any]:
    return {
        "case": case.uid,
        "household": case.household,
        "county": case.county,
        "state": case.state,
        "since": _since(case),
        "paused": case.paused,
        "late": [running.clock.id for running in forecast.late],
        "at_risk": {running.clock.id: how for running, how in forecast.at_risk},
        "likely_accepted_on": forecast.likely_on,
    }


def _whole(case: "WorksState") -> dict[str, Any]:
    return vars(case) | {
        "since": _since(case),
        "need_before": case.need_before if case.barriers else None,
        "need_met": case.need_met,
        "settled_yuan": case.settled_yuan,
    }
