"""The HTTP service: `create_app` joins the routes, the guard before them and what every answer carries.

It takes the settings, and the clock, as arguments, so that a test makes as many services as it likes. A
refusal is answered as problem+json (RFC 9457) by `api.errors`; every answer carries security headers
(`api.outermost`). A body larger than its route takes (`max_body_size` of a route) is refused before
it is read.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TextIO

from fastapi import Depends, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import ASGIApp

from api import passwords
from api.auth import guard
from api.errors import add_problems
from api.kept import Kept
from api.logs import Figures, logger
from api.ogc.mount import add_ogc
from api.outermost import Outermost
from api.packing import Packing
from api.routes import assets, cases, health, inspect, login, maps, start, toilets, trail, users, v1
from api.settings import Settings
from api.starting import check_start
from api.throttle import Throttle
from gis.db import make_engine

BODY_BYTES = 1_000_000  # of JSON; a route that takes files says its own limit
ROUTERS = (
    assets.router, start.router, inspect.router, health.router, login.router, users.router, trail.router,
    maps.router, toilets.router, cases.router, v1.router,
)  # fmt: skip


class Service(FastAPI):
    """The framework's application inside the outermost layer."""

    def build_middleware_stack(self) -> ASGIApp:
        """Wrap everything the framework does."""
        return Outermost(super().build_middleware_stack(), self.state.log, self.state.figures)


def utc_now() -> datetime:
    """Return the moment."""
    return datetime.now(UTC)


def create_app(
    settings: Settings, *, now: Callable[[], datetime] = utc_now, log: TextIO | None = None
) -> FastAPI:
    """Return the service for these settings, or refuse to start.

    Parameters
    ----------
    log
        Where the lines of the log go; standard error where nothing is said.

    Raises
    ------
    RevisionError
        The database is at another migration than this version.
    ExtensionMissingError
        The database lacks its spatial extension.
    KeyMissingError
        The key of the personal columns is malformed, easy to guess, or not the one of this database.
    SetupError
        The folder of the photos cannot be written to.
    """
    engine = make_engine(settings.database_url)
    try:
        check_start(settings, engine)
    finally:
        engine.dispose()  # opened again by the first request
    passwords.nobody()

    @asynccontextmanager
    async def closing(_app: FastAPI) -> AsyncIterator[None]:
        yield
        engine.dispose()

    app = Service(
        title="Tantu 坦途", lifespan=closing, dependencies=[Depends(guard)], max_body_size=BODY_BYTES,
        docs_url=None, redoc_url=None, openapi_url=None,
    )  # fmt: skip
    app.state.settings = settings
    app.state.engine = engine
    app.state.now = now
    app.state.throttle = Throttle()
    app.state.kept = Kept()
    add_problems(app)
    app.add_middleware(Packing)
    app.state.figures = Figures()
    app.state.log = logger(log)
    for router in ROUTERS:
        app.include_router(router)
    add_ogc(app)
    app.state.paths = {
        id(route.original_route): route.path_format or "" for route in iter_route_contexts(app.routes)
    }
    return app
