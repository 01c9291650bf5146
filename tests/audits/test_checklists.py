"""A checklist asks each attribute once, with all its clauses, and only what the day and the building need."""

from datetime import date

from audits import standards
from audits.checklists import checklist
from gis.catalogue import words

BOOK = standards.load()
TODAY = date(2026, 1, 1)


def asked(element, **options):
    return {question.attribute: question for question in checklist(element, BOOK, on=TODAY, **options)}


def test_rules_of_two_standards_on_one_attribute_are_one_question():
    question = asked("wheelchair_ramp")["clear_width"]
    assert [(limit.rule_id, limit.clause) for limit in question.limits] == [
        ("GB-069", "2.3.2"),
        ("GB-070", "3.4.2"),
    ]
    assert (question.unit, question.kind, question.zh) == ("m", "number", "通行净宽")


def test_a_slope_is_read_three_times():
    assert asked("wheelchair_ramp")["running_slope"].readings == 3


def test_what_a_condition_asks_for_is_a_question_with_its_choices():
    form = asked("kerb_ramp")["form"]
    assert form.context
    assert form.kind == "choice"
    assert form.choices == ("full_width", "three_sided", "other")
    assert not form.limits


def test_facts_come_before_measurements():
    context = [question.context for question in checklist("kerb_ramp", BOOK, on=TODAY)]
    assert context == sorted(context, reverse=True)


def test_the_age_of_the_building_leaves_out_what_cannot_apply():
    widths = asked("door", built_on=date(2015, 1, 1))["clear_width"].limits
    assert [limit.rule_id for limit in widths] == ["GB-100", "GB-101"]
    widths = asked("door", built_on=date(2023, 1, 1))["clear_width"].limits
    assert "GB-099" in {limit.rule_id for limit in widths}


def test_another_standard_asks_its_own_questions():
    ada = asked("door", standard="ADA 2010")
    assert ada["clear_width"].limits[0].text == "815"
    assert "handle_height" not in ada


def test_an_element_without_rules_asks_nothing():
    assert checklist("hotel_room", BOOK, on=TODAY) == ()


def test_no_attribute_is_asked_twice_and_all_have_evidence():
    for element in {rule.element for rule in BOOK.in_force(TODAY).rules}:
        questions = checklist(element, BOOK, on=TODAY)
        names = [question.attribute for question in questions]
        assert len(names) == len(set(names))
        assert all(
            question.evidence and question.zh and question.limits
            for question in questions
            if not question.context
        )


def test_every_fact_and_choice_has_its_words_in_both_languages():
    for lang in ("zh", "en"):
        known = words(lang, "audits")
        for rule in BOOK.rules:
            for condition in rule.when:
                assert f"fact.{condition.attribute}" in known
                assert all(f"choice.{choice}" in known for choice in condition.choices)
            assert all(f"choice.{choice}" in known for choice in rule.choices)
