"""Findings: the rules that an inspected element did not meet, each with a stable name.

A finding keeps rule, value and limit as they were when it was opened. Its name is a digest of visit,
element and rule, so that the same visit judged again never opens it twice. Scoring items without a
severity are verdicts but no findings.
"""

import hashlib

import pandas as pd

from audits.readings import KEYS

OPEN = "open"
UID_DIGITS = 24  # hexadecimal digits: no two of a billion findings collide
COLUMNS = (
    "uid", *KEYS, "rule_id", "clause", "attribute", "value", "limit_low", "limit_high", "unit", "deviation",
    "severity", "state",
)  # fmt: skip


def from_verdicts(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return the findings of verdicts, in their order.

    Parameters
    ----------
    verdicts
        As `audits.rules.judge` returns them; may be empty.

    Returns
    -------
    DataFrame
        The columns `COLUMNS`, one row for every verdict `not_met` with a severity, `state` open.
    """
    failed = verdicts[(verdicts["outcome"] == "not_met") & verdicts["severity"].notna()]
    named = failed.assign(uid=finding_uids(failed), state=OPEN)
    return named.loc[:, list(COLUMNS)].reset_index(drop=True)


def finding_uids(verdicts: pd.DataFrame) -> list[str]:
    """Return the stable name of a finding for each verdict."""
    keys = ("visit_uid", "element", "element_no", "rule_id")
    return [finding_uid(*row) for row in zip(*(verdicts[key] for key in keys), strict=True)]


def finding_uid(visit_uid: str, element: str, element_no: int, rule_id: str) -> str:
    """Return the stable name of what one visit found of one rule at one element."""
    text = "\x1f".join((visit_uid, element, str(element_no), rule_id))
    return hashlib.sha256(text.encode()).hexdigest()[:UID_DIGITS]
