"""Turns people in clear into rows of the table `person`, and back.

Name, certificate, phone and address are columns of their own, so that a notice may read one without the
others. Everything that eligibility and need are computed from is one encrypted JSON object, `facts`: it is
always read as a whole, and a new fact needs no migration. Absent values are not written, so that a row says
the same whether or not a file had the column.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import orjson
import pandas as pd
from pandas import DataFrame, Series

from planner.people import FACTS, ID_LENGTH, PEOPLE, PERSONAL
from planner.secrecy import Cipher, rotate

TABLE = "person"
SEALED = (*PERSONAL, "facts")

_DTYPES = {"int": "Int64", "float": "float64", "bool": "boolean"}


def sealed(people: DataFrame, cipher: Cipher) -> DataFrame:
    """Return people as the table `person` keeps them.

    Parameters
    ----------
    people
        Columns of the layer `people`; absent ones are unknown.

    Returns
    -------
    pandas.DataFrame
        `uid`, `household_uid`, `region_code`, `certificate_mark`, the encrypted columns and `content_hash`.
    """
    uids = people["uid"].astype(str).tolist()
    rows = DataFrame({"uid": uids}, index=people.index, dtype=object)
    for name in ("household_uid", "region_code"):
        rows[name] = Series(_texts(people, name), index=people.index, dtype=object)
    certificates = _texts(people, "certificate")
    rows["certificate_mark"] = Series(id_marks(certificates, cipher), index=people.index, dtype=object)
    for name in PERSONAL:
        secret = cipher.encrypt(_texts(people, name), TABLE, name, uids)
        rows[name] = Series(secret, index=people.index, dtype=object)
    rows["facts"] = Series(
        cipher.encrypt(packed(people), TABLE, "facts", uids), index=people.index, dtype=object
    )
    return rows.assign(content_hash=content_hashes(rows))


def opened(rows: DataFrame, cipher: Cipher, *, columns: Sequence[str] = SEALED) -> DataFrame:
    """Return people in clear, with all columns of the layer for those of `columns` that were opened.

    Raises
    ------
    KeyMissingError
        The rows were encrypted with another key, or moved or changed.
    """
    uids = rows["uid"].astype(str).tolist()
    people = rows[["uid", "household_uid", "region_code"]].copy()
    for name in columns:
        clear = cipher.decrypt(_bytes(rows, name), TABLE, name, uids)
        if name == "facts":
            people = people.join(unpacked(clear, rows.index))
        else:
            people[name] = Series(clear, index=rows.index, dtype=object)
    return people[[name for name in PEOPLE.names if name in people]]


def resealed(rows: DataFrame, *, old: Cipher, new: Cipher) -> DataFrame:
    """Return rows encrypted with another key, with their marks and hashes.

    Raises
    ------
    KeyMissingError
        `old` is not the key of these rows.
    """
    uids = rows["uid"].astype(str).tolist()
    fresh = rows.copy()
    certificates = old.decrypt(_bytes(rows, "certificate"), TABLE, "certificate", uids)
    fresh["certificate_mark"] = Series(id_marks(certificates, new), index=rows.index, dtype=object)
    for name in SEALED:
        secret = rotate(_bytes(rows, name), TABLE, name, uids, old=old, new=new)
        fresh[name] = Series(secret, index=rows.index, dtype=object)
    return fresh.assign(content_hash=content_hashes(fresh))


def id_marks(certificates: Sequence[str | None], cipher: Cipher) -> list[bytes | None]:
    """Return the keyed digest of the citizen's ID in each certificate number.

    The digits after it are category and grade, which a new assessment changes: the person stays the same.
    """
    return cipher.marks([number[:ID_LENGTH] if number else None for number in certificates])


def packed(people: DataFrame) -> list[str]:
    """Return the facts of each person as a JSON object without absent values."""
    known = [name for name in FACTS if name in people]
    columns = [_plain(people[name]) for name in known]
    return [
        orjson.dumps(
            {name: value for name, value in zip(known, row, strict=True) if value is not None}
        ).decode()
        for row in (zip(*columns, strict=True) if columns else ([] for _ in range(len(people))))
    ]


def unpacked(texts: Sequence[str | None], index: pd.Index) -> DataFrame:
    """Return facts as columns of the layer's types; what is absent is missing."""
    rows: list[dict[str, Any]] = [orjson.loads(text or "{}") for text in texts]
    facts = {}
    for name in FACTS:
        kind = next(column.kind for column in PEOPLE.columns if column.name == name)
        values = Series([row.get(name) for row in rows], index=index, dtype=object)
        if kind == "date":
            days = pd.to_datetime(values, format="%Y-%m-%d")
            values = days.dt.date.astype(object).where(days.notna(), None)
        facts[name] = values.astype(_DTYPES.get(kind, "object"))  # type: ignore[call-overload]  # a name of a dtype
    return DataFrame(facts, index=index)


def content_hashes(rows: DataFrame) -> list[str]:
    """Return 32 hexadecimal digits that change when anything of a row changes."""
    columns = [
        [b"" if value is None or value is pd.NA else _encoded(value) for value in rows[name]]
        for name in ("household_uid", "region_code", *SEALED)
    ]
    return [blake2b(b"\x00".join(row), digest_size=16).hexdigest() for row in zip(*columns, strict=True)]


def _encoded(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else str(value).encode()


def _texts(people: DataFrame, name: str) -> list[str | None]:
    if name not in people:
        return [None] * len(people)
    values = people[name].astype("object")
    return [None if missing else str(value) for value, missing in zip(values, values.isna(), strict=True)]


def _bytes(rows: DataFrame, name: str) -> list[bytes | None]:
    return [None if value is None or value is pd.NA else bytes(value) for value in rows[name]]


def _plain(values: Series) -> list[Any]:
    column = next(column for column in PEOPLE.columns if column.name == values.name)
    known = values.notna()
    if column.kind == "date":
        days = pd.to_datetime(values, errors="coerce")
        return days.dt.strftime("%Y-%m-%d").astype(object).where(days.notna(), None).tolist()
    kinds = {"int": int, "bool": bool, "float": float}
    plain = kinds.get(column.kind, str)
    return [plain(value) if there else None for value, there in zip(values, known, strict=True)]
