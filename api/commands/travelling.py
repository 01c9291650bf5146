"""`tantu route`, `tantu isochrone`, `tantu network`: a way, an area, and what the road network is made of."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, answer, place, progress, say, table, today, word
from api.commands.coverage import Out, Season, any_mode, conditions, read_layers, write
from gis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from gis.network import Network
    from gis.routes import Step

Mode = Annotated[str, typer.Option(help=word("option.mode"))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("route", help=word("command.route"))(find_route)
    app.command("isochrone", help=word("command.isochrone"))(draw_isochrone)
    app.command("network", help=word("command.network"))(describe_network)


def find_route(
    start: Annotated[str, typer.Argument(help=word("option.position"))],
    end: Annotated[str, typer.Argument(help=word("option.position"))],
    mode: Mode = "wheelchair",
    season: Season = None,
    out: Out = None,
    *,
    as_json: Json = False,
) -> None:
    """Tell the way between two positions, with turns, and the findings it meets or avoids."""
    from gis import routes

    with progress(quiet=as_json) as advance:
        advance(word("demo.cover"), 0.2)
        network, roads = _network(mode, season)
        ends = _snapped(network, [_position(start), _position(end)])
        advance(word("demo.cover"), 0.8)
        way = routes.route(network, *ends)
        named = roads[roads["name"].notna()]
        names = dict(zip(named["uid"], named["name"], strict=True))
        steps = routes.merged(routes.steps(network, way), names)
        met = routes.in_the_way(network, way)
        missed = [one for one in routes.avoided(network, *ends) if one not in met]
    told: dict[str, Any] = {
        "mode": mode,
        "seconds": way.cost / 10,
        "length_m": round(sum(step.length_m for step in steps), 1),
        "door_m": [round(metres, 1) for metres in way.door_m],
        "steps": [_step(step, names) for step in steps],
        "findings": list(met),
        "avoided": missed,
    }
    if out is not None:
        import geopandas as gpd

        columns = ("turn", "road", "text", "length_m", "seconds")
        drawn = [{name: row[name] for name in columns} for row in told["steps"]]
        frame = gpd.GeoDataFrame(drawn, geometry=[step.line for step in steps], crs=network.epsg)
        write({"route": frame[frame.length > 0]}, out)
    answer(told, as_json=as_json, show=lambda: _show_route(told))


def _show_route(told: dict[str, Any]) -> None:
    listed = [(row["text"], round(row["length_m"]), round(row["seconds"])) for row in told["steps"]]
    table("", (word("route.step"), word("route.metres"), word("route.seconds")), listed)
    say(word("route.total", minutes=f"{told['seconds'] / 60:,.0f}", metres=f"{told['length_m']:,.0f}"))
    for key in ("findings", "avoided"):
        if told[key]:
            say(word(f"route.{key}", findings=", ".join(told[key])))


def _step(step: "Step", names: dict[str, str]) -> dict[str, Any]:
    road = names.get(step.road, "")
    where = word("route.onto", road=road) if road else word("route.unnamed")
    text = word("route.arrive") if step.turn == "arrive" else f"{word(f'route.{step.turn}')}{where}"
    return {
        "turn": step.turn,
        "road": road or None,
        "text": text,
        "length_m": round(step.length_m, 1),
        "seconds": round(step.seconds, 1),
        "findings": list(step.sources),
    }


def draw_isochrone(
    where: Annotated[str, typer.Argument(help=word("option.where"))],
    within: Annotated[str, typer.Option(help=word("option.limits"))] = "10min,20min,30min",
    mode: Mode = "drive",
    season: Season = None,
    out: Out = None,
    *,
    as_json: Json = False,
) -> None:
    """Draw the area from which a position, or the nearest place of a service, is reached."""
    from gis.isochrones import isochrones

    limits, by = _limits(within)
    with progress(quiet=as_json) as advance:
        advance(word("demo.cover"), 0.2)
        network, places = _reached_places(where, mode, season)
        advance(word("demo.cover"), 0.7)
        areas = isochrones(network, places, limits, by=by)
    measured = areas.assign(area_km2=areas.geometry.area / 1e6).to_crs(4326)
    if out is not None:
        write({"isochrones": measured}, out)
    told = [
        {"limit": row["limit"], "by": by, "area_km2": round(row["area_km2"], 3), "cell_m": row["cell_m"],
         "geometry": row["geometry"].__geo_interface__}
        for row in measured.to_dict("records")
    ]  # fmt: skip
    rows = [(within_told(row["limit"], by), row["area_km2"]) for row in told]
    headings = (word("isochrone.limit"), word("isochrone.area"))
    answer(told, as_json=as_json, show=lambda: table(word("isochrone.title"), headings, rows))


def within_told(limit: float, by: str) -> str:
    """Return a limit as it is written, such as `10 min`."""
    return f"{limit / 60:g} min" if by == "time" else f"{limit:g} m"


def _limits(within: str) -> tuple[list[float], Any]:
    from planner.coverage import changed, norm

    asked = [changed(norm("care"), within=text) for text in within.split(",")]
    if len({one.by for one in asked}) > 1:
        raise InputError("Give all limits in minutes or all in metres.")
    return [one.limit for one in asked], asked[0].by


def _reached_places(where: str, mode: str, season: str | None) -> Any:  # noqa: ANN401 - a network and places on it
    from gis.crs import to_metric
    from gis.network import snap
    from planner.coverage import changed, norm

    if "," in where:
        network, _ = _network(mode, season)
        return network, _snapped(network, [_position(where)])[0]
    from api.access import network_of, places_of

    here = place()
    layers = read_layers(here, "all")
    limit = changed(norm(where), mode=any_mode(mode))
    under = conditions(here, season=season)
    standing = places_of(layers, limit, under)
    standing = standing[standing["counts"].fillna(value=False).to_numpy(bool)]
    network, _ = network_of(layers, limit.mode, season=season, cache=under.cache)
    return network, snap(network, to_metric(standing, layers.metric_epsg))


def _network(mode: str, season: str | None) -> "tuple[Network, pd.DataFrame]":
    """Return the network as findings and season leave it, and the layer of roads."""
    from api.access import network_of
    from gis.modes import facts

    facts(any_mode(mode))
    here = place()
    layers = read_layers(here, "all")
    network, _ = network_of(layers, any_mode(mode), season=season, cache=here.settings.cache)
    return network, layers.roads


def _position(text: str) -> tuple[float, float]:
    """Return (lon, lat) of a text such as `100.45,38.93`."""
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"'{text}' is no position; write lon,lat in WGS 84, such as 100.45,38.93.") from None
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InputError(f"{text} is not on the globe; write lon,lat, such as 100.45,38.93.")
    return lon, lat


def _snapped(network: "Network", positions: list[tuple[float, float]]) -> Any:  # noqa: ANN401 - a list of Snapped
    import geopandas as gpd
    from shapely import Point

    from gis.crs import to_metric
    from gis.network import snap

    points = gpd.GeoDataFrame(geometry=[Point(*at) for at in positions], crs=4326)
    metric = to_metric(points, network.epsg)
    return [snap(network, metric.iloc[[row]]) for row in range(len(positions))]


def describe_network(
    mode: Mode = "drive",
    season: Season = None,
    out: Annotated[Path | None, typer.Option(help=word("option.gpkg"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Say what the network of a mode is made of: parts, mended ends, blocked roads, barriers."""
    from api.network_told import layers, told

    with progress(quiet=as_json) as advance:
        advance(word("demo.cover"), 0.2)
        network, _ = _network(mode, season)
    found = told(network)
    if out is not None:
        write(layers(network), out)

    def show() -> None:
        names = ("nodes", "edges", "length_km", "components", "largest_share", "mended_ends", "barriers")
        rows = [(word(f"network.{name}"), found[name]) for name in names]
        table(word("network.title", mode=mode, day=today().isoformat()), ("", ""), rows)
        blocked = [(word("network.blocked"), row["reason"], row["edges"]) for row in found["blocked"]]
        if blocked:
            table("", ("", "", ""), blocked)

    answer(found, as_json=as_json, show=show)
