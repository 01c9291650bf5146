"""Turns accepted rows of the audits layer into visits and readings, each visit with a digest.

The digest covers everything that was recorded of a visit, in any order of rows, so that a repeated
import is recognised and a second visit under a number that is taken is not.
"""

from hashlib import blake2b

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from audits.units import recognise
from gis.cells import content_hashes
from gis.specs import RowIssue

READING = (
    "place_layer", "place_uid", "visit_uid", "element", "element_no", "attribute", "value", "choice", "unit",
    "not_measured",
)  # fmt: skip
VISIT = ("place_layer", "place_uid", "inspector", "visited_on", "accuracy_m")
DIGEST_BYTES = 16


def readings_and_visits(audits: pd.DataFrame) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the readings and the visits of rows of the audits layer.

    Parameters
    ----------
    audits
        Columns of `audits.layer.AUDITS`; a frame with geometry holds positions in EPSG:4326.

    Returns
    -------
    readings
        Columns `READING`: units brought to their codes, a missing unit inferred (`choice` for a
        choice, else empty), a missing element number 1.
    visits
        One row a visit: `uid`, `VISIT`, `row` (first row of the file), `content_hash` and the first
        known position.
    """
    rows = pd.DataFrame(audits).reset_index(names="row")
    for name in ("choice", "not_measured", "accuracy_m", "inspector", "visited_on", "geometry"):
        if name not in rows:
            rows[name] = None
    rows["element_no"] = rows["element_no"].fillna(1).astype("int64") if "element_no" in rows else 1
    rows["unit"] = _units(rows)
    first = rows.groupby("visit_uid", sort=False)[["row", *VISIT]].first().reset_index(names="uid")
    located = rows.dropna(subset="geometry").drop_duplicates("visit_uid")
    positions = dict(zip(located["visit_uid"], located["geometry"], strict=True))
    visits = gpd.GeoDataFrame(
        first.assign(content_hash=first["uid"].map(_digests(rows))),
        geometry=gpd.GeoSeries([positions.get(uid) for uid in first["uid"]], crs=4326),
    )
    return rows.loc[:, list(READING)], visits


def position_notes(visits: gpd.GeoDataFrame, known: set[tuple[str, str]], far_m: float) -> list[RowIssue]:
    """Return remarks on visits far from their place, or to a place that its layer does not have.

    Parameters
    ----------
    visits
        With `row` and `place_distance_m`.
    known
        The (layer, uid) that exist.
    """
    far = visits[visits["place_distance_m"] > far_m]
    notes = [
        RowIssue(
            int(row), "geometry", "noted", "far-from-place", f"visit {uid} is {distance:.0f} m from its place"
        )
        for row, uid, distance in zip(far["row"], far["uid"], far["place_distance_m"], strict=True)
    ]
    for row, uid, *place in visits[["row", "uid", "place_layer", "place_uid"]].itertuples(index=False):
        if tuple(place) not in known:
            detail = f"visit {uid}: the layer {place[0]} has no {place[1]}"
            notes.append(RowIssue(int(row), "place_uid", "noted", "place-unknown", detail))
    return notes


def _units(rows: pd.DataFrame) -> "pd.Series[str]":
    given = rows["unit"] if "unit" in rows else pd.Series(None, index=rows.index, dtype=object)
    codes = {unit: recognise(unit) or unit for unit in map(str, given.dropna().unique())}
    inferred = np.where(rows["choice"].notna(), "choice", "")
    return pd.Series(np.where(given.notna(), given.map(codes), inferred), index=rows.index, dtype="str")


def _digests(rows: pd.DataFrame) -> "pd.Series[str]":
    names = [name for name in (*READING, *VISIT) if name != "visit_uid"]
    plain = rows[list(dict.fromkeys(names))].astype(object)
    texts = {
        str(name): [
            None if missing else str(value)
            for value, missing in zip(plain[name], plain[name].isna(), strict=True)
        ]
        for name in plain
    }
    positions = [None if point is None else shapely.to_wkb(point) for point in rows["geometry"]]
    digests = pd.Series(
        np.array(content_hashes({**texts, "geom": positions}), dtype=object), index=rows.index
    )
    joined = digests.groupby(rows["visit_uid"]).agg(lambda each: "".join(sorted(each)))
    return joined.map(lambda text: blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest())
