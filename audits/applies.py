"""Whether a rule speaks of an inspected element: yes, no or unknown, never a guess.

Conditions are joined as Kleene joins them: one that fails settles the matter, else one that is
unknown keeps it open.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audits.readings import Readings, Slot
from audits.rulebook import Condition, Rule
from audits.units import DIMENSIONS, SAME, UNITS

Truth = NDArray[np.int8]
YES, NO, UNKNOWN = np.int8(1), np.int8(0), np.int8(-1)


def applies(readings: Readings, rule: Rule) -> Truth:
    """Return whether a rule speaks of each item of its element: `YES`, `NO` or `UNKNOWN`.

    A condition marked as implied holds where nothing is recorded of it and the attribute was measured
    under the rule's own name. `built_from` (inclusive) and `built_to` (exclusive) need the day the
    place was built.
    """
    truth = np.full(len(readings.rows[rule.element]), YES)
    named = readings.was_named(rule.element, rule.called or rule.attribute)
    for condition in rule.when:
        held = holds(readings.fact(rule.element, condition.attribute), condition)
        truth = both(truth, np.where((held == UNKNOWN) & named & condition.implied, YES, held))
    built = readings.built_on(rule.element)
    for day, before in ((rule.built_from, False), (rule.built_to, True)):
        if day is not None:
            right = np.where((built < np.datetime64(day)) == before, YES, NO)
            truth = both(truth, np.where(np.isnat(built), UNKNOWN, right))
    return truth


def both(one: Truth, other: Truth) -> Truth:
    """Return the conjunction of two truths: false wins, then unknown."""
    joined = np.where((one == NO) | (other == NO), NO, np.minimum(one, other))
    return joined.astype(np.int8)


def holds(slot: Slot, condition: Condition) -> Truth:
    """Return whether a condition holds for each entry of a slot; slopes count by magnitude."""
    if condition.choices:
        known = pd.notna(slot.choice)
        return np.where(known, np.isin(slot.choice.astype(str), condition.choices), UNKNOWN).astype(np.int8)
    dimension = DIMENSIONS[UNITS[condition.unit].dimension]
    known = ~np.isnan(slot.amount) & np.isin(slot.dimension, (dimension, -1))
    amount = np.abs(slot.amount) if condition.unit == "ratio" else slot.amount
    slack = SAME * max(1.0, abs(condition.limit))
    right = {
        "<": amount < condition.limit - slack,
        "<=": amount <= condition.limit + slack,
        ">": amount > condition.limit + slack,
        ">=": amount >= condition.limit - slack,
        "==": np.abs(amount - condition.limit) <= slack,
    }[condition.operator]
    return np.where(known, right, UNKNOWN).astype(np.int8)
