"""The door of the audits layer sets aside what cannot be judged as meant, and says why."""

from datetime import date

import pandas as pd
import pytest

from audits.layer import AUDITS
from gis.catalogue import codelist, words
from gis.imports import ImportOptions, prepare
from tests.audits.reading import readings


def issues(element, said, **changed):
    rows = readings(element, said).assign(inspector="INS-01", visited_on=date(2025, 6, 1)).assign(**changed)
    rows.index = range(1, len(rows) + 1)
    return [(issue.row, issue.action, issue.reason) for check in AUDITS.checks for issue in check(rows)]


@pytest.mark.parametrize(
    ("element", "said", "expected"),
    [
        ("door", {"clear_width": "900 mm"}, []),
        ("door", {"clear_width": "?"}, [(1, "quarantined", "no-answer")]),
        ("door", {"clear_width": "?locked"}, []),
        ("door", {"clear_width": "900 ell"}, [(1, "quarantined", "unknown-unit")]),
        ("door", {"clear_width": "90 厘米"}, []),
        ("door", {"clear_width": "5 percent"}, [(1, "quarantined", "unit-does-not-fit")]),
        ("door", {"revolving_only": "2 bool"}, [(1, "quarantined", "not-yes-or-no")]),
        ("wheelchair_ramp", {"running_slope": "8 ratio"}, [(1, "quarantined", "slope-over-one")]),
        ("wheelchair_ramp", {"running_slope": "8 percent"}, []),
        ("kerb_ramp", {"running_slope_full_width": "8 ratio"}, [(1, "quarantined", "slope-over-one")]),
        ("door", {"colour": "3 count"}, [(1, "noted", "attribute-without-rule")]),
        ("door", {"clear_width": "999 mm"}, [(1, "noted", "sentinel-suspected")]),
        ("door", {"alternative_measure": "yes", "automatic": "yes"}, []),
        ("kerb_ramp", {"surface": "slippery"}, []),
    ],
)  # fmt: skip
def test_a_row_is_checked_against_what_its_attribute_means(element, said, expected):
    assert issues(element, said) == expected


def test_a_figure_with_a_reason_for_having_none_is_set_aside():
    assert issues("door", {"clear_width": "900 mm"}, not_measured="locked") == [
        (1, "quarantined", "two-answers")
    ]


def test_one_visit_cannot_be_at_two_places():
    rows = pd.concat(
        [readings("door", {"clear_width": "900 mm"}, place=("toilets", uid)) for uid in ("t1", "t2")]
    )
    rows = rows.assign(inspector="INS-01", visited_on=date(2025, 6, 1)).reset_index(drop=True)
    found = [issue.reason for check in AUDITS.checks for issue in check(rows)]
    assert found == ["visit-mixed", "visit-mixed"]


def test_every_reason_has_its_words_in_both_languages():
    reasons = {
        "no-answer", "two-answers", "unknown-unit", "unit-does-not-fit", "not-yes-or-no", "slope-over-one",
        "sentinel-suspected", "attribute-without-rule", "visit-mixed", "far-from-place", "place-unknown",
    }  # fmt: skip
    for lang in ("zh", "en"):
        assert {f"issue.{reason}" for reason in reasons} <= set(words(lang, "audits"))


def test_every_code_column_has_its_list():
    for column in AUDITS.columns:
        if column.codes:
            assert codelist(column.codes).codes


def test_a_csv_of_inspections_is_prepared(tmp_path):
    path = tmp_path / "audits.csv"
    path.write_text(
        "visit_uid,place_layer,place_uid,inspector,visited_on,lon,lat,element,element_no,attribute,value,unit,not_measured\n"
        "v1,toilets,t1,INS-01,2025-06-01,100.45,38.93,door,1,clear_width,900,mm,\n"
        "v1,toilets,t1,INS-01,2025-06-01,100.45,38.93,door,1,threshold_height,,,locked\n"
        "v1,公厕,t1,INS-01,2025-06-01,100.45,38.93,门,1,handle_height,0.9,m,\n"
        "v2,toilets,t2,INS-01,2025-06-01,,,door,1,clear_width,900,ell,\n"
        "v3,toilets,t3,INS-01,2025-06-01,,,door,1,clear_width,900,mm,\n",
        encoding="utf-8",
    )
    prepared = prepare(AUDITS, path, ImportOptions(datum="wgs84"))
    assert prepared.read == 5
    assert len(prepared.rejected) == 1
    assert [i.reason for i in prepared.issues if i.action == "quarantined"] == ["unknown-unit"]
    assert prepared.accepted["element"].tolist() == ["door"] * 4
    assert prepared.accepted.geometry.iloc[0].coords[0] == (100.45, 38.93)
    assert prepared.accepted.geometry.iloc[3] is None
