"""A form compiles, asks what the rules ask, and its answers come back as verdicts from every server."""

import csv
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from datetime import date

import openpyxl
import pandas as pd
import pytest

from audits import standards
from audits.checklists import checklist
from audits.exchange import read
from audits.exchange.kobo import position_of
from audits.exchange.odk import log_report, read_csv_zip, read_log, read_odata
from audits.exchange.submissions import META
from audits.exchange.xlsform import LANGUAGES, fields, write_xlsform, xlsform
from audits.layer import AUDITS
from audits.rules import judge
from gis.errors import CodeError, EmptyLayerError, FileFormatError, FileTooLargeError
from gis.files import write_rows
from gis.imports import prepare
from gis.intake import ImportOptions

BOOK = standards.load()
ON = date(2026, 1, 1)
ELEMENTS = sorted({rule.element for rule in BOOK.in_force(ON).rules})
# A kerb ramp of 12 %, 6 % and 4 % (median 6 %, over the 5 % of the full-width form), lip flush.
ITEM = {
    "form": "full_width", "bollards": "no", "lip_height": 0, "running_slope__1": 12, "running_slope__2": 6,
    "running_slope__3": 4, "top_landing_width__why": "obstructed", "surface": "slippery",
}  # fmt: skip
HEAD = {
    "element": "kerb_ramp", "place_layer": "roads", "place_uid": "r7", "inspector": "甲",
    "visited_on": "2026-01-01",
}  # fmt: skip


def units():
    """Return what the form computes beside the answers: the unit of every question."""
    survey = xlsform("kerb_ramp", BOOK, on=ON).survey
    return {row["name"]: row["calculation"].strip("'") for row in survey if row["name"].endswith("__unit")}


def odata(path, *, review=None, items=None):
    entry = {
        "__id": "uuid:1", "__system": {"submitterName": "server", "reviewState": review}, **HEAD,
        "position": {"type": "Point", "coordinates": [100.45, 38.93, 1500], "properties": {"accuracy": 4.5}},
        "meta": {"instanceID": "uuid:1", "instanceName": None},
        "item": [{**ITEM, **units(), "__id": "x"}] if items is None else items,
    }  # fmt: skip
    path.write_text(json.dumps({"@odata.context": "…", "value": [entry]}), encoding="utf-8")
    return path


def csv_zip(path):
    main = {
        "SubmissionDate": "2026-01-01", **HEAD, "position-Latitude": 38.93, "position-Longitude": 100.45,
        "position-Altitude": 1500, "position-Accuracy": 4.5, "KEY": "uuid:1", "SubmitterName": "server",
        "ReviewState": "",
    }  # fmt: skip
    item = {**ITEM, **units(), "PARENT_KEY": "uuid:1", "KEY": "uuid:1/item[1]"}
    with zipfile.ZipFile(path, "w") as archive:
        for name, row in (("form.csv", main), ("form-item.csv", item)):
            text = io.StringIO()
            csv.writer(text).writerows([row.keys(), row.values()])
            archive.writestr(name, text.getvalue())
    return path


def kobo_json(path):
    entry = {
        "_id": 1, "_uuid": "1", "_geolocation": [38.93, 100.45], "_submitted_by": "server",
        **{f"visit/{name}": value for name, value in HEAD.items()}, "position": "38.93 100.45 1500 4.5",
        "item": [{f"item/{name}": value for name, value in {**ITEM, **units()}.items()}],
        "_validation_status": {}, "_attachments": [],
    }  # fmt: skip
    path.write_text(json.dumps({"count": 1, "results": [entry]}), encoding="utf-8")
    return path


def kobo_xlsx(path):
    book = openpyxl.Workbook()
    main = book.active
    main.title = "form"
    head = {
        **HEAD, "_position_latitude": 38.93, "_position_longitude": 100.45, "_position_altitude": 1500,
        "_position_precision": 4.5, "_id": 1, "_uuid": "1", "_submitted_by": "server", "_index": 1,
    }  # fmt: skip
    item = {**ITEM, **units(), "_index": 1, "_parent_table_name": "form", "_parent_index": 1}
    for sheet, row in ((main, head), (book.create_sheet("item"), item)):
        sheet.append(list(row))
        sheet.append(list(row.values()))
    book.save(path)
    return path


SERVERS = {
    "odata.json": odata,
    "central.zip": csv_zip,
    "kobo.json": kobo_json,
    "kobo.xlsx": kobo_xlsx,
}


def outcomes(rows):
    verdicts = judge(rows, BOOK, on=ON)
    return {(row["attribute"], row["rule_id"]): row["outcome"] for row in verdicts.to_dict("records")}


@pytest.mark.parametrize("element", ELEMENTS)
def test_pyxform_compiles_the_form_of_every_element(element, tmp_path):
    from pyxform.xls2xform import convert

    form = xlsform(element, BOOK, on=ON)
    path = tmp_path / "form.xlsx"
    asked = write_xlsform(form, path)
    remarks = []
    compiled = ET.fromstring(convert(str(path), warnings=remarks).xform)  # noqa: S314  compiled a line above
    names = {node.tag.rsplit("}", 1)[-1] for node in compiled.iter()}
    assert remarks == []
    assert asked > len(checklist(element, BOOK, on=ON))
    for question in checklist(element, BOOK, on=ON):
        assert {*fields(question), f"{question.attribute}__why", f"{question.attribute}__unit"} <= names


def test_pyxform_compiles_the_form_of_another_rule_set(tmp_path):
    from pyxform.xls2xform import convert

    form = xlsform("door", BOOK, on=ON, standard="ADA 2010")
    write_xlsform(form, tmp_path / "ada.xlsx")
    assert form.settings["form_id"] == "tantu_door_ADA_2010"
    assert "tantu_door_ADA_2010" in convert(str(tmp_path / "ada.xlsx")).xform


def test_no_attribute_of_any_form_has_the_name_of_a_field_of_the_heading():
    asked = {q.attribute for element in ELEMENTS for q in checklist(element, BOOK, on=ON)}
    assert not asked & META
    assert not any("__" in attribute for attribute in asked)


def test_a_slope_is_asked_three_times_in_percent_and_with_its_limits():
    survey = {row["name"]: row for row in xlsform("kerb_ramp", BOOK, on=ON).survey}
    first = survey["running_slope__1"]
    assert first["type"] == "decimal"
    assert first["constraint"] == ". >= -100 and . <= 100"
    assert "≤ 5 (GB 55019-2021 2.10.4-1" in first[f"hint::{LANGUAGES['zh']}"]
    assert {"running_slope__2", "running_slope__3"} <= set(survey)
    assert survey["running_slope__unit"]["calculation"] == "'percent'"


def test_a_question_is_hidden_only_where_its_rules_surely_do_not_apply():
    survey = {row["name"]: row for row in xlsform("kerb_ramp", BOOK, on=ON).survey}
    shown = survey["front_width_three_sided"]["relevant"]
    assert shown == "(${form} = '' or ${form} = 'three_sided')"
    assert survey["surface"]["relevant"] == ""


def test_why_something_was_not_measured_is_asked_only_when_it_was_not():
    survey = {row["name"]: row for row in xlsform("kerb_ramp", BOOK, on=ON).survey}
    why = survey["running_slope__why"]
    assert why["relevant"].count(" = ''") == 3
    assert why["required"] == "yes"
    listed = {
        row["name"] for row in xlsform("kerb_ramp", BOOK, on=ON).choices if row["list_name"] == "not_measured"
    }
    assert {"locked", "not_present"} <= listed
    assert "not_recorded" not in listed  # said by the judge, never by an inspector


def test_every_label_is_there_in_both_languages():
    for element in ELEMENTS:
        form = xlsform(element, BOOK, on=ON)
        for row in (*form.choices, *(row for row in form.survey if f"label::{LANGUAGES['zh']}" in row)):
            assert all(row[f"label::{name}"] for name in LANGUAGES.values())


def test_an_element_without_rules_or_of_no_list_has_no_form():
    with pytest.raises(EmptyLayerError):
        xlsform("hotel_room", BOOK, on=ON)
    with pytest.raises(CodeError):
        xlsform("unheard_of", BOOK, on=ON)


@pytest.mark.parametrize("name", SERVERS)
def test_a_submission_comes_back_as_the_same_verdicts_from_every_server(name, tmp_path):
    rows, told = read(SERVERS[name](tmp_path / name), "audits")
    assert told.complete
    # 3 slopes, form, bollards, lip, surface, and one reason.
    assert told.carried == len(rows) == 8
    assert set(rows["lon"]) == {100.45}
    assert set(rows["lat"]) == {38.93}
    assert set(rows["accuracy_m"]) == {4.5}
    found = outcomes(rows)
    assert found["running_slope", "GB-004"] == "not_met"  # the median 6 % is over 5 %
    assert found["lip_height", "GB-002"] == "met"
    assert found["surface", "GB-012"] == "not_met"
    assert found["bollard_gap", "GB-011"] == "not_applicable"  # there are none
    assert found["top_landing_width", "GB-008"] == "not_measured"


@pytest.mark.parametrize("name", SERVERS)
def test_what_comes_back_goes_through_the_ordinary_door(name, tmp_path):
    rows, _ = read(SERVERS[name](tmp_path / name), "audits")
    write_rows(rows, tmp_path / "audits.csv")
    prepared = prepare(AUDITS, tmp_path / "audits.csv", ImportOptions(datum="wgs84"))
    assert len(prepared.accepted) == 8
    assert prepared.rejected.empty


def test_a_rejected_submission_is_counted_and_not_carried(tmp_path):
    rows, told = read_odata(odata(tmp_path / "a.json", review="rejected"))
    assert rows.empty
    assert [(one.what, one.count, one.why) for one in told.uncarried] == [("submission", 1, "rejected")]


def test_a_field_of_another_form_is_counted_not_guessed(tmp_path):
    items = [
        {
            "lip_height": 5,
            "door_colour": "red",
            "lip_height__unit": "mm",
            "bollards": "maybe",
            "bollards__unit": "bool",
        }
    ]
    rows, told = read_odata(odata(tmp_path / "a.json", items=items))
    assert list(rows["attribute"]) == ["lip_height"]
    assert {(one.what, one.why) for one in told.uncarried} == {
        ("door_colour", "unknown-field"),
        ("bollards", "unreadable"),
    }


def test_a_position_that_was_not_fixed_is_none_and_never_zero():
    assert position_of({"_geolocation": [None, None]}) == (None, None)
    assert position_of({"_geolocation": [38.93, 100.45]}) == ((100.45, 38.93), None)
    assert position_of({"group/position": "38.93 100.45 0 3.5"}) == ((100.45, 38.93), 3.5)


def test_repeats_that_are_only_linked_are_asked_for(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"value": [{"item@odata.navigationLink": "Submissions('x')/item"}]}))
    with pytest.raises(FileFormatError, match="expand"):
        read_odata(path)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("deep.json", b'{"value":' + b"[" * 100_000 + b"]" * 100_000 + b"}", FileTooLargeError),
        ("no.json", b"{]", FileFormatError),
        ("list.json", b"[1, 2]", FileFormatError),
        ("value.json", b'{"value": [1]}', FileFormatError),
        ("broken.zip", b"PK\x03\x04 no archive", FileFormatError),
        ("text.zip", b"hello", FileFormatError),
    ],
)
def test_a_hostile_file_is_refused(name, content, error, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error):
        read(tmp_path / name, "audits")


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("form.csv", b"0" * 50_000_000)
    with pytest.raises(FileTooLargeError):
        read_csv_zip(tmp_path / "bomb.zip")


def test_a_layer_without_a_foreign_format_is_refused(tmp_path):
    with pytest.raises(FileFormatError, match="known"):
        read(tmp_path / "x.json", "people")


@pytest.mark.realdata
def test_the_log_of_collect_tells_the_seconds_of_each_question(shared):
    timing = read_log(shared / "data/audits/odk/audit.csv")
    # Three events of a minute each; the other two never ended.
    assert timing.seconds == 180
    assert timing.by_node.to_dict() == {"/data/a": 60, "/data/b": 60, "/data/c": 60}
    assert timing.events["seconds"].isna().sum() == len(timing.events) - 3
    assert timing.unknown == ("unknown-column",)
    assert log_report(timing).uncarried[0].why == "unknown-field"
    assert timing.events.loc[0, ["lon", "lat"]].tolist() == [2.0, 1.0]


def test_a_log_in_milliseconds_shows_a_clock_turned_back_and_a_mocked_fix(tmp_path):
    path = tmp_path / "audit.csv"
    path.write_text(
        "event,node,start,end,latitude,longitude,accuracy\n"
        "question,/data/a,1767225600000,1767225610000,38.9,100.4,0\n"
        "question,/data/b,1767225500000,1767225520000,38.9,100.4,5\n"
    )
    timing = read_log(path)
    assert timing.seconds == 30
    assert (timing.backwards, timing.mocked) == (1, 1)
    assert timing.events["start"].iloc[0] == pd.Timestamp("2026-01-01", tz="UTC")


def test_a_table_that_is_no_log_is_refused(tmp_path):
    (tmp_path / "audit.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FileFormatError, match="audit log"):
        read_log(tmp_path / "audit.csv")
