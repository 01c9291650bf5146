"""The desks of reviewers and of who follows cases, `/review` and `/cases`, and the figures under them."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from api import case_figures, desk, pages
from api.case_events import case_seen
from api.deps import CallerDep, LanguageDep, NowDep, ReadDep, SettingsDep
from api.schemas import NO_NUL
from api.scope import regions_of
from audits import kpis
from gis.catalogue import codelist
from gis.errors import InputError

router = APIRouter()

CHINA = timedelta(hours=8)  # one time zone, no summer time


class PeriodIn(BaseModel):
    """A period, from 1 January to today where nothing is said, and the level of the regions told apart."""

    model_config = ConfigDict(extra="forbid")

    since: date | None = None
    until: date | None = None
    level: Annotated[str, Field(max_length=20)] = "county"

    def days(self, on: date) -> tuple[date, date]:
        """Return the first and the last day, both included.

        Raises
        ------
        CodeError
            There is no such level of regions.
        InputError
            The period ends before it begins.
        """
        codelist("region_level")[self.level]
        last = self.until or on
        first = self.since or date(last.year, 1, 1)
        if first > last:
            raise InputError(f"The period ends ({last}) before it begins ({first}).")
        return first, last


class BehindIn(PeriodIn):
    """A period, and the code of the region whose cases are wanted."""

    region: Annotated[str | None, Field(max_length=12, pattern=NO_NUL)] = None


class FiguresOut(BaseModel):
    """Figures of a period: of everything, and by region; `name` is null for what lies in no region."""

    since: date
    until: date
    level: str
    total: dict[str, Any]
    regions: list[dict[str, Any]]


class ListedOut(BaseModel):
    """The cases behind one figure, or those that are open."""

    figure: str | None
    cases: list[dict[str, Any]]


@router.get("/review", response_class=HTMLResponse, include_in_schema=False)
def review(request: Request, caller: CallerDep, lang: LanguageDep, now: NowDep) -> HTMLResponse:
    """Show what waits for a reviewer: findings without a case, cases to review, changes in conflict."""
    return _desk(request, "review", desk.given(caller, lang, (now + CHINA).date()))


@router.get("/cases", response_class=HTMLResponse, include_in_schema=False)
def board(request: Request, caller: CallerDep, lang: LanguageDep, now: NowDep) -> HTMLResponse:
    """Show the cases as a board and as a list, with their deadlines and figures."""
    return _desk(request, "cases", desk.given(caller, lang, (now + CHINA).date()))


@router.get("/api/v1/kpis", tags=["cases"])
def figures(
    *,
    caller: CallerDep,
    session: ReadDep,
    settings: SettingsDep,
    lang: LanguageDep,
    now: NowDep,
    asked: Annotated[PeriodIn, Query()],
) -> FiguresOut:
    """Return 立案数, 结案率, 按期结案率 and 返工率 by region; without days from 1 January to today.

    Raises
    ------
    CodeError
        There is no such level of regions.
    InputError
        The period ends before it begins.
    """
    on = (now + CHINA).date()
    period = asked.days(on)
    where = case_seen(caller, regions_of(caller, settings))
    found = case_figures.counted(session, period, on=on, level=asked.level, where=where)
    names = case_figures.region_names(session, lang, on=on)
    return FiguresOut(
        since=period[0], until=period[1], level=asked.level,
        total=case_figures.rows(kpis.figures(found), names)[0],
        regions=case_figures.rows(kpis.figures(found, "area"), names),
    )  # fmt: skip


@router.get("/api/v1/kpis/{figure}", tags=["cases"])
def behind(
    *,
    figure: str,
    caller: CallerDep,
    session: ReadDep,
    settings: SettingsDep,
    now: NowDep,
    asked: Annotated[BehindIn, Query()],
) -> ListedOut:
    """Return the cases behind one figure, of one region or of all; `open` lists the open ones.

    Raises
    ------
    CodeError
        There is no such figure or level.
    InputError
        The period ends before it begins.
    """
    name = None if figure == "open" else codelist("kpi")[figure].code
    on = (now + CHINA).date()
    where = case_seen(caller, regions_of(caller, settings))
    counted = case_figures.counted(session, asked.days(on), on=on, level=asked.level, where=where)
    found = case_figures.behind(counted, name)
    if asked.region is not None:
        found = found[found["area"] == asked.region]
    return ListedOut(figure=name, cases=[case_figures.told(row, on) for row in found.to_dict("records")])


def _desk(request: Request, name: str, given: Any) -> HTMLResponse:  # noqa: ANN401 - JSON
    say = pages.said(pages.language(request))
    view = pages.View(
        f"{name}.html", title=say[f"{name}.title"], intro=say[f"{name}.intro"], sections=("case", name),
        modules=(f"{name}.js",), data=given,
    )  # fmt: skip
    return pages.show(request, view)
