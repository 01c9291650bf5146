"""Use cases of the programme: keep people, assess homes, make and keep a plan, explain it.

A caller opens the session; solving happens outside any transaction, on what `assess` returned:

    with transaction(engine) as session:
        assessment = assess(session, cipher, on=today)
    draft = make_plan(assessment, PlanOptions())
    with transaction(engine) as session:
        plan_id = save_plan(session, draft, now=now)
"""

import time
from datetime import date, datetime

from geopandas import GeoDataFrame
from pandas import DataFrame
from sqlalchemy.orm import Session

from gis.catalogue import Language, city
from gis.errors import EmptyLayerError
from gis.store import ApplyCounts
from planner import assessment as assessments
from planner import matching, register_store, store
from planner.assessment import Assessment
from planner.drafts import Draft, PlanOptions, kept_parameters, problem_of
from planner.explanation import Explanation, of_candidate, of_others
from planner.ledger_rows import Ledger, ledger_rows
from planner.programme import Progress, solve
from planner.sealing import SEALED, opened, sealed
from planner.secrecy import Cipher
from planner.stored import StoredPlan, plan_homes_frame
from planner.tables import Plan as PlanRow

__all__ = ["Draft", "PlanOptions", "StoredPlan", "assess", "candidates", "explain", "ledger", "make_plan",
           "people_places", "plan_places", "read_people", "rotate_key", "save_plan", "saved_plan",
           "write_people"]  # fmt: skip

CITY = "zhangye"


def write_people(session: Session, rows: DataFrame, batch_id: int, cipher: Cipher) -> ApplyCounts:
    """Encrypt accepted rows of the layer `people` and bring the table to what they say.

    A row whose uid is not known, as in the export of another register, is the person of the same citizen's
    ID: it takes that person's uid, household and whatever it does not say itself (`planner.matching`).

    Raises
    ------
    SchemaError
        A uid is missing or comes twice.
    NotFoundError
        There is no import of that number.
    """
    known_as = matching.known_as(rows, store.people_marks(session), cipher)
    if known_as.notna().any():
        kept = store.people(session)
        kept = opened(kept[kept["uid"].isin(known_as.dropna())], cipher)
        rows = matching.merged(rows, known_as, kept)
    return store.write_people(session, sealed(matching.housed(rows), cipher), batch_id)


def read_people(session: Session, cipher: Cipher, *, columns: tuple[str, ...] = SEALED) -> DataFrame:
    """Return the live people in clear, with only the sealed columns that are asked for.

    Raises
    ------
    KeyMissingError
        The key is not the one they were encrypted with.
    """
    return opened(store.people(session, columns=columns), cipher, columns=columns)


def people_places(session: Session) -> DataFrame:
    """Return `uid`, `household_uid` and `region_code` of the live people; nothing is decrypted."""
    return store.people(session, columns=())


def rotate_key(session: Session, *, old: Cipher, new: Cipher) -> int:
    """Encrypt every version of every person with a new key; return how many rows that were.

    Raises
    ------
    KeyMissingError
        `old` is not the key in force.
    """
    register_store.rotate_home_visits(session, old=old, new=new)
    return store.rotate_people(session, old=old, new=new)


def assess(session: Session, cipher: Cipher, *, on: date, city_id: str = CITY) -> Assessment:
    """Return every home judged on a day, and those that may be planned scored and costed.

    Raises
    ------
    EmptyLayerError
        No people are registered.
    KeyMissingError
        The key is not the one the people were encrypted with.
    NotFoundError
        The city has no programme.
    """
    people = read_people(session, cipher, columns=("certificate", "facts"))
    if people.empty:
        raise EmptyLayerError("people")
    book = assessments.rulebook(city_id, on)
    return assessments.assess(people, store.households(session), store.region_kinds(session), book)


def candidates(session: Session, cipher: Cipher, *, on: date, city_id: str = CITY) -> DataFrame:
    """Return the homes that may be planned, with their score and cost.

    Raises
    ------
    EmptyLayerError
        No people are registered.
    KeyMissingError
        The key is not the one the people were encrypted with.
    """
    return assess(session, cipher, on=on, city_id=city_id).candidates


def make_plan(assessment: Assessment, options: PlanOptions, *, progress: Progress | None = None) -> Draft:
    """Solve the programme for the homes that may be planned.

    Raises
    ------
    EmptyLayerError
        No home may be planned.
    InfeasibleError
        No plan keeps the limits; it names them and the cheapest ways out.
    DomainError
        No plan was found in the time.
    """
    started = time.perf_counter()
    problem, parameters = problem_of(assessment, options)
    plan = solve(problem, gap=options.gap, time_limit_s=options.time_limit_s, progress=progress)
    return Draft(assessment, problem, plan, parameters, time.perf_counter() - started)


def save_plan(session: Session, draft: Draft, *, now: datetime) -> int:
    """Keep a draft with its homes, its prices and its comparison; return the plan's number."""
    problem = draft.problem
    row = PlanRow(
        solved_at=now,
        first_year=problem.first_year,
        years=problem.years,
        parameters=kept_parameters(draft),
        eligible=len(problem.uids),
        objective=draft.plan.objective,
        bound=draft.plan.bound,
        gap=draft.plan.gap,
        seconds=draft.seconds,
        state="draft",
    )
    return store.add_plan(session, row, plan_homes_frame(draft.assessment, problem, draft.plan))


def saved_plan(session: Session, plan_id: int | None = None) -> StoredPlan:
    """Return a plan that was kept, by default the last one, with its homes.

    Raises
    ------
    NotFoundError
        There is no such plan.
    """
    record = store.plan(session, plan_id)
    return StoredPlan(record, store.plan_homes(session, record.id))


def plan_places(session: Session, plan: StoredPlan, *, waiting: bool = True) -> GeoDataFrame:
    """Return the homes of a plan as the map takes them.

    Returns
    -------
    geopandas.GeoDataFrame
        `uid`, `region_code`, `year` (missing: waits), `cost_yuan`, `score`, `rank`, points in EPSG:4326.
    """
    homes = plan.homes[["household_uid", "year", "cost_yuan", "score", "rank"]]
    found = store.places(session, plan.id).merge(homes, left_on="uid", right_on="household_uid")
    found = found.drop(columns="household_uid")
    return found if waiting else found[found["year"].notna()]


def explain(
    session: Session,
    cipher: Cipher,
    household: str,
    *,
    lang: Language = "zh",
    plan_id: int | None = None,
    solved_again: bool = True,
) -> Explanation:
    """Return why a home is in or out of a plan, by default the last one.

    Parameters
    ----------
    solved_again
        Whether to solve the programme again with the home forced in (or out) for its true price.

    Raises
    ------
    NotFoundError
        There is no such plan, or nobody is registered in that home.
    KeyMissingError
        The home was not in the plan and the key to its facts is not the right one.
    DomainError
        The second run found no plan in its time.
    """
    stored = saved_plan(session, plan_id)
    if household in set(stored.homes["household_uid"]):
        return of_candidate(stored, household, lang=lang, solved_again=solved_again)
    said = stored.record.parameters
    assessment = assess(session, cipher, on=date.fromisoformat(said["on"]), city_id=said["city"])
    return of_others(assessment, household, lang=lang, eligible=stored.eligible)


def ledger(session: Session, cipher: Cipher, stored: StoredPlan, *, masked: bool = True) -> Ledger:
    """Return the chosen homes of a kept plan as a ledger shows them, dated the day the plan was solved.

    Parameters
    ----------
    masked
        Whether names and certificate numbers are masked; only their own office needs them in clear.

    Raises
    ------
    KeyMissingError
        The key is not the one the people were encrypted with.
    """
    said = stored.record.parameters
    columns = ("name", "certificate", "facts") if masked else SEALED
    people = opened(store.people_of_plan(session, stored.id), cipher, columns=columns)
    homes = store.households(session)
    homes = homes[homes["uid"].isin(stored.chosen["household_uid"])]
    regions = store.region_kinds(session)
    book = assessments.rulebook(said["city"], date.fromisoformat(said["on"]))
    assessment = assessments.assess(people, homes, regions, book)
    entries = register_store.ledger_entries(session, stored.id)
    chosen = stored.chosen.assign(plan_id=stored.id)
    rows = ledger_rows(chosen, people, assessment, regions, masked=masked, entries=entries)
    about = city(said["city"])
    solved_on = stored.record.solved_at.date()
    return Ledger(rows, tuple(stored.calendar), {"zh": about.zh, "en": about.en}, solved_on, masked)
