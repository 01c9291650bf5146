"""The JSON interface of the offices and of phones: every family of routes under /api/v1.

What may be questioned: a query parameter that a route does not know is refused, since a filter with a slip in
its name would otherwise answer with everything.
"""

from collections.abc import Iterator

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from api.routes import v1_cases, v1_jobs, v1_lists, v1_uploads, v1_visits
from gis.errors import InputError


def known_parameters(request: Request) -> None:
    """Refuse a query parameter that the route does not know.

    Raises
    ------
    InputError
        There is one; the message lists those that are known.
    """
    known = set(_parameters(request.scope["route"].dependant))
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise InputError(
            f"There is no parameter {unknown[0][:40]!r}; known are: {', '.join(sorted(known)) or 'none'}"
        )


def _parameters(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        kind = parameter.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield parameter.alias
    for below in dependant.dependencies:
        yield from _parameters(below)


router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])
for family in (v1_jobs, v1_uploads, v1_visits, v1_cases, v1_lists):
    router.include_router(family.router)
