"""The HTTP service: `create_app` joins the routes, the guard before them and what every answer carries.

It takes the settings, and the clock, as arguments, so that a test makes as many services as it likes. A
refusal is answered as problem+json (RFC 9457) by `api.errors`; every answer carries security headers; a
body is refused before it is read where it is larger than its route takes (`max_body_size` of a route).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import Depends, FastAPI, Request, Response
from fastapi.routing import iter_route_contexts

from api import passwords
from api.auth import guard
from api.database import check_revision
from api.errors import add_problems
from api.kept import Kept
from api.ogc.mount import add_ogc
from api.routes import assets, health, login, maps, start, toilets, trail, users, v1
from api.settings import Settings
from api.throttle import Throttle
from gis.db import make_engine

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-src 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "private, no-store",
}
BODY_BYTES = 1_000_000  # of JSON; a route that takes files says its own limit
ROUTERS = (
    assets.router, start.router, health.router, login.router, users.router, trail.router, maps.router,
    toilets.router, v1.router,
)  # fmt: skip


def utc_now() -> datetime:
    """Return the moment."""
    return datetime.now(UTC)


def create_app(settings: Settings, *, now: Callable[[], datetime] = utc_now) -> FastAPI:
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
    passwords.nobody()

    @asynccontextmanager
    async def closing(_app: FastAPI) -> AsyncIterator[None]:
        yield
        engine.dispose()

    app = FastAPI(
        title="Tantu 坦途", lifespan=closing, dependencies=[Depends(guard)], max_body_size=BODY_BYTES,
        docs_url=None, redoc_url=None, openapi_url=None,
    )  # fmt: skip
    app.state.settings = settings
    app.state.engine = engine
    app.state.now = now
    app.state.throttle = Throttle()
    app.state.kept = Kept()
    add_problems(app)
    app.middleware("http")(_add_headers)
    for router in ROUTERS:
        app.include_router(router)
    add_ogc(app)
    app.state.paths = {
        id(route.original_route): route.path_format or "" for route in iter_route_contexts(app.routes)
    }
    return app


async def _add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    answer = await call_next(request)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer
