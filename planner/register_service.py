"""Use cases of the registers: home visits taken in, homes they yield, consents, retention and erasure.

Erasing empties the encrypted columns of every version of a person and the answers of every visit; the number
of the row, events and digests stay, and hold nothing of the person, so the chain still verifies. What was
printed or exported before is out of reach of this and stands in the audit trail.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from geopandas import GeoDataFrame
from pandas import DataFrame
from sqlalchemy.orm import Session

from gis.catalogue import codelist, table
from gis.errors import ConflictError, NotFoundError
from gis.store import ApplyCounts
from planner import home_visits, register_store, service, works_store
from planner.sealing import TABLE as PEOPLE_TABLE
from planner.secrecy import Cipher
from planner.works_figures import in_months
from planner.works_service import Signed

GIVERS = ("self", "guardian")


@dataclass(frozen=True)
class Erased:
    """What was erased, or would be: rows of people and visits, by why."""

    superseded: int
    visits: int
    homes: tuple[str, ...]
    people: int


def write_home_visits(session: Session, rows: GeoDataFrame, batch_id: int, cipher: Cipher) -> ApplyCounts:
    """Encrypt accepted rows of the layer `homevisits` and bring the table to what they say.

    Raises
    ------
    SchemaError
        A uid is missing or comes twice.
    """
    return register_store.write_home_visits(session, home_visits.sealed_visits(rows, cipher), batch_id)


def read_home_visits(session: Session, cipher: Cipher) -> DataFrame:
    """Return the live home visits in clear.

    Raises
    ------
    KeyMissingError
        The key is not the one they were sealed with.
    """
    return home_visits.opened_visits(register_store.home_visits(session), cipher)


def visit_candidates(session: Session, cipher: Cipher, *, on: date, city_id: str) -> DataFrame:
    """Return the homes that visits yield, with what eligibility says of those that are registered.

    Raises
    ------
    EmptyLayerError
        No people are registered.
    KeyMissingError
        The key is not the right one.
    """
    visits = read_home_visits(session, cipher)
    outcomes = service.assess(session, cipher, on=on, city_id=city_id).homes
    cases = works_store.cases(session)
    running = set(cases.loc[cases["state"] != "withdrawn", "household_uid"])
    return home_visits.candidates(visits, outcomes[["outcome", "refused_by", "unknown"]], running)


def give_consent(
    session: Session, household: str, purpose: str, signed: Signed, *, given_by: str, evidence: str | None
) -> None:
    """Record the consent of a family for one purpose.

    Raises
    ------
    CodeError
        There is no such purpose.
    ConflictError
        It was given by neither the person nor a guardian.
    """
    codelist("consent_purpose")[purpose]
    if given_by not in GIVERS:
        raise ConflictError(f"A consent is given by {' or '.join(GIVERS)}, not by '{given_by}'.")
    row = {"household_uid": household, "purpose": purpose, "given_on": signed.on, "given_by": given_by,
           "evidence": evidence, "recorded_at": signed.at, "recorded_by": signed.by}  # fmt: skip
    register_store.add_consent(session, row)


def withdraw_consent(session: Session, household: str, purpose: str, signed: Signed) -> None:
    """Record that a family took its consent back.

    Raises
    ------
    CodeError
        There is no such purpose.
    NotFoundError
        No consent for it stands.
    """
    codelist("consent_purpose")[purpose]
    if not register_store.withdraw_consent(session, household, purpose, signed.on):
        raise NotFoundError("standing consent", f"{household} {purpose}")


def standing_consents(session: Session, household: str) -> dict[str, date]:
    """Return since when a home consents, by purpose; what was withdrawn is left out."""
    rows = register_store.consents(session, household)
    kept = rows[rows["withdrawn_on"].isna()]
    return {str(row["purpose"]): row["given_on"] for row in kept.to_dict("records")}


def erase_homes(session: Session, cipher: Cipher, homes: tuple[str, ...]) -> Erased:
    """Erase everything personal of homes: every version of their people, every answer of their visits.

    Raises
    ------
    NotFoundError
        Nothing personal is stored of them.
    ConflictError
        Works are going on in one of them; the case has to end first.
    """
    cases = works_store.cases(session)
    ended = {"closed", "withdrawn"}
    mine = cases[cases["household_uid"].isin(homes) & ~cases["state"].isin(ended)]
    if len(mine):
        raise ConflictError(f"Case {mine['uid'].iloc[0]} is {mine['state'].iloc[0]}; end it before erasing.")
    people = register_store.versions_of_homes(session, homes)
    visits = register_store.visits_of_homes(session, homes)
    if not people and not visits:
        raise NotFoundError("person of the home", ", ".join(homes))
    _erase(session, cipher, people, visits)
    return Erased(0, len(visits), homes, len(people))


def retention(session: Session, cipher: Cipher, *, now: datetime, on: date, apply: bool) -> Erased:
    """Return what is past its time, and erase it where that is asked for.

    Times are data (`data/catalogue/retention.toml`): replaced versions of people, homes whose cases ended,
    answers of visits.
    """
    rules = {name: row["months"] for name, row in table("catalogue/retention.toml")["rule"].items()}
    past = {name: in_months(on, -int(months)) for name, months in rules.items()}
    moment = now - timedelta(days=(on - past["superseded"]).days)
    superseded = register_store.superseded_people(session, moment)
    visits = register_store.old_visits(session, past["visits"])
    homes = tuple(register_store.ended_homes(session, past["ended"]))
    people = register_store.versions_of_homes(session, homes)
    if apply:
        _erase(session, cipher, sorted({*superseded, *people}), visits)
    return Erased(len(superseded), len(visits), homes, len(people))


def _erase(
    session: Session, cipher: Cipher, people: list[tuple[int, str]], visits: list[tuple[int, str]]
) -> None:
    register_store.erase_people(session, _emptied(cipher, PEOPLE_TABLE, "facts", people))
    register_store.erase_visits(session, _emptied(cipher, home_visits.TABLE, "answers", visits))


def _emptied(cipher: Cipher, name: str, column: str, rows: list[tuple[int, str]]) -> list[tuple[int, bytes]]:
    sealed = cipher.encrypt(["{}"] * len(rows), name, column, [uid for _, uid in rows])
    return [(number, value or b"") for (number, _), value in zip(rows, sealed, strict=True)]
