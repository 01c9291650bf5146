"""Brings a file into the database of the settings: prepared outside any transaction, written in one."""

from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from api.commands.console import Place
from api.registry import layer, writer
from api.unlocking import unlocked
from gis import imports, store
from gis.intake import ImportOptions, Prepared
from gis.specs import RowIssue
from gis.units import count_notes
from planner.secrecy import Cipher

UNITS = {"village": "villages", "community": "communities"}  # kind to the fact of the city that counts it


@dataclass(frozen=True)
class Loaded:
    """What came of an import, or what would have come of it (`report` is None)."""

    layer: str
    prepared: Prepared
    report: imports.ImportReport | None
    quarantine_file: Path | None
    remarks: tuple[RowIssue, ...] = ()

    def found(self) -> list[dict[str, Any]]:
        """Return what was said of the file, its rows and the layer it went into, alike rows as one."""
        placing = () if self.report is None else self.report.placing
        issues = [*self.prepared.issues, *placing, *self.remarks]
        kinds = [
            (issue.action, issue.reason, issue.column, "" if issue.row else issue.detail) for issue in issues
        ]
        first = {kind: issue.detail for kind, issue in zip(reversed(kinds), reversed(issues), strict=True)}
        names = ("action", "reason", "column")
        return [
            {**dict(zip(names, kind, strict=False)), "count": count, "detail": first[kind]}
            for kind, count in Counter(kinds).most_common()
        ]

    def told(self) -> dict[str, Any]:
        """Return the machine-readable answer."""
        prepared, report = self.prepared, self.report
        return {
            "layer": self.layer,
            "read": prepared.read,
            "accepted": len(prepared.accepted) if report is None else report.accepted,
            "unchanged": 0 if report is None else report.unchanged,
            "repaired": prepared.repaired,
            "quarantined": prepared.count("quarantined"),
            "merged": prepared.count("merged"),
            "quarantine_file": str(self.quarantine_file) if self.quarantine_file else None,
            "batch": None if report is None else report.batch,
            "known": report is not None and report.known,
            "proposals": prepared.proposals,
            "notes": [found for found in self.found() if found["action"] == "noted"],
        }


def load_file(here: Place, name: str, path: Path, options: ImportOptions, *, dry_run: bool = False) -> Loaded:
    """Import a file into a layer, or say what an import would do.

    Raises
    ------
    InputError
        The file or what was declared of it cannot be used.
    KeyMissingError
        The layer is encrypted and there is no key.
    """
    prepared = prepare_file(here, name, path, options)
    aside = _set_aside(prepared, path)
    if dry_run:
        return Loaded(name, prepared, None, aside)
    reading = unlocked(here, "import") if layer(name).needs_key else nullcontext()
    with reading as secret, here.session() as session:
        return commit_file(session, here, prepared, secret, by=here.settings.user, aside=aside)


def prepare_file(here: Place, name: str, path: Path, options: ImportOptions) -> Prepared:
    """Read a file as rows of a layer; needs no database, so that it can be done in a confined process.

    Raises
    ------
    InputError
        The file or what was declared of it cannot be used.
    """
    west, south, east, north = here.city.facts["bbox"]
    return imports.prepare(layer(name).spec, path, replace(options, bounds=(west, south, east, north)))


def commit_file(
    session: Session,
    here: Place,
    prepared: Prepared,
    secret: Cipher | None,
    *,
    by: str,
    aside: Path | None = None,
) -> Loaded:
    """Write a prepared file in the caller's transaction; `aside` is where its quarantined rows are."""
    name = prepared.spec.name
    regions = None if name == "regions" else store.layer(session, "regions")
    report = imports.commit(
        session, prepared, regions=regions, write=writer(name, secret), now=datetime.now(UTC), by=by
    )
    remarks = _differing_counts(here, session) if name == "regions" else ()
    return Loaded(name, prepared, report, aside, remarks)


def _set_aside(prepared: Prepared, path: Path) -> Path | None:
    """Write the rows kept aside beside their file or, where nobody may write there, in the current folder."""
    try:
        return imports.write_quarantine(prepared, path)
    except OSError:
        return imports.write_quarantine(prepared, Path.cwd() / path.name)


def _differing_counts(here: Place, session: Session) -> tuple[RowIssue, ...]:
    """Return where the villages and communities of the layer are not as many as the city's plan states."""
    regions = store.layer(session, "regions")
    live = regions[regions["valid_to"].isna()]
    facts = here.city.facts.get("facts", {})
    stated = {kind: facts[name] for kind, name in UNITS.items() if name in facts}
    return tuple(count_notes(live, stated)) if (live["level"] == "village").any() else ()
