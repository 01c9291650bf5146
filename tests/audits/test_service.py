"""Inspections come in as a batch, once, with their findings, and places are graded from them."""

from datetime import UTC, date, datetime

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from audits import service, store
from gis.db import transaction
from gis.errors import ConflictError
from gis.frames import write_frame
from gis.store import issues, undo_batch
from gis.tables import Facility, ImportBatch, Toilet
from tests.audits.reading import readings

TODAY = date(2026, 1, 1)
GOOD = {
    "door_clear_width": "950 mm", "turning_circle": "1.5 m", "grab_bar_height": "700 mm", "open_and_usable": "yes",
}  # fmt: skip
G, I = (100.4, 38.9), (100.5, 38.95)  # noqa: E741  # the corner I of the town


def visit(
    said, *, uid="v1", place="t1", on=date(2025, 6, 1), at=None, element="accessible_toilet", layer="toilets"
):
    rows = readings(element, said, place=(layer, place), visit=uid)
    point = shapely.Point(*at) if at else None
    return gpd.GeoDataFrame(
        rows.assign(inspector="INS-01", visited_on=on), geometry=[point] * len(rows), crs=4326
    )  # fmt: skip


def join(*visits):
    return gpd.GeoDataFrame(pd.concat(visits, ignore_index=True), crs=4326)


def batch(session):
    row = ImportBatch(
        layer="audits", file_name="audits.csv", content_key="0" * 64, options={}, read=0, accepted=0, unchanged=0,
        repaired=0, quarantined=0, state="applied", imported_at=datetime.now(UTC), imported_by="test",
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


@pytest.fixture
def city(engine):
    """Two toilets and a clinic, 4 km or more from each other."""
    toilets = gpd.GeoDataFrame(
        {"uid": ["t1", "t2"], "built_on": [date(2015, 1, 1), None]},
        geometry=gpd.points_from_xy([G[0], I[0]], [G[1], I[1]]), crs=4326,
    )  # fmt: skip
    clinic = gpd.GeoDataFrame(
        {"uid": ["f1"], "facility_class": ["medical"]}, geometry=[shapely.Point(100.45, 38.9)], crs=4326
    )
    with transaction(engine) as session:
        write_frame(session, Toilet, toilets)
        write_frame(session, Facility, clinic)
    return engine


def bring(engine, audits):
    with transaction(engine) as session:
        number = batch(session)
        return number, service.write_audits(session, audits, number)


def test_an_import_keeps_visits_measurements_and_findings(city):
    _, counts = bring(city, visit(GOOD | {"turning_circle": "1.2 m"}, at=G))
    assert (counts.inserted, counts.replaced, counts.unchanged) == (4, 0, 0)
    with transaction(city) as session:
        visits, measured, found = store.visits(session), store.measurements(session), store.findings(session)
    assert visits[["uid", "place_uid", "inspector", "visited_on"]].iloc[0].tolist() == [
        "v1", "t1", "INS-01", date(2025, 6, 1),
    ]  # fmt: skip
    assert set(measured["attribute"]) == set(GOOD)
    assert measured.set_index("attribute").loc["turning_circle", ["value", "unit"]].tolist() == [1.2, "m"]
    row = found.iloc[0]
    assert (row["rule_id"], row["clause"], row["limit_low"], row["deviation"]) == (
        "GB-144",
        "3.2.3-1",
        1.5,
        0.3,
    )
    assert (row["severity"], row["state"], row["opened_on"]) == ("critical", "open", date(2025, 6, 1))
    assert found["opinion"].isna().all()


def test_the_same_visits_again_change_nothing(city):
    audits = visit(GOOD | {"turning_circle": "1.2 m"}, at=G)
    bring(city, audits)
    _, counts = bring(city, audits.iloc[::-1])
    assert (counts.inserted, counts.unchanged) == (0, 4)
    with transaction(city) as session:
        assert len(store.visits(session)) == 1
        assert len(store.findings(session)) == 1


def test_a_visit_is_never_overwritten(city):
    bring(city, visit(GOOD))
    with pytest.raises(ConflictError, match="v1; a visit is never overwritten"):
        bring(city, visit(GOOD | {"turning_circle": "1.6 m"}))


def test_an_undone_import_leaves_nothing_behind(city):
    kept, _ = bring(city, visit(GOOD, uid="v1"))
    number, _ = bring(city, visit(GOOD | {"turning_circle": "1.2 m"}, uid="v2"))
    with transaction(city) as session:
        undo_batch(session, number, tables=store.BATCH_TABLES)
    with transaction(city) as session:
        assert store.visits(session)["uid"].tolist() == ["v1"]
        assert set(store.measurements(session)["visit_uid"]) == {"v1"}
        assert store.findings(session).empty
    assert kept != number


def test_a_position_far_from_its_place_is_noted_with_the_distance(city):
    near = visit(GOOD, uid="near", at=(G[0] + 0.0005, G[1]))
    far = visit(GOOD, uid="far", at=(G[0] + 0.01, G[1]))  # 0.01 degrees at 38.9 N are 867 m
    nowhere = visit(GOOD, uid="nowhere")
    number, _ = bring(city, join(near, far, nowhere))
    with transaction(city) as session:
        visits = store.visits(session).set_index("uid")
        noted = [(issue.row, issue.reason, issue.detail) for issue in issues(session, number)]
    assert visits.loc["near", "place_distance_m"] == pytest.approx(43.4, abs=0.5)
    assert visits.loc["far", "place_distance_m"] == pytest.approx(867, abs=3)
    assert pd.isna(visits.loc["nowhere", "place_distance_m"])
    assert noted == [
        (4, "far-from-place", f"visit far is {visits.loc['far', 'place_distance_m']:.0f} m from its place")
    ]


def test_a_visit_to_an_unknown_place_is_kept_and_noted(city):
    number, counts = bring(city, visit(GOOD, place="t9", at=G))
    assert counts.inserted == 4
    with transaction(city) as session:
        assert [issue.reason for issue in issues(session, number)] == ["place-unknown"]


def test_places_of_several_layers_come_in_one_file(city):
    audits = join(
        visit(GOOD, uid="v1"),
        visit({"type_ok": "no"}, uid="v2", place="f1", layer="facilities", element="entrance"),
    )
    bring(city, audits)
    with transaction(city) as session:
        found = store.findings(session, "facilities")
        assert found[["place_uid", "rule_id", "severity"]].to_numpy().tolist() == [
            ["f1", "GB-092", "critical"]
        ]
        assert store.findings(session, "toilets", state="open").empty


def test_a_visit_is_judged_by_the_rules_of_its_own_day(city):
    before = visit(
        {"clear_width": "1.1 m", "at_entrance": "no"},
        uid="v1",
        on=date(2021, 5, 1),
        element="wheelchair_ramp",
    )
    after = visit(
        {"clear_width": "1.1 m", "at_entrance": "no"},
        uid="v2",
        on=date(2023, 5, 1),
        element="wheelchair_ramp",
    )
    bring(city, join(before, after))
    with transaction(city) as session:
        assert store.findings(session)[["rule_id", "opened_on"]].to_numpy().tolist() == [
            ["GB-069", date(2023, 5, 1)]
        ]
        changed = service.rejudged(session, on=TODAY)
    assert changed[["visit_uid", "before", "after", "rule_before", "rule_after"]].to_numpy().tolist() == [
        ["v1", "met", "not_met", "GB-070", "GB-069"]
    ]


def test_a_place_is_judged_by_the_rules_of_its_birth(city):
    bring(city, visit({"clear_width": "1.1 m", "at_entrance": "no"}, element="wheelchair_ramp"))
    with transaction(city) as session:
        birth = service.verdicts_at_birth(session).set_index("rule_id")["outcome"]
        today = service.verdicts(session, on=TODAY).set_index("rule_id")["outcome"]
    assert birth["GB-070"] == "met"
    assert "GB-069" not in birth
    assert today["GB-069"] == "not_met"


def test_every_toilet_has_a_public_grade_and_an_uninspected_one_is_unknown(city):
    bring(city, visit(GOOD, at=G))
    with transaction(city) as session:
        graded = service.public_places(session, "toilets", on=TODAY).set_index("place_uid")
    assert graded["level"].to_dict() == {"t1": "accessible", "t2": "unknown"}
    assert graded.loc["t1", "inspected_on"] == date(2025, 6, 1)
    assert graded.loc["t1", "met"] == 4
    assert graded.crs.to_epsg() == 4326
    assert graded.geometry["t2"].coords[0] == pytest.approx(I)


def test_measurements_of_a_file_are_judged_without_a_database():
    audits = pd.DataFrame(visit({"clear_width": "1.1 m"}, element="wheelchair_ramp", on=date(2021, 5, 1)))
    assert "GB-069" not in set(service.judged(audits)["rule_id"])
    assert service.judged(audits, on=TODAY).set_index("rule_id").loc["GB-069", "outcome"] == "not_met"
    assert set(service.judged(audits, standard="ADA 2010")["standard"]) == {"ADA 2010"}


def test_a_layer_without_inspections_is_unknown_throughout(city):
    with transaction(city) as session:
        assert set(service.public_places(session, "facilities", on=TODAY)["level"]) == {"unknown"}
        assert service.grades(session, "toilets", on=TODAY).empty
        assert service.rejudged(session, on=TODAY).empty
