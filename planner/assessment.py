"""From registered people and homes to candidates: who qualifies, what they need, what it costs. Pure.

Only homes that may be planned are scored and costed; the others keep their refusals. Personal values
(category, sex) stay in the frame for equity and are never part of a plan that is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from pandas import DataFrame, Series

from planner import costs, eligibility, measures, needs
from planner.dated import parameters

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rulebook:
    """Everything dated that an assessment is made by, in force on `on`."""

    city_id: str
    on: date
    eligibility: Sequence[eligibility.Rule]
    weights: Sequence[Row]
    scheme: Sequence[Row]
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Assessment:
    """Every home somebody lives in, judged; those that may be planned scored and costed.

    Attributes
    ----------
    homes
        Index `household_uid`, sorted. `outcome`, `plannable`, `refused_by`, `unknown`, `county_code`,
        `region_code`, `rural`; for plannable homes also `score`, `score_high`, `score_unknown`, `cost_yuan`,
        `low_yuan`, `high_yuan`, `reserve_yuan`, `works`, `category`, `sex` (of the person who qualifies).
    parts
        Points by part of the plannable homes.
    items
        Schemes of the plannable homes with their costs.
    """

    homes: DataFrame
    parts: DataFrame
    items: DataFrame
    rulebook: Rulebook

    @property
    def candidates(self) -> DataFrame:
        """The homes that may be planned."""
        return self.homes[self.homes["plannable"]]

    def counts(self) -> dict[str, int]:
        """Return how many homes qualify, are refused, unknown, and may be planned."""
        found = self.homes["outcome"].value_counts()
        names = (*eligibility.OUTCOMES.values(),)
        return {name: int(found.get(name, 0)) for name in names} | {
            "plannable": int(self.homes["plannable"].sum())
        }


def rulebook(city_id: str, on: date) -> Rulebook:
    """Return everything dated in force on a day.

    Raises
    ------
    NotFoundError
        The city has no programme.
    StandardError
        A row of it is not well formed.
    """
    return Rulebook(
        city_id,
        on,
        eligibility.load(city_id, on),
        needs.load(city_id, on),
        measures.scheme_rows(),
        parameters(city_id, on),
    )


def assess(people: DataFrame, households: DataFrame, regions: DataFrame, book: Rulebook) -> Assessment:
    """Return every home judged, and those that may be planned scored and costed.

    Parameters
    ----------
    people
        Columns of the layer `people` in clear; names and numbers but the certificate are not needed.
    households
        Columns of the layer `households`.
    regions
        `code`, `kind`, `ur_code`; may be empty.
    """
    judged = eligibility.judge(people, households, rules=book.eligibility, on=book.on)
    dwellings = households.drop_duplicates("uid").set_index("uid").reindex(judged.homes.index)
    code = _region_code(dwellings, people, judged.homes)
    homes = judged.homes.assign(region_code=code, county_code=code.str[:6], rural=_rural(code, regions))
    plannable = homes.index[homes["plannable"]]
    inside = people["household_uid"].isin(plannable)
    counted = people.assign(counts=(judged.people > eligibility.REFUSED).all(axis=1))[inside]
    dwelling = dwellings.loc[plannable].assign(rural=homes.loc[plannable, "rural"])
    scores = needs.score(counted, dwelling, weights=book.weights, on=book.on)
    items = measures.schemes(counted[counted["counts"]], dwelling, rows=book.scheme)
    items = costs.item_costs(items)
    cost = costs.home_costs(items, dwelling, step_yuan=float(book.parameters["reserve_step_yuan"]))
    totals = scores.totals.rename(columns={"unknown": "score_unknown"})
    chosen = people.set_index("uid").reindex(homes.loc[plannable, "person_uid"])
    facts = DataFrame({name: _facts(chosen, name) for name in ("category", "sex")}, index=plannable)
    return Assessment(homes.join(totals).join(cost).join(facts), scores.parts, items, book)


def _facts(chosen: DataFrame, name: str) -> list[Any]:
    return chosen[name].tolist() if name in chosen else [None] * len(chosen)


def _region_code(dwellings: DataFrame, people: DataFrame, homes: DataFrame) -> Series:
    own = Series(None, index=homes.index, dtype=object)
    if "region_code" in people:
        first = people.dropna(subset=["region_code"]).drop_duplicates("household_uid")
        own = first.set_index("household_uid")["region_code"].astype(object).reindex(homes.index)
    if "region_code" not in dwellings:
        return own
    code = dwellings["region_code"].astype(object)
    return code.where(code.notna(), own).astype(object)


def _rural(code: Series, regions: DataFrame) -> Series:
    # ur_code 1xx is urban and 2xx rural (statistical urban-rural classification); without it, a community is
    # urban and a village rural; anything else is unknown.
    if regions.empty:
        return Series(pd.NA, index=code.index, dtype="boolean")
    known = regions.drop_duplicates("code").set_index("code")
    by_class = known["ur_code"].astype(object).str[:1].map({"1": False, "2": True})
    by_kind = known["kind"].astype(object).map({"village": True, "community": False})
    rural = by_class.where(by_class.notna(), by_kind)
    return code.map(rural).astype("boolean")
