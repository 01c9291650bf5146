"""What an inspector's phone takes along: the places of the own regions, and what to measure with its limits.

One answer holds all of it, so that a phone without signal knows what to ask, by which clause, and says at
once what a figure means. The verdict of the phone is a first word; the office judges again by the same rules.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api import answers
from audits.checklists import Question, checklist
from audits.rulebook import Rule, RuleBook
from audits.standards import load
from audits.store import PLACES
from audits.tables import Visit
from audits.units import UNITS
from gis.catalogue import Language, codelist, words
from gis.spatial import in_regions

LAYERS = ("toilets", "facilities")
PLACE_COLUMNS = (
    "layer",
    "uid",
    "name",
    "lon",
    "lat",
    "region",
    "version",
    "built_on",
    "inspected_on",
    "doubted",
)
# Which drawing shows how an attribute is measured, by words of its code; the first that fits.
PICTURES = (
    ("slope", ("slope", "gradient")), ("turning", ("turning", "circle", "manoeuvr")),
    ("gap", ("gap", "hole", "offset", "level_difference", "threshold", "step")),
    ("height", ("height", "_low", "_high")), ("width", ("width", "clear", "size", "length", "depth")),
    ("force", ("force",)), ("time", ("time", "duration", "delay")),
)  # fmt: skip


def pack(session: Session, *, regions: Sequence[str] | None, lang: Language, on: date) -> dict[str, Any]:
    """Return everything a phone needs in the field.

    Parameters
    ----------
    regions
        Codes of regions whose places are taken along; None for all.
    """
    book = load()
    elements = codelist("element").codes
    said = words(lang, "audits")
    wanted = {
        code: _element(code, book, said, lang, on)
        for code, about in elements.items()
        if set(about.facts["layers"]) & set(LAYERS)
    }
    reasons = codelist("not_measured").codes.values()
    return {
        "made_on": on.isoformat(),
        "units": {code: [unit.dimension, unit.factor] for code, unit in UNITS.items()},
        "reasons": [[code.code, code.label(lang)] for code in reasons if not code.facts.get("system")],
        "layers": {
            layer: [code for code in wanted if layer in elements[code].facts["layers"]] for layer in LAYERS
        },
        "elements": {code: told for code, told in wanted.items() if told["questions"]},
        "columns": list(PLACE_COLUMNS),
        "places": [row for layer in LAYERS for row in _places(session, layer, regions, on)],
    }


def _places(session: Session, layer: str, regions: Sequence[str] | None, on: date) -> list[list[Any]]:
    table = PLACES[layer][0]
    columns: Any = table.__table__.columns
    last = (
        select(Visit.place_uid, func.max(Visit.visited_on).label("day"))
        .where(Visit.place_layer == layer)
        .group_by(Visit.place_uid)
        .subquery()
    )
    query = (
        select(
            columns.uid, columns.name, func.ST_X(columns.geom), func.ST_Y(columns.geom), columns.region_code,
            columns.content_hash, columns.built_on, last.c.day,
        )
        .outerjoin(last, last.c.place_uid == columns.uid)
        .where(columns.retired_by.is_(None))
        .order_by(columns.uid)
    )  # fmt: skip
    if regions is not None:
        query = query.where(in_regions(table.region_code, regions))
    doubted = set(answers.doubted(session, layer, on=on))
    return [
        [
            layer, uid, name, round(lon, 6), round(lat, 6), region, version,
            None if built is None else built.isoformat(),
            None if pd.isna(day) else str(day)[:10], uid in doubted,
        ]
        for uid, name, lon, lat, region, version, built, day in session.execute(query)
    ]  # fmt: skip


def _element(code: str, book: RuleBook, said: Mapping[str, str], lang: Language, on: date) -> dict[str, Any]:
    in_force = book.in_force(on)
    rules = {rule.id: rule for rule in in_force.for_element(code)}
    asked = [_question(question, rules, said, lang) for question in checklist(code, book, on=on)]
    return {
        "label": codelist("element")[code].label(lang),
        "decisive": codelist("element")[code].facts["decisive"],
        "questions": asked,
    }


def _question(
    question: Question, rules: Mapping[str, Rule], said: Mapping[str, str], lang: Language
) -> dict[str, Any]:
    label = question.zh if lang == "zh" and question.zh else question.en
    if question.context:
        label = said.get(f"fact.{question.attribute}", label)
    return {
        "attribute": question.attribute,
        "label": label,
        "kind": question.kind,
        "unit": question.unit,
        "choices": [[choice, said.get(f"choice.{choice}", choice)] for choice in question.choices],
        "readings": question.readings,
        "picture": picture(question.attribute) if question.kind == "number" else "",
        "context": question.context,
        "rules": [_rule(rules[limit.rule_id]) for limit in question.limits if limit.rule_id in rules],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    scaled = rule.in_base_unit()
    return {
        "id": rule.id, "clause": f"{rule.standard} {rule.clause}", "unit": rule.unit,
        "text": rule.limit_text, "operator": rule.operator, "verified": rule.verified, "force": rule.force,
        "low": scaled.low, "high": scaled.high, "tolerance": scaled.tolerance, "magnitude": rule.magnitude,
        "expected": list(rule.expected), "steps": rule.steps is not None, "only_if_shown": rule.only_if_shown,
        "supersedes": list(rule.supersedes),
        "built_from": rule.built_from and rule.built_from.isoformat(),
        "built_to": rule.built_to and rule.built_to.isoformat(),
        "when": [
            {
                "attribute": one.attribute, "operator": one.operator, "limit": one.limit,
                "choices": list(one.choices), "unit": one.unit,
            }
            for one in rule.when
        ],
    }  # fmt: skip


def picture(attribute: str) -> str:
    """Return the name of the drawing that shows how an attribute is measured, "" for none."""
    return next((name for name, marks in PICTURES if any(mark in attribute for mark in marks)), "")
