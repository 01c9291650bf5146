"""`tantu user …` and `tantu trail …`: accounts of the service, and who did what."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, answer, place, say, table, word
from api.settings import settings
from gis.catalogue import codelist

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from audits.chain import Fault

Name = Annotated[str, typer.Argument(help=word("option.account"))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    user = typer.Typer(help=word("command.user"), no_args_is_help=True)
    user.command("add", help=word("command.user_add"))(add)
    user.command("list", help=word("command.user_list"))(list_users)
    user.command("reset", help=word("command.user_reset"))(reset)
    user.command("revoke", help=word("command.user_revoke"))(revoke)
    app.add_typer(user, name="user")
    trail = typer.Typer(help=word("command.trail"), no_args_is_help=True)
    trail.command("list", help=word("command.trail_list"))(list_deeds)
    trail.command("export", help=word("command.trail_export"))(export)
    trail.command("check", help=word("command.trail_check"))(check)
    app.add_typer(trail, name="trail")


def add(
    name: Name,
    role: Annotated[str, typer.Option(help=word("option.role"))],
    region: Annotated[list[str] | None, typer.Option(help=word("option.scope"))] = None,
    unit: Annotated[str | None, typer.Option(help=word("option.unit"))] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help=word("option.valid_until"))
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Make an account and print its first password once; without a region it holds in the whole city."""
    from api.accounts import NewAccount, add_account, existing

    here = place()
    regions = tuple(region or [here.city.code])
    last = until.replace(tzinfo=UTC) if until else None
    with here.session() as session:
        first = add_account(session, NewAccount(name, role, regions, unit, last), _now())
        account = existing(session, name=name)
        _did(session, "account_made", account.uid, role=role, regions=list(regions))
    told = {"name": account.name, "uid": account.uid, "first_password": first}
    answer(told, as_json=as_json, show=lambda: say(word("user.made", **told)))


def list_users(*, as_json: Json = False) -> None:
    """List the accounts."""
    from api import store

    with place().session(read_only=True) as session:
        rows: list[dict[str, Any]] = [
            {
                "name": account.name, "role": account.role, "regions": account.regions, "unit": account.unit,
                "valid_until": account.valid_until, "revoked_at": account.revoked_at,
            }
            for account in store.accounts(session)
        ]  # fmt: skip

    def show() -> None:
        headings = [word(f"user.{name}") for name in ("name", "role", "regions", "unit", "until", "revoked")]
        roles = codelist("role")
        cells = [
            [row["name"], roles[row["role"]].label(settings().lang), ", ".join(row["regions"]), row["unit"]]
            + [row[name].date() if row[name] else None for name in ("valid_until", "revoked_at")]
            for row in rows
        ]
        table(word("user.title"), headings, cells)

    answer(rows, as_json=as_json, show=show)


def reset(name: Name, *, as_json: Json = False) -> None:
    """Give an account a new first password and print it once; everything signed in with it ends."""
    from api.accounts import existing, reset_password

    with place().session() as session:
        account = existing(session, name=name)
        told = {"name": account.name, "first_password": reset_password(session, account, _now())}
        _did(session, "password_reset", account.uid)
    answer(told, as_json=as_json, show=lambda: say(word("user.reset", **told)))


def revoke(name: Name, *, as_json: Json = False) -> None:
    """End an account and everything signed in with it, at once."""
    from api.accounts import existing, revoke_account

    with place().session() as session:
        account = existing(session, name=name)
        revoke_account(session, account, _now())
        _did(session, "account_revoked", account.uid)
    answer({"name": account.name}, as_json=as_json, show=lambda: say(word("user.ended", name=account.name)))


def list_deeds(
    by: Annotated[str | None, typer.Option(help=word("option.account"))] = None,
    kind: Annotated[str | None, typer.Option(help=word("option.deed"))] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help=word("option.limit"))] = 50,
    *,
    as_json: Json = False,
) -> None:
    """List what was done, the newest first."""
    from audits.trail import deed_facts
    from audits.trail_store import Sought, deeds

    if kind is not None:
        codelist("deed")[kind]
    with place().session(read_only=True) as session:
        found = deeds(session, Sought(by=by, kind=kind), limit)

    def show() -> None:
        kinds, lang = codelist("deed"), settings().lang
        headings = [word(f"trail.{name}") for name in ("position", "at", "by", "kind", "subject")]
        rows = [
            [position, f"{deed.at:%Y-%m-%d %H:%M:%S}Z", deed.by, kinds[deed.kind].label(lang), deed.subject]
            for position, deed in found
        ]
        table("", headings, rows)

    answer([{"position": at, **deed_facts(deed)} for at, deed in found], as_json=as_json, show=show)


def export(file: Annotated[Path, typer.Argument(help=word("option.out"))], *, as_json: Json = False) -> None:
    """Write the trail and the events of cases as a zip that proves itself elsewhere."""
    from api.deeds import exported

    with place().session() as session:
        _did(session, "exported", "whole", of="trail")
        packed = exported(session)
    file.write_bytes(packed)
    told = {"file": str(file), "bytes": len(packed)}
    answer(told, as_json=as_json, show=lambda: say(word("trail.written", **told)))


def check(file: Annotated[Path, typer.Argument(help=word("option.file"))], *, as_json: Json = False) -> None:
    """Check an exported trail; needs no database. Exit code 1 where it was changed.

    Raises
    ------
    NotFoundError
        There is no such file.
    """
    from api.deeds import checked
    from gis.errors import NotFoundError

    if not file.is_file():
        raise NotFoundError("file", str(file))
    links, faults = checked(file.read_bytes(), file.name)
    told = {"whole": not faults, "links": links, "faults": [vars(fault) for fault in faults]}
    answer(told, as_json=as_json, show=lambda: _say_faults(links, faults))
    if faults:
        raise typer.Exit(1)


def _say_faults(links: int, faults: "list[Fault]") -> None:
    if not faults:
        say(word("trail.whole", links=links))
        return
    rows = [[fault.position, word(f"cases.fault_{fault.why}")] for fault in faults]
    table(word("cases.chain_broken"), [word("cases.position"), word("cases.fault")], rows)


def _did(session: "Session", kind: str, uid: str, *, of: str = "account", **facts: Any) -> None:  # noqa: ANN401 - JSON
    from audits import trail_store
    from audits.trail import Deed

    trail_store.record(session, Deed(_now(), settings().user, "command line", kind, f"{of}:{uid}", facts))


def _now() -> datetime:
    return datetime.now(UTC)
