"""The rendered maps of one folder, listed and shown."""

import html
import re

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse
from sqlalchemy import text

from api.deps import SessionDep, SettingsDep
from gis.catalogue import words
from gis.errors import NotFoundError

router = APIRouter()
MAP_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,60}\.html$")

PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{{font:18px/1.6 system-ui,"Noto Sans CJK SC",sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}}
a{{color:#0b5cad}}li{{margin:.6rem 0}}</style></head>
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
    return FileResponse(path, media_type="text/html")


@router.get("/health", response_class=PlainTextResponse)
def health(session: SessionDep) -> str:
    """Answer `ok` where the database answers."""
    session.execute(text("SELECT 1"))
    return "ok"
