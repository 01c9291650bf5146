"""`tantu cover`, `tantu gaps`, `tantu site`: who reaches a service, where there is none, where to build."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, Place, answer, place, progress, say, table, today, word
from gis.catalogue import codelist

if TYPE_CHECKING:
    import pandas as pd

    from api.access import Coverage, Layers
    from api.sites import Proposal


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("cover", help=word("command.cover"))(cover)
    app.command("gaps", help=word("command.gaps"))(list_gaps)
    app.command("site", help=word("command.site"))(site)


def cover(
    service: Annotated[str, typer.Argument(help=word("option.service"))],
    mode: Annotated[str | None, typer.Option(help=word("option.mode"))] = None,
    within: Annotated[str | None, typer.Option(help=word("option.within"))] = None,
    group: Annotated[str, typer.Option(help=word("option.audience"))] = "all",
    *,
    as_json: Json = False,
) -> None:
    """Measure who reaches a service by road, by region."""
    from api import access
    from planner.coverage import changed, norm
    from planner.groups import members

    here = place()
    asked = changed(norm(service), mode=_mode(mode), within=within)
    codelist("coverage_group")[group]
    with progress(quiet=as_json) as advance:
        advance(word("demo.cover"), 0.1)
        layers = read_layers(here, group)
        advance(word("demo.cover"), 0.5)
        who = None if group == "all" else members(layers.people, group, on=today())
        measured = access.measure(layers, [asked], who)[0]
    told = coverage_told(measured, group)
    answer(told, as_json=as_json, show=lambda: _show_cover(measured, here))


def _mode(mode: str | None) -> Any:  # noqa: ANN401 - a mode once `changed` has looked it up
    return mode


def read_layers(here: Place, group: str) -> "Layers":
    """Read what coverage needs; people are decrypted only where a group asks who they are."""
    from api import access

    people = read_people_of(here, "cover", group)
    with here.session(read_only=True) as session:
        return access.layers(session, here.city, people, on=today())


def read_people_of(here: Place, what: str, group: str) -> "pd.DataFrame":
    """Return the people by whom a group is told, decrypted only where one is asked for."""
    from api.unlocking import unlocked
    from planner.service import people_places, read_people

    if group == "all":
        with here.session(read_only=True) as session:
            return people_places(session)
    with unlocked(here, what, subject=f"group:{group}") as secret, here.session(read_only=True) as session:
        return read_people(session, secret, columns=("facts",))


def coverage_told(measured: "Coverage", group: str) -> dict[str, Any]:
    """Return the machine-readable answer."""
    norm = measured.norm
    return {
        "service": norm.service,
        "mode": norm.mode,
        "group": group,
        "within_min": None if norm.within_s is None else norm.within_s / 60,
        "within_m": norm.within_m,
        "norm_source": norm.source,
        **_totals(measured.potential),
        "by_region": _by_region(measured.potential),
        "effective": {**_totals(measured.effective), "by_region": _by_region(measured.effective)},
    }


def _totals(regions: "pd.DataFrame") -> dict[str, Any]:
    counties = regions[(regions["level"] == "county") | regions["code"].isna()]
    people, reached, unknown = (int(counties[name].sum()) for name in ("people", "reached", "unknown"))
    share = reached / people if people else None
    return {"people": people, "reached": reached, "unknown": unknown, "reached_share": share}


def _by_region(regions: "pd.DataFrame") -> list[dict[str, Any]]:
    rows = regions.astype(object).where(regions.notna(), None).to_dict("records")
    names = ("code", "name", "level", "people", "reached", "unknown", "share")
    return [{name: row[name] for name in names} for row in rows]


def _show_cover(measured: "Coverage", here: Place) -> None:
    norm = measured.norm
    limit = f"{norm.within_m:g} m" if norm.within_s is None else f"{norm.within_s / 60:g} min"
    service = codelist("service")[norm.service].label(here.lang)
    for key, regions in (("potential", measured.potential), ("effective", measured.effective)):
        counties = regions[(regions["level"] == "county") | regions["code"].isna()]
        rows = [
            (row["name"] or "—", row["people"], row["reached"], _percent(row["share"]))
            for row in _by_region(counties)
        ]
        whole = _totals(regions)
        rows.append((here.city.zh if here.lang == "zh" else here.city.en, whole["people"], whole["reached"],
                     _percent(whole["reached_share"])))  # fmt: skip
        title = word("cover.title", service=service, mode=norm.mode, within=limit)
        headings = [word(f"cover.{name}") for name in ("region", "people", "reached", "share")]
        table(f"{title}: {word(f'cover.{key}')}", headings, rows)


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


def list_gaps(
    service: Annotated[str | None, typer.Argument(help=word("option.service"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """List the regions in which the plan asks for a service and there is none."""
    from gis import store
    from planner.gaps import gaps

    asked = (
        [service]
        if service
        else [c for c, about in codelist("service").codes.items() if "per" in about.facts]
    )
    with place().session(read_only=True) as session:
        regions, facilities = store.layer(session, "regions"), store.layer(session, "facilities")
    found = {name: gaps(regions, facilities, name) for name in asked}
    told = [gap_told(name, rows) for name, rows in found.items()]

    def show() -> None:
        columns = ("service", "level", "regions", "with", "unknown", "without")
        table(word("gaps.title"), [word(f"gaps.{c}") for c in columns], [_gap_row(row) for row in told])
        if service:
            listed = [(gap["code"], gap["name"]) for gap in told[0]["gaps"]]
            table(word("gaps.without"), (word("gaps.code"), word("cover.region")), listed)

    answer(told, as_json=as_json, show=show)


def gap_told(service: str, regions: "pd.DataFrame") -> dict[str, Any]:
    """Return how many regions have a service, and which have none."""
    without = regions[regions["has"].eq(other=False).fillna(value=False)]
    return {
        "service": service,
        "level": regions["level"].iloc[0] if len(regions) else codelist("service")[service].facts["per"],
        "regions": len(regions),
        "with": int(regions["has"].fillna(value=False).sum()),
        "unknown": int(regions["has"].isna().sum()),
        "rule": codelist("service")[service].facts["norm_source"],
        "gaps": without[["code", "name", "parent_code"]].to_dict("records"),
    }


def _gap_row(row: dict[str, Any]) -> list[object]:
    lang = place().lang
    names = (
        codelist("service")[row["service"]].label(lang),
        codelist("region_level")[row["level"]].label(lang),
    )
    return [*names, row["regions"], row["with"], row["unknown"], len(row["gaps"])]


def site(
    service: Annotated[str, typer.Argument(help=word("option.service"))],
    new: Annotated[int, typer.Option(help=word("option.new"), min=1)] = 1,
    model: Annotated[str, typer.Option(help=word("option.model"))] = "mclp",
    mode: Annotated[str | None, typer.Option(help=word("option.mode"))] = None,
    within: Annotated[str | None, typer.Option(help=word("option.within"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Propose new sites of a service, proved best for the model."""
    from api.sites import propose
    from planner.coverage import changed, norm

    here = place()
    asked = changed(norm(service), mode=_mode(mode), within=within)
    with progress(quiet=as_json) as advance:
        advance(word("demo.cover"), 0.1)
        layers = read_layers(here, "all")
        advance(word("demo.cover"), 0.4)
        proposed = propose(layers, asked, new=new, model=model)
    told = proposal_told(proposed)

    def show() -> None:
        named = codelist("service")[service].label(here.lang)
        rows = [(row["region_code"], row["name"]) for row in told["new_sites"]]
        headings = (word("gaps.code"), word("cover.region"))
        table(word("site.title", service=named, model=model), headings, rows)
        say(word("site.proved", objective=f"{told['objective']:,.1f}", gap=f"{told['gap']:.3%}"))

    answer(told, as_json=as_json, show=show)


def proposal_told(proposal: "Proposal") -> dict[str, Any]:
    """Return the machine-readable answer."""
    sites = [
        {name: row[name] for name in ("uid", "name", "region_code")}
        | {"lon": row["geometry"].x, "lat": row["geometry"].y}
        for row in proposal.sites.to_dict("records")
    ]
    found = proposal.found
    return {
        "service": proposal.norm.service,
        "model": proposal.model,
        "people": proposal.people,
        "new_sites": sites,
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "seconds": round(proposal.seconds, 2),
    }
