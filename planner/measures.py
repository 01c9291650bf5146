"""The scheme of a home 一户一策: which items of the catalogue it gets, how many, and why.

The first draft, made from what is registered before anybody has visited: rows of
`data/catalogue/scheme.toml` whose conditions hold, and items that the people ask for themselves
(`needs`) where the catalogue offers them for their category. An unknown fact fulfils no condition.
A visit replaces the draft; the shape stays.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame

from gis.catalogue import codelist, table

COLUMNS = ("household_uid", "item", "quantity", "reason")
ASKED_FOR = "asked_for"

Bools = NDArray[np.bool_]


def scheme_rows() -> list[Mapping[str, Any]]:
    """Return the rows by which schemes are drafted."""
    return list(table("catalogue/scheme.toml")["row"])


def schemes(people: DataFrame, homes: DataFrame, *, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    """Return the items of every home.

    Parameters
    ----------
    people
        `household_uid` in the index of `homes`, `category`, and where known `wheelchair_user`,
        `walking_difficulty`, `lives_alone`, `needs`; only people whose facts count.
    homes
        Index `household_uid`; `dwelling_kind` where known.
    rows
        What `scheme_rows` returns.

    Returns
    -------
    pandas.DataFrame
        One row for each home and item: `household_uid`, `item`, `quantity` (in the item's unit), `reason`;
        sorted, each item once a home with its largest quantity.
    """
    place = homes.index.get_indexer(pd.Index(people["household_uid"]))
    found = [_asked(people)]
    for row in rows:
        marks = _applies(people, homes, place, row.get("when", {}))
        found.append(
            DataFrame(
                {
                    "household_uid": homes.index[marks],
                    "item": row["item"],
                    "quantity": float(row["quantity"]),
                    "reason": row["reason"],
                }
            )
        )
    items = pd.concat(found, ignore_index=True)
    items = items.sort_values(["household_uid", "item", "quantity"], ascending=[True, True, False])
    return items.drop_duplicates(["household_uid", "item"]).reset_index(drop=True)[list(COLUMNS)]


def _applies(people: DataFrame, homes: DataFrame, place: NDArray[np.intp], when: Mapping[str, Any]) -> Bools:
    # All conditions about a person must hold for one and the same person.
    fits = np.ones(len(people), dtype=bool)
    marks = np.ones(len(homes), dtype=bool)
    personal = False
    for name, wanted in when.items():
        if name == "dwelling":
            marks &= _column(homes, "dwelling_kind").isin(wanted).to_numpy()
        elif name == "categories":
            fits &= people["category"].isin(wanted).to_numpy()
            personal = True
        else:
            known = _column(people, name).astype("boolean")
            fits &= (known == wanted).fillna(value=False).to_numpy(dtype=bool)
            personal = True
    if personal:
        marks &= np.bincount(place[fits], minlength=len(homes)) > 0
    return marks


def _asked(people: DataFrame) -> DataFrame:
    empty = DataFrame({name: pd.Series(dtype=object) for name in COLUMNS}).astype({"quantity": float})
    if "needs" not in people or people["needs"].isna().all():
        return empty
    asked = people.loc[people["needs"].notna(), ["household_uid", "category", "needs"]]
    asked = asked.assign(item=asked["needs"].str.split(";")).explode("item")
    catalogue = codelist("renovation_item").codes
    fits = [
        item in catalogue and category in catalogue[item].facts["categories"]
        for item, category in zip(asked["item"], asked["category"], strict=True)
    ]
    asked = asked[fits]
    low = [float(catalogue[item].facts["quantity"][0]) for item in asked["item"]]
    return DataFrame(
        {"household_uid": asked["household_uid"], "item": asked["item"], "quantity": low, "reason": ASKED_FOR}
    )


def _column(rows: DataFrame, name: str) -> pd.Series:
    return rows[name] if name in rows else pd.Series(None, index=rows.index, dtype=object)
