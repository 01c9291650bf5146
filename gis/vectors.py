"""Readers of vector files: rows with their shapes, sizes checked before a parser runs.

What a reader would question: integers with gaps are never made floating-point numbers on the way, since
ID numbers of 18 digits would lose their last ones; WKB is looked at by `gis.wkb` before shapely sees it;
and a shapefile is unpacked under plain names, since Chinese entry names in zips are in no declared
encoding.
"""

import warnings
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from pyproj import CRS
from pyproj.exceptions import CRSError

from gis.encodings import dbf_encoding, decoded
from gis.errors import FileFormatError
from gis.features import features_of
from gis.limits import check_depth, check_limit
from gis.osm import read_facilities, read_roads, read_toilets
from gis.readers import told, unpacked
from gis.sources import ReadOptions, Source
from gis.specs import RowIssue
from gis.wkb import check_wkb

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
LONLAT_EPSG = 4326


def read_geojson(path: Path, options: ReadOptions) -> Source:
    """Return the features of GeoJSON.

    Raises
    ------
    FileFormatError
        It is no GeoJSON.
    FileTooLargeError
        It nests too deeply or has too many features or properties.
    EncodingError
        It is not UTF-8, and no other encoding was declared.
    """
    text, _ = decoded(path.name, path.read_bytes(), options.encoding)
    features, epsg = features_of(path.name, text.encode(), options.limits)
    return Source(features, crs=_crs(path.name, epsg) if epsg else None)


def read_gdal(path: Path, options: ReadOptions) -> Source:
    """Return the rows of a GeoPackage or FlatGeobuf file.

    Raises
    ------
    FileFormatError
        It is broken, or holds several layers and `part` names none of them.
    FileTooLargeError
        More features or properties than are read.
    """
    return _read_gdal(path, path.name, options)


def read_shapefile(path: Path, options: ReadOptions) -> Source:
    """Return the rows of a shapefile, packed in a zip or lying beside its parts.

    Raises
    ------
    FileFormatError
        It is broken, or the zip holds none or several and `part` names none of them.
    FileTooLargeError
        A limit of archives or vector files is passed.
    EncodingError
        Its texts are in no encoding that can be told.
    """
    if path.suffix.lower() == ".zip":
        parts = _zipped_parts(path, options)
    else:
        siblings = (path.with_suffix(suffix) for suffix in SHAPEFILE_PARTS)
        parts = {file.suffix: file.read_bytes() for file in siblings if file.is_file()}
    used = options.encoding or parts.get(".cpg", b"").decode("ascii", "replace").strip().lower()
    notes: list[RowIssue] = []
    if ".dbf" in parts:
        found = used or dbf_encoding(path.name, parts[".dbf"])
        notes = told(found, used)
        used = "utf-8" if found == "65001" else found
        decoded(path.name, b"", used)  # refuses an encoding that nobody knows
    with TemporaryDirectory() as folder:
        for suffix, content in parts.items():
            (Path(folder) / f"layer{suffix}").write_bytes(content)
        source = _read_gdal(Path(folder) / "layer.shp", path.name, options, encoding=used or None)
    return replace(source, issues=[*notes, *source.issues], encoding=used)


def read_parquet(path: Path, options: ReadOptions) -> Source:
    """Return the rows of GeoParquet, or of Parquet without geometry.

    Raises
    ------
    FileFormatError
        It cannot be read, or its geometry is not WKB.
    FileTooLargeError
        More rows or columns than are read.
    """
    limits = options.limits
    try:
        parquet = pq.ParquetFile(path)
        check_limit(path.name, "the number of rows", parquet.metadata.num_rows, limits.features)
        check_limit(path.name, "the number of columns", parquet.metadata.num_columns, limits.properties)
        table = parquet.read()
    except (pa.ArrowException, OSError) as error:
        raise FileFormatError(path.name, f"is no readable Parquet ({error})", "export it again") from error
    raw = (parquet.schema_arrow.metadata or {}).get(b"geo")
    if raw is None:
        return Source(_rows(table))
    check_depth(path.name, raw, limits.depth)
    try:
        geo = orjson.loads(raw)
        column = geo["columns"][geo["primary_column"]]
        declared = column.get("crs", "OGC:CRS84")
        crs = None if declared is None else CRS.from_user_input(declared)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, CRSError) as error:
        why = f"its geometry is badly described ({error})"
        raise FileFormatError(path.name, why, "export it again") from error
    if column.get("encoding") != "WKB":
        raise FileFormatError(path.name, "its geometry is not WKB", "export it with geometry as WKB")
    return Source(_with_shapes(path.name, _rows(table), geo["primary_column"]), crs=crs)


def read_osm(path: Path, layer: str) -> Source:
    """Return a layer of an OpenStreetMap extract (PBF, XML, packed XML).

    Raises
    ------
    FileFormatError
        OpenStreetMap holds no such layer, or the file cannot be read.
    """
    readers = {"roads": read_roads, "facilities": read_facilities, "toilets": read_toilets}
    if layer not in readers:
        why = f"OpenStreetMap files hold no layer '{layer}'"
        raise FileFormatError(path.name, why, f"take one of: {', '.join(readers)}")
    features = readers[layer](path)
    features.index = pd.RangeIndex(1, len(features) + 1, name="row")
    return Source(features, crs=CRS.from_epsg(LONLAT_EPSG), datum="wgs84")


def _zipped_parts(path: Path, options: ReadOptions) -> dict[str, bytes]:
    with unpacked(path, options.limits) as archive:
        names = [name for name in archive.namelist() if not Path(name).name.startswith(("._", "__MACOSX"))]
        shapes = [name for name in names if name.lower().endswith(".shp")]
        chosen = [name for name in shapes if options.part in {"", Path(name).stem}]
        if len(chosen) != 1:
            found = ", ".join(Path(name).stem for name in shapes) or "no .shp"
            mend = "pack one shapefile, or name it under [file] of the mapping"
            raise FileFormatError(path.name, f"holds {found}", mend)
        stem = chosen[0][:-4]
        return {
            name[-4:].lower(): archive.read(name)
            for name in names
            if name[:-4] == stem and name[-4:].lower() in SHAPEFILE_PARTS
        }


def _read_gdal(path: Path, name: str, options: ReadOptions, encoding: str | None = None) -> Source:
    limits = options.limits
    with warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        try:
            layer = _gdal_layer(path, name, options.part if encoding is None else "")
            facts = pyogrio.read_info(path, layer=layer, encoding=encoding)
            check_limit(name, "the number of features", facts["features"], limits.features)
            check_limit(name, "the number of properties", len(facts["fields"]), limits.properties)
            meta, table = pyogrio.read_arrow(path, layer=layer, encoding=encoding)
        except (
            DataSourceError,
            DataLayerError,
            FeatureError,
            RuntimeError,
            OSError,
            pa.ArrowException,
        ) as error:
            raise FileFormatError(name, f"cannot be read ({error})", "export it again") from error
    if len(table) < facts["features"]:
        why = f"is cut short at row {len(table)} of {facts['features']}"
        raise FileFormatError(name, why, "copy it again")
    texts = sorted({str(remark.message) for remark in remarks})
    notes = [RowIssue(0, "", "noted", "reader-remark", text[:500]) for text in texts]
    crs = _crs(name, meta["crs"]) if meta["crs"] else None
    rows = _with_shapes(name, _rows(table), meta["geometry_name"] or "wkb_geometry")
    return Source(rows, issues=notes, crs=crs)


def _gdal_layer(path: Path, name: str, part: str) -> str:
    layers = [str(layer) for layer, _ in pyogrio.list_layers(path)]
    chosen = [layer for layer in layers if layer == part] if part else layers
    if len(chosen) != 1:
        found = ", ".join(layers) or "none"
        raise FileFormatError(name, f"holds the layers: {found}", "name one under [file] of the mapping")
    return chosen[0]


def _rows(table: pa.Table) -> pd.DataFrame:
    rows: pd.DataFrame = table.to_pandas(integer_object_nulls=True, ignore_metadata=True)
    rows.index = pd.RangeIndex(1, len(rows) + 1, name="row")
    return rows


def _with_shapes(name: str, rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return rows with their WKB column made shapes, once its nesting is known to be harmless."""
    if column not in rows:
        return rows
    blobs = rows[column].to_numpy(dtype=object, copy=True)
    check_wkb((blob for blob in blobs if isinstance(blob, bytes)), name)
    blobs[pd.isna(blobs)] = None
    shapes = shapely.from_wkb(blobs, on_invalid="ignore")
    others = rows.drop(columns=[column, *({"geometry"} & set(rows.columns) - {column})])
    located: pd.DataFrame = gpd.GeoDataFrame(others, geometry=gpd.GeoSeries(shapes, index=rows.index))
    return located


def _crs(name: str, declared: int | str) -> CRS:
    try:
        return CRS.from_user_input(declared)
    except CRSError as error:
        raise FileFormatError(name, f"declares an unknown coordinate system ({declared})") from error
