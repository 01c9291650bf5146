"""The yearly visits of families 走访探视: ten questions a visit, and which homes they yield.

The form is one page on a phone or on paper; the answers are facts of a family and are sealed like those of a
person. What may be questioned: a home is yielded when the family wants works and names one barrier, whatever
is registered of it, since the visit is meant to find those whom no register knows; whether it qualifies is
decided afterwards, by the same rules as for everybody.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson
import pandas as pd
from pandas import DataFrame

from gis.specs import Column, LayerSpec
from planner.secrecy import Cipher

TABLE = "home_visit"
BARRIERS = ("entrance_hard", "moving_hard", "toilet_hard", "bath_hard", "fell")
QUESTIONS = (*BARRIERS, "wants_works", "needs_device", "has_device", "needs_rehab", "gets_rehab")

HOME_VISITS = LayerSpec(
    "homevisits",
    "None",
    (
        Column("uid", length=80, synonyms=("走访编号", "visit_id", "id")),
        Column("household_uid", required=True, length=80, synonyms=("家庭编号", "户编号", "household_id")),
        Column("region_code", length=12, synonyms=("行政区划代码", "所在村社区代码", "village_code")),
        Column("visited_on", "date", required=True, synonyms=("走访日期", "date")),
        Column("visitor", required=True, length=80, synonyms=("走访人", "专职委员", "worker")),
        Column("entrance_hard", "bool", synonyms=("进出家门有困难",)),
        Column("moving_hard", "bool", synonyms=("屋内行走有困难",)),
        Column("toilet_hard", "bool", synonyms=("如厕有困难",)),
        Column("bath_hard", "bool", synonyms=("洗浴有困难",)),
        Column("fell", "bool", synonyms=("近一年在家跌倒",)),
        Column("wants_works", "bool", synonyms=("希望无障碍改造", "改造意愿")),
        Column("needs_device", "bool", synonyms=("需要辅具",)),
        Column("has_device", "bool", synonyms=("已配辅具",)),
        Column("needs_rehab", "bool", synonyms=("需要康复",)),
        Column("gets_rehab", "bool", synonyms=("已得到康复",)),
    ),
    geometry_required=False,
)


def sealed_visits(visits: DataFrame, cipher: Cipher) -> DataFrame:
    """Return visits as the table `home_visit` keeps them; absent answers stay unknown."""
    uids = visits["uid"].astype(str).tolist()
    answers = [
        orjson.dumps({name: bool(row[name]) for name in QUESTIONS if _known(row.get(name))}).decode()
        for row in visits.to_dict("records")
    ]
    rows = DataFrame({"uid": uids}, index=visits.index, dtype=object)
    for name in ("household_uid", "region_code", "visited_on", "visitor"):
        rows[name] = visits[name].astype(object) if name in visits else None
    rows["answers"] = pd.Series(
        cipher.encrypt(answers, TABLE, "answers", uids), index=visits.index, dtype=object
    )
    plain = rows[["household_uid", "region_code", "visited_on", "visitor", "answers"]].to_numpy().tolist()
    return rows.assign(
        content_hash=[blake2b(repr(row).encode(), digest_size=16).hexdigest() for row in plain]
    )


def opened_visits(rows: DataFrame, cipher: Cipher) -> DataFrame:
    """Return visits in clear, one column a question (`boolean`, missing where nobody asked).

    Raises
    ------
    KeyMissingError
        The key is not the one they were sealed with.
    """
    uids = rows["uid"].astype(str).tolist()
    sealed = [None if value is None else bytes(value) for value in rows["answers"]]
    told: list[Mapping[str, Any]] = [
        orjson.loads(text or "{}") for text in cipher.decrypt(sealed, TABLE, "answers", uids)
    ]
    visits = rows.drop(columns="answers")
    for name in QUESTIONS:
        visits[name] = pd.array([answers.get(name) for answers in told], dtype="boolean")
    return visits


def latest(visits: DataFrame) -> DataFrame:
    """Return the last visit of every home, in the order of the homes."""
    ordered = visits.sort_values(["household_uid", "visited_on", "uid"])
    return ordered.drop_duplicates("household_uid", keep="last").reset_index(drop=True)


def candidates(visits: DataFrame, outcomes: DataFrame, in_works: set[str]) -> DataFrame:
    """Return the homes that visits yield for the programme.

    Parameters
    ----------
    visits
        As `opened_visits` returns them.
    outcomes
        Index `household_uid`; `outcome`, `refused_by` and `unknown` of the homes that were judged.
    in_works
        Homes that have a case already.

    Returns
    -------
    pandas.DataFrame
        `household_uid`, `region_code`, `visited_on`, `barriers` (codes joined by `;`), `count`, `outcome`
        (`unregistered` where nobody is), `refused_by`, `unknown`; most barriers first.
    """
    last = latest(visits)
    flags = last[list(BARRIERS)].fillna(False)  # noqa: FBT003  a value, not a flag
    wanted = last["wants_works"].fillna(False) & flags.any(axis=1) & ~last["household_uid"].isin(in_works)  # noqa: FBT003
    found = last[wanted].reset_index(drop=True)
    named = [
        ";".join(name for name in BARRIERS if row[name] is True or row[name] == True)  # noqa: E712  numpy bool
        for row in flags[wanted].to_dict("records")
    ]
    judged = outcomes.reindex(found["household_uid"])
    table = found[["household_uid", "region_code", "visited_on"]].assign(
        barriers=named,
        count=[len(text.split(";")) for text in named],
        outcome=judged["outcome"].fillna("unregistered").to_numpy(),
        refused_by=judged["refused_by"].fillna("").to_numpy(),
        unknown=judged["unknown"].fillna("").to_numpy(),
    )
    return table.sort_values(["count", "household_uid"], ascending=[False, True]).reset_index(drop=True)


def _known(value: object) -> bool:
    return value is not None and value is not pd.NA and value == value  # noqa: PLR0124  NaN
