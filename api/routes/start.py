"""The start page: what a citizen can do here, in plain words."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api import pages

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
def start(request: Request) -> HTMLResponse:
    """Show the doors of the public."""
    say = pages.said(pages.language(request))
    return pages.show(request, pages.View("start.html", title=say["start.title"], intro=say["start.intro"]))
