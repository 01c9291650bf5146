"""The figures of cases as command line and service tell them: never with the name of a person."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from audits import case_store, kpis
from gis import store
from gis.catalogue import Language, codelist
from gis.regiontree import RegionTree


def counted(
    session: Session,
    period: tuple[date, date],
    *,
    on: date,
    level: str,
    where: ColumnElement[bool] | None = None,
) -> pd.DataFrame:
    """Return cases with the figures each is counted in (`kpis.counted`) and their region at a level, `area`.

    Parameters
    ----------
    period
        First and last day, both included.
    on
        Day whose regions hold.
    where
        Which cases the caller sees; all where nothing is said.
    """
    tree = RegionTree.of(store.layer(session, "regions"), on)
    found = kpis.counted(case_store.cases(session, where=where), *period)
    return found.assign(area=tree.ancestor(found["region_code"], level))


def region_names(session: Session, lang: Language, *, on: date) -> dict[str, str]:
    """Return the names of regions by their codes; the Chinese one where there is no other."""
    regions = RegionTree.of(store.layer(session, "regions"), on).regions
    names = regions["name" if lang == "zh" else "name_en"]
    return {str(code): str(name) for code, name in names.where(names.notna(), regions["name"]).items()}


def rows(figures: pd.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return figures (`kpis.figures`) as rows; `name` is None for the whole and for no region."""
    return [
        {
            "code": code,
            "name": names.get(code),
            **{name: int(row[name]) for name in kpis.FLAGS},
            **{name: None if math.isnan(row[name]) else float(row[name]) for name in kpis.SHARES},
        }
        for code, row in zip(figures.index, figures.to_dict("records"), strict=True)
    ]


def behind(found: pd.DataFrame, figure: str | None) -> pd.DataFrame:
    """Return the cases behind a figure, those that a share is a share of included; the open ones for None."""
    if figure is None:
        ended = [code for code, facts in codelist("case_state").codes.items() if facts.facts["ended"]]
        return found[~found["state"].isin(ended)]
    return kpis.behind(found, kpis.SHARES.get(figure, (figure,))[0])


def told(row: Mapping[Any, Any], on: date) -> dict[str, Any]:
    """Return a case as a row of a list, without the names of people."""
    due = row["due_on"] if isinstance(row["due_on"], date) else None
    open_ = not codelist("case_state")[row["state"]].facts["ended"]
    return {
        "case": row["uid"],
        "place": row["place_uid"],
        "element": row["element"],
        "state": row["state"],
        "severity": row["severity"],
        "unit": row["unit"] if isinstance(row["unit"], str) else None,
        "due_on": due,
        "overdue": open_ and due is not None and due < on and row["paused_on"] is None,
    }
