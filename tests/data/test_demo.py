"""The demonstration city is what it says: the same files from the same seed, the sizes, the columns."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.standards import load
from data.demo import FULL_PEOPLE, generate
from data.demo.draw import apportion, exact, stream
from gis.catalogue import codelist
from gis.schema import LAYERS

SMALL = 2000


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.*"))
    }


def test_the_same_seed_gives_the_same_bytes(small, tmp_path):
    again = generate(tmp_path, people=SMALL, seed=1)
    assert digests(again.folder) == digests(small.files.folder)


def test_another_seed_gives_another_city_of_the_same_size(small, tmp_path):
    other = generate(tmp_path, people=SMALL, seed=2)
    ours, theirs = digests(small.files.folder), digests(other.folder)
    assert {name for name in ours if ours[name] == theirs[name]} == set()
    assert other.counts["people"] == SMALL


def test_progress_is_told_in_order_and_ends_at_one(tmp_path):
    told = []
    generate(tmp_path, people=50, progress=lambda name, share: told.append((name, share)))
    assert [name for name, _ in told] == ["regions", "roads", "people", "places", "audits", "files", "done"]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("people", [1, 7])
def test_a_city_of_very_few_people_is_still_a_city(tmp_path, people):
    files = generate(tmp_path, people=people)
    assert (files.counts["people"], files.counts["regions"]) == (people, 1 + 6 + 78 + 888)


def test_a_city_of_nobody_is_refused(tmp_path):
    with pytest.raises(ValueError, match="1 or more"):
        generate(tmp_path, people=0)


def test_the_full_city_has_the_numbers_of_the_plan(full):
    counts = full.files.counts
    assert counts["people"] == len(full.people) == FULL_PEOPLE == 82_247
    assert counts["households"] == len(full.households) == 75_600
    assert 78_000 < counts["roads"] < 80_000
    assert counts["toilets"] == 600
    assert (counts["eligible_people"], counts["eligible_households"]) == (5850, 5807)


def test_a_small_city_is_small_in_proportion(small):
    counts = small.files.counts
    # 2,000 of 82,247 people: 75,600 households and 5,850 eligible people shrink by the same factor.
    assert counts["households"] == round(75_600 * SMALL / 82_247)
    assert counts["eligible_people"] == round(5850 * SMALL / 82_247)
    assert counts["roads"] < 15_000


@pytest.mark.parametrize("size", ["small", "full"])
def test_grades_and_hardship_have_their_shares(size, request):
    people = request.getfixturevalue(size).people
    shares = people["grade"].value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx({1: 0.13, 2: 0.17, 3: 0.28, 4: 0.42}, abs=0.001)
    assert (people["hardship"] != "none").mean() == pytest.approx(0.22, abs=0.001)


@pytest.mark.parametrize("layer", ["regions", "roads", "facilities", "toilets", "households"])
def test_a_layer_has_only_stored_columns_and_known_codes(full, layer):
    spec, rows = LAYERS[layer], getattr(full, layer)
    assert set(rows.columns) - {"geometry", "lon", "lat", "boundary"} <= set(spec.names)
    for column in spec.columns:
        if column.name not in rows:
            assert not column.required
            continue
        values = rows[column.name].dropna()
        assert not column.required or len(values) == len(rows)
        if column.codes:
            used = set(values.astype(str).str.split(";").explode()) - {""}
            assert used <= set(codelist(column.codes).codes)
        if column.low is not None:
            assert values.min() >= column.low
        if column.high is not None:
            assert values.max() <= column.high
    assert rows["uid"].is_unique


def test_every_measurement_is_of_an_element_an_attribute_and_a_unit_of_the_standards(full):
    known = {(rule.element, rule.attribute, rule.unit) for rule in load().rules}
    measured = full.audits[["element", "attribute", "unit"]].drop_duplicates()
    assert set(measured.itertuples(index=False, name=None)) - known == set()
    assert set(full.audits["element"]) <= set(codelist("element").codes)
    assert set(full.audits["not_measured"].dropna()) <= set(codelist("not_measured").codes)
    assert (full.audits["value"].isna() == full.audits["not_measured"].notna()).all()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.integers(0, 10_000))
def test_shares_in_whole_numbers_sum_to_the_total_and_miss_by_less_than_one(weights, total):
    weights = np.array(weights) + 0.001
    counts = apportion(weights, total)
    assert counts.sum() == total
    assert (np.abs(counts - total * weights / weights.sum()) < 1 + 1e-6).all()


def test_exact_draws_have_exact_shares():
    # A quarter of eight is two.
    drawn = exact(stream(1, "test"), {"a": 0.25, "b": 0.75}, 8)
    assert sorted(drawn) == ["a", "a", *"bbbbbb"]
