"""What every rule must say at its exact limits, worked out from the written rule by plain arithmetic.

Nothing here calls the judge: limits, tolerances and conditions are read from the rule and every figure is
made by adding and taking away. A rule is asked alone, on a day on which it is in force, at a place of the
right age and under its own conditions.
"""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from audits.units import UNITS, in_unit
from tests.audits.reading import places, readings

OTHERS = {"length": ("mm", "cm", "m", "in"), "ratio": ("ratio", "percent", "permille", "degree", "1:n")}
DAY = timedelta(days=1)


def alone(book, rule):
    """Return a book of one rule, that no other rule can replace."""
    return replace(book, rules=(rule,))


def day_of(book, rule):
    """Return a day on which the rule is in force."""
    return rule.valid_from or book.standards[rule.standard].valid_from or date(2026, 1, 1)


def age(rule):
    """Return facts of a place of the age the rule speaks of."""
    if rule.built_from:
        return {"built_on": rule.built_from}
    return {"built_on": rule.built_to - DAY} if rule.built_to else {}


def given(rule):
    """Return readings under which the conditions of the rule hold."""
    wanted = {}
    for condition in rule.when:
        wanted.setdefault(condition.attribute, []).append(condition)
    return {name: _answer(conditions) for name, conditions in wanted.items() if name != rule.attribute}


def _answer(conditions):
    first = conditions[0]
    if first.choices:
        return first.choices[0]
    if first.unit == "bool":
        return first.limit == 1
    base = next(unit.code for unit in UNITS.values() if unit.dimension == UNITS[first.unit].dimension)
    limits = sorted(condition.limit for condition in conditions)
    middle = [(one + two) / 2 for one, two in pairwise(limits)]
    for amount in (*limits, *middle, limits[0] * 0.9, limits[-1] * 1.1 + 0.1):
        if all(_holds(amount, condition) for condition in conditions):
            return f"{amount:.12f} {base}"
    raise AssertionError(f"no figure meets {conditions}")


def _holds(amount, condition):
    limit = condition.limit
    return {
        "<": amount < limit, "<=": amount <= limit, ">": amount > limit, ">=": amount >= limit,
        "==": amount == limit,
    }[condition.operator]  # fmt: skip


def edges(rule):
    """Return (answer, outcome) at, within the tolerance of, and just beyond every limit of a rule."""
    if rule.expected:
        wrong = [choice for choice in rule.choices if choice not in rule.expected] or ["something else"]
        return [(one, "met") for one in rule.expected] + [(wrong[0], "not_met")]
    if rule.unit == "bool" and rule.low is not None:
        return [(rule.low == 1, "met"), (rule.low != 1, "not_met")]
    found = []
    for limit, away in ((rule.low, -1), (rule.high, 1)):
        if limit is None:
            continue
        scale = max(rule.tolerance, abs(limit) * 0.01, 0.001)
        found.append((_said(limit, rule.unit), "met"))
        if rule.low != rule.high:
            inside = limit - away * min(scale, _room(rule)) * 0.5
            found.append((_said(inside, rule.unit), "met"))
        if rule.tolerance:
            found.append((_said(limit + away * rule.tolerance, rule.unit), "met_within_tolerance"))
            found.append((_said(limit + away * rule.tolerance / 2, rule.unit), "met_within_tolerance"))
        beyond = limit + away * (rule.tolerance + scale * 0.01)
        if not (rule.magnitude and beyond < 0):
            found.append((_said(beyond, rule.unit), "not_met"))
    return found


def in_every_unit(rule, said):
    """Return one figure as it is written in every other unit of its dimension."""
    value, _, unit = str(said).partition(" ")
    if not unit or UNITS[rule.unit].dimension not in OTHERS:
        return []
    base = UNITS[rule.unit].factor * float(value)
    if UNITS[rule.unit].dimension == "ratio" and base <= 0:
        return []
    return [
        f"{in_unit(np.array([base]), other)[0]:.12f} {other}" for other in OTHERS[UNITS[rule.unit].dimension]
    ]


def asked(rule, said, place):
    """Return the rows and the facts of a place at which the rule is asked that figure."""
    rows = readings(rule.element, {**given(rule), rule.attribute: said}, place=("facilities", place))
    return rows, places(place_layer="facilities", place_uid=place, **age(rule))


def _room(rule):
    return (rule.high - rule.low) if rule.low is not None and rule.high is not None else 1e9


def _said(value, unit):
    return f"{value:.12f} {unit}"
