"""The public toilets: the map, a page for each, its QR code, open data, and what visitors say of them."""

import io
from datetime import timedelta

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from api import answers, opendata, pages, toilets
from api.deps import NowDep, ReadDep, SessionDep
from api.throttle import ANSWERS
from gis.catalogue import words
from gis.errors import NotFoundError
from maps import render

router = APIRouter()

CHINA = timedelta(hours=8)  # one time zone, no summer time
MINUTES = "public, max-age=300"


class AnswerIn(BaseModel):
    """Whether what is published of a toilet is still right."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"still_right": True}]})
    still_right: bool


@router.get("/toilets", response_class=HTMLResponse, include_in_schema=False)
def toilet_map(request: Request, session: ReadDep, now: NowDep) -> HTMLResponse:
    """Show the map of toilets with its list."""
    lang = pages.language(request)
    view = toilets.public_map(session, request.app.state.kept, lang=lang, on=(now + CHINA).date())
    stage = render.stage(view, lang)
    notes = (*view.notes, words(lang, "maps")["site.library"])
    shown = pages.View(
        "toilets.html", title=view.title, intro=view.intro, stage=stage, values={"notes": notes}
    )
    return pages.show(request, shown)


@router.get("/toilets/{uid}", response_class=HTMLResponse, include_in_schema=False)
def toilet(uid: str, request: Request, session: ReadDep, now: NowDep) -> HTMLResponse:
    """Show one toilet: what was measured there, how to get there, and what visitors say.

    Raises
    ------
    NotFoundError
        There is no such toilet.
    """
    lang, here = pages.language(request), now + CHINA
    memory = request.app.state.kept
    every = toilets.graded(session, memory, lang=lang, on=here.date())
    place = toilets.place(every, toilets.tree_of(session, memory), uid, lang, here)
    said = pages.said(lang)
    view = pages.View(
        "toilet.html", title=place.name, intro=place.where, sections=("toilet",), modules=("toilet.js",),
        data={"uid": place.uid},
        values={
            "place": place,
            "answers": answers.of_place(session, "toilets", uid, on=here.date(), since=place.inspected_on),
            "fresh": _fresh(place, said),
            "map_said": words(lang, "maps"),
        },
    )  # fmt: skip
    return pages.show(request, view)


@router.get("/toilets/{uid}/qr.svg", include_in_schema=False)
def qr_code(uid: str, request: Request, session: ReadDep, now: NowDep) -> Response:
    """Answer the QR code that hangs at the door of a toilet and opens its page.

    Raises
    ------
    NotFoundError
        There is no such toilet.
    """
    every = toilets.graded(session, request.app.state.kept, lang="zh", on=(now + CHINA).date())
    if uid not in set(every["uid"]):
        raise NotFoundError("toilet", uid[:80])
    picture = io.BytesIO()
    address = str(request.url.replace(path=f"{toilets.DETAILS_AT}{uid}", query=""))
    segno.make(address, error="m", micro=False).save(picture, kind="svg", scale=6, border=4, title=address)
    return Response(picture.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": MINUTES})


@router.get("/data/toilets.{ending}", include_in_schema=False)
def open_data(ending: str, request: Request, session: ReadDep, now: NowDep) -> Response:
    """Answer all toilets as open data: `geojson` or `csv`, with licence and day.

    Raises
    ------
    NotFoundError
        There is no such format.
    """
    on = (now + CHINA).date()
    every = toilets.graded(session, request.app.state.kept, lang=pages.language(request), on=on)
    made = opendata.toilets_as(ending, every, on, request.app.state.settings.city)
    return Response(
        made.content,
        media_type=made.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="toilets-{on}.{ending}"',
            "Cache-Control": MINUTES,
            "Access-Control-Allow-Origin": "*",
            "Link": f'<{made.licence_url}>; rel="license"',
        },
    )


@router.get("/api/v1/toilets", tags=["public"])
def toilets_json(request: Request, session: ReadDep, now: NowDep) -> Response:
    """Return every public toilet with its grade; one that was never inspected is `unknown`."""
    on = (now + CHINA).date()
    every = toilets.graded(session, request.app.state.kept, lang=pages.language(request), on=on)
    made = opendata.toilets_as("geojson", every, on, request.app.state.settings.city)
    return Response(made.content, media_type=made.media_type, headers={"Cache-Control": MINUTES})


@router.post("/api/v1/toilets/{uid}/answers", status_code=204, tags=["public"])
def answer(uid: str, told: AnswerIn, request: Request, session: SessionDep, now: NowDep) -> None:
    """Keep whether what is published of a toilet is still right; one answer a place, day and address.

    Raises
    ------
    NotFoundError
        There is no such toilet.
    ThrottledError
        This address has answered for this toilet, or has answered too often.
    """
    on = (now + CHINA).date()
    every = toilets.graded(session, request.app.state.kept, lang="zh", on=on)
    if uid not in set(every["uid"]):
        raise NotFoundError("toilet", uid[:80])
    address = request.client.host if request.client else ""
    throttle = request.app.state.throttle
    for limit, *who in ((ANSWERS[0], "answer", address, uid), (ANSWERS[1], "answers", address)):
        throttle.hit(limit, *who)
    answers.add(session, "toilets", uid, still_right=told.still_right, on=on)


def _fresh(place: toilets.Place, said: dict[str, str]) -> str:
    if place.inspected_on is None:
        return said["toilet.never"]
    key = "toilet.recent" if place.fresh else "toilet.old"
    return said[key].format(date=place.inspected_on.isoformat())
