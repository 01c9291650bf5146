"""The registers of what is to be built: capital projects, and the centres that the last plan built.

A project that opens is a facility like any other: `opened` adds it to the layer, which is the scenario
"after opening" of coverage and of the gap lists. A row of the register that names no place stays in it, so
that nine centres stay nine although the plan names five of them.
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import Point

from gis.catalogue import City, codelist, table
from gis.errors import NotFoundError
from planner.gaps import gaps
from planner.scenarios import Project, projects

COUNTY_SERVICES = ("rehabilitation", "care")


@dataclass(frozen=True)
class Centre:
    """A rehabilitation or care centre that the plan reports as built; None is what it does not say."""

    id: str
    zh: str
    en: str
    county: str | None
    year: int | None
    funding_yuan: float | None
    source: str


def centres(city: City) -> tuple[Centre, ...]:
    """Return the centres of a city's register, in the order of its file.

    Raises
    ------
    NotFoundError
        The city has no file of projects.
    """
    rows: list[dict[str, Any]] = table(f"cities/{city.id}/projects.toml").get("centres", [])
    return tuple(
        Centre(
            id=row["id"],
            zh=row["zh"],
            en=row["en"],
            county=row.get("county"),
            year=row.get("year"),
            funding_yuan=row.get("funding_yuan"),
            source=row["source"],
        )
        for row in rows
    )


def opened(facilities: gpd.GeoDataFrame, city: City, ids: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Return the layer `facilities` with projects as operating facilities.

    Parameters
    ----------
    facilities
        In EPSG:4326.
    ids
        Projects of the city; `all` stands for every one.

    Raises
    ------
    NotFoundError
        The city has no such project, or no file of projects.
    """
    known = {project.id: project for project in projects(city)}
    wanted = list(known) if "all" in ids else list(ids)
    for one in wanted:
        if one not in known:
            raise NotFoundError("project", one, f"there are {', '.join(known)}")
    built = pd.DataFrame([_facility(known[one]) for one in wanted])
    rows = gpd.GeoDataFrame(built, geometry=[Point(known[one].at) for one in wanted], crs=4326)
    rows = rows.reindex(columns=facilities.columns)
    return gpd.GeoDataFrame(pd.concat([facilities, rows], ignore_index=True), crs=facilities.crs)


def register(city: City, regions: pd.DataFrame, facilities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return every project with what it changes for its county.

    Returns
    -------
    DataFrame
        `id zh en county service status cost_yuan floor_m2 yuan_per_m2 milestones source`; `has` tells whether
        the county has the service today and `has_after` once the project is open (`boolean`).
    """
    before = {name: _has(regions, facilities, name) for name in COUNTY_SERVICES}
    rows = []
    for project in projects(city):
        after = _has(regions, opened(facilities, city, (project.id,)), project.service)
        now = before.get(project.service, _has(regions, facilities, project.service))
        each = None if project.floor_m2 is None else project.cost_yuan / project.floor_m2
        rows.append(
            {
                "id": project.id,
                "zh": project.zh,
                "en": project.en,
                "county": project.county,
                "service": project.service,
                "status": project.status,
                "cost_yuan": project.cost_yuan,
                "floor_m2": project.floor_m2,
                "yuan_per_m2": each,
                "milestones": [dict(one) for one in project.milestones],
                "has": now.get(project.county, pd.NA),
                "has_after": after.get(project.county, pd.NA),
                "source": project.source,
            }
        )
    return pd.DataFrame(rows)


def county_status(regions: pd.DataFrame, facilities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return whether rehabilitation and care operate in each county: `code name rehabilitation care`."""
    parts = [gaps(regions, facilities, name).set_index("code") for name in COUNTY_SERVICES]
    told = parts[0][["name"]].copy()
    for name, part in zip(COUNTY_SERVICES, parts, strict=True):
        told[name] = part["has"]
    return told.reset_index()


def _has(regions: pd.DataFrame, facilities: gpd.GeoDataFrame, service: str) -> dict[str, Any]:
    found = gaps(regions, facilities, service)
    return dict(zip(found["code"], found["has"], strict=True))


def _facility(project: Project) -> dict[str, Any]:
    classes = codelist("service")[project.service].facts["facility_classes"]
    return {
        "uid": f"project:{project.id}",
        "name": project.zh,
        "facility_class": classes[0] if classes else "other",
        "services": project.service,
        "operating_status": "operating",
        "region_code": project.county,
    }
