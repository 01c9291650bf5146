"""XLSForms for one element type and one rule set: what `audits.checklists` asks, as Collect asks it.

Each inspected element is a repeat. A question is shown unless its rules surely do not apply, so that an
unknown condition never hides a measurement; whoever leaves it blank is asked why. Slopes are asked three
times and in percent, which is what a digital level shows; every question sends its unit along, so that
`audits.exchange.submissions` reads an answer as it was asked. The readers are `odk` and `kobo`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import xlsxwriter

from audits.checklists import Question, checklist
from audits.exchange.relevance import shown_when
from audits.exchange.submissions import ITEMS, SEPARATOR, UNIT, WHY
from audits.rulebook import RuleBook
from audits.units import UNITS, from_unit, in_unit
from audits.verdicts import ALTERNATIVE_MEASURE
from gis.catalogue import Language, codelist, words
from gis.errors import EmptyLayerError

LANGUAGES: dict[Language, str] = {"zh": "中文 (zh)", "en": "English (en)"}
# What no instrument shows, in base units: a figure beyond it was typed in another unit.
BOUNDS = {
    "length": (0.0, 200_000.0), "ratio": (-1.0, 1.0), "area": (0.0, 10_000.0), "force": (0.0, 1_000.0),
    "time": (0.0, 86_400.0), "speed": (0.0, 100.0), "count": (0.0, 100_000.0), "density": (0.0, 10_000.0),
    "rate": (0.0, 10_000.0),
}  # fmt: skip
SURVEY = (
    "type", "name", *(f"label::{name}" for name in LANGUAGES.values()),
    *(f"hint::{name}" for name in LANGUAGES.values()), "required", "relevant", "constraint",
    *(f"constraint_message::{name}" for name in LANGUAGES.values()), "calculation", "default", "parameters",
)  # fmt: skip
CHOICES = ("list_name", "name", *(f"label::{name}" for name in LANGUAGES.values()))
SETTINGS = ("form_title", "form_id", "version", "default_language")
_SIGNS = {"<=": "≤ ", ">=": "≥ ", "==": "= "}

Row = dict[str, str]


@dataclass(frozen=True)
class XlsForm:
    """The three sheets of a form, rows by the headings `SURVEY`, `CHOICES` and `SETTINGS`."""

    survey: tuple[Row, ...]
    choices: tuple[Row, ...]
    settings: Row


def xlsform(element: str, rulebook: RuleBook, *, on: date, standard: str | None = None) -> XlsForm:
    """Return the form for an element by the rules in force on a day.

    Parameters
    ----------
    standard
        Ask for this one rule set instead of the primary ones.

    Raises
    ------
    CodeError
        There is no such element.
    NotFoundError
        There is no such standard.
    EmptyLayerError
        No rule in force speaks of the element, so there is nothing to ask.
    """
    code = codelist("element")[element]
    questions = checklist(element, rulebook, on=on, standard=standard)
    if not questions:
        raise EmptyLayerError(f"rules of {element}")
    rules = rulebook.in_force(on, standard=standard).for_element(element)
    units = {question.attribute: _asked_unit(question) for question in questions}
    layers = tuple(code.facts["layers"])
    survey = [*_heading(element, standard or "", layers)]
    survey.append({"type": "begin_repeat", "name": ITEMS, **_both("label", code.zh, code.en)})
    for question in questions:
        survey += _asked(question, shown_when(question, rules, units))
    survey += _asked_alternative()
    survey.append({"type": "end_repeat", "name": ITEMS})
    settings = {
        "form_title": f"{code.zh} {code.en} {standard or ''}".strip(),
        "form_id": f"tantu_{element}" + (f"_{_slug(standard)}" if standard else ""),
        "version": f"{on:%Y%m%d}",
        "default_language": LANGUAGES["zh"],
    }
    return XlsForm(tuple(survey), tuple(_choices(questions, layers)), settings)


def write_xlsform(form: XlsForm, path: Path) -> int:
    """Write a form to an .xlsx file and return how many questions it asks."""
    sheets = (
        ("survey", SURVEY, form.survey),
        ("choices", CHOICES, form.choices),
        ("settings", SETTINGS, (form.settings,)),
    )
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        for name, headings, rows in sheets:
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for place, heading in enumerate(headings):
                sheet.set_column(place, place, 24)
                sheet.write_string(0, place, heading, bold)
                for line, row in enumerate(rows, 1):
                    if row.get(heading):
                        sheet.write_string(line, place, row[heading], text)
    return sum(row["type"].split()[0] in {"decimal", "integer", "select_one"} for row in form.survey)


def fields(question: Question) -> tuple[str, ...]:
    """Return the fields in which the readings of a question stand."""
    if question.readings == 1:
        return (question.attribute,)
    return tuple(f"{question.attribute}{SEPARATOR}{number}" for number in range(1, question.readings + 1))


def _heading(element: str, standard: str, layers: Sequence[str]) -> list[Row]:
    def said(name: str) -> Row:
        return _both("label", words("zh", "audits")[f"form.{name}"], words("en", "audits")[f"form.{name}"])

    layer: Row = (
        {"type": "calculate", "name": "place_layer", "calculation": f"'{layers[0]}'"}
        if len(layers) == 1
        else {
            "type": "select_one place_layer",
            "name": "place_layer",
            "required": "yes",
            **said("place_layer"),
        }
    )
    return [
        {"type": "start", "name": "start"},
        {"type": "end", "name": "end"},
        {"type": "audit", "name": "audit", "parameters": "track-changes=true"},
        {"type": "calculate", "name": "element", "calculation": f"'{element}'"},
        {"type": "calculate", "name": "standard", "calculation": f"'{standard}'"},
        layer,
        {"type": "text", "name": "place_uid", "required": "yes", **said("place_uid")},
        {"type": "text", "name": "inspector", "required": "yes", **said("inspector")},
        {"type": "date", "name": "visited_on", "required": "yes", "default": "today()", **said("visited_on")},
        {"type": "geopoint", "name": "position", **said("position")},
    ]


def _asked(question: Question, relevant: str) -> list[Row]:
    """Return the rows of one question: its readings, why there is none, and its unit."""
    unit, attribute = _asked_unit(question), question.attribute
    label = {lang: _label(question, lang, unit) for lang in LANGUAGES}
    names = fields(question)
    rows = []
    for number, name in enumerate(names, 1):
        suffix = f" ({number}/{len(names)})" if len(names) > 1 else ""
        row: Row = {"type": _type(question), "name": name, "relevant": relevant}
        row |= _both("label", label["zh"] + suffix, label["en"] + suffix)
        row |= _both("hint", _hint(question, "zh", unit), _hint(question, "en", unit))
        rows.append(row | _constraint(question, unit))
    blank = " and ".join(f"${{{name}}} = ''" for name in names)
    why = {lang: words(lang, "audits")["form.why"].format(what=label[lang]) for lang in LANGUAGES}
    rows.append({
        "type": "select_one not_measured",
        "name": f"{attribute}{SEPARATOR}{WHY}",
        "relevant": f"({relevant}) and {blank}" if relevant else blank,
        "required": "" if question.context else "yes",
        **_both("label", why["zh"], why["en"]),
    })  # fmt: skip
    rows.append({"type": "calculate", "name": f"{attribute}{SEPARATOR}{UNIT}", "calculation": f"'{unit}'"})
    return rows


def _asked_alternative() -> list[Row]:
    zh, en = (words(lang, "audits")["form.alternative"] for lang in ("zh", "en"))
    return [
        {"type": "select_one yes_no", "name": ALTERNATIVE_MEASURE, **_both("label", zh, en)},
        {"type": "calculate", "name": f"{ALTERNATIVE_MEASURE}{SEPARATOR}{UNIT}", "calculation": "'bool'"},
    ]


def _asked_unit(question: Question) -> str:
    return "percent" if question.unit == "ratio" else question.unit


def _type(question: Question) -> str:
    if question.kind == "number":
        return "integer" if question.unit == "count" else "decimal"
    return "select_one yes_no" if question.kind == "yes_no" else f"select_one {question.attribute}"


def _label(question: Question, lang: Language, unit: str) -> str:
    said = words(lang, "audits")
    own = question.zh if lang == "zh" else question.en
    if question.context:
        own = said.get(f"fact.{question.attribute}", own)
    return (
        f"{own} ({UNITS[unit].words[0] if unit == 'percent' else unit})" if question.kind == "number" else own
    )


def _hint(question: Question, lang: Language, unit: str) -> str:
    """Return the limits with their clauses, in the unit that is asked for."""
    parts = []
    for limit in question.limits:
        text = _expected(question, limit.text, lang)
        if unit != limit.unit and limit.unit in UNITS and question.kind == "number":
            text = "–".join(
                f"{_converted(float(part), limit.unit, unit):g}" for part in text.split("–") if part
            )
        source = words(lang, "audits")["form.unverified"] if not limit.verified else ""
        sign = _SIGNS.get(limit.operator, "") if question.kind == "number" else ""
        parts.append(f"{sign}{text} ({limit.standard} {limit.clause}{source})")
    return "; ".join(parts)


def _expected(question: Question, text: str, lang: Language) -> str:
    said = words(lang, "audits")
    if question.kind == "yes_no":
        return said["form.yes" if text == "true" else "form.no"]
    return " / ".join(said.get(f"choice.{one}", one) for one in text.split("|"))


def _constraint(question: Question, unit: str) -> Row:
    if question.kind != "number":
        return {}
    low, high = BOUNDS[UNITS[unit].dimension]
    if unit in {"1:n", "degree"}:
        bounds = (0.0, 10_000.0) if unit == "1:n" else (-89.0, 89.0)
    else:
        bounds = (low / UNITS[unit].factor, high / UNITS[unit].factor)
    said = {
        lang: words(lang, "audits")["form.bounds"].format(
            low=f"{bounds[0]:g}", high=f"{bounds[1]:g}", unit=unit
        )
        for lang in LANGUAGES
    }
    return {
        "constraint": f". >= {bounds[0]:.10g} and . <= {bounds[1]:.10g}",
        **_both("constraint_message", said["zh"], said["en"]),
    }


def _choices(questions: Sequence[Question], layers: Sequence[str]) -> list[Row]:
    def listed(name: str, code: str, zh: str, en: str) -> Row:
        return {"list_name": name, "name": code, **_both("label", zh, en)}

    zh, en = words("zh", "audits"), words("en", "audits")
    rows = [listed("yes_no", code, zh[f"form.{code}"], en[f"form.{code}"]) for code in ("yes", "no")]
    reasons = codelist("not_measured").codes.values()
    rows += [
        listed("not_measured", one.code, one.zh, one.en) for one in reasons if not one.facts.get("system")
    ]
    places = codelist("place_layer")
    rows += [
        listed("place_layer", name, places[name].zh, places[name].en) for name in layers if len(layers) > 1
    ]
    for question in questions:
        for choice in question.choices:
            key = f"choice.{choice}"
            rows.append(listed(question.attribute, choice, zh.get(key, choice), en.get(key, choice)))
    return rows


def _converted(value: float, unit: str, to: str) -> float:
    return round(float(in_unit(from_unit(np.array([value]), unit), to)[0]), 4)


def _both(column: str, zh: str, en: str) -> Row:
    return {f"{column}::{LANGUAGES['zh']}": zh, f"{column}::{LANGUAGES['en']}": en}


def _slug(text: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in text)
