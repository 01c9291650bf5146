"""Finds what is wrong with the records of audits: shifted, swapped and far positions, visits entered twice.

A position is judged against the place that the visit names, which is the better known of the two. A shift
within what the device itself admits as its error is no sign of a wrong datum. Nothing is corrected here:
an inspection is evidence, so the record stays and the finding stands beside it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray
from pyproj import Transformer

from audits.positions import FAR_M, LIKELY
from gis.crs import Datum, to_wgs84

NEAR_M = (
    20.0  # an ordinary fix in a street is within 15 m of the truth; the place's own position adds a little
)
SAME_DAYS = 3  # a visit entered again comes within days; a re-inspection comes after a repair
SAME_SHARE = 0.9  # of all readings of two visits that are equal to the last digit
SHIFTED: tuple[Datum, ...] = ("gcj02", "bd09")
KINDS = ("gcj02", "bd09", "swapped", "far", "no_position", "place_unknown", "ok")
READING = ("element", "element_no", "attribute", "value", "choice", "not_measured")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """How well one kind of error was found against a known truth."""

    kind: str
    planted: int
    found: int
    right: int

    @property
    def precision(self) -> float | None:
        """Share of what was found that is right; None where nothing was found."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of what was planted that was found; None where nothing was planted."""
        return self.right / self.planted if self.planted else None


def position_kinds(visits: pd.DataFrame, places: GeoDataFrame, metric_epsg: int) -> pd.DataFrame:
    """Return what is wrong with the position of each visit.

    Parameters
    ----------
    visits
        `uid`, `place_layer`, `place_uid`, `lon`, `lat` (degrees as recorded, said to be WGS 84; may be
        missing) and `accuracy_m` (as the device states it; may be missing).
    places
        EPSG:4326 with `place_layer` and `place_uid`; points, lines or areas.
    metric_epsg
        Metric CRS of the city.

    Returns
    -------
    DataFrame
        Indexed like `visits`: `uid`, `kind` (of `KINDS`), `distance_m` to the place as recorded, and
        `mended_m`, the distance if the error named were undone (NaN for the other kinds).
    """
    target = _targets(visits, places, metric_epsg)
    lon, lat = (visits[name].to_numpy(dtype=float, na_value=np.nan) for name in ("lon", "lat"))
    distance = _distances(lon, lat, target, metric_epsg)
    mended = {"swapped": _distances(lat, lon, target, metric_epsg)}
    mended |= {
        datum: _distances(*to_wgs84(lon, lat, datum), target, metric_epsg) for datum in reversed(SHIFTED)
    }
    stated = visits["accuracy_m"].to_numpy(dtype=float, na_value=np.nan)
    admitted = np.maximum(NEAR_M, LIKELY * np.nan_to_num(stated))
    off = distance > admitted
    kind = np.full(len(visits), "ok", dtype=object)
    kind[distance > np.maximum(FAR_M, admitted)] = "far"
    kind[off & (mended["swapped"] <= FAR_M) & (mended["swapped"] < distance / 2)] = "swapped"
    for datum in reversed(SHIFTED):
        kind[off & (mended[datum] <= NEAR_M) & (mended[datum] < distance / 2)] = datum
    kind[target.isna().to_numpy()] = "place_unknown"
    kind[~np.isfinite(lon) | ~np.isfinite(lat) | ((lon == 0) & (lat == 0))] = "no_position"
    undone = np.full(len(visits), np.nan)
    for name, distances in mended.items():
        undone = np.where(kind == name, distances, undone)
    shown = np.where(np.isfinite(distance), distance, np.nan)
    return pd.DataFrame(
        {"uid": visits["uid"], "kind": kind, "distance_m": shown, "mended_m": undone}, index=visits.index
    )


def repeated_visits(visits: pd.DataFrame, readings: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of visits that are one inspection entered twice, by whomever.

    Parameters
    ----------
    visits
        `uid`, `place_layer`, `place_uid`, `visited_on`.
    readings
        `visit_uid` and the columns `READING`, as far as they are there.

    Returns
    -------
    DataFrame
        `uid` (the later one, or the one of the higher number on one day), `repeats` (the other) and
        `same_share` of their readings, in the order of `repeats` and `uid`. A visit that was entered three
        times is told once for each repetition, against the first.
    """
    days = visits.assign(day=pd.to_datetime(visits["visited_on"])).sort_values(["day", "uid"])
    crowded = days[days.duplicated(["place_layer", "place_uid"], keep=False)]
    contents = _contents(readings[readings["visit_uid"].isin(crowded["uid"])])
    found = []
    for _, at_place in crowded.groupby(["place_layer", "place_uid"], sort=True):
        firsts: list[tuple[str, pd.Timestamp]] = []
        for uid, day in zip(at_place["uid"], at_place["day"], strict=True):
            shares = [
                (first, _share(contents.get(first), contents.get(uid)))
                for first, first_day in firsts
                if (day - first_day).days <= SAME_DAYS
            ]
            first, share = max(shares, key=lambda each: each[1], default=("", 0.0))
            if share >= SAME_SHARE:
                found.append((uid, first, share))
            else:
                firsts.append((uid, day))
    table = pd.DataFrame(found, columns=["uid", "repeats", "same_share"])
    return table.sort_values(["repeats", "uid"]).reset_index(drop=True)


def scores(kinds: pd.DataFrame, repeats: pd.DataFrame, truth: pd.DataFrame) -> list[Score]:
    """Return how well each planted kind of error was found.

    Parameters
    ----------
    kinds, repeats
        Results of `position_kinds` and `repeated_visits`; what the truth does not speak of is left out.
    truth
        `visit_uid`, `kind` (with `gcj02`, `swapped`, `far` among its values) and `duplicate_of`.

    Returns
    -------
    list of Score
        For `gcj02`, `swapped`, `far` and `duplicate`. A duplicate is right if its pair is, whichever of the
        two was told to be the copy.
    """
    known = truth[truth["visit_uid"].isin(kinds["uid"])]
    told = kinds[kinds["uid"].isin(known["visit_uid"])].set_index("uid")["kind"]
    real = known.set_index("visit_uid")["kind"]
    result = []
    for kind in ("gcj02", "swapped", "far"):
        planted, found = set(real.index[real == kind]), set(told.index[told == kind])
        result.append(Score(kind, len(planted), len(found), len(planted & found)))
    copies = known[known["duplicate_of"].notna() & known["duplicate_of"].isin(kinds["uid"])]
    planted_pairs = {
        frozenset(pair) for pair in zip(copies["visit_uid"], copies["duplicate_of"], strict=True)
    }
    found_pairs = {
        frozenset(pair)
        for pair in zip(repeats["uid"], repeats["repeats"], strict=True)
        if set(pair) <= set(real.index)
    }
    right = len(planted_pairs & found_pairs)
    return [*result, Score("duplicate", len(planted_pairs), len(found_pairs), right)]


def _targets(visits: pd.DataFrame, places: GeoDataFrame, metric_epsg: int) -> GeoSeries:
    metric = places.to_crs(metric_epsg)
    keys = zip(metric["place_layer"], metric["place_uid"], strict=True)
    known = dict(zip(keys, metric.geometry, strict=True))
    asked = zip(visits["place_layer"], visits["place_uid"], strict=True)
    return GeoSeries([known.get(place) for place in asked], index=visits.index, crs=metric_epsg)


def _distances(lon: Floats, lat: Floats, target: GeoSeries, metric_epsg: int) -> Floats:
    # Infinite where the numbers are no degrees, or degrees that the metric system cannot hold.
    into_metric = Transformer.from_crs(4326, metric_epsg, always_xy=True)
    degrees = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    x, y = into_metric.transform(np.where(degrees, lon, np.nan), np.where(degrees, lat, np.nan))
    held = np.isfinite(x) & np.isfinite(y)
    spots = shapely.points(np.where(held, x, 0.0), np.where(held, y, 0.0))
    return np.where(target.isna(), np.nan, np.where(held, shapely.distance(spots, target.to_numpy()), np.inf))


def _contents(readings: pd.DataFrame) -> dict[str, frozenset[tuple[object, ...]]]:
    plain = pd.DataFrame({name: readings.get(name) for name in READING})
    plain = plain.astype(object).where(plain.notna(), None)
    rows = pd.Series(list(plain.itertuples(index=False, name=None)), index=readings.index, dtype=object)
    return {str(uid): frozenset(each) for uid, each in rows.groupby(readings["visit_uid"])}


def _share(
    first: frozenset[tuple[object, ...]] | None, second: frozenset[tuple[object, ...]] | None
) -> float:
    if not first or not second:
        return 0.0
    return len(first & second) / len(first | second)
