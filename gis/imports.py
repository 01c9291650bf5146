"""Brings a file into a layer as one batch that can be undone: read, prepared, written, recorded.

`prepare` needs no database, so a dry run is `prepare` alone. What a reader would question: the same file
with the same options is a no-op only while nothing was imported into its layer since; otherwise the rows
are compared one by one, since going back to an older file is a change that somebody wants.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import orjson
import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError
from sqlalchemy.orm import Session

from gis import files, store
from gis.errors import CrsError, NotFoundError
from gis.intake import ImportOptions, Prepared, prepared_of
from gis.mapping import known_words
from gis.regions import assignment
from gis.sources import ReadOptions, Source
from gis.specs import LayerSpec, RowIssue
from gis.store import ApplyCounts
from gis.tables import ImportBatch
from gis.values import plain

__all__ = ["ImportOptions", "ImportReport", "Prepared", "Writer", "commit", "prepare", "write_quarantine"]

Writer = Callable[[Session, gpd.GeoDataFrame, int], ApplyCounts]


@dataclass(frozen=True)
class ImportReport:
    """What an import did; rows read = accepted + unchanged - split + quarantined + merged.

    Attributes
    ----------
    accepted, unchanged
        Rows inserted or replaced, and rows that were in the layer just so.
    known
        The same file with the same options stands already as `batch`, so nothing was done.
    placing
        What was said of rows when they got their regions.
    """

    layer: str
    read: int
    accepted: int
    unchanged: int
    repaired: int
    quarantined: int
    batch: int
    merged: int = 0
    split: int = 0
    known: bool = False
    placing: tuple[RowIssue, ...] = ()


def prepare(spec: LayerSpec, path: Path, options: ImportOptions) -> Prepared:
    """Return what an import would do, without a database.

    Raises
    ------
    FileFormatError, FileTooLargeError, EncodingError
        The file cannot be read.
    MappingError
        A required column or the position is not found, or the mapping does not fit the file.
    DatumError, CrsError
        Where the places are is not declared, or not as declared.
    """
    prepared = prepared_of(spec, _source(spec, path, options), options)
    return replace(prepared, file_name=path.name, content_key=_content_key(spec, path, options))


def commit(
    session: Session,
    prepared: Prepared,
    *,
    regions: gpd.GeoDataFrame | None = None,
    write: Writer | None = None,
    now: datetime,
    by: str,
) -> ImportReport:
    """Write a prepared file as one batch in the caller's transaction.

    Parameters
    ----------
    regions
        The layer `regions`, by which places get their region; None leaves the file's own codes.
    write
        Writes the rows of the layers of other packages; by default `gis.store` writes the five of its own.
    now, by
        When and by whom, for the record; `now` with a time zone.

    Raises
    ------
    NotFoundError
        The layer is of another package and no `write` was given.
    SchemaError
        A row does not fit the table.
    """
    standing = store.standing_batch(session, prepared.spec.name, prepared.content_key)
    if standing is not None:
        return _report(prepared, ApplyCounts(0, 0, len(prepared.accepted)), standing.id, known=True)
    features, found = _with_regions(prepared, regions)
    batch = ImportBatch(
        layer=prepared.spec.name,
        file_name=plain(prepared.file_name)[-255:],
        content_key=prepared.content_key,
        options=prepared.options.declared(),
        read=prepared.read,
        accepted=0,
        unchanged=0,
        repaired=prepared.repaired,
        quarantined=prepared.count("quarantined"),
        state="applied",
        imported_at=now,
        imported_by=by[:80],
    )
    session.add(batch)
    session.flush()
    counts = (write or _own_writer(prepared.spec))(session, features, batch.id)
    batch.accepted, batch.unchanged = counts.inserted + counts.replaced, counts.unchanged
    issues = [*prepared.issues, *found]
    store.add_issues(session, batch.id, [_storable(issue) for issue in issues])
    return replace(_report(prepared, counts, batch.id), placing=tuple(found))


def write_quarantine(prepared: Prepared, beside: Path) -> Path | None:
    """Write the rows that were set aside to a CSV beside a file; return its path, None without rows.

    The rows are whole, personal columns too: the file is the importer's own, like the one it came from.
    """
    if prepared.rejected.empty:
        return None
    path = beside.with_name(f"{beside.name}.quarantine.csv")
    files.write_rows(prepared.rejected, path)
    return path


def _source(spec: LayerSpec, path: Path, options: ImportOptions) -> Source:
    mapping = options.mapping
    words = known_words(spec, mapping)
    source = files.read(path, spec.name, ReadOptions(options.encoding, mapping.layer, words, options.limits))
    if options.epsg is None:
        return source
    try:
        crs = CRS.from_epsg(options.epsg)
    except CRSError as error:
        raise CrsError(f"There is no coordinate system EPSG:{options.epsg}; look the number up.") from error
    notes = source.issues
    if source.crs is not None and source.crs != crs:
        detail = f"EPSG:{options.epsg} was declared, the file says {source.crs.name}"
        notes = [RowIssue(0, "geometry", "noted", "crs-overridden", detail), *notes]
    return replace(source, crs=crs, issues=notes)


def _content_key(spec: LayerSpec, path: Path, options: ImportOptions) -> str:
    """Return the SHA-256 of the layer, what was declared, and the file."""
    declared = orjson.dumps([spec.name, options.declared()], option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(declared)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _own_writer(spec: LayerSpec) -> Writer:
    if spec.name not in store.LAYER_TABLES:
        raise NotFoundError("writer of the layer", spec.name, "hand in `write` of the package it belongs to")
    table = store.LAYER_TABLES[spec.name]
    return lambda session, features, batch_id: store.apply_rows(session, table, features, batch_id)


def _with_regions(
    prepared: Prepared, regions: gpd.GeoDataFrame | None
) -> tuple[gpd.GeoDataFrame, list[RowIssue]]:
    """Return the accepted rows with the codes of their regions, and what is to be said of them."""
    features = prepared.accepted
    placed = isinstance(features, gpd.GeoDataFrame) and "region_code" in features
    if regions is None or regions.empty or not placed or features.empty:
        return features, []
    # A line that was split has several rows of one number, so places are counted for themselves.
    found = assignment(features.reset_index(drop=True), regions)
    codes = pd.Series(found.codes.to_numpy(), index=features.index, dtype="str")
    issues = {replace(issue, row=int(features.index[issue.row])) for issue in found.issues}
    return features.assign(region_code=codes), sorted(issues, key=lambda issue: issue.row)


def _storable(issue: RowIssue) -> RowIssue:
    return replace(issue, column=plain(issue.column)[:80], detail=plain(issue.detail))


def _report(prepared: Prepared, counts: ApplyCounts, batch: int, *, known: bool = False) -> ImportReport:
    return ImportReport(
        layer=prepared.spec.name,
        read=prepared.read,
        accepted=counts.inserted + counts.replaced,
        unchanged=counts.unchanged,
        repaired=prepared.repaired,
        quarantined=prepared.count("quarantined"),
        batch=batch,
        merged=prepared.count("merged"),
        split=prepared.split,
        known=known,
    )
