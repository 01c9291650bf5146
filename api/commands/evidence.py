"""`tantu audit photos` and `tantu audit clean`: evidence in, and what is wrong with the records."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from api.commands.console import Json, answer, facts, place, progress, say, table, word

if TYPE_CHECKING:
    from audits.cleaning import Score
    from audits.evidence import Cleaning, PhotoReport

TRUTH = ("visit_uid", "kind", "duplicate_of")


def register_evidence(audit: typer.Typer, app: typer.Typer) -> None:  # noqa: ARG001  every family is handed both
    """Add the commands."""
    audit.command("photos", help=word("command.audit_photos"))(take_photos)
    audit.command("clean", help=word("command.audit_clean"))(clean)


def take_photos(
    path: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER", help=word("option.photos"))],
    *,
    as_json: Json = False,
) -> None:
    """Store photos, and record what they show and what is doubtful about them."""
    from audits.evidence import keep_photos, record_photos

    here, now = place(), datetime.now(UTC)
    with progress(quiet=as_json) as advance:
        advance(word("evidence.photos", file=path.name), 0.1)
        kept = keep_photos(path, here.settings.media, now=now)
        with here.session() as session:
            report = record_photos(session, kept, now=now, by=here.settings.user)
    answer(_told(report), as_json=as_json, show=lambda: _show_photos(path, report))


def clean(
    file: Annotated[Path | None, typer.Argument(help=word("option.clean_file"))] = None,
    truth: Annotated[Path | None, typer.Option(help=word("option.truth"))] = None,
    mapping: Annotated[Path | None, typer.Option(help=word("option.mapping"))] = None,
    encoding: Annotated[str | None, typer.Option(help=word("option.encoding"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Find wrong positions and repeated visits; with --truth say how well."""
    from audits.cleaning import scores
    from audits.evidence import cleaned

    here = place()
    rows = None if file is None else _rows(file, mapping, encoding)
    known = None if truth is None else _truth(truth)
    with here.session(read_only=True) as session:
        found = cleaned(session, rows, metric_epsg=here.city.metric_epsg)
    scored = None if known is None else scores(found.kinds, found.repeats, known)
    unstored = 0 if known is None else int((~known["visit_uid"].isin(found.kinds["uid"])).sum())
    answer(
        _cleaning(found, scored) | {"not_examined": unstored},
        as_json=as_json,
        show=lambda: _show_cleaning(found, scored, unstored),
    )


def _rows(file: Path, mapping: Path | None, encoding: str | None) -> pd.DataFrame:
    """Return the rows of a table of audits with positions as they stand, swapped or not."""
    from api.commands.layers import read_options
    from audits.layer import AUDITS
    from gis.errors import MappingError, NotFoundError
    from gis.imports import prepare
    from gis.specs import Column

    if not file.is_file():
        raise NotFoundError("file", str(file))
    axes = (Column("lon", "float"), Column("lat", "float"))
    raw = replace(AUDITS, geometry="None", columns=(*AUDITS.columns, *axes), checks=())
    rows = prepare(raw, file, read_options(raw, mapping=mapping, encoding=encoding)).accepted
    missing = [name for name in ("lon", "lat") if name not in rows or rows[name].isna().all()]
    if missing:
        raise MappingError(
            f"{file.name} has no column '{missing[0]}' with numbers; name it in a mapping file."
        )
    return pd.DataFrame(rows)


def _truth(file: Path) -> pd.DataFrame:
    from gis.errors import NotFoundError, SchemaError
    from gis.files import read_table

    if not file.is_file():
        raise NotFoundError("file", str(file))
    known = read_table(file, frozenset(TRUTH)).astype(object)
    missing = [name for name in TRUTH if name not in known]
    if missing:
        raise SchemaError("truth", f"the column {missing[0]} is missing; it needs {', '.join(TRUTH)}")
    return known.mask(known.isin(["", None]), None)


def _told(report: "PhotoReport") -> dict[str, Any]:
    """Return the machine-readable answer."""
    return {
        "recorded": report.recorded,
        "unchanged": report.unchanged,
        "refused": [{"name": name, "code": code, "reason": why} for name, code, why in report.refused],
        "without_visit": report.without_visit,
        "reused": [
            {"name": name, "photo": photo, "visit": visit, "bits": bits}
            for name, photo, visit, bits in report.reused
        ],
        "doubtful": [
            {"name": name, "notes": notes, "disagreement_m": metres}
            for name, notes, metres in report.doubtful
        ],
    }


def _show_photos(path: Path, report: "PhotoReport") -> None:
    counts = {name: value if isinstance(value, int) else len(value) for name, value in _told(report).items()}
    facts(
        word("evidence.photos", file=path.name),
        {word(f"evidence.{name}"): count for name, count in counts.items()},
    )
    rows: list[tuple[str, str, str]] = [
        (name, word("evidence.refused"), why) for name, _, why in report.refused
    ]
    hint = word("evidence.without_visit_detail")
    rows += [(name, word("evidence.without_visit"), hint) for name in report.without_visit]
    for name, photo, visit, bits in report.reused:
        detail = word("evidence.reused_detail", photo=photo[:8], visit=visit or "—", bits=bits)
        rows.append((name, word("evidence.reused"), detail))
    for name, notes, metres in report.doubtful:
        told = "—" if metres is None else f"{metres:,.0f}"
        detail = word("evidence.doubtful_detail", notes=", ".join(notes), metres=told)
        rows.append((name, word("evidence.doubtful"), detail))
    if rows:
        table("", [word(f"evidence.{column}") for column in ("name", "what", "detail")], rows)


def _cleaning(found: "Cleaning", scored: "list[Score] | None") -> dict[str, Any]:
    """Return the machine-readable answer."""
    wrong = found.kinds[found.kinds["kind"] != "ok"]
    rows: list[dict[str, Any]] = [
        {"visit": uid, "kind": kind, "distance_m": _metres(distance), "mended_m": _metres(mended)}
        for uid, kind, distance, mended in wrong[["uid", "kind", "distance_m", "mended_m"]]
        .to_numpy()
        .tolist()
    ]
    rows += [
        {"visit": uid, "kind": "duplicate", "repeats": first, "same_share": share}
        for uid, first, share in found.repeats.to_numpy().tolist()
    ]
    kinds = {str(kind): int(count) for kind, count in found.kinds["kind"].value_counts().items()}
    return {
        "visits": len(found.kinds),
        "kinds": kinds | {"duplicate": len(found.repeats)},
        "found": rows,
        "scores": None if scored is None else [_score(score) for score in scored],
    }


def _score(score: "Score") -> dict[str, Any]:
    return asdict(score) | {"precision": score.precision, "recall": score.recall}


def _show_cleaning(found: "Cleaning", scored: "list[Score] | None", unstored: int) -> None:
    told = _cleaning(found, scored)
    counts = [(word(f"evidence.{kind}"), count) for kind, count in told["kinds"].items()]
    title = word("evidence.clean", visits=told["visits"])
    table(title, [word("evidence.kind"), word("evidence.count")], counts)
    if told["found"]:
        columns = ("visit", "kind", "distance", "mended", "repeats")
        table("", [word(f"evidence.{column}") for column in columns], [_wrong(row) for row in told["found"]])
    if scored is not None:
        headings = [word(f"evidence.{name}") for name in ("kind", "planted", "found", "right")]
        headings += [word("evidence.precision"), word("evidence.recall")]
        table(word("evidence.scores"), headings, [_scored(score) for score in scored])
    if unstored:
        say(word("evidence.unstored", count=unstored))


def _wrong(row: dict[str, Any]) -> list[object]:
    known = [row.get(name) for name in ("distance_m", "mended_m", "repeats")]
    return [row["visit"], word(f"evidence.{row['kind']}"), *known]


def _scored(score: "Score") -> list[object]:
    shares = [_share(score.precision), _share(score.recall)]
    return [word(f"evidence.{score.kind}"), score.planted, score.found, score.right, *shares]


def _metres(value: float) -> float | None:
    return None if pd.isna(value) else round(value, 1)


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"
