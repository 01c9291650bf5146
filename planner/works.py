"""The way of one home through the programme, decided by one function of state and event.

registered -> applied -> assessed -> schemed -> township_reviewed -> county_reviewed -> noticed 公示 ->
contracted -> in_works -> finished -> inspected -> accepted 验收 -> settled -> archived 一户一档 -> closed.
Which event leads where is dated data (`planner.works_policy`). What is written here holds under any data:
the assessor reviews nothing, township and county review are two people, acceptance is signed by one and
countersigned by another, neither of them the builder, and the spot check is made by a fifth person. Works
follow the scheme that was approved: a change waits for somebody else's approval.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NoReturn

from audits.casestate import among
from gis.errors import ConflictError
from planner.works_policy import WorksPolicy
from planner.works_state import NEEDED, WORST, WorksEvent, WorksState

CENT = 0.005
# Whoever has done the left may not do the right; drawn again as constraints of the table.
BARRED: Mapping[str, tuple[str, ...]] = {
    "review_township": ("assessor",),
    "review_county": ("assessor", "township_reviewer"),
    "accept": ("finisher",),
    "countersign": ("finisher", "inspector"),
    "spot_check": ("finisher", "inspector", "countersigner"),
}


def step(case: WorksState | None, event: WorksEvent, policy: WorksPolicy) -> WorksState:
    """Return a case after an event.

    Parameters
    ----------
    case
        None before its registration.

    Raises
    ------
    ConflictError
        The event is not allowed: not from this state, not by this person, not on this day, or a fact of it
        is missing or wrong.
    """
    _complete(event)
    if case is None:
        return _registered(event)
    if event.on < case.on:
        _refuse(case, event, f"the case was at {case.on} already; events follow one another")
    if case.paused and event.kind not in {"resume", "withdraw"}:
        _refuse(case, event, f"it rests since {case.pauses[-1][0]}; resume it first")
    goal = policy.moves.get((event.kind, case.state))
    if goal is None:
        allowed = ", ".join(sorted(kind for kind, state in policy.moves if state == case.state)) or "nothing"
        _refuse(case, event, f"it is {case.state}, which allows {allowed}")
    done_before = [role for role in BARRED.get(event.kind, ()) if among(event.by, {getattr(case, role)})]
    if done_before:
        _refuse(case, event, f"{event.by} is its {done_before[0]}; somebody else has to do that")
    effect = EFFECTS.get(event.kind)
    changed = effect(case, event, policy) if effect else case
    return replace(changed, state=goal, on=event.on, entered=_entered(changed, goal, event.on, policy))


def replay(events: Iterable[WorksEvent], policy: WorksPolicy) -> WorksState:
    """Return what a case is after all its events, in the order they were recorded.

    Raises
    ------
    ConflictError
        There are none, or one of them was not allowed where it stands.
    """
    case: WorksState | None = None
    for event in events:
        case = step(case, event, policy)
    if case is None:
        raise ConflictError("A case without events is none; register it first.")
    return case


def _entered(case: WorksState, goal: str, on: date, policy: WorksPolicy) -> Mapping[str, date]:
    # A way back forgets what came after; the state itself keeps its first day, so no clock starts anew.
    if goal == case.state or goal not in policy.path:
        return case.entered if goal == case.state else {**case.entered, goal: on}
    passed = policy.path[: policy.path.index(goal)]
    kept = {state: day for state, day in case.entered.items() if state in passed}
    return kept | {goal: case.entered.get(goal, on)}


def _complete(event: WorksEvent) -> None:
    if not event.by.strip():
        raise ConflictError(f"{event.kind}: say who did it.")
    missing = [name for name in NEEDED.get(event.kind, ()) if event.facts.get(name) in (None, "", {}, [])]
    if missing:
        raise ConflictError(f"{event.kind} needs {', '.join(missing)}.")


def _registered(event: WorksEvent) -> WorksState:
    facts = event.facts
    if event.kind != "register":
        raise ConflictError(f"A case begins with its registration, not with {event.kind}.")
    return WorksState(
        uid=facts["uid"], household=facts["household"], year=int(facts["year"]), county=facts["county"],
        state="registered", on=event.on, urgent=bool(facts.get("urgent", False)),
        entered={"registered": event.on},
    )  # fmt: skip


def _applied(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    if "works" not in event.facts["consents"]:
        _refuse(case, event, "the family has not signed its consent to the works")
    return case


def _assessed(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    return replace(case, assessor=event.by, barriers=_severities(case, event), barriers_after=None)


def _schemed(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    if event.facts["agreed"] is not True:
        _refuse(case, event, "the family has not agreed to the scheme")
    return replace(
        case, items=_quantities(case, event), cost_yuan=_yuan(case, event, "cost_yuan"),
        township_reviewer="", county_reviewer="",
    )  # fmt: skip


def _reviewed(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    if event.kind == "review_township":
        return replace(case, township_reviewer=event.by)
    return replace(case, county_reviewer=event.by)


def _sent_back(case: WorksState, _event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    return replace(
        case, assessor="", township_reviewer="", county_reviewer="", notice_until=None, open_objections=0
    )


def _published(case: WorksState, event: WorksEvent, policy: WorksPolicy) -> WorksState:
    until = date.fromisoformat(event.facts["until"])
    if (until - event.on).days < policy.notice_days:
        _refuse(case, event, f"a public notice stands for {policy.notice_days} days, not until {until}")
    return replace(case, notice_until=until)


def _objected(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    if event.kind == "object":
        return replace(case, objections=case.objections + 1, open_objections=case.open_objections + 1)
    if not case.open_objections:
        _refuse(case, event, "no objection is open")
    return replace(case, open_objections=case.open_objections - 1)


def _contracted(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    if case.notice_until is None or event.on <= case.notice_until:
        _refuse(case, event, f"its public notice stands until {case.notice_until}")
    if case.open_objections:
        _refuse(case, event, f"{case.open_objections} objections are open; answer them first")
    return replace(case, contractor=event.facts["contractor"], price_yuan=_yuan(case, event, "price_yuan"))


def _changed(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    if event.kind == "change":
        asked = {"by": event.by, "items": _quantities(case, event), "yuan": _yuan(case, event, "price_yuan")}
        return replace(case, open_change=asked)
    if case.open_change is None:
        _refuse(case, event, "no change was asked for")
    if among(event.by, {case.open_change["by"]}):
        _refuse(case, event, f"{event.by} asked for the change; somebody else has to approve it")
    return replace(
        case, items=case.open_change["items"], price_yuan=case.open_change["yuan"], open_change=None,
        changes=case.changes + 1,
    )  # fmt: skip


def _finished(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    if case.open_change is not None:
        _refuse(case, event, "a change waits for its approval")
    return replace(case, finisher=event.by, inspector="", countersigner="", barriers_after=None)


def _inspected(case: WorksState, event: WorksEvent, policy: WorksPolicy) -> WorksState:
    passed: Mapping[str, bool] = event.facts["items"]
    failed = sorted(item for item in case.items if passed.get(item) is not True)
    if failed:
        _refuse(case, event, f"every item has to pass; send it to rework for {', '.join(failed)}")
    unsigned = sorted(set(policy.signatures) - set(event.facts["signatures"]))
    if unsigned:
        _refuse(case, event, f"the form lacks the signatures of {', '.join(unsigned)}")
    after = _severities(case, event)
    if set(after) != set(case.barriers):
        other = ", ".join(sorted(set(after) ^ set(case.barriers)))
        _refuse(case, event, f"the same barriers have to be assessed as before the works: {other}")
    return replace(case, inspector=event.by, barriers_after=after)


def _countersigned(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    return replace(case, countersigner=event.by)


def _reworked(case: WorksState, _event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    return replace(
        case, finisher="", inspector="", countersigner="", spot_checker="", spot_passed=None,
        barriers_after=None, lines={}, reworks=case.reworks + 1,
    )  # fmt: skip


def _settled(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    lines = {str(line): float(yuan) for line, yuan in event.facts["lines"].items()}
    if min(lines.values()) < 0:
        _refuse(case, event, "an amount is below zero")
    if case.price_yuan is not None and sum(lines.values()) > case.price_yuan + CENT:
        _refuse(
            case, event, f"{sum(lines.values()):,.2f} yuan is more than the approved {case.price_yuan:,.2f}"
        )
    return replace(case, lines=lines)


def _archived(case: WorksState, event: WorksEvent, policy: WorksPolicy) -> WorksState:
    missing = [paper.id for paper in policy.documents if paper.id not in event.facts["documents"]]
    if missing:
        _refuse(case, event, f"its archive lacks {', '.join(missing)}")
    return case


def _spot_checked(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    return replace(case, spot_checker=event.by, spot_passed=bool(event.facts["passed"]))


def _surveyed(case: WorksState, event: WorksEvent, policy: WorksPolicy) -> WorksState:
    known = {question.id for question in policy.questions}
    answers = {str(name): points for name, points in event.facts["answers"].items()}
    if policy.questions[0].id not in answers or not set(answers) <= known:
        _refuse(case, event, f"answer {policy.questions[0].id}, and besides only {', '.join(sorted(known))}")
    if any(points not in range(1, 6) or isinstance(points, bool) for points in answers.values()):
        _refuse(case, event, "an answer is a whole number from 1 to 5")
    return replace(case, answers=answers)


def _followed_up(case: WorksState, event: WorksEvent, policy: WorksPolicy) -> WorksState:
    month = event.facts["month"]
    if month not in policy.follow_up_months:
        _refuse(case, event, f"follow-ups are due after {policy.follow_up_months} months")
    return replace(case, follow_ups=dict(case.follow_ups) | {int(month): bool(event.facts["in_use"])})


def _closed(case: WorksState, event: WorksEvent, policy: WorksPolicy) -> WorksState:
    missing = sorted(set(policy.follow_up_months) - set(case.follow_ups))
    if missing:
        _refuse(case, event, f"the follow-up after {missing[0]} months is missing")
    return case


def _rested(case: WorksState, event: WorksEvent, _policy: WorksPolicy) -> WorksState:
    if event.kind == "pause":
        return replace(case, pauses=(*case.pauses, (event.on, None)))
    if not case.paused:
        _refuse(case, event, "it is not at rest")
    return replace(case, pauses=(*case.pauses[:-1], (case.pauses[-1][0], event.on)))


EFFECTS: Mapping[str, Callable[[WorksState, WorksEvent, WorksPolicy], WorksState]] = {
    "apply": _applied, "assess": _assessed, "propose": _schemed, "review_township": _reviewed,
    "review_county": _reviewed, "send_back": _sent_back, "publish": _published, "object": _objected,
    "resolve": _objected, "contract": _contracted, "change": _changed, "approve_change": _changed,
    "finish": _finished, "accept": _inspected, "countersign": _countersigned, "rework": _reworked,
    "settle": _settled, "archive": _archived, "spot_check": _spot_checked, "survey": _surveyed,
    "follow_up": _followed_up, "close": _closed, "pause": _rested, "resume": _rested,
}  # fmt: skip


def _severities(case: WorksState, event: WorksEvent) -> dict[str, int]:
    found = {str(name): severity for name, severity in event.facts["barriers"].items()}
    if any(severity not in range(WORST + 1) or isinstance(severity, bool) for severity in found.values()):
        _refuse(case, event, f"the severity of a barrier is a whole number from 0 to {WORST}")
    return found


def _quantities(case: WorksState, event: WorksEvent) -> dict[str, float]:
    found = {str(item): float(quantity) for item, quantity in event.facts["items"].items()}
    if not all(quantity > 0 for quantity in found.values()):
        _refuse(case, event, "the quantity of an item is above zero")
    return found


def _yuan(case: WorksState, event: WorksEvent, name: str) -> float:
    amount: Any = event.facts[name]
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount < float("inf"):
        _refuse(case, event, f"{name} is {amount!r}, not an amount of yuan")
    return float(amount)


def _refuse(case: WorksState, event: WorksEvent, why: str) -> NoReturn:
    raise ConflictError(f"Case {case.uid} cannot {event.kind}: {why}.")
