"""Brings a file into the database of the settings: prepared outside any transaction, written in one."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.commands.console import Place
from api.keys import cipher
from api.registry import layer, writer
from gis import imports, store
from gis.intake import ImportOptions, Prepared


@dataclass(frozen=True)
class Loaded:
    """What came of an import, or what would have come of it (`report` is None)."""

    layer: str
    prepared: Prepared
    report: imports.ImportReport | None
    quarantine_file: Path | None

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
    known = layer(name)
    secret = cipher(here.settings) if known.needs_key else None
    west, south, east, north = here.city.facts["bbox"]
    bounded = replace(options, bounds=(west, south, east, north))
    prepared = imports.prepare(known.spec, path, bounded)
    aside = imports.write_quarantine(prepared, path)
    if dry_run:
        return Loaded(name, prepared, None, aside)
    with here.session() as session:
        regions = None if name == "regions" else store.layer(session, "regions")
        report = imports.commit(
            session,
            prepared,
            regions=regions,
            write=writer(name, secret),
            now=datetime.now(UTC),
            by=here.settings.user,
        )
    return Loaded(name, prepared, report, aside)
