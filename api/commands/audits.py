"""`tantu standards …` and `tantu audit …`: the rules, and what they say of measurements."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from api.commands.cases import register_cases
from api.commands.console import Json, answer, progress, say, table, today, word
from api.commands.evidence import register_evidence
from api.commands.exchange import register_exchange
from api.commands.inspections import register_inspections
from api.settings import settings
from gis.catalogue import codelist

if TYPE_CHECKING:
    from audits.checklists import Question
    from audits.rulebook import Rule, RuleBook

On = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help=word("option.on"))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    standards = typer.Typer(help=word("command.standards"), no_args_is_help=True)
    standards.command("list", help=word("command.standards_list"))(list_rules)
    standards.command("check", help=word("command.standards_check"))(check_rules)
    app.add_typer(standards, name="standards")
    audit = typer.Typer(help=word("command.audit"), no_args_is_help=True)
    audit.command("judge", help=word("command.audit_judge"))(judge_file)
    audit.command("form", help=word("command.audit_form"))(form)
    register_exchange(audit)
    register_cases(audit)
    register_evidence(audit, app)
    register_inspections(audit)
    app.add_typer(audit, name="audit")


def list_rules(
    standard: Annotated[str | None, typer.Option(help=word("option.standard"))] = None,
    element: Annotated[str | None, typer.Option(help=word("option.element"))] = None,
    on: On = None,
    *,
    as_json: Json = False,
) -> None:
    """List the rules in force on a day: the primary sets, or one set by its id."""
    from audits.standards import load

    day = _day(on)
    if element is not None:
        codelist("element")[element]
    book = load().in_force(day, standard=standard)
    rules = [rule for rule in book.rules if element in (None, rule.element)]
    told = [_listed(rule, book) for rule in rules]

    def show() -> None:
        columns = ("id", "standard", "clause", "element", "attribute", "limit", "force", "verified")
        headings = [word(f"standards.{column}") for column in columns]
        table(word("standards.title", on=day), headings, [_row(rule) for rule in rules])

    answer(told, as_json=as_json, show=show)


def _listed(rule: "Rule", book: "RuleBook") -> dict[str, Any]:
    """Return a rule in the words of the machine-readable answer."""
    names = (
        "id",
        "standard",
        "clause",
        "element",
        "attribute",
        "unit",
        "operator",
        "force",
        "source",
        "verified",
    )
    since = rule.valid_from or book.standards[rule.standard].valid_from
    return {name: getattr(rule, name) for name in names} | {"limit": rule.limit_text, "valid_from": since}


def _row(rule: "Rule") -> list[object]:
    """Return a rule as a row for a person."""
    lang = settings().lang
    return [
        rule.id,
        rule.standard,
        rule.clause,
        codelist("element")[rule.element].label(lang),
        rule.zh if lang == "zh" and rule.zh else rule.en,
        _limit(rule.operator, rule.limit_text, rule.unit),
        codelist("force")[rule.force].label(lang),
        rule.verified,
    ]


def check_rules(*, as_json: Json = False) -> None:
    """Load every rule file and count what is in it."""
    from audits.standards import load

    book = load()
    verified = sum(rule.verified for rule in book.rules)
    told = {
        "standards": len(book.standards),
        "rules": len(book.rules),
        "verified": verified,
        "unverified": len(book.rules) - verified,
    }
    answer(told, as_json=as_json, show=lambda: say(word("standards.checked", **told)))


def judge_file(
    file: Annotated[Path, typer.Argument(help=word("option.file"))],
    standard: Annotated[str | None, typer.Option(help=word("option.standard"))] = None,
    on: On = None,
    mapping: Annotated[Path | None, typer.Option(help=word("option.mapping"))] = None,
    encoding: Annotated[str | None, typer.Option(help=word("option.encoding"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Judge a file of measurements; rows that cannot be judged are kept aside beside the file."""
    from api.commands.layers import read_options
    from audits.layer import AUDITS
    from audits.service import judged
    from gis.imports import prepare, write_quarantine

    options = read_options(AUDITS, datum="wgs84", mapping=mapping, encoding=encoding)
    with progress(quiet=as_json) as advance:
        advance(word("demo.judge"), 0.1)
        prepared = prepare(AUDITS, file, options)
        write_quarantine(prepared, file)
        day = on.date() if on else None
        verdicts = judged(pd.DataFrame(prepared.accepted), on=day, standard=standard)
    told = [_verdict(row) for row in verdicts.to_dict("records")]

    def show() -> None:
        columns = ("place", "rule", "clause", "value", "limit", "verdict", "severity")
        shown = [row for row in told if row["verdict"] == "not_met"]
        table(
            word("audit.title"),
            [word(f"audit.{c}") for c in columns],
            [[r[c] for c in columns] for r in shown],
        )
        outcomes = verdicts["outcome"]
        met = int(outcomes.isin(["met", "met_within_tolerance", "alternative"]).sum())
        unknown = int((outcomes == "not_measured").sum())
        say(word("audit.summary", met=met, not_met=len(shown), unknown=unknown))

    answer(told, as_json=as_json, show=show)


def form(
    element: Annotated[str, typer.Argument(help=word("option.element"))],
    standard: Annotated[str | None, typer.Option(help=word("option.standard"))] = None,
    on: On = None,
    form_file: Annotated[Path | None, typer.Option("--xlsform", help=word("option.xlsform"))] = None,
    *,
    as_json: Json = False,
) -> None:
    """Say what to measure at an element: unit, limits with their clauses, evidence."""
    from audits.checklists import checklist
    from audits.exchange.xlsform import write_xlsform, xlsform
    from audits.standards import load

    if form_file is not None:
        made = xlsform(element, load(), on=_day(on), standard=standard)
        told = {"questions": write_xlsform(made, form_file), "file": str(form_file), **made.settings}
        answer(told, as_json=as_json, show=lambda: say(word("exchange.xlsform", **told)))
        return

    label = codelist("element")[element].label(settings().lang)
    questions = checklist(element, load(), on=_day(on), standard=standard)

    def show() -> None:
        headings = [
            word("standards.attribute"),
            *(word(f"audit.{c}") for c in ("unit", "limit", "clause", "evidence")),
        ]
        table(word("audit.form", element=label), headings, [_asked(question) for question in questions])

    answer([_question(question) for question in questions], as_json=as_json, show=show)


def _question(question: "Question") -> dict[str, Any]:
    """Return one question in the words of the machine-readable answer."""
    limits = [
        {"rule": limit.rule_id, "clause": f"{limit.standard} {limit.clause}", "limit": limit.text}
        for limit in question.limits
    ]
    names = ("attribute", "zh", "en", "kind", "unit", "choices", "readings", "evidence")
    return {name: getattr(question, name) for name in names} | {"limits": limits}


def _asked(question: "Question") -> list[object]:
    """Return one question as a row for a person."""
    return [
        question.zh if settings().lang == "zh" and question.zh else question.en,
        question.unit,
        "; ".join(_limit(limit.operator, limit.text, limit.unit) for limit in question.limits),
        "; ".join(f"{limit.standard} {limit.clause}" for limit in question.limits),
        "; ".join(question.evidence),
    ]


def _day(on: datetime | None) -> date:
    return on.date() if on else today()


def _sign(operator: str) -> str:
    return {"<=": "≤ ", ">=": "≥ "}.get(operator, "")


def _limit(operator: str, text: str, unit: str) -> str:
    return f"{_sign(operator)}{text}" + ("" if unit in {"bool", "choice"} else f" {unit}")


def _verdict(row: dict[Any, Any]) -> dict[str, Any]:
    """Return one verdict in the words of the machine-readable answer."""
    low, high = row["limit_low"], row["limit_high"]
    limits = [f"{limit:g}" for limit in (low, high) if pd.notna(limit)]
    return {
        "place": row["place_uid"],
        "element": row["element"],
        "element_no": row["element_no"],
        "rule": row["rule_id"],
        "standard": row["standard"],
        "clause": row["clause"],
        "value": None if pd.isna(row["value"]) else row["value"],
        "unit": row["unit"],
        "limit": "–".join(dict.fromkeys(limits)),
        "verdict": row["outcome"],
        "deviation": None if pd.isna(row["deviation"]) else row["deviation"],
        "severity": None if pd.isna(row["severity"]) else row["severity"],
    }
