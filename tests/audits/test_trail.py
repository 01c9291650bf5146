"""Deeds are only ever added, the database refuses to change them, and whoever does is found out."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from audits import case_integrity, chain, event_store, trail, trail_store
from audits.trail import Deed
from audits.trail_store import Sought
from gis.db import transaction
from gis.errors import CodeError, FileFormatError
from tests.audits.forgery import APPENDED, unprotected

NOON = datetime(2026, 3, 2, 4, 0, 0, 250, tzinfo=UTC)


def deed(number=0, **changed):
    values = {"at": NOON + timedelta(minutes=number), "by": "li", "role": "admin", "kind": "account_made"}
    return Deed(**values | {"subject": f"account:{number}", "facts": {"regions": ["620702"]}} | changed)


@pytest.fixture
def filled(engine):
    """Three deeds, in two transactions."""
    with transaction(engine) as session:
        trail_store.record(session, deed(0), deed(1))
    with transaction(engine) as session:
        trail_store.record(session, deed(2, by="wang", kind="exported", subject="layer:toilets"))
    return engine


def test_deeds_are_read_newest_first_and_by_who_what_and_when(filled):
    with transaction(filled, read_only=True) as session:
        everything = trail_store.deeds(session, Sought(), 10)
        assert [position for position, _ in everything] == [3, 2, 1]
        assert everything[2] == (1, deed(0))
        assert [p for p, _ in trail_store.deeds(session, Sought(before=3), 1)] == [2]
        for sought, positions in (
            (Sought(by="wang"), [3]),
            (Sought(kind="account_made"), [2, 1]),
            (Sought(subject="account:1"), [2]),
            (Sought(since=NOON + timedelta(minutes=1)), [3, 2]),
        ):
            assert [position for position, _ in trail_store.deeds(session, sought, 10)] == positions


@pytest.mark.parametrize("table", APPENDED)
@pytest.mark.parametrize("change", ["UPDATE {} SET position = 9", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_what_was_added(filled, table, change):
    if table == "case_event":
        with transaction(filled) as session:
            session.execute(text(INSERT_CASE))
            session.execute(text(INSERT_EVENT))
    with pytest.raises(DBAPIError, match="only ever added"), transaction(filled) as session:
        session.execute(text(change.format(table)))
    with transaction(filled, read_only=True) as session:
        assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() > 0


INSERT_CASE = """INSERT INTO audit_case (id, uid, policy, kind, state, place_layer, place_uid, element, element_no,
    severity, finder, reported_on, reworks, escalations, reopenings)
    VALUES (1, 'c1', 'defect', 'defect', 'reported', 'toilets', 't1', 'door', 1, 'minor', 'li', '2026-03-02', 0, 0, 0)"""
INSERT_EVENT = """INSERT INTO case_event (position, case_id, kind, "by", at, facts)
    VALUES (1, 1, 'report', 'li', '2026-03-02 00:00:00', '{}')"""


@pytest.mark.parametrize(
    ("forgery", "why"),
    [
        ("UPDATE trail_deed SET \"by\" = 'wang' WHERE position = 1", "content"),
        ("UPDATE trail_deed SET facts = '{}' WHERE position = 2", "content"),
        ("DELETE FROM trail_deed WHERE position = 2", "missing"),
        ("UPDATE chain_link SET content = digest WHERE position = 2", "digest"),
    ],
)
def test_whoever_takes_the_triggers_off_is_found_out(filled, forgery, why):
    with transaction(filled) as session:
        assert case_integrity.checked_chain(session).whole
        unprotected(session)
        session.execute(text(forgery))
    with transaction(filled, read_only=True) as session:
        assert why in {fault.why for fault in case_integrity.checked_chain(session).faults}


def test_an_export_proves_itself_away_from_the_database(filled):
    with transaction(filled, read_only=True) as session:
        links = chain.written(event_store.links(session))
        text_of_deeds = trail.written(trail_store.records(session))
    assert trail.checked(links, [("deeds", text_of_deeds)]) == (3, [])
    forged = text_of_deeds.replace('"by": "wang"', '"by": "zhao"')
    assert trail.checked(links, [("deeds", forged)])[1] == [chain.Fault(3, "content")]
    shortened = text_of_deeds.splitlines(keepends=True)
    assert trail.checked(links, [("deeds", "".join(shortened[:2]))])[1] == [chain.Fault(3, "missing")]


@pytest.mark.parametrize(
    "line", ["", "{}", "[1]", '{"position": "x", "record": {}}', '{"position": 1, "record": 5}']
)
def test_a_file_that_is_no_trail_is_refused_with_its_line(line):
    with pytest.raises(FileFormatError, match="line 1"):
        trail.read(line + "\n", "deeds")


def test_a_deed_of_an_unknown_kind_is_not_recorded(engine):
    with pytest.raises(CodeError), transaction(engine) as session:
        trail_store.record(session, deed(kind="guessed"))
    with transaction(engine, read_only=True) as session:
        assert trail_store.records(session) == {}
