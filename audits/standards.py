"""Reads the dated rules of `data/standards` and refuses a table that is not well formed.

One file a rule set: a `[standard]` and its `[[rule]]`s, each with optional `[[rule.part]]`s that take
over whatever they do not say themselves. The keys are those of `audits.rulebook.Rule`, except that
`limit` is written once: a figure, `[low, high]`, `true`/`false`, a choice, or a slope as `"1:12"`.
Only `source` and `confidence` of the domain tables decide `verified`: a rule from memory may stand
here, but never as read in the official text.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from audits import rulechecks, ruleforms
from audits.grades import Policy
from audits.rulebook import Bands, Rule, RuleBook, Standard
from gis.catalogue import codelist, table
from gis.errors import StandardError

STANDARD_KEYS = frozenset(
    {
        "id", "zh", "en", "role", "jurisdiction", "rank", "valid_from", "valid_to", "valid_source",
        "tolerance_source", "note",
    }
)  # fmt: skip


@cache
def load() -> RuleBook:
    """Return the rules that ship with the program, read and checked once.

    Raises
    ------
    StandardError
        A file is not well formed; the message names file, rule and clause.
    """
    return load_folder(files("data").joinpath("standards"))


def load_folder(folder: Traversable) -> RuleBook:
    """Return the rules of every TOML file of a folder.

    Raises
    ------
    StandardError
        A file is not well formed, or two files contradict each other.
    """
    found = {entry.name: entry for entry in folder.iterdir() if entry.name.endswith(".toml")}
    return read({name: found[name].read_text(encoding="utf-8") for name in sorted(found)})


def read(texts: Mapping[str, str]) -> RuleBook:
    """Return the rules written in TOML texts.

    Parameters
    ----------
    texts
        Text of each file by its name, which error messages repeat.

    Raises
    ------
    StandardError
        A text is not TOML, has an unknown or missing key, unit, operator or code, a limit of the
        wrong shape, or contradicts another text.
    """
    tables = {name: _parsed(name, text) for name, text in texts.items()}
    standards = {known.id: known for name, raw in tables.items() for known in [_standard(name, raw)]}
    rules: list[Rule] = []
    origin: dict[str, str] = {}
    for name, raw in tables.items():
        for rule in _rules(name, raw, standards):
            rules.append(rule)
            origin[rule.id] = name
    rulechecks.check(rules, standards, origin)
    return RuleBook(standards, tuple(sorted(rules, key=_order)), bands())


def bands() -> Bands:
    """Return the severities and their edges (`data/catalogue/severity.toml`)."""
    codes = codelist("severity").codes
    edges: dict[str, Any] = table("catalogue/severity.toml")["edges"]
    names = sorted(codes, key=lambda code: int(codes[code].facts["rank"]))
    return Bands(tuple(names), edges["up"], edges["down"], edges["hold_groups"])


@cache
def policy() -> Policy:
    """Return what counts for the grade of a place (`data/catalogue/grade.toml`, `element.toml`)."""
    raw: dict[str, Any] = table("catalogue/grade.toml")
    elements = codelist("element").codes
    return Policy(
        forces=tuple(raw["counted"]["forces"]),
        blocking=tuple(raw["counted"]["blocking"]),
        severities=bands().names,
        decisive={name: tuple(code.facts["decisive"]) for name, code in elements.items()},
        essential={layer: tuple(map(tuple, groups)) for layer, groups in raw["essential"].items()},
        expiry_months=raw["expiry_months"],
    )


def _parsed(name: str, text: str) -> dict[str, Any]:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise StandardError(name, "the whole file", f"is not TOML: {wrong}") from wrong
    if set(raw) - {"standard", "rule"} or "standard" not in raw:
        raise StandardError(name, "the whole file", "must hold [standard] and [[rule]]s and nothing else")
    return raw


def _standard(name: str, raw: Mapping[str, Any]) -> Standard:
    facts: dict[str, Any] = raw["standard"]
    where = f"standard {facts.get('id', '?')}"
    unknown = sorted(set(facts) - STANDARD_KEYS)
    missing = sorted({"id", "zh", "en", "role", "jurisdiction", "rank", "valid_source"} - set(facts))
    if unknown or missing:
        raise StandardError(name, where, f"unknown keys {unknown}, missing keys {missing}")
    if facts["role"] not in {"primary", "second"}:
        raise StandardError(name, where, f"role '{facts['role']}' must be primary or second")
    for key in ("valid_from", "valid_to"):
        if not isinstance(facts.get(key, date.min), date):
            raise StandardError(name, where, f"{key} must be a date such as 2022-04-01")
    return Standard(
        facts["id"], facts["zh"], facts["en"], facts["role"], facts["jurisdiction"], facts["rank"],
        facts.get("valid_from"), facts.get("valid_to"), facts["valid_source"],
        facts.get("tolerance_source", ""), facts.get("note", ""),
    )  # fmt: skip


def _rules(name: str, raw: Mapping[str, Any], standards: Mapping[str, Standard]) -> Iterable[Rule]:
    owner = raw["standard"]["id"]
    for row in raw.get("rule", ()):
        parts = row.get("part", [])
        whole = {key: value for key, value in row.items() if key != "part"}
        main = {"standard": owner, "force": "", "severity": "", **whole}
        yield ruleforms.rule(name, main, standards, str(row.get("id", "?")))
        for number, part in enumerate(parts, 2):
            if "id" in part:
                raise StandardError(name, f"rule {row.get('id')}", "a part has no id of its own; remove it")
            inherited = {key: value for key, value in main.items() if key not in _own_keys(part)}
            joined = {**inherited, **part, "id": f"{row.get('id')}/{number}"}
            yield ruleforms.rule(name, joined, standards, str(row.get("id")))


def _own_keys(part: Mapping[str, Any]) -> frozenset[str]:
    # A part never takes over what its rule replaces; another attribute has other edges and names;
    # a clause of another standard was not read where the rule was.
    own = {"supersedes", "called", "limit", "note", "only_if_shown"}
    if "attribute" in part:
        own |= {"beyond", "choices", "en", "zh", "counterpart"}
    if "standard" in part:
        own |= {"source", "confidence", "verified"}
    if "unit" in part or "attribute" in part:
        own |= {"readings"}
    return frozenset(own)


def _order(rule: Rule) -> tuple[str, int, str]:
    main, _, part = rule.id.partition("/")
    return main, int(part or 1), str(rule.valid_from or "")
