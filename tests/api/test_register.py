"""The register of assets through the command line: imported, inspected, counted, taken back."""

import pytest

REGISTER = """uid,name,kind,route,scope,subtype,equipped,total_bays,accessible_bays,lon,lat
B1,,bus,1路,,,yes,,,,
B2,,bus,1路,,,no,,,,
B3,,bus,1路,,,,,,,
P1,中心停车场,car_park,,,building,,250,1,100.45,38.93
P2,,car_park,,,building,,10,11,100.45,38.93
C1,,crossing,,main_road,,yes,,,100.45,38.93
W1,门户网站,website,,,,yes,,,,
T1,,terminal,,,atm,no,,,100.45,38.93
"""
HEAD = (
    "visit_uid,place_layer,place_uid,inspector,visited_on,element,element_no,attribute,value,unit,lon,lat\n"
)
AUDITS = HEAD + (
    "V1,assets,C1,甲,2026-03-01,crossing_signal,1,audible_signal,0,bool,100.45,38.93\n"
    "V1,assets,C1,甲,2026-03-01,crossing_signal,1,audible_signal_area,1,bool,100.45,38.93\n"
    "V2,assets,C1,乙,2026-03-05,crossing_signal,1,audible_signal,1,bool,100.45,38.93\n"
    "V3,assets,C1,甲,2026-03-02,low_counter,1,height,800,mm,100.45,38.93\n"
    "V4,assets,C1,乙,2026-03-06,low_counter,1,height,800,mm,100.45,38.93\n"
)
AREA = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"uid":"A1","name":"老旧小区",'
    '"kind":"renewal_area"},"geometry":{"type":"Polygon","coordinates":[[[100.4,38.9],[100.5,38.9],[100.5,38.95],'
    "[100.4,38.95],[100.4,38.9]]]}}]}"
)


@pytest.fixture
def registered(ready, tmp_path):
    """A register with one row that contradicts itself, and inspections of its crossing by two people."""
    (tmp_path / "register.csv").write_text(REGISTER, encoding="utf-8")
    (tmp_path / "audits.csv").write_text(AUDITS, encoding="utf-8")
    (tmp_path / "areas.geojson").write_text(AREA, encoding="utf-8")
    said = ready("import", "assets", tmp_path / "register.csv", "--datum", "wgs84", "--json")
    assert said.code == 0, said.err
    assert (said.told["read"], said.told["accepted"], said.told["quarantined"]) == (8, 7, 1)
    return ready


def shares(tantu, *arguments):
    told = tantu("audit", "register", *arguments, "--on", "2026-06-01", "--json").told
    return {(row["kind"], row["group"]): row for row in told["shares"]}, told


def test_the_register_says_what_is_there_and_what_is_not_known(registered):
    found, told = shares(registered)
    bus = found["bus", "1路"]
    assert (bus["equipped"], bus["lacking"], bus["unknown"], bus["share"]) == (1, 1, 1, 0.5)
    assert found["terminal", "atm"]["lacking"] == found["website", ""]["equipped"] == 1
    assert [(park["uid"], park["short"]) for park in told["car_parks"]] == [("P1", 2)]


def test_an_inspection_of_a_crossing_overrules_the_register(registered, tmp_path):
    assert shares(registered, "crossing")[0]["crossing", "main_road"]["equipped"] == 1
    rows = AUDITS.splitlines(keepends=True)
    (tmp_path / "first.csv").write_text("".join(rows[:3]), encoding="utf-8")
    assert registered("import", "audits", tmp_path / "first.csv", "--datum", "wgs84").code == 0
    row = shares(registered, "crossing")[0]["crossing", "main_road"]
    assert (row["lacking"], row["inspected"]) == (1, 1)


def test_open_findings_are_listed_by_renewal_area(registered, tmp_path):
    assert registered("audit", "areas", "--json").told == []
    for layer, name in (("assets", "areas.geojson"), ("audits", "audits.csv")):
        assert registered("import", layer, tmp_path / name, "--datum", "wgs84").code == 0
    (area,) = registered("audit", "areas", "--json").told
    assert (area["area"], area["findings"], area["critical"]) == ("A1", 1, 1)


def test_a_register_is_exported_and_taken_back_whole(registered, tmp_path):
    assert registered("export", "assets", tmp_path / "out.csv", "--json").told["rows"] == 7
    (batch,) = registered("imports", "--json").told
    assert registered("imports", "undo", batch["batch"] if "batch" in batch else batch["id"]).code == 0
    assert shares(registered)[0] == {}


def test_inspectors_of_one_thing_are_compared(registered, tmp_path):
    assert registered("import", "audits", tmp_path / "audits.csv", "--datum", "wgs84").code == 0
    told = registered("audit", "agreement", "--gold", "甲", "--json").told
    agreed = {row["attribute"]: (row["units"], row["agreed"]) for row in told["criteria"]}
    assert agreed["height"] == (1, 1.0)
    assert agreed["audible_signal"] == (1, 0.0)
    (gold,) = told["gold"]
    assert (gold["inspector"], gold["checked"], gold["right"]) == ("乙", 2, 1)


def test_past_inspections_are_judged_by_another_standard(registered, tmp_path):
    assert registered("import", "audits", tmp_path / "audits.csv", "--datum", "wgs84").code == 0
    assert registered("audit", "rejudge", "--on", "2026-03-05", "--json").told["changes"] == []
    told = registered("audit", "rejudge", "--standard", "ADA 2010", "--on", "2026-03-05", "--json").told
    heights = [row for row in told["changes"] if row["attribute"] == "height"]
    assert heights == []  # 800 mm meets both
    signals = [row for row in told["changes"] if row["attribute"] == "audible_signal"]
    assert {row["after"] for row in signals} == {None}  # the second set does not speak of it
    assert registered("audit", "rejudge", "--standard", "X 1").code == 1
