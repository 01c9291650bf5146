"""Shares of registered assets keep the unknown, bays follow the dated rules, findings are bundled by area."""

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from audits import equipment, standards
from audits.rules import judge
from gis.catalogue import codelist

KINDS = {code: known.facts for code, known in codelist("asset_kind").codes.items()}
NOTHING = pd.DataFrame(columns=["place_layer", "place_uid", "element", "attribute", "outcome"])
COLUMNS = ["uid", "kind", "route", "scope", "subtype", "name", "equipped", "total_bays", "accessible_bays"]


def assets(*rows):
    return pd.DataFrame([dict.fromkeys(COLUMNS) | row for row in rows], columns=COLUMNS)


def fleet(equipped):
    return assets(
        *({"uid": f"b{n}", "kind": "bus", "route": "1", "equipped": one} for n, one in enumerate(equipped))
    )


def shares(register, verdicts=NOTHING):
    found = equipment.shares(equipment.states(register, verdicts, KINDS))
    return {(row["kind"], row["group"]): row for row in found.to_dict("records")}


def test_the_share_of_buses_with_a_ramp_keeps_the_unknown_as_an_interval():
    # Two of four known have it; the fifth may or may not.
    row = shares(fleet([True, True, False, False, None]))["bus", "1"]
    assert (row["listed"], row["equipped"], row["lacking"], row["unknown"]) == (5, 2, 2, 1)
    assert (row["share"], row["low"], row["high"]) == (0.5, 0.4, 0.6)


def test_each_route_has_its_own_share():
    register = pd.concat(
        [fleet([True]), assets({"uid": "x", "kind": "bus", "route": "2", "equipped": False})]
    )
    found = shares(register)
    assert (found["bus", "1"]["share"], found["bus", "2"]["share"]) == (1.0, 0.0)


def test_libraries_with_a_reading_area_are_counted_of_all_libraries():
    found = shares(assets(*({"uid": f"l{n}", "kind": "library", "equipped": n < 6} for n in range(7))))
    assert found["library", ""]["share"] == pytest.approx(6 / 7)


def test_an_inspection_decides_against_the_word_of_the_owner():
    register = assets({"uid": "c1", "kind": "crossing", "scope": "main_road", "equipped": True})
    said = {"place_layer": "assets", "place_uid": "c1", "element": "crossing_signal", "attribute": "audible_signal"}  # fmt: skip
    for outcome, state in (("not_met", "lacking"), ("met", "equipped"), ("not_measured", "equipped")):
        found = equipment.states(register, pd.DataFrame([said | {"outcome": outcome}]), KINDS)
        assert found["state"].tolist() == [state]
        assert found["inspected"].tolist() == [outcome != "not_measured"]


def test_a_service_hall_needs_both_text_and_voice_before_an_inspection_says_yes():
    hall = assets({"uid": "h1", "kind": "service_hall"})
    row = {"place_layer": "assets", "place_uid": "h1", "element": "info_screen", "outcome": "met"}
    one = pd.DataFrame([row | {"attribute": "text_for_voice"}])
    both = pd.concat([one, pd.DataFrame([row | {"attribute": "voice_for_visual"}])])
    assert equipment.states(hall, one, KINDS)["state"].tolist() == ["unknown"]
    assert equipment.states(hall, both, KINDS)["state"].tolist() == ["equipped"]


@pytest.mark.parametrize("kind", [kind for kind, facts in KINDS.items() if facts["shown_by"]])
def test_every_kind_that_can_be_inspected_is_decided_by_what_was_inspected(kind):
    names = [name.split(".") for name in KINDS[kind]["shown_by"]]
    asked = {(rule.element, rule.attribute) for rule in standards.load().rules}
    assert {tuple(name) for name in names} <= asked
    for outcome, state in (("met", "equipped"), ("not_met", "lacking")):
        said = [("assets", "a", element, attribute, outcome) for element, attribute in names]
        verdicts = pd.DataFrame(said, columns=list(NOTHING))
        assert equipment.states(assets({"uid": "a", "kind": kind}), verdicts, KINDS)["state"].tolist() == [
            state
        ]


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=30))
def test_a_share_lies_in_its_interval_and_nobody_is_lost(said):
    row = shares(fleet(said))["bus", "1"]
    assert row["equipped"] + row["lacking"] + row["unknown"] == row["listed"] == len(said)
    assert row["low"] <= row["high"]
    if row["equipped"] + row["lacking"]:
        assert row["low"] <= row["share"] <= row["high"]


def short(total, accessible, kind="building"):
    register = assets(
        {"uid": "p", "kind": "car_park", "subtype": kind, "total_bays": total, "accessible_bays": accessible}
    )
    counts = equipment.bay_readings(register)
    facts = pd.DataFrame({"place_layer": ["assets"], "place_uid": ["p"], "built_on": [date(2023, 1, 1)]})
    verdicts = judge(counts, standards.load(), on=date(2026, 1, 1), places=facts)
    found = equipment.bays_short(register, verdicts)["short"].iloc[0]
    return None if pd.isna(found) else int(found)


@pytest.mark.parametrize(
    ("total", "accessible", "kind", "lacking"),
    [
        # To 100 bays one; beyond, one in a hundred, begun hundreds counting (GB 55019-2021, 2.9.5).
        (60, 0, "building", 1), (100, 1, "building", 0), (101, 1, "building", 1), (250, 1, "building", 2),
        (300, 3, "building", 0),
        # Two in a hundred of a car park of a park or square.
        (50, 1, "open_space", 0), (120, 1, "open_space", 2),
        (60, None, "building", None), (None, 1, "building", None), (60, 0, None, None),
    ],
)  # fmt: skip
def test_a_car_park_lacks_the_bays_that_the_rule_asks_for(total, accessible, kind, lacking):
    assert short(total, accessible, kind) == lacking


def test_findings_are_bundled_by_renewal_area():
    areas = gpd.GeoDataFrame(
        {"uid": ["old", "new"], "name": ["东街小区", None], "kind": ["renewal_area"] * 2},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)], crs=4326,
    )  # fmt: skip
    findings = gpd.GeoDataFrame(
        {
            "uid": ["f1", "f2", "f3", "f4"], "place_layer": "toilets", "place_uid": ["t1", "t1", "t2", "t3"],
            "severity": ["minor", "critical", "major", "major"],
        },
        geometry=[shapely.Point(0.5, 0.5), shapely.Point(0.5, 0.5), shapely.Point(3, 3), None], crs=4326,
    )  # fmt: skip
    found = equipment.bundles(areas, findings)
    assert found["area"].tolist() == ["old", "new"]
    assert (found["findings"].tolist(), found["places"].tolist()) == ([2, 0], [1, 0])
    assert (found["critical"].tolist(), found["minor"].tolist()) == ([1, 0], [1, 0])
    assert found["uids"].iloc[0] == ["f1", "f2"]
