"""Which refusal is which HTTP status; the only place that knows (RFC 9457, problem+json)."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gis.errors import (
    ConflictError,
    DomainError,
    FileTooLargeError,
    InputError,
    NotFoundError,
    SetupError,
    TantuError,
)

# The first class that fits decides, so a subclass stands before its parent.
STATUSES: tuple[tuple[type[TantuError], int], ...] = (
    (FileTooLargeError, 413),
    (InputError, 400),
    (NotFoundError, 404),
    (ConflictError, 409),
    (DomainError, 422),
    (SetupError, 503),
    (TantuError, 500),
)


def status_of(error: TantuError) -> int:
    """Return the HTTP status of a refusal."""
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def add_problems(app: FastAPI) -> None:
    """Make every refusal of the service a problem document."""

    @app.exception_handler(TantuError)
    def refused(request: Request, error: TantuError) -> JSONResponse:
        return _problem(request, status_of(error), error.code, str(error))

    @app.exception_handler(HTTPException)
    def not_served(request: Request, error: HTTPException) -> JSONResponse:
        return _problem(request, error.status_code, "http", str(error.detail))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        where = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
        return _problem(request, 400, "input", where)


def _problem(request: Request, status: int, code: str, detail: str) -> JSONResponse:
    body = {"type": f"about:blank#{code}", "title": code, "status": status, "detail": detail}
    return JSONResponse(
        body | {"code": code, "instance": request.url.path},
        status_code=status,
        media_type="application/problem+json",
    )
