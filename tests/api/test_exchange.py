"""Findings leave on paper and places in other systems' formats; foreign files come in by the ordinary door."""

import json
import xml.etree.ElementTree as ET

import pytest

TOILETS = """uid,name,lon,lat,operating_status,wheelchair,address
T1,钟鼓楼公厕,100.45,38.93,operating,yes,东街1号
T2,南关公厕,100.46,38.94,operating,,
"""
AUDITS = """visit_uid,place_layer,place_uid,inspector,visited_on,lon,lat,element,attribute,value,unit
v1,toilets,T1,甲,2026-11-01,100.45,38.93,accessible_toilet,turning_circle,1.3,m
v1,toilets,T1,甲,2026-11-01,100.45,38.93,accessible_toilet,door_clear_width,850,mm
"""


@pytest.fixture
def inspected(ready, tmp_path):
    """The command line on a database with two toilets, one of them with a failing inspection."""
    for layer, text in (("toilets", TOILETS), ("audits", AUDITS)):
        (tmp_path / f"{layer}.csv").write_text(text, encoding="utf-8")
        assert ready("import", layer, tmp_path / f"{layer}.csv", "--datum", "wgs84", "--json").code == 0
    return ready


def notice(*changes):
    return ("--to", "城管局", "--due", "2026-12-31", "--issuer", "残联", "--json", *changes)


def test_a_notice_and_a_ledger_hold_the_open_findings(inspected, tmp_path):
    told = inspected("audit", "notice", "toilets", "T1", tmp_path / "n.pdf", *notice()).told
    assert told["findings"] >= 1
    assert (tmp_path / "n.pdf").read_bytes().startswith(b"%PDF-")
    listed = inspected("audit", "ledger", tmp_path / "l.xlsx", "--json").told
    assert listed["findings"] == told["findings"]
    assert (tmp_path / "l.xlsx").stat().st_size > 0


def test_a_place_without_findings_gets_no_notice(inspected, tmp_path):
    said = inspected("audit", "notice", "toilets", "T2", tmp_path / "n.pdf", *notice())
    assert said.code == 1
    assert said.told["error"]["code"] == "empty-layer"
    assert not (tmp_path / "n.pdf").exists()


def test_a_layer_that_nobody_inspects_has_no_ledger(inspected, tmp_path):
    said = inspected("audit", "ledger", tmp_path / "l.xlsx", "--layer", "people", "--json")
    assert said.code == 1
    assert said.told["error"]["code"] == "not-found"


def test_an_export_tells_what_an_inspection_found_and_what_it_could_not_carry(inspected, tmp_path):
    told = inspected("export", "toilets", tmp_path / "t.a11y.json", "--json").told
    assert (told["rows"], told["format"]) == (2, "A11yJSON")
    assert {one["what"] for one in told["uncarried"]} >= {"operating_status"}
    first, second = json.loads((tmp_path / "t.a11y.json").read_text(encoding="utf-8"))["features"]
    # The turning circle is 1.3 m of 1.5 m: critical, so the tag "yes" of the import no longer stands.
    assert first["properties"]["accessibility"]["accessibleWith"] == {"wheelchair": False}
    assert first["properties"]["accessibility"]["restrooms"][0]["turningSpaceInside"] == {
        "value": 1.3,
        "unit": "m",
    }
    assert "accessibility" not in second["properties"]

    assert inspected("export", "toilets", tmp_path / "t.osm", "--json").told["rows"] == 2
    tags = [
        {tag.get("k"): tag.get("v") for tag in node}
        for node in ET.parse(tmp_path / "t.osm").getroot().findall("node")  # noqa: S314  written a line above
    ]
    assert (tags[0]["wheelchair"], tags[0]["check_date"]) == ("no", "2026-11-01")
    assert "wheelchair" not in tags[1]


def test_a_format_that_holds_no_such_layer_is_refused(inspected, tmp_path):
    said = inspected("export", "toilets", tmp_path / "t.osw.zip", "--json")
    assert said.code == 1
    assert said.told["error"]["code"] == "file-format"


def test_a_foreign_file_is_converted_and_imported(inspected, tmp_path):
    inspected("export", "toilets", tmp_path / "t.a11y.json", "--json")
    told = inspected(
        "audit", "convert", tmp_path / "t.a11y.json", tmp_path / "back.csv", "--layer", "toilets", "--json"
    ).told
    assert (told["rows"], told["layer"]) == (2, "toilets")
    again = inspected("import", "toilets", tmp_path / "back.csv", "--datum", "wgs84", "--json").told
    assert (again["read"], again["quarantined"]) == (2, 0)


def test_a_form_is_written_for_collect(tantu, tmp_path):
    told = tantu("audit", "form", "kerb_ramp", "--xlsform", tmp_path / "k.xlsx", "--json").told
    assert told["form_id"] == "tantu_kerb_ramp"
    assert told["questions"] > 20
    assert (tmp_path / "k.xlsx").exists()


def test_a_person_is_told_what_was_left_behind_in_words(inspected, tmp_path, monkeypatch):
    monkeypatch.setenv("TANTU_LANG", "en")
    said = inspected("export", "toilets", tmp_path / "t.a11y.json")
    assert said.code == 0
    assert "operating_status" in said.out
