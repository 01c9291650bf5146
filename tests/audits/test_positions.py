"""The position told is that of honest fixes that agree, and every disagreement stays in sight."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audits.positions import FAR_M, Fix, agrees, apart_m, fused, geolocation_fix, geopoint_fix
from audits.proof import Shot, bearing_gap_deg, bits_apart, lookalikes, proof

LON, LAT = 100.45, 38.93
METRE_NORTH = 1 / 111_006.0  # degrees of latitude at 38.93 north, on the ellipsoid


def fix(source, north_m=0.0, accuracy_m=None):
    return Fix(source, LON, LAT + north_m * METRE_NORTH, accuracy_m)


def test_two_fixes_that_agree_are_weighted_by_the_inverse_square_of_their_radii():
    # Radii 5 and 10 m weigh 4 to 1, so of 20 m between them the position is 4 m from the better.
    told = fused([fix("device", 0, 5), fix("exif", 20, 10)])
    assert apart_m((LON, LAT), (told.lon, told.lat)) == pytest.approx(4, abs=0.01)
    assert told.source == "device"
    assert told.accuracy_m == pytest.approx(20**0.5)
    assert told.disagreement_m == pytest.approx(20, abs=0.01)
    assert told.notes == ()


def test_a_fix_that_disagrees_is_shown_and_takes_no_part():
    told = fused([fix("device", 0, 5), fix("exif", 400, 10)])
    assert (told.lon, told.lat) == pytest.approx((LON, LAT))
    assert [(each.fix.source, each.state) for each in told.statements] == [
        ("device", "used"), ("exif", "disagrees"),
    ]  # fmt: skip
    assert told.statements[1].distance_m == pytest.approx(400, abs=0.1)
    assert told.notes == ("sources-disagree",)


def test_a_mock_fix_is_shown_but_the_camera_is_believed():
    told = fused([fix("device", 900, 0), fix("exif", 0, 8)])
    assert (told.source, told.lat) == ("exif", pytest.approx(LAT))
    assert [each.state for each in told.statements] == ["mock", "used"]
    assert told.notes == ("mock-fix",)


def test_the_place_never_pulls_the_position_towards_itself():
    told = fused([fix("place"), fix("device", FAR_M + 1, 5)])
    assert apart_m((told.lon, told.lat), (LON, LAT)) == pytest.approx(FAR_M + 1, abs=0.1)
    assert told.statements[-1].state == "compared"
    assert told.notes == ("far-from-place",)


def test_the_place_answers_where_nothing_else_does_and_says_so():
    told = fused([Fix("device", 0.0, 0.0), fix("place")])
    assert (told.source, told.lat) == ("place", LAT)
    assert told.notes == ("unusable-fix", "place-only")


@pytest.mark.parametrize("lon_lat", [(0, 0), (float("nan"), 38), (100, float("inf")), (200, 38), (100, 95)])
def test_what_is_no_position_tells_nothing(lon_lat):
    assert fused([Fix("device", *lon_lat)]) is None
    assert fused([]) is None


FIXES = st.builds(
    Fix,
    st.sampled_from(["device", "exif", "form", "place"]),
    st.floats(100.449, 100.451),
    st.floats(38.929, 38.931),
    st.none() | st.floats(0, 80),
)


@given(st.lists(FIXES, max_size=4))
@example([Fix("device", LON, LAT), Fix("device", LON, LAT, 0.0)])
def test_the_order_of_the_fixes_means_nothing(fixes):
    first = fused(fixes)
    assert all(fused(order) == first for order in itertools.permutations(fixes))


@given(st.lists(FIXES, min_size=1, max_size=5))
def test_the_position_lies_among_the_fixes_used_and_is_no_worse_than_the_best(fixes):
    told = fused(fixes)
    if told is None:
        assert all(each.mock for each in fixes)
        return
    used = [each.fix for each in told.statements if each.state == "used"]
    assert min(each.lat for each in used) - 1e-12 <= told.lat <= max(each.lat for each in used) + 1e-12
    assert told.accuracy_m <= min(each.radius_m for each in used) + 1e-9
    assert not any(each.mock for each in used)
    assert len(told.statements) == len(fixes)


def test_fixes_on_both_sides_of_the_date_line_meet_between():
    told = fused([Fix("device", 179.99999, 10.0, 5), Fix("exif", -179.99999, 10.0, 5)])
    assert abs(told.lon) == pytest.approx(180)


def test_agreement_knows_how_bad_a_fix_says_it_is():
    assert not agrees(fix("device", 0, 5), fix("exif", 60, 5))
    assert agrees(fix("device", 0, 5), fix("exif", 60, 40))


def test_kobo_writes_latitude_first():
    assert geolocation_fix([38.93, 100.45], 4.0) == Fix("device", 100.45, 38.93, 4.0)
    assert geolocation_fix([None, None]) is None
    assert geolocation_fix([]) is None
    assert geolocation_fix([0, 0]) is None


def test_odk_writes_latitude_longitude_altitude_and_accuracy():
    assert geopoint_fix("38.93 100.45 1480.2 4.5") == Fix("device", 100.45, 38.93, 4.5)
    assert geopoint_fix("38.93 100.45").accuracy_m is None
    assert geopoint_fix("") is None
    assert geopoint_fix("n/a n/a") is None


NOON = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)
BEFORE = Shot("a" * 64, fix("exif", 0, 8), 90.0, "T", NOON, "0f0f0f0f0f0f0f0f")
AFTER = Shot("b" * 64, fix("exif", 6, 8), 110.0, "T", NOON + timedelta(days=30), "f0f00f0f0f0f0fff")


def test_a_later_photo_of_the_same_spot_in_the_same_direction_proves_the_repair():
    found = proof(BEFORE, AFTER)
    assert found.holds is True
    assert found.distance_m == pytest.approx(6, abs=0.01)
    assert (found.bearing_gap_deg, found.hours_between) == (20, 720)
    # f0f0 against 0f0f is 16 bits, the last byte ff against 0f is 4.
    assert found.bits_apart == 20


def changed(shot, **facts):
    return Shot(**{**vars(shot), **facts})


@pytest.mark.parametrize(
    ("facts", "failed"),
    [
        ({"fix": fix("exif", 300, 8)}, "same_spot"),
        ({"bearing_deg": 270.0}, "same_view"),
        ({"taken_at": NOON - timedelta(hours=1)}, "later"),
        ({"phash": "0f0f0f0f0f0f0f0e"}, "another_picture"),
        ({"sha256": "a" * 64, "phash": None}, "another_picture"),
    ],
)
def test_each_test_alone_breaks_the_proof(facts, failed):
    found = proof(BEFORE, changed(AFTER, **facts))
    assert getattr(found, failed) is False
    assert found.holds is False


@pytest.mark.parametrize("unknown", ["fix", "taken_at", "phash"])
def test_what_cannot_be_told_is_never_a_yes(unknown):
    assert proof(BEFORE, changed(AFTER, **{unknown: None})).holds is None


def test_a_camera_without_compass_can_still_prove_a_repair():
    assert proof(BEFORE, changed(AFTER, bearing_deg=None)).holds is True


def test_magnetic_against_true_north_is_given_some_room():
    assert proof(BEFORE, changed(AFTER, bearing_deg=140.0)).same_view is False
    assert proof(BEFORE, changed(AFTER, bearing_deg=140.0, bearing_ref="M")).same_view is True


@given(st.floats(0, 360), st.floats(0, 360))
def test_the_angle_between_bearings_is_symmetric_and_at_most_half_a_turn(first, second):
    gap = bearing_gap_deg(first, second)
    assert 0 <= gap <= 180
    assert gap == pytest.approx(bearing_gap_deg(second, first))


def test_north_by_west_and_north_by_east_are_close():
    assert bearing_gap_deg(350, 10) == 20


def test_pictures_used_again_are_found_among_those_known():
    known = ["0f0f0f0f0f0f0f0f", None, "ffffffffffffffff"]
    assert lookalikes(["0f0f0f0f0f0f0f0e", None, "0000000000000000"], known) == [(0, 0, 1)]
    assert lookalikes([], known) == []
    assert lookalikes(["0f0f0f0f0f0f0f0f"], []) == []


def test_a_picture_without_a_hash_is_like_no_other():
    assert bits_apart(None, None) is None
    assert lookalikes([None], [None]) == []
