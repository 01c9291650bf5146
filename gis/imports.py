"""Brings a file into a layer as one batch that can be undone: read, prepared, written, recorded.

`prepare` needs no database, so a dry run is `prepare` alone. What a reader would question: the same file
with the same options is a no-op only while nothing was imported into its layer since; otherwise the rows
are compared one by one, since going back to an older file is a change that somebody wants.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import orjson
from pyproj import CRS
from pyproj.exceptions import CRSError

from gis import files
from gis.errors import CrsError
from gis.intake import ImportOptions, Prepared, prepared_of
from gis.mapping import known_words
from gis.sources import ReadOptions, Source
from gis.specs import LayerSpec, RowIssue

__all__ = ["ImportOptions", "Prepared", "prepare", "write_quarantine"]


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
