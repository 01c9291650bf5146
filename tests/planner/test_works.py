"""A home goes from census to follow-up by one function; nobody signs twice, and clocks count working days."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.catalogue import table
from gis.errors import ConflictError, NotFoundError, StandardError
from planner.works import BARRED, EFFECTS, replay, step
from planner.works_clock import clocks, forecast, paces
from planner.works_figures import (
    archive_contents,
    counters,
    follow_ups_due,
    outcomes,
    satisfaction,
)
from planner.works_policy import policies, policy_on, read
from planner.works_tables import APART
from tests.planner.homes_in_works import (
    AFTER,
    ITEMS,
    KINDS,
    PAPERS,
    POLICY,
    SIGNATURES,
    WAY,
    event,
    events_until,
    home_at,
)


def test_a_home_goes_all_the_way_and_its_record_adds_up():
    home = home_at("close")
    assert home.state == "closed"
    assert list(home.entered) == list(POLICY.path)
    # Barriers 3 + 4 before, 0 + 1 after.
    assert (home.need_before, home.need_met) == (7, 6)
    assert (home.price_yuan, home.settled_yuan) == (3300, 3250)
    assert home.follow_ups == {6: True, 12: True}


def test_every_event_of_the_procedure_is_known_to_the_code_or_only_moves():
    kinds = {kind for kind, _ in POLICY.moves}
    assert set(EFFECTS) <= kinds
    assert kinds - set(EFFECTS) == {"start", "withdraw"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "register"])
def test_no_event_comes_before_its_turn(kind):
    home = home_at("register")
    facts = next(row[3] for row in WAY if row[0] == kind)
    if kind == "apply":
        assert step(home, event(kind, "x", (2026, 1, 6), **facts), POLICY).state == "applied"
    else:
        with pytest.raises(ConflictError, match="it is registered, which allows apply"):
            step(home, event(kind, "x", (2026, 1, 6), **facts), POLICY)


SAME_HAND = [
    ("review_township", "assessor"), ("review_county", "assessor"), ("review_county", "township"),
    ("accept", "builder"), ("countersign", "builder"), ("countersign", "acceptor"),
    ("spot_check", "builder"), ("spot_check", "acceptor"), ("spot_check", " Second "),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "by"), SAME_HAND)
def test_nobody_signs_what_they_did_themselves(kind, by):
    with pytest.raises(ConflictError, match="somebody else"):
        home_at(kind, **{kind: {"by": by}})


def test_the_duties_kept_apart_by_the_code_are_those_of_the_database():
    role = {"review_township": "township_reviewer", "review_county": "county_reviewer", "accept": "inspector",
            "countersign": "countersigner", "spot_check": "spot_checker"}  # fmt: skip
    assert {(role[kind], other) for kind, others in BARRED.items() for other in others} == set(APART)


REFUSED = [
    ("apply", {"consents": ["photos"]}, "consent to the works"),
    ("assess", {"barriers": {"threshold": 5}}, "from 0 to 4"),
    ("assess", {"barriers": {"threshold": True}}, "from 0 to 4"),
    ("assess", {"barriers": {}}, "needs barriers"),
    ("propose", {"agreed": False}, "not agreed"),
    ("propose", {"items": {"RI-01": 0}}, "above zero"),
    ("propose", {"cost_yuan": "cheap"}, "not an amount"),
    ("publish", {"until": "2026-03-23"}, "7 days"),
    ("contract", {"price_yuan": float("nan")}, "not an amount"),
    ("accept", {"items": {"RI-01": True, "RI-16": False}}, "RI-16"),
    ("accept", {"items": {"RI-01": True}}, "RI-16"),
    ("accept", {"signatures": SIGNATURES[1:]}, "household"),
    ("accept", {"barriers": {"threshold": 0}}, "same barriers"),
    ("settle", {"lines": {"lottery": 2000, "county": 1300.01}}, "more than the approved"),
    ("settle", {"lines": {"lottery": 5000, "county": -2000}}, "below zero"),
    ("archive", {"documents": PAPERS[1:]}, "application"),
    ("survey", {"answers": {"quality": 5}}, "answer overall"),
    ("survey", {"answers": {"overall": 6}}, "from 1 to 5"),
    ("follow_up", {"month": 7}, "follow-ups are due"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "facts", "why"), REFUSED, ids=[f"{k}-{w}" for k, _, w in REFUSED])
def test_a_fact_that_is_missing_or_wrong_is_refused(kind, facts, why):
    with pytest.raises(ConflictError, match=why):
        home_at(kind, **{kind: {"facts": facts}})


def test_a_contract_waits_for_the_end_of_the_notice_and_for_open_objections():
    with pytest.raises(ConflictError, match="stands until 2026-03-24"):
        home_at("contract", contract={"day": (2026, 3, 24)})
    home = step(home_at("publish"), event("object", "clerk", (2026, 3, 20), reason="income"), POLICY)
    deal = event("contract", "county", (2026, 3, 25), contractor="B", price_yuan=1)
    with pytest.raises(ConflictError, match="1 objections"):
        step(home, deal, POLICY)
    home = step(home, event("resolve", "county", (2026, 3, 25), answer="checked"), POLICY)
    assert step(home, deal, POLICY).state == "contracted"
    assert home.objections == 1


def test_a_change_of_the_works_waits_for_somebody_elses_approval():
    home = home_at("start")
    asked = event("change", "builder", (2026, 4, 3), reason="wall", items={"RI-01": 6}, price_yuan=3500)
    home = step(home, asked, POLICY)
    assert (home.items, home.price_yuan) == (ITEMS, 3300)
    with pytest.raises(ConflictError, match="waits for its approval"):
        step(home, event("finish", "builder", (2026, 4, 4)), POLICY)
    with pytest.raises(ConflictError, match="somebody else"):
        step(home, event("approve_change", "Builder", (2026, 4, 4)), POLICY)
    home = step(home, event("approve_change", "county", (2026, 4, 4)), POLICY)
    assert (home.items, home.price_yuan, home.changes) == ({"RI-01": 6}, 3500, 1)


def test_rework_takes_the_home_out_of_the_count_until_it_is_accepted_again():
    home = step(home_at("spot_check"), event("rework", "city", (2026, 6, 2), reason="loose"), POLICY)
    assert (home.state, home.need_met, home.settled_yuan, home.reworks) == ("in_works", None, None, 1)
    assert "accepted" not in home.entered
    assert home.entered["in_works"] == date(2026, 4, 1)  # its clock does not start anew


def test_what_is_sent_back_is_assessed_again_and_its_clock_goes_on():
    home = step(
        home_at("review_township"), event("send_back", "county", (2026, 3, 16), reason="photos"), POLICY
    )
    assert (home.state, home.assessor, home.township_reviewer) == ("applied", "", "")
    running = {clock.clock.id: clock for clock in clocks(home, POLICY)}
    assert running["assessment"].started_on == date(2026, 3, 2)
    assert running["assessment"].ended_on is None


def test_nothing_is_recorded_before_the_last_event_and_nothing_while_it_rests():
    with pytest.raises(ConflictError, match="events follow one another"):
        home_at("assess", assess={"day": (2026, 3, 1)})
    resting = step(home_at("assess"), event("pause", "clerk", (2026, 3, 10), reason="hospital"), POLICY)
    with pytest.raises(ConflictError, match="it rests since 2026-03-10"):
        step(resting, event("propose", "a", (2026, 3, 11), items=ITEMS, cost_yuan=1, agreed=True), POLICY)
    with pytest.raises(ConflictError, match="register it first"):
        replay([], POLICY)
    with pytest.raises(ConflictError, match="say who"):
        home_at("assess", assess={"by": "  "})


@given(st.lists(st.tuples(st.integers(0, len(WAY) - 1), st.integers(0, 3)), max_size=40))
def test_whatever_is_tried_no_accepted_home_lacks_two_signatures_of_different_people(tries):
    home = step(None, events_until("register")[0], POLICY)
    people = ("anna", "ben", "chen", "dong")
    for place, person in tries:
        kind, _, _, facts = WAY[place]
        try:
            home = step(home, event(kind, people[person], (2026, 5, 1), **facts), POLICY)
        except ConflictError:
            continue
        pairs = [(getattr(home, one), getattr(home, other)) for one, other in APART]
        assert all(one == "" or one != other for one, other in pairs)
        if home.state in {"accepted", "settled", "archived", "closed"}:
            assert "" not in {
                home.inspector,
                home.countersigner,
                home.township_reviewer,
                home.county_reviewer,
            }


def test_clocks_count_chinese_working_days():
    home = home_at("apply")
    due = {clock.clock.id: clock.due_on for clock in clocks(home, POLICY)}
    # 20 working days after Monday 2 March 2026: 3 March is the first, no holiday until 30 March.
    assert due["assessment"] == date(2026, 3, 30)
    assert due["works_end"] == date(2026, 11, 30)
    assert "whole_urgent" not in due
    # 10 to 12 March are three working days after the first, on which it began to rest.
    rests = [event("pause", "c", (2026, 3, 9), reason="ill"), event("resume", "c", (2026, 3, 12))]
    for each in rests:
        home = step(home, each, POLICY)
    assert {c.clock.id: c.due_on for c in clocks(home, POLICY)}["assessment"] == date(2026, 4, 2)


def test_an_urgent_home_has_the_shorter_clock_and_acceptance_counts_calendar_days():
    home = home_at("finish", register={"facts": {"urgent": True}})
    running = {clock.clock.id: clock for clock in clocks(home, POLICY)}
    assert "whole" not in running
    assert running["acceptance"].due_on == date(2026, 4, 30)  # 15 days after 15 April
    assert running["whole_urgent"].late(date(2026, 12, 1))


def test_a_deadline_in_a_year_without_announced_holidays_is_not_guessed_but_a_forecast_says_it_estimates():
    home = home_at("apply", register={"day": (2031, 1, 6)}, apply={"day": (2031, 3, 3)})
    assert {c.clock.id: c.due_on for c in clocks(home, POLICY)}["assessment"] is None
    told = forecast(home, POLICY, paces([], POLICY), date(2031, 3, 4))
    assert told.estimated
    assert told.likely_on > date(2031, 4, 1)


def test_a_forecast_goes_at_the_usual_pace_through_the_season():
    pace = paces([], POLICY)
    assert pace["applied"].half == POLICY.typical_days["applied"]
    told = forecast(home_at("contract"), POLICY, pace, date(2026, 3, 26))
    # 10 working days of contract to 10 April (Qingming is off), 10 of works to 24 April, 8 + 2 to acceptance.
    assert told.likely_on == date(2026, 5, 11)
    assert told.late_on > told.likely_on
    winter = forecast(home_at("contract"), POLICY, pace, date(2026, 11, 2))
    assert winter.likely_on > date(2027, 4, 1)  # outdoor works wait for April
    indoor = replace(home_at("contract"), items={"RI-16": 1.0})
    assert forecast(indoor, POLICY, pace, date(2026, 11, 2)).likely_on < date(2027, 2, 1)


def test_a_breach_is_told_before_it_happens():
    slow = home_at("apply")
    told = forecast(slow, POLICY, paces([], POLICY), date(2026, 3, 27))
    # 19 of 20 working days are gone where 10 are usual: half as many again are expected.
    assert [(clock.clock.id, how) for clock, how in told.at_risk] == [("assessment", "likely")]
    assert not forecast(slow, POLICY, paces([], POLICY), date(2026, 3, 10)).at_risk
    # Where nine in ten took up to 25 days, the same home may break its clock on the first day.
    crawling = paces(
        [home_at("assess", assess={"day": (2026, 4, d)}) for d in (*range(1, 4), *range(6, 11))], POLICY
    )
    told = forecast(slow, POLICY, crawling, date(2026, 3, 3))
    assert ("assessment", "likely") in [(clock.clock.id, how) for clock, how in told.at_risk]
    late = forecast(slow, POLICY, paces([], POLICY), date(2026, 3, 31))
    assert [clock.clock.id for clock in late.late] == ["assessment"]


def test_the_pace_is_that_of_the_homes_once_there_are_enough():
    homes = [home_at("assess", assess={"day": (2026, 3, 3 + n % 4)}) for n in range(12)]
    pace = paces(homes, POLICY)["applied"]
    # 1, 2, 3 and 4 working days after Monday 2 March, three homes each.
    assert (pace.half, pace.cases) == (2.5, 12)
    assert paces(homes[:7], POLICY)["applied"].cases == 0


def test_only_accepted_homes_count_and_the_year_end_is_forecast():
    homes = [
        replace(home_at("close"), uid="a"),
        replace(home_at("finish"), uid="b"),
        replace(home_at("apply"), uid="c"),
    ]
    homes.append(replace(home_at("apply"), uid="d", state="withdrawn"))
    told = [forecast(home, POLICY, paces([], POLICY), date(2026, 4, 16)) for home in homes]
    city, county = counters(homes, told, 2026, {None: 3})
    assert (city.target, city.cases, city.accepted, city.expected) == (3, 3, 1, 3)
    assert (county.county, county.target, county.accepted) == ("620702", None, 1)


def test_the_archive_says_what_is_missing():
    home = home_at("settle")
    held = archive_contents(home, ["application", "photo_before", "contract"], POLICY)
    assert [name for name, there in held.items() if not there] == [
        "assessment", "scheme", "photos_after", "acceptance", "settlement",
    ]  # fmt: skip


def test_satisfaction_outcome_and_follow_ups_are_counted():
    pleased, cross = home_at("survey"), home_at("survey", survey={"facts": {"answers": {"overall": 3}}})
    told = satisfaction([pleased, cross, home_at("apply")], POLICY)
    assert (told.answered, told.satisfied, told.share) == (2, 1, 0.5)
    assert told.means == {"overall": 4.0, "quality": 4.0}
    assert satisfaction([], POLICY).share is None
    rows = outcomes([pleased, home_at("apply")])
    assert rows[["before", "after", "met"]].to_numpy().tolist() == [[7, 1, 6]]
    assert follow_ups_due(pleased, POLICY, date(2026, 10, 20)) == []
    assert follow_ups_due(pleased, POLICY, date(2026, 10, 21)) == [(6, date(2026, 10, 21))]


def test_a_procedure_that_is_not_well_formed_is_refused():
    raw = table("cities/zhangye/works.toml")["policy"][0]
    for change, why in (
        ({"transition": [{"event": "apply", "from": ["nowhere"]}]}, "nowhere"),
        (
            {
                "transition": [
                    {"event": "start", "from": ["applied"]},
                    {"event": "start", "from": ["applied"]},
                ]
            },
            "twice",
        ),
        ({"transition": [{"event": "dance", "from": ["applied"]}]}, "dance"),
        ({"typical_days": {"applied": 3}}, "registered"),
        ({"surprise": 1}, "surprise"),
        ({"clock": [{"id": "x", "from": "applied", "until": "assessed"}]}, "one of"),
    ):
        with pytest.raises(StandardError, match=why):
            read({**raw, **change}, "works.toml")
    with pytest.raises(NotFoundError):
        policy_on(date(2020, 1, 1), "zhangye")
    assert all(clock.source for policy in policies("zhangye") for clock in policy.clocks)
    assert set(AFTER) == {"threshold", "toilet"}
