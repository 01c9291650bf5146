"""Places, visits, findings and cases by the page, as far as the caller's regions reach."""

from hashlib import sha256
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from api.case_events import case_seen
from api.deps import CallerDep, ReadDep, SettingsDep
from api.listing import LISTINGS, Bounds, Sought, page
from api.schemas import NO_NUL
from api.scope import place_seen, regions_of, seen
from audits.tables import Finding, Visit
from gis.errors import InputError
from gis.tables import Region

router = APIRouter(tags=["lists"])

Name = Annotated[str, Field(max_length=80, pattern=NO_NUL)]
HOMES = "clerk housing planner auditor admin"
Unchanged = Annotated[str | None, Header(alias="If-None-Match", max_length=100)]


class PageOut(BaseModel):
    """One page; `next` is the address of the following one, null on the last."""

    items: list[dict[str, Any]]
    next: str | None


class PageIn(BaseModel):
    """What every list takes."""

    model_config = ConfigDict(extra="forbid")

    after: int | None = Field(None, ge=1, le=2**62)
    limit: int = Field(100, ge=1, le=1_000)


class PlacesIn(PageIn):
    """Filters of places: `bbox` is west,south,east,north in degrees."""

    region_code: Name | None = None
    bbox: str | None = Field(None, max_length=200, pattern=r"^-?\d+(\.\d+)?(,-?\d+(\.\d+)?){3}$")


class FindingsIn(PageIn):
    """Filters of findings."""

    place_layer: Name | None = None
    place_uid: Name | None = None
    element: Name | None = None
    severity: Name | None = None
    state: Name | None = None


class VisitsIn(PageIn):
    """Filters of visits."""

    place_layer: Name | None = None
    place_uid: Name | None = None
    inspector: Name | None = None


class CasesIn(PageIn):
    """Filters of cases."""

    place_layer: Name | None = None
    place_uid: Name | None = None
    state: Name | None = None
    severity: Name | None = None
    unit: Name | None = None
    region_code: Name | None = None


@router.get("/places/{layer}", response_model=PageOut)
def places(
    *,
    layer: Literal["regions", "roads", "facilities", "toilets", "households"],
    asked: Annotated[PlacesIn, Query()],
    caller: CallerDep,
    session: ReadDep,
    settings: SettingsDep,
    known: Unchanged = None,
) -> Response:
    """List the live places of a layer; homes only for those who work with homes.

    Raises
    ------
    ForbiddenError
        Homes are not for this role.
    InputError
        The box is none.
    """
    if layer == "households":
        caller.need(*HOMES.split())
    table: Any = LISTINGS[layer].table
    column = Region.code if layer == "regions" else table.region_code
    return _page(session, layer, asked, seen(column, regions_of(caller, settings)), known)


@router.get("/findings", response_model=PageOut)
def findings(
    *,
    asked: Annotated[FindingsIn, Query()],
    caller: CallerDep,
    session: ReadDep,
    settings: SettingsDep,
    known: Unchanged = None,
) -> Response:
    """List findings."""
    where = place_seen(Finding.place_layer, Finding.place_uid, regions_of(caller, settings))
    return _page(session, "findings", asked, where, known)


@router.get("/visits", response_model=PageOut)
def visits(
    *,
    asked: Annotated[VisitsIn, Query()],
    caller: CallerDep,
    session: ReadDep,
    settings: SettingsDep,
    known: Unchanged = None,
) -> Response:
    """List visits."""
    where = place_seen(Visit.place_layer, Visit.place_uid, regions_of(caller, settings))
    return _page(session, "visits", asked, where, known)


@router.get("/cases", response_model=PageOut)
def cases(
    *,
    asked: Annotated[CasesIn, Query()],
    caller: CallerDep,
    session: ReadDep,
    settings: SettingsDep,
    known: Unchanged = None,
) -> Response:
    """List cases; a contractor sees those of its own unit."""
    return _page(session, "cases", asked, case_seen(caller, regions_of(caller, settings)), known)


def _page(
    session: Session, name: str, asked: PageIn, where: ColumnElement[bool], known: str | None
) -> Response:
    said = asked.model_dump(exclude_none=True)
    equal = {key: value for key, value in said.items() if key not in {"after", "limit", "bbox"}}
    sought = Sought(equal, _bounds(said.get("bbox")), asked.after, asked.limit)
    items, last = page(session, LISTINGS[name], sought, where)
    address = f"/api/v1/places/{name}" if isinstance(asked, PlacesIn) else f"/api/v1/{name}"
    following = None if last is None else f"{address}?{urlencode(said | {'after': last})}"
    body = orjson.dumps({"items": items, "next": following})
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag}
    if known == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _bounds(text: str | None) -> Bounds | None:
    """Return a box.

    Raises
    ------
    InputError
        Its sides are in the wrong order or beyond the earth.
    """
    if text is None:
        return None
    west, south, east, north = map(float, text.split(","))
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError("bbox is west,south,east,north in degrees, west before east and south before north.")
    return west, south, east, north
