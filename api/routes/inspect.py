"""The inspector's page and what it takes along into the field."""

from datetime import timedelta

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api import assets, inspection, pages
from api.deps import CallerDep, NowDep, ReadDep, SettingsDep
from gis.catalogue import city

router = APIRouter()

CHINA = timedelta(hours=8)  # one time zone, no summer time
# What the phone keeps so that the page opens without signal; the page names the same files.
OFFLINE = (
    "theme.js", "codec.js", "page.js", "nearby.js", "tokens.css", "page.css", "app/app.css", "app/icon.svg",
    "app/dom.js", "app/http.js", "app/ui.js", "app/account.js", "app/judge.js", "app/fieldbook.js",
    "app/upload.js", "app/send.js", "app/inspect.js", "app/measure.svg",
)  # fmt: skip


@router.get("/inspect", response_class=HTMLResponse, include_in_schema=False)
def inspect(request: Request) -> HTMLResponse:
    """Show the inspector's page."""
    say = pages.said(pages.language(request))
    view = pages.View(
        "inspect.html", title=say["inspect.title"], intro=say["inspect.intro"], sections=("inspect", "near"),
        scripts=("nearby.js",), modules=("inspect.js",), data={"pictures": assets.address("app/measure.svg")},
    )  # fmt: skip
    return pages.show(request, view)


@router.get("/inspect/worker.js", include_in_schema=False)
def worker() -> Response:
    """Answer the service worker of the inspector's page with the addresses it keeps."""
    kept = ",\n".join(f'  "{assets.address(name)}"' for name in OFFLINE)
    own = assets.content("app/worker.js").decode("utf-8")
    version = assets.digest("app/inspect.js") + assets.digest("app/worker.js")
    body = f'const VERSION = "{version}";\nconst FILES = [\n{kept},\n];\n{own}'
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/inspect"}
    return Response(body, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/inspect/app.webmanifest", include_in_schema=False)
def manifest(request: Request) -> Response:
    """Answer what makes the page installable."""
    say = pages.said(pages.language(request))
    told = {
        "name": say["inspect.app"], "short_name": say["inspect.title"], "start_url": "/inspect",
        "scope": "/inspect", "display": "standalone", "background_color": "#f3f6f5", "theme_color": "#0b6660",
        "icons": [{"src": assets.address("app/icon.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }  # fmt: skip
    return Response(orjson.dumps(told), media_type="application/manifest+json")


@router.get("/api/v1/inspection", tags=["inspection"])
def pack(
    request: Request, caller: CallerDep, session: ReadDep, settings: SettingsDep, now: NowDep
) -> Response:
    """Return the places of the caller's regions and what to measure, for a phone without signal."""
    regions = None if caller.covers(city(settings.city).code) else caller.regions
    on = (now + CHINA).date()
    told = inspection.pack(session, regions=regions, lang=pages.language(request), on=on)
    return Response(orjson.dumps(told), media_type="application/json")
