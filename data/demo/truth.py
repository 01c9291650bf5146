"""What the demonstration city knows of itself: who is eligible and why not, and how many.

The number of eligible people is set exactly by the last free choice, consent, and the number of their
households by who asks for devices only; the rules are those of the programme (`programme_rules`): severe
disability, recognised hardship still valid, consent, a sound home of one's own that is neither to be
pulled down nor renovated lately, works and not devices alone, no other programme for the same.
"""

import numpy as np
import pandas as pd

from data.demo.draw import Flags, stream
from data.demo.people import AS_OF

FULL_PEOPLE = 82_247
FULL_ELIGIBLE_PEOPLE, FULL_ELIGIBLE_HOUSEHOLDS = 5850, 5807
"""Planted at full size; see DESIGN section 6."""

REPEAT_YEARS = 5
"""A home renovated within so many years before `AS_OF` is not taken again (assumed; the city sets it)."""

RULES = (
    "severity", "hardship", "hardship_valid", "consent", "dwelling", "tenure", "demolition", "repeat",
    "device_only", "other_programme",
)  # fmt: skip


def failing(people: pd.DataFrame, households: pd.DataFrame) -> pd.DataFrame:
    """Return by person (index of `people`) and rule of `RULES` whether the rule is not met.

    Parameters
    ----------
    people, households
        Tables of the demonstration city; every household of the people is there.
    """
    homes = households.set_index("uid").loc[people["household_uid"]].reset_index()
    earliest = pd.Timestamp(AS_OF) - pd.DateOffset(years=REPEAT_YEARS)
    recognised = people["hardship"] != "none"
    fails = pd.DataFrame({
        "severity": people["grade"] > 2,
        "hardship": ~recognised,
        "hardship_valid": recognised & (people["hardship_until"] < pd.Timestamp(AS_OF)),
        "consent": ~people["consent"],
        "dwelling": homes["safety_grade"].isin(("C", "D")),
        "tenure": ~homes["tenure"].isin(("own", "long_term_right")),
        "demolition": homes["demolition_planned"],
        "repeat": homes["renovated_on"] >= earliest,
        "device_only": people["device_only"],
        "other_programme": people["other_programme"],
    })  # fmt: skip
    return fails[list(RULES)]


def calibrated(people: pd.DataFrame, households: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the people with as many eligible people and households as the size of the city asks for."""
    rng = stream(seed, "eligible")
    scale = len(people) / FULL_PEOPLE
    goal, homes = round(FULL_ELIGIBLE_PEOPLE * scale), round(FULL_ELIGIBLE_HOUSEHOLDS * scale)
    people = people.copy()
    ok = ~failing(people, households).any(axis=1).to_numpy()
    second = _second_ones(people, ok)
    surplus = rng.permutation(np.flatnonzero(second))[goal - homes :]
    people.loc[surplus, "device_only"] = True
    ok[surplus] = False
    shared = people["household_uid"].isin(people["household_uid"][_second_ones(people, ok)]).to_numpy()
    too_many = rng.permutation(np.flatnonzero(ok & ~shared))[: max(int(ok.sum()) - goal, 0)]
    people.loc[too_many, "consent"] = False
    people.loc[too_many, "applied_on"] = pd.NaT
    ok[too_many] = False
    fails = failing(people, households)
    only_consent = fails["consent"] & (fails.sum(axis=1) == 1)
    spare = only_consent & ~people["household_uid"].isin(people["household_uid"][ok])
    spare &= ~people["household_uid"].duplicated(keep=False)
    wanted = rng.permutation(np.flatnonzero(spare))[: max(goal - int(ok.sum()), 0)]
    people.loc[wanted, "consent"] = True
    return people


def _second_ones(people: pd.DataFrame, ok: Flags) -> Flags:
    """Return who is eligible in a household where somebody before is."""
    own = people.loc[ok, "household_uid"]
    second = np.zeros(len(people), dtype=bool)
    second[np.flatnonzero(ok)[own.duplicated().to_numpy()]] = True
    return second


def eligibility_truth(people: pd.DataFrame, households: pd.DataFrame) -> pd.DataFrame:
    """Return one row a person: uid, household_uid, eligible, and the rules not met (`a;b`)."""
    fails = failing(people, households)
    words = np.full(len(people), "", dtype=object)
    for rule in RULES:
        words = words + np.where(fails[rule], f";{rule}", "")
    return pd.DataFrame({
        "uid": people["uid"],
        "household_uid": people["household_uid"],
        "eligible": ~fails.any(axis=1),
        "not_met": pd.Series(words).str[1:],
    })  # fmt: skip
