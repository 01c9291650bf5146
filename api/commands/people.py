"""`tantu people …`: home visits and what they yield, consents, who read whom, retention and erasure."""

from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.console import Json, answer, facts, place, say, table, today, word
from api.commands.works_figures import signed
from gis.errors import NotFoundError

Household = Annotated[str, typer.Argument(help=word("option.household"))]
By = Annotated[str | None, typer.Option("--by", help=word("option.by"))]
On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help=word("option.done_on"))]
FOUND = (
    "household_uid",
    "region_code",
    "visited_on",
    "barriers",
    "count",
    "outcome",
    "refused_by",
    "unknown",
)
DEED = ("at", "by", "role", "subject", "what", "step", "columns")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help=word("command.people"), no_args_is_help=True)
    for name, command in (
        ("candidates", candidates), ("consent", consent), ("log", log), ("erase", erase),
        ("retention", retention),
    ):  # fmt: skip
        family.command(name, help=word(f"command.people_{name}"))(command)
    app.add_typer(family, name="people")


def candidates(*, as_json: Json = False) -> None:
    """List the homes that visits yield for the programme, those with most barriers first."""
    from api.unlocking import unlocked
    from planner import register_service

    here = place()
    with unlocked(here, "people candidates") as secret, here.session(read_only=True) as session:
        found = register_service.visit_candidates(session, secret, on=today(), city_id=here.city.id)
    rows = found.to_dict("records")
    shown = [[row[name] for name in FOUND] for row in rows]
    answer(
        rows, as_json=as_json,
        show=lambda: table(word("people.candidates"), [word(f"people.{name}") for name in FOUND], shown),
    )  # fmt: skip


def consent(
    household: Household,
    purpose: Annotated[str | None, typer.Argument(help=word("option.purpose"))] = None,
    given_by: Annotated[str, typer.Option(help=word("option.given_by"))] = "self",
    scan: Annotated[Path | None, typer.Option(help=word("option.works_scan"))] = None,
    by: By = None,
    on: On = None,
    *,
    withdraw: Annotated[bool, typer.Option("--withdraw", help=word("option.withdraw"))] = False,
    as_json: Json = False,
) -> None:
    """Record or withdraw a consent for one purpose, and tell which stand.

    Raises
    ------
    NotFoundError
        There is no such scan.
    """
    from planner import register_service

    if scan is not None and not scan.is_file():
        raise NotFoundError("file", str(scan))
    here = place()
    with here.session() as session:
        who = signed(here, by, on)
        if purpose is not None and withdraw:
            register_service.withdraw_consent(session, household, purpose, who)
        elif purpose is not None:
            proof = None if scan is None else sha256(scan.read_bytes()).hexdigest()
            register_service.give_consent(session, household, purpose, who, given_by=given_by, evidence=proof)
        standing = register_service.standing_consents(session, household)
    told = {"household": household, "consents": standing}
    answer(told, as_json=as_json, show=lambda: facts(word("people.consents", household=household), standing))


def log(
    limit: Annotated[int, typer.Option(min=1, help=word("option.limit"))] = 50, *, as_json: Json = False
) -> None:
    """Print who read whose facts, the newest first."""
    from audits import trail_store

    with place().session(read_only=True) as session:
        found = trail_store.deeds(session, trail_store.Sought(kind="people_read"), limit)
    rows: list[dict[str, Any]] = [
        {"at": deed.at, "by": deed.by, "role": deed.role, "subject": deed.subject,
         **{name: deed.facts.get(name) for name in ("what", "step", "columns")}}
        for _, deed in found
    ]  # fmt: skip
    shown = [[row[name] for name in DEED] for row in rows]
    heads = [word(f"people.{name}") for name in DEED]
    answer(rows, as_json=as_json, show=lambda: table(word("people.log"), heads, shown))


def erase(
    households: Annotated[list[str], typer.Argument(help=word("option.household"))],
    reason: Annotated[str, typer.Option(help=word("option.reason"))],
    by: By = None,
    *,
    as_json: Json = False,
) -> None:
    """Erase everything personal of homes; cases, figures and the chain stay."""
    from api.keys import cipher
    from audits import trail_store
    from audits.trail import Deed
    from planner import register_service

    here = place()
    with here.session() as session:
        found = register_service.erase_homes(session, cipher(here.settings), tuple(households))
        told = {"people": found.people, "visits": found.visits, "reason": reason}
        for household in households:
            deed = Deed(datetime.now(UTC), by or here.settings.user, "command line", "purged",
                        f"household:{household}", told)  # fmt: skip
            trail_store.record(session, deed)
    answer(told, as_json=as_json, show=lambda: say(word("people.erased", **told)))


def retention(
    *,
    apply: Annotated[bool, typer.Option("--apply", help=word("option.apply"))] = False,
    as_json: Json = False,
) -> None:
    """Tell what is past its time; with --apply erase it."""
    from api.keys import cipher
    from audits import trail_store
    from audits.trail import Deed
    from planner import register_service

    here, now = place(), datetime.now(UTC)
    with here.session() as session:
        found = register_service.retention(session, cipher(here.settings), now=now, on=today(), apply=apply)
        told = asdict(found) | {"homes": len(found.homes), "applied": apply}
        if apply:
            deed = Deed(now, here.settings.user, "command line", "purged", "layer:people", told)
            trail_store.record(session, deed)
    names = ("superseded", "homes", "people", "visits", "applied")
    shown = {word(f"people.{name}"): told[name] for name in names}
    answer(told, as_json=as_json, show=lambda: facts(word("people.retention"), shown))
