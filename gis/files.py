"""The door of files: chooses the reader or writer by the ending, once the content fits the ending.

A file is looked at by its size and first bytes before any parser opens it, and an export is written
beside its target and moved there when complete, so that nobody ever finds half a file. What a reader
would question: in CSV no text starts a formula, so such a text gets an apostrophe in front, which our
own reader takes away again.
"""

import csv
import re
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

import geopandas as gpd
import pandas as pd
import shapely
import xlsxwriter

from gis.errors import FileFormatError
from gis.features import geojson_of
from gis.limits import check_limit
from gis.mapping import short_names
from gis.readers import read_csv, read_xlsx
from gis.sources import ReadOptions, Source
from gis.vectors import SHAPEFILE_PARTS, read_gdal, read_geojson, read_osm, read_parquet, read_shapefile

Reader = Callable[[Path, ReadOptions], Source]

READERS: dict[str, Reader] = {
    ".geojson": read_geojson,
    ".json": read_geojson,
    ".gpkg": read_gdal,
    ".zip": read_shapefile,
    ".shp": read_shapefile,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".xlsx": read_xlsx,
    ".fgb": read_gdal,
    ".parquet": read_parquet,
    ".geoparquet": read_parquet,
}
OSM_ENDINGS = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
TABLES = (".csv", ".tsv", ".xlsx")
# The first bytes that tell a format; text formats have none.
_MARKS = {
    b"SQLite format 3\0": (".gpkg", "a GeoPackage"),
    b"PK\x03\x04": (".zip .xlsx", "a zip archive or an XLSX workbook"),
    b"PAR1": (".parquet .geoparquet", "Parquet"),
    b"fgb\x03": (".fgb", "FlatGeobuf"),
    b"\x00\x00\x27\x0a": (".shp", "a shapefile"),
    b"\x1f\x8b": (".osm.gz", "packed with gzip"),
    b"BZh": (".osm.bz2", "packed with bzip2"),
    b"\xd0\xcf\x11\xe0": ("", "an old Excel workbook; save it as .xlsx"),
    b"%PDF": ("", "a PDF document"),
    b"\x89PNG": ("", "a picture"),
    b"\xff\xd8\xff": ("", "a picture"),
}
_MARKED = {ending for endings, _ in _MARKS.values() for ending in endings.split()}
CELL_CHARACTERS = 32_767  # what an XLSX cell takes
DBF_BYTES = 254  # what a text field of dBASE takes
_PLAIN_NUMBER = re.compile(r"^[-+]?\d+(\.\d+)?$")


def ending(path: Path, known: Iterable[str]) -> str:
    """Return the known ending of a file name in lower case, the longest that fits.

    Raises
    ------
    FileFormatError
        None fits; the message lists them.
    """
    known = list(known)
    found = max((word for word in known if path.name.lower().endswith(word)), key=len, default="")
    if not found:
        raise FileFormatError(path.name, "the ending is of no known format", f"known: {' '.join(known)}")
    return found


def read(path: Path, layer: str, options: ReadOptions) -> Source:
    """Return what a file holds for a layer, by the ending of its name.

    Raises
    ------
    FileFormatError
        The ending or the content is of no known format, or the file is absent, empty or broken.
    FileTooLargeError
        A limit is passed.
    EncodingError
        The text is in no encoding that can be told.
    """
    kind = ending(path, [*READERS, *OSM_ENDINGS])
    _check_content(path, kind, options)
    source = read_osm(path, layer) if kind in OSM_ENDINGS else READERS[kind](path, options)
    if isinstance(source.rows, gpd.GeoDataFrame) and len(source.rows):
        vertices = int(shapely.get_num_coordinates(source.rows.geometry.array).max())
        check_limit(path.name, "the number of vertices of a feature", vertices, options.limits.vertices)
    return source


def read_table(
    path: Path, known: frozenset[str] = frozenset(), *, encoding: str | None = None
) -> pd.DataFrame:
    """Return the cells of a CSV or XLSX table, indexed by row number from 1.

    Raises
    ------
    FileFormatError
        It is no such table.
    FileTooLargeError
        A limit is passed.
    EncodingError
        The text is in no encoding that can be told.
    """
    ending(path, TABLES)
    return read(path, "", ReadOptions(encoding=encoding, known=known)).rows


def read_vector(path: Path, *, encoding: str | None = None) -> gpd.GeoDataFrame:
    """Return the features of a vector file with the CRS that it declares, indexed from 1.

    Raises
    ------
    FileFormatError
        It is no vector file.
    FileTooLargeError
        A limit is passed.
    EncodingError
        The texts are in no encoding that can be told.
    """
    ending(path, set(READERS) - set(TABLES))
    source = read(path, "", ReadOptions(encoding=encoding))
    features = gpd.GeoDataFrame(source.rows)
    return features if source.crs is None else features.set_crs(source.crs, allow_override=True)


def write_layer(features: pd.DataFrame, path: Path) -> None:
    """Write a layer in the format of the ending; a file of that name is replaced when all is written.

    Parameters
    ----------
    features
        In EPSG:4326, or a table without geometry (CSV, XLSX and Parquet only). Tables get columns `lon`
        and `lat` for points and `geometry_wkt` for other shapes.

    Raises
    ------
    FileFormatError
        The ending is not written, or the format cannot hold a value.
    """
    kind = ending(path, WRITERS)
    if not isinstance(features, gpd.GeoDataFrame) and kind not in {".csv", ".xlsx", ".parquet"}:
        raise FileFormatError(path.name, "the layer has no geometry", "take .csv, .xlsx or .parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        complete = Path(folder) / path.name
        WRITERS[kind](features, complete)
        complete.replace(path)


def write_rows(rows: pd.DataFrame, path: Path) -> None:
    """Write rows as they are to a CSV that spreadsheets open (UTF-8 with a mark, no formula)."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_harmless(str(name)) for name in rows.columns])
        columns = [[_harmless(_text(cell)) for cell in rows[name].astype(object)] for name in rows.columns]
        writer.writerows(zip(*columns, strict=True))


def _check_content(path: Path, kind: str, options: ReadOptions) -> None:
    """Refuse a file that is absent, empty, too large, or of another type than its ending says."""
    if not path.is_file():
        raise FileFormatError(path.name, "there is no such file", "check the path")
    size = path.stat().st_size
    if size == 0:
        raise FileFormatError(path.name, "the file is empty", "export it again")
    check_limit(path.name, "the size in bytes", size, options.limits.file_bytes)
    with path.open("rb") as file:
        head = file.read(64)
    mark = next((mark for mark in _MARKS if head.startswith(mark)), None)
    endings, what = _MARKS[mark] if mark else ("", "of another type")
    if (mark or kind in _MARKED) and kind not in endings.split():
        raise FileFormatError(
            path.name, f"the name ends in {kind}, but the content is {what}", "name it by its real type"
        )


def _tabular(features: pd.DataFrame) -> pd.DataFrame:
    """Return a layer as a table: points as `lon` and `lat`, other shapes as well-known text."""
    if not isinstance(features, gpd.GeoDataFrame):
        return features
    shapes = features.geometry
    table = pd.DataFrame(features.drop(columns=shapes.name))
    points = shapes.geom_type.dropna().eq("Point").all()
    if points:
        table["lon"], table["lat"] = shapes.x, shapes.y
    else:
        table["geometry_wkt"] = shapely.to_wkt(shapes.array, rounding_precision=-1)
    return table


def _write_csv(features: pd.DataFrame, path: Path) -> None:
    write_rows(_tabular(features), path)


def _write_xlsx(features: pd.DataFrame, path: Path) -> None:
    table = _tabular(features)
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_urls": False}) as workbook:
        sheet = workbook.add_worksheet("data")
        text, bold, day = (
            workbook.add_format(form)
            for form in ({"num_format": "@"}, {"bold": True}, {"num_format": "yyyy-mm-dd"})
        )
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(table.columns):
            sheet.write_string(0, place, str(name), bold)
        for row, cells in enumerate(table.astype(object).itertuples(index=False, name=None), 1):
            for place, cell in enumerate(cells):
                if _missing(cell):
                    continue
                if isinstance(cell, bool):
                    sheet.write_boolean(row, place, cell)
                elif isinstance(cell, date):
                    sheet.write_datetime(row, place, cell, day)
                elif isinstance(cell, int | float):
                    sheet.write_number(row, place, cell)
                else:
                    if len(str(cell)) > CELL_CHARACTERS:
                        why = f"row {row}, {table.columns[place]}: too long for a cell of a workbook"
                        raise FileFormatError(path.name, why, "take .gpkg or .csv")
                    sheet.write_string(row, place, str(cell), text)


def _write_geojson(features: gpd.GeoDataFrame, path: Path) -> None:
    path.write_bytes(geojson_of(features))


def _write_gdal(features: gpd.GeoDataFrame, path: Path) -> None:
    features.to_file(path, engine="pyogrio", use_arrow=True, layer=path.stem, index=False)


def _write_parquet(features: pd.DataFrame, path: Path) -> None:
    features.to_parquet(path, index=False)


def _write_shapefile(features: gpd.GeoDataFrame, path: Path) -> None:
    table = features.copy()
    for name in table.columns.drop(table.geometry.name):
        column = table[name].astype(object)
        texts = [cell for cell in column if isinstance(cell, str)]
        if any(len(text.encode()) > DBF_BYTES for text in texts):
            raise FileFormatError(
                path.name, f"{name} holds a text longer than {DBF_BYTES} bytes", "take .gpkg"
            )
        if any(isinstance(cell, bool) for cell in column):
            table[name] = column.map(lambda cell: None if _missing(cell) else int(cell)).astype("Int64")
        elif any(isinstance(cell, date) for cell in column):
            table[name] = column.map(_text)
    names = short_names(str(name) for name in table.columns.drop(table.geometry.name))
    with TemporaryDirectory(dir=path.parent) as folder:
        shape = Path(folder) / f"{path.name.split('.')[0]}.shp"
        table.rename(columns=names).to_file(shape, engine="pyogrio", encoding="utf-8", index=False)
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            for part in (shape.with_suffix(suffix) for suffix in SHAPEFILE_PARTS):
                if part.is_file():
                    archive.write(part, part.name)


def _missing(cell: object) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or cell != cell  # noqa: PLR0124  NaN differs from itself


def _text(cell: object) -> str:
    if _missing(cell):
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _harmless(text: str) -> str:
    starts = text.lstrip()[:1] in {"=", "+", "-", "@"} or text[:1] in {"\t", "\r"}
    return f"'{text}" if starts and not _PLAIN_NUMBER.match(text) else text


WRITERS: dict[str, Callable[[gpd.GeoDataFrame, Path], None]] = {
    ".geojson": _write_geojson,
    ".gpkg": _write_gdal,
    ".shp.zip": _write_shapefile,
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".fgb": _write_gdal,
    ".parquet": _write_parquet,
}
