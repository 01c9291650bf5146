"""A register of the province knows people by their certificate, not by our numbers."""

from itertools import count

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.db import transaction
from planner import service
from planner.matching import housed, known_as
from planner.sealing import id_marks
from planner.secrecy import Cipher
from tests.planner.test_service import batch
from tests.planner.towns import certificate, people_frame, person

CIPHER = Cipher(b"k" * 32)


@pytest.fixture
def registered(engine):
    """A database that knows two people of one home."""
    ours = people_frame(
        person(
            "p1",
            "h1",
            name="王甲",
            grade=1,
            phone="13912345678",
            certificate=certificate("4", 1, order="101"),
        ),
        person("p2", "h1", name="王乙", grade=2, certificate=certificate("4", 2, order="102")),
    )
    with transaction(engine) as session:
        service.write_people(session, ours, batch(session), CIPHER)
    return engine


def provincial(**columns):
    """Rows as the provincial export has them: numbers of its own, few columns."""
    return pd.DataFrame(columns)


def test_a_provincial_export_updates_the_people_we_know_and_adds_the_others(registered):
    rows = provincial(
        uid=["GS-1", "GS-2"],
        certificate=[certificate("4", 1, order="101"), certificate("1", 1, order="103")],
        name=["王甲", "李丙"],
        hardship=["tekun", "dibao"],
    )
    with transaction(registered) as session:
        counts = service.write_people(session, rows, batch(session, 2), CIPHER)
        people = service.read_people(session, CIPHER).set_index("uid")
    assert (counts.inserted, counts.replaced) == (1, 1)
    assert sorted(people.index) == ["GS-2", "p1", "p2"]
    # What the province says is taken, what it does not say stays as the family told it.
    assert (people.loc["p1", "hardship"], people.loc["p1", "phone"]) == ("tekun", "13912345678")
    assert people.loc["p1", "household_uid"] == "h1"
    # Who was not known is a household of one until somebody says otherwise.
    assert people.loc["GS-2", "household_uid"] == "GS-2"


def test_a_reissued_card_and_a_new_grade_are_still_the_same_person(registered):
    number = certificate("4", 1, order="101")
    rows = provincial(uid=["GS-1"], certificate=[number[:19] + "2B1"], grade=[2])
    with transaction(registered) as session:
        service.write_people(session, rows, batch(session, 2), CIPHER)
        people = service.read_people(session, CIPHER).set_index("uid")
    assert sorted(people.index) == ["p1", "p2"]
    assert people.loc["p1", "grade"] == 2


@given(st.lists(st.sampled_from(["101", "102", "103", None]), min_size=1, max_size=6))
def test_nobody_becomes_two_and_no_two_become_one(orders):
    numbers = count()
    rows = pd.DataFrame(
        {
            "uid": [f"GS-{next(numbers)}" for _ in orders],
            "certificate": [None if order is None else certificate("4", 1, order=order) for order in orders],
        }
    )
    ours = dict(
        zip(
            ("p1", "p2"),
            id_marks([certificate("4", 1, order=o) for o in ("101", "102")], CIPHER),
            strict=True,
        )
    )
    found = known_as(rows, ours, CIPHER)
    taken = found.dropna().tolist()
    assert len(taken) == len(set(taken))
    assert set(taken) == {{"101": "p1", "102": "p2"}[order] for order in orders if order in {"101", "102"}}


def test_a_person_of_no_known_household_is_a_household_of_one():
    assert housed(pd.DataFrame({"uid": ["a", "b"], "household_uid": ["h", None]}))[
        "household_uid"
    ].tolist() == ["h", "b"]
