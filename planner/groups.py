"""Whom a coverage figure is about: groups of people by disability, age and wheelchair, counted by home.

Groups are data (`data/catalogue/coverage_group.toml`). A person of whom the deciding fact is not known is
neither in nor out, and is counted apart.
"""

from datetime import date
from typing import TypeVar

import pandas as pd

from gis.catalogue import codelist
from gis.errors import SchemaError

Homes = TypeVar("Homes", bound=pd.DataFrame)


def members(people: pd.DataFrame, group: str, *, on: date) -> pd.Series:
    """Return who belongs to a group: yes, no or unknown (`boolean`, index of `people`).

    Parameters
    ----------
    people
        The layer `people`; `category`, `grade`, `born_on` and `wheelchair_user` are read where the group
        asks for them.
    group
        Code of the list `coverage_group`.
    on
        The day that ages are counted on.

    Raises
    ------
    CodeError
        The group is not known; the message lists the codes.
    SchemaError
        A column that decides is not there.
    """
    about = codelist("coverage_group")[group].facts
    belongs = pd.Series(data=True, index=people.index, dtype="boolean")
    if "wheelchair_user" in about:
        belongs &= _column(people, "wheelchair_user").astype("boolean").eq(about["wheelchair_user"])
    if "ages" in about:
        belongs &= _within(ages(_column(people, "born_on"), on), *about["ages"])
    if "kinds" in about:
        fits = pd.Series(data=False, index=people.index, dtype="boolean")
        for kind in about["kinds"]:
            fits |= _of_kind(people, kind)
        belongs &= fits
    return belongs


def ages(born_on: pd.Series, on: date) -> pd.Series:
    """Return completed years on a day (`Int64`, missing where the date of birth is)."""
    born = pd.to_datetime(born_on)
    before_birthday = (born.dt.month > on.month) | ((born.dt.month == on.month) & (born.dt.day > on.day))
    return (on.year - born.dt.year).astype("Int64") - before_birthday.astype("Int64")


def with_people(homes: Homes, people: pd.DataFrame, belongs: pd.Series | None = None) -> Homes:
    """Return homes with the number of their people in a group.

    Parameters
    ----------
    homes
        Homes with `uid`.
    people
        People with `household_uid`.
    belongs
        Who counts (`boolean`), as `members` returns it; None counts everybody.

    Returns
    -------
    DataFrame
        The homes with `people` (surely in the group) and `people_unknown` (perhaps).
    """
    if belongs is None:
        belongs = pd.Series(data=True, index=people.index, dtype="boolean")
    sure = people["household_uid"][belongs.fillna(value=False)].value_counts()
    perhaps = people["household_uid"][belongs.isna()].value_counts()
    numbers = {"people": sure, "people_unknown": perhaps}
    counted = {name: homes["uid"].map(count).fillna(0).astype("int64") for name, count in numbers.items()}
    return homes.assign(**counted)


def _of_kind(people: pd.DataFrame, kind: dict[str, list[str | int]]) -> pd.Series:
    fits = pd.Series(data=True, index=people.index, dtype="boolean")
    for key, column in (("categories", "category"), ("grades", "grade")):
        if key in kind:
            values = _column(people, column)
            fits &= values.isin(kind[key]).astype("boolean").mask(values.isna())
    return fits


def _within(values: pd.Series, low: int, high: int) -> pd.Series:
    return ((values >= low) & (values <= high)).astype("boolean")


def _column(people: pd.DataFrame, name: str) -> pd.Series:
    if name not in people:
        raise SchemaError("people", f"column {name} is missing; this group is decided by it")
    return people[name]
