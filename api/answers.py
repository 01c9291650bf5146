"""Visitors tell whether what is published of a place is still right; it never changes a grade.

A grade comes from an inspection alone. What visitors say is shown beside it, and a place that is called
wrong more often than right since its last inspection is one to inspect again.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from api.answers_tables import PlaceAnswer

COUNTED_DAYS = 365


@dataclass(frozen=True)
class Answers:
    """How many visitors of the last year found a place as published, and how many did not."""

    right: int
    wrong: int

    @property
    def doubted(self) -> bool:
        """More than one visitor says it is wrong, and more than say it is right."""
        return self.wrong > max(1, self.right)


def add(session: Session, layer: str, uid: str, *, still_right: bool, on: date) -> None:
    """Keep one answer."""
    session.add(PlaceAnswer(place_layer=layer, place_uid=uid, still_right=still_right, answered_on=on))


def of_place(session: Session, layer: str, uid: str, *, on: date, since: date | None = None) -> Answers:
    """Return the answers about a place in the year before a day, or since its last inspection."""
    first = max(filter(None, (on - timedelta(days=COUNTED_DAYS), since)))
    asked = select(func.coalesce(func.sum(cast(PlaceAnswer.still_right, Integer)), 0), func.count()).where(
        PlaceAnswer.place_layer == layer,
        PlaceAnswer.place_uid == uid,
        PlaceAnswer.answered_on >= first,
        PlaceAnswer.answered_on <= on,
    )
    right, total = session.execute(asked).one()
    return Answers(int(right), int(total) - int(right))


def doubted(session: Session, layer: str, *, on: date) -> list[str]:
    """Return the uids of places that visitors of the last year call wrong more often than right."""
    wrong = func.count() - func.coalesce(func.sum(cast(PlaceAnswer.still_right, Integer)), 0)
    asked = (
        select(PlaceAnswer.place_uid)
        .where(PlaceAnswer.place_layer == layer, PlaceAnswer.answered_on >= on - timedelta(days=COUNTED_DAYS))
        .group_by(PlaceAnswer.place_uid)
        .having(wrong > 1, wrong * 2 > func.count())
        .order_by(wrong.desc(), PlaceAnswer.place_uid)
    )
    return list(session.scalars(asked))
