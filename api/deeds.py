"""Recording what a caller did, and the trail as a file that proves itself away from this database.

A route records with `done(session, caller, now, "exported", "layer:toilets", rows=120)`, last in its
transaction; the kinds are the code list `deed`. An exported trail is a zip of the chain, the deeds, the
events of cases and a page that says how to check it; `tantu trail check FILE` needs no database.
"""

import io
import zipfile
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api.auth import Caller
from audits import chain, event_store, trail, trail_store
from audits.trail import Deed
from gis.errors import FileFormatError
from gis.limits import MB
from planner import works_store

CHAIN, READ_ME = "chain.txt", "README.txt"
DEEDS, EVENTS, WORKS = RECORDS = ("deeds.jsonl", "case_events.jsonl", "works_events.jsonl")
LARGEST = 500 * MB  # unpacked
EXPLAINED = """坦途审计留痕导出 / Exported audit trail of Tantu

chain.txt           序号、记录摘要、链摘要 / position, digest of the record, digest of the chain
deeds.jsonl         谁在何时做了什么 / who did what, when
case_events.jsonl   案件事件 / events of cases
works_events.jsonl  改造事件 / events of the works of homes

记录摘要 = SHA-256（记录的 JSON：键排序、无空格、UTF-8）。
链摘要 = SHA-256（前一链摘要、换行、序号、换行、记录摘要）。
A record's digest is the SHA-256 of its JSON (keys sorted, no spaces, UTF-8); a chain digest is the SHA-256
of the chain digest before it, the position and the record's digest, joined by line feeds.

核验 / to check: tantu trail check FILE
"""


def done(session: Session, caller: Caller, now: datetime, kind: str, subject: str, **facts: Any) -> None:  # noqa: ANN401 - JSON
    """Record that a caller did something; facts are ids, codes and counts, never personal.

    Raises
    ------
    CodeError
        The kind is not in the list `deed`.
    """
    trail_store.record(session, Deed(now, caller.name or caller.role, caller.role, kind, subject, facts))


def exported(session: Session) -> bytes:
    """Return the whole trail as a zip."""
    members = {
        CHAIN: chain.written(event_store.links(session)),
        DEEDS: trail.written(trail_store.records(session)),
        EVENTS: trail.written(event_store.event_records(session)),
        WORKS: trail.written(works_store.event_records(session)),
        READ_ME: EXPLAINED,
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


def checked(packed: bytes, name: str) -> tuple[int, list[chain.Fault]]:
    """Return the length of an exported trail and everything that is wrong with it.

    Raises
    ------
    FileFormatError
        It is no exported trail.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise FileFormatError(name, "it unpacks to more than an exported trail may")
            links, *records = (archive.read(part).decode() for part in (CHAIN, *RECORDS))
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
        raise FileFormatError(name, "it is no zip that `tantu trail export` wrote") from error
    return trail.checked(links, zip(RECORDS, records, strict=True))
