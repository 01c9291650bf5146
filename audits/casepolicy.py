"""The dated rules of procedure of cases: transitions, deadlines and the months of a recurrence.

They are read from `data/catalogue/case.toml`; what they may never change, the separation of duties, is in
`audits.cases` and in the tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from gis.catalogue import codelist, table
from gis.errors import NotFoundError, StandardError

FILE = "catalogue/case.toml"


@dataclass(frozen=True)
class CasePolicy:
    """The procedure in force from one day on.

    `moves` maps (event, state) to the next state; `working_days` and `rework_days` are by computed severity.
    """

    id: str
    valid_from: date
    moves: Mapping[tuple[str, str], str]
    working_days: Mapping[str, int]
    rework_days: Mapping[str, int]
    recurrence_months: int
    escalation: tuple[str, ...]
    source: str
    verified: bool


def policy_on(day: date) -> CasePolicy:
    """Return the procedure in force on a day.

    Raises
    ------
    NotFoundError
        None was in force yet.
    StandardError
        The table is not well formed.
    """
    held = [policy for policy in policies() if policy.valid_from <= day]
    if not held:
        raise NotFoundError("case policy", str(day), f"the first is in force from {policies()[0].valid_from}")
    return held[-1]


def policy_of(policy_id: str) -> CasePolicy:
    """Return the procedure of an id.

    Raises
    ------
    NotFoundError
        There is none of that id.
    StandardError
        The table is not well formed.
    """
    for policy in policies():
        if policy.id == policy_id:
            return policy
    raise NotFoundError("case policy", policy_id, f"there are {', '.join(p.id for p in policies())}")


@cache
def policies() -> tuple[CasePolicy, ...]:
    """Return every procedure, the oldest first.

    Raises
    ------
    StandardError
        An unknown state, a severity without deadline, or a transition given twice.
    """
    return tuple(sorted((read(raw) for raw in table(FILE)["policy"]), key=lambda policy: policy.valid_from))


def read(raw: Mapping[str, object]) -> CasePolicy:
    """Return a procedure from its table, checked.

    Raises
    ------
    StandardError
        An unknown state, a severity without deadline, or a transition given twice.
    """
    values: dict[str, object] = dict(raw)
    moves: dict[tuple[str, str], str] = {}
    states = codelist("case_state").codes
    for transition in _tables(values.pop("transition")):
        event = str(transition["event"])
        for state in _texts(transition["from"]):
            target = str(transition.get("to", state))
            for named in (state, target):
                if named not in states:
                    raise StandardError(FILE, f"transition {event}", f"there is no state '{named}'")
            if (event, state) in moves:
                raise StandardError(FILE, f"transition {event}", f"it is given twice from '{state}'")
            moves[event, state] = target
    days = {name: _days(values.pop(name), name) for name in ("working_days", "rework_days")}
    escalation = tuple(_texts(values.pop("escalation")))
    try:
        return CasePolicy(moves=moves, escalation=escalation, **days, **values)  # type: ignore[arg-type]  # checked by the call
    except TypeError as error:
        raise StandardError(FILE, f"policy {raw.get('id')}", str(error)) from error


def _days(found: object, name: str) -> dict[str, int]:
    days = {str(key): int(value) for key, value in dict(found).items()}  # type: ignore[call-overload]  # a TOML table
    if set(days) != set(codelist("severity").codes) or min(days.values()) < 1:
        raise StandardError(FILE, name, "every severity needs its working days, at least 1")
    return days


def _tables(found: object) -> list[dict[str, object]]:
    return list(found) if isinstance(found, list) else []


def _texts(found: object) -> list[str]:
    return [str(text) for text in found] if isinstance(found, list) else []
