"""`tantu works form`, `tantu plan notice`, `tantu plan reread`: papers out, and a ledger that comes back."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands.console import Json, answer, place, say, table, today, word
from gis.errors import CodeError, ConflictError


def register_papers(plan: typer.Typer) -> None:
    """Add the papers of a plan to the family `tantu plan`."""
    plan.command("notice", help=word("command.plan_notice"))(notice)
    plan.command("reread", help=word("command.plan_reread"))(reread)


def register_forms(works: typer.Typer) -> None:
    """Add the forms of a home to the family `tantu works`."""
    works.command("form", help=word("command.works_form"))(form)


def form(
    case: Annotated[str, typer.Argument(help=word("option.works_case"))],
    kind: Annotated[str, typer.Argument(help=word("option.form_kind"))],
    file: Annotated[Path, typer.Argument(metavar="FILE.pdf", help=word("option.out"))],
    *,
    masked: Annotated[bool, typer.Option("--masked", help=word("option.masked"))] = False,
    as_json: Json = False,
) -> None:
    """Write a form of a home, filled in as far as the case has come.

    Raises
    ------
    CodeError
        There is no such form.
    """
    from api.unlocking import unlocked
    from planner import forms, paper_service, papers

    if kind not in forms.FORMS:
        raise CodeError("form", kind, forms.FORMS)
    here = place()
    what = "works form --masked" if masked else "works form"
    with unlocked(here, what, subject=f"works:{case}") as secret, here.session(read_only=True) as session:
        dossier = paper_service.dossier(session, secret, case, city=here.city, on=today())
    paper = forms.form(kind, forms.masked(dossier) if masked else dossier, here.lang)
    file.write_bytes(papers.pdf(paper))
    told = {"case": case, "form": kind, "masked": masked, "file": str(file)}
    answer(told, as_json=as_json, show=lambda: say(word("papers.form", **told)))


def notice(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=word("option.notice_folder"))],
    year: Annotated[int | None, typer.Option(help=word("option.works_year"))] = None,
    plan: Annotated[int | None, typer.Option(help=word("option.plan_number"))] = None,
    county: Annotated[list[str] | None, typer.Option(help=word("option.county"))] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help=word("option.notice_from"))
    ] = None,
    contact: Annotated[str, typer.Option(help=word("option.contact"))] = "",
    *,
    take_down: Annotated[bool, typer.Option("--take-down", help=word("option.take_down"))] = False,
    as_json: Json = False,
) -> None:
    """Write the public notice of a year, masked and searched for personal facts; or take it down in time."""
    from planner import notices

    if take_down:
        gone = [str(path) for path in notices.taken_down(folder, today())]
        answer({"removed": gone}, as_json=as_json, show=lambda: say(word("papers.removed", files=len(gone))))
        return
    begins = first.date() if first else today()
    told = _published(folder, year, plan, tuple(county or ()), begins, contact)
    answer(told, as_json=as_json, show=lambda: say(word("papers.notice", **told)))


def _published(
    folder: Path, year: int | None, plan: int | None, counties: tuple[str, ...], first: date, contact: str
) -> dict[str, object]:
    from api.unlocking import COMMAND_LINE, unlocked
    from audits import trail_store
    from audits.trail import Deed
    from planner import notices, paper_service, service

    here = place()
    with unlocked(here, "plan notice") as secret, here.session(read_only=True) as session:
        kept = service.saved_plan(session, plan)
        said, secrets = paper_service.notice(
            session, secret, kept, city=here.city, year=year or kept.calendar[0], first=first,
            contact=contact, counties=counties,
        )  # fmt: skip
    files = notices.write_notice(said, folder, here.lang, secrets=secrets)
    told: dict[str, object] = {
        "plan": kept.id, "year": said.year, "homes": len(said.homes), "first": said.first.isoformat(),
        "last": said.last.isoformat(), "take_down_on": said.take_down_on.isoformat(),
    }  # fmt: skip
    with here.session() as session:
        deed = Deed(datetime.now(UTC), here.settings.user, COMMAND_LINE, "published", f"plan:{kept.id}", told)
        trail_store.record(session, deed)
    return told | {"files": [str(path) for path in files]}


def reread(
    file: Annotated[Path, typer.Argument(help=word("option.returned_ledger"))],
    plan: Annotated[int | None, typer.Option(help=word("option.plan_number"))] = None,
    *,
    save: Annotated[bool, typer.Option("--save", help=word("option.save"))] = False,
    as_json: Json = False,
) -> None:
    """Show what a ledger that came back changes; with --save take over what an office may fill in.

    Raises
    ------
    ConflictError
        With --save: a home was saved by somebody else since, or a row is none of this plan.
    """
    from api.unlocking import unlocked
    from planner import ledgers, paper_service, service

    here = place()
    sheet = ledgers.read_ledger(file)
    with unlocked(here, "plan reread") as secret, here.session(read_only=True) as session:
        kept = service.saved_plan(session, plan)
        found = paper_service.returned_ledger(session, secret, kept, sheet)
    if save and not found.can_be_saved:
        raise ConflictError(
            f"Nothing was saved. Saved by others since: {', '.join(found.stale) or 'none'}; rows that are no"
            f" home of plan {kept.id}: {len(found.foreign)}. Write the ledger anew and fill it in again."
        )
    saved = 0
    if save:
        with here.session() as session:
            now = datetime.now(UTC)
            saved = paper_service.save_returned(session, kept, found, at=now, by=here.settings.user)
    rows = found.differences.to_dict("records")
    told = {
        "plan": kept.id, "differences": rows, "to_save": len(found.entries), "saved": saved,
        "stale": list(found.stale), "foreign": list(found.foreign),
    }  # fmt: skip

    def show() -> None:
        names = ("household", "column", "before", "after", "saves")
        table(word("papers.differences"), [word(f"papers.{name}") for name in names],
              [[row[name] for name in names] for row in rows])  # fmt: skip
        say(word("papers.saved", saved=saved, to_save=len(found.entries)))

    answer(told, as_json=as_json, show=show)
