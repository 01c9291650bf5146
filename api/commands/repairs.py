"""`tantu repairs`: what mending each open finding brings, and the best bundle under a budget."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, Place, answer, note, place, progress, say, table, today, word
from gis.catalogue import Language, codelist

if TYPE_CHECKING:
    from api.repairing import Repairs
    from maps.mapview import MapView

LISTED = 20  # repairs that are printed; --json and --out have all of them
SERVICE = "accessible_toilet"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("repairs", help=word("command.repairs"))(repairs)


def repairs(
    service: Annotated[str, typer.Argument(help=word("option.service"))] = SERVICE,
    mode: Annotated[str, typer.Option(help=word("option.mode"))] = "wheelchair",
    within: Annotated[str | None, typer.Option(help=word("option.within"))] = None,
    group: Annotated[str, typer.Option(help=word("option.audience"))] = "all",
    budget: Annotated[float | None, typer.Option(help=word("option.repair_budget"))] = None,
    access: Annotated[str, typer.Option(help=word("option.access"))] = "effective",
    out: Annotated[Path | None, typer.Option(help=word("option.repair_out"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Say what every open repair would bring, and which to pay for."""
    here = place()
    with progress(quiet=as_json) as advance:
        found = planned(
            here,
            service,
            mode=mode,
            within=within,
            group=group,
            budget=budget,
            access=access,
            advance=advance,
        )
    if out is not None:
        _write(found, out)
    answer(_told(found, group, budget), as_json=as_json, show=lambda: _show(found, here.lang))
    if out is not None:
        note(word("repairs.written", rows=len(found.table), file=out))


def planned(here: Place, service: str, **asked: Any) -> "Repairs":  # noqa: ANN401 - the options of `repairs`
    """Read what repairs need, and compute outside of any transaction."""
    from api import access as reading
    from api.commands.coverage import read_people_of
    from api.repairing import plan_repairs
    from audits.service import open_findings
    from planner.coverage import changed, norm
    from planner.groups import members

    limit = changed(norm(service), mode=asked["mode"], within=asked["within"])
    codelist("coverage_group")[asked["group"]]
    advance, whole = asked["advance"], asked["group"] == "all"
    advance(word("repairs.reading"), 0.05)
    people = read_people_of(here, "repairs", asked["group"])
    with here.session(read_only=True) as session:
        layers = reading.layers(session, here.city, people, on=today())
        found = open_findings(session)
    return plan_repairs(
        layers,
        found,
        limit,
        access=asked["access"],
        budget_yuan=asked["budget"],
        belongs=None if whole else members(people, asked["group"], on=today()),
        advance=lambda share: advance(word("repairs.searching"), share),
    )


def repair_map(here: Place, *, office: bool) -> "MapView":
    """Return the map of the repairs that open accessible toilets to wheelchairs, with the whole bundle."""
    from api import drawing
    from maps.repair_views import repair_view

    found = planned(
        here, SERVICE, mode="wheelchair", within=None, group="all", budget=None, access="effective",
        advance=lambda _words, _share: None,
    )  # fmt: skip
    with here.session(read_only=True) as session:
        ground = drawing.base(session, villages=office)
    asked = {
        "service": codelist("service")[SERVICE].label(here.lang),
        "norm": _norm(found),
        "people": f"{found.bundle.people:,}",
        "cost": f"{found.bundle.cost_yuan:,.0f}",
        "bound": f"{found.bundle.bound:,}",
    }
    return repair_view(found.regions, _drawn(found, here.lang), asked, lang=here.lang, base=ground)


def _drawn(found: "Repairs", lang: Language) -> Any:  # noqa: ANN401 - a GeoDataFrame, imported only when needed
    """Return the repairs with the words that the map shows."""
    rows = found.table
    effects = [
        word("repairs.effect", people=row.works_people, cost=f"{row.works_cost_yuan:,.0f}")
        for row in rows.itertuples()
    ]
    return rows.assign(name=_names(found, lang), effect=effects)


def _names(found: "Repairs", lang: Language) -> list[str]:
    from audits.standards import load

    book, elements = load(), codelist("element")

    def name(element: str, rule_id: str) -> str:
        rule = book.rule(rule_id)
        return f"{elements[element].label(lang)} · {rule.zh if lang == 'zh' and rule.zh else rule.en}"

    return [name(*pair) for pair in zip(found.table["element"], found.table["rule_id"], strict=True)]


def _write(found: "Repairs", out: Path) -> None:
    from gis.files import write_layer

    out.parent.mkdir(parents=True, exist_ok=True)
    write_layer(found.table, out)


def _norm(found: "Repairs") -> str:
    norm = found.norm
    return f"{norm.within_m:g} m" if norm.within_s is None else f"{norm.within_s / 60:g} min"


def _told(found: "Repairs", group: str, budget: float | None) -> dict[str, Any]:
    """Return the machine-readable answer."""
    rows = found.table.drop(columns="geometry")
    rows = rows.astype(object).where(rows.notna(), None).to_dict("records")
    return {
        "service": found.norm.service,
        "mode": found.norm.mode,
        "group": group,
        "access": found.access,
        "within_min": None if found.norm.within_s is None else found.norm.within_s / 60,
        "within_m": found.norm.within_m,
        "people": found.people,
        "reached": found.reached,
        "reachable": found.reachable,
        "budget_yuan": budget,
        "price_source": _price_source(),
        "repairs": rows,
        "bundle": {
            "findings": found.bundle_findings,
            "people_gained": found.bundle.people,
            "cost_yuan": found.bundle.cost_yuan,
            "bound": found.bundle.bound,
            "gap": found.bundle.gap,
        },
        "other_findings": found.others,
        "unplaced": found.unplaced,
    }


def _price_source() -> str:
    from gis.catalogue import table as data

    source: str = data("catalogue/repair.toml")["source"]
    return source


def _show(found: "Repairs", lang: Language) -> None:
    service = codelist("service")[found.norm.service].label(lang)
    title = word("repairs.title", service=service, mode=found.norm.mode, within=_norm(found))
    say(f"{title}: " + word("repairs.access", people=f"{found.people:,}", reached=f"{found.reached:,}",
                            reachable=f"{found.reachable:,}"))  # fmt: skip
    rows = found.table.head(LISTED)
    listed = [
        (name, row.place_uid, row.case_uid or "—", row.people_gained, row.works_people,
         f"{row.works_cost_yuan:,.0f}", "✓" if row.in_bundle else "")
        for name, row in zip(_names(found, lang)[:LISTED], rows.itertuples(), strict=True)
    ]  # fmt: skip
    columns = ("what", "where", "case", "alone", "together", "cost", "bundle")
    headings = [word(f"repairs.{column}") for column in columns]
    table(word("repairs.list", rows=len(rows), all=len(found.table)), headings, listed)
    bundle = found.bundle
    figures = {
        "people": f"{bundle.people:,}",
        "cost": f"{bundle.cost_yuan:,.0f}",
        "bound": f"{bundle.bound:,}",
    }
    mended = len(found.bundle_findings)
    say(word("repairs.bundle_line", findings=mended, gap=f"{bundle.gap:.2%}", **figures))
    say(word("repairs.prices", source=_price_source()))
