"""`tantu cover`: who reaches a service within its norm, where not, and how evenly."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, Place, answer, note, place, progress, say, table, today, word
from gis.catalogue import codelist

if TYPE_CHECKING:
    import pandas as pd

    from api.access import Coverage, Layers

Season = Annotated[str | None, typer.Option(help=word("option.season"))]
Projects = Annotated[list[str] | None, typer.Option("--project", help=word("option.project"))]
Out = Annotated[Path | None, typer.Option(help=word("option.gpkg"))]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("cover", help=word("command.cover"))(cover)


def cover(
    service: Annotated[str, typer.Argument(help=word("option.service"))],
    mode: Annotated[str | None, typer.Option(help=word("option.mode"))] = None,
    within: Annotated[str | None, typer.Option(help=word("option.within"))] = None,
    group: Annotated[str, typer.Option(help=word("option.audience"))] = "all",
    tier: Annotated[int | None, typer.Option(help=word("option.tier"), min=1, max=3)] = None,
    *,
    season: Season = None,
    project: Projects = None,
    out: Out = None,
    public: Annotated[bool, typer.Option("--public", help=word("option.public"))] = False,
    as_json: Json = False,
) -> None:
    """Measure who reaches a service by road, by region."""
    from api import access, coverage_told
    from planner.coverage import changed, norm
    from planner.groups import members

    here = place()
    asked = changed(norm(service), mode=any_mode(mode), within=within)
    codelist("coverage_group")[group]
    with progress(quiet=as_json) as advance:
        advance(word("demo.cover"), 0.1)
        layers = read_layers(here, group)
        advance(word("demo.cover"), 0.5)
        who = None if group == "all" else members(layers.people, group, on=today())
        under = conditions(here, season=season, tier=tier, projects=project)
        measured = access.measure(layers, [asked], who, under=under)[0]
    told = coverage_told.told(measured, layers.regions, group, public=public)
    told |= {"season": season, "tier": tier, "projects": project or []}
    if out is not None:
        write(coverage_told.layers(measured, layers.regions, public=public), out)
    answer(told, as_json=as_json, show=lambda: _show(told, measured, here))


def any_mode(mode: str | None) -> Any:  # noqa: ANN401 - a mode once `changed` has looked it up
    """Return a mode as it was written."""
    return mode


def conditions(
    here: Place, *, season: str | None = None, tier: int | None = None, projects: list[str] | None = None
) -> Any:  # noqa: ANN401 - Conditions, imported only when needed
    """Return under which conditions to measure, with the cache of this machine."""
    from api.access import Conditions

    return Conditions(season=season, tier=tier, projects=tuple(projects or ()), cache=here.settings.cache)


def write(layers: dict[str, Any], out: Path) -> None:
    """Write layers into a GeoPackage and say so."""
    from gis.geopackage import write_layers

    write_layers(layers, out)
    note(word("cover.written", file=out))


def read_layers(here: Place, group: str) -> "Layers":
    """Read what coverage needs; people are decrypted only where a group asks who they are."""
    from api import access

    people = read_people_of(here, "cover", group)
    with here.session(read_only=True) as session:
        return access.layers(session, here.city, people, on=today(), group=group)


def read_people_of(here: Place, what: str, group: str) -> "pd.DataFrame":
    """Return the people by whom a group is told, decrypted only where one is asked for."""
    from api.unlocking import unlocked
    from planner.service import people_places, read_people

    if group == "all":
        with here.session(read_only=True) as session:
            return people_places(session)
    with unlocked(here, what, subject=f"group:{group}") as secret, here.session(read_only=True) as session:
        return read_people(session, secret, columns=("facts",))


def _show(told: dict[str, Any], measured: "Coverage", here: Place) -> None:
    from api.coverage_told import limit_told, service_name

    named = {
        "service": service_name(told["service"], here.lang),
        "mode": told["mode"],
        "within": limit_told(measured),
    }
    for key, part in (("potential", told), ("effective", told["effective"])):
        rows = [
            (row["name"] or "—", row["people"], row["reached"], percent(row["share"]))
            for row in part["by_region"]
            if row["level"] == "county" or row["code"] is None
        ]
        city = here.city.zh if here.lang == "zh" else here.city.en
        rows.append((city, part["people"], part["reached"], percent(part["reached_share"])))
        headings = [word(f"cover.{name}") for name in ("region", "people", "reached", "share")]
        table(f"{word('cover.title', **named)}: {word(f'cover.{key}')}", headings, rows)
    if "travel" in told:
        _show_spread(told, measured.norm.by)


def _show_spread(told: dict[str, Any], by: str) -> None:
    unit = "s" if by == "time" else "m"
    travel, equity, there = told["travel"], told["equity"], told["supply"]
    figures = {name: _way(travel[f"{name}_{unit}"], by) for name in ("p50", "p90", "worst_tenth")}
    say(word("cover.travel", cut_off=travel["cut_off"], **figures))
    say(word("cover.equity", gini=_number(equity["villages"]["gini"]),
             worst=percent(equity["villages"]["worst_tenth"])))  # fmt: skip
    unit_words = word(f"cover.unit_{there['unit']}", total=f"{there['total']:,.0f}")
    rows = [(row["name"], row["per_1000"]) for row in there["by_county"]]
    table(word("cover.supply", what=unit_words, places=there["places"]),
          (word("cover.region"), word("cover.per_1000")), rows)  # fmt: skip
    parts = [
        (row["group"], row["people"], row["reached"], percent(row["share"])) for row in equity["county_parts"]
    ]
    if parts:
        headings = [word(f"cover.{name}") for name in ("part", "people", "reached", "share")]
        table(word("cover.parts"), headings, parts)
    network = told["network"]
    say(word("cover.network", **network | {"largest_share": percent(network["largest_share"])}))


def _way(found: float | None, by: str) -> str:
    if found is None:
        return "—"
    return f"{found / 60:,.0f} min" if by == "time" else f"{found:,.0f} m"


def _number(found: float | None) -> str:
    return "—" if found is None else f"{found:.3f}"


def percent(share: float | None) -> str:
    """Return a share in percent, a dash where it is not known or withheld."""
    return "—" if share is None else f"{share:.1%}"
