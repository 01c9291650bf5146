"""The way of a case (案件) from report to end, decided by one function of state and event.

reported -> reviewed -> filed 立案 -> dispatched 派遣 -> repaired 整改 -> confirmed 核查 -> closed 结案,
or sent back 返工 to dispatched. Which event leads where is dated data (`audits.casepolicy`); what is
written here holds under any data: nobody ends, repairs or re-inspects a case that they reported, and nobody
re-inspects or ends one that they repaired. What may be questioned: cancelling and merging end a case too,
so the finder may not do that either; and events carry their deadlines as dates, so that a replay needs no
calendar and gives the same end for ever.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NoReturn

from audits.casepolicy import CasePolicy
from audits.casestate import KINDS, NEEDED, CaseState, Event, among
from gis.errors import ConflictError

# Who may not do what: the law of this module, drawn again as constraints of the tables.
BARRED_FINDERS = {"review", "dismiss", "repair", "confirm", "send_back", "close", "cancel", "merge"}
BARRED_REPAIRERS = {"dismiss", "confirm", "send_back", "close", "cancel", "merge"}
WHILE_PAUSED = {"resume", "absorb", "opine", "cancel", "merge"}


def step(case: CaseState | None, event: Event, policy: CasePolicy) -> CaseState:
    """Return a case after an event.

    Parameters
    ----------
    case
        None before its report.

    Raises
    ------
    ConflictError
        The event is not allowed: not from this state, not by this person, not at this time, or a fact of it
        is missing.
    """
    _complete(event)
    if case is None:
        return _reported(event)
    if event.at <= case.at:
        _refuse(case, event, f"the case was at {case.at.isoformat()} already; events follow one another")
    if case.paused_on is not None and event.kind not in WHILE_PAUSED:
        _refuse(case, event, f"it is paused since {case.paused_on}; resume it first")
    target = policy.moves.get((event.kind, case.state))
    if target is None:
        allowed = ", ".join(sorted(kind for kind, state in policy.moves if state == case.state)) or "nothing"
        _refuse(case, event, f"it is {case.state}, which allows {allowed}")
    _apart(case, event)
    effect = EFFECTS.get(event.kind)
    changed = effect(case, event, policy) if effect else case
    return replace(changed, state=target, at=event.at)


def replay(events: Iterable[Event], policy: CasePolicy) -> CaseState:
    """Return what a case is after all its events, in whatever order they arrived.

    Raises
    ------
    ConflictError
        There are none, or one of them was not allowed where it stands in time.
    """
    case: CaseState | None = None
    for event in sorted(events, key=_turn):
        case = step(case, event, policy)
    if case is None:
        raise ConflictError("A case without events is none; report it first.")
    return case


def _turn(event: Event) -> tuple[datetime, str, str, str]:
    return event.at, event.kind, event.by, repr(sorted(event.facts.items()))


def _complete(event: Event) -> None:
    if not event.by.strip():
        raise ConflictError(f"{event.kind}: say who did it.")
    missing = [name for name in NEEDED.get(event.kind, ()) if event.facts.get(name) in (None, "")]
    if event.kind == "repair" and not event.facts.get("evidence"):
        missing = ["evidence"]
    if missing:
        raise ConflictError(f"{event.kind} needs {', '.join(missing)}.")


def _reported(event: Event) -> CaseState:
    facts = event.facts
    if event.kind != "report":
        raise ConflictError(f"A case begins with its report, not with {event.kind}.")
    if facts["kind"] not in KINDS or not _named(facts["finders"]):
        raise ConflictError(f"A report names its finders and is one of {', '.join(KINDS)}.")
    return CaseState(
        uid=facts["uid"],
        kind=facts["kind"],
        state="reported",
        severity=facts["severity"],
        finders=frozenset(facts["finders"]),
        rules=frozenset(facts["rules"]),
        at=event.at,
    )


def _apart(case: CaseState, event: Event) -> None:
    if event.kind in BARRED_FINDERS and among(event.by, case.finders):
        _refuse(case, event, f"{event.by} reported it; somebody else has to do that")
    if event.kind in BARRED_REPAIRERS and among(event.by, case.repairers):
        _refuse(case, event, f"{event.by} repaired it; somebody else has to do that")


def _reviewed(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    return replace(case, reviewer=event.by)


def _filed(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    return replace(case, filed_on=case.filed_on or event.day)


def _dispatched(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    due = _future(case, event)
    return replace(case, unit=event.facts["unit"], due_on=due, promised_on=case.promised_on or due)


def _repaired(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    return replace(case, repairer=event.by, repairers=case.repairers | {event.by}, repaired_on=event.day)


def _confirmed(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    _measured_again(case, event)
    return replace(case, reinspector=event.by, checked_on=event.day)


def _sent_back(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    # The repair did not count: its author is remembered and barred, the row is free for the next one.
    return replace(
        case, repairer="", checked_on=event.day, due_on=_future(case, event), reworks=case.reworks + 1
    )


def _ended(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    if event.kind == "merge" and event.facts["into"] == case.uid:
        _refuse(case, event, "a case is not merged into itself")
    return replace(
        case, ended_by=event.by, ended_on=event.day, paused_on=None, merged_into=event.facts.get("into")
    )


def _reopened(case: CaseState, _event: Event, _policy: CasePolicy) -> CaseState:
    kept = case if case.state == "closed" else replace(case, reviewer="", filed_on=None)
    return replace(
        kept, repairer="", reinspector="", ended_by="", ended_on=None, due_on=None, promised_on=None,
        reopenings=case.reopenings + 1,
    )  # fmt: skip


def _absorbed(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    finders = event.facts["finders"]
    if not _named(finders):
        _refuse(case, event, "it names no finder")
    for name in finders:
        if among(name, {case.reviewer, case.reinspector, *case.repairers} - {""}):
            _refuse(case, event, f"its finder {name} had a hand in this case; merge the other way round")
    return replace(
        case, finders=case.finders | frozenset(finders), rules=case.rules | frozenset(event.facts["rules"])
    )


def _paused(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    return replace(case, paused_on=event.day)


def _resumed(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    if case.paused_on is None:
        _refuse(case, event, "it is not paused")
    if case.due_on is None:
        return replace(case, paused_on=None)
    if not event.facts.get("due_on") or not event.facts.get("promised_on"):
        _refuse(case, event, "a dispatched case needs due_on and promised_on, moved by the pause")
    due, promised = (date.fromisoformat(event.facts[name]) for name in ("due_on", "promised_on"))
    if due < case.due_on:
        _refuse(case, event, f"the deadline {case.due_on} does not move back")
    return replace(case, paused_on=None, due_on=due, promised_on=promised)


def _escalated(case: CaseState, event: Event, policy: CasePolicy) -> CaseState:
    _overdue(case, event)
    if case.escalations >= len(policy.escalation):
        _refuse(case, event, f"the highest level, {policy.escalation[-1]}, knows of it already")
    return replace(case, escalations=case.escalations + 1)


def _penalised(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    if case.kind != "violation":
        _refuse(case, event, "only a violation is fined")
    _overdue(case, event)
    if case.penalty_yuan is not None:
        _refuse(case, event, f"it was fined {case.penalty_yuan:,.0f} yuan already")
    return replace(case, penalty_yuan=float(event.facts["yuan"]))


def _opined(case: CaseState, event: Event, _policy: CasePolicy) -> CaseState:
    return replace(case, opinion=event.facts["severity"])


EFFECTS: Mapping[str, Callable[[CaseState, Event, CasePolicy], CaseState]] = {
    "review": _reviewed, "file": _filed, "dispatch": _dispatched, "repair": _repaired, "confirm": _confirmed,
    "send_back": _sent_back, "close": _ended, "dismiss": _ended, "cancel": _ended, "merge": _ended,
    "reopen": _reopened, "absorb": _absorbed, "pause": _paused, "resume": _resumed, "escalate": _escalated,
    "penalise": _penalised, "opine": _opined,
}  # fmt: skip


def _measured_again(case: CaseState, event: Event) -> None:
    unmeasured = sorted(case.rules - set(event.facts["rules"]))
    if unmeasured:
        _refuse(case, event, f"the same clause has to be measured again: {', '.join(unmeasured)}")


def _named(names: Sequence[str]) -> bool:
    return bool(names) and all(name.strip() for name in names)


def _future(case: CaseState, event: Event) -> date:
    due = date.fromisoformat(event.facts["due_on"])
    if due < event.day:
        _refuse(case, event, f"the deadline {due} is past")
    return due


def _overdue(case: CaseState, event: Event) -> None:
    if case.due_on is None or event.day <= case.due_on:
        _refuse(case, event, f"its deadline {case.due_on} has not passed")


def _refuse(case: CaseState, event: Event, why: str) -> NoReturn:
    raise ConflictError(f"Case {case.uid}: {event.kind} is refused: {why}.")
