"""What a rule is, and the book of all rules: which are in force on a day, and what replaces what.

A rule limits one attribute of one element. A row of a standard that limits two sizes, or that allows
a relaxed limit in a stated case, is one rule and its parts: `GB-161` and `GB-161/2`. Where a rule
`supersedes` another and speaks of the case at hand, the other is not applied, which is how the
stricter code of 2021 beats the code of 2012, a wide door a narrow one, and an exception its rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

from audits.units import UNITS, to_base
from gis.errors import NotFoundError

Operator = Literal["<=", ">=", "==", "between", "in", "table", "fact"]
Role = Literal["primary", "second"]


@dataclass(frozen=True)
class Standard:
    """A rule set; `primary` sets are judged by default, `second` ones only when asked for.

    `rank` orders authority: 0 law, 1 mandatory code, 2 standard, 3 local or assessment, 4 practice.
    """

    id: str
    zh: str
    en: str
    role: Role
    jurisdiction: str
    rank: int
    valid_from: date | None
    valid_to: date | None
    valid_source: str
    tolerance_source: str
    note: str


@dataclass(frozen=True)
class Condition:
    """When a rule speaks at all: a fact of the element, else of its place.

    Attributes
    ----------
    operator
        `<`, `<=`, `>`, `>=` or `==` against `limit` (in base units) or `in` against `choices`; a
        yes/no fact is compared with a limit of 1 or 0.
    implied
        A measurement under the rule's own name shows that the condition holds, where nothing else is
        recorded: who measured the gap between bollards saw bollards.
    """

    attribute: str
    operator: str
    limit: float
    choices: tuple[str, ...]
    unit: str
    implied: bool


@dataclass(frozen=True)
class Edge:
    """A failure beyond `limit` (base unit), or beyond another measured attribute, has that severity."""

    severity: str
    limit: float | None
    attribute: str | None


@dataclass(frozen=True)
class Steps:
    """A limit that grows with another count: `need` up to each `upto`, a share, then a rate."""

    attribute: str
    upto: tuple[float, ...]
    need: tuple[float, ...]
    share_to: float
    share: float
    then: float
    per: float


@dataclass(frozen=True)
class Rule:
    """One limit of one attribute, with everything its standard and its source say of it.

    `low` and `high` are inclusive, in `unit`; one of them is None for a one-sided rule, both for a
    choice, a table of steps, a fact or a limit that is still to be filled in (`unset` says why). A
    rule `only_if_shown` is an exception: where its condition is not known, the general rule stands.
    """

    id: str
    main: str
    standard: str
    element: str
    element_called: str
    attribute: str
    called: str
    zh: str
    en: str
    unit: str
    operator: Operator
    low: float | None
    high: float | None
    expected: tuple[str, ...]
    choices: tuple[str, ...]
    steps: Steps | None
    unset: str
    magnitude: bool
    tolerance: float
    readings: int
    when: tuple[Condition, ...]
    only_if_shown: bool
    built_from: date | None
    built_to: date | None
    valid_from: date | None
    valid_to: date | None
    supersedes: tuple[str, ...]
    clause: str
    force: str
    severity: str
    beyond: tuple[Edge, ...]
    groups: tuple[str, ...]
    evidence: str
    remedy: str
    applies: str
    note: str
    counterpart: str
    source: str
    confidence: str
    verified: bool

    @property
    def judged(self) -> bool:
        """Whether the rule can be judged at all; a fact is kept for the record only."""
        return self.operator != "fact"

    @property
    def limit_text(self) -> str:
        """The limit as a person writes it, in the rule's unit; empty where there is none."""
        if self.expected:
            return "|".join(self.expected)
        if self.unit == "bool" and self.low is not None:
            return "true" if self.low else "false"
        known = [f"{limit:g}" for limit in (self.low, self.high) if limit is not None]
        return known[0] if len(set(known)) == 1 else "–".join(known)

    def in_force(self, on: date) -> bool:
        """Whether the rule is in force on a day (the last day of validity is not included)."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on < self.valid_to
        )

    def in_base_unit(self) -> "Rule":
        """Return the rule with limits and tolerance in the base unit of its dimension."""
        if self.unit not in UNITS or self.unit in {"bool", "choice"}:
            return self
        return replace(
            self,
            low=None if self.low is None else to_base(self.low, self.unit),
            high=None if self.high is None else to_base(self.high, self.unit),
            tolerance=self.tolerance * UNITS[self.unit].factor,
        )


@dataclass(frozen=True)
class Bands:
    """Severities from lightest to gravest and the published edges between them."""

    names: tuple[str, ...]
    up: float
    down: float
    hold_groups: int


@dataclass(frozen=True)
class RuleBook:
    """All rules of all sets, checked."""

    standards: Mapping[str, Standard]
    rules: tuple[Rule, ...]
    bands: Bands

    def rule(self, rule_id: str, on: date | None = None) -> Rule:
        """Return a rule by its id, the latest of that id or the one in force on a day.

        Raises
        ------
        NotFoundError
            There is no such rule, or none on that day.
        """
        found = [rule for rule in self._by_id.get(rule_id, ()) if on is None or rule.in_force(on)]
        if not found:
            raise NotFoundError("rule", rule_id, "list them with: tantu standards list")
        return max(found, key=lambda rule: rule.valid_from or date.min)

    def in_force(self, on: date, *, standard: str | None = None) -> "RuleBook":
        """Return the rules to judge by on a day: the primary sets, or one set by its id.

        Raises
        ------
        NotFoundError
            There is no such standard.
        """
        if standard is not None and standard not in self.standards:
            raise NotFoundError("standard", standard, f"known are: {', '.join(self.standards)}")
        chosen = (
            {standard}
            if standard is not None
            else {known.id for known in self.standards.values() if known.role == "primary"}
        )
        kept = [rule for rule in self.rules if rule.judged and rule.standard in chosen and rule.in_force(on)]
        return RuleBook(self.standards, tuple(kept), self.bands)

    def for_element(self, element: str) -> tuple[Rule, ...]:
        """Return the rules of an element, in the order of the book."""
        return self._by_element.get(element, ())

    def eras(self) -> tuple[date, ...]:
        """Return the days on which some rule begins or ends, in order."""
        days = {day for rule in self.rules for day in (rule.valid_from, rule.valid_to) if day is not None}
        return tuple(sorted(days))

    @cached_property
    def called(self) -> Mapping[tuple[str, str], Rule]:
        """The rule that an (element, attribute) written under another name means."""
        return {(rule.element, rule.called): rule for rule in reversed(self.rules) if rule.called}

    @cached_property
    def meanings(self) -> Mapping[tuple[str, str], str]:
        """Unit of every (element, attribute) that a rule limits or asks for, under any of its names."""
        found: dict[tuple[str, str], str] = {}
        for rule in self.rules:
            found |= {(rule.element, condition.attribute): condition.unit for condition in rule.when}
            found |= {(rule.element, edge.attribute): rule.unit for edge in rule.beyond if edge.attribute}
            if rule.steps:
                found[rule.element, rule.steps.attribute] = "count"
        for rule in self.rules:
            if rule.judged:
                found |= {(rule.element, name): rule.unit for name in (rule.attribute, rule.called) if name}
        return found

    @cached_property
    def _by_id(self) -> dict[str, list[Rule]]:
        found: dict[str, list[Rule]] = {}
        for rule in self.rules:
            found.setdefault(rule.id, []).append(rule)
        return found

    @cached_property
    def _by_element(self) -> dict[str, tuple[Rule, ...]]:
        found: dict[str, list[Rule]] = {}
        for rule in self.rules:
            found.setdefault(rule.element, []).append(rule)
        return {element: tuple(rules) for element, rules in found.items()}


def superseded(rules: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """Return which rules of a set replace which: `{replaced: (replacing, ...)}`."""
    found: dict[str, list[str]] = {}
    for rule in rules:
        for other in rule.supersedes:
            found.setdefault(other, []).append(rule.id)
    return {replaced: tuple(replacing) for replaced, replacing in found.items()}
