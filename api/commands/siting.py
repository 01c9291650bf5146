"""`tantu site`: where the next sites of a service should be, and what the plan's projects would bring."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, Place, answer, place, progress, say, table, today, word
from api.commands.coverage import Out, Season, any_mode, conditions, read_layers, write
from gis.catalogue import codelist

if TYPE_CHECKING:
    from api.sites import Proposal, Wanted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("site", help=word("command.site"))(site)


def site(
    service: Annotated[str, typer.Argument(help=word("option.service"))],
    new: Annotated[int, typer.Option(help=word("option.new"), min=0)] = 1,
    model: Annotated[str, typer.Option(help=word("option.model"))] = "mclp",
    mode: Annotated[str | None, typer.Option(help=word("option.mode"))] = None,
    within: Annotated[str | None, typer.Option(help=word("option.within"))] = None,
    *,
    group: Annotated[str, typer.Option(help=word("option.audience"))] = "all",
    candidates: Annotated[str, typer.Option(help=word("option.candidates"))] = "villages",
    budget: Annotated[float | None, typer.Option(help=word("option.site_budget"), min=0)] = None,
    site_cost: Annotated[float | None, typer.Option(help=word("option.site_cost"), min=0)] = None,
    capacity: Annotated[int | None, typer.Option(help=word("option.site_capacity"), min=1)] = None,
    floor: Annotated[float | None, typer.Option(help=word("option.floor"))] = None,
    season: Season = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Propose new sites of a service, proved best for the model."""
    from api.sites import Wanted

    here = place()
    wanted = Wanted(new, model, candidates, budget, site_cost, capacity, floor)
    with progress(quiet=as_json) as advance:
        proposed = proposal(
            here, service, wanted, advance, mode=mode, within=within, group=group, season=season
        )
    told = proposal_told(proposed) | {"group": group, "season": season}
    if out is not None:
        write(_layers(proposed), out)
    answer(told, as_json=as_json, show=lambda: _show(told, here))


def proposal(here: Place, service: str, wanted: "Wanted", advance: Any, **asked: Any) -> "Proposal":  # noqa: ANN401 - options
    """Read the layers and propose sites."""
    from api.sites import propose
    from planner.coverage import changed, norm
    from planner.groups import members

    limit = changed(norm(service), mode=any_mode(asked["mode"]), within=asked["within"])
    group = asked["group"]
    codelist("coverage_group")[group]
    advance(word("demo.cover"), 0.1)
    layers = read_layers(here, group)
    advance(word("demo.cover"), 0.4)
    who = None if group == "all" else members(layers.people, group, on=today())
    return propose(layers, limit, wanted, who, under=conditions(here, season=asked["season"]))


def proposal_told(proposed: "Proposal") -> dict[str, Any]:
    """Return the machine-readable answer."""
    sites = [
        {name: row[name] for name in ("uid", "name", "region_code", "people")}
        | {"lon": row["geometry"].x, "lat": row["geometry"].y}
        for row in proposed.sites.to_dict("records")
    ]
    found, scenarios = proposed.found, proposed.scenarios
    return {
        "service": proposed.norm.service,
        "mode": proposed.norm.mode,
        "model": proposed.wanted.model,
        "candidates": proposed.wanted.among,
        "people": proposed.people,
        "existing": len(proposed.existing),
        "new_sites": sites,
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "scenarios": scenarios.astype(object).where(scenarios.notna(), None).to_dict("records"),
        "seconds": round(proposed.seconds, 2),
    }


def _layers(proposed: "Proposal") -> dict[str, Any]:
    return {"new_sites": proposed.sites, "existing_sites": proposed.existing}


def _show(told: dict[str, Any], here: Place) -> None:
    named = codelist("service")[told["service"]].label(here.lang)
    rows = [(row["region_code"], row["name"], row["people"]) for row in told["new_sites"]]
    headings = (word("gaps.code"), word("cover.region"), word("cover.people"))
    table(word("site.title", service=named, model=told["model"]), headings, rows)
    say(word("site.proved", objective=f"{told['objective']:,.1f}", gap=f"{told['gap']:.3%}"))
    whole = [row for row in told["scenarios"] if row["county"] is None]
    columns = ("scenario", "people", "before", "after", "gained", "cost_yuan")
    listed = [
        (row["scenario"], *(round(row[name]) for name in columns[1:5]), row["cost_yuan"]) for row in whole
    ]
    table(word("site.scenarios"), [word(f"site.{name}") for name in columns], listed)
