"""`tantu audit cases` and `tantu audit chain …`: figures of cases, their lists, and the proof under them."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, answer, place, say, table, today, word
from api.settings import settings
from gis.catalogue import codelist
from gis.errors import SetupError

if TYPE_CHECKING:
    from audits.case_integrity import Integrity
    from audits.chain import Link

Day = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help=word("option.from"))]
Until = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help=word("option.to"))]
LISTED = ("case", "place", "element", "state", "severity", "unit", "due_on", "overdue")


def register_cases(audit: typer.Typer) -> None:
    """Add the commands to the family `tantu audit`."""
    audit.command("cases", help=word("command.audit_cases"))(list_cases)
    audit.command("open", help=word("command.audit_open"))(open_from_findings)
    chain = typer.Typer(help=word("command.audit_chain"), no_args_is_help=True)
    chain.command("verify", help=word("command.audit_chain_verify"))(verify_chain)
    chain.command("export", help=word("command.audit_chain_export"))(export_chain)
    audit.add_typer(chain, name="chain")


def list_cases(
    since: Day = None,
    until: Until = None,
    level: Annotated[str, typer.Option(help=word("option.level"))] = "county",
    figure: Annotated[str | None, typer.Option(help=word("option.figure"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Count cases by region in a period, and list the open ones or those behind one figure."""
    from api import case_figures
    from audits import kpis

    codelist("region_level")[level]
    if figure:
        codelist("kpi")[figure]
    end = until.date() if until else today()
    start = since.date() if since else date(end.year, 1, 1)
    with place().session(read_only=True) as session:
        counted = case_figures.counted(session, (start, end), on=today(), level=level)
        names = case_figures.region_names(session, settings().lang, on=today())
    rows = [
        [row | {"name": row["name"] or word(f"cases.{unnamed}")} for row in case_figures.rows(figures, names)]
        for figures, unnamed in (
            (kpis.figures(counted), "total"),
            (kpis.figures(counted, "area"), "unplaced"),
        )
    ]
    shown = case_figures.behind(counted, figure)
    listed = [case_figures.told(row, end) for row in shown.to_dict("records")]
    told = {"from": start, "to": end, "total": rows[0][0], "regions": rows[1], "cases": listed}

    def show() -> None:
        names = (*kpis.FLAGS, *kpis.SHARES)
        headings = [word("cases.region"), *(codelist("kpi")[name].label(settings().lang) for name in names)]
        lines = [[row["name"], *(row[name] for name in names)] for row in (*rows[1], *rows[0])]
        table(word("cases.title", start=start, end=end), headings, lines)
        columns = [word(f"cases.{column}") for column in LISTED]
        table(word("cases.list"), columns, [_labelled(row) for row in listed])

    answer(told, as_json=as_json, show=show)


def open_from_findings(
    by: Annotated[str | None, typer.Option("--by", help=word("option.by"))] = None, *, as_json: Json = False
) -> None:
    """Open a case for every inspected element that failed and is in no case yet."""
    from audits.case_opening import open_cases

    here = place()
    with here.session() as session:
        opened = open_cases(session, by=by or here.settings.user, at=datetime.now(UTC))
    told = {
        "opened": list(opened.opened), "recurring": list(opened.recurring), "joined": opened.joined,
        "waiting": opened.waiting,
    }  # fmt: skip
    counts = {"opened": len(opened.opened), "recurring": len(opened.recurring)}
    answer(told, as_json=as_json, show=lambda: say(word("cases.opened", **{**told, **counts})))


def verify_chain(
    file: Annotated[Path | None, typer.Argument(help=word("option.chain_file"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Check the chain of the database, or an exported one; exit code 1 where it is not whole."""
    from audits.case_integrity import checked_chain, checked_export
    from planner.works_store import event_digests

    if file is None:
        with place().session(read_only=True) as session:
            found = checked_chain(session, event_digests(session))
    else:
        found = checked_export(_text(file), file.name, now=_links())
    answer(_integrity(found), as_json=as_json, show=lambda: _say_integrity(found))
    if not found.whole:
        raise typer.Exit(1)


def export_chain(
    file: Annotated[Path, typer.Argument(help=word("option.chain_file"))], *, as_json: Json = False
) -> None:
    """Write the chain, digests only, into a text file that anybody may keep."""
    from audits.case_integrity import exported_chain

    with place().session(read_only=True) as session:
        text = exported_chain(session)
    file.write_text(text, encoding="utf-8")
    told = {"file": str(file), "links": text.count("\n") - 1}
    answer(told, as_json=as_json, show=lambda: say(word("cases.chain_written", **told)))


def _text(file: Path) -> str:
    from gis.errors import FileFormatError, NotFoundError

    if not file.is_file():
        raise NotFoundError("file", str(file))
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(file.name, "it is no text in UTF-8") from error


def _links() -> "list[Link] | None":
    # An export also verifies on a machine that has no database.
    from audits.event_store import links

    try:
        with place().session(read_only=True) as session:
            return links(session)
    except SetupError:
        return None


def _labelled(row: dict[str, Any]) -> list[object]:
    lang = settings().lang
    lists = {"element": "element", "state": "case_state", "severity": "severity"}
    return [
        codelist(lists[name])[value].label(lang) if name in lists else value for name, value in row.items()
    ]


def _integrity(found: "Integrity") -> dict[str, Any]:
    faults = [{"position": fault.position, "why": fault.why} for fault in found.faults]
    return {
        "whole": found.whole, "links": found.links, "head": found.head, "faults": faults,
        "altered": list(found.altered),
    }  # fmt: skip


def _say_integrity(found: "Integrity") -> None:
    if found.whole:
        say(word("cases.chain_whole", links=found.links, head=found.head))
        return
    rows: list[list[object]] = [[fault.position, word(f"cases.fault_{fault.why}")] for fault in found.faults]
    rows += [[uid, word("cases.fault_altered")] for uid in found.altered]
    table(word("cases.chain_broken"), [word("cases.position"), word("cases.fault")], rows)
