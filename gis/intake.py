"""Makes of the rows of a file the rows of a layer, and accounts for every one of them.

Rows read = rows accepted (less those that splitting added) + quarantined + merged. What a reader would
question: a row with several faults is quarantined once but lists them all, and a row that splits into
several lines is set aside whole when one part of it is bad.
"""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.checks import check_columns, duplicate_issues, required_missing, typed
from gis.errors import MappingError
from gis.geometry import split_lines
from gis.grouping import grouped
from gis.limits import Limits
from gis.mapping import Mapping, Matched, columns_toml, match
from gis.positions import placed, places_of
from gis.shapes import Bounds
from gis.sources import Source
from gis.specs import LayerSpec, RowIssue
from gis.values import as_text

LONLAT_EPSG = 4326
UID_DIGITS = 16  # hexadecimal digits of an id made from the content
SAMPLE_ROWS = 5


@dataclass(frozen=True)
class ImportOptions:
    """What somebody declared about a file.

    Attributes
    ----------
    datum
        One of the four; needed unless the CRS is projected or EPSG:4490.
    epsg
        Goes before what the file says of itself.
    bounds
        Box of the city in degrees (west, south, east, north), against which swapped axes and places
        far away are told; not part of what makes two imports the same.
    """

    datum: str | None = None
    epsg: int | None = None
    mapping: Mapping = field(default_factory=Mapping)
    encoding: str | None = None
    bounds: Bounds | None = None
    limits: Limits = field(default_factory=Limits)

    def declared(self) -> dict[str, Any]:
        """Return what is recorded with a batch."""
        said = {"datum": self.datum, "epsg": self.epsg, "encoding": self.encoding}
        return {**said, "mapping": self.mapping.declared()}


@dataclass(frozen=True)
class Prepared:
    """A file as it would go into a layer, with everything that was found on the way.

    Attributes
    ----------
    accepted
        Columns of the layer and `uid`, EPSG:4326, indexed by row number of the file (repeated where a
        line of several parts was split); a DataFrame for a layer without geometry.
    issues
        Without personal values, by row.
    rejected
        Quarantined and skipped rows whole, as the file has them, with `_row`, `_action`, `_reason` and
        `_detail` in front: what the quarantine file holds.
    read
        Data rows of the file; titles, totals and rows that the mapping skips are not among them.
    proposals
        Ours to theirs, for columns that only look right; nothing was taken from them.
    sample
        The first rows as read, where the encoding was told from the content; else empty.
    """

    spec: LayerSpec
    accepted: gpd.GeoDataFrame
    issues: list[RowIssue]
    rejected: pd.DataFrame
    read: int
    content_key: str
    options: ImportOptions
    proposals: dict[str, str]
    file_name: str
    encoding: str
    sample: pd.DataFrame

    @property
    def proposed_mapping(self) -> str:
        """The proposals as a mapping file to be confirmed; empty if there are none."""
        return columns_toml(self.options.mapping.columns | self.proposals) if self.proposals else ""

    def count(self, action: str) -> int:
        """Return how many rows of the file met an action."""
        return len({issue.row for issue in self.issues if issue.action == action and issue.row > 0})

    @property
    def repaired(self) -> int:
        """Accepted rows of which something was mended."""
        rows = {issue.row for issue in self.issues if issue.action == "repaired"}
        return len(rows & set(self.accepted.index))

    @property
    def split(self) -> int:
        """Rows that were added because a line had several parts."""
        return len(self.accepted) - int(self.accepted.index.nunique())


def prepared_of(spec: LayerSpec, source: Source, options: ImportOptions) -> Prepared:
    """Return what the rows of a file would be in a layer.

    Raises
    ------
    MappingError
        A required column or the position is not found, or the mapping does not fit the file.
    DatumError, CrsError
        Where the places are is not declared, or not as declared.
    """
    source = _skipping(source, options.mapping)
    rows = source.rows
    matched = match(spec, [str(name) for name in rows.columns], options.mapping)
    table, issues = check_columns(spec, pd.DataFrame(rows), matched, options.mapping)
    issues = [*source.issues, *_file_notes(matched), *issues]
    for fill in spec.fills:
        table, found = fill(table)
        table, issues = typed(spec, table), issues + found
    _check_columns_found(spec, table, matched)
    issues += required_missing(spec, table, {(issue.row, issue.column) for issue in issues})
    accepted, ids, found = _with_places(spec, table, source, options)
    accepted, issues = _settled(accepted, ids, issues + found, spec, options.mapping)
    told = any(issue.reason == "encoding-told" for issue in issues)
    return Prepared(
        spec=spec,
        accepted=accepted,
        issues=sorted(issues, key=lambda issue: issue.row),
        rejected=_rejected(source, issues),
        read=len(rows),
        content_key="",
        options=options,
        proposals=matched.proposals,
        file_name="",
        encoding=source.encoding,
        sample=pd.DataFrame(rows).head(SAMPLE_ROWS if told else 0),
    )


def _skipping(source: Source, mapping: Mapping) -> Source:
    """Return the source without the rows that the mapping leaves out, which are kept as skipped."""
    rows, skip = source.rows, np.zeros(len(source.rows), dtype=bool)
    for column, words in mapping.skip.items():
        if column in rows:
            texts = rows[column].map(as_text, na_action="ignore")
            skip |= texts.isin(words).to_numpy()
    if not skip.any():
        return source
    detail = "the mapping says to leave this row out"
    found = [RowIssue(int(row), "", "skipped", "skipped-by-mapping", detail) for row in rows.index[skip]]
    skipped = pd.concat([source.skipped, pd.DataFrame(rows[skip])])
    return replace(source, rows=rows[~skip], skipped=skipped, issues=[*source.issues, *found])


def _file_notes(matched: Matched) -> list[RowIssue]:
    notes = [
        RowIssue(0, ours, "noted", "alias-used", f"taken from '{theirs}', its name in a published schema")
        for ours, theirs in matched.aliases.items()
    ]
    if matched.unused:
        detail = f"not taken: {', '.join(matched.unused)}"
        notes.append(RowIssue(0, "", "noted", "column-unused", detail[:1000]))
    return notes


def _check_columns_found(spec: LayerSpec, table: pd.DataFrame, matched: Matched) -> None:
    """Refuse a file that lacks a required column, with a mapping that may be what is needed."""
    for column in spec.columns:
        if column.required and column.name not in matched.taken and table[column.name].isna().all():
            proposed = columns_toml(matched.taken | matched.proposals)
            raise MappingError(
                f"The file has no column '{column.name}', which {spec.name} need; it has:"
                f" {', '.join([*matched.taken.values(), *matched.unused])[:1000]}."
                f" A mapping to confirm and save, then name with --mapping:\n{proposed}"
            )


def _with_places(
    spec: LayerSpec, table: pd.DataFrame, source: Source, options: ImportOptions
) -> tuple[gpd.GeoDataFrame, pd.Series, list[RowIssue]]:
    """Return the table with its places in EPSG:4326, and the id of each row of the file."""
    places = None if spec.geometry == "None" else places_of(source.rows, options.mapping)
    table, issues = _with_ids(spec, table, places)
    ids = table["uid"]
    if spec.geometry == "None":
        return table, ids, issues
    if places is None:
        if spec.geometry_required:
            raise MappingError(
                f"No column says where a row of {spec.name} is; name them under [position] of the mapping:"
                ' lon = "...", lat = "...".'
            )
        nowhere = gpd.GeoSeries([None] * len(table), index=table.index, crs=LONLAT_EPSG)
        return gpd.GeoDataFrame(table, geometry=nowhere), ids, issues
    features = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(places.array, index=table.index))
    if spec.geometry == "LineString":
        features, found = split_lines(features, "uid")
        issues += found
    moved, found = placed(
        features.geometry,
        spec,
        crs=source.crs,
        datum=options.datum or source.datum or None,
        bounds=options.bounds,
    )
    moved = gpd.GeoSeries(moved.array, index=features.index, crs=LONLAT_EPSG)
    return features.set_geometry(moved), ids, issues + found


def _with_ids(
    spec: LayerSpec, table: pd.DataFrame, places: gpd.GeoSeries | None
) -> tuple[pd.DataFrame, list[RowIssue]]:
    """Return the table with `uid` for every row: the key, or where it is absent a digest of the content."""
    uids = table[spec.key].astype(object)
    absent = uids.isna().to_numpy()
    issues = []
    if absent.any() and not spec.column(spec.key).required:  # type: ignore[union-attr]  # a key is a column
        said = table.drop(columns="uid").dropna(axis="columns", how="all")
        columns = [said[name].astype("str").fillna("").tolist() for name in said.columns]
        blobs = [b""] * len(table) if places is None else shapely.to_wkb(places.array)
        marks = [
            "\x1f".join(texts).encode() + (blob or b"") for blob, *texts in zip(blobs, *columns, strict=True)
        ]
        made = [f"{spec.name[0]}-{hashlib.sha256(mark).hexdigest()[:UID_DIGITS]}" for mark in marks]
        uids = uids.where(~absent, pd.Series(made, index=table.index, dtype=object))
        detail = f"{int(absent.sum())} row(s) have no id; one was made from the content"
        issues = [RowIssue(0, "uid", "noted", "uid-made", detail)]
    return table.assign(uid=uids.astype("str")), issues


def _settled(
    features: gpd.GeoDataFrame, ids: pd.Series, issues: list[RowIssue], spec: LayerSpec, mapping: Mapping
) -> tuple[gpd.GeoDataFrame, list[RowIssue]]:
    """Return the rows that are in, once bad rows, doubles and what the layer's own checks refuse are out."""
    features = _without_quarantined(features, issues)
    issues = issues + duplicate_issues(ids.loc[features.index.unique()])
    features = _without_quarantined(features, issues)
    if mapping.group is not None:
        features, found = grouped(features, spec, mapping.group)
        issues = issues + found
    for check in spec.checks:
        issues = issues + check(features)
    return _without_quarantined(features, issues), issues


def _without_quarantined(features: gpd.GeoDataFrame, issues: list[RowIssue]) -> gpd.GeoDataFrame:
    bad = {issue.row for issue in issues if issue.action == "quarantined"}
    return features[~features.index.isin(bad)]


def _rejected(source: Source, issues: list[RowIssue]) -> pd.DataFrame:
    """Return quarantined and skipped rows whole, with all their reasons."""
    table = pd.concat([pd.DataFrame(source.rows), source.skipped]) if len(source.skipped) else source.rows
    out = [issue for issue in issues if issue.action in {"quarantined", "skipped"} and issue.row > 0]
    reasons: dict[int, list[RowIssue]] = {}
    for issue in out:
        reasons.setdefault(issue.row, []).append(issue)
    rows = pd.DataFrame(table.loc[sorted(reasons)])
    if "geometry" in rows:
        rows["geometry"] = shapely.to_wkt(rows["geometry"].to_numpy(), rounding_precision=-1)
    rows.insert(0, "_row", list(rows.index))
    rows.insert(1, "_action", [reasons[row][0].action for row in rows.index])
    rows.insert(2, "_reason", ["; ".join(issue.reason for issue in reasons[row]) for row in rows.index])
    rows.insert(3, "_detail", ["; ".join(issue.detail for issue in reasons[row]) for row in rows.index])
    return rows
