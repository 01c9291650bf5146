"""The rendered maps of one folder, listed and shown."""

import html
import re

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse

from api.deps import SettingsDep
from gis.catalogue import words
from gis.errors import NotFoundError

router = APIRouter()
MAP_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,60}\.html$")

# A rendered map is one file with its scripts inside, so that it also opens without a server. It runs them in
# a sandbox: as a page of no origin it can neither read a session nor call the service.
MAP_POLICY = (
    "sandbox allow-scripts allow-popups allow-downloads; default-src 'none'; script-src 'unsafe-inline';"
    " style-src 'unsafe-inline'; img-src data: blob:; font-src data:; worker-src blob:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self'"
)

PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>{title}</h1>{body}</main></body></html>"""


@router.get("/maps", response_class=HTMLResponse)
def index(settings: SettingsDep) -> HTMLResponse:
    """List the maps that were rendered."""
    told = words(settings.lang, "cli")
    names = sorted(path.name for path in settings.maps.glob("*.html") if MAP_NAME.match(path.name))
    links = "".join(f'<li><a href="/maps/{name}">{html.escape(name)}</a></li>' for name in names)
    body = f"<ul>{links}</ul>" if names else f"<p>{html.escape(told['serve.none'])}</p>"
    lang = "zh-Hans" if settings.lang == "zh" else "en"
    return HTMLResponse(PAGE.format(lang=lang, title=html.escape(told["serve.title"]), body=body))


@router.get("/maps/{name}", response_class=FileResponse)
def rendered(name: str, settings: SettingsDep) -> FileResponse:
    """Show one rendered map.

    Raises
    ------
    NotFoundError
        The folder holds no such map.
    """
    path = settings.maps / name
    if not MAP_NAME.match(name) or not path.is_file():
        raise NotFoundError("map", name[:80])
    return FileResponse(path, media_type="text/html", headers={"Content-Security-Policy": MAP_POLICY})
