"""What building would change: candidate sites, the plan's capital projects, and scenarios side by side.

A scenario is a set of new sites among the candidates of one siting problem. Its effect is the people within
reach before and after, by county, so that projects already promised and sites that a model proposes are
compared on the same terms.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from gis.catalogue import City, codelist, table
from gis.errors import DomainError, EmptyLayerError
from planner.siting_models import covered_by, mask
from planner.siting_problem import Bools, Ints, SitingProblem

PUBLIC_CLASSES = ("government", "community_service", "culture", "medical", "education", "welfare")


@dataclass(frozen=True)
class Project:
    """A capital project of the city's plan; `at` is (lon, lat), assumed where `placed` says so.

    `status` is a code of `operating_status`; `milestones` are dated steps as the register has them.
    """

    id: str
    zh: str
    en: str
    county: str
    service: str
    cost_yuan: float
    floor_m2: float | None
    at: tuple[float, float]
    placed: str
    source: str
    status: str = "planned"
    milestones: tuple[Mapping[str, object], ...] = ()


def projects(city: City) -> tuple[Project, ...]:
    """Return the capital projects of a city, in the order of its file.

    Raises
    ------
    NotFoundError
        The city has no file of projects.
    CodeError
        A project is of no known service.
    DomainError
        A project lies in no county of the city.
    """
    seats = {county["code"]: tuple(county["seat"]) for county in city.facts["counties"]}
    found = []
    for row in table(f"cities/{city.id}/projects.toml")["projects"]:
        codelist("service")[row["service"]]
        if row["county"] not in seats:
            raise DomainError(
                f"Project {row['id']} lies in {row['county']}, which is no county of {city.en}."
            )
        fields = {name: row[name] for name in ("id", "zh", "en", "county", "service", "cost_yuan", "source")}
        found.append(
            Project(
                **fields,
                floor_m2=row.get("floor_m2"),
                at=seats[row["county"]],
                placed=row["at_source"],
                status=row.get("status", "planned"),
                milestones=tuple(row.get("milestones", ())),
            )
        )
    return tuple(found)


def project_sites(planned: tuple[Project, ...]) -> gpd.GeoDataFrame:
    """Return projects as candidate sites in EPSG:4326, with the columns of `candidates`."""
    rows = [(f"project:{one.id}", one.zh, one.county, one.cost_yuan) for one in planned]
    sites = pd.DataFrame(rows, columns=["uid", "name", "region_code", "cost_yuan"])
    return gpd.GeoDataFrame(sites, geometry=[Point(one.at) for one in planned], crs=4326)


def candidates(places: gpd.GeoDataFrame, *, cost_yuan: float | None = None) -> gpd.GeoDataFrame:
    """Return villages, or public buildings that operate, as candidate sites.

    Parameters
    ----------
    places
        The layer `regions` (its villages and communities count, at a point inside them) or `facilities`
        (its public buildings count, unless closed, idle, planned or being built).
    cost_yuan
        What one new site costs; None where that is not known.

    Returns
    -------
    GeoDataFrame
        `uid name region_code cost_yuan geometry`, in the system of `places`, sorted by uid.

    Raises
    ------
    EmptyLayerError
        None of the places can be a site.
    """
    if "level" in places:
        kept = places[places["level"] == "village"]
        uid, region = "region:" + kept["code"].astype(str), kept["code"]
    else:
        status = codelist("operating_status").codes
        shut = [code for code, about in status.items() if about.facts["counts"] is False]
        kept = places[places["facility_class"].isin(PUBLIC_CLASSES) & ~places["operating_status"].isin(shut)]
        uid, region = "facility:" + kept["uid"].astype(str), kept["region_code"]
    if kept.empty:
        raise EmptyLayerError("candidate sites")
    points = kept.geometry.representative_point()
    sites = pd.DataFrame({"uid": uid, "name": kept["name"], "region_code": region, "cost_yuan": cost_yuan})
    return gpd.GeoDataFrame(sites, geometry=points, crs=places.crs).sort_values("uid").reset_index(drop=True)


def compared(problem: SitingProblem, scenarios: Mapping[str, Ints]) -> pd.DataFrame:
    """Return people reached before and after each scenario, by county and in all.

    Parameters
    ----------
    problem
        Demand and sites; `county` says where each demand lies (absent: only the total).
    scenarios
        New sites of each scenario, positions in the problem.

    Returns
    -------
    DataFrame
        One row a scenario and county, then one with county None for all: `scenario county people before
        after gained cost_yuan` (of the whole scenario, on its last row; missing where no cost is known).

    Raises
    ------
    DomainError
        A scenario names a site that the problem does not have.
    """
    many, width = problem.reach.shape
    county = np.zeros(many, dtype=np.int64) if problem.county is None else problem.county
    names = problem.counties or tuple(f"county {number}" for number in range(int(county.max(initial=0)) + 1))
    before = covered_by(problem.reach, problem.existing)
    rows = []
    for scenario, new in scenarios.items():
        if len(new) and not (min(new) >= 0 and max(new) < width):
            raise DomainError(f"Scenario {scenario} names a site beyond the {width} of the problem.")
        after = covered_by(problem.reach, problem.existing | mask(new, width))
        if problem.county is not None:
            rows += [
                (scenario, name, *_reached(problem, (before, after), county == number), None)
                for number, name in enumerate(names)
            ]
        cost = None if problem.cost_yuan is None else float(problem.cost_of_sites()[np.unique(new)].sum())
        rows.append((scenario, None, *_reached(problem, (before, after), np.ones(many, dtype=bool)), cost))
    columns = ["scenario", "county", "people", "before", "after", "gained", "cost_yuan"]
    return pd.DataFrame(rows, columns=columns)


def _reached(problem: SitingProblem, reached: tuple[Bools, Bools], inside: Bools) -> tuple[float, ...]:
    before, after = (float(problem.weight[inside & one].sum()) for one in reached)
    return float(problem.weight[inside].sum()), before, after, after - before
