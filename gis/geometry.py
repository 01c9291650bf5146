"""What can be wrong with the geometry of a row, what can be mended, and what is only set aside.

Everything works on whole columns and answers with the geometries and a list of what was changed or
refused, row by row with the reason, so that an import can print it. The index of a column is the row
number of the file. Nothing is repaired by guessing: a position with its axes swapped is named as such
and set aside, for the one who knows the source to mend.

Geometries that come as WKB pass `gis.wkb.check_wkb` before shapely sees them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gis.shapes import (
    AREAL,
    COLLECTION,
    LINE,
    LINEAR,
    LINES,
    POINT,
    POINTS,
    Bools,
    Bounds,
    Shapes,
    any_position,
    joined,
    masked,
    outside,
    placed,
    single_parts,
    valid_areas,
)
from gis.specs import Action, Geometry, RowIssue

COLUMN = "geometry"  # the column that issues of this module name
CITY_MARGIN_DEG = 0.5  # about 50 km: how far from its city a place may lie before it is remarked on

# Types that can become the kind, and those that are of it as they are.
_FAMILY = {
    "Point": ((POINT, POINTS), (POINT,)),
    "LineString": (LINEAR, (LINE,)),
    "Polygon": (AREAL, AREAL),
    "Any": (range(COLLECTION), range(COLLECTION)),
}


@dataclass(frozen=True)
class Cleaned:
    """Geometries after a check.

    `geometries` has the index and CRS of what was given and None where the row is to be set aside;
    `issues` tells by row what was changed (`repaired`), refused (`quarantined`) or remarked on (`noted`).
    """

    geometries: gpd.GeoSeries
    issues: list[RowIssue]

    @property
    def refused(self) -> list[int]:
        """Row numbers to be set aside, in order."""
        return sorted({issue.row for issue in self.issues if issue.action == "quarantined"})


def clean(geometries: gpd.GeoSeries, kind: Geometry, bounds: Bounds | None = None) -> Cleaned:
    """Return geometries fit to be stored as `kind`, with everything that was done to them.

    Parameters
    ----------
    geometries
        Degrees (EPSG:4326), indexed by row number; missing ones allowed.
    kind
        Type of the layer; `Any` keeps the type, `None` returns everything untouched.
    bounds
        Box of the city; without it axes are not checked and no place is remarked on.
    """
    if kind == "None":
        return Cleaned(geometries, [])
    steps: list[Callable[[gpd.GeoSeries], Cleaned]] = [
        refuse_faulty,
        lambda column: refuse_misplaced(column, bounds),
        drop_z,
    ]
    steps += [mend_polygons, lambda column: fit_kind(column, kind), refuse_degenerate]
    if bounds is not None:
        steps.append(lambda column: remark_far(column, bounds))
    issues: list[RowIssue] = []
    for step in steps:
        cleaned = step(geometries)
        geometries = cleaned.geometries
        issues += cleaned.issues
    return Cleaned(geometries, sorted(issues, key=lambda issue: issue.row))


def refuse_faulty(geometries: gpd.GeoSeries) -> Cleaned:
    """Set aside what is missing, empty, or has a coordinate that is not a number.

    Reasons: `no-geometry`, `empty-geometry`, `not-finite`.
    """
    shapes = _shapes(geometries)
    missing = shapely.is_missing(shapes)
    unfinite = any_position(shapes, lambda positions: ~np.isfinite(positions))
    empty = shapely.is_empty(shapes) & ~unfinite
    return _refused(
        geometries,
        [
            (missing, "no-geometry", "the row has no geometry; give it a position or a shape"),
            (empty, "empty-geometry", "the geometry is empty; give it a position or a shape"),
            (unfinite, "not-finite", "a coordinate is NaN or infinite; mend it at the source"),
        ],
    )


def refuse_misplaced(geometries: gpd.GeoSeries, bounds: Bounds | None) -> Cleaned:
    """Set aside what cannot be degrees, and what has its axes swapped.

    Reasons: `swapped-axes` (outside the box of the city, but inside it once swapped; needs `bounds`)
    and `not-degrees` (beyond 180 or, for a latitude, 90 degrees: often metres under a WGS 84 .prj).
    """
    shapes = _shapes(geometries)
    swapped = np.zeros(len(shapes), bool) if bounds is None else swapped_axes(geometries, bounds)
    beyond = any_position(shapes, lambda positions: np.abs(positions) > (180.0, 90.0))
    return _refused(
        geometries,
        [
            (swapped, "swapped-axes", "longitude and latitude are swapped; swap them at the source"),
            (
                beyond,
                "not-degrees",
                "a coordinate is beyond 180 or 90 degrees, perhaps metres; declare the file's CRS with --crs",
            ),
        ],
    )


def swapped_axes(geometries: gpd.GeoSeries, bounds: Bounds) -> Bools:
    """Return which geometries lie outside the box, but inside it with their axes swapped.

    A city whose box overlaps its own mirror image can give no answer for places in both: False.
    """
    shapes = _shapes(geometries)
    return outside(shapes, bounds) & ~outside(shapes, bounds, swapped=True) & placed(shapes)


def remark_far(geometries: gpd.GeoSeries, bounds: Bounds) -> Cleaned:
    """Note what lies more than half a degree outside the box of the city; it is kept."""
    west, south, east, north = bounds
    m = CITY_MARGIN_DEG
    shapes = _shapes(geometries)
    far = outside(shapes, (west - m, south - m, east + m, north + m)) & placed(shapes)
    detail = f"lies more than {CITY_MARGIN_DEG} degrees outside the city; kept, with its region unknown"
    return Cleaned(geometries, _issues(geometries, far, "noted", "far-from-city", detail))


def drop_z(geometries: gpd.GeoSeries) -> Cleaned:
    """Return geometries in two dimensions; reason `z-dropped`."""
    shapes = _shapes(geometries)
    deep = shapely.has_z(shapes) | shapely.has_m(shapes)
    flat = shapes.copy()
    flat[deep] = shapely.force_2d(shapes[deep])
    issues = _issues(geometries, deep, "repaired", "z-dropped", "heights are not kept; the plan position is")
    return Cleaned(_series(geometries, flat), issues)


def mend_polygons(geometries: gpd.GeoSeries) -> Cleaned:
    """Return valid polygons: self-crossing rings are rebuilt, stray lines and points left out.

    Reasons: `invalid-polygon` (repaired; the detail is GEOS's own reason) and `no-area` (set aside:
    nothing with an area is left).
    """
    shapes = _shapes(geometries)
    broken = np.isin(shapely.get_type_id(shapes), AREAL) & ~shapely.is_valid(shapes)
    if not broken.any():
        return Cleaned(geometries, [])
    mended = shapes.copy()
    whys = shapely.is_valid_reason(shapes[broken])
    mended[broken] = valid_areas(shapes[broken])
    gone = broken & shapely.is_empty(mended)
    issues = [
        RowIssue(int(row), COLUMN, "repaired", "invalid-polygon", f"the outline was rebuilt: {why}")
        for row, why, lost in zip(geometries.index[broken], whys, gone[broken], strict=True)
        if not lost
    ]
    cleaned = _refused(
        _series(geometries, mended), [(gone, "no-area", "the outline encloses no area; draw it again")]
    )
    return Cleaned(cleaned.geometries, issues + cleaned.issues)


def fit_kind(geometries: gpd.GeoSeries, kind: Geometry) -> Cleaned:
    """Return geometries in the type of their layer.

    A multi-part of one part becomes the part, which changes nothing on the ground and is not reported;
    lines that meet are joined (`parts-joined`); an area or a line in a layer of points becomes a point in
    it (`area-to-point`, `line-to-point`). Several parts are set aside (`several-parts`; `split_lines`
    makes rows of them beforehand), as is what cannot become the type (`wrong-geometry`).
    """
    shapes = single_parts(_shapes(geometries))
    issues: list[RowIssue] = []
    if kind == "LineString":
        shapes, issues = _joined_lines(geometries, shapes)
    if kind == "Point":
        shapes, issues = _points_inside(geometries, shapes)
    types = shapely.get_type_id(shapes)
    family, wanted = _FAMILY[kind]
    several = np.isin(types, family) & ~np.isin(types, wanted)
    wrong = (types >= 0) & ~np.isin(types, family)
    cleaned = _refused(
        _series(geometries, shapes),
        [
            (several, "several-parts", "the shape has several parts that do not join; give each its own row"),
            (wrong, "wrong-geometry", f"the layer holds {kind}, the row something else"),
        ],
    )
    return Cleaned(cleaned.geometries, issues + cleaned.issues)


def refuse_degenerate(geometries: gpd.GeoSeries) -> Cleaned:
    """Set aside lines without length (`no-length`) and polygons without area (`no-area`)."""
    shapes = _shapes(geometries)
    types = shapely.get_type_id(shapes)
    lines = np.isin(types, LINEAR) & (shapely.length(shapes) == 0)
    areas = np.isin(types, AREAL) & (shapely.area(shapes) == 0)
    return _refused(
        geometries,
        [
            (lines, "no-length", "the line has no length; all its positions are one"),
            (areas, "no-area", "the outline encloses no area; draw it again"),
        ],
    )


def split_lines(roads: gpd.GeoDataFrame, key: str = "uid") -> tuple[gpd.GeoDataFrame, list[RowIssue]]:
    """Return lines with one row a part: the parts of row 7 with key `a` are `a/1`, `a/2`, ...

    The index, the row number of the file, is kept and so repeats; parts that meet are joined first.
    Reasons: `parts-joined`, `parts-split`.
    """
    shapes, issues = _joined_lines(roads.geometry, single_parts(_shapes(roads.geometry)))
    apart = shapely.get_type_id(shapes) == LINES
    issues += _issues(roads.geometry, apart, "repaired", "parts-split", "each part of the line became a row")
    merged = roads.set_geometry(_series(roads.geometry, shapes))
    merged["_apart"] = apart
    parts = merged.explode(index_parts=False)
    if key in parts:
        order = parts.groupby(level=0).cumcount() + 1
        numbered = parts[key].astype(str) + "/" + order.astype(str)
        parts[key] = parts[key].where(~parts["_apart"], numbered)
    return parts.drop(columns="_apart"), issues


def _shapes(geometries: gpd.GeoSeries) -> Shapes:
    return np.asarray(geometries.array, dtype=object)


def _series(like: gpd.GeoSeries, shapes: Shapes) -> gpd.GeoSeries:
    return gpd.GeoSeries(shapes, index=like.index, crs=like.crs, name=like.name)


def _joined_lines(geometries: gpd.GeoSeries, shapes: Shapes) -> tuple[Shapes, list[RowIssue]]:
    """Return lines with the parts joined that meet end to end, and the remark on those that became one."""
    whole = joined(shapes)
    became = (shapely.get_type_id(shapes) == LINES) & (shapely.get_type_id(whole) == LINE)
    detail = "the parts of the line meet and were joined"
    return whole, _issues(geometries, became, "repaired", "parts-joined", detail)


def _points_inside(geometries: gpd.GeoSeries, shapes: Shapes) -> tuple[Shapes, list[RowIssue]]:
    """Return areas and lines as a point that lies in them, and the remark on each."""
    issues: list[RowIssue] = []
    for family, reason in ((AREAL, "area-to-point"), (LINEAR, "line-to-point")):
        wide = np.isin(shapely.get_type_id(shapes), family)
        shapes = np.where(wide, shapely.point_on_surface(masked(shapes, wide)), shapes)
        detail = "the layer holds points; a point inside the shape was taken"
        issues += _issues(geometries, wide, "repaired", reason, detail)
    return shapes, issues


def _issues(
    geometries: gpd.GeoSeries, rows: Bools, action: Action, reason: str, detail: str
) -> list[RowIssue]:
    return [RowIssue(int(row), COLUMN, action, reason, detail) for row in geometries.index[rows]]


def _refused(geometries: gpd.GeoSeries, faults: list[tuple[Bools, str, str]]) -> Cleaned:
    """Set rows aside, each for the first fault that it has."""
    if not any(rows.any() for rows, _, _ in faults):
        return Cleaned(geometries, [])
    shapes, done = _shapes(geometries).copy(), np.zeros(len(geometries), dtype=bool)
    issues: list[RowIssue] = []
    for rows, reason, detail in faults:
        fresh = rows & ~done
        issues += _issues(geometries, fresh, "quarantined", reason, detail)
        done |= fresh
    shapes[done] = None
    return Cleaned(_series(geometries, shapes), issues)
