"""`tantu audit convert | notice | ledger`: foreign files in, and findings on paper."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, Place, answer, place, say, table, today, word
from gis.catalogue import words
from gis.errors import NotFoundError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame

    from audits.exchange.carry import CarryReport

Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help=word("option.due"))]


def register_exchange(audit: typer.Typer) -> None:
    """Add the commands to `tantu audit`."""
    audit.command("convert", help=word("command.audit_convert"))(convert)
    audit.command("notice", help=word("command.audit_notice"))(notice)
    audit.command("ledger", help=word("command.audit_ledger"))(ledger)


def convert(
    file: Annotated[Path, typer.Argument(help=word("option.file"))],
    out: Annotated[Path, typer.Argument(help=word("option.out"))],
    layer: Annotated[str, typer.Option(help=word("option.layer"))] = "audits",
    *,
    as_json: Json = False,
) -> None:
    """Turn a file of ODK, KoboToolbox, A11yJSON or OpenSidewalks into one that `tantu import` reads."""
    from audits.exchange import read
    from gis.files import write_layer

    rows, report = read(file, layer)
    write_layer(rows, out)
    told = carried(report) | {"layer": layer, "rows": len(rows), "file": str(out)}
    answer(told, as_json=as_json, show=lambda: show_report(report, out))


def notice(
    layer: Annotated[str, typer.Argument(help=word("option.layer"))],
    uid: Annotated[str, typer.Argument(help=word("option.place"))],
    file: Annotated[Path, typer.Argument(help=word("option.out"))],
    to: Annotated[str, typer.Option(help=word("option.addressee"))],
    due: Day,
    issuer: Annotated[str, typer.Option(help=word("option.issuer"))],
    number: Annotated[str, typer.Option(help=word("option.number"))] = "",
    contact: Annotated[str, typer.Option(help=word("option.contact"))] = "",
    *,
    as_json: Json = False,
) -> None:
    """Write the notice of rectification for the open findings of one place."""
    here = place()
    said = {"addressee": to, "due_on": due.date(), "office": issuer, "number": number, "contact": contact}
    done = {"findings": notice_file(here, layer, uid, file, **said), "file": str(file)}
    answer(done, as_json=as_json, show=lambda: say(word("exchange.notice", **done)))


def notice_file(here: Place, layer: str, uid: str, file: Path, **said: Any) -> int:  # noqa: ANN401  fields of a Notice
    """Write the notice for one place, with what its office says of it, and return how many items it has.

    Raises
    ------
    NotFoundError
        There is no such layer.
    EmptyLayerError
        The place has no open finding.
    """
    from audits.exchange.notice import Notice, notice_items, write_notice

    told, features = _findings(here, layer, uid)
    own = features[features["uid"] == uid]
    address = None if own.empty or "address" not in own else own["address"].iloc[0]
    made = Notice(
        place=told["place_name"].iloc[0] if len(told) else uid,
        address=address if isinstance(address, str) else "",
        items=notice_items(told),
        inspected_on=max(told["found_on"]) if len(told) else today(),
        issued_on=today(),
        **said,
    )
    return write_notice(made, file, here.lang)


def ledger(
    file: Annotated[Path, typer.Argument(help=word("option.out"))],
    layer: Annotated[str | None, typer.Option(help=word("option.layer"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Write the ledger of open findings, of one layer's places or all."""
    done = {"findings": findings_ledger(place(), file, layer), "file": str(file)}
    answer(done, as_json=as_json, show=lambda: say(word("exchange.ledger", **done)))


def findings_ledger(here: Place, file: Path, layer: str | None = None) -> int:
    """Write the ledger of open findings and return how many they are."""
    from audits.exchange.ledger import write_findings_ledger

    told, _ = _findings(here, layer)
    return write_findings_ledger(told, file, here.lang, city=_city(here), made_on=today())


def carried(report: "CarryReport") -> dict[str, Any]:
    """Return a report in the words of the machine-readable answer."""
    left = [{"what": one.what, "count": one.count, "why": one.why} for one in report.uncarried]
    return {"format": report.format, "carried": report.carried, "uncarried": left}


def show_report(report: "CarryReport", file: Path) -> None:
    """Print what an exchange carried and what it left behind."""
    say(word("exchange.done", rows=report.carried, file=file, format=report.format))
    if report.uncarried:
        why = words(place().lang, "audits")
        rows = [(one.what, one.count, why[f"carry.{one.why}"]) for one in report.uncarried]
        table(word("exchange.left"), [word(f"exchange.{name}") for name in ("what", "count", "why")], rows)


def inspected(here: Place, layer: str) -> dict[str, Any]:
    """Return what inspections found of a layer, as `audits.exchange.write` takes it."""
    from audits import store
    from audits.service import grades

    if layer not in store.PLACES:
        return {}
    with here.session(read_only=True) as session:
        measurements = store.measurements(session, layer)
        found = grades(session, layer, on=today()) if len(measurements) else None
    return {"grades": found, "measurements": measurements}


def _findings(here: Place, layer: str | None, uid: str | None = None) -> "tuple[DataFrame, GeoDataFrame]":
    """Return open findings in words, and the places of the layer.

    Raises
    ------
    NotFoundError
        The layer is not inspected.
    """
    import geopandas as gpd

    from audits import standards, store
    from audits.exchange.finding_words import in_words
    from audits.findings import OPEN
    from gis.store import layer as places_of

    if layer is not None and layer not in store.PLACES:
        raise NotFoundError("inspected layer", layer, f"there are {', '.join(store.PLACES)}")
    names: dict[tuple[str, str], str] = {}
    places = gpd.GeoDataFrame({"uid": []}, geometry=[], crs=4326)
    with here.session(read_only=True) as session:
        found = store.findings(session, layer, state=OPEN)
        for known in sorted(set(found["place_layer"])):
            places = places_of(session, known)
            if "name" in places:
                named = places.dropna(subset=["name"])
                names |= {(known, key): name for key, name in zip(named["uid"], named["name"], strict=True)}
    if uid is not None:
        found = found[found["place_uid"] == uid]
    return in_words(found, standards.load(), here.lang, names=names), places


def _city(here: Place) -> str:
    return here.city.zh if here.lang == "zh" else here.city.en
