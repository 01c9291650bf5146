"""Planted errors of audits are found, and what is only a poor fix is not taken for one."""

from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point

from audits import evidence
from audits.cleaning import Score, position_kinds, repeated_visits, scores
from audits.service import write_audits
from data.demo import generate
from gis.catalogue import city
from gis.crs import from_wgs84
from gis.db import transaction
from gis.frames import write_frame
from gis.imports import commit, prepare
from gis.intake import ImportOptions
from gis.schema import LAYERS
from gis.store import LAYER_TABLES

METRIC = 32647
LON, LAT = 100.45, 38.93
NORTH = 1 / 111_006.0  # degrees a metre at this latitude

PLACES = gpd.GeoDataFrame(
    {"place_layer": ["toilets", "roads"], "place_uid": ["T1", "R1"]},
    geometry=[Point(LON, LAT), LineString([(LON, LAT), (LON + 0.1, LAT)])],
    crs=4326,
)


def visits(*rows, place=("toilets", "T1")):
    table = pd.DataFrame(rows, columns=["lon", "lat", "accuracy_m"])
    uids = [f"V{number}" for number in range(len(rows))]
    return table.assign(uid=uids, place_layer=place[0], place_uid=place[1])


def kinds(*rows, place=("toilets", "T1")):
    return position_kinds(visits(*rows, place=place), PLACES, METRIC)["kind"].tolist()


def shifted(lon, lat, datum="gcj02"):
    return tuple(float(value) for value in from_wgs84(lon, lat, datum))


def test_a_fix_of_some_metres_is_in_order():
    assert kinds((LON, LAT + 15 * NORTH, 5)) == ["ok"]


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_shifted_position_is_known_by_the_shift_and_its_mended_distance_told(datum):
    lon, lat = shifted(LON, LAT + 10 * NORTH, datum)
    found = position_kinds(visits((lon, lat, 5)), PLACES, METRIC).iloc[0]
    assert found["kind"] == datum
    assert found["mended_m"] == pytest.approx(10, abs=0.1)
    assert found["distance_m"] > 40


def test_a_shift_within_what_the_device_admits_is_no_sign_of_a_datum():
    assert kinds((*shifted(LON, LAT), 200)) == ["ok"]


def test_swapped_axes_are_known_even_where_the_latitude_is_none():
    assert kinds((LAT, LON, 5)) == ["swapped"]


def test_a_place_far_away_is_far_and_a_poor_fix_is_not():
    assert kinds((LON, LAT + 1200 * NORTH, 5), (LON, LAT + 240 * NORTH, 5)) == ["far", "ok"]
    assert kinds((LON, LAT + 300 * NORTH, 200)) == ["ok"]


@pytest.mark.parametrize("position", [(0, 0), (np.nan, LAT), (None, None)])
def test_no_position_is_not_taken_for_a_far_one(position):
    assert kinds((*position, None)) == ["no_position"]


def test_numbers_that_are_no_degrees_are_far():
    assert kinds((4_310_000, 625_000, 5), (200, 38, 5)) == ["far", "far"]


def test_a_visit_to_an_unknown_place_cannot_be_judged():
    assert kinds((LON, LAT, 5), place=("toilets", "T9")) == ["place_unknown"]


def test_a_street_is_measured_from_its_line():
    # 4 km along the street and 10 m beside it.
    assert kinds((LON + 0.05, LAT + 10 * NORTH, 5), place=("roads", "R1")) == ["ok"]


def test_no_visits_have_no_errors():
    assert position_kinds(visits(), PLACES, METRIC).empty


@given(
    st.floats(0, 2 * np.pi),
    st.floats(0, 15),
    st.sampled_from(["wgs84", "gcj02", "swapped"]),
    st.floats(3, 12),
)
def test_an_ordinary_fix_is_known_whatever_was_done_to_it(angle, off_m, done, accuracy_m):
    lon = LON + off_m * np.cos(angle) / 86_500
    lat = LAT + off_m * np.sin(angle) * NORTH
    said = {"wgs84": (lon, lat), "gcj02": shifted(lon, lat), "swapped": (lat, lon)}[done]
    assert kinds((*said, accuracy_m)) == [{"wgs84": "ok"}.get(done, done)]


def readings(**values):
    return pd.DataFrame(
        [
            {
                "visit_uid": uid,
                "element": "handrail",
                "element_no": 1,
                "attribute": f"a{number}",
                "value": value,
            }
            for uid, row in values.items()
            for number, value in enumerate(row)
        ]
    )


def dated(*days):
    return visits(*[(LON, LAT, 5)] * len(days)).assign(visited_on=list(days))


def test_the_same_figures_of_one_place_within_days_are_one_inspection():
    found = repeated_visits(dated("2026-05-04", "2026-05-05"), readings(V0=[1, 2, 3], V1=[1, 2, 3]))
    assert found.to_numpy().tolist() == [["V1", "V0", 1.0]]


def test_an_inspection_measured_again_or_a_month_later_is_another_one():
    assert repeated_visits(dated("2026-05-04", "2026-05-05"), readings(V0=[1, 2, 3], V1=[1, 2, 4])).empty
    assert repeated_visits(dated("2026-05-04", "2026-06-05"), readings(V0=[1, 2], V1=[1, 2])).empty


def test_an_inspection_entered_three_times_is_told_twice_against_the_first():
    days = dated("2026-05-04", "2026-05-04", "2026-05-05")
    found = repeated_visits(days, readings(V0=[1, 2], V1=[1, 2], V2=[1, 2]))
    assert found[["uid", "repeats"]].to_numpy().tolist() == [["V1", "V0"], ["V2", "V0"]]


def test_two_empty_visits_repeat_nothing():
    assert repeated_visits(dated("2026-05-04", "2026-05-04"), readings(V9=[1])).empty


@given(seed=st.integers(0, 1000))
def test_repetitions_are_the_same_in_any_order_of_input(seed):
    days = dated("2026-05-04", "2026-05-04", "2026-05-05", "2026-05-06")
    figures = readings(V0=[1, 2], V1=[1, 2], V2=[3, 4], V3=[3, 4])
    shuffled = repeated_visits(
        days.sample(frac=1, random_state=seed), figures.sample(frac=1, random_state=seed)
    )
    assert shuffled.equals(repeated_visits(days, figures))


def test_precision_and_recall_are_counted_of_sets():
    found = pd.DataFrame({"uid": list("abcd"), "kind": ["far", "far", "ok", "gcj02"]})
    repeats = pd.DataFrame({"uid": ["a"], "repeats": ["b"]})
    truth = pd.DataFrame(
        {
            "visit_uid": list("abcd"),
            "kind": ["far", "gps", "far", "gcj02"],
            "duplicate_of": [None, "a", None, None],
        }
    )
    counted = {score.kind: score for score in scores(found, repeats, truth)}
    assert (counted["far"].precision, counted["far"].recall) == (1 / 2, 1 / 2)
    assert counted["gcj02"] == Score("gcj02", 1, 1, 1)
    # Which of the two is the copy does not matter.
    assert (counted["duplicate"].precision, counted["duplicate"].recall) == (1, 1)
    assert (counted["swapped"].precision, counted["swapped"].recall) == (None, None)


def harder(size, seed):
    # A third of the fixes are off by 15-150 m and do not admit it: among them must be some that happen to
    # lie where a shifted position would.
    rng = np.random.default_rng(seed)
    poor, gcj = rng.random(size) < 1 / 3, rng.random(size) < 0.1
    off = np.where(poor, rng.uniform(15, 150, size), rng.uniform(0, 15, size))
    angle = rng.uniform(0, 2 * np.pi, size)
    lon, lat = LON + off * np.cos(angle) / 86_500, LAT + off * np.sin(angle) * NORTH
    gcj &= ~poor
    moved_lon, moved_lat = from_wgs84(lon, lat, "gcj02")
    rows = zip(np.where(gcj, moved_lon, lon), np.where(gcj, moved_lat, lat), [np.nan] * size, strict=True)
    return visits(*rows), gcj


def test_fixes_that_hide_how_bad_they_are_cost_little_precision():
    found, gcj = harder(4000, 1)
    told = (position_kinds(found, PLACES, METRIC)["kind"] == "gcj02").to_numpy()
    assert (told & gcj).sum() == gcj.sum()
    assert (told & gcj).sum() / told.sum() > 0.9


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("city"), people=1500, seed=3)


def stored(session, demo):
    for name in ("facilities", "toilets", "households", "roads"):
        options = ImportOptions(datum=demo.datum)
        write_frame(session, LAYER_TABLES[name], prepare(LAYERS[name], getattr(demo, name), options).accepted)


def test_the_planted_errors_of_the_synthetic_city_are_found(engine, demo):
    truth = pd.read_csv(demo.truth["audits_truth"])
    rows = pd.read_csv(demo.audits)
    with transaction(engine) as session:
        stored(session, demo)
        found = evidence.cleaned(session, rows, metric_epsg=city("zhangye").metric_epsg)
    counted = scores(found.kinds, found.repeats, truth)
    assert {score.kind for score in counted} == {"gcj02", "swapped", "far", "duplicate"}
    for score in counted:
        assert score.planted > 0
        assert score.precision >= 0.95, score
        assert score.recall >= 0.95, score


def test_stored_visits_are_cleaned_without_their_file(engine, demo):
    from audits.layer import AUDITS

    prepared = prepare(
        AUDITS, demo.audits, ImportOptions(datum=demo.datum, bounds=tuple(city("zhangye").facts["bbox"]))
    )
    truth = pd.read_csv(demo.truth["audits_truth"])
    with transaction(engine) as session:
        stored(session, demo)
        now = datetime(2026, 1, 1, tzinfo=UTC)
        commit(session, prepared, regions=None, write=write_audits, now=now, by="clerk")
        found = evidence.cleaned(session, metric_epsg=METRIC)
    counted = {score.kind: score for score in scores(found.kinds, found.repeats, truth)}
    # The door refused the visits with swapped axes, so none of them is stored.
    assert counted["swapped"].planted == counted["swapped"].found == 0
    assert counted["gcj02"].recall == counted["far"].recall == 1
