"""The four forms of a home: application, assessment, scheme, acceptance. Pure: a dossier in, a paper out.

A form is filled in as far as the case has come and leaves the rest for the pen, so that the same form is
taken to the home empty and printed complete for the archive.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gis.catalogue import City, Language, codelist
from planner.papers import (
    Block,
    Paper,
    checks,
    day_in_words,
    facts,
    lines,
    prose,
    rows,
    said,
    signatures,
    sketch,
)
from planner.people import masked_certificate, masked_name, masked_phone
from planner.works_state import WorksState

LIMITS = ("wheelchair_user", "walking_difficulty", "lives_alone", "has_labour", "only_safety_net")
DEVICES = {"device", "service"}  # no works of a home


@dataclass(frozen=True)
class Dossier:
    """Everything that the forms of a home may say.

    Attributes
    ----------
    people
        Facts of the layer `people` in clear, of each disabled person of the home; the first one applies.
    household
        Facts of the dwelling.
    place
        Names of county, township and village, as far as known.
    asked
        Items of the catalogue that the people ask for.
    """

    case: WorksState
    people: Sequence[Mapping[str, Any]]
    household: Mapping[str, Any]
    place: Sequence[str]
    city: City
    made_on: date
    asked: frozenset[str] = frozenset()


def masked(dossier: Dossier) -> Dossier:
    """Return a dossier with names, numbers and telephones masked and addresses left out."""
    hidden = [
        dict(person)
        | {
            "name": masked_name(str(person.get("name") or "")),
            "certificate": masked_certificate(str(person.get("certificate") or "")),
            "phone": masked_phone(str(person.get("phone") or "")),
            "address": None,
        }
        for person in dossier.people
    ]
    return Dossier(
        dossier.case, hidden, dossier.household, dossier.place, dossier.city, dossier.made_on, dossier.asked
    )


def form(kind: str, dossier: Dossier, lang: Language) -> Paper:
    """Return a form of a home.

    Parameters
    ----------
    kind
        One of `FORMS`.
    """
    words, about = said(lang, "form"), said(lang, "paper")
    case = dossier.case
    return Paper(
        title=words[kind].format(city=dossier.city.zh if lang == "zh" else dossier.city.en),
        blocks=FORMS[kind](dossier, lang),
        office=dossier.city.zh,
        lang=lang,
        number=about["number"].format(number=f"{case.uid} · {case.household}"),
        code=f"TANTU {kind} {case.uid} {case.household} {case.state}",
        footer=about["made"].format(day=day_in_words(dossier.made_on, lang)),
    )


def _application(dossier: Dossier, lang: Language) -> list[Block]:
    words = said(lang, "form")
    catalogue = codelist("renovation_item")
    wanted = dossier.asked | set(dossier.case.items)
    needs = [
        (code.label(lang), True if item in wanted else None)
        for item, code in catalogue.codes.items()
        if code.facts["location"] not in DEVICES
    ]
    consents = [(words[f"consent_{name}"], None) for name in ("works", "data", "photos", "notice")]
    return [
        _person(dossier, lang),
        checks(needs, title=words["needs"], columns=4),
        checks(consents, title=words["consents"], columns=2),
        prose(words["statement"]),
        _signed(words, (("applicant", False), ("village", True), ("township", True), ("county", True))),
    ]


def _assessment(dossier: Dossier, lang: Language) -> list[Block]:
    words = said(lang, "form")
    first = dossier.people[0] if dossier.people else {}
    known = [(words[name], _answer(first.get(name))) for name in LIMITS]
    found = dossier.case.barriers
    barriers = [
        [str(number), code.label(lang), str(found.get(name, ""))]
        for number, (name, code) in enumerate(codelist("home_barrier").codes.items(), 1)
    ]
    half = (len(barriers) + 1) // 2
    right = [*barriers[half:], ["", "", ""]]
    pairs = [[*one, *other] for one, other in zip(barriers[:half], right, strict=False)]
    head = ["#", words["barrier"], "0–4"]
    return [
        _person(dossier, lang),
        checks(known, title=words["limits"], columns=5),
        rows([*head, *head], pairs, title=words["barriers"], widths=[0, 3, 1, 0, 3, 1]),
        lines(2, title=words["measures"]),
        lines(2, title=words["wishes"]),
        sketch(3.5, title=words["drawing"]),
        _signed(words, (("assessor", False), ("household", False), ("village", True), ("county", True))),
    ]


def _scheme(dossier: Dossier, lang: Language) -> list[Block]:
    words, fields = said(lang, "form"), said(lang, "field")
    case = dossier.case
    body: list[list[object]] = []
    total = 0.0
    for item, quantity in sorted(case.items.items()):
        code = codelist("renovation_item")[item]
        told = code.facts
        price = sum(told["price_yuan"]) / 2
        total += price * quantity
        row = [told.get("spec", ""), told.get("rule_ref", ""), told["unit"], quantity]
        mark = "" if told["price_verified"] else "*"
        body.append([len(body) + 1, code.label(lang), *row, f"{price:,.0f}{mark}", price * quantity])
    head = ("item", "spec", "rule", "unit", "quantity", "unit_price", "amount")
    sums = [words["total"], *[""] * 6, total]
    works = rows(
        ["#", *(words[name] for name in head)], body, title=words["items"],
        widths=[0, 3, 4, 2, 0, 0, 0, 0], total=sums, note=words["price_note"],
    )  # fmt: skip
    return [
        _person(dossier, lang),
        works,
        facts([(fields["cost"], case.cost_yuan), (fields["price"], case.price_yuan)]),
        sketch(6, title=words["drawing"]),
        prose(words["agree"]),
        _signed(words, (("household", False), ("township", True), ("assessor", False), ("county", True))),
    ]


def _acceptance(dossier: Dossier, lang: Language) -> list[Block]:
    words, fields = said(lang, "form"), said(lang, "field")
    case = dossier.case
    done = case.barriers_after is not None
    body: list[list[object]] = []
    for item, quantity in sorted(case.items.items()):
        code = codelist("renovation_item")[item]
        row = [len(body) + 1, code.label(lang), code.facts["unit"], quantity]
        body.append([*row, "√" if done else "□", ""])
    days = [
        (fields["contractor"], case.contractor), (fields["price"], case.price_yuan),
        (fields["finished_on"], case.entered.get("finished")),
        (fields["accepted_on"], case.entered.get("accepted")),
        (fields["inspector"], case.inspector or None), (fields["countersigner"], case.countersigner or None),
    ]  # fmt: skip
    head = ["#", *(words[name] for name in ("item", "unit", "planned", "passed", "remark"))]
    signers = (("household", False), ("village", True), ("builder", True), ("federation", True))
    return [
        _person(dossier, lang),
        facts(days),
        rows(head, body, title=words["items"], widths=[0, 5, 1, 1, 1, 3]),
        _before_and_after(case, lang),
        checks(
            [(words["pass"], True if done else None), (words["fail"], None)], title=words["result"], columns=6
        ),
        _signed(words, (*signers, ("second", False)), columns=3),
    ]


def _before_and_after(case: WorksState, lang: Language) -> Block:
    words, known = said(lang, "form"), codelist("home_barrier").codes
    after = case.barriers_after
    body: list[list[object]] = []
    for name, severity in case.barriers.items():
        change: list[object] = ["", ""] if after is None else [after[name], severity - after[name]]
        body.append([known[name].label(lang) if name in known else name, severity, *change])
    sums: list[object] = ["", ""] if after is None else [sum(after.values()), case.need_met]
    head = [words[name] for name in ("barrier", "before", "after", "lowered")]
    total = [words["total"], case.need_before, *sums]
    return rows(head, body, title=words["barriers"], widths=[4, 1, 1, 1], total=total)


FORMS: Mapping[str, Callable[[Dossier, Language], list[Block]]] = {
    "application": _application,
    "assessment": _assessment,
    "scheme": _scheme,
    "acceptance": _acceptance,
}


def _person(dossier: Dossier, lang: Language) -> Block:
    fields, case = said(lang, "field"), dossier.case
    first: Mapping[str, Any] = dossier.people[0] if dossier.people else {}
    told = {
        "name": first.get("name"), "certificate": first.get("certificate"),
        "sex": _coded(first, "sex", lang), "category": _coded(first, "category", lang),
        "grade": first.get("grade"), "hardship": _coded(first, "hardship", lang),
        "phone": first.get("phone"), "place": " ".join(dossier.place) or None,
        "address": first.get("address"), "dwelling_kind": _coded(dossier.household, "dwelling_kind", lang),
        "tenure": _coded(dossier.household, "tenure", lang),
        "safety_grade": _coded(dossier.household, "safety_grade", lang),
        "people": len(dossier.people) or None, "year": str(case.year),
        "applied_on": case.entered.get("applied"), "assessor": case.assessor or None,
    }  # fmt: skip
    return facts([(fields[name], value) for name, value in told.items()])


def _coded(row: Mapping[str, Any], name: str, lang: Language) -> str | None:
    value = row.get(name)
    codes = {"category": "disability_category"}.get(name, name)
    return codelist(codes)[value].label(lang) if isinstance(value, str) else None


def _signed(words: Mapping[str, str], roles: Sequence[tuple[str, bool]], *, columns: int = 2) -> Block:
    return signatures([(words[name], stamp) for name, stamp in roles], columns=columns)


def _answer(value: object) -> bool | None:
    return bool(value) if isinstance(value, bool) else None
