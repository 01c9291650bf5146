"""`tantu audit rejudge`, `agreement`, `register` and `areas`: what inspections and the register say."""

from datetime import datetime
from typing import Annotated, Any

import pandas as pd
import typer

from api.commands.console import Json, answer, place, say, table, today, word
from api.settings import settings
from gis.catalogue import codelist

On = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help=word("option.on"))]
Standard = Annotated[str | None, typer.Option(help=word("option.standard"))]
CHANGED = (
    "place_layer", "place_uid", "element", "element_no", "attribute", "before", "after", "rule_before",
    "rule_after",
)  # fmt: skip
AGREED = ("element", "attribute", "alpha", "low", "high", "units", "inspectors", "kappa", "agreed")
SHARED = ("kind", "group", "listed", "equipped", "lacking", "unknown", "inspected", "share", "low", "high")
AREAS = ("area", "name", "findings", "places", "critical", "major", "minor", "advisory")


def register_inspections(audit: typer.Typer) -> None:
    """Add the commands to the family `tantu audit`."""
    audit.command("rejudge", help=word("command.audit_rejudge"))(rejudge)
    audit.command("agreement", help=word("command.audit_agreement"))(agreement)
    audit.command("register", help=word("command.audit_register"))(show_register)
    audit.command("areas", help=word("command.audit_areas"))(areas)


def rejudge(
    standard: Standard = None,
    on: On = None,
    layer: Annotated[str | None, typer.Option(help=word("option.place_layer"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """List what would change if every past inspection were judged by another day or another rule set."""
    from audits.service import rejudged

    if layer is not None:
        codelist("place_layer")[layer]
    day = on.date() if on else today()
    with place().session(read_only=True) as session:
        changed = rejudged(session, on=day, standard=standard, layer=layer)
    rows = _records(changed, CHANGED)
    counts = changed.groupby(["before", "after"], dropna=False).size().reset_index(name="count")
    told = {
        "on": day,
        "standard": standard,
        "changes": rows,
        "counts": _records(counts, ("before", "after", "count")),
    }

    def show() -> None:
        table(
            word("inspections.rejudged", on=day, count=len(rows)), _headings(CHANGED), _cells(rows, CHANGED)
        )

    answer(told, as_json=as_json, show=show)


def agreement(
    gold: Annotated[str | None, typer.Option(help=word("option.gold"))] = None,
    seed: Annotated[int, typer.Option(help=word("option.bootstrap_seed"))] = 1,
    *,
    as_json: Json = False,
) -> None:
    """Say how far inspectors agree on each criterion; with --gold how right each is, and who drifts."""
    from audits import calibration, store

    with place().session(read_only=True) as session:
        rated = calibration.ratings(store.measurements(session), pd.DataFrame(store.visits(session)))
    found = calibration.criteria(rated, seed)
    right = calibration.gold_items(rated, gold) if gold else pd.DataFrame(columns=list(calibration.GOLD))
    drifts = calibration.drift(rated, gold) if gold else pd.DataFrame(columns=list(calibration.DRIFT))
    told = {
        "criteria": _records(found, calibration.CRITERIA),
        "gold": _records(right, calibration.GOLD),
        "drift": _records(drifts, calibration.DRIFT),
    }

    def show() -> None:
        table(word("inspections.agreement"), _headings(AGREED), _cells(told["criteria"], AGREED))
        if gold:
            table(
                word("inspections.gold", gold=gold),
                _headings(calibration.GOLD),
                _cells(told["gold"], calibration.GOLD),
            )
            table(
                word("inspections.drift"),
                _headings(calibration.DRIFT),
                _cells(told["drift"], calibration.DRIFT),
            )

    answer(told, as_json=as_json, show=show)


def show_register(
    kind: Annotated[str | None, typer.Argument(help=word("option.asset_kind"))] = None,
    on: On = None,
    *,
    as_json: Json = False,
) -> None:
    """Count what the plan asks of buses, car parks, libraries, crossings, websites and is there."""
    from audits import equipment
    from audits.register import car_parks, equipped

    if kind is not None:
        codelist("asset_kind")[kind]
    day = on.date() if on else today()
    with place().session(read_only=True) as session:
        stated, bays = equipped(session, on=day), car_parks(session, on=day)
    stated = stated[stated["kind"] == kind] if kind else stated
    bays = bays if kind in {None, "car_park"} else bays.head(0)
    rows = _records(equipment.shares(stated), SHARED)
    told: dict[str, Any] = {
        "on": day,
        "shares": rows,
        "assets": _records(stated, ("uid", "kind", "group", "state", "inspected")),
        "car_parks": _records(bays, equipment.BAYS),
    }

    def show() -> None:
        known = codelist("asset_kind")
        lines = [{**row, "kind": known[row["kind"]].label(settings().lang)} for row in rows]
        table(word("inspections.register", on=day), _headings(SHARED), _cells(lines, SHARED))
        if told["car_parks"]:
            table(
                word("inspections.bays"),
                _headings(equipment.BAYS),
                _cells(told["car_parks"], equipment.BAYS),
            )

    answer(told, as_json=as_json, show=show)


def areas(*, as_json: Json = False) -> None:
    """List the open findings of each renewal area, so that its works mend them too."""
    from audits.equipment import BUNDLES
    from audits.register import renewal_areas

    with place().session(read_only=True) as session:
        found = renewal_areas(session)
    rows = _records(found, BUNDLES)

    def show() -> None:
        if rows:
            table(word("inspections.areas"), _headings(AREAS), _cells(rows, AREAS))
        else:
            say(word("inspections.no_areas"))

    answer(rows, as_json=as_json, show=show)


def _records(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    plain = frame[list(columns)].astype(object)
    known = plain.where(plain.notna(), None)
    return [dict(zip(columns, row, strict=True)) for row in known.itertuples(index=False, name=None)]


def _headings(columns: tuple[str, ...]) -> list[str]:
    return [word(f"inspections.{column}") for column in columns]


def _cells(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> list[list[object]]:
    return [[row[column] for column in columns] for row in rows]
