"""Checks across rules: dates that overlap, units that disagree, replacements that are weaker.

Run once on load; a book that passes needs no checks while it judges.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise

from audits.rulebook import Rule, Standard
from audits.units import SAME, UNITS
from gis.errors import StandardError


def check(rules: Iterable[Rule], standards: Mapping[str, Standard], origin: Mapping[str, str]) -> None:
    """Refuse rules that contradict each other.

    Parameters
    ----------
    origin
        File of each rule id, for the message.

    Raises
    ------
    StandardError
        Two versions of one rule are valid on the same day, an attribute has two kinds of unit or a
        name two meanings, or a rule replaces one it may not replace.
    """
    versions: dict[str, list[Rule]] = {}
    for rule in rules:
        versions.setdefault(rule.id, []).append(rule)
    _check_dates(versions, origin)
    latest = {name: found[-1] for name, found in versions.items()}
    _check_dimensions(latest.values(), origin)
    _check_names(latest.values(), origin)
    for rule in latest.values():
        _check_replacements(rule, latest, standards, origin)


def _check_dates(versions: Mapping[str, list[Rule]], origin: Mapping[str, str]) -> None:
    for found in versions.values():
        found.sort(key=lambda rule: rule.valid_from or date.min)
        for earlier, later in pairwise(found):
            if earlier.valid_to is None or (later.valid_from or date.min) < earlier.valid_to:
                until = earlier.valid_to or "further notice"
                why = f"valid from {later.valid_from} while an earlier version holds until {until}"
                raise _refusal(later, origin, why)


def _check_dimensions(rules: Iterable[Rule], origin: Mapping[str, str]) -> None:
    seen: dict[tuple[str, str], Rule] = {}
    for rule in rules:
        if not rule.judged:
            continue
        first = seen.setdefault((rule.element, rule.attribute), rule)
        if UNITS[first.unit].dimension != UNITS[rule.unit].dimension:
            raise _refusal(
                rule, origin, f"{rule.attribute} is in {rule.unit} here but in {first.unit} in {first.id}"
            )


def _check_names(rules: Iterable[Rule], origin: Mapping[str, str]) -> None:
    meant: dict[tuple[str, str], str] = {}
    own = {(rule.element, rule.attribute) for rule in rules}
    for rule in rules:
        name = (rule.element, rule.called)
        if not rule.called:
            continue
        if name in own or meant.setdefault(name, rule.attribute) != rule.attribute:
            raise _refusal(rule, origin, f"'{rule.called}' already means another attribute of {rule.element}")


def _check_replacements(
    rule: Rule, latest: Mapping[str, Rule], standards: Mapping[str, Standard], origin: Mapping[str, str]
) -> None:
    for name in rule.supersedes:
        other = latest.get(name)
        if other is None:
            raise _refusal(rule, origin, f"supersedes {name}, which does not exist")
        if (other.element, other.attribute) != (rule.element, rule.attribute):
            raise _refusal(rule, origin, f"supersedes {name}, which limits {other.element} {other.attribute}")
        exception = other.standard == rule.standard or rule.main == name
        if exception:
            continue
        if standards[rule.standard].rank > standards[other.standard].rank:
            raise _refusal(rule, origin, f"supersedes {name} of the higher-ranking {other.standard}")
        if not at_least_as_strict(rule, other):
            raise _refusal(rule, origin, f"supersedes {name} but is not as strict")


def at_least_as_strict(rule: Rule, other: Rule) -> bool:
    """Tell whether whatever meets the first rule also meets the second (same attribute)."""
    if rule.expected or other.expected:
        return bool(rule.expected) and set(rule.expected) <= set(other.expected)
    one, two = rule.in_base_unit(), other.in_base_unit()
    return _bounds(one.low, two.low, 1) and _bounds(one.high, two.high, -1)


def _bounds(own: float | None, others: float | None, sign: int) -> bool:
    if others is None:
        return True
    return own is not None and sign * (own - others) >= -SAME * max(1.0, abs(others))


def _refusal(rule: Rule, origin: Mapping[str, str], why: str) -> StandardError:
    return StandardError(origin[rule.id], f"rule {rule.id} (clause {rule.clause})", why)
