"""What each kind of job does: reads in one short transaction, computes outside, hands back what to write.

The kinds are those of `api.schemas_jobs` and the ones the service asks of itself (`api.uploads_work`).
Files that a job makes lie in a folder of its own under the media folder until the job is forgotten.
"""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api import access, coverage_told
from api.commands.console import Place, today
from api.commands.coverage import conditions, read_layers
from api.commands.exchange import findings_ledger, notice_file
from api.commands.layers import write_export
from api.commands.maps import map_view
from api.commands.siting import proposal_told
from api.confining import confined
from api.jobs_files import file_facts, job_folder
from api.jobs_worker import Finish, Handler, Task
from api.keys import cipher
from api.loading import Loaded, commit_file, prepare_file
from api.registry import layer as known_layer
from api.schemas_jobs import CoverJob, ExportJob, ImportJob, LedgerJob, MapJob, NoticeJob, PlanJob, SiteJob
from api.sites import Wanted, propose
from api.unlocking import Reading, record_reading, unlocked
from api.uploads import received_file
from api.uploads_work import photo
from gis.catalogue import codelist
from gis.imports import write_quarantine
from gis.intake import ImportOptions
from gis.mapping import mapping_from_toml
from maps import render
from planner import ledgers, service
from planner.coverage import changed, norm
from planner.groups import members
from planner.secrecy import CountingCipher


def plan(task: Task) -> Finish:
    """Choose the homes of every year and keep the plan as a draft."""
    said = PlanJob.model_validate(task.payload)
    here = Place(task.settings)
    options = service.PlanOptions(**said.model_dump(exclude={"kind"}))
    task.tell("assess", 0.0)
    with (
        unlocked(here, "plan", by=task.owner.name, role="job") as secret,
        here.session(read_only=True) as session,
    ):
        assessment = service.assess(session, secret, on=today(), city_id=here.city.id)
    task.tell("solve", 0.1)
    draft = service.make_plan(
        assessment, options, progress=lambda _step, share: task.tell("solve", 0.1 + 0.8 * share)
    )
    return lambda session: service.saved_plan(
        session, service.save_plan(session, draft, now=datetime.now(UTC))
    ).told()


def cover(task: Task) -> Finish:
    """Measure who reaches a service."""
    said = CoverJob.model_validate(task.payload)
    codelist("coverage_group")[said.group]
    wanted = changed(norm(said.service), mode=said.mode, within=said.within)
    task.tell("read", 0.1)
    layers = read_layers(Place(task.settings), said.group)
    task.tell("measure", 0.4)
    who = None if said.group == "all" else members(layers.people, said.group, on=today())
    under = conditions(Place(task.settings))
    measured = access.measure(layers, [wanted], who, under=under)[0]
    told = coverage_told.told(measured, layers.regions, said.group)
    return lambda _session: told


def site(task: Task) -> Finish:
    """Propose new sites of a service."""
    said = SiteJob.model_validate(task.payload)
    wanted = changed(norm(said.service), mode=said.mode, within=said.within)
    task.tell("read", 0.1)
    layers = read_layers(Place(task.settings), "all")
    task.tell("solve", 0.4)
    under = conditions(Place(task.settings))
    told = proposal_told(propose(layers, wanted, Wanted(said.new, said.model), under=under))
    return lambda _session: told


def import_file(task: Task) -> Finish:
    """Import an uploaded file; it is parsed in a confined process."""
    said = ImportJob.model_validate(task.payload)
    here = Place(task.settings)
    spec = known_layer(said.layer).spec
    options = ImportOptions(
        datum=said.datum,
        epsg=said.epsg,
        encoding=said.encoding,
        mapping=mapping_from_toml(said.mapping, spec),
    )
    with here.session(read_only=True) as session:
        file = received_file(session, here.settings, said.upload, owner=task.owner.uid)
    task.tell("parse", 0.1)

    def read(folder: Path) -> Any:  # noqa: ANN401  the prepared file
        named = folder / file.name
        named.symlink_to(file.path.resolve())  # readers go by the ending of the name
        return prepare_file(here, said.layer, named, options)

    prepared = confined(read, file.name)
    folder = _made(task)
    aside = write_quarantine(prepared, folder / Path(file.name).name)
    task.tell("write", 0.6)
    if said.dry_run:
        told = Loaded(said.layer, prepared, None, aside).told()
        return lambda _session: _with_files(task, told | {"quarantine_file": aside and aside.name})
    secret = CountingCipher(cipher(here.settings)) if known_layer(said.layer).needs_key else None

    def write(session: Any) -> dict[str, Any]:  # noqa: ANN401  a Session
        reading = Reading("import", f"layer:{said.layer}", task.owner.name, "job")
        if secret is not None:
            record_reading(session, reading, step="opened")
        told = commit_file(session, here, prepared, secret, by=task.owner.name, aside=aside).told()
        if secret is not None:
            record_reading(session, reading, step="closed", columns=secret.counts())
        return _with_files(task, told | {"quarantine_file": aside and aside.name})

    return write


def export(task: Task) -> Finish:
    """Write a layer into a file."""
    said = ExportJob.model_validate(task.payload)
    return _file(task, f"{said.layer}{said.ending}", lambda file: write_export(
        Place(task.settings), said.layer, file)[0])  # fmt: skip


def draw(task: Task) -> Finish:
    """Draw a map into a file."""
    said = MapJob.model_validate(task.payload)
    here = Place(task.settings.model_copy(update={"lang": said.lang}))

    def write(file: Path) -> dict[str, Any]:
        file.write_text(render.html(map_view(here, said.name, office=said.office), said.lang), "utf-8")
        return {"map": said.name}

    return _file(task, f"{said.name}.{said.lang}.html", write)


def ledger(task: Task) -> Finish:
    """Write a ledger."""
    said = LedgerJob.model_validate(task.payload)
    here = Place(task.settings.model_copy(update={"lang": said.lang}))

    def write(file: Path) -> dict[str, Any]:
        if said.of == "findings":
            return {"findings": findings_ledger(here, file)}
        with (
            unlocked(here, "ledger", by=task.owner.name, role="job") as secret,
            here.session(read_only=True) as session,
        ):
            kept = service.saved_plan(session)
            contents = service.ledger(session, secret, kept, masked=not said.unmasked)
        return {"plan": kept.id, "homes": ledgers.write_ledger(contents, file, said.lang)}

    return _file(task, f"{said.of}.xlsx", write)


def notice(task: Task) -> Finish:
    """Write a notice of rectification."""
    said = NoticeJob.model_validate(task.payload)
    here = Place(task.settings.model_copy(update={"lang": said.lang}))
    facts = said.model_dump(include={"addressee", "due_on", "office", "number", "contact"})
    return _file(
        task,
        "notice.pdf",
        lambda file: {"findings": notice_file(here, said.layer, said.place, file, **facts)},
    )


HANDLERS: dict[str, Handler] = {
    "plan": plan, "cover": cover, "site": site, "import": import_file, "export": export, "map": draw,
    "ledger": ledger, "notice": notice, "photo": photo,
}  # fmt: skip


def _made(task: Task) -> Path:
    folder = job_folder(task.settings, task.uid)
    shutil.rmtree(folder, ignore_errors=True)  # what an attempt that died has left
    folder.mkdir(parents=True)
    return folder


def _file(task: Task, name: str, write: Callable[[Path], dict[str, Any]]) -> Finish:
    """Let a job write its one file; the result is what the writer says, without the path."""
    task.tell("draw", 0.2)
    told = write(_made(task) / name)
    told.pop("file", None)
    return lambda _session: _with_files(task, told)


def _with_files(task: Task, told: dict[str, Any]) -> dict[str, Any]:
    return told | {"files": file_facts(task.settings, task.uid)}
