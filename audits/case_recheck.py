"""Re-inspects a case (核查): the same clauses measured again by somebody who neither found nor repaired it.

What may be questioned: the new measurements are judged by the rules of the day on which the defect was
found, so that a rule that changed in between neither saves nor fails a repair.
"""

from collections.abc import Sequence
from datetime import date, datetime

import pandas as pd
from sqlalchemy.orm import Session

from audits import case_store, deadlines, rules, standards, store
from audits.case_store import Subject
from audits.case_tables import Case
from audits.casepolicy import policy_of
from audits.casestate import CaseState, same_person
from audits.casework import act, state_of
from audits.tables import Visit
from gis.errors import ConflictError

HOLDS = {"met", "met_within_tolerance", "alternative", "not_applicable"}


def reinspect(
    session: Session, uid: str, *, by: str, at: datetime, visit_uid: str, due_on: date | None = None
) -> CaseState:
    """Confirm a repair, or send it back, by what an imported visit measured.

    Parameters
    ----------
    visit_uid
        The visit of the re-inspection, made by `by` at the place of the case after the repair.
    due_on
        The deadline of a case that is sent back, where it is not the usual one.

    Raises
    ------
    NotFoundError
        There is no such case or visit.
    ConflictError
        The visit is of another place, person or time, a clause of the case was not measured again, the case
        is not repaired, or whoever measured found or repaired it.
    """
    row = case_store.case_row(session, uid)
    state, _ = state_of(session, row)
    visit = case_store.visit_row(session, visit_uid)
    _belongs(visit, row, state, by)
    outcomes = _outcomes(session, row, visit)
    unmeasured = sorted(state.rules - set(outcomes))
    if unmeasured:
        raise ConflictError(
            f"Visit {visit_uid} did not measure {', '.join(unmeasured)} of case {uid} again; measure every"
            " clause that the case is about."
        )
    passed = all(outcomes[rule] in HOLDS for rule in state.rules)
    changed = _checked(session, row, by=by, at=at, passed=passed, due_on=due_on, visit=visit_uid)
    subject = Subject(row.place_layer, row.place_uid, row.element, row.element_no)
    case_store.note_recheck(session, visit, subject, state.rules)
    return changed


def check_on_site(
    session: Session,
    uid: str,
    *,
    by: str,
    at: datetime,
    passed: bool,
    evidence: Sequence[str],
    due_on: date | None = None,
) -> CaseState:
    """Confirm or send back what no clause measures, such as an occupation, by what was seen and photographed.

    Raises
    ------
    NotFoundError
        There is no such case.
    ConflictError
        The case is about clauses that have to be measured, there is no evidence, the case is not repaired, or
        whoever checked found or repaired it.
    """
    row = case_store.case_row(session, uid)
    state, _ = state_of(session, row)
    if state.rules:
        raise ConflictError(
            f"Case {uid} is about {', '.join(sorted(state.rules))}; measure that again in a visit."
        )
    if not evidence:
        raise ConflictError(f"Case {uid}: a check without measurements needs the digest of a photo or paper.")
    return _checked(session, row, by=by, at=at, passed=passed, due_on=due_on, evidence=list(evidence))


def _checked(
    session: Session, row: Case, *, by: str, at: datetime, passed: bool, due_on: date | None, **facts: object
) -> CaseState:
    rules_measured = sorted(state_of(session, row)[0].rules)
    if passed:
        return act(session, row.uid, "confirm", by=by, at=at, rules=rules_measured, **facts)
    days = policy_of(row.policy).rework_days[row.severity]
    due = due_on or deadlines.due_day(deadlines.china_day(at), days)
    return act(
        session, row.uid, "send_back", by=by, at=at, rules=rules_measured, due_on=due.isoformat(), **facts
    )


def _belongs(visit: Visit, row: Case, state: CaseState, by: str) -> None:
    if (visit.place_layer, visit.place_uid) != (row.place_layer, row.place_uid):
        raise ConflictError(f"Visit {visit.uid} is of {visit.place_uid}, case {row.uid} of {row.place_uid}.")
    if not same_person(visit.inspector, by):
        raise ConflictError(f"Visit {visit.uid} was made by {visit.inspector}, not by {by}.")
    if state.repaired_on is None or visit.visited_on < state.repaired_on:
        raise ConflictError(
            f"Visit {visit.uid} of {visit.visited_on} was not after the repair ({state.repaired_on})."
        )


def _outcomes(session: Session, row: Case, visit: Visit) -> dict[str, str]:
    """Return the outcome of every rule of the case that the visit measured; the worst counts."""
    readings = case_store.measured_at(session, visit)
    asked = case_store.rule_days(session, row.id)
    facts = pd.DataFrame(store.places(session, row.place_layer, [row.place_uid]).drop(columns="geometry"))
    book = standards.load()
    outcomes: dict[str, str] = {}
    for day in sorted({day for _, day in asked}):
        own = {rule for rule, found_on in asked if found_on == day}
        verdicts = rules.judge(readings, book, on=day, places=facts if "built_on" in facts else None)
        mine = verdicts[
            verdicts["rule_id"].isin(own)
            & (verdicts["element"] == row.element)
            & (verdicts["element_no"] == row.element_no)
            & (verdicts["outcome"] != "not_measured")
        ]
        for rule, outcome in zip(mine["rule_id"], mine["outcome"], strict=True):
            worst = outcomes.get(rule, outcome)
            outcomes[rule] = outcome if worst in HOLDS else worst
    return outcomes
