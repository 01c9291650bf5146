"""A ledger that comes back filled in: what differs, what may be saved, and what stands against it. Pure.

An office fills in whether a home is done and a note; a change of any other column is shown and never saved,
since that value has its source elsewhere. A row that somebody else saved since the sheet was handed out is a
conflict: it is shown, and nothing of the sheet is saved.
"""

from dataclasses import dataclass

import pandas as pd
from pandas import DataFrame

from planner.ledger_rows import BY_HAND, KEY, by_hand, ledger_diff


@dataclass(frozen=True)
class Returned:
    """What a returned ledger says.

    Attributes
    ----------
    differences
        `household`, `column`, `before`, `after`, and `saves` (whether saving would take it over).
    entries
        Homes to save: `household`, `done`, `note`.
    stale
        Homes that were saved again after the sheet was handed out.
    foreign
        Rows that are no home of this plan.
    """

    differences: DataFrame
    entries: list[dict[str, str]]
    stale: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def can_be_saved(self) -> bool:
        """Nothing stands against it."""
        return not (self.stale or self.foreign)


def returned(now: DataFrame, sheet: DataFrame, plan_id: int) -> Returned:
    """Return what a returned sheet changes.

    Parameters
    ----------
    now
        The rows of the plan's ledger as they would be written today, in the same masking.
    sheet
        As `planner.ledgers.read_ledger` returns it.
    """
    told = sheet[KEY].astype(str)
    marked = sheet["home_id"].astype(str) == [f"{plan_id}:{uid}" for uid in told]
    unmarked = sheet["home_id"].isna() | (sheet["home_id"].astype(str).str.strip() == "")
    foreign = told[~marked & ~unmarked | ~told.isin(now[KEY])]
    known = sheet[told.isin(now[KEY]) & (marked | unmarked)].drop_duplicates(KEY)
    differences = ledger_diff(now[now[KEY].isin(known[KEY])], known)
    differences = differences.assign(saves=by_hand(differences))
    kept = now.set_index(KEY)
    shown = pd.to_numeric(known.set_index(KEY)["revision"], errors="coerce")
    changed = sorted(set(differences.loc[differences["saves"], KEY]))
    stale = [uid for uid in changed if shown[uid] != kept.loc[uid, "revision"]]
    filled = known.set_index(KEY)
    entries = [
        {"household": uid, **{name: _text(filled.loc[uid, name]) for name in BY_HAND}} for uid in changed
    ]
    return Returned(differences, entries, tuple(stale), tuple(sorted(set(foreign))))


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()  # noqa: PLR0124  NaN
