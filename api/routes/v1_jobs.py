"""Long work: asked for, followed, fetched and dismissed.

A job is asked for with 202 and its address; who asks again with the same `Idempotency-Key`, because an
answer was lost, gets the same job. A job belongs to whoever asked for it; to everybody else it is not there.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import FileResponse

from api import jobs
from api.auth import Caller
from api.deps import CallerDep, LanguageDep, NowDep, ReadDep, SessionDep, SettingsDep
from api.jobs import Owner
from api.jobs_files import clear_folder, job_file
from api.jobs_tables import Job
from api.schemas import NO_NUL
from api.schemas_jobs import FileOut, JobIn, JobOut, JobPage, LineOut
from audits.trail import Deed
from audits.trail_store import record
from gis.catalogue import Language, city, words
from gis.errors import ForbiddenError

router = APIRouter(prefix="/jobs", tags=["jobs"])

JobId = Annotated[str, Path(max_length=40, pattern=NO_NUL)]
# Who may ask for which kind. What shows homes or people of the whole city is for those whose role holds in
# the whole city; `admin` may ask for everything that is not about people.
ASKERS = {
    "plan": "planner housing",
    "cover": "planner housing reviewer auditor admin",
    "site": "planner admin",
    "import": "planner admin",
    "export": "planner housing reviewer auditor admin",
    "map": "clerk inspector reviewer housing planner auditor admin",
    "ledger": "planner housing reviewer auditor",
    "notice": "planner reviewer",
}
ABOUT_PEOPLE = {"people", "households"}


def owner_of(caller: Caller) -> Owner:
    """Return a caller as the owner of jobs and uploads."""
    return Owner(caller.uid, caller.name)


@router.post("", status_code=202)
def ask(
    *,
    asked: JobIn,
    response: Response,
    caller: CallerDep,
    session: SessionDep,
    settings: SettingsDep,
    now: NowDep,
    lang: LanguageDep,
    once: Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=60)] = None,
) -> JobOut:
    """Ask for long work; the answer names the address where it is followed.

    Raises
    ------
    ForbiddenError
        This kind of work is not for this role, or shows homes outside of its regions.
    """
    caller.need(*ASKERS[asked.kind].split())
    payload = asked.model_dump(mode="json")
    if _about_homes(payload) and not caller.covers(city(settings.city).code):
        raise ForbiddenError("This shows homes of the whole city; your role holds in a part of it.")
    name = None if once is None else f"{caller.uid} {once}"
    job = jobs.ask(session, asked.kind, payload, owner=owner_of(caller), now=now, once=name)
    if asked.kind in {"import", "export", "ledger"}:
        kind = "imported" if asked.kind == "import" else "exported"
        facts = {"job": job.uid, "unmasked": bool(payload.get("unmasked"))}
        subject = f"layer:{payload.get('layer', payload.get('of'))}"
        record(session, Deed(now, caller.name, caller.role, kind, subject, facts))
    response.headers["Location"] = f"/api/v1/jobs/{job.uid}"
    return told(job, lang)


@router.get("")
def listed(
    *,
    caller: CallerDep,
    session: ReadDep,
    lang: LanguageDep,
    state: Annotated[str | None, Query(pattern="^(queued|running|done|failed|dismissed)$")] = None,
    after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobPage:
    """List one's own jobs, the newest first."""
    found = jobs.jobs_page(session, owner=caller.uid, state=state, after=after, limit=limit)
    more = f"&state={state}" if state else ""
    following = f"/api/v1/jobs?limit={limit}&after={found[-1].id}{more}" if len(found) == limit else None
    return JobPage(jobs=[told(job, lang) for job in found], next=following)


@router.get("/{uid}")
def shown(uid: JobId, caller: CallerDep, session: ReadDep, lang: LanguageDep, response: Response) -> JobOut:
    """Say where a job stands; while it runs, `Retry-After` says when to ask again."""
    job = jobs.job_of(session, uid, owner=caller.uid)
    if job.ended_at is None:
        response.headers["Retry-After"] = "2"
    return told(job, lang)


@router.get("/{uid}/log")
def log(uid: JobId, caller: CallerDep, session: ReadDep, lang: LanguageDep) -> list[LineOut]:
    """List what happened to a job."""
    job = jobs.job_of(session, uid, owner=caller.uid)
    return [
        LineOut(at=line.at, step=line.step, message=_message(line.step, lang), detail=line.detail)
        for line in jobs.log_of(session, job)
    ]


@router.get("/{uid}/files/{name}", response_class=FileResponse)
def file(
    uid: JobId,
    name: Annotated[str, Path(max_length=120, pattern=NO_NUL)],
    caller: CallerDep,
    session: ReadDep,
    settings: SettingsDep,
) -> FileResponse:
    """Fetch a file that a job made; always as an attachment.

    Raises
    ------
    NotFoundError
        The job made no such file.
    """
    job = jobs.job_of(session, uid, owner=caller.uid)
    return FileResponse(
        job_file(settings, job.uid, name), filename=name, media_type="application/octet-stream",
        content_disposition_type="attachment",
    )  # fmt: skip


@router.delete("/{uid}")
def dismiss(
    *,
    uid: JobId,
    caller: CallerDep,
    session: SessionDep,
    settings: SettingsDep,
    now: NowDep,
    lang: LanguageDep,
) -> JobOut:
    """End a job that is not wanted any more; what it computed is dropped.

    Raises
    ------
    ConflictError
        It has ended already.
    """
    job = jobs.job_of(session, uid, owner=caller.uid)
    jobs.dismiss(session, job, now=now)
    clear_folder(settings, job.uid)
    return told(job, lang)


def told(job: Job, lang: Language) -> JobOut:
    """Return a job as it is answered."""
    result: dict[str, Any] | None = None if job.result is None else dict(job.result)
    files = [] if result is None else result.pop("files", [])
    href = f"/api/v1/jobs/{job.uid}"
    return JobOut(
        id=job.uid, kind=job.kind, state=job.state, progress=job.share, step=job.step,
        message=_message(job.step, lang), created_at=job.created_at, started_at=job.started_at,
        ended_at=job.ended_at, result=result, problem=job.problem, href=href,
        files=[FileOut(**one, href=f"{href}/files/{one['name']}") for one in files],
        kept_until=None if job.ended_at is None else job.ended_at + jobs.KEPT,
    )  # fmt: skip


def _about_homes(payload: dict[str, Any]) -> bool:
    return (
        payload["kind"] in {"plan", "import"}
        or payload.get("layer") in ABOUT_PEOPLE
        or payload.get("of") == "plan"
        or bool(payload.get("office"))
    )


def _message(step: str, lang: Language) -> str:
    return words(lang, "jobs").get(f"step.{step}", step)
