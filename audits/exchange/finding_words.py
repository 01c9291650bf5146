"""Findings in the words of a ledger or a notice: what was found where, by which clause, the remedy. Pure."""

from typing import Any

import pandas as pd

from audits.rulebook import Rule, RuleBook
from gis.catalogue import Language, codelist, words
from gis.errors import NotFoundError

COLUMNS = (
    "place_layer", "place_uid", "place_name", "element", "what", "clause", "measured", "limit", "severity",
    "found_on", "remedy", "verified", "uid",
)  # fmt: skip


def in_words(
    findings: pd.DataFrame,
    rulebook: RuleBook,
    lang: Language,
    *,
    names: dict[tuple[str, str], str] | None = None,
) -> pd.DataFrame:
    """Return findings in words, the gravest first, then by place and element.

    Parameters
    ----------
    findings
        As `audits.store.findings` returns them; may be empty.
    names
        Name of a place by (layer, uid); a place without one is called by its number.

    Returns
    -------
    DataFrame
        The columns `COLUMNS`, texts but for `found_on` (date) and `verified` (whether the rule was read
        in the official text).
    """
    rank = {code: int(one.facts["rank"]) for code, one in codelist("severity").codes.items()}
    ordered = findings.assign(rank=findings["severity"].map(rank)).sort_values(
        ["rank", "place_layer", "place_uid", "element", "element_no", "rule_id"],
        ascending=[False, True, True, True, True, True],
    )
    rows = [_row(row, rulebook, lang, names or {}) for row in ordered.to_dict("records")]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(
    row: dict[Any, Any], rulebook: RuleBook, lang: Language, names: dict[tuple[str, str], str]
) -> dict[str, Any]:
    rule = _rule(rulebook, row["rule_id"])
    place = (row["place_layer"], row["place_uid"])
    element = codelist("element")[row["element"]].label(lang)
    unit = words(lang, "audits").get(f"unit.{row['unit']}", row["unit"])
    what = "" if rule is None else (rule.zh if lang == "zh" and rule.zh else rule.en)
    return {
        "place_layer": codelist("place_layer")[place[0]].label(lang),
        "place_uid": place[1],
        "place_name": names.get(place) or place[1],
        "element": f"{element} {row['element_no']}",
        "what": what or row["rule_id"],
        "clause": f"{_standard(rule, rulebook, lang)} {row['clause']}".strip(),
        "measured": _measured(row, unit, lang),
        "limit": _limit(row, rule, unit, lang),
        "severity": codelist("severity")[row["severity"]].label(lang),
        "found_on": row["opened_on"],
        "remedy": "" if rule is None else _remedy(rule.remedy, lang),
        "verified": rule is not None and rule.verified,
        "uid": row["uid"],
    }


def _rule(rulebook: RuleBook, rule_id: str) -> Rule | None:
    try:
        return rulebook.rule(rule_id)
    except NotFoundError:  # a rule that was taken out since; the finding keeps its own figures
        return None


def _standard(rule: Rule | None, rulebook: RuleBook, lang: Language) -> str:
    """Return the number of a standard, or its name where it has none."""
    if rule is None:
        return ""
    known = rulebook.standards[rule.standard]
    numbered = any(letter.isdigit() for letter in known.id)
    return known.id if numbered else (f"{known.zh}：" if lang == "zh" else f"{known.en}:")


def _measured(row: dict[Any, Any], unit: str, lang: Language) -> str:
    said = words(lang, "audits")
    if pd.isna(row["value"]):
        return said["form.other_choice"]
    if row["unit"] == "bool":
        return said["form.yes" if row["value"] else "form.no"]
    return _figure(float(row["value"]), row["unit"], unit)


def _limit(row: dict[Any, Any], rule: Rule | None, unit: str, lang: Language) -> str:
    said = words(lang, "audits")
    low, high = row["limit_low"], row["limit_high"]
    if row["unit"] == "bool":
        return said["form.yes" if low == 1 else "form.no"]
    if pd.isna(low) and pd.isna(high):
        chosen = () if rule is None else rule.expected
        return " / ".join(said.get(f"choice.{choice}", choice) for choice in chosen)
    if pd.isna(low) or pd.isna(high):
        sign, limit = ("≤ ", high) if pd.isna(low) else ("≥ ", low)
        return sign + _figure(float(limit), row["unit"], unit)
    if low == high:
        return _figure(float(low), row["unit"], unit)
    return f"{low:g}–{_figure(float(high), row['unit'], unit)}"


def _remedy(text: str, lang: Language) -> str:
    """Return a remedy of the rules, alternatives joined by a slash, in a language; unknown words stay."""
    said = words(lang, "remedies")
    parts = [part.strip() for part in text.split("/")]
    return " / ".join(said.get(part, part) for part in parts)


def _figure(value: float, code: str, unit: str) -> str:
    if code == "ratio":  # a slope is read in percent and as one in so many
        steep = f" (1:{1 / abs(value):.3g})" if value else ""
        return f"{100 * value:.3g} %{steep}"
    return f"{value:.4g} {unit}"
