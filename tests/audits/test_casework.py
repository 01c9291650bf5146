"""The loop from visit to closed case on both databases: opened, repaired, measured again, never by one hand."""

from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from audits import case_integrity, case_store, chain, event_store, service, store
from audits.case_opening import Report, open_cases, report_case
from audits.case_recheck import check_on_site, reinspect
from audits.case_store import Subject
from audits.casework import (
    act,
    cancel_orphans,
    dispatch,
    merge,
    pause,
    penalise,
    record_repair,
    resume,
    state_of,
)
from gis.db import transaction
from gis.errors import CodeError, ConflictError, NotFoundError
from gis.frames import write_frame
from gis.store import undo_batch
from gis.tables import ImportBatch, Toilet
from tests.audits.forgery import unprotected
from tests.audits.reading import readings

NOON = datetime(2025, 6, 2, 4, tzinfo=UTC)
PHOTO = "a" * 64
NARROW = {"turning_circle": "1.2 m", "door_clear_width": "950 mm"}
WIDE = {"turning_circle": "1.6 m", "door_clear_width": "950 mm"}


def at(hours):
    return NOON + timedelta(hours=hours)


def visit(said, *, uid="v1", by="finder", on=date(2025, 6, 1), no=1):
    rows = readings("accessible_toilet", said, place=("toilets", "t1"), visit=uid, no=no)
    return gpd.GeoDataFrame(rows.assign(inspector=by, visited_on=on), geometry=[None] * len(rows), crs=4326)


def bring(session, *visits):
    batch = ImportBatch(
        layer="audits", file_name="audits.csv", content_key="0" * 64, options={}, read=0, accepted=0, unchanged=0,
        repaired=0, quarantined=0, state="applied", imported_at=NOON, imported_by="test",
    )  # fmt: skip
    session.add(batch)
    session.flush()
    service.write_audits(session, gpd.GeoDataFrame(pd.concat(visits, ignore_index=True), crs=4326), batch.id)
    return batch.id


@pytest.fixture
def city(engine):
    toilets = gpd.GeoDataFrame(
        {"uid": ["t1"], "region_code": ["620702001"]}, geometry=[shapely.Point(100.4, 38.9)], crs=4326
    )
    with transaction(engine) as session:
        write_frame(session, Toilet, toilets)
    return engine


@pytest.fixture
def session(city):
    with transaction(city) as session:
        yield session


def opened(session, **options):
    bring(session, visit(NARROW, **options))
    (uid,) = open_cases(session, by="office", at=NOON).opened
    return uid


def sent(session, uid):
    act(session, uid, "review", by="reviewer", at=at(1))
    act(session, uid, "file", by="clerk", at=at(2))
    dispatch(session, uid, by="clerk", at=at(3), unit="street office")
    return uid


def repaired(session, uid):
    record_repair(session, sent(session, uid), by="mason", at=at(4), evidence=[PHOTO])
    return uid


def whole(session):
    found = case_integrity.checked_chain(session)
    assert found.whole, found
    return found


def test_a_finding_goes_the_whole_way_and_is_closed_by_others(session):
    uid = repaired(session, opened(session))
    row = case_store.case_row(session, uid)
    # Computed critical: five working days from Monday 2 June are Monday 9 June.
    assert (row.severity, row.due_on, row.region_code) == ("critical", date(2025, 6, 9), "620702001")
    bring(session, visit(WIDE, uid="v2", by="checker", on=date(2025, 6, 3)))
    assert reinspect(session, uid, by="checker", at=at(30), visit_uid="v2").state == "confirmed"
    assert act(session, uid, "close", by="clerk", at=at(31)).state == "closed"
    assert store.findings(session)["state"].tolist() == ["closed"]
    report = case_store.reports(session).iloc[0]
    assert report[["finder", "reviewer", "repairer", "reinspector", "ended_by"]].tolist() == [
        "finder", "reviewer", "mason", "checker", "clerk",
    ]  # fmt: skip
    assert whole(session).links == 7


def test_a_repair_that_measures_short_again_is_sent_back_and_opens_no_new_case(session):
    uid = repaired(session, opened(session))
    bring(session, visit(NARROW | {"turning_circle": "1.4 m"}, uid="v2", by="checker", on=date(2025, 6, 3)))
    assert open_cases(session, by="office", at=at(25)).waiting == 1
    state = reinspect(session, uid, by="checker", at=at(30), visit_uid="v2")
    # Three working days from Tuesday 3 June are Friday 6 June.
    assert (state.state, state.reworks, state.due_on) == ("dispatched", 1, date(2025, 6, 6))
    again = open_cases(session, by="office", at=at(31))
    assert (again.opened, again.joined, again.waiting) == ((), 0, 0)
    whole(session)


def test_a_re_inspection_has_to_be_the_same_clause_place_person_and_later(session):
    uid = repaired(session, opened(session))
    later = date(2025, 6, 3)
    bring(session, visit({"door_clear_width": "950 mm"}, uid="door", by="checker", on=later))
    bring(session, visit(WIDE, uid="early", by="checker", on=date(2025, 6, 1)))
    bring(session, visit(WIDE, uid="own", by="Mason", on=later))
    for name, by, why in [
        ("door", "checker", "did not measure GB-144"),
        ("early", "checker", "was not after the repair"),
        ("own", "checker", "was made by Mason, not by checker"),
        ("own", "mason", "mason repaired it"),
        ("v1", "finder", "was not after the repair"),
    ]:
        with pytest.raises(ConflictError, match=why):
            reinspect(session, uid, by=by, at=at(30), visit_uid=name)
    with pytest.raises(ConflictError, match="measure that again in a visit"):
        check_on_site(session, uid, by="checker", at=at(30), passed=True, evidence=[PHOTO])
    with pytest.raises(NotFoundError, match="visit 'v9'"):
        reinspect(session, uid, by="checker", at=at(30), visit_uid="v9")
    assert state_of(session, case_store.case_row(session, uid))[0].state == "repaired"


ROW = {
    "uid": "forged", "policy": "2022", "kind": "repair", "state": "closed", "place_layer": "toilets", "place_uid": "t1",
    "element": "ramp", "element_no": 1, "severity": "major", "finder": "finder", "reviewer": "reviewer",
    "repairer": "mason", "reinspector": "checker", "ended_by": "clerk", "reported_on": "2025-06-02", "reworks": 0,
    "escalations": 0, "reopenings": 0, "penalty_yuan": None,
}  # fmt: skip


def raw_insert(session, **changed):
    row = ROW | changed
    names = ", ".join(row)
    session.execute(
        text(f"INSERT INTO audit_case ({names}) VALUES ({', '.join(':' + name for name in row)})"), row
    )


def test_a_row_that_keeps_duties_apart_is_taken_by_the_database(session):
    raw_insert(session)
    assert session.execute(text("SELECT count(*) FROM audit_case")).scalar_one() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"ended_by": "finder"},
        {"ended_by": " FINDER "},
        {"ended_by": "mason"},
        {"ended_by": ""},
        {"reinspector": "finder"},
        {"reinspector": "mason"},
        {"reinspector": ""},
        {"repairer": "Finder"},
        {"repairer": ""},
        {"reviewer": "finder"},
        {"reviewer": ""},
        {"finder": " "},
        {"state": "cancelled", "ended_by": "finder"},
        {"state": "dismissed", "ended_by": ""},
        {"state": "merged", "ended_by": "finder"},
        {"penalty_yuan": 20000},
    ],
)
def test_the_database_itself_refuses_that_anybody_closes_their_own_finding(city, changed):
    with pytest.raises(IntegrityError), transaction(city) as session:
        raw_insert(session, **changed)


@pytest.mark.parametrize("role", ["reviewer", "repairer", "reinspector", "ended_by"])
@pytest.mark.parametrize("finder", ["finder", "second finder"])
def test_the_database_refuses_it_for_every_report_that_was_merged_in(city, role, finder):
    with transaction(city) as session:
        uid = opened(session)
        other = report_case(
            session, Report(Subject("toilets", "t1", "accessible_toilet"), "second finder", "minor"), at=NOON
        )
        merge(session, other, into=uid, by="clerk", at=at(1))
    change = text(f"UPDATE audit_case SET {role} = :name WHERE uid = :uid")
    with pytest.raises(IntegrityError), transaction(city) as session:
        session.execute(change, {"name": finder, "uid": uid})
    with pytest.raises(IntegrityError), transaction(city) as session:
        session.execute(text(f"UPDATE case_report SET {role} = :name"), {"name": "nobody of the case"})
    with transaction(city) as session:
        session.execute(change, {"name": "somebody else", "uid": uid})
        assert set(case_store.reports(session).query("opened_as == @other")[role]) == {"somebody else"}


def test_findings_of_one_element_are_one_case_and_a_later_one_joins_it(session):
    bring(session, visit(NARROW | {"door_clear_width": "700 mm"}), visit(NARROW, uid="v2", no=2))
    first = open_cases(session, by="office", at=NOON)
    assert len(first.opened) == 2
    bring(session, visit(NARROW, uid="v3", by="second finder", on=date(2025, 6, 2)))
    again = open_cases(session, by="office", at=at(1))
    assert (again.opened, again.joined) == ((), 1)
    sources = case_store.reports(session)
    assert set(sources.loc[sources["opened_as"] == first.opened[0], "finder"]) == {"finder", "second finder"}
    with pytest.raises(ConflictError, match="second finder reported it"):
        act(session, first.opened[0], "review", by="second finder", at=at(2))
    assert open_cases(session, by="office", at=at(3)).joined == 0
    whole(session)


def test_a_merge_keeps_both_sources_and_both_finders(session):
    uid = opened(session)
    about = Subject("toilets", "t1", "accessible_toilet", 7)
    other = report_case(session, Report(about, "citizen", "minor", note="too narrow"), at=at(1))
    state = merge(session, other, into=uid, by="clerk", at=at(2))
    assert state.finders == {"finder", "citizen"}
    sources = case_store.reports(session, case_store.case_row(session, uid).id)
    assert sources[["origin", "opened_as"]].to_numpy().tolist() == [["inspection", uid], ["report", other]]
    assert case_store.case_row(session, other).merged_into == uid
    ramp = Subject("toilets", "t1", "wheelchair_ramp")
    elsewhere = report_case(session, Report(ramp, "citizen", "minor"), at=at(3))
    with pytest.raises(ConflictError, match="another element"):
        merge(session, uid, into=elsewhere, by="clerk", at=at(4))
    whole(session)


def test_a_new_finding_soon_after_the_end_is_a_recurrence_and_much_later_is_not(session):
    uid = repaired(session, opened(session))
    bring(session, visit(WIDE, uid="v2", by="checker", on=date(2025, 6, 3)))
    reinspect(session, uid, by="checker", at=at(30), visit_uid="v2")
    act(session, uid, "close", by="clerk", at=at(31))
    bring(session, visit(NARROW, uid="v3", on=date(2025, 12, 1)))
    soon = open_cases(session, by="office", at=datetime(2025, 12, 1, 4, tzinfo=UTC))
    assert soon.recurring == soon.opened
    assert case_store.case_row(session, soon.opened[0]).recurs == uid
    act(
        session,
        soon.opened[0],
        "cancel",
        by="clerk",
        at=datetime(2025, 12, 2, tzinfo=UTC),
        reason="demolished",
    )
    bring(session, visit(NARROW, uid="v4", on=date(2026, 2, 1)))
    late = open_cases(session, by="office", at=datetime(2026, 2, 2, 4, tzinfo=UTC))
    assert (len(late.opened), late.recurring) == (1, ())


def test_a_pause_moves_the_deadline_by_working_days(session):
    uid = sent(session, opened(session))
    pause(session, uid, by="clerk", at=at(24), reason="frost")
    with pytest.raises(ConflictError, match="it is paused"):
        record_repair(session, uid, by="mason", at=at(25), evidence=[PHOTO])
    # Paused on Tuesday 3 June, resumed on Friday 6 June: three working days.
    state = resume(session, uid, by="clerk", at=at(96))
    assert (state.due_on, state.promised_on) == (date(2025, 6, 12), date(2025, 6, 12))


def test_a_deadline_in_a_year_without_a_calendar_is_given_as_a_date(session):
    uid = opened(session)
    act(session, uid, "review", by="reviewer", at=at(1))
    act(session, uid, "file", by="clerk", at=at(2))
    far = datetime(2090, 1, 2, tzinfo=UTC)
    with pytest.raises(ConflictError, match="working days of 2090 are not known"):
        dispatch(session, uid, by="clerk", at=far, unit="street office")
    state = dispatch(session, uid, by="clerk", at=far, unit="street office", due_on=date(2090, 2, 1))
    assert state.due_on == date(2090, 2, 1)


def occupied(session):
    about = Subject("toilets", "t1", "accessible_toilet", violation="occupation", offender="unit")
    return report_case(session, Report(about, "warden", "major", note="used as a store"), at=NOON)


def test_a_violation_is_ordered_checked_and_fined_by_the_law(session):
    uid = sent(session, occupied(session))
    with pytest.raises(ConflictError, match="has not passed"):
        penalise(session, uid, by="clerk", at=at(5), yuan=20_000)
    overdue = 24 * 60
    with pytest.raises(ConflictError, match="between 10,000 and 30,000"):
        penalise(session, uid, by="clerk", at=at(overdue), yuan=500)
    assert act(session, uid, "escalate", by="clock", at=at(overdue)).escalations == 1
    assert penalise(session, uid, by="clerk", at=at(overdue + 1), yuan=20_000).penalty_yuan == 20_000
    record_repair(session, uid, by="owner", at=at(overdue + 2), evidence=[PHOTO])
    with pytest.raises(ConflictError, match="needs the digest"):
        check_on_site(session, uid, by="checker", at=at(overdue + 3), passed=True, evidence=[])
    back = check_on_site(session, uid, by="checker", at=at(overdue + 3), passed=False, evidence=[PHOTO])
    assert (back.state, back.reworks) == ("dispatched", 1)
    record_repair(session, uid, by="owner", at=at(overdue + 4), evidence=[PHOTO])
    check_on_site(session, uid, by="checker", at=at(overdue + 5), passed=True, evidence=[PHOTO])
    assert act(session, uid, "close", by="clerk", at=at(overdue + 6)).state == "closed"
    whole(session)


def test_a_report_is_in_words_of_the_lists(session):
    with pytest.raises(ConflictError, match="Who violates"):
        report_case(
            session,
            Report(Subject("toilets", "t1", "accessible_toilet", violation="damage"), "a", "major"),
            at=NOON,
        )
    with pytest.raises(CodeError, match="severity"):
        report_case(session, Report(Subject("toilets", "t1", "accessible_toilet"), "a", "awful"), at=NOON)
    with pytest.raises(ConflictError, match="say who did it"):
        report_case(session, Report(Subject("toilets", "t1", "accessible_toilet"), " ", "major"), at=NOON)
    uid = opened(session)
    with pytest.raises(ConflictError, match="is no violation"):
        penalise(session, uid, by="clerk", at=at(1), yuan=200)


def test_an_undone_import_leaves_a_case_whose_history_stands_and_a_later_one_opens_it_anew(session):
    batch = bring(session, visit(NARROW))
    (uid,) = open_cases(session, by="office", at=NOON).opened
    undo_batch(session, batch, tables=store.BATCH_TABLES)
    assert case_store.reports(session)["finding_id"].isna().all()
    whole(session)
    assert cancel_orphans(session, by="office", at=at(1)) == (uid,)
    assert cancel_orphans(session, by="office", at=at(2)) == ()
    assert case_store.case_row(session, uid).state == "cancelled"
    bring(session, visit(NARROW))
    assert len(open_cases(session, by="office", at=at(3)).opened) == 1
    whole(session)


def test_a_finding_that_comes_back_finds_its_open_case_again(session):
    batch = bring(session, visit(NARROW))
    open_cases(session, by="office", at=NOON)
    undo_batch(session, batch, tables=store.BATCH_TABLES)
    bring(session, visit(NARROW))
    again = open_cases(session, by="office", at=at(1))
    assert (again.opened, again.joined) == ((), 0)
    assert case_store.reports(session)["finding_id"].notna().all()
    assert cancel_orphans(session, by="office", at=at(2)) == ()


@pytest.mark.parametrize(
    ("forgery", "what"),
    [
        ("UPDATE audit_case SET state = 'filed'", "altered"),
        ("UPDATE audit_case SET due_on = '2026-12-31'", "altered"),
        ("UPDATE audit_case SET reworks = 3", "altered"),
        ("UPDATE case_event SET \"by\" = 'somebody' WHERE kind = 'review'", "content"),
        ("UPDATE case_event SET at = '2025-06-02 05:30:00+00:00' WHERE kind = 'review'", "content"),
        ("DELETE FROM case_event WHERE kind = 'repair'", "missing"),
        ("UPDATE chain_link SET content = digest WHERE position = 2", "digest"),
        ("UPDATE chain_link SET digest = content WHERE position = 2", "digest"),
    ],
)
def test_every_forgery_in_the_database_is_found(session, forgery, what):
    repaired(session, opened(session))
    whole(session)
    unprotected(session)
    session.execute(text(forgery))
    session.expire_all()
    found = case_integrity.checked_chain(session)
    assert not found.whole
    assert what in ({fault.why for fault in found.faults} | ({"altered"} if found.altered else set()))


def test_the_chain_verifies_from_an_export_and_shows_what_was_cut_off_since(session):
    uid = sent(session, opened(session))
    exported = case_integrity.exported_chain(session)
    assert case_integrity.checked_export(exported, "chain.txt", now=event_store.links(session)).whole
    record_repair(session, uid, by="mason", at=at(9), evidence=[PHOTO])
    assert case_integrity.checked_export(exported, "chain.txt", now=event_store.links(session)).whole
    unprotected(session)
    session.execute(text("DELETE FROM case_event WHERE position >= 4"))
    session.execute(text("DELETE FROM chain_link WHERE position >= 4"))
    cut = case_integrity.checked_export(exported, "chain.txt", now=event_store.links(session))
    assert cut.faults == (chain.Fault(4, "missing"),)


def test_a_chain_of_nothing_is_whole(session):
    assert whole(session).links == 0
    assert case_integrity.exported_chain(session).startswith("tantu-chain 1\t0\t")
    with pytest.raises(NotFoundError, match="tantu audit cases"):
        case_store.case_row(session, "c9")
