"""What one can do with audits: bring inspections in, judge them again, and say how places stand.

Verdicts are computed whenever they are asked for; only measurements and the findings opened from them
are stored. A visit is judged by the rules in force on its own day.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame, GeoSeries
from sqlalchemy.orm import Session

from audits import case_store, findings, intake, rules, standards, store
from audits.grades import of_groups, place_grades
from gis.catalogue import table
from gis.errors import ConflictError
from gis.specs import RowIssue
from gis.store import ApplyCounts, add_issues

UNMENDED = ("open", "in_case")  # states of a finding that stands; a case that ends ends its findings too


@dataclass(frozen=True)
class Recorded:
    """A visit that is stored; `known` if it was before, just so; `notes` are remarks on its position."""

    uid: str
    content_hash: str
    known: bool
    notes: list[RowIssue]


FAR_M = 250.0  # farther from its place than this, the position of a visit is noted


def write_audits(session: Session, audits: GeoDataFrame, batch_id: int) -> ApplyCounts:
    """Write inspections with their verdicts' findings: the writer of the audits layer for an import.

    Parameters
    ----------
    audits
        Accepted rows of the layer (`audits.layer.AUDITS`), one a reading, EPSG:4326, indexed by row of
        the file.

    Returns
    -------
    ApplyCounts
        Rows written and rows of visits that were stored before with the same content.

    Raises
    ------
    ConflictError
        A visit of that number is stored with other content: visits are never overwritten.

    Notes
    -----
    The batch is taken back by `gis.store.undo_batch(session, batch_id, tables=store.BATCH_TABLES)`.
    """
    readings, visits = intake.readings_and_visits(audits)
    known = store.visit_hashes(session, list(visits["uid"])).set_index("uid")["content_hash"]
    stored = visits["uid"].map(known)
    clash = visits.loc[stored.notna() & (stored != visits["content_hash"]), "uid"]
    if len(clash):
        raise ConflictError(
            f"{len(clash)} visits are stored with other content, the first being {clash.iloc[0]};"
            " a visit is never overwritten: give the correction a number of its own."
        )
    fresh = visits[stored.isna()]
    new = readings[readings["visit_uid"].isin(fresh["uid"])]
    if len(fresh):
        add_issues(session, batch_id, _write_new(session, new, fresh, batch_id))
    return ApplyCounts(inserted=len(new), replaced=0, unchanged=len(readings) - len(new))


def record_visit(session: Session, audits: GeoDataFrame) -> Recorded:
    """Write one inspection that was handed in by itself, such as by a phone, with the findings it opens.

    Parameters
    ----------
    audits
        Accepted rows of the layer (`audits.layer.AUDITS`) of one visit, EPSG:4326.

    Raises
    ------
    ConflictError
        A visit of that number is stored with other content: visits are never overwritten.
    """
    readings, visits = intake.readings_and_visits(audits)
    uid, digest = str(visits["uid"].iloc[0]), str(visits["content_hash"].iloc[0])
    stored = store.visit_hashes(session, [uid])["content_hash"]
    if len(stored) and stored.iloc[0] != digest:
        raise ConflictError(
            f"Visit {uid} is stored with other content; a visit is never overwritten: give the correction a"
            " number of its own."
        )
    notes = [] if len(stored) else _write_new(session, readings, visits, None)
    return Recorded(uid, digest, known=bool(len(stored)), notes=notes)


def judged(
    audits: pd.DataFrame,
    *,
    on: date | None = None,
    places: pd.DataFrame | None = None,
    standard: str | None = None,
) -> pd.DataFrame:
    """Return the verdicts of measurements that need not be stored, such as those of a file.

    Parameters
    ----------
    audits
        Rows of the audits layer.
    on
        The day whose rules apply; by default each visit's own day.

    Raises
    ------
    NotFoundError
        There is no such standard.
    """
    readings, visits = intake.readings_and_visits(audits)
    if on is not None or standard is not None:
        day = on or max(visits["visited_on"])
        return rules.judge(readings, standards.load(), on=day, places=places, standard=standard)
    days = readings["visit_uid"].map(visits.set_index("uid")["visited_on"])
    return rules.judge_each(readings, standards.load(), on=days, places=places)


def verdicts(
    session: Session, layer: str | None = None, *, on: date, standard: str | None = None
) -> pd.DataFrame:
    """Return the verdicts of everything measured so far by the rules of one day.

    Raises
    ------
    NotFoundError
        There is no such standard.
    """
    readings = store.measurements(session, layer)
    return rules.judge(readings, standards.load(), on=on, places=_facts(session, readings), standard=standard)


def verdicts_at_birth(session: Session, layer: str | None = None) -> pd.DataFrame:
    """Return the verdicts of places by the rules in force when they were built, where that is known."""
    readings = store.measurements(session, layer)
    facts = _facts(session, readings)
    built = facts.drop_duplicates(["place_layer", "place_uid"]).set_index(["place_layer", "place_uid"])[
        "built_on"
    ]
    keys = pd.MultiIndex.from_frame(readings[["place_layer", "place_uid"]])
    days = pd.Series(built.reindex(keys).to_numpy(), index=readings.index)
    return rules.judge_each(readings, standards.load(), on=days, places=facts)


def rejudged(
    session: Session, *, on: date, standard: str | None = None, layer: str | None = None
) -> pd.DataFrame:
    """Return what would change if every past audit were judged by another day or another rule set.

    Raises
    ------
    NotFoundError
        There is no such standard.
    """
    readings = store.measurements(session, layer)
    facts = _facts(session, readings)
    book = standards.load()
    before = rules.judge_each(readings, book, on=readings["visited_on"], places=facts)
    return rules.changes(before, rules.judge(readings, book, on=on, places=facts, standard=standard))


def grades(session: Session, layer: str, *, on: date, groups: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the grade of every inspected place of a layer on a day, by the rules of that day.

    With `groups` (codes of the list `groups`) only the rules that protect one of them count.
    """
    found = verdicts(session, layer, on=on)
    if groups:
        book = standards.load()
        harmed = {rule_id: book.rule(rule_id).groups for rule_id in found["rule_id"].unique()}
        found = of_groups(found, harmed, groups)
    return place_grades(found, standards.policy(), visited_on=visit_days(session, layer), on=on)


def visit_days(session: Session, layer: str | None = None) -> "pd.Series[Any]":
    """Return the date of each visit to the places of a layer, or of all, by the visit's `uid`."""
    visits = pd.DataFrame(store.visits(session, layer))
    return visits.set_index("uid")["visited_on"]


def open_findings(session: Session) -> GeoDataFrame:
    """Return the findings that nobody has mended yet, each with its case and where the visit was.

    Returns
    -------
    GeoDataFrame
        Columns of the table `finding`, `attribute` of its rule, `case_uid` (None: no case) and the position
        of the visit (may be missing), EPSG:4326.
    """
    found = store.findings(session)
    found = found[found["state"].isin(UNMENDED)].reset_index(drop=True)
    book = standards.load()
    attributes = {rule_id: book.rule(rule_id).attribute for rule_id in found["rule_id"].unique()}
    reports = case_store.reports(session)[["finding_uid", "case_id"]].dropna()
    cases = case_store.cases(session).set_index("id")["uid"]
    of_finding = reports.set_index("finding_uid")["case_id"].map(cases)
    visited = GeoDataFrame(store.visits(session)).set_index("id").geometry
    case_uid = found["uid"].map(of_finding).astype(object)
    return GeoDataFrame(
        found.assign(
            attribute=found["rule_id"].map(attributes), case_uid=case_uid.where(case_uid.notna(), None)
        ),
        geometry=visited.reindex(found["visit_id"]).to_numpy(),
        crs=4326,
    )


def public_places(session: Session, layer: str, *, on: date) -> GeoDataFrame:
    """Return all places of a layer with their grade, those never inspected as unknown; EPSG:4326.

    Returns
    -------
    GeoDataFrame
        `place_uid`, facts of the place, and the columns of `audits.grades.place_grades`.
    """
    places = store.places(session, layer)
    graded = places.merge(grades(session, layer, on=on), on=["place_layer", "place_uid"], how="left")
    for name in ("level", "last_level"):
        graded[name] = graded[name].fillna("unknown")
    for name in ("met", "not_met", "unknown"):
        graded[name] = graded[name].fillna(0).astype("int64")
    return GeoDataFrame(graded, geometry="geometry", crs=4326)


def _write_new(
    session: Session, readings: pd.DataFrame, visits: GeoDataFrame, batch_id: int | None
) -> list[RowIssue]:
    places = _places(session, visits)
    located = visits.assign(place_distance_m=_distances(visits, places))
    found = rules.judge_each(
        readings, standards.load(), on=_days(readings, visits), places=_with_exposure(places)
    )
    ids = store.insert_visits(session, located, batch_id)
    store.insert_measurements(session, readings.assign(visit_id=readings["visit_uid"].map(ids)))
    opened = findings.from_verdicts(found)
    days = visits.set_index("uid")["visited_on"]
    store.insert_findings(
        session, opened.assign(visit_id=opened["visit_uid"].map(ids), opened_on=opened["visit_uid"].map(days))
    )
    known = set(zip(places["place_layer"], places["place_uid"], strict=True))
    return intake.position_notes(located, known, FAR_M)


def _days(readings: pd.DataFrame, visits: pd.DataFrame) -> "pd.Series[date]":
    return readings["visit_uid"].map(visits.set_index("uid")["visited_on"])


def _places(session: Session, visits: pd.DataFrame) -> GeoDataFrame:
    parts = [
        store.places(session, str(layer), list(dict.fromkeys(group)))
        for layer, group in visits.groupby("place_layer")["place_uid"]
    ]
    return GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=4326)


def _facts(session: Session, readings: pd.DataFrame) -> pd.DataFrame:
    if readings.empty:
        return pd.DataFrame(columns=["place_layer", "place_uid", "built_on"])
    return _with_exposure(_places(session, readings.drop_duplicates(["place_layer", "place_uid"])))


def _with_exposure(places: GeoDataFrame) -> pd.DataFrame:
    facts = pd.DataFrame(places.drop(columns="geometry"))
    if "built_on" not in facts:
        facts["built_on"] = None
    if "road_class" in facts:
        exposed = facts["road_class"].isin(table("catalogue/severity.toml")["exposure"]["road_classes"])
        facts["exposed"] = exposed.astype(object).where(facts["road_class"].notna(), None)
    return facts


def _distances(visits: GeoDataFrame, places: GeoDataFrame) -> np.ndarray:
    # In the UTM zone of the places, metres; NaN where either position is unknown.
    keys = zip(places["place_layer"], places["place_uid"], strict=True)
    known = dict(zip(keys, places.geometry, strict=True))
    asked = zip(visits["place_layer"], visits["place_uid"], strict=True)
    targets = GeoSeries([known.get(place) for place in asked], crs=4326)
    if targets.isna().all() or visits.geometry.isna().all():
        return np.full(len(visits), np.nan)
    metric = targets.dropna().estimate_utm_crs()
    positions = GeoSeries(visits.geometry.to_numpy(), crs=4326).to_crs(metric)
    return np.asarray(positions.distance(targets.to_crs(metric), align=False), dtype=float)
