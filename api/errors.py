"""Which refusal is which HTTP status; the only place that knows (RFC 9457, problem+json).

A problem has a stable `code`, a title in the caller's language, a detail, and for a request that cannot be
read one entry of `errors` for each fault, with a JSON pointer into the body or the name of the parameter.
What may be questioned: whatever is not there and whatever is not the caller's answer with one and the same
body, so that nobody learns which ids exist; and the values of a request are never repeated, since they may
be personal.
"""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, IntegrityError
from starlette.exceptions import HTTPException

from api import pages
from gis.catalogue import words
from gis.errors import (
    BusyError,
    ChecksumError,
    ConflictError,
    DomainError,
    FileTooLargeError,
    ForbiddenError,
    InputError,
    LoginRequiredError,
    NotFoundError,
    SetupError,
    TantuError,
    ThrottledError,
    VersionError,
)

# The first class that fits decides, so a subclass stands before its parent.
STATUSES: tuple[tuple[type[TantuError], int], ...] = (
    (FileTooLargeError, 413),
    (ChecksumError, 460),  # the status that tus gives it
    (VersionError, 412),
    (BusyError, 423),
    (InputError, 400),
    (LoginRequiredError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (ThrottledError, 429),
    (DomainError, 422),
    (SetupError, 503),
    (TantuError, 500),
)
# Codes of what the framework refuses by itself.
HTTP_CODES = {400: "input", 401: "login-required", 403: "forbidden", 404: "not-found"} | {
    405: "method-not-allowed", 413: "file-too-large", 429: "throttled",
}  # fmt: skip
# What always says the same: a message of its own would tell more than it may.
SAME = frozenset({"not-found", "login-required", "forbidden"})
PROBLEM = "application/problem+json"
FAULTS = 20  # of one request that are listed


def status_of(error: TantuError) -> int:
    """Return the HTTP status of a refusal."""
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def add_problems(app: FastAPI) -> None:
    """Make every refusal of the service a problem document."""

    @app.exception_handler(TantuError)
    def refused(request: Request, error: TantuError) -> Response:
        status = status_of(error)
        told = problem(request, status, error.code, None if error.code in SAME else str(error))
        if isinstance(error, ThrottledError):
            told.headers["Retry-After"] = str(error.wait_s)
        return told

    @app.exception_handler(HTTPException)
    def not_served(request: Request, error: HTTPException) -> Response:
        code = HTTP_CODES.get(error.status_code, "http")
        told = problem(request, error.status_code, code, None if code != "http" else str(error.detail))
        told.headers.update(error.headers or {})
        return told

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        faults = [_fault(part) for part in error.errors()[:FAULTS]]
        where = "; ".join(
            f"{part.get('pointer', part.get('parameter'))}: {part['detail']}" for part in faults
        )
        return problem(request, 400, "input", where, errors=faults)

    @app.exception_handler(DataError)
    def unstorable(request: Request, _error: DataError) -> Response:
        # Such as a number beyond its column, or a NUL in a text, that no model of the route forbade.
        return problem(request, 400, "input", None)

    @app.exception_handler(IntegrityError)
    def overtaken(request: Request, _error: IntegrityError) -> Response:
        # Somebody else wrote the same between this request's look and its write.
        return problem(request, 409, "conflict", None)

    @app.exception_handler(Exception)
    def failed(request: Request, _error: Exception) -> Response:
        return problem(request, 500, "error", None)


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str | None,
    **more: Any,  # noqa: ANN401 - JSON
) -> Response:
    """Return a problem document; without a detail of its own it says what its code always says.

    A person whose browser asked for a page gets it as a page.
    """
    said = words(pages.language(request), "problems")
    title = said.get(code, code)
    body = {"type": f"about:blank#{code}", "title": title, "status": status, "code": code}
    body["detail"] = detail if detail is not None else said.get(f"detail.{code}", title)
    if pages.wanted(request):
        return pages.refusal(request, status, title, str(body["detail"]))
    return JSONResponse(
        body | more, status_code=status, media_type=PROBLEM, headers={"Vary": "Accept-Language"}
    )


def _fault(part: dict[str, Any]) -> dict[str, str]:
    source, *path = (str(step) for step in part["loc"])
    told = {"code": str(part["type"]), "detail": str(part["msg"])}
    if source == "body":
        steps = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)
        return {"pointer": f"#{steps}", **told}
    return {"parameter": ".".join(path), "in": source, **told}
