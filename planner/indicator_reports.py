"""The report of the indicators as a paper: annual, mid-term or final, with county score cards. Pure.

Every number stands beside its target, the way it is computed, who answers for it and where it comes from; one
that nobody reported is shown as missing. A score card counts only the indicators that are known by county and
shows each beside the city's, so that a county sees what its mark is made of.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pandas import DataFrame

from gis.catalogue import City, Language, codelist
from planner.indicator_book import formula
from planner.indicator_service import Standing
from planner.indicators import Value
from planner.papers import Block, Paper, day_in_words, page, prose, rows, said, signatures

Kind = Literal["annual", "midterm", "final"]
KINDS: tuple[Kind, ...] = ("annual", "midterm", "final")


def standing_rows(found: Standing, lang: Language) -> list[dict[str, Any]]:
    """Return one row an indicator with its value, target and what is behind it, as a machine reads it."""
    told = []
    for code, about in codelist("indicator").codes.items():
        value, (origin, source) = found.by_code[code][0], found.origins[code]
        target = found.period.targets.get(code)
        told.append(
            {
                "indicator": code, "name": about.label(lang), "level": about.facts["level"],
                "kind": about.facts["kind"], "unit": about.facts["unit"], "value": value.value,
                "numerator": value.numerator, "denominator": value.denominator,
                "target": None if target is None else target.value,
                "sense": None if target is None else target.sense,
                "reached": None if target is None else target.reached(value.value),
                "origin": origin, "source": source, "formula": formula(about, lang),
                "owner": about.facts["owner"], "list": len(value.behind),
                "target_source": None if target is None else target.source,
            }
        )  # fmt: skip
    return told


def score_cards(found: Standing) -> DataFrame:
    """Return the marks of counties: one row a county and indicator that is known by county.

    Returns
    -------
    pandas.DataFrame
        `county`, `indicator`, `value`, `city` (the city's value), `target`, `points`: 100 where the target of
        a share is reached, in proportion below it, and unknown where there is no share.
    """
    told = []
    for code, values in found.by_code.items():
        target = found.period.targets.get(code)
        for value in values[1:]:
            points = None
            if target is not None and value.denominator and value.value is not None and target.sense != "<=":
                points = min(100.0, 100 * value.value / target.value) if target.value else None
            told.append(
                (
                    value.region,
                    code,
                    value.value,
                    values[0].value,
                    None if target is None else target.value,
                    points,
                )
            )
    return DataFrame(told, columns=["county", "indicator", "value", "city", "target", "points"])


def report(found: Standing, kind: Kind, city: City, lang: Language) -> Paper:
    """Return the report of a day as a paper."""
    words = said(lang, "report")
    title = words[kind].format(
        city=city.zh if lang == "zh" else city.en, period=found.period.label(lang), year=found.on.year
    )
    told = standing_rows(found, lang)
    blocks: list[Block] = [prose(_opening(found, told, words, lang))]
    for part in ("box", "other"):
        inside = [row for row in told if (row["level"] == "plan box 1") is (part == "box")]
        blocks.append(_table(inside, words, words[part], lang))
    blocks += [*_trend(found, words, lang), *_findings(found, words, lang)]
    blocks.append(rows([words["indicator"], words["formula"], words["source"]], [
        [row["indicator"], row["formula"], row["source"] or words[f"origin_{row['origin']}"]] for row in told
    ], title=words["behind"], widths=[0, 5, 3]))  # fmt: skip
    blocks.append(signatures([(words["office"], True)], columns=1))
    footer = day_in_words(found.on, lang)
    return Paper(title, blocks, city.zh, lang, subtitle=words[f"about_{kind}"], footer=footer)


def cards_paper(found: Standing, city: City, lang: Language, *, names: Mapping[str, str]) -> Paper:
    """Return the score cards of the counties, a page each."""
    words = said(lang, "report")
    cards = score_cards(found)
    blocks: list[Block] = [prose(words["card_note"])]
    for county, card in cards.groupby("county", sort=True):
        marks = card["points"].dropna()
        blocks.append(page(words["card"].format(county=names.get(str(county), str(county)))))
        body = [
            [
                codelist("indicator")[row["indicator"]].label(lang),
                row["value"],
                row["city"],
                row["target"],
                row["points"],
            ]
            for row in card.to_dict("records")
        ]
        total = [words["mark"], "", "", "", float(marks.mean()) if len(marks) else None]
        head = [words[name] for name in ("indicator", "value", "city", "target", "points")]
        blocks.append(rows(head, body, widths=[4, 1, 1, 1, 1], total=total))
        blocks.append(signatures([(words["county_office"], True)], columns=1))
    title = words["cards"].format(city=city.zh if lang == "zh" else city.en, year=found.on.year)
    return Paper(title, blocks, city.zh, lang, footer=day_in_words(found.on, lang))


def lists_behind(found: Standing) -> dict[str, Sequence[Value]]:
    """Return the indicators that have a list, each with its values."""
    return {code: values for code, values in found.by_code.items() if any(len(v.behind) for v in values[:1])}


def _opening(
    found: Standing, told: Sequence[Mapping[str, Any]], words: Mapping[str, str], lang: Language
) -> str:
    with_target = [row for row in told if row["target"] is not None]
    counts = {
        "day": day_in_words(found.on, lang), "all": len(told),
        "computed": sum(row["origin"] == "computed" for row in told),
        "entered": sum(row["origin"] == "entered" for row in told),
        "missing": sum(row["origin"] == "missing" for row in told),
        "targets": len(with_target), "reached": sum(row["reached"] is True for row in with_target),
        "short": sum(row["reached"] is False for row in with_target), "source": found.period.source,
    }  # fmt: skip
    return words["opening"].format(**counts)


def _table(told: Sequence[Mapping[str, Any]], words: Mapping[str, str], title: str, lang: Language) -> Block:
    departments = codelist("department")
    body = [
        [row["indicator"], row["name"], row["value"], row["unit"],
         "—" if row["target"] is None else f"{row['sense']} {row['target']:g}",
         words[f"reached_{row['reached']}"], departments[row["owner"]].label(lang),
         words[f"origin_{row['origin']}"]]
        for row in told
    ]  # fmt: skip
    head = ("indicator", "name", "value", "unit", "target", "reached", "owner", "origin")
    return rows([words[name] for name in head], body, title=title, widths=[0, 4, 1.3, 1.2, 1.2, 1, 2, 1.2])


def _trend(found: Standing, words: Mapping[str, str], lang: Language) -> list[Block]:
    if found.trend.empty:
        return []
    layers = codelist("place_layer")
    body = [
        [str(row["year"]), layers[row["layer"]].label(lang), row["met"], row["decided"], 100 * row["share"]]
        for row in found.trend.to_dict("records")
    ]
    head = [words[name] for name in ("year", "layer", "met", "decided", "share")]
    return [rows(head, body, title=words["trend"])]


def _findings(found: Standing, words: Mapping[str, str], lang: Language) -> list[Block]:
    if found.findings.empty:
        return []
    departments, severities = codelist("department"), codelist("severity")
    body = [
        [departments[row["department"]].label(lang), severities[row["severity"]].label(lang), row["findings"]]
        for row in found.findings.groupby(["department", "severity"])["findings"]
        .sum()
        .reset_index()
        .to_dict("records")
    ]
    return [rows([words["owner"], words["severity"], words["findings"]], body, title=words["open_findings"])]
