"""A finding is a rule not met; its name is the same however often a visit is judged."""

from datetime import date

import pandas as pd

from audits import standards
from audits.findings import finding_uid, from_verdicts
from audits.rules import judge
from tests.audits.reading import readings

TODAY = date(2026, 1, 1)


def found(element, said, **options):
    return from_verdicts(judge(readings(element, said, **options), standards.load(), on=TODAY))


def test_only_failures_become_findings():
    failed = found("accessible_toilet", {"turning_circle": "1.2 m", "area": "5 m2", "sign": "?locked"})
    assert failed["rule_id"].tolist() == ["GB-144"]
    assert failed[["value", "limit_low", "deviation", "unit", "state"]].to_numpy().tolist() == [
        [1.2, 1.5, 0.3, "m", "open"]
    ]


def test_judging_twice_names_findings_alike():
    said = {"turning_circle": "1.2 m", "area": "3 m2"}
    pd.testing.assert_frame_equal(found("accessible_toilet", said), found("accessible_toilet", said))


def test_no_two_findings_share_a_name():
    names = {
        finding_uid(visit, element, number, rule)
        for visit in ("v1", "v11") for element in ("door", "lift") for number in (1, 11) for rule in ("GB-1", "GB-11")
    }  # fmt: skip
    assert len(names) == 16


def test_a_scoring_item_without_severity_is_no_finding():
    assert found("maintenance_regime", {"functional_rate": "80 percent"}).empty


def test_nothing_failed_is_no_finding():
    assert found("door", {"clear_width": "950 mm"}).empty
