"""What one can do with the works of the programme: open cases, move them on, forecast, draw, settle.

Each function that changes a case replays its events, lets `planner.works.step` decide, and writes event,
chain link and row in the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from pandas import DataFrame
from sqlalchemy.orm import Session

from audits import evidence, sampling
from gis.errors import CodeError, ConflictError
from planner import works_clock, works_store
from planner.stored import StoredPlan
from planner.works import replay, step
from planner.works_figures import archive_contents, settled_lines, settlement
from planner.works_policy import WorksPolicy, policy_of, policy_on
from planner.works_state import WorksEvent, WorksState
from planner.works_store import EVERYTHING, Scope
from planner.works_tables import WorksCase


@dataclass(frozen=True)
class Signed:
    """Who does something, on which day in China, and when it is written down."""

    by: str
    on: date
    at: datetime


@dataclass(frozen=True)
class Opened:
    """Cases that were opened, and homes passed over since they have one already."""

    uids: tuple[str, ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True)
class Works:
    """The cases of a scope with their rows, the procedure in force, and what is to be expected of each."""

    rows: DataFrame
    cases: tuple[WorksState, ...]
    forecasts: tuple[works_clock.Forecast, ...]
    policy: WorksPolicy


def open_cases(
    session: Session, plan: StoredPlan, year: int, signed: Signed, *, city_id: str, urgent: Sequence[str] = ()
) -> Opened:
    """Open a case for every home that a plan gives a year; homes that have one are passed over.

    Raises
    ------
    ConflictError
        The plan gives no home that year.
    NotFoundError
        The city has no procedure of works.
    """
    homes = plan.chosen[plan.chosen["year"] == year].sort_values(["county_code", "rank", "household_uid"])
    if homes.empty:
        raise ConflictError(f"Plan {plan.id} gives no home the year {year}; it plans {list(plan.calendar)}.")
    policy = policy_on(signed.on, city_id)
    known = works_store.known_homes(session, year)
    fresh = homes[~homes["household_uid"].isin(known)]
    regions = works_store.regions_of_homes(session, fresh["household_uid"].tolist())
    number = works_store.last_number(session, year)
    rows, events = [], []
    for home in fresh.to_dict("records"):
        number += 1
        household = str(home["household_uid"])
        facts = {
            "uid": f"{year}-{number:05d}", "household": household, "year": year, "plan": plan.id,
            "county": str(home["county_code"]), "urgent": household in set(urgent),
        }  # fmt: skip
        event = WorksEvent("register", signed.by, signed.on, facts)
        rows.append(_row(step(None, event, policy), policy.id, plan.id, home, regions.get(household)))
        events.append(event)
    ids = works_store.add_cases(session, rows)
    told = [(ids[row["uid"]], row["uid"], event) for row, event in zip(rows, events, strict=True)]
    works_store.add_events(session, told, at=signed.at)
    return Opened(tuple(row["uid"] for row in rows), tuple(sorted(known & set(homes["household_uid"]))))


def act(
    session: Session, uid: str, kind: str, signed: Signed, *, city_id: str, scope: Scope = EVERYTHING,
    **facts: Any,  # noqa: ANN401  plain JSON values
) -> WorksState:  # fmt: skip
    """Do an event to a case.

    What follows from other records is filled in: the last day of a public notice, the proof of the photos at
    acceptance, and what the archive holds.

    Raises
    ------
    NotFoundError
        There is no such case in the scope.
    ConflictError
        The event is not allowed; the message says why.
    CodeError
        There is no such event.
    """
    row = works_store.case_row(session, uid, scope, for_update=True)
    case, policy = state_of(session, row, city_id)
    known = sorted({event for event, _ in policy.moves})
    if kind not in known:
        raise CodeError("works event", kind, known)
    given = {name: value for name, value in facts.items() if value is not None}
    if kind == "publish" and "until" not in given:
        given["until"] = (signed.on + timedelta(days=policy.notice_days)).isoformat()
    if kind == "accept":
        given["photos"] = _proved(session, row)
    if kind == "archive":
        held = archive_of(session, uid, city_id=city_id, scope=scope)
        given["documents"] = [name for name, there in held.items() if there]
    event = WorksEvent(kind, signed.by.strip(), signed.on, given)
    changed = step(case, event, policy)
    works_store.add_events(session, [(row.id, row.uid, event)], at=signed.at)
    works_store.keep_state(session, row, changed)
    return changed


def state_of(session: Session, row: WorksCase, city_id: str) -> tuple[WorksState, WorksPolicy]:
    """Return a case as its events say, with the procedure it follows."""
    policy = policy_of(row.policy, city_id)
    return replay(works_store.events_of(session, [row.id])[row.id], policy), policy


def works(session: Session, *, city_id: str, on: date, scope: Scope = EVERYTHING) -> Works:
    """Return the cases of a scope with their forecasts; the pace is that of all cases of the city.

    Raises
    ------
    NotFoundError
        The city has no procedure of works in force.
    """
    policy = policy_on(on, city_id)
    rows = works_store.cases(session, scope)
    events = works_store.events_of(session)
    every = {
        case_id: replay(told, policy_of(policy_id, city_id))
        for case_id, policy_id, told in _with_events(works_store.cases(session), events)
    }
    pace = works_clock.paces(every.values(), policy)
    cases = tuple(every[int(case_id)] for case_id in rows["id"])
    forecasts = (
        works_clock.forecast(case, policy_of(str(policy_id), city_id), pace, on)
        for case, policy_id in zip(cases, rows["policy"], strict=True)
    )
    return Works(rows, cases, tuple(forecasts), policy)


def record_photos(
    session: Session, uid: str, kept: evidence.Kept, role: str, signed: Signed, *, scope: Scope = EVERYTHING
) -> evidence.PhotoReport:
    """Note photos that are in the media store as evidence of a case, whatever their names say.

    Raises
    ------
    NotFoundError
        There is no such case in the scope.
    ConflictError
        A photo is evidence of another home already.
    """
    row = works_store.case_row(session, uid, scope)
    named = [replace(photo, visit_uid=None, role=role) for photo in kept.photos]
    report = evidence.record_photos(session, evidence.Kept(named, kept.refused), now=signed.at, by=signed.by)
    uids = [(evidence.photo_uid(photo, None), role) for photo in named]
    works_store.add_photos(session, row.id, uids)
    return report


def file_document(
    session: Session, uid: str, kind: str, sha256: str, signed: Signed, *, city_id: str,
    shelf_mark: str | None = None, scope: Scope = EVERYTHING,
) -> bool:  # fmt: skip
    """Note a signed paper in the archive of a home; return whether it is new.

    Raises
    ------
    NotFoundError
        There is no such case in the scope.
    CodeError
        The archive asks for no paper of that kind.
    """
    row = works_store.case_row(session, uid, scope)
    papers = [paper.id for paper in policy_of(row.policy, city_id).documents if paper.paper]
    if kind not in papers:
        raise CodeError("works paper", kind, papers)
    facts = {"case_id": row.id, "kind": kind, "sha256": sha256, "shelf_mark": shelf_mark}
    return works_store.add_document(session, facts | {"filed_on": signed.on, "filed_by": signed.by})


def archive_of(session: Session, uid: str, *, city_id: str, scope: Scope = EVERYTHING) -> dict[str, bool]:
    """Return which papers the archive of a home holds, in the order of the procedure.

    Raises
    ------
    NotFoundError
        There is no such case in the scope.
    """
    row = works_store.case_row(session, uid, scope)
    case, policy = state_of(session, row, city_id)
    kinds = works_store.documents(session, row.id)["kind"].tolist()
    kinds += [f"photo_{role}" for role in works_store.photos(session, row.id)["role"]]
    return archive_contents(case, kinds, policy)


def settled(session: Session, *, city_id: str, scope: Scope = EVERYTHING) -> DataFrame:
    """Return the money of the works of a scope by county; see `planner.works_figures.settlement`."""
    rows = works_store.cases(session, scope)
    told = _with_events(rows, works_store.events_of(session, rows["id"].tolist()))
    cases = [replay(events, policy_of(policy_id, city_id)) for _, policy_id, events in told]
    return settlement(rows, settled_lines(cases))


def drawn_for_spot_check(
    session: Session, *, city_id: str, on: date, seed: int, scope: Scope = EVERYTHING
) -> DataFrame:
    """Return the accepted homes to visit: `uid`, `stratum` (county), `draw`, stratified and drawn by seed.

    Raises
    ------
    NotFoundError
        The city has no procedure of works in force.
    """
    rows = works_store.cases(session, scope)
    accepted = rows[rows["accepted_on"].notna()]
    places = DataFrame({"uid": accepted["uid"], "stratum": accepted["county_code"]})
    half = policy_on(on, city_id).spot_check_half_width
    listed = {str(name): int(count) for name, count in places["stratum"].value_counts().items()}
    sizes = sampling.allocate(listed, sampling.sample_size(len(places), half))
    return sampling.draw(places.reset_index(drop=True), sizes, seed)


def spot_checked(session: Session, scope: Scope = EVERYTHING) -> sampling.Interval | None:
    """Return the share of accepted homes that passes, from those checked so far; None while none is."""
    rows = works_store.cases(session, scope)
    rows = rows[rows["accepted_on"].notna()]
    strata = {
        str(county): sampling.Stratum(
            len(homes),
            int(homes["spot_passed"].notna().sum()),
            int(homes["spot_passed"].fillna(False).sum()),  # noqa: FBT003
        )
        for county, homes in rows.groupby("county_code")
    }
    checked = sum(stratum.inspected for stratum in strata.values())
    return sampling.stratified(strata) if checked else None


def _with_events(
    rows: DataFrame, events: dict[int, list[WorksEvent]]
) -> list[tuple[int, str, list[WorksEvent]]]:
    return [
        (int(case_id), str(policy_id), events[int(case_id)])
        for case_id, policy_id in zip(rows["id"], rows["policy"], strict=True)
    ]


def _row(
    case: WorksState, policy_id: str, plan_id: int, home: dict[Any, Any], region: str | None
) -> dict[str, Any]:
    return {
        "uid": case.uid, "policy": policy_id, "plan_id": plan_id, "household_uid": case.household,
        "region_code": region, "county_code": case.county, "year": case.year, "state": case.state,
        "urgent": case.urgent, "budget_yuan": float(home["cost_yuan"]), "changed_on": case.on,
    }  # fmt: skip


def _proved(session: Session, row: WorksCase) -> dict[str, int]:
    """Return how many photos after the works are proved against one before; a false one is refused."""
    photos = works_store.photos(session, row.id)
    before = photos.loc[photos["role"] == "before", "photo_uid"].tolist()
    after = photos.loc[photos["role"] == "after", "photo_uid"].tolist()
    if not before or not after:
        raise ConflictError(f"Case {row.uid} needs photos before and after the works: tantu works photo")
    counts = {"proved": 0, "open": 0}
    for uid in after:
        answers = [evidence.proof_of(session, each, uid).holds for each in before]
        if all(answer is False for answer in answers):
            raise ConflictError(
                f"Photo {uid} of case {row.uid} proves nothing: it is no later picture of the same spot."
            )
        counts["proved" if True in answers else "open"] += 1
    return counts
