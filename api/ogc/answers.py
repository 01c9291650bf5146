"""How the OGC API answers: who may keep an answer how long, and 304 for what the client has already."""

from hashlib import blake2b
from typing import Any

import orjson
from fastapi import Request, Response

PUBLIC = "public, max-age=60"
PRIVATE = "private, no-store"


def answer(
    request: Request, body: bytes, media_type: str, *, public: bool, headers: dict[str, str] | None = None
) -> Response:
    """Return a body with its mark (ETag), or 304 where the client has the same.

    Parameters
    ----------
    public
        Whether caches on the way may keep it; what a role sees is kept nowhere.
    """
    mark = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    said = {"ETag": mark, "Cache-Control": PUBLIC if public else PRIVATE, **(headers or {})}
    asked = request.headers.get("if-none-match")
    if asked is not None and _same(mark, asked):
        return Response(status_code=304, headers=said)
    return Response(body, media_type=media_type, headers=said)


def document(
    request: Request, content: dict[str, Any], *, public: bool, media_type: str = "application/json"
) -> Response:
    """Return a document in the language of the caller."""
    return answer(
        request, orjson.dumps(content), media_type, public=public, headers={"Vary": "Accept-Language, Cookie"}
    )


def base_of(request: Request) -> str:
    """Return the address of the API as the client wrote it."""
    return f"{request.base_url}ogc"


def _same(mark: str, asked: str) -> bool:
    return asked.strip() == "*" or mark in {one.strip().removeprefix("W/") for one in asked.split(",")}
