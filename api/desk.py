"""What the desks of the offices are given: which events a role may do in which state, and words for codes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from api.auth import Caller
from api.case_events import DESK, DOERS
from audits.casepolicy import policy_on
from gis.catalogue import Language, codelist

# These follow from a re-inspection or a merge; nobody says them.
FOLLOWING = frozenset({"confirm", "send_back", "absorb"})
ON_SITE = ("reinspect", "check")  # what leads to them, in the state `repaired`
LISTS = ("case_state", "severity", "element", "kpi", "region_level")


def events_of(caller: Caller, on: date) -> dict[str, list[str]]:
    """Return the events that a caller may do in each state, in the order of the procedure."""
    moves = policy_on(on).moves
    found: dict[str, list[str]] = {state: [] for state in codelist("case_state").codes}
    for event, state in moves:
        if event not in FOLLOWING:
            found[state].append(event)
    found["repaired"] = [*ON_SITE, *found["repaired"]]
    return {
        state: [event for event in events if caller.role in DOERS.get(event, DESK).split()]
        for state, events in found.items()
    }


def lists(lang: Language) -> dict[str, dict[str, str]]:
    """Return the words of the code lists that desks show, by list and code."""
    return {name: {code: facts.label(lang) for code, facts in codelist(name).codes.items()} for name in LISTS}


def given(caller: Caller, lang: Language, on: date) -> Mapping[str, Any]:
    """Return what the scripts of a desk stand on."""
    ended = [code for code, facts in codelist("case_state").codes.items() if facts.facts["ended"]]
    return {
        "today": on.isoformat(),
        "name": caller.name,
        "lists": lists(lang),
        "ended": ended,
        "events": events_of(caller, on),
    }
