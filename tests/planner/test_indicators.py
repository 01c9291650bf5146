"""Indicators are counted by arithmetic, entered with a source or missing; periods are data; reports say where from."""

import io
from dataclasses import replace
from datetime import date

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from pypdf import PdfReader

from gis.catalogue import city, codelist, table
from gis.errors import NotFoundError
from planner.home_visits import QUESTIONS, candidates
from planner.indicator_book import department_of, period_of, periods
from planner.indicator_reports import KINDS, cards_paper, report, score_cards, standing_rows
from planner.indicator_service import Standing
from planner.indicator_sheets import write_workbook
from planner.indicators import FUNCTIONS, Facts, Value, computed
from planner.papers import pdf
from planner.trends import trend
from tests.planner.homes_in_works import POLICY, home_at

ON = date(2026, 12, 31)


def visits(*rows):
    usual = dict.fromkeys(QUESTIONS)
    frame = pd.DataFrame(
        [
            {
                "uid": f"v{n}",
                "household_uid": home,
                "region_code": "620702001201",
                "visited_on": day,
                "visitor": "w",
            }
            | usual
            | answers
            for n, (home, day, answers) in enumerate(rows)
        ],
        columns=["uid", "household_uid", "region_code", "visited_on", "visitor", *QUESTIONS],
    )
    return frame.astype(dict.fromkeys(QUESTIONS, "boolean"))


def facts(**changes):
    usual = {
        "on": ON, "first_year": 2026, "works": [], "policy": POLICY,
        "regions": pd.DataFrame(columns=["code", "name", "level"]), "facilities": gpd.GeoDataFrame(), "grades": {},
        "verdicts": pd.DataFrame(), "audit_cases": pd.DataFrame(), "visits": visits(),
    }  # fmt: skip
    return Facts(**(usual | changes))


def test_every_computed_indicator_has_its_function_and_every_one_a_formula_and_an_owner():
    for code, about in codelist("indicator").codes.items():
        said = about.facts.get("computed")
        assert said is None or said.split(":")[0] in FUNCTIONS, code
        assert about.facts["formula_zh"]
        assert about.facts["formula_en"]
        assert about.facts["owner"] in codelist("department").codes
    assert len(codelist("indicator").codes) == 48


@pytest.mark.parametrize("code", sorted(codelist("indicator").codes))
def test_where_there_is_nothing_to_count_a_share_is_unknown(code):
    for value in computed(code, facts()):
        if codelist("indicator")[code].facts["unit"] == "%":
            assert value.value is None
        assert value.value in (None, 0.0)


def test_only_accepted_homes_count_in_their_year_and_county():
    homes = [
        replace(home_at("close"), uid="a"), replace(home_at("finish"), uid="b"),
        replace(home_at("settle"), uid="c", county="620723"),
        replace(home_at("settle"), uid="d", entered={**home_at("settle").entered, "accepted": date(2027, 1, 4)}),
    ]  # fmt: skip
    told = computed("IN-12", facts(works=homes))
    assert [(value.region, value.value) for value in told] == [(None, 2.0), ("620702", 1.0), ("620723", 1.0)]
    assert told[0].behind["case"].tolist() == ["a", "c"]
    assert computed("IN-11", facts(works=homes, first_year=2027))[0].value == 0


def test_durations_costs_outcomes_and_satisfaction_come_from_the_cases():
    homes = [home_at("close"), home_at("assess")]
    value = {
        code: computed(code, facts(works=homes))[0]
        for code in ("IN-35", "IN-40", "IN-42", "IN-43", "IN-44", "IN-45", "IN-46")
    }
    # 2 to 9 March are five working days; 2 March to 21 April 35 without Qingming; barriers 7 to 1.
    assert (value["IN-40"].value, value["IN-42"].value, value["IN-43"].value) == (5, 35, None)
    assert (value["IN-44"].value, value["IN-45"].value, value["IN-35"].value, value["IN-46"].value) == (
        3250,
        6,
        100,
        100,
    )
    assert value["IN-44"].denominator == 1


def test_visits_are_counted_by_home_and_need_is_met_where_the_last_visit_says_so():
    told = facts(
        visits=visits(
            ("h1", date(2026, 2, 1), {"needs_rehab": True, "gets_rehab": False}),
            ("h1", date(2026, 8, 1), {"needs_rehab": True, "gets_rehab": True}),
            ("h2", date(2026, 3, 1), {"needs_rehab": True, "gets_rehab": False}),
            ("h3", date(2026, 3, 1), {"needs_rehab": True}),
            ("h4", date(2025, 3, 1), {"needs_rehab": False}),
        )
    )
    assert computed("IN-17", told)[0].value == 3
    rehab = computed("IN-09", told)[0]
    assert (rehab.value, rehab.numerator, rehab.denominator) == (50, 1, 2)  # h3 was not asked: unknown


def test_villages_with_an_association_are_a_share_by_county():
    regions = pd.DataFrame(
        {"code": ["620702001201", "620702001202", "620723001201"], "name": list("abc"), "level": ["village"] * 3,
         "has_association": pd.array([True, False, None], dtype="boolean")}
    )  # fmt: skip
    told = computed("IN-16", facts(regions=regions))
    assert [(value.region, value.value) for value in told] == [(None, 50), ("620702", 50), ("620723", None)]


def test_the_trend_counts_elements_by_year_and_layer():
    verdicts = pd.DataFrame(
        {
            "visit_uid": ["a", "b", "c", "c"], "place_layer": "toilets", "place_uid": ["t1", "t2", "t1", "t3"],
            "element": "door", "element_no": [1, 1, 1, 1], "outcome": ["met", "not_met", "met", "not_measured"],
            "attribute": "w",
        }
    )  # fmt: skip
    days = pd.Series({"a": date(2025, 5, 1), "b": date(2025, 6, 1), "c": date(2026, 5, 1)})
    assert trend(verdicts, days)[["year", "met", "decided", "share"]].to_numpy().tolist() == [
        [2025, 1, 2, 0.5],
        [2026, 1, 1, 1.0],
    ]


def test_periods_are_files_and_the_next_one_says_what_it_carries_on():
    assert [period.id for period in periods("zhangye")] == ["2021-2025", "2026-2030"]
    old, new = period_of(2025, "zhangye"), period_of(2026, "zhangye")
    assert (old.targets["IN-11"].value, old.targets["IN-12"].value) == (1000, 200)
    assert old.targets["IN-11"].verified
    assert not any(target.verified for target in new.targets.values())
    assert old.targets["IN-09"].reached(85) is False  # > 85
    assert old.targets["IN-42"].reached(150) is True
    assert old.targets["IN-42"].reached(None) is None
    with pytest.raises(NotFoundError):
        period_of(2040, "zhangye")


def test_every_kind_of_finding_has_a_department_that_answers_for_it():
    for layer in codelist("place_layer").codes:
        for element in codelist("element").codes:
            for place in (*codelist("facility_class").codes, None):
                assert department_of(layer, element, place) in codelist("department").codes
    assert department_of("facilities", "door", "medical") == "health"
    assert department_of("facilities", "bus_stop", "medical") == "transport"
    assert set(table("catalogue/responsibility.toml")["facility_class"]) == set(
        codelist("facility_class").codes
    )


def stands(**values):
    found = {
        code: values.get(code.replace("-", "_"), [Value(code, None, None)])
        for code in codelist("indicator").codes
    }
    origins = {
        code: ("computed", "") if found[code][0].value is not None else ("missing", "") for code in found
    }
    empty = pd.DataFrame(columns=["year", "layer", "decided", "met", "share"])
    findings = pd.DataFrame(
        [("health", "facilities", "major", 3)], columns=["department", "layer", "severity", "findings"]
    )
    return Standing(date(2025, 12, 31), period_of(2025, "zhangye"), found, origins, empty, findings)


HOMES = pd.DataFrame({"case": ["2025-00001"], "county": ["620702"]})
FOUND = stands(
    IN_11=[Value("IN-11", None, 980.0, behind=HOMES)],
    IN_16=[
        Value("IN-16", None, 75.0, 3, 4),
        Value("IN-16", "620702", 50.0, 1, 2),
        Value("IN-16", "620723", 100.0, 2, 2),
    ],
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_report_shows_value_target_owner_and_what_is_missing(kind, lang):
    said = " ".join(
        "\n".join(
            p.extract_text()
            for p in PdfReader(io.BytesIO(pdf(report(FOUND, kind, city("zhangye"), lang)))).pages
        ).split()
    )
    assert ">= 1000" in said
    assert "980" in said
    for word in ("IN-48", codelist("department")["health"].label(lang)):
        assert word in said
    rows = {row["indicator"]: row for row in standing_rows(FOUND, lang)}
    assert (rows["IN-11"]["reached"], rows["IN-11"]["list"], rows["IN-02"]["origin"]) == (False, 1, "missing")


def test_a_score_card_marks_a_county_against_the_target_and_shows_the_city():
    cards = score_cards(FOUND).set_index(["county", "indicator"])
    assert cards.loc[("620702", "IN-16")].tolist() == [50, 75, 100, 50]
    assert cards.loc[("620723", "IN-16"), "points"] == 100
    said = PdfReader(io.BytesIO(pdf(cards_paper(FOUND, city("zhangye"), "zh", names={"620702": "甘州区"}))))
    assert len(said.pages) == 3
    assert "甘州区" in said.pages[1].extract_text()


def test_the_workbook_has_a_sheet_for_every_list(tmp_path):
    assert write_workbook(FOUND, tmp_path / "i.xlsx", city("zhangye"), "zh") == 1
    book = openpyxl.load_workbook(tmp_path / "i.xlsx")
    assert book.sheetnames == ["指标", "县区考核", "IN-11"]
    assert [cell.value for cell in book["IN-11"][4]] == ["2025-00001", "620702"]
    assert "1000" in str(
        [cell.value for row in book["指标"].iter_rows() for cell in row if cell.value == 1000]
    )


def test_a_visit_yields_a_home_that_wants_works_and_names_a_barrier():
    told = visits(
        ("h1", date(2026, 2, 1), {"wants_works": True, "toilet_hard": True, "bath_hard": True}),
        ("h2", date(2026, 2, 1), {"wants_works": True}),
        ("h3", date(2026, 2, 1), {"toilet_hard": True}),
        ("h4", date(2026, 2, 1), {"wants_works": True, "fell": True}),
        ("h5", date(2026, 2, 1), {"wants_works": True, "fell": True}),
        ("h5", date(2026, 3, 1), {"wants_works": False, "fell": True}),
        ("h6", date(2026, 2, 1), {"wants_works": True, "fell": True}),
    )
    outcomes = pd.DataFrame({"outcome": ["refused"], "refused_by": ["EL-03"], "unknown": [""]}, index=["h4"])
    found = candidates(told, outcomes, {"h6"})
    assert found[["household_uid", "barriers", "outcome", "refused_by"]].to_numpy().tolist() == [
        ["h1", "toilet_hard;bath_hard", "unregistered", ""], ["h4", "fell", "refused", "EL-03"],
    ]  # fmt: skip
