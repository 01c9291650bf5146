"""Compresses what everybody may see; an answer for one person is never packed.

The length of a packed answer tells something of what is in it, and who can make a browser ask again and again
may learn a secret letter by letter (BREACH). Public pages and files hold none.
"""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

SMALLEST = 1_024  # bytes that are worth the work
PUBLIC = ("/assets/", "/toilets", "/data/", "/inspect/worker.js")


class Packing:
    """Packs the answers of public addresses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._packed = app, GZipMiddleware(app, minimum_size=SMALLEST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        public = scope["type"] == "http" and scope["path"].startswith(PUBLIC)
        await (self._packed if public else self._app)(scope, receive, send)
