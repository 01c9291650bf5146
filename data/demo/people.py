"""The disabled people of the demonstration city, with everything the rules of the programme ask for.

Shares of category, age and sex are own choices near published ones; those of grade and hardship are in
DESIGN section 6. Every rule of eligibility has people on both sides of it.
"""

from typing import Any

import numpy as np
import pandas as pd

from data.demo import identity
from data.demo.draw import Flags, Floats, Ints, days, exact, flags, stream
from data.demo.homes import Homes, hardship_of
from data.demo.units import Units

AS_OF = np.datetime64("2026-01-01", "D")
"""Ages are counted on this day, and no fact of the city is later (validities excepted)."""

CATEGORIES = {
    "visual": 0.13, "hearing": 0.18, "speech": 0.02, "physical": 0.40, "intellectual": 0.07,
    "mental": 0.09, "multiple": 0.11,
}  # fmt: skip
ORDER = {code: number for number, code in enumerate(CATEGORIES, 1)}
"""Shares, in the order of the codes 1 to 7 of a certificate number."""

GRADES = {"1": 0.13, "2": 0.17, "3": 0.28, "4": 0.42}


def people_table(units: Units, homes: Homes, seed: int) -> pd.DataFrame:
    """Return the people with the columns of the people layer, sorted by household.

    The personal columns are impossible on purpose; see `identity`.
    """
    rng = stream(seed, "people")
    size = len(homes.member)
    unit = homes.unit[homes.member]
    category = exact(rng, CATEGORIES, size)
    grade = exact(rng, GRADES, size).astype(np.int64)
    female = flags(rng, 0.47, size)
    age = _ages(rng, category)
    born_on = AS_OF - (age * 365.25).astype(np.int64).astype("timedelta64[D]")
    county = units.villages["county"].iloc[unit].reset_index(drop=True)
    number = np.array([ORDER[code] for code in category], dtype=np.int64)
    people = pd.DataFrame({
        "uid": [f"P{serial:06d}" for serial in range(1, size + 1)],
        "household_uid": homes.layer["uid"].to_numpy()[homes.member],
        "name": identity.names(rng, size),
        "certificate": identity.certificates(county, pd.Series(born_on), female, number, grade),
        "phone": identity.phones(rng, size),
        "address": _addresses(units, homes),
        "category": number,
        "grade": grade,
        "sex": np.where(female, "female", "male"),
        "born_on": born_on,
    })  # fmt: skip
    needy = hardship_of(homes, grade, seed).iloc[homes.member].reset_index(drop=True)
    people = pd.concat([people, needy], axis=1)
    people["consent"] = flags(rng, 0.92, size)
    return people.assign(
        **_functioning(rng, category, grade, age),
        **_family(rng, homes, grade, age),
        **_history(rng, grade, age, people["consent"].to_numpy()),
        region_code=units.villages["code"].to_numpy()[unit],
    )


def _ages(rng: np.random.Generator, category: np.ndarray) -> Floats:
    """Return ages in years: intellectual disability younger, hearing and visual older than the mean of 58."""
    middle = pd.Series(category).map({"intellectual": 38.0, "mental": 50.0, "hearing": 64.0, "visual": 64.0})
    ages = rng.normal(middle.fillna(58.0).to_numpy(), 17.0)
    child = flags(rng, 0.02, len(ages))
    ages[child] = rng.uniform(1.0, 16.0, int(child.sum()))
    return np.asarray(np.abs(ages).clip(0.5, 99.0))


def _addresses(units: Units, homes: Homes) -> np.ndarray:
    """Return township, village and an invented house number."""
    village = units.villages
    street = pd.Series(units.townships["zh"].to_numpy()[village["township"]]) + village["zh"]
    door = pd.Series(np.arange(len(homes.layer)) % 400 + 1).astype(str) + "号"
    return (street.iloc[homes.unit].reset_index(drop=True) + door).to_numpy()[homes.member]


def _functioning(rng: np.random.Generator, category: np.ndarray, grade: Ints, age: Floats) -> dict[str, Any]:
    """Return who uses a wheelchair and who walks with difficulty."""
    moves = np.isin(category, ["physical", "multiple"])
    wheelchair = moves & flags(rng, np.array([0.6, 0.3, 0.06, 0.01])[grade - 1], len(grade))
    walking = np.where(moves, np.array([0.95, 0.8, 0.5, 0.25])[grade - 1], np.where(age > 70, 0.3, 0.05))
    return {"wheelchair_user": wheelchair, "walking_difficulty": wheelchair | flags(rng, walking, len(grade))}


def _family(rng: np.random.Generator, homes: Homes, grade: Ints, age: Floats) -> dict[str, Any]:
    """Return who lives alone, the age of the carer, and whether the home has anybody who can work."""
    size = len(grade)
    together = (np.bincount(homes.member) > 1)[homes.member]
    alone = ~together & (age > 18) & flags(rng, 0.09, size)
    cared: Flags = ~alone & flags(rng, np.array([0.9, 0.75, 0.3, 0.1])[grade - 1], size)
    parent = age < 45
    carer = np.where(parent, age + rng.normal(27, 4, size), rng.normal(57, 13, size)).clip(20, 92)
    able_home = flags(rng, 0.72, len(homes.layer))[homes.member]
    return {
        "lives_alone": alone,
        "carer_age": pd.array(np.where(cared, np.round(carer), np.nan), dtype="Int64"),
        "has_labour": able_home & ~(alone & (grade <= 2)),
        "only_safety_net": ~able_home & flags(rng, 0.35, len(homes.layer))[homes.member],
    }


def _history(rng: np.random.Generator, grade: Ints, age: Floats, consent: Flags) -> dict[str, Any]:
    """Return onset, whether only devices are wanted, other programmes, and the day of application."""
    size = len(grade)
    since = np.where(flags(rng, 0.25, size), age, age * rng.random(size))
    sudden = flags(rng, 0.02, size)
    since[sudden] = (rng.uniform(0.05, 1.0, size) * np.minimum(age, 1.0))[sudden]
    applied = consent & flags(rng, np.where(grade <= 2, 0.5, 0.05), size)
    applied_on = days(rng, "2024-03-01", "2025-12-20", size)
    applied_on[~applied] = np.datetime64("NaT")
    return {
        "disabled_on": AS_OF - (since * 365.25).astype(np.int64).astype("timedelta64[D]"),
        "device_only": flags(rng, 0.035, size),
        "other_programme": flags(rng, 0.035, size),
        "applied_on": applied_on,
    }
