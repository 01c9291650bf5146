"""The HTTP service, as far as the foundation goes: the rendered maps, the toilet layer, and its health.

`create_app` takes the settings as an argument, so that a test makes as many services as it likes. A
refusal is answered as problem+json (RFC 9457) by `api.errors`; every answer carries security headers.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response

from api.database import check_revision
from api.errors import add_problems
from api.routes import assets, maps, start, toilets
from api.settings import Settings
from gis.db import make_engine

# A rendered map is one file with its scripts inside, so that it also opens without a server; it may
# run those and nothing from elsewhere.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'self'; style-src 'unsafe-inline' 'self';"
    " img-src 'self' data:; font-src data:; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_app(settings: Settings) -> FastAPI:
    """Return the service for these settings.

    Raises
    ------
    RevisionError
        The database is at another migration than this version.
    ExtensionMissingError
        The database lacks its spatial extension.
    """
    engine = make_engine(settings.database_url)
    try:
        check_revision(engine)
    finally:
        engine.dispose()  # opened again by the first request

    @asynccontextmanager
    async def closing(_app: FastAPI) -> AsyncIterator[None]:
        yield
        engine.dispose()

    app = FastAPI(title="Tantu 坦途", docs_url=None, redoc_url=None, lifespan=closing)
    app.state.settings = settings
    app.state.engine = engine
    add_problems(app)
    app.middleware("http")(_add_headers)
    app.include_router(assets.router)
    app.include_router(start.router)
    app.include_router(maps.router)
    app.include_router(toilets.router)
    return app


async def _add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    answer = await call_next(request)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer
