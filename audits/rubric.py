"""A scoring rubric as data: groups, weights, overrides, gates and what "not applicable" does. Pure.

Made so that a rubric which an agency has published gives exactly its scores: every choice that such
rubrics differ in (whether a missing thing leaves the denominator or earns full marks, which answer caps
the total, how halves are rounded) is a key of the table. An answer nobody gave is never taken for one: the
score then is an interval, and a single figure only where the rubric says how to count it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any, Literal

from gis.errors import StandardError

Answer = str | float | bool | None
Treatment = Literal["leave_out", "full", "zero"]
Unknown = Literal["interval", "leave_out", "zero"]
FILE = "rubric"
_KEYS = {
    "rubric": {"id", "zh", "en", "source", "example", "points", "digits", "rounding", "unknown",
               "not_applicable", "levels", "groups", "overrides", "gates"},
    "group": {"id", "zh", "en", "weight", "items"},
    "item": {"id", "zh", "en", "points", "scores", "bands"},
    "override": {"item", "answers", "group", "cap", "why"},
    "gate": {"item", "answers", "group", "below", "level", "why"},
    "level": {"id", "zh", "en", "from"},
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One question: `points` at most; `scores` by code, or `bands` (from, points) of a figure."""

    id: str
    points: float
    scores: Mapping[str, float]
    bands: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Group:
    """Questions that share a weight; a group in which nothing applies gives its weight to the others."""

    id: str
    weight: float
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Rule:
    """When an answer, or a group's share below a figure, decides: a cap (override) or a level (gate)."""

    item: str
    answers: frozenset[str]
    group: str
    below: float | None
    cap: float | None
    level: str
    why: str


@dataclass(frozen=True)
class Rubric:
    """A rubric, checked. `levels` are (id, from) from the highest down; `points` are full marks."""

    id: str
    source: str
    example: bool
    points: float
    digits: int
    rounding: str
    unknown: Unknown
    not_applicable: Mapping[str, Treatment]
    levels: tuple[tuple[str, float], ...]
    groups: tuple[Group, ...]
    overrides: tuple[Rule, ...]
    gates: tuple[Rule, ...]


@dataclass(frozen=True)
class Score:
    """What a rubric says of a place.

    Attributes
    ----------
    total
        None where answers are unknown and the rubric does not say how to count them.
    low, high
        The total if every unknown answer were the worst, or the best.
    shares
        Share of its points that each group reached (`low` reading); None where nothing applies.
    level
        None where the unknown answers could move it.
    capped, failed
        Why overrides and gates applied.
    unknown
        Items without an answer, or with one the rubric does not know.
    """

    total: float | None
    low: float
    high: float
    shares: Mapping[str, float | None]
    level: str | None
    capped: tuple[str, ...]
    failed: tuple[str, ...]
    unknown: tuple[str, ...]


def parse(raw: Mapping[str, Any]) -> Rubric:
    """Return a rubric from its table, such as `data/catalogue/rubric.toml`.

    Raises
    ------
    StandardError
        A key is unknown or missing, or a reference names nothing.
    """
    name = str(raw.get("id", "?"))
    _check(name, "rubric", raw, {"id", "source", "points", "groups"})
    groups = tuple(_group(name, group) for group in raw["groups"])
    levels = [(level["id"], float(level["from"])) for level in raw.get("levels", ())]
    for level in raw.get("levels", ()):
        _check(name, "level", level, {"id", "from"})
    rubric = Rubric(
        id=name, source=raw["source"], example=bool(raw.get("example", False)), points=float(raw["points"]),
        digits=int(raw.get("digits", 1)), rounding=str(raw.get("rounding", "half_up")),
        unknown=raw.get("unknown", "interval"), not_applicable=dict(raw.get("not_applicable", {})),
        levels=tuple(sorted(levels, key=lambda level: -level[1])), groups=groups,
        overrides=tuple(_rule(name, "override", one, {"cap"}) for one in raw.get("overrides", ())),
        gates=tuple(_rule(name, "gate", one, {"level"}) for one in raw.get("gates", ())),
    )  # fmt: skip
    _check_references(rubric)
    return rubric


def score(rubric: Rubric, answers: Mapping[str, Answer]) -> Score:
    """Return the score of a place from its answers by item (a code, a figure, or None for unknown)."""
    unknown = tuple(
        item.id for group in rubric.groups for item in group.items if _points(rubric, item, answers) is None
    )
    low, shares = _total(rubric, answers, best=False)
    high, best_shares = _total(rubric, answers, best=True)
    low, _ = _capped(rubric, low, answers, worst=True)
    high, capped = _capped(rubric, high, answers, worst=False)
    surely = [gate for gate in rubric.gates if _applies(rubric, gate, answers, best_shares, worst=False)]
    maybe = [gate for gate in rubric.gates if _applies(rubric, gate, answers, shares, worst=True)]
    level = _level(rubric, low, maybe)
    return Score(
        total=_rounded(rubric, low) if rubric.unknown != "interval" or not unknown else None,
        low=_rounded(rubric, low),
        high=_rounded(rubric, high),
        shares=shares,
        level=level if level == _level(rubric, high, surely) else None,
        capped=capped,
        failed=tuple(gate.why or gate.level for gate in surely),
        unknown=unknown,
    )


def _points(rubric: Rubric, item: Item, answers: Mapping[str, Answer]) -> float | Treatment | None:
    """Return the points of an item, how it is treated, or None where its answer is unknown."""
    answer = answers.get(item.id)
    if isinstance(answer, bool):
        answer = "yes" if answer else "no"
    if answer is None or answer != answer:  # noqa: PLR0124  NaN is no answer
        return None
    if isinstance(answer, str):
        return rubric.not_applicable.get(answer, item.scores.get(answer))
    reached = [points for start, points in item.bands if answer >= start]
    return reached[-1] if reached else (0.0 if item.bands else None)


def _total(
    rubric: Rubric, answers: Mapping[str, Answer], *, best: bool
) -> tuple[float, dict[str, float | None]]:
    """Return full marks times the weighted share of points, and the share of each group."""
    shares: dict[str, float | None] = {}
    for group in rubric.groups:
        got = most = 0.0
        for item in group.items:
            points = _points(rubric, item, answers)
            if points is None:
                points = "leave_out" if rubric.unknown == "leave_out" else "zero"
                if rubric.unknown == "interval" and best:
                    points = "full"
            if points == "leave_out":
                continue
            most += item.points
            got += item.points if points == "full" else 0.0 if points == "zero" else float(points)
        shares[group.id] = got / most if most else None
    weight = sum(group.weight for group in rubric.groups if shares[group.id] is not None)
    reached = sum(group.weight * (shares[group.id] or 0.0) for group in rubric.groups)
    return (rubric.points * reached / weight if weight else 0.0), shares


def _capped(
    rubric: Rubric, total: float, answers: Mapping[str, Answer], *, worst: bool
) -> tuple[float, tuple[str, ...]]:
    applied = [rule for rule in rubric.overrides if _applies(rubric, rule, answers, {}, worst=worst)]
    caps = [rule.cap for rule in applied if rule.cap is not None]
    return min([total, *caps]), tuple(rule.why or rule.item for rule in applied)


def _applies(
    rubric: Rubric,
    rule: Rule,
    answers: Mapping[str, Answer],
    shares: Mapping[str, float | None],
    *,
    worst: bool,
) -> bool:
    if rule.item:
        answer = answers.get(rule.item)
        if answer is None:
            return worst and rubric.unknown == "interval"
        return (("yes" if answer else "no") if isinstance(answer, bool) else answer) in rule.answers
    share = shares.get(rule.group)
    return share is not None and rule.below is not None and share < rule.below


def _level(rubric: Rubric, total: float, failed: list[Rule]) -> str:
    rounded = _rounded(rubric, total)
    names = [name for name, start in rubric.levels if rounded >= start]
    order = [name for name, _ in rubric.levels]
    reached = [names[0] if names else (order[-1] if order else ""), *(gate.level for gate in failed)]
    return max(reached, key=order.index) if order else ""


def _rounded(rubric: Rubric, value: float) -> float:
    how = ROUND_HALF_UP if rubric.rounding == "half_up" else ROUND_HALF_EVEN
    return float(Decimal(repr(round(value, 9))).quantize(Decimal(1).scaleb(-rubric.digits), rounding=how))


def _group(name: str, raw: Mapping[str, Any]) -> Group:
    _check(name, "group", raw, {"id", "weight", "items"})
    items = []
    for item in raw["items"]:
        _check(name, "item", item, {"id", "points"})
        bands = tuple((float(start), float(points)) for start, points in item.get("bands", ()))
        items.append(
            Item(item["id"], float(item["points"]), dict(item.get("scores", {})), tuple(sorted(bands)))
        )
        if not items[-1].scores and not bands:
            raise StandardError(FILE, f"{name}, item {item['id']}", "needs scores or bands")
    return Group(raw["id"], float(raw["weight"]), tuple(items))


def _rule(name: str, kind: str, raw: Mapping[str, Any], needed: set[str]) -> Rule:
    _check(name, kind, raw, needed)
    cap, below = raw.get("cap"), raw.get("below")
    return Rule(
        str(raw.get("item", "")), frozenset(raw.get("answers", ())), str(raw.get("group", "")),
        None if below is None else float(below), None if cap is None else float(cap),
        str(raw.get("level", "")), str(raw.get("why", "")),
    )  # fmt: skip


def _check(name: str, kind: str, raw: Mapping[str, Any], needed: set[str]) -> None:
    unknown, missing = sorted(set(raw) - _KEYS[kind]), sorted(needed - set(raw))
    if unknown or missing:
        raise StandardError(
            FILE, f"{name}, {kind} {raw.get('id', '')}", f"unknown {unknown}, missing {missing}"
        )


def _check_references(rubric: Rubric) -> None:
    items = [item.id for group in rubric.groups for item in group.items]
    groups, levels = {group.id for group in rubric.groups}, {name for name, _ in rubric.levels}
    if len(set(items)) != len(items):
        raise StandardError(FILE, rubric.id, "an item stands twice")
    for rule in (*rubric.overrides, *rubric.gates):
        known = rule.item in items if rule.item else rule.group in groups and rule.below is not None
        if not known or (rule.level and rule.level not in levels):
            raise StandardError(FILE, rubric.id, f"a rule names an item, group or level that is none: {rule}")
    odd = {*rubric.not_applicable.values(), rubric.unknown} - {"leave_out", "full", "zero", "interval"}
    if odd or rubric.rounding not in {"half_up", "half_even"}:
        raise StandardError(FILE, rubric.id, f"does not know how to treat {sorted(odd) or rubric.rounding}")
