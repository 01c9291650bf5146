"""The start page, and the pages where staff sign in and change their password."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api import pages, rights

router = APIRouter(include_in_schema=False)

# The door behind which the work of a role begins.
HOMES = {
    "clerk": "/plan", "contractor": "/plan", "inspector": "/inspect", "reviewer": "/review",
    "housing": "/plan", "planner": "/coverage", "auditor": "/indicators", "admin": "/admin",
}  # fmt: skip


@router.get("/", response_class=HTMLResponse)
def start(request: Request) -> HTMLResponse:
    """Show the doors of the public."""
    say = pages.said(pages.language(request))
    return pages.show(request, pages.View("start.html", title=say["start.title"], intro=say["start.intro"]))


@router.get("/login", response_class=HTMLResponse)
def sign_in(request: Request) -> HTMLResponse:
    """Ask for name and password."""
    say = pages.said(pages.language(request))
    homes = {role: door for role, door in HOMES.items() if role in rights.allowed("GET", door)}
    view = pages.View(
        "login.html", title=say["login.title"], intro=say["login.intro"],
        modules=("login.js",), data={"homes": homes},
    )  # fmt: skip
    return pages.show(request, view)


@router.get("/password", response_class=HTMLResponse)
def change_password(request: Request) -> HTMLResponse:
    """Ask for a new password."""
    say = pages.said(pages.language(request))
    view = pages.View(
        "password.html", title=say["login.password_title"], intro=say["login.password_intro"],
        modules=("password.js",),
    )  # fmt: skip
    return pages.show(request, view)
