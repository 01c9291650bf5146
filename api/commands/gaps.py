"""`tantu gaps`, `levels`, `survey`, `projects`: where the plan asks for more than there is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, Place, answer, note, place, progress, say, table, today, word
from api.commands.coverage import Out, Projects, write
from gis.catalogue import codelist

if TYPE_CHECKING:
    import pandas as pd


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("gaps", help=word("command.gaps"))(list_gaps)
    app.command("levels", help=word("command.levels"))(levels)
    app.command("survey", help=word("command.survey"))(survey_needs)
    app.command("projects", help=word("command.projects"))(list_projects)


def list_gaps(
    service: Annotated[str | None, typer.Argument(help=word("option.service"))] = None,
    project: Projects = None,
    out: Out = None,
    *,
    as_json: Json = False,
) -> None:
    """List the regions in which the plan asks for a service and there is none."""
    from planner.gaps import gaps
    from planner.registers import opened

    asked = (
        [service]
        if service
        else [c for c, about in codelist("service").codes.items() if "per" in about.facts]
    )
    here = place()
    regions, facilities = _layers(here)
    if project:
        facilities = opened(facilities, here.city, tuple(project))
    found = {name: gaps(regions, facilities, name) for name in asked}
    told = [gap_told(name, rows) for name, rows in found.items()]
    if out is not None:
        write({name: _drawn(rows, regions) for name, rows in found.items()}, out)

    def show() -> None:
        columns = ("service", "level", "regions", "with", "unknown", "without")
        table(word("gaps.title"), [word(f"gaps.{c}") for c in columns], [_gap_row(row) for row in told])
        if service:
            listed = [(gap["code"], gap["name"]) for gap in told[0]["gaps"]]
            table(word("gaps.without"), (word("gaps.code"), word("cover.region")), listed)

    answer(told, as_json=as_json, show=show)


def _layers(here: Place) -> Any:  # noqa: ANN401 - two frames, imported only when needed
    from gis import store

    with here.session(read_only=True) as session:
        return store.layer(session, "regions"), store.layer(session, "facilities")


def _drawn(rows: "pd.DataFrame", regions: Any) -> Any:  # noqa: ANN401 - frames, imported only when needed
    """Return rows of regions with their areas, EPSG:4326."""
    import geopandas as gpd

    shapes = regions.drop_duplicates("code").set_index("code").geometry.reindex(rows["code"])
    return gpd.GeoDataFrame(rows, geometry=shapes.to_numpy(), crs=regions.crs)


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


def levels(
    service: Annotated[str, typer.Argument(help=word("option.county_service"))] = "care",
    out: Out = None,
    *,
    as_json: Json = False,
) -> None:
    """Check the network of village, township and county for completeness."""
    from planner.three_levels import care_tiers, completeness, links, three_levels

    here = place()
    regions, facilities = _layers(here)
    chains = three_levels(regions, facilities, service)
    by_county, tiers = completeness(chains), care_tiers(regions, facilities)
    if out is not None:
        write({"villages": _drawn(chains, regions)}, out)
    sums = by_county[["villages", "complete", "incomplete", "unknown"]].sum()
    told: dict[str, Any] = {
        "county_service": service,
        **{str(name): int(value) for name, value in sums.items()},
        "premises": {
            "with": int((chains["premises_m2"] > 0).sum()),
            "without": int((chains["premises_m2"] == 0).sum()),
            "unknown": int(chains["premises_m2"].isna().sum()),
        },
        "by_county": by_county.to_dict("records"),
        "incomplete_villages": chains.loc[
            chains["complete"].eq(other=False).fillna(value=False), ["code", "name", "missing"]
        ].to_dict("records"),
        "links": links(chains).astype(object).where(lambda cells: cells.notna(), None).to_dict("records"),
        "care_tiers": tiers.to_dict("records"),
    }
    answer(told, as_json=as_json, show=lambda: _show_levels(told, regions, here))


def _show_levels(told: dict[str, Any], regions: "pd.DataFrame", here: Place) -> None:
    names = regions.drop_duplicates("code").set_index("code")["name"]
    columns = ("villages", "complete", "incomplete", "unknown")
    rows = [
        (names.get(row["county_code"], "—"), *(row[column] for column in columns))
        for row in told["by_county"]
    ]
    rows.append((here.city.zh if here.lang == "zh" else here.city.en, *(told[column] for column in columns)))
    service = codelist("service")[told["county_service"]].label(here.lang)
    headings = (word("cover.region"), *(word(f"levels.{column}") for column in columns))
    table(word("levels.title", service=service), headings, rows)
    tiers: dict[tuple[str, str], list[int]] = {}
    for row in told["care_tiers"]:
        sums = tiers.setdefault((row["care_tier"], row["service"]), [0, 0, 0])
        for place_in, column in enumerate(("regions", "with", "unknown")):
            sums[place_in] += int(row[column])
    listed = [
        (word(f"levels.{tier}"), codelist("service")[code].label(here.lang), *sums)
        for (tier, code), sums in tiers.items()
    ]
    headings = tuple(word(f"levels.{name}") for name in ("tier", "service", "regions", "with", "unknown"))
    table(word("levels.tiers"), headings, listed)
    say(word("levels.premises", **told["premises"]))


def survey_needs(
    level: Annotated[str, typer.Option(help=word("option.survey_level"))] = "county",
    out: Annotated[Path | None, typer.Option(help=word("option.survey_out"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Set what people need against what there is, by service and region.

    Raises
    ------
    NotFoundError
        There is no such level.
    """
    from api.commands.coverage import read_layers
    from gis.errors import NotFoundError
    from planner.survey import survey

    if level not in ("county", "township"):
        raise NotFoundError("level", level, "there are county, township")
    here = place()
    with progress(quiet=as_json) as advance:
        advance(word("demo.cover"), 0.2)
        layers = read_layers(here, "severe")
        advance(word("demo.cover"), 0.7)
        found = survey(layers.regions, layers.homes, layers.people, layers.places, level=level, on=today())
    if out is not None:
        from gis.files import write_layer

        write_layer(found, out)
        note(word("cover.written", file=out))
    told = found.astype(object).where(found.notna(), None).to_dict("records")

    def show() -> None:
        columns = ("service", "region", "need", "operating", "idle", "capacity", "per_1000", "lacking")
        rows = [
            (codelist("service")[row["service"]].label(here.lang), row["name"],
             *(row[name] for name in columns[2:]))
            for row in told
        ]  # fmt: skip
        table(word("survey.title"), [word(f"survey.{name}") for name in columns], rows)

    answer(told, as_json=as_json, show=show)


def list_projects(*, as_json: Json = False) -> None:
    """List the capital projects, the centres of the last plan, and which county has what."""
    from planner.registers import centres, county_status
    from planner.registers import register as registered

    here = place()
    regions, facilities = _layers(here)
    found, status = registered(here.city, regions, facilities), county_status(regions, facilities)
    built = centres(here.city)
    told: dict[str, Any] = {
        "projects": found.astype(object).where(found.notna(), None).to_dict("records"),
        "centres": [vars(one) for one in built],
        "counties": status.astype(object).where(status.notna(), None).to_dict("records"),
    }

    def show() -> None:
        zh = here.lang == "zh"
        rows = [
            (row["zh"] if zh else row["en"], codelist("operating_status")[row["status"]].label(here.lang),
             row["cost_yuan"], row["floor_m2"], row["yuan_per_m2"], row["has"], row["has_after"])
            for row in told["projects"]
        ]  # fmt: skip
        columns = ("project", "status", "cost", "floor", "per_m2", "has", "has_after")
        table(word("projects.title"), [word(f"projects.{name}") for name in columns], rows)
        table(word("projects.centres"), (word("projects.project"), word("projects.county")),
              [(one.zh if zh else one.en, one.county) for one in built])  # fmt: skip
        headings = [word(f"projects.{name}") for name in ("county", "rehabilitation", "care")]
        table(word("projects.counties"), headings,
              [(row["name"], row["rehabilitation"], row["care"]) for row in told["counties"]])  # fmt: skip
        say(word("projects.note"))

    answer(told, as_json=as_json, show=show)
