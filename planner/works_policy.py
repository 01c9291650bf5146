"""The dated rules by which a home is renovated: transitions, clocks, papers of the archive, questions.

They are the table `works.toml` of a city. What they may never change, who may not sign what, is in
`planner.works` and in the tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from gis.catalogue import Language, codelist, table
from gis.errors import CodeError, NotFoundError, StandardError


@dataclass(frozen=True)
class Clock:
    """How long a case may take from entering one state to entering another.

    One of `working_days`, `days` (calendar) and `by` (month and day in the year of the case) is set; an
    `urgent` one takes the place of the other of the same span in an urgent home.
    """

    id: str
    start: str
    until: str
    working_days: int | None
    days: int | None
    by: tuple[int, int] | None
    urgent: bool
    zh: str
    en: str
    source: str
    verified: bool

    def label(self, lang: Language) -> str:
        """Return its name."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Item:
    """A document of the archive (`paper`: signed and filed) or a question of the survey."""

    id: str
    zh: str
    en: str
    paper: bool = False

    def label(self, lang: Language) -> str:
        """Return its name."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class WorksPolicy:
    """The procedure in force from one day on; `moves` maps (event, state) to the next state."""

    id: str
    valid_from: date
    source: str
    verified: bool
    path: tuple[str, ...]
    moves: Mapping[tuple[str, str], str]
    clocks: tuple[Clock, ...]
    documents: tuple[Item, ...]
    questions: tuple[Item, ...]
    typical_days: Mapping[str, int]
    notice_days: int
    follow_up_months: tuple[int, ...]
    outdoor_months: tuple[int, int]
    signatures: tuple[str, ...]
    spot_check_half_width: float
    satisfied_from: float

    def reached(self, state: str, target: str) -> bool:
        """Tell whether a state on the path is `target` or lies behind it."""
        return state in self.path and self.path.index(state) >= self.path.index(target)


def policy_on(day: date, city_id: str) -> WorksPolicy:
    """Return the procedure in force in a city on a day.

    Raises
    ------
    NotFoundError
        None was in force yet, or the city has none.
    StandardError
        The table is not well formed.
    """
    held = [policy for policy in policies(city_id) if policy.valid_from <= day]
    if not held:
        first = policies(city_id)[0].valid_from
        raise NotFoundError("works policy", str(day), f"the first is in force from {first}")
    return held[-1]


def policy_of(policy_id: str, city_id: str) -> WorksPolicy:
    """Return the procedure of an id.

    Raises
    ------
    NotFoundError
        The city has none of that id.
    StandardError
        The table is not well formed.
    """
    for policy in policies(city_id):
        if policy.id == policy_id:
            return policy
    raise NotFoundError("works policy", policy_id, f"there are {', '.join(p.id for p in policies(city_id))}")


@cache
def policies(city_id: str) -> tuple[WorksPolicy, ...]:
    """Return every procedure of a city, the oldest first.

    Raises
    ------
    NotFoundError
        The city has no table of works.
    StandardError
        The table is not well formed.
    """
    file = f"cities/{city_id}/works.toml"
    found = (read(raw, file) for raw in table(file)["policy"])
    return tuple(sorted(found, key=lambda policy: policy.valid_from))


def read(raw: Mapping[str, Any], file: str) -> WorksPolicy:
    """Return a procedure from its table, checked.

    Raises
    ------
    StandardError
        An unknown state or event, a transition given twice, a clock that is none, or a missing figure.
    """
    values = dict(raw)
    states = codelist("works_state").codes
    try:
        path = tuple(values.pop("path"))
        _known(path, states, file, "path")
        typical = {str(state): int(days) for state, days in values.pop("typical_days").items()}
        _known([*typical, *path[:-2]], {*path} & {*typical}, file, "typical_days")
        return WorksPolicy(
            path=path,
            moves=_moves(values.pop("transition"), states, file),
            clocks=tuple(_clock(row, path, file) for row in values.pop("clock")),
            documents=tuple(Item(**row) for row in values.pop("document")),
            questions=tuple(Item(**row) for row in values.pop("question")),
            typical_days=typical,
            follow_up_months=tuple(values.pop("follow_up_months")),
            outdoor_months=_pair(values.pop("outdoor_months")),
            signatures=tuple(values.pop("signatures")),
            **values,
        )
    except (CodeError, KeyError, TypeError, ValueError) as error:
        raise StandardError(file, f"policy {raw.get('id')}", str(error)) from error


def _moves(
    rows: Sequence[Mapping[str, Any]], states: Mapping[str, Any], file: str
) -> dict[tuple[str, str], str]:
    moves: dict[tuple[str, str], str] = {}
    for row in rows:
        event, goal = codelist("works_event")[row["event"]].code, row.get("to")
        _known([*row["from"], *([goal] if goal else [])], states, file, f"transition {event}")
        for state in row["from"]:
            if (event, state) in moves:
                raise StandardError(file, f"transition {event}", f"it is given twice from '{state}'")
            moves[event, state] = str(goal or state)
    return moves


def _clock(row: Mapping[str, Any], path: Sequence[str], file: str) -> Clock:
    _known([row["from"], row["until"]], path, file, f"clock {row['id']}")
    if sum(name in row for name in ("working_days", "days", "by")) != 1:
        raise StandardError(file, f"clock {row['id']}", "give one of working_days, days and by")
    by = None
    if "by" in row:
        month, day = (int(part) for part in str(row["by"]).split("-"))
        by = (date(2024, month, day).month, day)
    return Clock(
        id=row["id"], start=row["from"], until=row["until"], working_days=row.get("working_days"),
        days=row.get("days"), by=by, urgent=bool(row.get("urgent", False)), zh=row["zh"], en=row["en"],
        source=row["source"], verified=row["verified"],
    )  # fmt: skip


def _pair(values: Sequence[int]) -> tuple[int, int]:
    first, last = values
    return int(first), int(last)


def _known(names: Sequence[str], known: Any, file: str, where: str) -> None:  # noqa: ANN401  any container
    for name in names:
        if name not in known:
            raise StandardError(file, where, f"there is no state '{name}'")
