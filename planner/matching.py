"""Finds the people we have among the rows of another register, by the citizen's ID in the certificate.

An export of the province has neither our uid nor our household, and lacks most of what we asked a family.
What it does not say stays as it was; a row of our own files, which has our uid, is taken as it stands.
"""

import pandas as pd
from pandas import DataFrame, Series

from planner.people import PEOPLE
from planner.sealing import id_marks
from planner.secrecy import Cipher


def known_as(rows: DataFrame, marks: dict[str, bytes | None], cipher: Cipher) -> Series:
    """Return for each row the uid of the person it is, missing where its own uid stands.

    Parameters
    ----------
    rows
        `uid` and, where the file has it, `certificate`, in clear.
    marks
        Mark of the citizen's ID of every live person, by uid.

    Returns
    -------
    pandas.Series
        Index of `rows`. Of several rows of one person the first is taken; the others stay rows of their own.
    """
    uids = {mark: uid for uid, mark in reversed(marks.items()) if mark is not None}
    texts = rows["certificate"] if "certificate" in rows else Series(None, rows.index, dtype=object)
    certificates = [None if pd.isna(text) else str(text) for text in texts]
    taken = set(rows["uid"])
    found: list[str | None] = []
    for own, mark in zip(rows["uid"], id_marks(certificates, cipher), strict=True):
        uid = None if mark is None or own in marks else uids.get(mark)
        found.append(None if uid in taken else uid)
        taken.add(uid)
    return Series(found, rows.index, dtype=object)


def merged(rows: DataFrame, known_as: Series, kept: DataFrame) -> DataFrame:
    """Return rows with the uid of the people they are, and what these have that the rows do not say.

    Parameters
    ----------
    rows
        Columns of the layer `people`; absent ones are unknown.
    known_as
        What the function of that name returned.
    kept
        The people named there, in clear, all columns of the layer.
    """
    here = known_as.notna()
    earlier = kept.set_index("uid", drop=False).reindex(known_as[here]).set_index(rows.index[here])
    filled = rows.reindex(columns=PEOPLE.names).astype(object)
    said = filled[here]
    filled[here] = said.where(said.notna(), earlier.astype(object)).assign(uid=known_as[here])
    return filled


def housed(rows: DataFrame) -> DataFrame:
    """Return rows where a person of no known household is a household of one, named by the person's uid."""
    if "household_uid" not in rows:
        return rows.assign(household_uid=rows["uid"])
    households = rows["household_uid"].astype(object)
    return rows.assign(household_uid=households.where(households.notna(), rows["uid"]))
