"""Use cases of the indicators: computed as of a day, entered with a source, kept as a time series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from pandas import DataFrame
from sqlalchemy.orm import Session

from audits import case_store
from audits import service as audits
from gis import store as layers
from gis.catalogue import codelist
from gis.errors import InputError
from planner import register_store, store, works_store
from planner.home_visits import QUESTIONS
from planner.indicator_book import Period, department_of, period_of
from planner.indicators import Facts, Value, computed, within
from planner.register_service import read_home_visits
from planner.secrecy import Cipher
from planner.trends import trend
from planner.works import replay
from planner.works_policy import policy_of, policy_on
from planner.works_service import Signed
from planner.works_state import WorksState

GRADED = ("facilities", "toilets")


@dataclass(frozen=True)
class Standing:
    """Where the indicators stand on a day.

    Attributes
    ----------
    by_code
        The city's value first, then counties, by indicator; a department's value where it was entered.
    origins
        `computed`, `entered` or `missing` by indicator, and the source of an entered value.
    trend
        Compliance per year and layer.
    findings
        Open findings by department: `department`, `layer`, `severity`, `findings`.
    """

    on: date
    period: Period
    by_code: Mapping[str, Sequence[Value]]
    origins: Mapping[str, tuple[str, str]]
    trend: DataFrame
    findings: DataFrame


def standing(session: Session, cipher: Cipher | None, *, on: date, city_id: str) -> Standing:
    """Return every indicator as of a day.

    Parameters
    ----------
    cipher
        For the answers of home visits; None leaves what is computed from them unknown.

    Raises
    ------
    NotFoundError
        No period or no procedure of works of the city holds that day.
    KeyMissingError
        The key is not the one the visits were sealed with.
    """
    period = period_of(on.year, city_id)
    facts = _facts(session, cipher, on=on, city_id=city_id, period=period)
    entered = register_store.values(session, origin="entered")
    entered = within(entered, [day <= on for day in entered["on"]])
    values: dict[str, list[Value]] = {}
    origins: dict[str, tuple[str, str]] = {}
    for code in codelist("indicator").codes:
        found = computed(code, facts)
        mine = entered[(entered["indicator"] == code) & (entered["period"] == period.id)]
        if found:
            origins[code] = ("computed", "")
        elif len(mine):
            found = _entered(code, mine)
            origins[code] = ("entered", str(mine["source"].iloc[-1]))
        else:
            found, origins[code] = [Value(code, None, None)], ("missing", "")
        values[code] = found
    days = audits.visit_days(session)
    told = within(facts.verdicts, [days[uid] <= on for uid in facts.verdicts["visit_uid"]])
    return Standing(on, period, values, origins, trend(told, days), _findings(session))


def enter(
    session: Session, code: str, value: float, signed: Signed, *, source: str, city_id: str,
    region: str | None = None,
) -> None:  # fmt: skip
    """Keep the value of an indicator that a department reports.

    Raises
    ------
    CodeError
        There is no such indicator.
    InputError
        It has no source, or the value is no number.
    NotFoundError
        No period of the city holds that day.
    """
    codelist("indicator")[code]
    if not source.strip():
        raise InputError(f"{code}: say where the value comes from; nothing is kept without a source.")
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124  NaN
        raise InputError(f"{code}: {value} is no value.")
    period = period_of(signed.on.year, city_id)
    row = {"indicator": code, "period": period.id, "on": signed.on, "region_code": region, "value": value,
           "origin": "entered", "source": source.strip(), "recorded_at": signed.at,
           "recorded_by": signed.by}  # fmt: skip
    register_store.add_values(session, DataFrame([row]))


def save_snapshot(session: Session, found: Standing, signed: Signed) -> int:
    """Keep all computed values of a day as a snapshot, in place of an earlier one of the same day."""
    register_store.drop_snapshot(session, found.on)
    rows = [
        {
            "indicator": value.indicator, "period": found.period.id, "on": found.on,
            "region_code": value.region, "value": value.value, "numerator": value.numerator,
            "denominator": value.denominator, "origin": "computed", "source": "Tantu",
            "recorded_at": signed.at, "recorded_by": signed.by,
        }
        for code, values in found.by_code.items()
        if found.origins[code][0] == "computed"
        for value in values
    ]  # fmt: skip
    return register_store.add_values(session, DataFrame(rows))


def history(session: Session, code: str) -> DataFrame:
    """Return every value that was kept of an indicator, the oldest first.

    Raises
    ------
    CodeError
        There is no such indicator.
    """
    codelist("indicator")[code]
    return register_store.values(session, code)


def _facts(session: Session, cipher: Cipher | None, *, on: date, city_id: str, period: Period) -> Facts:
    visits = register_store.home_visits(session).drop(columns="answers")
    if cipher is not None:
        visits = read_home_visits(session, cipher)
    else:
        visits = visits.assign(
            **{name: pd.array([None] * len(visits), dtype="boolean") for name in QUESTIONS}
        )
    return Facts(
        on=on,
        first_year=period.first,
        works=_works(session, on, city_id),
        policy=policy_on(on, city_id),
        regions=DataFrame(layers.layer(session, "regions").drop(columns="geometry")),
        facilities=layers.layer(session, "facilities"),
        grades={layer: audits.grades(session, layer, on=on) for layer in GRADED},
        verdicts=audits.verdicts(session, on=on),
        audit_cases=case_store.cases(session),
        visits=visits,
    )


def _works(session: Session, on: date, city_id: str) -> list[WorksState]:
    rows = works_store.cases(session)
    events = works_store.events_of(session)
    found = []
    for case_id, policy in zip(rows["id"], rows["policy"], strict=True):
        until = [event for event in events[int(case_id)] if event.on <= on]
        if until:
            found.append(replay(until, policy_of(str(policy), city_id)))
    return found


def _entered(code: str, rows: DataFrame) -> list[Value]:
    last = rows.drop_duplicates("region_code", keep="last")
    told = [
        Value(code, None if pd.isna(row["region_code"]) else str(row["region_code"]), float(row["value"]))
        for row in last.to_dict("records")
    ]
    return sorted(told, key=lambda value: value.region or "")


def _findings(session: Session) -> DataFrame:
    """Return open findings by the department that answers for them."""
    found = DataFrame(audits.open_findings(session))
    columns = ["department", "layer", "severity"]
    if found.empty:
        return DataFrame(columns=[*columns, "findings"])
    facilities = DataFrame(store.facility_classes(session)).set_index("uid")["facility_class"]
    named = [
        department_of(layer, element, facilities.get(uid))
        for layer, element, uid in zip(
            found["place_layer"], found["element"], found["place_uid"], strict=True
        )
    ]
    told = DataFrame({"department": named, "layer": found["place_layer"], "severity": found["severity"]})
    return told.groupby(columns).size().reset_index(name="findings")
