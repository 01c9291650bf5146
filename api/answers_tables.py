"""What visitors answer to "is this still right?": the place, the answer, the day, no more."""

from datetime import date

from sqlalchemy import Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gis.tables import Base, BigId


class PlaceAnswer(Base):
    """One answer of one visitor about what is published of one place."""

    __tablename__ = "place_answer"
    __table_args__ = (Index("ix_place_answer_place", "place_layer", "place_uid", "answered_on"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    place_layer: Mapped[str] = mapped_column(String(12))
    place_uid: Mapped[str] = mapped_column(String(80))
    still_right: Mapped[bool]
    answered_on: Mapped[date] = mapped_column(Date)
