"""The audit trail: who did what to whom or what, when; one deed a line, each a link of the one chain.

A deed names accounts, ids and counts and never a person's facts, so that it may be kept and handed to an
auditor whole. Its kinds are the code list `deed`. What may be questioned: deeds and the events of
cases stand in one chain (`audits.chain`), so that neither can be cut out between two of the other.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from audits import chain
from gis.errors import FileFormatError


@dataclass(frozen=True)
class Deed:
    """Something that somebody did.

    Attributes
    ----------
    by, role
        Name of the account and the role it acted in; `command line` for the machine's own administrator.
    kind
        Code of the list `deed`.
    subject
        What it was done to, as `kind:id`, such as `account:3f2…` or `layer:toilets`.
    facts
        Ids, codes, counts, reasons; values of JSON without anything personal.
    """

    at: datetime
    by: str
    role: str
    kind: str
    subject: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def deed_facts(deed: Deed) -> dict[str, Any]:
    """Return a deed as it is digested and exported."""
    return {
        "at": moment_text(deed.at), "by": deed.by, "role": deed.role, "kind": deed.kind,
        "subject": deed.subject, "facts": dict(deed.facts),
    }  # fmt: skip


def moment_text(moment: datetime) -> str:
    """Return a moment as it stands in a digest: UTC to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def written(records: Mapping[int, Mapping[str, Any]]) -> str:
    """Return records by their position in the chain as text, one JSON object a line."""
    lines = (
        json.dumps({"position": position, "record": records[position]}, ensure_ascii=False, sort_keys=True)
        for position in sorted(records)
    )
    return "".join(f"{line}\n" for line in lines)


def read(text: str, name: str) -> dict[int, dict[str, Any]]:
    """Return written records by position.

    Raises
    ------
    FileFormatError
        A line is no record; the message names it.
    """
    records = {}
    for number, line in enumerate(text.splitlines(), 1):
        try:
            told = json.loads(line)
            records[int(told["position"])] = dict(told["record"])
        except (ValueError, TypeError, KeyError) as error:
            raise FileFormatError(name, f"line {number} is no record of a trail") from error
    return records


def checked(chain_text: str, records: Iterable[tuple[str, str]]) -> tuple[int, list[chain.Fault]]:
    """Return the length of an exported chain and every fault of it and of the records exported with it.

    Parameters
    ----------
    records
        Names and texts of the files of records.

    Raises
    ------
    FileFormatError
        A file is not what an export writes.
    """
    links, head = chain.read(chain_text)
    digests: dict[int, str] = {}
    for name, text in records:
        found = read(text, name)
        digests |= {position: chain.content_digest(record) for position, record in found.items()}
    return len(links), chain.verified_export(links, head) + chain.faults_of_contents(links, digests)
