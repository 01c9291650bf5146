"""One rule against one element: the outcome, the deviation and the severity of every item at once.

Figures are in base units here; `audits.rules` brings them back into the unit of the rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audits.applies import NO, UNKNOWN, YES, Truth, applies
from audits.readings import Readings, Slot
from audits.rulebook import Rule, RuleBook, Steps, superseded
from audits.severity import NONE, severity
from audits.units import DIMENSIONS, SAME, UNITS, Floats

OUTCOMES = ("met", "met_within_tolerance", "not_met", "alternative", "not_measured", "not_applicable")
MET, WITHIN, NOT_MET, ALTERNATIVE, NOT_MEASURED, NOT_APPLICABLE = (np.int8(number) for number in range(6))
ALTERNATIVE_MEASURE = "alternative_measure"


@dataclass(frozen=True)
class Judged:
    """Verdicts of one rule on all items of its element, in base units."""

    rule: Rule
    slot: Slot
    low: Floats
    high: Floats
    truth: Truth
    outcome: NDArray[np.int8]
    reason: NDArray[np.object_]
    deviation: Floats
    relative: Floats
    severity: NDArray[np.int8]


def judged(readings: Readings, rule: Rule, book: RuleBook) -> Judged:
    """Return the verdicts of one rule on all items of its element."""
    scaled = rule.in_base_unit()
    slot = readings.slot(rule.element, rule.attribute)
    amount = np.abs(slot.amount) if rule.magnitude else slot.amount
    low, high = _limits(readings, scaled, len(amount))
    beyond, relative = _beyond(amount, low, high)
    truth = applies(readings, rule)
    unshown = (truth == UNKNOWN) & rule.only_if_shown
    truth[unshown] = NO
    outcome, reason = _outcome(scaled, slot, (beyond, low, high), truth)
    reason[unshown] = "exception_not_shown"
    outcome[(outcome == NOT_MET) & _substituted(readings, rule, book)] = ALTERNATIVE
    off = np.isin(outcome, (NOT_MET, WITHIN, ALTERNATIVE)) & (rule.unit not in {"bool", "choice"})
    deviation, relative = np.where(off, beyond, np.nan), np.where(off, relative, np.nan)
    exposed = readings.fact(rule.element, "exposed").amount == 1
    others = {
        edge.attribute: readings.slot(rule.element, edge.attribute) for edge in rule.beyond if edge.attribute
    }
    grave = severity(scaled, amount, relative, exposed, book.bands, others=others)
    grave = np.where(outcome == NOT_MET, grave, NONE).astype(np.int8)
    return Judged(rule, slot, low, high, truth, outcome, reason, deviation, relative, grave)


def _limits(readings: Readings, scaled: Rule, size: int) -> tuple[Floats, Floats]:
    if scaled.steps:
        total = readings.fact(scaled.element, scaled.steps.attribute).amount
        return needed(scaled.steps, total), np.full(size, np.nan)
    low = np.nan if scaled.low is None else scaled.low
    high = np.nan if scaled.high is None else scaled.high
    return np.full(size, low), np.full(size, high)


def _beyond(amount: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    # How far beyond the nearer limit (0 within), and as a share of that limit (NaN for a limit of 0).
    beyond = np.fmax(np.fmax(low - amount, amount - high), 0.0)
    scale = np.where(low - amount > 0, np.abs(low), np.abs(high))
    beyond[beyond <= SAME * np.fmax(1.0, scale)] = 0.0
    return beyond, np.divide(beyond, scale, out=np.full(len(amount), np.nan), where=scale > 0)


def _outcome(
    scaled: Rule, slot: Slot, sizes: tuple[Floats, Floats, Floats], truth: Truth
) -> tuple[NDArray[np.int8], NDArray[np.object_]]:
    beyond, low, high = sizes
    chosen, figure = pd.notna(slot.choice), ~np.isnan(slot.amount)
    if scaled.unit == "choice":
        measured, limited = chosen, np.full(len(beyond), bool(scaled.expected))
        right, near = np.isin(slot.choice.astype(str), scaled.expected), np.zeros(len(beyond), dtype=bool)
    else:
        measured = figure & (slot.dimension == DIMENSIONS[UNITS[scaled.unit].dimension])
        measured &= np.isin(slot.amount, (0, 1)) | (scaled.unit != "bool")
        limited = ~np.isnan(low) | ~np.isnan(high)
        right, near = beyond == 0, beyond <= scaled.tolerance * (1 + SAME)
    outcome = np.full(len(beyond), NOT_MEASURED)
    known = measured & limited
    outcome[known & ~right & ~near & (truth == YES)] = NOT_MET
    outcome[known & near] = WITHIN
    outcome[known & right] = MET
    absent = slot.reason == "not_present"
    outcome[absent | (truth == NO)] = NOT_APPLICABLE
    reason = np.where(pd.isna(slot.reason), "not_recorded", slot.reason)
    reason[(chosen | figure) & ~measured] = "wrong_unit"
    reason[measured] = np.where(limited, "condition_unknown", "no_limit")[measured]
    reason[truth == NO] = "condition_false"
    reason[np.isin(outcome, (MET, WITHIN, NOT_MET))] = None
    return outcome, reason


def _substituted(readings: Readings, rule: Rule, book: RuleBook) -> NDArray[np.bool_]:
    recorded = readings.slot(rule.element, ALTERNATIVE_MEASURE).amount == 1
    start = book.standards[rule.standard].valid_from
    if start is None:
        return np.asarray(recorded)
    return np.asarray(recorded & ~(readings.built_on(rule.element) >= np.datetime64(start)))


def replaced(verdicts: Sequence[Judged]) -> list[Judged]:
    """Return the verdicts of an element, those of superseded rules as not applicable.

    A rule is superseded at the items where a rule that replaces it speaks, whatever that one finds.
    """
    replacing = superseded(one.rule for one in verdicts)
    speaks = {one.rule.id: one.truth == YES for one in verdicts}
    found = []
    for one in verdicts:
        gone = np.zeros(len(one.outcome), dtype=bool)
        for stricter in replacing.get(one.rule.id, ()):
            gone |= speaks[stricter] & (one.outcome != NOT_APPLICABLE)
        found.append(
            replace(
                one,
                outcome=np.where(gone, NOT_APPLICABLE, one.outcome),
                reason=np.where(gone, "superseded", one.reason),
                deviation=np.where(gone, np.nan, one.deviation),
                relative=np.where(gone, np.nan, one.relative),
                severity=np.where(gone, NONE, one.severity),
            )
        )
    return found


def needed(steps: Steps, total: Floats) -> Floats:
    """Return the figure that a table of steps asks for, NaN where the total is not known."""
    step = np.searchsorted(np.array(steps.upto), total)
    by_step = np.array([*steps.need, np.nan])[np.minimum(step, len(steps.need))]
    by_share = np.ceil(steps.share * total - SAME)
    by_rate = steps.then + np.ceil((total - steps.share_to) / steps.per - SAME)
    need = np.where(total <= steps.upto[-1], by_step, np.where(total <= steps.share_to, by_share, by_rate))
    return np.where(np.isnan(total), np.nan, need)
