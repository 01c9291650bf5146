"""The five layers fit their tables, and what follows from a region's code is filled in and listed."""

import pandas as pd
import pytest
from sqlalchemy import String

from gis import tables
from gis.mapping import short_names
from gis.schema import LAYERS, REGIONS, derive_from_code, short_code

TABLES = {
    "regions": tables.Region,
    "roads": tables.Road,
    "facilities": tables.Facility,
    "toilets": tables.Toilet,
    "households": tables.Household,
}


@pytest.mark.parametrize("name", LAYERS)
def test_every_column_of_a_layer_is_a_column_of_its_table(name):
    stored = set(TABLES[name].__table__.columns.keys())
    assert set(LAYERS[name].names) <= stored
    kept = {"id", "content_hash", "batch_id", "retired_by", "geom", "region_code"}
    assert stored - set(LAYERS[name].names) <= kept


@pytest.mark.parametrize("name", LAYERS)
def test_no_text_that_passes_the_door_is_longer_than_its_column(name):
    columns = TABLES[name].__table__.columns
    for column in LAYERS[name].columns:
        stored = columns[column.name].type
        if column.kind == "text" and isinstance(stored, String) and stored.length:
            assert column.length <= stored.length, column.name


@pytest.mark.parametrize("name", LAYERS)
def test_names_shortened_for_a_shapefile_stay_different(name):
    short = short_names(LAYERS[name].names)
    assert len(set(short.values())) == len(short)
    assert max(map(len, short.values())) <= 10


@pytest.mark.parametrize("name", LAYERS)
def test_no_foreign_word_means_two_columns_as_an_alias(name):
    aliases = [alias for column in LAYERS[name].columns for alias in column.aliases]
    assert len(set(aliases)) == len(aliases)


@pytest.mark.parametrize(
    ("code", "short"),
    [
        ("620700000000", "6207"),
        ("620702000000", "620702"),
        ("620702001000", "620702001"),
        ("620702001001", "620702001001"),
        ("620702", "620702"),
        ("abc000000000", "abc000000000"),
    ],
)
def test_padding_is_taken_off_a_region_code(code, short):
    assert short_code(code) == short


def regions(**columns: list[str | None]) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    empty = {name: [None] * rows for name in REGIONS.names}
    return pd.DataFrame(empty | columns, index=range(1, rows + 1)).astype("str")


def test_level_parent_and_kind_follow_from_code_and_name():
    rows, issues = derive_from_code(
        regions(code=["620702001000", "620721"], name=["东街街道", "肃南裕固族自治县"])
    )
    assert rows["code"].tolist() == ["620702001", "620721"]
    assert rows["level"].tolist() == ["township", "county"]
    assert rows["parent_code"].tolist() == ["620702", "6207"]
    assert rows["kind"].tolist() == ["subdistrict", "autonomous_county"]
    # One code shortened, and level, parent and kind of both rows.
    assert len(issues) == 7
    assert {issue.action for issue in issues} == {"repaired"}


def test_what_the_file_says_of_a_region_is_never_replaced():
    rows, _ = derive_from_code(
        regions(code=["620702001"], name=["东街街道"], level=["village"], parent_code=["9"], kind=["town"])
    )
    assert rows.loc[1, ["level", "parent_code", "kind"]].tolist() == ["village", "9", "town"]


def test_a_code_that_is_no_number_gives_neither_level_nor_parent():
    rows, issues = derive_from_code(regions(code=["KOWLOON"], name=["九龍"]))
    assert rows[["level", "parent_code", "kind"]].isna().all(axis=None)
    assert issues == []
