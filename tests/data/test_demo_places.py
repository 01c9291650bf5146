"""Places and inspections of the demonstration city: the planted gaps and errors are as they are told."""

import numpy as np
import pandas as pd
import pytest
import shapely

from data.demo.plane import Plane
from gis.catalogue import city, table
from gis.crs import from_wgs84


def served(town, service: str, tier: int | None = None) -> pd.Series:
    offers = town.facilities["services"].fillna("").str.split(";").map(lambda codes: service in codes)
    if tier is not None:
        offers &= town.facilities["tier"] == tier
    return town.facilities.loc[offers, "region_code"]


def test_the_planted_gaps_are_gaps_and_the_only_ones(small):
    gaps, regions = small.truth["gaps_truth"], small.regions
    townships = regions[(regions["level"] == "township") & (regions["kind"] != "other_unit")]
    for service, level, length, every in (
        ("village_service", "village", 12, regions.loc[regions["level"] == "village", "code"]),
        ("township_institution", "township", 9, townships["code"]),
    ):
        planted = set(gaps.loc[gaps["service"] == service, "region_code"])
        assert set(every) - set(served(small, service).str[:length]) == planted
        assert (gaps.loc[gaps["service"] == service, "level"] == level).all()
    assert (gaps["service"] == "township_institution").sum() == 9
    assert (gaps["service"] == "village_service").sum() == 62


def test_one_county_has_no_rehabilitation_centre(small):
    counties = {county["code"] for county in city("zhangye").facts["counties"]}
    without = counties - set(served(small, "rehabilitation", tier=2).str[:6])
    gaps = small.truth["gaps_truth"]
    assert without == set(gaps.loc[gaps["tier"] == 2, "region_code"])
    assert len(without) == 1


def test_places_stand_in_the_village_they_name(full):
    villages = full.regions[full.regions["level"] == "village"].set_index("code").geometry
    for places in (full.facilities, full.toilets):
        cells = villages.reindex(places["region_code"]).to_numpy()
        assert shapely.contains_xy(cells, places["lon"], places["lat"]).all()


def visits(town) -> pd.DataFrame:
    recorded = town.audits.drop_duplicates("visit_uid").set_index("visit_uid")[["lon", "lat", "visited_on"]]
    return town.truth["audits_truth"].join(recorded, on="visit_uid", validate="1:1")


def off_m(rows: pd.DataFrame) -> np.ndarray:
    plane = Plane(city("zhangye").metric_epsg)
    x, y = plane.metres(rows["lon"].to_numpy(), rows["lat"].to_numpy())
    true_x, true_y = plane.metres(rows["true_lon"].to_numpy(), rows["true_lat"].to_numpy())
    return np.hypot(x - true_x, y - true_y)


def test_position_errors_have_the_planted_shares(full):
    rows = visits(full)
    shares = rows["kind"].value_counts(normalize=True).to_dict()
    expected = {"gps": 0.88, "poor": 0.075, "far": 0.01, "gcj02": 0.03, "swapped": 0.005}
    assert shares == pytest.approx(expected, abs=1 / len(rows))


def test_position_errors_are_what_they_are_called(full):
    rows = visits(full)
    away = pd.Series(off_m(rows.assign(lon=rows["lon"].clip(upper=180), lat=rows["lat"].clip(upper=85))))
    low_high = {"gps": (4.9, 15.1), "poor": (14.9, 120.1), "far": (1190, 30_050), "gcj02": (26, 230)}
    for kind, (low, high) in low_high.items():
        assert away[rows["kind"] == kind].between(low, high).all(), kind
    swapped = rows[rows["kind"] == "swapped"]
    turned = swapped.rename(columns={"lon": "lat", "lat": "lon"})
    assert (off_m(turned) < 15.1).all()
    shifted = rows[rows["kind"] == "gcj02"]
    lon, lat = from_wgs84(shifted["true_lon"], shifted["true_lat"], "gcj02")
    assert (off_m(shifted.assign(true_lon=lon, true_lat=lat)) < 15.2).all()  # undone, a plain fix remains


def test_two_visits_in_a_hundred_are_entered_twice_with_the_same_figures(full):
    truth = full.truth["audits_truth"].set_index("visit_uid")
    copies = truth["duplicate_of"].dropna()
    assert len(copies) / len(truth) == pytest.approx(0.02, abs=0.0005)
    assert (truth.loc[copies, "place_uid"].to_numpy() == truth.loc[copies.index, "place_uid"]).all()
    figures = full.audits.set_index(["visit_uid", "element", "attribute"])["value"]
    for copy, origin in copies.head(5).items():
        pd.testing.assert_series_equal(figures[copy], figures[origin])


def test_compliance_is_counted_as_the_limits_say(full):
    # By hand from the clauses: threshold at most 15 mm, turning circle at least 1.50 m, rail 850-900 mm.
    first = ~full.audits["visit_uid"].isin(
        full.truth["audits_truth"].dropna(subset="duplicate_of")["visit_uid"]
    )
    figures = full.audits[first].set_index(["element", "attribute"])["value"]
    planted = full.truth["compliance_truth"].set_index(["element", "attribute"])
    for key, low, high in (
        (("door", "threshold_height"), 0, 15),
        (("accessible_toilet", "turning_circle"), 1.5, 9),
        (("handrail", "height_single"), 850, 900),
    ):
        values = figures[key].dropna()
        assert len(values) == planted.loc[key, "measured"]
        assert values.between(low, high).sum() == planted.loc[key, "met"]


def test_planted_compliance_is_near_its_table(full):
    planted = full.truth["compliance_truth"].set_index(["element", "attribute"])
    for element, specs in table("demo/measurements.toml")["measurements"].items():
        for spec in specs:
            row = planted.loc[(element, spec["attribute"])]
            spread = 4 * np.sqrt(spec["met"] * (1 - spec["met"]) / row["measured"])  # four standard errors
            assert row["share"] == pytest.approx(spec["met"], abs=spread), (element, spec["attribute"])


def test_all_toilets_are_inspected(small):
    visited = small.truth["audits_truth"]
    assert set(small.toilets["uid"]) == set(visited.loc[visited["place_layer"] == "toilets", "place_uid"])


def test_hospitals_of_a_county_stand_in_its_seat(small):
    plane = Plane(city("zhangye").metric_epsg)
    hospitals = small.facilities[small.facilities["tier"] == 1]
    seats = {county["code"]: county["seat"] for county in city("zhangye").facts["counties"]}
    at = np.array([seats[code[:6]] for code in hospitals["region_code"]])
    x, y = plane.metres(hospitals["lon"].to_numpy(), hospitals["lat"].to_numpy())
    seat_x, seat_y = plane.metres(at[:, 0], at[:, 1])
    assert hospitals["region_code"].str[:6].value_counts().to_dict() == dict.fromkeys(seats, 2)
    assert (np.hypot(x - seat_x, y - seat_y) < 5000).all()
