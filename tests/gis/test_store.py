"""An import changes what it says and nothing else, and can be taken back."""

import datetime as dt

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audits.tables import Finding, Measurement, Visit
from gis.db import transaction
from gis.errors import ConflictError, NotFoundError, SchemaError
from gis.frames import read_frame, write_frame
from gis.specs import RowIssue
from gis.store import (
    ApplyCounts,
    add_issues,
    apply_rows,
    batches,
    issues,
    layer,
    live_rows,
    standing_batch,
    undo_batch,
)
from gis.tables import ImportBatch, Toilet
from planner.tables import Person

NOW = dt.datetime(2026, 3, 1, 8, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
HERE = (100.45, 38.93)  # the centre of Ganzhou


def batch(session, layer_name="toilets", key="a" * 64) -> int:
    row = ImportBatch(
        layer=layer_name, file_name="toilets.csv", content_key=key, options={"datum": "wgs84"}, read=0,
        accepted=0, unchanged=0, repaired=0, quarantined=0, state="applied", imported_at=NOW, imported_by="me",
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def toilets(**names):
    """Toilets `uid=name`, each 0.01 degrees east of the one before."""
    return gpd.GeoDataFrame(
        {"uid": list(names), "name": list(names.values())},
        geometry=shapely.points([(HERE[0] + 0.01 * i, HERE[1]) for i in range(len(names))]),
        crs=4326,
    )


def names(session):
    live = layer(session, "toilets")
    return dict(zip(live["uid"], live["name"], strict=True))


def test_new_rows_are_inserted_changed_ones_replaced_and_equal_ones_left(engine):
    with transaction(engine) as session:
        assert apply_rows(session, Toilet, toilets(a="A", b="B"), batch(session)) == ApplyCounts(2, 0, 0)
        rows = toilets(a="A", b="B2", c="C")
        assert apply_rows(session, Toilet, rows, batch(session)) == ApplyCounts(1, 1, 1)
        assert names(session) == {"a": "A", "b": "B2", "c": "C"}
        assert session.scalar(select(func.count()).select_from(Toilet)) == 4  # the old B is still readable
        assert [row.uid for row in session.scalars(live_rows(Toilet).order_by(Toilet.uid))] == ["a", "b", "c"]


def test_rows_that_a_file_does_not_mention_stay(engine):
    with transaction(engine) as session:
        apply_rows(session, Toilet, toilets(a="A"), batch(session))
        apply_rows(session, Toilet, toilets(b="B"), batch(session))
        assert names(session) == {"a": "A", "b": "B"}


def test_a_move_of_a_metre_is_a_change_and_of_a_tenth_of_a_millimetre_is_none(engine):
    there = toilets(a="A")
    with transaction(engine) as session:
        apply_rows(session, Toilet, there, batch(session))
        hair = there.set_geometry(there.translate(1e-9, 0))
        assert apply_rows(session, Toilet, hair, batch(session)) == ApplyCounts(0, 0, 1)
        metre = there.set_geometry(there.translate(1.2e-5, 0))
        assert apply_rows(session, Toilet, metre, batch(session)) == ApplyCounts(0, 1, 0)


def test_a_digest_that_comes_with_the_rows_decides_what_is_changed(engine):
    # Encryption writes other bytes each time; only who encrypts knows that the person is the same.
    def people(facts, digest):
        return gpd.pd.DataFrame(
            {"uid": ["p"], "household_uid": ["h"], "facts": [facts], "content_hash": [digest]}
        )

    with transaction(engine) as session:
        one, two, three = (batch(session, "people") for _ in range(3))
        apply_rows(session, Person, people(b"one", "1" * 32), one)
        assert apply_rows(session, Person, people(b"two", "1" * 32), two) == ApplyCounts(0, 0, 1)
        assert apply_rows(session, Person, people(b"three", "3" * 32), three) == ApplyCounts(0, 1, 0)
        assert read_frame(session, Person)["facts"].tolist() == [b"three"]
        undo_batch(session, three, tables=[Person])
        assert read_frame(session, Person)["facts"].tolist() == [b"one"]


@pytest.mark.parametrize("uids", [["a", "a"], ["a", None]])
def test_rows_without_a_uid_of_their_own_are_refused(engine, uids):
    rows = toilets(a="A", b="B").assign(uid=uids)
    with transaction(engine) as session, pytest.raises(SchemaError, match="uid of its own"):
        apply_rows(session, Toilet, rows, batch(session))


def test_rows_of_an_import_that_does_not_exist_are_refused(engine):
    with transaction(engine) as session, pytest.raises(NotFoundError, match="99"):
        apply_rows(session, Toilet, toilets(a="A"), 99)


def test_two_live_rows_of_one_uid_cannot_be(engine):
    with Session(engine) as session:
        write_frame(session, Toilet, toilets(a="A"))
        with pytest.raises(ConflictError, match="toilet"):
            write_frame(session, Toilet, toilets(a="B"))


def test_an_unknown_layer_is_refused_with_the_list(engine):
    with transaction(engine) as session, pytest.raises(NotFoundError, match="regions, roads"):
        layer(session, "benches")


def test_imports_and_what_was_said_of_their_rows_are_kept(engine):
    with transaction(engine) as session:
        first, second = batch(session, key="1" * 64), batch(session, key="2" * 64)
        add_issues(
            session, first, [RowIssue(7, "lon", "quarantined", "swapped-axes", "38.9 is no longitude")]
        )
        add_issues(session, first, [])
    with transaction(engine, read_only=True) as session:
        assert [row.id for row in batches(session)] == [second, first]
        assert batches(session)[0].imported_at == NOW  # in UTC on both, not a bare local time
        assert [(row.row, row.reason) for row in issues(session, first)] == [(7, "swapped-axes")]
        assert standing_batch(session, "toilets", "1" * 64) is None  # another file came since
        assert standing_batch(session, "toilets", "2" * 64).id == second
        with pytest.raises(NotFoundError):
            issues(session, 99)


def test_an_undo_takes_the_new_rows_away_and_revives_the_old_ones(engine):
    with transaction(engine) as session:
        apply_rows(session, Toilet, toilets(a="A", b="B"), batch(session))
        second = batch(session)
        apply_rows(session, Toilet, toilets(a="A", b="B2", c="C"), second)
        assert undo_batch(session, second) == 2
        assert names(session) == {"a": "A", "b": "B"}
        assert session.get(ImportBatch, second).state == "undone"
        with pytest.raises(ConflictError, match="undone already"):
            undo_batch(session, second)


@pytest.mark.parametrize("later", [{"a": "A2"}, {"a": "A"}], ids=["replaced", "found unchanged"])
def test_an_import_that_a_later_one_stands_on_is_not_undone(engine, later):
    with transaction(engine) as session:
        first, second = batch(session), batch(session)
        apply_rows(session, Toilet, toilets(a="A", b="B"), first)
        apply_rows(session, Toilet, toilets(**later), second)
        with pytest.raises(ConflictError, match=f"imports undo {second}"):
            undo_batch(session, first)
        undo_batch(session, second)
        assert names(session) == {"a": "A", "b": "B"}
        undo_batch(session, first)
        assert names(session) == {}


def test_imports_of_other_rows_do_not_hinder_an_undo(engine):
    with transaction(engine) as session:
        first, second = batch(session), batch(session)
        apply_rows(session, Toilet, toilets(a="A"), first)
        apply_rows(session, Toilet, toilets(b="B"), second)
        undo_batch(session, first)
        assert names(session) == {"b": "B"}


def test_an_undo_of_audits_takes_visits_with_what_was_measured_and_found(engine):
    with transaction(engine) as session:
        kept, undone = batch(session, "audits"), batch(session, "audits")
        for uid, number in (("v1", kept), ("v2", undone)):
            visit = Visit(
                uid=uid, batch_id=number, place_layer="toilets", place_uid="a", inspector="i",
                visited_on=dt.date(2026, 3, 1), content_hash="0" * 32,
            )  # fmt: skip
            session.add(visit)
            session.flush()
            session.add(
                Measurement(
                    visit_id=visit.id, element="door", element_no=1, attribute="width", value=0.8, unit="m"
                )
            )
            session.add(
                Finding(
                    uid=f"f-{uid}", visit_id=visit.id, place_layer="toilets", place_uid="a", element="door",
                    element_no=1, rule_id="r", clause="c", unit="m", severity="high", state="open",
                    opened_on=dt.date(2026, 3, 1),
                )
            )  # fmt: skip
        session.flush()
        assert undo_batch(session, undone, tables=(Visit, Measurement, Finding)) == 3
        for table in (Visit, Measurement, Finding):
            assert session.scalar(select(func.count()).select_from(table)) == 1


def test_a_table_that_no_import_writes_cannot_be_undone(engine):
    with transaction(engine) as session, pytest.raises(SchemaError, match="batch_id"):
        undo_batch(session, batch(session), tables=[Measurement])


STEPS = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from("XYZ"), min_size=1), min_size=1, max_size=5
)


@given(files=STEPS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_undoing_imports_backwards_leads_through_every_earlier_state(engine, files):
    with Session(engine) as session:  # rolled back at the end, so that examples do not meet
        states, done = [names(session)], []
        for file in files:
            done.append(batch(session))
            counts = apply_rows(session, Toilet, toilets(**dict(sorted(file.items()))), done[-1])
            assert counts.inserted + counts.replaced + counts.unchanged == len(file)
            states.append(names(session))
            assert states[-1] == states[-2] | file
        for number in reversed(done):
            assert names(session) == states.pop()
            undo_batch(session, number)
        assert names(session) == states.pop() == {}
