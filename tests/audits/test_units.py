"""Units become one base unit a dimension, exactly and back."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.units import UNITS, from_unit, in_base, in_unit, ratio_of, recognise, to_base


@pytest.mark.parametrize(
    ("value", "unit", "amount"),
    [
        (0.85, "m", 850), (85, "cm", 850), (1, "in", 25.4), (8.5, "percent", 0.085), (12, "1:n", 1 / 12),
        (45, "degree", 1), (-3, "percent", -0.03), (2, "min", 120), (3.6, "km/h", 1), (10000, "cm2", 1),
    ],
)  # fmt: skip
def test_a_figure_means_the_same_in_every_unit(value, unit, amount):
    assert to_base(value, unit) == pytest.approx(amount, rel=1e-12)


@given(st.sampled_from(sorted(UNITS)), st.floats(1e-3, 80))
def test_a_figure_comes_back_from_the_base_unit(unit, value):
    back = in_unit(from_unit(np.array([value]), unit), unit)[0]
    assert back == pytest.approx(value, rel=1e-12)


def test_a_level_surface_has_no_ratio_of_one_in_nothing():
    assert math.isnan(to_base(0, "1:n"))


def test_an_angle_beyond_upright_is_no_slope():
    assert math.isnan(to_base(90, "degree"))


@pytest.mark.parametrize(
    ("said", "unit"),
    [("毫米", "mm"), ("%", "percent"), ("°", "degree"), ("㎡", "m2"), ("MM ", "mm"), ("furlong", None)],
)
def test_a_unit_is_recognised_in_both_languages(said, unit):
    assert recognise(said) == unit


@pytest.mark.parametrize(("text", "ratio"), [("1:12", 1 / 12), ("1 : 8", 1 / 8), ("1:0", None), ("12", None)])
def test_a_slope_is_written_as_one_in_n(text, ratio):
    assert ratio_of(text) == ratio


def test_a_column_of_mixed_units_becomes_one():
    figures = in_base(
        pd.Series([1.0, 2.0, 3.0], index=[7, 8, 9]), pd.Series(["m", "%%", "cm"], index=[7, 8, 9])
    )
    assert figures["amount"].fillna(-1).tolist() == [1000, -1, 30]
    assert figures["dimension"].tolist()[1] == -1
    assert figures.index.tolist() == [7, 8, 9]
