"""Who reaches which service within the norm, by road: for every home, by region, and the gaps.

Three answers everywhere: reached, not reached, and unknown. A place that operates and serves counts; one
that is closed, idle, planned or being built does not; one of which that is not known counts as neither: a
home is `reached` by a place that counts, not reached if no place that may count is within the norm, and
unknown otherwise. `potential` coverage asks whether a service is there, `effective` whether an inspection
found it usable; what has not been inspected is unknown, never no.
"""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.catalogue import codelist
from gis.errors import InputError
from gis.modes import Mode, facts
from gis.network import By, Network, Snapped, snap
from gis.regiontree import RegionTree
from gis.travel import nearest

GRADE_COUNTS = {"accessible": True, "partial": False, "not_accessible": False}  # else unknown


@dataclass(frozen=True)
class Norm:
    """Within what time or distance a service should be reached.

    Attributes
    ----------
    service, mode
        Codes of the list `service` and of `travel.toml`.
    within_s, within_m
        The limit; exactly one of the two is not None.
    source, verified
        Where the limit comes from, and whether it was read there.
    """

    service: str
    mode: Mode
    within_s: float | None
    within_m: float | None
    source: str
    verified: bool

    @property
    def by(self) -> By:
        """What the limit measures."""
        return "time" if self.within_m is None else "distance"

    @property
    def limit(self) -> float:
        """Seconds or metres, as `by` says."""
        return float(self.within_s if self.within_m is None else self.within_m)  # type: ignore[arg-type]  # one is set


def norm(service: str) -> Norm:
    """Return the norm of a service in the code list `service`.

    Raises
    ------
    CodeError
        The service is not known; the message lists the codes.
    """
    about = codelist("service")[service].facts
    within_s = about["within_min"] * 60.0 if "within_min" in about else None
    within_m = float(about["within_m"]) if "within_m" in about else None
    source, verified = about.get("norm_source", about.get("source", "")), bool(about.get("verified", False))
    return Norm(service, about["mode"], within_s, within_m, source, verified)


def changed(given: Norm, *, mode: Mode | None = None, within: str | None = None) -> Norm:
    """Return a norm with another mode or limit, such as `60min` or `300m`, asked for by a user.

    Raises
    ------
    InputError
        The limit is not a number with `min` or `m`.
    CodeError
        The mode is not known.
    """
    if mode is not None:
        facts(mode)
        given = replace(given, mode=mode)
    if within is None:
        return given
    text = within.strip().lower()
    unit = "min" if text.endswith("min") else "m"
    try:
        number = float(text.removesuffix(unit)) if text.endswith(unit) else np.nan
    except ValueError:
        number = np.nan
    if not 0 < number < np.inf:
        raise InputError(f"'{within}' is no limit; write minutes or metres, such as 60min or 300m.")
    within_s, within_m = (number * 60, None) if unit == "min" else (None, number)
    return replace(given, within_s=within_s, within_m=within_m, source="asked for", verified=False)


def serving(places: gpd.GeoDataFrame, service: str, *, tier: int | None = None) -> gpd.GeoDataFrame:
    """Return the places that offer a service, with a column `counts`: yes, no or unknown (`boolean`).

    Parameters
    ----------
    places
        The layer that the service names: `facilities` (columns `services`, `facility_class`,
        `operating_status`, `tier`) or `toilets` for `accessible_toilet`.
    tier
        Keep places of this tier of rehabilitation only; those of unknown tier then count as unknown.

    Raises
    ------
    CodeError
        The service is not known.
    """
    about = codelist("service")[service].facts
    if about["layer"] == "toilets":
        offers = _accessible(places)
    else:
        named = places["services"].map(_named, na_action="ignore")
        by_name = named.map(lambda names: bool(names & set(about["facility_services"])), na_action="ignore")
        by_class = places["facility_class"].isin(about["facility_classes"])
        offers = by_name.astype("boolean").fillna(by_class.astype("boolean"))
    counts = offers & _operating(places)
    if tier is not None:
        counts &= places["tier"].astype("Int64").eq(tier).astype("boolean")
    return places.assign(counts=counts)[offers.fillna(value=True).to_numpy(bool)]


def effective(places: gpd.GeoDataFrame, grades: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return places of `serving` that count only where an inspection found them accessible.

    Parameters
    ----------
    places
        Places with `uid` and, optionally, `counts`.
    grades
        Columns `place_uid` and `level` (accessible, partial, not_accessible, unknown), one row a place,
        of the group that matters; a place that is not in it is unknown.
    """
    level = places["uid"].map(grades.set_index("place_uid")["level"])
    passed = level.map(GRADE_COUNTS).astype("boolean")
    return places.assign(counts=_counts(places) & passed)


def reach(
    network: Network,
    homes: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    limit: Norm,
    *,
    joints: Snapped | None = None,
) -> pd.DataFrame:
    """Return for every home the nearest place that counts, and whether it is within the norm.

    Parameters
    ----------
    network
        Of the norm's mode.
    homes
        Points in the metric system of the network.
    places
        Points in the same system, with `uid` and optionally `counts` (`boolean`; absent: all count).
    joints
        `homes` snapped to `network`, where that is known already.

    Returns
    -------
    DataFrame
        Index of `homes`. `facility` (uid) and `cost` (seconds or metres, as the norm says) of the nearest
        place that counts, wherever it is; `maybe_facility` and `maybe_cost` of the nearest that counts or
        may count; `reached` (`boolean`, missing where only a place that may count is within the norm);
        `on_network` (false: too far from every road).

    Raises
    ------
    InputError
        The network is of another mode than the norm.
    CrsError
        Homes or places are in another system than the network.
    """
    if network.mode != limit.mode:
        raise InputError(f"The network is for {network.mode}, the norm for {limit.mode}; build that network.")
    joints = snap(network, homes) if joints is None else joints
    counts = _counts(places)
    columns: dict[str, object] = {}
    for prefix, held in (("", counts.fillna(value=False)), ("maybe_", counts.fillna(value=True))):
        chosen = places[held.to_numpy(bool)]
        if prefix and len(chosen) == counts.fillna(value=False).sum():
            found_uid, travel = columns["facility"], columns["cost"]
        else:
            found = nearest(network, joints, snap(network, chosen), by=limit.by)
            uids = np.array([*chosen["uid"], None], dtype=object)
            found_uid, travel = uids[found.owner], found.travel
        columns |= {f"{prefix}facility": found_uid, f"{prefix}cost": travel}
    answers = pd.DataFrame(columns, index=homes.index)
    sure, possible = answers["cost"] <= limit.limit, answers["maybe_cost"] <= limit.limit
    answers["reached"] = sure.astype("boolean").mask(possible & ~sure)
    answers["on_network"] = joints.edge >= 0
    return answers


def coverage_table(homes: pd.DataFrame, answers: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Return people and people reached by region at every level.

    Parameters
    ----------
    homes
        Columns `region_code` and `people` (absent: one a home).
    answers
        What `reach` returned for these homes.
    regions
        The layer `regions`, of which the rows that have not ended count.

    Returns
    -------
    DataFrame
        One row a region, in the order of `regions`, and a last one with code None where homes are in no
        known region: `code name level parent_code people reached not_reached unknown share`. `share` is
        reached by people, missing where nobody lives. A level sums what lies below it and what is
        assigned to it directly.

    Raises
    ------
    SchemaError
        The regions are not a tree.
    """
    tree = RegionTree.of(regions)
    known = pd.Series(tree.rows_of(homes["region_code"]) >= 0, index=homes.index)
    people = homes["people"] if "people" in homes else pd.Series(1, index=homes.index)
    reached = answers["reached"]
    split = pd.DataFrame(
        {
            "people": people,
            "reached": people.where(reached.fillna(value=False), 0),
            "not_reached": people.where(~reached.fillna(value=True), 0),
            "unknown": people.where(reached.isna(), 0),
        }
    )
    placed = split[known].set_axis(homes.loc[known, "region_code"], axis=0)
    rows = tree.regions[["code", "name", "level", "parent_code"]].reset_index(drop=True)
    for column in split:
        rows[column] = tree.totals(placed[column]).to_numpy()
    if not known.all():
        rows = pd.concat([rows, split[~known].sum().to_frame().T], ignore_index=True)
        rows["code"] = rows["code"].astype(object).where(rows["code"].notna(), None)
    rows["share"] = (rows["reached"] / rows["people"]).where(rows["people"] > 0)
    return rows


def _counts(places: pd.DataFrame) -> pd.Series:
    if "counts" in places:
        return places["counts"].astype("boolean")
    return pd.Series(data=True, index=places.index, dtype="boolean")


def _operating(places: pd.DataFrame) -> pd.Series:
    """Return whether places run: yes, no, or unknown where the status is not known."""
    status = codelist("operating_status").codes
    counts = {code: bool(about.facts["counts"]) for code, about in status.items()}
    return places["operating_status"].map(counts).astype("boolean")


def _named(services: str | list[str]) -> set[str]:
    return set(services.split(";")) if isinstance(services, str) else set(services)


def _accessible(toilets: pd.DataFrame) -> pd.Series:
    """Return whether their owner describes toilets as accessible: yes, no or unknown.

    A step at the door, or `wheelchair` = no, outweighs an accessible room behind it.
    """
    wheelchair = toilets["wheelchair"]
    no = wheelchair.eq("no").fillna(value=False) | toilets["step_free"].eq(other=False).fillna(value=False)
    rooms = pd.to_numeric(toilets["accessible_rooms"], errors="coerce")
    room = (
        toilets["accessible_room"].astype("boolean") | toilets["third_toilet"].astype("boolean") | (rooms > 0)
    )
    yes = wheelchair.isin(["yes", "designated"]) | room.fillna(value=False)
    without = toilets["accessible_room"].eq(other=False).fillna(value=False) | wheelchair.eq(
        "limited"
    ).fillna(value=False)
    answer = pd.Series(pd.NA, index=toilets.index, dtype="boolean")
    answer[yes.to_numpy(bool)] = True
    answer[(no | (without & ~yes)).to_numpy(bool)] = False
    return answer
