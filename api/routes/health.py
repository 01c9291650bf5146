"""Whether the service answers for its database, and what it offers."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text

from api.deps import ReadDep

router = APIRouter(tags=["health"])


@router.get("/health", response_class=PlainTextResponse)
def health(session: ReadDep) -> str:
    """Answer `ok` where the database answers."""
    session.execute(text("SELECT 1"))
    return "ok"


@router.get("/metrics", include_in_schema=False, response_class=Response)
def metrics(request: Request) -> Response:
    """Return the figures of the service for Prometheus, which signs in with a token of its own."""
    return Response(request.app.state.figures.text(), media_type=CONTENT_TYPE_LATEST)


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> dict[str, Any]:
    """Describe every route of the service (OpenAPI 3.1)."""
    described: dict[str, Any] = request.app.openapi()
    return described
