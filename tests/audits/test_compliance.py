"""Compliance is told per attribute and per element, and what was not measured stands beside it."""

from datetime import date

import pandas as pd

from audits import standards
from audits.compliance import per_attribute, per_element
from audits.rules import judge
from tests.audits.reading import readings


def verdicts(*ramps):
    rows = [readings("wheelchair_ramp", said, no=number) for number, said in enumerate(ramps, 1)]
    return judge(pd.concat(rows), standards.load(), on=date(2026, 1, 1))


RAMPS = (
    {"running_slope": "8 percent", "clear_width": "1.3 m"},
    {"running_slope": "8 percent", "clear_width": "1.0 m"},
    {"running_slope": "8 percent", "clear_width": "?obstructed"},
    {"running_slope": "12 percent", "clear_width": "1.3 m"},
)


def test_three_of_four_ramps_comply_on_slope_and_two_of_three_on_width():
    found = per_attribute(verdicts(*RAMPS)).set_index("attribute")
    columns = ["decided", "met", "unknown", "share"]
    assert found.loc["running_slope", columns].tolist() == [4, 3, 0, 0.75]
    assert found.loc["clear_width", columns].tolist() == [3, 2, 1, 2 / 3]


def test_two_of_four_ramps_comply_on_all_that_was_measured_and_none_is_complete():
    ramps = per_element(verdicts(*RAMPS)).iloc[0]
    assert ramps[["decided", "met", "unknown", "share", "complete"]].tolist() == [4, 2, 0, 0.5, 0]


def test_nothing_measured_has_no_share():
    found = per_attribute(verdicts({"clear_width": "?locked"})).set_index("attribute")
    assert found.loc["clear_width", "unknown"] == 1
    assert pd.isna(found.loc["clear_width", "share"])
