"""Pages of the service: one frame, the words of one catalogue, scripts and styles from this host only.

A page is a template under `api/templates` that fills the frame. Its scripts are ES modules under
`api/static`, which find words and data in one JSON block and show every text by `textContent`. No page
holds an inline script; only the call that starts a map is one, and the content policy names its digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api import assets, rights
from api.auth import NOBODY, Caller
from api.languages import preferred
from api.settings import Settings
from gis.catalogue import Language, words
from maps.payload import safe_json
from maps.render import Stage

LANGUAGES: dict[str, Language] = {"zh": "zh", "en": "en"}
HTML_LANG = {"zh": "zh-Hans", "en": "en"}
THEMES = ("system", "light", "dark", "contrast")
# Doors of the menu, in its order; a door stands there for those whom `api.rights` lets in.
DOORS = (
    "/toilets",
    "/report",
    "/inspect",
    "/review",
    "/cases",
    "/coverage",
    "/plan",
    "/indicators",
    "/admin",
)
KEPT_DAYS = 365  # how long the choice of a language is remembered
# Words that the scripts of every page speak, beside those of the sections a page names.
SHARED = ("common", "value", "problem")


@dataclass(frozen=True)
class View:
    """What one page shows.

    Attributes
    ----------
    template
        File under `api/templates`.
    title, intro
        Heading and the sentence under it, already in the language of the page.
    sections
        Sections of the words `pages` that its scripts speak.
    modules
        ES modules under `api/static`, in order.
    scripts
        Scripts of the maps that these modules stand on, beside those of every page.
    data
        What the scripts find as `view.page`.
    values
        What the template finds by name.
    stage
        The map of the page, None without one.
    """

    template: str
    title: str
    intro: str = ""
    sections: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    stage: Stage | None = None


def language(request: Request) -> Language:
    """Return the language of an answer: as asked, as remembered, as the browser prefers, as installed."""
    asked = request.query_params.get("lang") or request.cookies.get("lang") or ""
    if asked in LANGUAGES:
        return LANGUAGES[asked]
    settings: Settings = request.app.state.settings
    return preferred(request.headers.get("accept-language"), settings.lang)


def said(lang: Language) -> dict[str, str]:
    """Return every word of the pages in a language, those of the maps' values among them."""
    of_maps = {key: text for key, text in words(lang, "maps").items() if key.startswith(("value.", "near."))}
    return of_maps | words(lang, "pages")


def spoken(lang: Language, sections: tuple[str, ...]) -> dict[str, str]:
    """Return the words of some sections, as the scripts of a page get them."""
    wanted = {*SHARED, *sections}
    return {key: text for key, text in said(lang).items() if key.partition(".")[0] in wanted}


def show(request: Request, view: View, *, status: int = 200) -> HTMLResponse:
    """Return a page as an answer, with its content policy.

    Raises
    ------
    NotFoundError
        The page names an asset that does not exist.
    """
    lang, caller, stage = language(request), who(request), view.stage
    block = stage.payload if stage else data_block(lang, view.sections, view.data)
    scripts = stage.scripts if stage else ("theme.js", "codec.js", "page.js", *view.scripts)
    styles = (*(stage.styles if stage else ("tokens.css", "page.css")), "app/app.css")
    body = _templates().get_template(view.template).render(
        view.values,
        view=view,
        lang=lang,
        html_lang=HTML_LANG[lang],
        other="en" if lang == "zh" else "zh",
        other_html_lang=HTML_LANG["en" if lang == "zh" else "zh"],
        say=_sayer(lang),
        here=request.url.path,
        caller=caller,
        doors=doors(caller),
        other_url=str(request.url.include_query_params(lang="en" if lang == "zh" else "zh")).split("/", 3)[3],
        themes=THEMES,
        block=block,
        scripts=[name for name in scripts if name != "theme.js"],
        styles=styles,
        begin=stage.begin if stage else "",
        main=stage.main if stage else "",
    )  # fmt: skip
    answer = HTMLResponse(body, status_code=status, headers={"Content-Language": HTML_LANG[lang]})
    answer.headers["Content-Security-Policy"] = policy(stage.source if stage else "")
    answer.headers["Vary"] = "Accept-Language, Cookie"
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie("lang", lang, max_age=KEPT_DAYS * 86_400, samesite="lax", httponly=True)
    return answer


def who(request: Request) -> Caller:
    """Return who is asking; nobody where the request was refused before that was known."""
    caller: Caller = getattr(request.state, "caller", NOBODY)
    return caller


def doors(caller: Caller) -> list[str]:
    """Return the pages of the menu that a caller may open."""
    return [door for door in DOORS if caller.role in rights.allowed("GET", door)]


def wanted(request: Request) -> bool:
    """Tell whether a refusal of this request is read by a person in a browser."""
    reads = "text/html" in request.headers.get("accept", "")
    return reads and not request.url.path.startswith(("/api/", "/ogc", "/assets/"))


def refusal(request: Request, status: int, title: str, detail: str) -> HTMLResponse:
    """Return a refusal as a page that says what to do next."""
    view = View("refusal.html", title=title, intro=detail, values={"status": status})
    return show(request, view, status=status)


def data_block(lang: Language, sections: tuple[str, ...], data: Mapping[str, Any]) -> str:
    """Return the JSON block of a page without a map."""
    return safe_json({"lang": lang, "words": spoken(lang, sections), "page": dict(data)})


def policy(source: str = "") -> str:
    """Return the content policy of a page; `source` is the digest of its one inline script."""
    scripts = f"'self' {source}".strip()
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data: blob:;"
        " font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _sayer(lang: Language) -> Any:  # noqa: ANN401 - a function for the templates
    known = said(lang)

    def say(key: str, **values: object) -> str:
        return known[key].format(**values) if values else known[key]

    return say


@cache
def _templates() -> Environment:
    loaded = Environment(
        loader=PackageLoader("api", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    loaded.globals["asset"] = assets.address
    return loaded
