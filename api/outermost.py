"""The outermost layer of the service: what every answer carries, and what is noted of it.

What may be questioned: it wraps the framework whole, and where that refuses by itself in plain text (a body
too large, a crash) its words are replaced by a problem; an error goes no further, since whatever logs it
outside would print its message, and with it perhaps a person.
"""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem
from api.logs import Figures, crash

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-src 'self'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "private, no-store",
}
URL_BYTES = 8_192
PLAIN = {413: "file-too-large", 500: "error"}  # what the framework says by itself, and our code for it
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Outermost:
    """Wraps the service; see the module."""

    def __init__(self, app: ASGIApp, log: Any, figures: Figures) -> None:  # noqa: ANN401 - of structlog
        self._app, self._log, self._figures = app, log, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        began = time.perf_counter()
        try:
            if _is_hostile(scope):
                await problem(Request(scope), 400, "input", None)(scope, receive, answer.send)
            else:
                await self._app(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is noted without what it says
            self._figures.crashed()
            self._log.error("crash", request=answer.number, route=_route(scope), **crash(error))
            if not answer.status:
                await problem(Request(scope), 500, "error", None)(scope, receive, answer.send)
        self._note(scope, answer.number, answer.status, time.perf_counter() - began)

    def _note(self, scope: Scope, number: str, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route, caller = _route(scope), scope.get("state", {}).get("caller")
        self._figures.answered(method, route, status, seconds)
        self._log.info(
            "answer", request=number, method=method, route=route, status=status,
            role=caller.role if caller else None, ms=round(seconds * 1000, 1),
        )  # fmt: skip


class _Answer:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.number, self.status = uuid.uuid4().hex, 0
        self._scope, self._send, self._replaced = scope, send, False

    async def send(self, message: Message) -> None:
        """Send a part of the answer, with the headers of every answer on the first."""
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            if self.status in PLAIN and headers.get("content-type", "").startswith("text/plain"):
                told = problem(Request(self._scope), self.status, PLAIN[self.status], None)
                await told(self._scope, _nothing, self.send)
                self._replaced = True
                return
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers["X-Request-ID"] = self.number
        await self._send(message)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _is_hostile(scope: Scope) -> bool:
    """Tell an address that is too long or holds a NUL, which no route asks for and no database keeps."""
    query = scope.get("query_string", b"")
    return (
        len(scope.get("raw_path") or b"") + len(query) > URL_BYTES or b"%00" in query or "\0" in scope["path"]
    )


def _route(scope: Scope) -> str:
    app = scope.get("app")
    known = getattr(app.state, "paths", {}).get(id(scope.get("route"))) if app else None
    return known or "none"
