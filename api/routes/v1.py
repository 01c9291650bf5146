"""The JSON interface of the offices and of phones: every family of routes under /api/v1."""

from fastapi import APIRouter

from api.routes import v1_cases, v1_jobs, v1_lists, v1_uploads, v1_visits

router = APIRouter(prefix="/api/v1")
for family in (v1_jobs, v1_uploads, v1_visits, v1_cases, v1_lists):
    router.include_router(family.router)
