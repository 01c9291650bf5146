"""`tantu audit cases` and `tantu audit chain …`: figures of cases, their lists, and the proof under them."""

import math
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, answer, place, say, table, today, word
from api.settings import settings
from gis.catalogue import codelist
from gis.errors import SetupError

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

    from audits.case_integrity import Integrity
    from audits.chain import Link

Day = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help=word("option.from"))]
Until = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help=word("option.to"))]
LISTED = ("case", "place", "element", "state", "severity", "unit", "due_on", "overdue")


def register_cases(audit: typer.Typer) -> None:
    """Add the commands to the family `tantu audit`."""
    audit.command("cases", help=word("command.audit_cases"))(list_cases)
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
    from audits import kpis
    from audits.case_store import cases

    codelist("region_level")[level]
    if figure is not None:
        codelist("kpi")[figure]
    end = until.date() if until else today()
    start = since.date() if since else date(end.year, 1, 1)
    with place().session(read_only=True) as session:
        counted, names = _placed(session, kpis.counted(cases(session), start, end), level)
    rows = [_figures(row, names) for row in (kpis.figures(counted), kpis.figures(counted, "area"))]
    ended = counted["state"].isin([c for c, f in codelist("case_state").codes.items() if f.facts["ended"]])
    shown = counted[~ended] if figure is None else kpis.behind(counted, kpis.SHARES.get(figure, (figure,))[0])
    listed = [_case(row, end) for row in shown.to_dict("records")]
    told = {"from": start, "to": end, "total": rows[0][0], "regions": rows[1], "cases": listed}

    def show() -> None:
        names = (*kpis.FLAGS, *kpis.SHARES)
        headings = [word("cases.region"), *(codelist("kpi")[name].label(settings().lang) for name in names)]
        lines = [[row["name"], *(row[name] for name in names)] for row in (*rows[1], *rows[0])]
        table(word("cases.title", start=start, end=end), headings, lines)
        table(
            word("cases.list"),
            [word(f"cases.{column}") for column in LISTED],
            [_labelled(row) for row in listed],
        )

    answer(told, as_json=as_json, show=show)


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


def _placed(session: "Session", cases: "pd.DataFrame", level: str) -> "tuple[pd.DataFrame, dict[str, str]]":
    from gis import store
    from gis.regiontree import RegionTree

    tree = RegionTree.of(store.layer(session, "regions"), today())
    column = "name" if settings().lang == "zh" else "name_en"
    names = tree.regions[column].where(tree.regions[column].notna(), tree.regions["name"])
    return cases.assign(area=tree.ancestor(cases["region_code"], level)), {
        str(code): str(name) for code, name in names.items()
    }


def _figures(figures: "pd.DataFrame", names: dict[str, str]) -> list[dict[str, Any]]:
    from audits.kpis import FLAGS, SHARES

    whole = figures.index.name is None
    return [
        {
            "code": code,
            "name": word("cases.total") if whole else names.get(code, word("cases.unplaced")),
            **{name: int(row[name]) for name in FLAGS},
            **{name: None if math.isnan(row[name]) else float(row[name]) for name in SHARES},
        }
        for code, row in zip(figures.index, figures.to_dict("records"), strict=True)
    ]


def _case(row: dict[Any, Any], on: date) -> dict[str, Any]:
    """Return a case without the names of people."""
    due = row["due_on"] if isinstance(row["due_on"], date) else None
    open_ = not codelist("case_state")[row["state"]].facts["ended"]
    return {
        "case": row["uid"],
        "place": row["place_uid"],
        "element": row["element"],
        "state": row["state"],
        "severity": row["severity"],
        "unit": row["unit"] if isinstance(row["unit"], str) else None,
        "due_on": due,
        "overdue": open_ and due is not None and due < on and row["paused_on"] is None,
    }


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
