"""The audit trail, for auditors and administrators: read page by page, or exported whole as proof."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.deeds import done, exported
from api.deps import CallerDep, NowDep, ReadDep, SessionDep
from api.schemas import NO_NUL
from audits.case_integrity import checked_chain
from audits.trail import deed_facts
from audits.trail_store import Sought, deeds

router = APIRouter(prefix="/api/v1/trail", tags=["trail"])

LARGEST_POSITION = 2**53


class TrailQuery(BaseModel):
    """Which deeds; the newest first, those before a position."""

    model_config = ConfigDict(extra="forbid")
    by: Annotated[str, Field(max_length=80, pattern=NO_NUL)] | None = None
    kind: Annotated[str, Field(max_length=30, pattern=r"^[a-z_]*$")] | None = None
    subject: Annotated[str, Field(max_length=120, pattern=NO_NUL)] | None = None
    since: AwareDatetime | None = None
    before: Annotated[int, Field(ge=1, le=LARGEST_POSITION)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


@router.get("")
def trail(asked: Annotated[TrailQuery, Query()], session: ReadDep) -> dict[str, Any]:
    """Return deeds with their position in the chain; `next` is the position to go on before."""
    sought = Sought(asked.by, asked.kind, asked.subject, asked.since, asked.before)
    found = deeds(session, sought, asked.limit + 1)
    page = found[: asked.limit]
    return {
        "deeds": [{"position": position, **deed_facts(deed)} for position, deed in page],
        "next": page[-1][0] if len(found) > asked.limit else None,
    }


@router.get("/check")
def check(session: ReadDep) -> dict[str, Any]:
    """Check the whole chain: deeds, events of cases, and the cases they add up to."""
    found = checked_chain(session)
    faults = [{"position": fault.position, "why": fault.why} for fault in found.faults]
    return {
        "whole": found.whole, "links": found.links, "head": found.head, "faults": faults,
        "altered": list(found.altered),
    }  # fmt: skip


@router.get("/export", response_class=Response)
def export(caller: CallerDep, session: SessionDep, now: NowDep) -> Response:
    """Return the trail as a zip that proves itself; the export is itself a deed, the last one in it."""
    done(session, caller, now, "exported", "trail:whole")
    headers = {"Content-Disposition": 'attachment; filename="tantu-trail.zip"'}
    return Response(exported(session), media_type="application/zip", headers=headers)
