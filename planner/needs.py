"""The need of a home as a sum of named parts, each from one fact and one dated weight.

A part whose fact is unknown gives no points, but is not taken for a no either: `score_high` is what
the score would be if every unknown fact turned out for the home, and `unknown` names them, so that a
visit knows what to ask and a family sees what its score may still become. Facts of people are
those of the people of the home who are not refused by a rule (a neighbour's grade does not count), except
for the number of disabled people in the home, which counts all who are registered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series

from gis.errors import StandardError
from planner.dated import Row, programme_file, programme_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """The need of each home; all frames have the index `household_uid`.

    Attributes
    ----------
    parts
        A column of points for each part, unknown facts giving 0.
    totals
        `score` (sum of the parts), `score_high` (with every unknown fact in favour), `unknown` (ids of the
        parts that are not known, joined by `;`).
    """

    parts: DataFrame
    totals: DataFrame


def load(city_id: str, on: date) -> list[Row]:
    """Return the weights of a city in force on a day.

    Raises
    ------
    NotFoundError
        The city has no programme.
    StandardError
        A weight is not well formed or names a measure that is not computed here.
    """
    rows = programme_rows(city_id, "need", on)
    for row in rows:
        if row["measure"] not in MEASURES:
            raise StandardError(programme_file(city_id), row["id"], f"there is no measure '{row['measure']}'")
    return rows


def score(people: DataFrame, homes: DataFrame, *, weights: Sequence[Row], on: date) -> Scores:
    """Return the need of homes.

    Parameters
    ----------
    people
        Columns of the layer `people` in clear, `household_uid` in the index of `homes`, and `counts`: whether
        the person's own facts count (false for somebody refused by a rule of people).
    homes
        Index `household_uid`; columns of the layer `households` and `rural` (true, false or missing).
    weights
        What `load` returns.
    on
        Day ages and waits are counted to.
    """
    facts = _Facts(people, homes, on)
    points, most = {}, {}
    unknown: dict[str, Series] = {}
    for row in weights:
        value = MEASURES[row["measure"]](facts, row)
        points[row["id"]], most[row["id"]] = _points(value, row)
        unknown[row["id"]] = value.isna()
    parts = DataFrame(points, index=homes.index)
    doubt = DataFrame(unknown, index=homes.index)
    open_points = (doubt * Series(most)).sum(axis=1)
    total = parts.sum(axis=1).round(1)
    names = doubt.columns.to_numpy()
    totals = DataFrame(
        {
            "score": total,
            "score_high": (total + open_points).round(1),
            "unknown": _joined(doubt.to_numpy(dtype=bool), names),
        },
        index=homes.index,
    )
    return Scores(parts, totals)


class _Facts:
    """People of each home, ready to be asked; answers are aligned with the homes."""

    def __init__(self, people: DataFrame, homes: DataFrame, on: date) -> None:
        self.homes, self.on = homes, pd.Timestamp(on)
        self.place = homes.index.get_indexer(pd.Index(people["household_uid"]))
        self.people = people
        self.counts = people["counts"].to_numpy(dtype=bool)

    def column(self, name: str) -> Series:
        """Return one column of the people, all missing where there is none."""
        if name in self.people:
            return self.people[name]
        return Series(None, index=self.people.index, dtype=object)

    def home(self, name: str) -> Series:
        """Return one column of the homes, all missing where there is none."""
        return self.homes[name] if name in self.homes else Series(None, index=self.homes.index, dtype=object)

    def best(self, values: Series, *, lowest: bool = False) -> Series:
        """Return the highest (lowest) known number among the people who count; missing when none is known."""
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        known = self.counts & ~np.isnan(numbers)
        sign = -1.0 if lowest else 1.0
        highest = np.full(len(self.homes), -np.inf)
        np.maximum.at(highest, self.place[known], sign * numbers[known])
        return Series(np.where(np.isneginf(highest), np.nan, sign * highest), index=self.homes.index)

    def any(self, flags: Series) -> Series:
        """Return 1 where somebody who counts has the flag, 0 where all are known not to, else missing."""
        values = flags.astype("boolean")
        yes = self._some((values.fillna(value=False)).to_numpy(dtype=bool))
        open_ = self._some(values.isna().to_numpy())
        return Series(np.where(yes, 1.0, np.where(open_, np.nan, 0.0)), index=self.homes.index)

    def age(self) -> Series:
        """Return the age of every person in years, missing where the birth is not known."""
        return self.years_since("born_on")

    def years_since(self, name: str) -> Series:
        """Return whole years since a day in a column of the people."""
        day = pd.to_datetime(self.column(name), errors="coerce")
        early = (day.dt.month * 100 + day.dt.day) > self.on.month * 100 + self.on.day
        return self.on.year - day.dt.year - early.astype(float)

    def _some(self, marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.bincount(self.place[self.counts & marks], minlength=len(self.homes)) > 0


def _joined(marked: NDArray[np.bool_], names: NDArray[np.object_]) -> list[str]:
    patterns, which = np.unique(marked, axis=0, return_inverse=True)  # few patterns, many rows
    words = [";".join(names[row]) for row in patterns]
    return [words[number] for number in which.ravel()]


def _points(value: Series, row: Row) -> tuple[Floats, float]:
    # Points of each home, and the most the part can give. A table is looked up, a number is per unit.
    points = row["points"]
    if isinstance(points, dict):
        looked_up = value.map(lambda found: points.get(_key(found), 0.0), na_action="ignore")
        return looked_up.fillna(0.0).to_numpy(dtype=np.float64), float(max(points.values()))
    units = value.fillna(0.0).to_numpy(dtype=np.float64)
    most = float(row.get("most", points))
    return np.minimum(units * points, most), most


def _key(found: object) -> str:
    return str(int(found)) if isinstance(found, float) else str(found)


def _flag(values: Series, test: Callable[[Series], Series]) -> Series:
    return test(values).astype("boolean").where(values.notna(), pd.NA)


def _gravest_grade(facts: _Facts, _row: Row) -> Series:
    return facts.best(facts.column("grade"), lowest=True)


def _best_code(column: str) -> Callable[[_Facts, Row], Series]:
    def measured(facts: _Facts, row: Row) -> Series:
        codes, points = facts.column(column).astype("object"), row["points"]
        worth = codes.map(lambda code: points.get(str(code), 0.0), na_action="ignore")
        ranked = DataFrame({"home": facts.place, "code": codes, "worth": worth})[facts.counts]
        ranked = ranked.dropna().sort_values(["home", "worth", "code"], ascending=[True, False, True])
        first = ranked.drop_duplicates("home").set_index("home")["code"]
        return first.reindex(range(len(facts.homes))).set_axis(facts.homes.index)

    return measured


def _person_flag(column: str, *, inverse: bool = False) -> Callable[[_Facts, Row], Series]:
    def measured(facts: _Facts, _row: Row) -> Series:
        flags = facts.column(column).astype("boolean")
        return facts.any(~flags if inverse else flags)

    return measured


def _above_stairs(facts: _Facts, _row: Row) -> Series:
    # Known as soon as one of the two facts says no: a lift, or the ground floor.
    storey = pd.to_numeric(facts.home("storey"), errors="coerce").astype("Float64")
    detached = facts.home("dwelling_kind").isin(["detached", "courtyard"])
    high = (storey >= 2).where(~detached, other=False).astype("boolean")
    return (high & ~facts.home("has_lift").astype("boolean")).astype("Float64").astype("float64")


def _several_disabled(facts: _Facts, _row: Row) -> Series:
    people = np.bincount(facts.place, minlength=len(facts.homes))
    return Series((people >= 2).astype(float), index=facts.homes.index)


def _age_at_least(facts: _Facts, row: Row) -> Series:
    return facts.any(_flag(facts.age(), lambda age: age >= row["age"]))


def _child(facts: _Facts, row: Row) -> Series:
    return facts.any(_flag(facts.age(), lambda age: age < row["age"]))


def _old_carer(facts: _Facts, row: Row) -> Series:
    # Nobody's age is missing where nobody cares: who lives alone has no carer at home.
    age = pd.to_numeric(facts.column("carer_age"), errors="coerce")
    flag = _flag(age, lambda years: years >= row["age"])
    alone = facts.column("lives_alone").astype("boolean").fillna(value=False)
    return facts.any(flag.where(~(flag.isna() & alone), other=False))


def _rural_severe(facts: _Facts, _row: Row) -> Series:
    rural = facts.home("rural").astype("boolean")
    severe = _flag(_gravest_grade(facts, _row), lambda grade: grade <= 2)
    return (rural & severe).astype("Float64").astype("float64")


def _recent_onset(facts: _Facts, row: Row) -> Series:
    return facts.any(_flag(facts.years_since("disabled_on"), lambda years: years < row["years"]))


def _waiting_years(facts: _Facts, _row: Row) -> Series:
    return facts.best(facts.years_since("applied_on")).clip(lower=0)


Measure = Callable[[_Facts, Row], Series]

MEASURES: dict[str, Measure] = {
    "gravest_grade": _gravest_grade,
    "category": _best_code("category"),
    "hardship": _best_code("hardship"),
    "wheelchair_user": _person_flag("wheelchair_user"),
    "walking_difficulty": _person_flag("walking_difficulty"),
    "lives_alone": _person_flag("lives_alone"),
    "only_safety_net": _person_flag("only_safety_net"),
    "no_labour": _person_flag("has_labour", inverse=True),
    "above_stairs": _above_stairs,
    "several_disabled": _several_disabled,
    "old_and_disabled": _age_at_least,
    "old_carer": _old_carer,
    "child": _child,
    "rural_severe": _rural_severe,
    "recent_onset": _recent_onset,
    "waiting_years": _waiting_years,
}
