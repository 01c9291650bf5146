"""Code lists, words and city facts are whole in both languages and refuse what they do not hold."""

from importlib.resources import files

import pytest

from gis.catalogue import city, codelist, table, words
from gis.errors import CodeError, NotFoundError
from gis.schema import LAYERS

LISTS = sorted(
    name.removesuffix(".toml")
    for name in (entry.name for entry in files("data").joinpath("catalogue").iterdir())
    if name.endswith(".toml") and "codes" in table(f"catalogue/{name}")
)


@pytest.mark.parametrize("name", LISTS)
def test_every_code_has_both_labels_and_the_list_its_source(name):
    codes = codelist(name)
    assert codes.source
    assert all(code.zh and code.en for code in codes.codes.values())


@pytest.mark.parametrize("name", LISTS)
def test_no_word_of_a_list_means_two_codes(name):
    meanings: dict[str, set[str]] = {}
    for code in codelist(name).codes.values():
        for word in (code.code, code.zh, code.en, *code.facts.get("synonyms", ())):
            meanings.setdefault(word.lower(), set()).add(code.code)
    assert {word: codes for word, codes in meanings.items() if len(codes) > 1} == {}


def test_every_list_that_a_layer_names_exists():
    wanted = {column.codes for spec in LAYERS.values() for column in spec.columns if column.codes}
    assert wanted <= set(LISTS)


def test_a_code_is_recognised_by_code_label_and_synonym_but_not_by_likeness():
    classes = codelist("facility_class")
    assert [classes.recognise(word) for word in ("medical", "医疗", " Hospital ", "医疗站")] == [
        "medical", "medical", "medical", None,
    ]  # fmt: skip


def test_the_facility_classes_are_the_thirteen_of_the_plan_and_ours():
    # SR-094: eight classes of public service, four of service for disabled people, concentrated employers.
    groups = [code.facts["group"] for code in codelist("facility_class").codes.values()]
    assert groups.count("public_service") == 8
    assert groups.count("employment") == 1
    named = {"special_education", "rehabilitation", "care", "welfare"}
    assert {
        code for code in named if codelist("facility_class")[code].facts["group"] == "disabled_service"
    } == named


def test_every_service_says_where_it_is_offered_how_one_goes_and_by_whose_norm():
    for service in codelist("service").codes.values():
        facts = service.facts
        assert facts["layer"] in LAYERS
        assert facts["mode"] in {"drive", "walk"}
        assert ("within_min" in facts) != ("within_m" in facts)
        assert facts["norm_source"]
        assert set(facts["facility_classes"]) <= set(codelist("facility_class").codes)


def test_a_norm_that_is_our_own_default_is_not_called_verified():
    for service in codelist("service").codes.values():
        assert not (service.facts["verified"] and "default of this project" in service.facts["norm_source"])


def test_an_unknown_code_is_refused_with_the_list():
    with pytest.raises(CodeError, match=r"'hoverbus' is not in the list service.*rehabilitation"):
        codelist("service")["hoverbus"]


def test_the_words_of_the_layers_are_the_same_in_both_languages():
    assert words("zh", "gis").keys() == words("en", "gis").keys()
    assert all(words("zh", "gis").values())
    assert words("zh", "gis")["layer.toilets"] == "公共厕所"


def test_every_layer_and_column_has_a_word():
    known = words("en", "gis")
    for spec in LAYERS.values():
        assert f"layer.{spec.name}" in known
        assert [c.name for c in spec.columns if f"column.{c.name}" not in known] == []


def test_the_city_says_in_which_system_it_is_measured():
    zhangye = city("zhangye")
    assert (zhangye.zh, zhangye.metric_epsg) == ("张掖市", 32647)


@pytest.mark.parametrize(
    "ask", [lambda: city("atlantis"), lambda: codelist("moods"), lambda: words("zh", "x")]
)
def test_what_is_not_there_is_said_to_be_missing(ask):
    with pytest.raises(NotFoundError):
        ask()
