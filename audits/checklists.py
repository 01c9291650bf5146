"""What to measure at an element on a day: the rules in force, each attribute asked once.

Rules of several sets that limit the same attribute become one question with all their clauses, in the
unit of the highest-ranking rule; what their conditions ask for (the form of a ramp, the number of bays)
becomes a question of its own, asked first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from audits.rulebook import Condition, Rule, RuleBook
from audits.units import UNITS

Kind = Literal["number", "yes_no", "choice"]


@dataclass(frozen=True)
class Limit:
    """One rule behind a question, with its limit as a person reads it."""

    rule_id: str
    standard: str
    clause: str
    operator: str
    text: str
    unit: str
    force: str
    applies: str
    verified: bool


@dataclass(frozen=True)
class Question:
    """One thing to measure or to ask.

    Attributes
    ----------
    unit
        In which a figure is asked for; any unit of the same kind may be written.
    choices
        Codes to choose from, where `kind` is `choice`.
    readings
        How many readings are taken; their median is judged.
    limits
        The rules behind it, highest rank first; empty for a fact that only conditions ask for.
    context
        Whether it is such a fact.
    """

    attribute: str
    zh: str
    en: str
    kind: Kind
    unit: str
    choices: tuple[str, ...]
    readings: int
    evidence: tuple[str, ...]
    groups: tuple[str, ...]
    limits: tuple[Limit, ...]
    context: bool


def checklist(
    element: str, rulebook: RuleBook, *, on: date, built_on: date | None = None, standard: str | None = None
) -> tuple[Question, ...]:
    """Return what to measure at an element, facts that conditions ask for first.

    Parameters
    ----------
    built_on
        Day the place was built, if known: leaves out rules for older or newer buildings.
    standard
        Ask for this one rule set instead of the primary ones.

    Returns
    -------
    tuple of Question
        Empty for an element without rules.

    Raises
    ------
    NotFoundError
        There is no such standard.
    """
    book = rulebook.in_force(on, standard=standard)
    rules = [rule for rule in book.for_element(element) if _may_apply(rule, built_on)]
    rules.sort(key=lambda rule: book.standards[rule.standard].rank)
    by_attribute: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=rulebook.rules.index):
        by_attribute.setdefault(rule.attribute, []).append(rule)
    asked = [_question(sorted(found, key=rules.index)) for found in by_attribute.values()]
    return (*_facts(rules, set(by_attribute)), *asked)


def _may_apply(rule: Rule, built_on: date | None) -> bool:
    if built_on is None:
        return True
    after = rule.built_from is None or rule.built_from <= built_on
    return after and (rule.built_to is None or built_on < rule.built_to)


def _question(rules: list[Rule]) -> Question:
    first = rules[0]
    limits = tuple(
        Limit(
            rule_id=rule.id,
            standard=rule.standard,
            clause=rule.clause,
            operator=rule.operator,
            text=rule.limit_text,
            unit=rule.unit,
            force=rule.force,
            applies=rule.applies,
            verified=rule.verified,
        )
        for rule in rules
    )
    return Question(
        first.attribute,
        next((rule.zh for rule in rules if rule.zh), ""),
        first.en,
        _kind(first.unit),
        first.unit,
        _distinct(choice for rule in rules for choice in rule.choices),
        max(rule.readings for rule in rules),
        _distinct(rule.evidence for rule in rules if rule.evidence),
        _distinct(group for rule in rules for group in rule.groups),
        limits,
        context=False,
    )


def _facts(rules: Iterable[Rule], measured: set[str]) -> tuple[Question, ...]:
    asked: dict[str, list[Condition]] = {}
    for rule in rules:
        for condition in rule.when:
            if condition.attribute not in measured:
                asked.setdefault(condition.attribute, []).append(condition)
    return tuple(
        Question(
            attribute=attribute,
            zh="",
            en=attribute.replace("_", " "),
            kind=_kind(found[0].unit),
            unit=found[0].unit,
            choices=_distinct(choice for condition in found for choice in condition.choices),
            readings=1,
            evidence=(),
            groups=(),
            limits=(),
            context=True,
        )
        for attribute, found in asked.items()
    )


def _kind(unit: str) -> Kind:
    dimension = UNITS[unit].dimension
    return "yes_no" if dimension == "bool" else "choice" if dimension == "choice" else "number"


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
