"""Scripts, styles and pictures of the pages."""

from fastapi import APIRouter, Request, Response

from api import assets

router = APIRouter(include_in_schema=False)

A_YEAR = "public, max-age=31536000, immutable"


@router.get("/assets/{name:path}")
def asset(name: str, request: Request) -> Response:
    """Answer one file; for good where the address carries the digest of its content.

    Raises
    ------
    NotFoundError
        There is no such asset.
    """
    body = assets.content(name)
    tag = f'"{assets.digest(name)}"'
    kept = request.query_params.get("v") == assets.digest(name)
    headers = {"ETag": tag, "Cache-Control": A_YEAR if kept else "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=assets.media_type(name), headers=headers)
