"""The data dictionary is what the import believes, in words of both languages."""

import pytest

from api.registry import REGISTRY
from gis.catalogue import codelist


def test_the_dictionary_names_every_column_of_every_layer(tantu):
    told = {spec["layer"]: spec for spec in tantu("layers", "--json").told}
    assert list(told) == list(REGISTRY)
    for name, known in REGISTRY.items():
        assert [column["name"] for column in told[name]["columns"]] == list(known.spec.names)


def test_a_column_says_its_codes_and_whether_it_is_personal(tantu):
    (people,) = tantu("layers", "people", "--json").told
    columns = {column["name"]: column for column in people["columns"]}
    assert columns["hardship"]["codes"] == list(codelist("hardship").codes)
    assert [name for name, column in columns.items() if column["personal"]] == [
        "name", "certificate", "phone", "address",
    ]  # fmt: skip
    assert "残疾人证号" in columns["certificate"]["also_called"]


@pytest.mark.parametrize(("layer", "words"), [("roads", "road_class"), ("people", "残疾人证号")])
def test_a_person_reads_it_as_a_table(tantu, layer, words):
    assert words in tantu("layers", layer).out


def test_an_unknown_layer_is_refused_with_those_there_are(tantu):
    said = tantu("layers", "tramways")
    assert said.code == 1
    assert "toilets" in said.err
