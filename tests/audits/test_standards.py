"""The rule tables hold every row of their sources, and a table that is not well formed is refused."""

import csv
import tomllib
from datetime import date
from importlib.resources import files

import pytest

from audits import standards
from audits.rulechecks import at_least_as_strict
from gis.errors import NotFoundError, StandardError

HEAD = """
[standard]
id = "X 1"
zh = "甲"
en = "A"
role = "primary"
jurisdiction = "CN"
rank = 2
valid_from = 2020-01-01
valid_source = "test"
"""
RULE = """
[[rule]]
id = "X-1"
element = "door"
attribute = "clear_width"
unit = "mm"
operator = ">="
limit = 800
clause = "1.2.3"
force = "shall"
severity = "major"
source = "test"
confidence = "sourced"
verified = true
"""


def read(*texts):
    return standards.read({f"{number}.toml": text for number, text in enumerate(texts)})


def test_the_rules_load():
    book = standards.load()
    mains = [rule for rule in book.rules if rule.id == rule.main]
    assert len(mains) == 288
    assert sum(rule.id.startswith("GB-") for rule in mains) == 205
    assert sum(rule.id.startswith("INT-") for rule in mains) == 83


@pytest.mark.realdata
@pytest.mark.parametrize(("table", "prefix"), [("standards_gb.csv", "GB"), ("standards_ada.csv", "INT")])
def test_every_row_of_the_domain_table_stands_in_the_rules(shared, table, prefix):
    book = standards.load()
    with (shared / "domain" / table).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["rule_id"] for row in rows} == {
        r.id for r in book.rules if r.id == r.main and r.id.startswith(prefix)
    }
    for row in rows:
        rule = book.rule(row["rule_id"])
        assert rule.clause == row["clause"]
        assert rule.source == row["source"]
        assert rule.confidence == row["confidence"]
        assert rule.verified == (row["confidence"] == "sourced")
        assert row["rule_set"].startswith(rule.standard)
        assert row["attribute"] in {rule.attribute, rule.called} or "named" in rule.note
        assert rule.element == row["element_type"] or rule.element_called == row["element_type"]
        assert rule.evidence == row.get("evidence", "")
        assert rule.remedy == row.get("typical_remedy", "")
        assert rule.applies == row["applies_when"]


@pytest.mark.realdata
@pytest.mark.parametrize("table", ["standards_gb.csv", "standards_ada.csv"])
def test_every_figure_of_the_domain_table_is_the_limit(shared, table):
    # 1:12 stands in the table as 0.0833 and in the rules as 1/12, so slopes agree to a thousandth.
    book = standards.load()
    with (shared / "domain" / table).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            rule = book.rule(row["rule_id"])
            for written, limit in ((row["value_min"], rule.low), (row["value_max"], rule.high)):
                if written:
                    assert limit == pytest.approx(float(written), rel=0.01 if rule.magnitude else 1e-9), (
                        rule.id
                    )


def test_a_rule_from_memory_is_never_verified():
    for rule in standards.load().rules:
        assert not rule.verified or rule.confidence == "sourced"


def test_every_replacement_by_another_standard_is_at_least_as_strict():
    book = standards.load()
    for rule in book.rules:
        for name in rule.supersedes:
            other = book.rule(name)
            if other.standard != rule.standard and other.id != rule.main:
                assert at_least_as_strict(rule, other), f"{rule.id} replaces {name}"


def test_the_code_of_2021_replaces_every_weaker_rule_of_2012_on_the_same_attribute():
    book = standards.load()
    strict = [rule for rule in book.rules if rule.standard == "GB 55019-2021" and not rule.when]
    for rule in strict:
        for other in book.rules:
            same = (other.element, other.attribute) == (rule.element, rule.attribute)
            if (
                same
                and other.standard == "GB 50763-2012"
                and at_least_as_strict(rule, other)
                and not rule.built_from
            ):
                assert other.id in rule.supersedes, f"{rule.id} should replace {other.id}"


def test_a_rule_is_in_force_from_its_first_day():
    book = standards.load()
    before = {rule.id for rule in book.in_force(date(2022, 3, 31)).rules}
    after = {rule.id for rule in book.in_force(date(2022, 4, 1)).rules}
    assert "GB-069" not in before
    assert "GB-069" in after
    assert "GB-070" in before & after


def test_second_sets_are_judged_only_when_asked_for():
    book = standards.load()
    assert not any(rule.id.startswith("INT") for rule in book.in_force(date(2026, 1, 1)).rules)
    ada = book.in_force(date(2026, 1, 1), standard="ADA 2010").rules
    assert {rule.standard for rule in ada} == {"ADA 2010"}


def test_an_unknown_standard_is_named_with_the_known_ones():
    with pytest.raises(NotFoundError, match="GB 55019-2021"):
        standards.load().in_force(date(2026, 1, 1), standard="GB 1")


def test_every_standard_says_where_its_dates_come_from():
    for standard in standards.load().standards.values():
        assert standard.valid_source


def test_every_rule_of_a_primary_set_says_whom_it_harms_and_what_proves_it():
    book = standards.load()
    for rule in book.rules:
        if book.standards[rule.standard].role == "primary":
            assert rule.groups
            assert rule.evidence
            assert rule.remedy
            assert rule.force
            assert rule.zh


def test_a_part_takes_over_what_it_does_not_say():
    part = '[[rule.part]]\nattribute = "threshold_height"\noperator = "<="\nlimit = 15\n'
    book = read(HEAD + RULE + part)
    assert (book.rule("X-1/2").clause, book.rule("X-1/2").high, book.rule("X-1/2").main) == (
        "1.2.3",
        15,
        "X-1",
    )


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('unit = "mm"', 'unit = "ell"', "unit 'ell' is not known"),
        ('unit = "mm"', 'unit = "degree"', "written as a ratio"),
        ('operator = ">="', 'operator = "=>"', "operator '=>' is not known"),
        ('operator = ">="', 'operator = "between"', "needs \\[low, high\\]"),
        ("limit = 800", "limit = [900, 800]", "must be a number"),
        ("limit = 800", 'limit = "800"', "must be a number"),
        ("limit = 800", "limit = true", "must be a number"),
        ("limit = 800\n", "", "the limit is missing"),
        ('element = "door"', 'element = "window"', "element 'window' is not known"),
        ('force = "shall"', 'force = "must"', "force 'must' is not known"),
        ('severity = "major"', 'severity = "huge"', "severity 'huge' is not known"),
        ('confidence = "sourced"', 'confidence = "from memory"', "verified = true needs"),
        ("verified = true", 'verified = "yes"', "verified must be true or false"),
        ('clause = "1.2.3"\n', "", "missing keys: clause"),
        ("limit = 800", "limit = 800\nlimits = 3", "unknown keys: limits"),
        ("limit = 800", 'limit = 800\nvalid_from = "2020"', "must be a date"),
        ("limit = 800", "limit = 800\nbuilt_from = 2022-01-01\nbuilt_to = 2021-01-01", "must lie before"),
        ("limit = 800", 'limit = 800\nwhen = [{ attribute = "x", is = true, maybe = 1 }]', "unknown keys \\['maybe'\\]"),
        ("limit = 800", 'limit = 800\nbeyond = [{ severity = "critical" }]', "an edge is a severity with"),
        ("limit = 800", 'limit = 800\nsupersedes = ["X-9"]', "supersedes X-9, which does not exist"),
        ("limit = 800", "limit = 800\ntable = { steps = [] }", "belong together"),
    ],
)  # fmt: skip
def test_a_malformed_rule_is_refused_with_file_rule_and_clause(old, new, why):
    assert old in RULE
    with pytest.raises(StandardError, match=why) as refusal:
        read(HEAD + RULE.replace(old, new))
    assert str(refusal.value).startswith("0.toml, rule X-1 (clause")


def test_two_versions_of_a_rule_may_follow_each_other_but_not_overlap():
    first = RULE + "valid_to = 2024-01-01\n"
    later = RULE.replace("limit = 800", "limit = 850\nvalid_from = 2024-01-01")
    book = read(HEAD + first + later)
    assert book.rule("X-1", date(2023, 12, 31)).low == 800
    assert book.rule("X-1", date(2024, 1, 1)).low == 850
    overlapping = later.replace("valid_from = 2024-01-01", "valid_from = 2023-01-01")
    with pytest.raises(StandardError, match="while an earlier version holds until 2024-01-01"):
        read(HEAD + first + overlapping)


def test_an_attribute_has_one_kind_of_unit():
    other = RULE.replace('"X-1"', '"X-2"').replace('unit = "mm"', 'unit = "count"')
    with pytest.raises(StandardError, match="is in count here but in mm in X-1"):
        read(HEAD + RULE + other)


def test_a_lower_standard_cannot_replace_a_higher_one():
    low = HEAD.replace('"X 1"', '"Y 1"').replace("rank = 2", "rank = 3")
    rule = RULE.replace('"X-1"', '"Y-1"').replace("limit = 800", 'limit = 900\nsupersedes = ["X-1"]')
    with pytest.raises(StandardError, match="of the higher-ranking X 1"):
        read(HEAD + RULE, low + rule)


def test_a_weaker_rule_cannot_replace_a_stricter_one():
    other = HEAD.replace('"X 1"', '"Y 1"')
    rule = RULE.replace('"X-1"', '"Y-1"').replace("limit = 800", 'limit = 700\nsupersedes = ["X-1"]')
    with pytest.raises(StandardError, match="is not as strict"):
        read(HEAD + RULE, other + rule)


def test_text_that_is_no_toml_is_refused():
    with pytest.raises(StandardError, match="is not TOML"):
        read("[[rule")


def test_no_rule_file_holds_a_key_without_meaning():
    for entry in files("data").joinpath("standards").iterdir():
        raw = tomllib.loads(entry.read_text(encoding="utf-8"))
        assert set(raw) == {"standard", "rule"}
