"""`tantu layers`, `import`, `imports`, `export`: what a layer holds, files in, batches back, files out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.console import Json, Place, answer, facts, place, progress, say, table, word
from gis.errors import NotFoundError

if TYPE_CHECKING:
    from api.loading import Loaded
    from audits.exchange.carry import CarryReport
    from gis.intake import ImportOptions
    from gis.specs import Column, LayerSpec

SHOWN_ISSUES = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("layers", help=word("command.layers"))(dictionary)
    app.command("import", help=word("command.import"))(import_layer)
    imports = typer.Typer(help=word("command.imports"), invoke_without_command=True)
    imports.callback()(list_imports)
    imports.command("undo", help=word("command.undo"))(undo_import)
    app.add_typer(imports, name="imports")
    app.command("export", help=word("command.export"))(export_layer)


def dictionary(
    layer: Annotated[str | None, typer.Argument(help=word("option.layer"))] = None, *, as_json: Json = False
) -> None:
    """Say which columns a layer has: the data dictionary that another office maps its file to."""
    from api.registry import REGISTRY
    from api.registry import layer as known_layer

    specs = [known_layer(layer).spec] if layer else [known.spec for known in REGISTRY.values()]
    told = [
        {
            "layer": spec.name,
            "geometry": spec.geometry,
            "columns": [_defined(column) for column in spec.columns],
        }
        for spec in specs
    ]
    answer(told, as_json=as_json, show=lambda: _show_dictionary(told))


def _defined(column: "Column") -> dict[str, Any]:
    from gis.catalogue import codelist

    return {
        "name": column.name,
        "kind": column.kind,
        "required": column.required,
        "personal": column.personal,
        "unit": column.unit or None,
        "codes": list(codelist(column.codes).codes) if column.codes else None,
        "low": column.low,
        "high": column.high,
        "length": column.length if column.kind == "text" else None,
        "also_called": [*column.aliases, *column.synonyms],
    }


def _show_dictionary(told: list[dict[str, Any]]) -> None:
    names = ("name", "kind", "required", "personal", "unit", "codes", "also_called")
    for spec in told:
        rows = [
            [" ".join(value) if isinstance(value, list) else value for value in map(column.get, names)]
            for column in spec["columns"]
        ]
        title = word("layers.title", layer=spec["layer"], geometry=spec["geometry"])
        table(title, [word(f"layers.{name}") for name in names], rows)


def import_layer(
    layer: Annotated[str, typer.Argument(help=word("option.layer"))],
    file: Annotated[Path, typer.Argument(help=word("option.file"))],
    datum: Annotated[str | None, typer.Option(help=word("option.datum"))] = None,
    crs: Annotated[int | None, typer.Option(help=word("option.crs"))] = None,
    mapping: Annotated[Path | None, typer.Option(help=word("option.mapping"))] = None,
    encoding: Annotated[str | None, typer.Option(help=word("option.encoding"))] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=word("option.dry_run"))] = False,
    as_json: Json = False,
) -> None:
    """Import a layer; with --dry-run read and check only."""
    from api.loading import load_file
    from api.registry import layer as known_layer

    spec = known_layer(layer).spec
    here = place()
    options = read_options(spec, datum=datum, epsg=crs, mapping=mapping, encoding=encoding)
    with progress(quiet=as_json) as advance:
        advance(word("demo.import", layer=layer), 0.1)
        done = load_file(here, layer, file, options, dry_run=dry_run)
    answer(done.told(), as_json=as_json, show=lambda: _show_import(done))


def read_options(
    spec: "LayerSpec",
    *,
    datum: str | None = None,
    epsg: int | None = None,
    mapping: Path | None = None,
    encoding: str | None = None,
) -> "ImportOptions":
    """Return what a user declared about a file.

    Raises
    ------
    NotFoundError
        There is no such mapping file.
    MappingError
        The mapping file does not fit the layer.
    """
    from gis.intake import ImportOptions
    from gis.mapping import mapping_from_toml

    if mapping is not None and not mapping.is_file():
        raise NotFoundError("file", str(mapping))
    text = mapping.read_text(encoding="utf-8-sig") if mapping else ""
    declared = mapping_from_toml(text, spec)
    return ImportOptions(datum=datum, epsg=epsg, mapping=declared, encoding=encoding)


def _show_import(done: "Loaded") -> None:
    told, prepared = done.told(), done.prepared
    names = ("read", "accepted", "unchanged", "repaired", "quarantined", "merged", "quarantine_file", "batch")
    values = {word(f"import.{name}"): told[name] for name in names if told[name] is not None}
    facts(word("import.title", layer=told["layer"], file=prepared.file_name), values)
    columns = ("action", "reason", "column", "count", "detail")
    rows = [[found[name] for name in columns] for found in done.found()[:SHOWN_ISSUES]]
    if rows:
        table(word("import.issues"), [word(f"import.{name}") for name in columns], rows)
    if prepared.proposed_mapping:
        say(word("import.proposals"))
        say(prepared.proposed_mapping)
    if told["known"]:
        say(word("import.known", batch=told["batch"]))
    elif told["batch"] is None:
        say(word("import.dry"))


def list_imports(ctx: typer.Context, *, as_json: Json = False) -> None:
    """List the import batches, the newest first."""
    from gis.store import batches

    if ctx.invoked_subcommand:
        return
    with place().session() as session:
        told = [
            {
                "batch": batch.id,
                "layer": batch.layer,
                "file": batch.file_name,
                "when": batch.imported_at,
                "read": batch.read,
                "accepted": batch.accepted,
                "quarantined": batch.quarantined,
                "state": batch.state,
            }
            for batch in batches(session)
        ]
    columns = ("batch", "layer", "file", "when", "accepted", "quarantined", "state")
    headings = [word(f"imports.{column}") for column in columns]
    answer(
        told,
        as_json=as_json,
        show=lambda: table(word("imports.title"), headings, [[row[c] for c in columns] for row in told]),
    )


def undo_import(
    batch: Annotated[int, typer.Argument(help=word("option.batch"))], *, as_json: Json = False
) -> None:
    """Take a whole batch back."""
    from api.registry import BATCH_TABLES
    from gis.store import undo_batch

    with place().session() as session:
        rows = undo_batch(session, batch, tables=BATCH_TABLES)
    told = {"batch": batch, "rows": rows}
    answer(told, as_json=as_json, show=lambda: say(word("imports.undone", **told)))


def export_layer(
    layer: Annotated[str, typer.Argument(help=word("option.layer"))],
    file: Annotated[Path, typer.Argument(help=word("option.file"))],
    *,
    as_json: Json = False,
) -> None:
    """Write a layer in the format of the file's ending."""
    from api.commands.exchange import show_report

    told, report = write_export(place(), layer, file)

    def show() -> None:
        if report is not None:
            show_report(report, file)
        else:
            say(word("export.done", rows=told["rows"], file=file))

    answer(told, as_json=as_json, show=show)


def write_export(here: Place, layer: str, file: Path) -> tuple[dict[str, Any], "CarryReport | None"]:
    """Write a layer by the ending of the file, in the formats of other systems with what inspections found.

    Returns
    -------
    tuple
        The machine-readable answer, and for a format of another system what it could not carry.
    """
    from api.commands.exchange import carried, inspected
    from audits.exchange import ENDINGS, write
    from gis.files import write_layer

    rows = _exported(here, layer)
    if not file.name.lower().endswith(ENDINGS):
        write_layer(rows, file)
        return {"layer": layer, "rows": len(rows), "file": str(file)}, None
    report = write(layer, rows, file, **inspected(here, layer))
    return {"layer": layer, "rows": report.carried, "file": str(file)} | carried(report), report


def _exported(here: Place, layer: str) -> Any:  # noqa: ANN401 - a frame with or without geometry
    from api.registry import layer as known_layer
    from api.unlocking import unlocked
    from audits.store import assets, measurements
    from gis import store
    from planner.register_service import read_home_visits
    from planner.service import read_people

    if known_layer(layer).needs_key:
        with unlocked(here, "export") as secret, here.session(read_only=True) as session:
            return (read_home_visits if layer == "homevisits" else read_people)(session, secret)
    with here.session(read_only=True) as session:
        if layer == "audits":
            return measurements(session)
        if layer == "assets":
            return assets(session)
        return store.layer(session, layer)
