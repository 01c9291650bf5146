"""When a question of a form is shown: where one of its rules applies, or may apply. Pure.

An unknown condition shows the question, so that nobody is kept from measuring by a fact they do not know.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from audits.checklists import Question
from audits.rulebook import Condition, Rule
from audits.units import in_unit


def shown_when(question: Question, rules: Sequence[Rule], units: Mapping[str, str]) -> str:
    """Return the XPath expression that shows a question, empty where it is always shown.

    Parameters
    ----------
    rules
        Of the question's element, those behind the question among them.
    units
        Unit in which each question of the form is asked.
    """
    own = {limit.rule_id for limit in question.limits}
    ways: list[str] = []
    for rule in rules:
        if rule.id in own:
            told = [
                _holds_or_unknown(condition, units)
                for condition in rule.when
                if condition.attribute in units and condition.attribute != question.attribute
                and condition.operator in {"in", "=="}
            ]  # fmt: skip
            if not told:
                return ""
            ways.append(" and ".join(told))
    return " or ".join(dict.fromkeys(ways))


def _holds_or_unknown(condition: Condition, units: Mapping[str, str]) -> str:
    name = f"${{{condition.attribute}}}"
    if condition.choices:
        chosen = [f"{name} = '{choice}'" for choice in condition.choices]
    elif condition.unit == "bool":
        chosen = [f"{name} = '{'yes' if condition.limit else 'no'}'"]
    else:
        asked = float(in_unit(np.array([condition.limit]), units[condition.attribute])[0])
        chosen = [f"{name} = {asked:.10g}"]
    return f"({' or '.join([f'{name} = ' + chr(39) * 2, *chosen])})"
