"""A case goes its legal way or nowhere: whoever does what, in whatever order, nobody ends a case of their own."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.casepolicy import policies, policy_of, policy_on, read
from audits.cases import replay, step
from audits.casestate import Event, same_person
from audits.violations import Bracket, bracket, checked_penalty
from gis.catalogue import codelist, table
from gis.errors import ConflictError, NotFoundError, StandardError

POLICY = policy_on(date(2025, 6, 1))
NOON = datetime(2025, 6, 2, 4, tzinfo=UTC)
DUE = "2025-06-30"
FACTS = {
    "report": {"uid": "c1", "kind": "repair", "finders": ["finder"], "rules": ["GB-069"], "severity": "major"},
    "dismiss": {"reason": "no defect"},
    "dispatch": {"unit": "streets office", "due_on": DUE},
    "repair": {"evidence": ["a" * 64]},
    "confirm": {"rules": ["GB-069", "GB-070"]},
    "send_back": {"rules": ["GB-069"], "due_on": DUE},
    "cancel": {"reason": "demolished"},
    "merge": {"into": "c2"},
    "absorb": {"finders": ["other finder"], "rules": ["GB-070"]},
    "pause": {"reason": "frost"},
    "resume": {"due_on": "2025-07-04", "promised_on": "2025-07-04"},
    "reopen": {"reason": "closed by mistake"},
    "penalise": {"yuan": 20000, "clause": "art. 65"},
    "opine": {"severity": "minor"},
}  # fmt: skip
PEOPLE = ("finder", "reviewer", "clerk", "mason", "checker", "other finder", " Finder ", "MASON")
ENDS = {code for code, facts in codelist("case_state").codes.items() if facts.facts["ended"]}


def done(kind, by, after, /, **facts):
    """An event that many hours after noon of 2 June."""
    return Event(kind, by, NOON + timedelta(hours=after), FACTS.get(kind, {}) | facts)


def way(*steps):
    """The events of `kind by` in turn, one an hour."""
    return [done(*said.split(" ", 1), hour) for hour, said in enumerate(steps)]


GOOD = (
    "report finder", "review reviewer", "file clerk", "dispatch clerk", "repair mason", "confirm checker",
    "close clerk",
)  # fmt: skip


def test_the_whole_way_from_report_to_end():
    case = replay(way(*GOOD), POLICY)
    assert (case.state, case.reviewer, case.repairer, case.reinspector, case.ended_by) == (
        "closed", "reviewer", "mason", "checker", "clerk",
    )  # fmt: skip
    assert (case.filed_on, case.due_on, case.ended_on) == (
        date(2025, 6, 2),
        date(2025, 6, 30),
        date(2025, 6, 2),
    )
    assert (case.unit, case.reworks) == ("streets office", 0)


def test_what_fails_its_check_goes_back_with_a_new_deadline_and_keeps_its_promise():
    events = [*way(*GOOD[:5]), done("send_back", "checker", 5, due_on="2025-07-10")]
    case = replay(events, POLICY)
    assert (case.state, case.reworks, case.repairer) == ("dispatched", 1, "")
    assert (case.due_on, case.promised_on) == (date(2025, 7, 10), date(2025, 6, 30))
    with pytest.raises(ConflictError, match="mason repaired it"):
        replay([*events, done("repair", "roofer", 6), done("confirm", "mason", 7)], POLICY)
    case = replay([*events, done("repair", "mason", 6), done("confirm", "checker", 7)], POLICY)
    assert case.state == "confirmed"


@pytest.mark.parametrize(
    ("before", "kind", "by", "why"),
    [
        (1, "review", "finder", "finder reported it"),
        (1, "dismiss", "FINDER ", "reported it"),
        (2, "cancel", "finder", "reported it"),
        (3, "merge", "finder", "reported it"),
        (4, "repair", "finder", "reported it"),
        (5, "confirm", "finder", "reported it"),
        (5, "confirm", "mason", "mason repaired it"),
        (5, "send_back", "mason", "repaired it"),
        (6, "close", "finder", "reported it"),
        (6, "close", "mason", "repaired it"),
        (1, "close", "clerk", "it is reported, which allows absorb, cancel, dismiss, merge, opine, review"),
        (7, "cancel", "clerk", "it is closed, which allows reopen"),
        (4, "escalate", "clerk", "its deadline 2025-06-30 has not passed"),
        (4, "penalise", "clerk", "only a violation is fined"),
        (4, "resume", "clerk", "it is not paused"),
        (2, "report", "somebody", "it is reviewed"),
    ],
)
def test_what_is_not_allowed_is_refused_with_its_reason(before, kind, by, why):
    with pytest.raises(ConflictError, match=why):
        replay([*way(*GOOD[:before]), done(kind, by, 9)], POLICY)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (done("dispatch", "clerk", 9, due_on=None), "dispatch needs due_on"),
        (done("dispatch", "clerk", 9, due_on="2025-06-01"), "the deadline 2025-06-01 is past"),
        (done("file", "  ", 9), "say who did it"),
        (done("pause", "clerk", 9, reason=""), "pause needs reason"),
        (done("absorb", "clerk", 9, finders=["Reviewer"]), "merge the other way round"),
        (done("absorb", "clerk", 9, finders=[" "]), "names no finder"),
        (done("merge", "clerk", 9, into="c1"), "not merged into itself"),
        (Event("opine", "expert", NOON, FACTS["opine"]), "events follow one another"),
    ],
)
def test_an_event_that_lacks_something_is_refused(event, why):
    with pytest.raises(ConflictError, match=why):
        step(replay(way(*GOOD[:3]), POLICY), event, POLICY)


def test_a_repair_without_evidence_and_a_check_of_another_clause_are_refused():
    with pytest.raises(ConflictError, match="repair needs evidence"):
        replay([*way(*GOOD[:4]), done("repair", "mason", 5, evidence=[])], POLICY)
    with pytest.raises(ConflictError, match="same clause has to be measured again: GB-069"):
        replay([*way(*GOOD[:5]), done("confirm", "checker", 6, rules=["GB-001"])], POLICY)


def test_a_case_begins_with_a_report_that_names_its_finders():
    with pytest.raises(ConflictError, match="begins with its report"):
        step(None, done("review", "reviewer", 0), POLICY)
    with pytest.raises(ConflictError, match="names its finders"):
        step(None, done("report", "clerk", 0, finders=[" "]), POLICY)
    with pytest.raises(ConflictError, match="without events"):
        replay([], POLICY)


def test_a_pause_holds_the_case_and_moves_both_deadlines():
    paused = [*way(*GOOD[:4]), done("pause", "clerk", 5)]
    with pytest.raises(ConflictError, match="it is paused since 2025-06-02"):
        replay([*paused, done("repair", "mason", 6)], POLICY)
    with pytest.raises(ConflictError, match="does not move back"):
        replay([*paused, done("resume", "clerk", 6, due_on="2025-06-29")], POLICY)
    with pytest.raises(ConflictError, match="needs due_on and promised_on"):
        replay([*paused, done("resume", "clerk", 6, promised_on=None)], POLICY)
    case = replay([*paused, done("resume", "clerk", 6)], POLICY)
    assert (case.paused_on, case.due_on, case.promised_on) == (None, date(2025, 7, 4), date(2025, 7, 4))
    case = replay([*way(*GOOD[:3]), done("pause", "clerk", 5), done("resume", "clerk", 6)], POLICY)
    assert (case.state, case.paused_on) == ("filed", None)


def test_an_overdue_case_climbs_one_level_at_a_time_to_the_highest():
    late = 24 * 29  # 1 July
    events = [*way(*GOOD[:4]), *(done("escalate", "clock", late + n) for n in range(3))]
    assert replay(events, POLICY).escalations == 3
    with pytest.raises(ConflictError, match="the highest level, city"):
        replay([*events, done("escalate", "clock", late + 9)], POLICY)


def test_a_violation_is_fined_once_and_only_after_its_order_ran_out():
    events = [done("report", "warden", 0, kind="violation", rules=[]), *way(*GOOD[:4])[1:]]
    with pytest.raises(ConflictError, match="has not passed"):
        replay([*events, done("penalise", "clerk", 9)], POLICY)
    fined = [*events, done("penalise", "clerk", 24 * 29)]
    assert (replay(fined, POLICY).penalty_yuan, replay(fined, POLICY).state) == (20000, "dispatched")
    with pytest.raises(ConflictError, match="20,000 yuan already"):
        replay([*fined, done("penalise", "clerk", 24 * 30)], POLICY)


def test_a_reopened_case_is_done_again_by_the_same_law():
    reopened = [*way(*GOOD), done("reopen", "auditor", 8)]
    case = replay(reopened, POLICY)
    assert (case.state, case.repairer, case.reinspector, case.ended_by, case.reopenings) == (
        "filed",
        "",
        "",
        "",
        1,
    )
    with pytest.raises(ConflictError, match="mason repaired it"):
        replay([*reopened, done("dispatch", "clerk", 9), done("cancel", "mason", 10)], POLICY)
    dismissed = [*way("report finder", "dismiss reviewer"), done("reopen", "auditor", 8)]
    assert (replay(dismissed, POLICY).state, replay(dismissed, POLICY).reviewer) == ("reported", "")


def test_a_merged_report_brings_its_finder_and_its_clause():
    case = replay([*way(*GOOD[:4]), done("absorb", "clerk", 5)], POLICY)
    assert case.finders == {"finder", "other finder"}
    assert case.rules == {"GB-069", "GB-070"}
    repaired = [*way(*GOOD[:4]), done("absorb", "clerk", 5), done("repair", "mason", 6)]
    with pytest.raises(ConflictError, match="other finder reported it"):
        replay([*repaired, done("confirm", "other finder", 7)], POLICY)
    merged = replay([*way(*GOOD[:4]), done("merge", "clerk", 5)], POLICY)
    assert (merged.state, merged.merged_into, merged.ended_by) == ("merged", "c2", "clerk")


def test_an_opinion_of_severity_stays_beside_the_computed_one():
    case = replay([*way(*GOOD[:2]), done("opine", "expert", 5)], POLICY)
    assert (case.severity, case.opinion) == ("major", "minor")


events = st.builds(
    done,
    st.sampled_from(sorted({"report", *(kind for kind, _ in POLICY.moves)})),
    st.sampled_from(PEOPLE),
    st.integers(0, 24 * 40),
)


@settings(max_examples=300)
@given(st.lists(events, max_size=25), st.integers(1, 7))
def test_any_events_in_any_order_give_a_legal_state_or_a_refusal(tried, start):
    case = replay(way(*GOOD[:start]), POLICY)
    for event in tried:
        before = case
        try:
            case = step(case, replace(event, at=case.at + timedelta(hours=1)), POLICY)
        except ConflictError:
            assert case == before
            continue
        assert POLICY.moves[event.kind, before.state] == case.state
        if case.state in ENDS:
            assert not any(same_person(case.ended_by, name) for name in case.finders | case.repairers)
        if case.state == "closed":
            assert not any(same_person(case.reinspector, name) for name in case.finders | case.repairers)
            assert case.reviewer
            assert not any(same_person(case.reviewer, name) for name in case.finders)


def outcome(happened):
    try:
        return replay(happened, POLICY)
    except ConflictError as refusal:
        return str(refusal)


@given(st.lists(events, max_size=6), st.integers(1, 7), st.randoms(use_true_random=False))
def test_the_order_in_which_events_arrive_changes_nothing(more, start, random):
    happened = [*way(*GOOD[:start]), *more]
    shuffled = list(happened)
    random.shuffle(shuffled)
    assert outcome(happened) == outcome(shuffled)


@given(st.permutations(way(*GOOD)))
def test_the_good_way_ends_the_same_in_every_order_of_arrival(arrived):
    assert replay(arrived, POLICY).state == "closed"


def test_every_transition_is_between_known_states_and_an_ended_case_only_reopens():
    for policy in policies():
        assert policy.source.startswith("default of this project")
        for (event, state), target in policy.moves.items():
            assert {state, target} <= set(codelist("case_state").codes)
            assert event == "reopen" or state not in ENDS


def test_a_policy_that_cannot_be_followed_is_refused():
    raw = table("catalogue/case.toml")["policy"][0]
    with pytest.raises(StandardError, match="no state 'lost'"):
        read(raw | {"transition": [{"event": "lose", "from": ["filed"], "to": "lost"}]})
    with pytest.raises(StandardError, match="given twice"):
        read(raw | {"transition": [*raw["transition"], {"event": "file", "from": ["reviewed"]}]})
    with pytest.raises(StandardError, match="every severity"):
        read(raw | {"working_days": {"critical": 5}})
    with pytest.raises(StandardError, match="colour"):
        read(raw | {"colour": "red"})
    with pytest.raises(NotFoundError, match="in force from"):
        policy_on(date(1999, 1, 1))
    with pytest.raises(NotFoundError, match="there are 2022"):
        policy_of("1999")


PENALTIES = table("catalogue/penalty.toml")


@pytest.mark.parametrize("violation", codelist("penalty").codes)
def test_the_brackets_are_those_of_article_65(violation):
    day = date(2024, 1, 1)
    assert bracket(PENALTIES, violation, "unit", day) == Bracket("art. 65", 10_000, 30_000)
    assert bracket(PENALTIES, violation, "person", day) == Bracket("art. 65", 100, 500)


def test_a_fine_lies_within_its_bracket_and_the_law_does_not_reach_back():
    unit = bracket(PENALTIES, "occupation", "unit", date(2023, 9, 1))
    assert checked_penalty(10_000, unit) == 10_000
    assert checked_penalty(30_000, unit) == 30_000
    for yuan in (9_999, 30_001):
        with pytest.raises(ConflictError, match="between 10,000 and 30,000"):
            checked_penalty(yuan, unit)
    with pytest.raises(NotFoundError, match="no law in force on 2023-08-31"):
        bracket(PENALTIES, "occupation", "unit", date(2023, 8, 31))
