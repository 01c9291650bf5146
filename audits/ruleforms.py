"""Turns one written rule into a `Rule`, refusing what it cannot read exactly.

Every refusal names the file, the rule and its clause, so that whoever transcribes a standard can
mend it without knowing this code.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NoReturn, get_args

from audits.rulebook import Condition, Edge, Operator, Rule, Standard, Steps
from audits.units import UNITS, ratio_of, to_base
from gis.catalogue import codelist
from gis.errors import StandardError

OPERATORS: frozenset[str] = frozenset(get_args(Operator))
COMPARISONS = frozenset({"<", "<=", ">", ">=", "=="})
KEYS = frozenset(
    {
        "id", "standard", "element", "element_called", "attribute", "called", "zh", "en", "unit", "operator",
        "limit", "table", "choices", "unset", "magnitude", "tolerance", "readings", "when", "only_if_shown",
        "built_from", "built_to", "valid_from", "valid_to", "supersedes", "clause", "force", "severity",
        "beyond", "groups", "evidence", "remedy", "applies", "note", "counterpart", "source", "confidence",
        "verified",
    }
)  # fmt: skip
REQUIRED = ("id", "element", "attribute", "operator", "clause", "source", "confidence", "verified")
TEXTS = (
    "element_called", "called", "zh", "en", "unset", "evidence", "remedy", "applies", "note", "counterpart",
)  # fmt: skip


class _Form:
    """One written rule while it is read; knows how to refuse it."""

    def __init__(self, file: str, row: Mapping[str, Any]) -> None:
        self.file = file
        self.row = row
        self.where = f"rule {row.get('id', '?')} (clause {row.get('clause', '?')})"

    def refuse(self, why: str) -> NoReturn:
        raise StandardError(self.file, self.where, why)

    def known(self, key: str, value: str, known: Iterable[str]) -> str:
        if value not in known:
            self.refuse(f"{key} '{value}' is not known; known are: {', '.join(sorted(known))}")
        return value

    def day(self, key: str) -> date | None:
        value = self.row.get(key)
        if value is not None and not isinstance(value, date):
            self.refuse(f"{key} must be a date such as 2022-04-01, not {value!r}")
        return value

    def number(self, key: str, value: object, unit: str) -> float:
        if isinstance(value, str) and unit == "ratio" and ratio_of(value) is not None:
            return float(ratio_of(value) or 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(
                f"{key} must be a number"
                + (" or a slope as '1:12'" if unit == "ratio" else "")
                + f", not {value!r}"
            )
        return float(value)


def rule(file: str, row: Mapping[str, Any], standards: Mapping[str, Standard], main: str) -> Rule:
    """Return the rule that a table of a standards file describes.

    Parameters
    ----------
    row
        The keys as written, with those of the main rule filled in for a part.
    main
        Id of the rule that a part belongs to, or of the rule itself.

    Raises
    ------
    StandardError
        A key, unit, operator or code is unknown or missing, or the limit has the wrong shape.
    """
    form = _Form(file, row)
    _check_keys(form)
    operator = form.known("operator", row["operator"], OPERATORS)
    unit = "" if operator == "fact" else _unit(form, row.get("unit", ""))
    low, high, expected = _limit(form, operator, unit)
    standard = standards[form.known("standard", row["standard"], standards)]
    return Rule(
        id=row["id"],
        main=main,
        standard=standard.id,
        element=form.known("element", row["element"], codelist("element").codes),
        attribute=row["attribute"],
        unit=unit,
        operator=operator,  # type: ignore[arg-type]  # checked against the very literal above
        low=low,
        high=high,
        expected=expected,
        choices=tuple(row.get("choices", ())),
        steps=_steps(form, operator),
        magnitude=bool(row.get("magnitude", False)),
        tolerance=form.number("tolerance", row.get("tolerance", 0), unit),
        readings=int(row.get("readings", 1)),
        when=tuple(_condition(form, written) for written in row.get("when", ())),
        only_if_shown=bool(row.get("only_if_shown", False)),
        built_from=form.day("built_from"),
        built_to=form.day("built_to"),
        valid_from=form.day("valid_from") or standard.valid_from,
        valid_to=form.day("valid_to") or standard.valid_to,
        supersedes=tuple(row.get("supersedes", ())),
        clause=row["clause"],
        force=row["force"] and form.known("force", row["force"], codelist("force").codes),
        severity=_severity(form, row["severity"]),
        beyond=tuple(_edge(form, written, unit) for written in row.get("beyond", ())),
        groups=tuple(form.known("group", group, codelist("groups").codes) for group in row.get("groups", ())),
        source=row["source"],
        confidence=row["confidence"],
        verified=_verified(form),
        **{key: str(row.get(key, "")) for key in TEXTS},
    )


def _check_keys(form: _Form) -> None:
    unknown = sorted(set(form.row) - KEYS)
    missing = sorted(key for key in REQUIRED if form.row.get(key) in (None, ""))
    if unknown:
        form.refuse(f"unknown keys: {', '.join(unknown)}")
    if missing:
        form.refuse(f"missing keys: {', '.join(missing)}")
    for earlier, later in (("valid_from", "valid_to"), ("built_from", "built_to")):
        first, last = form.day(earlier), form.day(later)
        if first is not None and last is not None and first >= last:
            form.refuse(f"{earlier} {first} must lie before {later} {last}")


def _unit(form: _Form, unit: str) -> str:
    form.known("unit", unit, UNITS)
    if UNITS[unit].factor == 0:
        form.refuse(f"a limit is written as a ratio, not in '{unit}'")
    return unit


def _limit(form: _Form, operator: str, unit: str) -> tuple[float | None, float | None, tuple[str, ...]]:
    limit = form.row.get("limit")
    if operator in {"fact", "table"} or form.row.get("unset"):
        if limit is not None:
            form.refuse("a fact, a table and an unset limit have no 'limit'")
        return None, None, ()
    if limit is None:
        form.refuse("the limit is missing; write it, or say with 'unset' why there is none yet")
    if unit == "choice":
        return None, None, _choices(form, operator, limit)
    if unit == "bool":
        if operator != "==" or not isinstance(limit, bool):
            form.refuse(f"a yes/no rule is '== true' or '== false', not {operator} {limit!r}")
        return float(limit), float(limit), ()
    if operator == "between":
        if not isinstance(limit, list) or len(limit) != 2:
            form.refuse(f"'between' needs [low, high], not {limit!r}")
        low, high = (form.number("limit", value, unit) for value in limit)
        if low > high:
            form.refuse(f"the lower limit {low:g} is above the upper limit {high:g}")
        return low, high, ()
    return *_one_limit(form, operator, unit, limit), ()


def _one_limit(form: _Form, operator: str, unit: str, limit: object) -> tuple[float | None, float | None]:
    figure = form.number("limit", limit, unit)
    bounds: dict[str, tuple[float | None, float | None]] = {
        "<=": (None, figure),
        ">=": (figure, None),
        "==": (figure, figure),
    }
    if operator not in bounds:
        form.refuse(f"operator '{operator}' does not fit a figure in {unit}")
    return bounds[operator]


def _choices(form: _Form, operator: str, limit: object) -> tuple[str, ...]:
    expected = limit if isinstance(limit, list) else [limit]
    if operator not in {"==", "in"} or not all(isinstance(choice, str) for choice in expected):
        form.refuse(f"a choice is '==' one code or 'in' a list of codes, not {operator} {limit!r}")
    return tuple(form.known("choice", str(choice), form.row.get("choices", ())) for choice in expected)


def _steps(form: _Form, operator: str) -> Steps | None:
    written = form.row.get("table")
    if (operator == "table") != (written is not None):
        form.refuse("operator 'table' and the key 'table' belong together")
    if written is None:
        return None
    keys = {"attribute", "steps", "share_to", "share", "then", "per"}
    if set(written) != keys:
        form.refuse(f"a table has the keys {', '.join(sorted(keys))}")
    upto, need = zip(*written["steps"], strict=True)
    if list(upto) != sorted(upto):
        form.refuse("the steps of a table must rise")
    return Steps(
        written["attribute"], tuple(map(float, upto)), tuple(map(float, need)),
        float(written["share_to"]), float(written["share"]), float(written["then"]), float(written["per"]),
    )  # fmt: skip


def _condition(form: _Form, written: Mapping[str, Any]) -> Condition:
    unknown = set(written) - {"attribute", "is", "in", "operator", "limit", "unit", "implied"}
    if unknown or "attribute" not in written:
        form.refuse(f"condition {dict(written)!r} has unknown keys {sorted(unknown)} or no attribute")
    attribute, implied = str(written["attribute"]), bool(written.get("implied", False))
    if "is" in written and isinstance(written["is"], bool):
        return Condition(attribute, "==", float(written["is"]), (), "bool", implied)
    if "is" in written or "in" in written:
        choices = written.get("in", [written.get("is")])
        return Condition(attribute, "in", 0.0, tuple(map(str, choices)), "choice", implied)
    operator = form.known("operator of a condition", str(written.get("operator")), COMPARISONS)
    unit = _unit(form, str(written.get("unit")))
    limit = form.number("limit of a condition", written.get("limit"), unit)
    return Condition(attribute, operator, to_base(limit, unit), (), unit, implied)


def _edge(form: _Form, written: Mapping[str, Any], unit: str) -> Edge:
    if set(written) not in ({"severity", "limit"}, {"severity", "attribute"}):
        form.refuse(f"an edge is a severity with a limit or an attribute, not {dict(written)!r}")
    limit = to_base(form.number("edge", written["limit"], unit), unit) if "limit" in written else None
    return Edge(_severity(form, written["severity"]), limit, written.get("attribute"))


def _severity(form: _Form, severity: str) -> str:
    return severity and form.known("severity", severity, codelist("severity").codes)


def _verified(form: _Form) -> bool:
    verified = form.row["verified"]
    if not isinstance(verified, bool):
        form.refuse("verified must be true or false")
    if verified and form.row["confidence"] != "sourced":
        form.refuse(f"verified = true needs confidence 'sourced', not '{form.row['confidence']}'")
    return verified
