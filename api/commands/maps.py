"""`tantu map`: the maps, each in one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.console import Json, Place, answer, place, progress, say, today, word
from api.commands.coverage import read_layers
from gis import store
from gis.catalogue import codelist
from gis.errors import NotFoundError

if TYPE_CHECKING:
    from maps.mapview import MapView

MAPS = ("toilets", "coverage", "gaps", "sites", "renovations", "repairs")
SITED, NEW_SITES = "care", 3  # the service and the number of new sites of the map of sites
MAP_SERVICES = ("rehabilitation", "care", "accessible_toilet")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("map", help=word("command.map"))(draw_map)


def draw_map(
    name: Annotated[str, typer.Argument(help=word("option.map"))],
    out: Annotated[Path, typer.Option(help=word("option.out"))],
    *,
    office: Annotated[bool, typer.Option("--office", help=word("option.office"))] = False,
    as_json: Json = False,
) -> None:
    """Draw a map into one file; --office shows homes and villages and is not for publication.

    Raises
    ------
    NotFoundError
        There is no map of that name.
    """
    from maps import render

    here = place()
    with progress(quiet=as_json) as advance:
        advance(word("demo.draw"), 0.2)
        view = map_view(here, name, office=office)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(render.html(view, here.lang), encoding="utf-8")
    told = {"map": name, "file": str(out), "bytes": out.stat().st_size}
    answer(told, as_json=as_json, show=lambda: say(word("map.done", file=out)))


def map_view(here: Place, name: str, *, office: bool) -> "MapView":
    """Return a map as a list of layers; `office` shows homes and villages.

    Raises
    ------
    NotFoundError
        There is no map of that name.
    """
    if name not in MAPS:
        raise NotFoundError("map", name, f"there are {', '.join(MAPS)}")
    drawn = {
        "toilets": _toilets,
        "coverage": _coverage,
        "gaps": _gaps,
        "sites": _sites,
        "renovations": _renovations,
        "repairs": _repairs,
    }
    return drawn[name](here, office)


def _toilets(here: Place, _office: bool) -> "MapView":
    from api import drawing
    from maps.views import toilet_view

    with here.session(read_only=True) as session:
        toilets = drawing.graded_toilets(session, lang=here.lang, on=today())
        ground = drawing.base(session, villages=False)
    return toilet_view(toilets, lang=here.lang, on=today(), base=ground)


def _coverage(here: Place, office: bool) -> "MapView":
    from api import access, drawing
    from maps.views import coverage_view
    from planner.coverage import norm

    layers = read_layers(here, "all")
    measured = access.measure(layers, [norm(service) for service in MAP_SERVICES])
    ground = drawing.base_of(layers.regions, layers.roads, villages=office)
    shown = drawing.reached(measured, public=None if office else layers.regions)
    return coverage_view(shown, drawing.reached_places(measured), lang=here.lang, base=ground)


def _gaps(here: Place, office: bool) -> "MapView":
    from api import drawing
    from maps.siting_views import gap_view

    layers = read_layers(here, "all")
    ground = drawing.base_of(layers.regions, layers.roads, villages=office)
    reach, gaps = drawing.gap_frames(layers)
    shown = drawing.published(reach, None if office else layers.regions)
    return gap_view(shown, gaps, lang=here.lang, base=ground)


def _sites(here: Place, office: bool) -> "MapView":
    from api import drawing
    from api.commands.siting import proposal
    from api.sites import Wanted
    from maps.siting_views import site_view

    asked = {"mode": None, "within": "20min", "group": "all", "season": None}
    found = proposal(here, SITED, Wanted(NEW_SITES), lambda _words, _share: None, **asked)
    with here.session(read_only=True) as session:
        ground = drawing.base(session, villages=office)
        regions = store.layer(session, "regions")
    told = {
        "service": codelist("service")[SITED].label(here.lang),
        "norm": "20 min",
        "new": str(len(found.sites)),
        "people": f"{found.people:,}",
        "objective": f"{found.found.objective:,.0f}",
        "gap": f"{found.found.gap:.2%}",
    }
    reach = drawing.published(drawing.states(found.regions), None if office else regions)
    return site_view(reach, found.sites, told, lang=here.lang, base=ground)


def _renovations(here: Place, office: bool) -> "MapView":
    from api import drawing
    from maps.views import renovation_view
    from planner import service

    with here.session(read_only=True) as session:
        plan = service.saved_plan(session)
        homes = service.plan_places(session, plan)
        ground = drawing.base(session, villages=office)
    years = list(plan.calendar)
    return renovation_view(
        homes, lang=here.lang, years=years, base=ground, audience="office" if office else "public"
    )


def _repairs(here: Place, office: bool) -> "MapView":
    from api.commands.repairs import repair_map

    return repair_map(here, office=office)
