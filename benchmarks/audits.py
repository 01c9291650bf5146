"""Judging against a plain loop over the same rules, and importing inspections with their verdicts.

The peer is what most audit tools do: one Python call a rule and element, on dictionaries. It is written
for clarity, from the meaning of a rule and not from our arrays, and must give the same verdicts.
"""

import math
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from api.database import initialise
from audits import service, standards
from audits.rulebook import Condition, Rule, RuleBook
from audits.rules import judge
from audits.units import SAME, UNITS, to_base
from gis.db import make_engine, transaction
from gis.frames import write_frame
from gis.tables import ImportBatch, Toilet

ON = date(2026, 1, 1)
ITEM = ("place_layer", "place_uid", "visit_uid", "element", "element_no")
Facts = dict[str, tuple[float, str]]


def rows() -> list[dict[str, Any]]:
    """Return the figures of the jobs of audits."""
    book = standards.load()
    measured, places = inspections(22_500, readings=5, book=book)
    return [judging(measured, places, book), importing(book)]


def judging(measured: pd.DataFrame, places: pd.DataFrame, book: RuleBook) -> dict[str, Any]:
    """Judge 100,000 readings both ways and compare every verdict."""
    judge(measured.head(1_000), book, on=ON, places=places)
    ours, verdicts = _best(lambda: judge(measured, book, on=ON, places=places))
    peer, plain = _best(lambda: list(judged_plainly(measured, book, places)), times=1)
    found = list(zip(*(verdicts[key] for key in (*ITEM, "rule_id", "outcome")), strict=True))
    return {
        "job": f"judge {len(measured):,} readings, {len(verdicts):,} verdicts",
        "ours_s": round(ours, 3),
        "peer": "plain loop",
        "peer_s": round(peer, 3),
        "ratio": round(peer / ours, 1),
        "equal": sorted(map(repr, found)) == sorted(map(repr, plain)),
        "note": "target 2 s",
    }


def importing(book: RuleBook, visits: int = 10_000) -> dict[str, Any]:
    """Write inspections with distances, verdicts and findings into a fresh SpatiaLite file."""
    measured, places = inspections(visits, readings=8, book=book)
    shapes = gpd.points_from_xy(
        100 + np.arange(len(places)) % 100 / 50, 38 + np.arange(len(places)) // 100 / 50
    )
    toilets = gpd.GeoDataFrame({"uid": places["place_uid"]}, geometry=shapes, crs=4326)
    audits = gpd.GeoDataFrame(
        measured.assign(inspector="INS-01", visited_on=ON),
        geometry=gpd.GeoSeries(shapes, index=places["place_uid"]).reindex(measured["place_uid"]).to_numpy(),
        crs=4326,
    )
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
        initialise(engine)
        with transaction(engine) as session:
            write_frame(session, Toilet, toilets)
        start = time.perf_counter()
        with transaction(engine) as session:
            counts = service.write_audits(session, audits, _batch(session))
        seconds = time.perf_counter() - start
        engine.dispose()
    return {
        "job": f"import {visits:,} visits with verdicts, {counts.inserted:,} readings",
        "ours_s": round(seconds, 3),
        "peer": "none",
        "peer_s": None,
        "ratio": None,
        "equal": True,
        "note": "target 20 s, SpatiaLite",
    }


def inspections(
    items: int, *, readings: int, book: RuleBook, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return inspected elements near and far from their limits, and the places with the day they were built.

    Each element is a visit of its own with `readings` readings of different attributes.
    """
    rng = np.random.default_rng(seed)
    by_element: dict[str, list[Rule]] = {}
    for rule in book.in_force(ON).rules:
        if rule.unit != "choice" and not rule.unset:
            by_element.setdefault(rule.element, []).append(rule)
    elements = [element for element, found in by_element.items() if len(found) >= readings]
    written = []
    for number in range(items):
        element = elements[int(rng.integers(len(elements)))]
        for chosen in rng.permutation(len(by_element[element]))[:readings]:
            rule = by_element[element][int(chosen)]
            limit = rule.low if rule.low is not None else rule.high
            value = float(rng.integers(2)) if rule.unit == "bool" else (limit or 1.0) * rng.uniform(0.6, 1.4)
            written.append((f"t{number}", f"v{number}", element, rule.attribute, value, rule.unit))
    names = ["place_uid", "visit_uid", "element", "attribute", "value", "unit"]
    measured = pd.DataFrame(written, columns=names).drop_duplicates(["visit_uid", "attribute"])
    measured = measured.assign(place_layer="toilets", element_no=1).reset_index(drop=True)
    ages: list[date | None] = [date(2010, 1, 1), date(2018, 1, 1), date(2023, 1, 1), None]
    built = [ages[number % 4] for number in range(items)]
    places = pd.DataFrame(
        {"place_layer": "toilets", "place_uid": [f"t{n}" for n in range(items)], "built_on": built}
    )
    return measured, places


def judged_plainly(measured: pd.DataFrame, book: RuleBook, places: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Yield item, rule and outcome, one rule and element after the other."""
    built = dict(zip(places["place_uid"], places["built_on"], strict=True))
    items: dict[tuple[Any, ...], Facts] = {}
    for row in measured.to_dict("records"):
        key = tuple(row[name] for name in ITEM)
        figure = to_base(row["value"], row["unit"])
        items.setdefault(key, {})[row["attribute"]] = (figure, UNITS[row["unit"]].dimension)
    in_force = book.in_force(ON)
    for key, facts in items.items():
        context = {"public_building": (1.0, "bool"), **facts}
        rules = [rule.in_base_unit() for rule in in_force.for_element(key[3])]
        speaks = {rule.id: _speaks(rule, context, built[key[1]]) for rule in rules}
        replaced = {other for rule in rules if speaks[rule.id] is True for other in rule.supersedes}
        for rule in rules:
            outcome = _outcome(rule, facts, speaks[rule.id])
            gone = rule.id in replaced and outcome != "not_applicable"
            yield (*key, rule.id, "not_applicable" if gone else outcome)


def _outcome(rule: Rule, facts: Facts, speaks: bool | None) -> str:
    if speaks is False:
        return "not_applicable"
    if rule.attribute not in facts or rule.unset or rule.unit == "choice":
        return "not_measured"
    figure = abs(facts[rule.attribute][0]) if rule.magnitude else facts[rule.attribute][0]
    low, high = -math.inf if rule.low is None else rule.low, math.inf if rule.high is None else rule.high
    beyond = max(low - figure, figure - high, 0.0)
    if beyond <= SAME * max(1.0, abs(low if figure < low else high)):
        return "met"
    if beyond <= rule.tolerance * (1 + SAME):
        return "met_within_tolerance"
    return "not_measured" if speaks is None else "not_met"


def _speaks(rule: Rule, facts: Facts, built: date | None) -> bool | None:
    truths = [_holds(condition, rule, facts) for condition in rule.when]
    if rule.built_from is not None:
        truths.append(None if built is None else built >= rule.built_from)
    if rule.built_to is not None:
        truths.append(None if built is None else built < rule.built_to)
    if False in truths:
        return False
    if None in truths:
        return False if rule.only_if_shown else None
    return True


def _holds(condition: Condition, rule: Rule, facts: Facts) -> bool | None:
    known = facts.get(condition.attribute)
    if known is None or condition.choices:
        named = (rule.called or rule.attribute) in facts
        return True if condition.implied and named else None
    figure = abs(known[0]) if condition.unit == "ratio" else known[0]
    slack = SAME * max(1.0, abs(condition.limit))
    return {
        "<": figure < condition.limit - slack,
        "<=": figure <= condition.limit + slack,
        ">": figure > condition.limit + slack,
        ">=": figure >= condition.limit - slack,
        "==": abs(figure - condition.limit) <= slack,
    }[condition.operator]


def _best(job: Any, *, times: int = 3) -> tuple[float, Any]:
    best, result = math.inf, None
    for _ in range(times):
        start = time.perf_counter()
        result = job()
        best = min(best, time.perf_counter() - start)
    return best, result


def _batch(session: Any) -> int:
    row = ImportBatch(
        layer="audits", file_name="bench", content_key="0" * 64, options={}, read=0, accepted=0, unchanged=0,
        repaired=0, quarantined=0, state="applied", imported_at=datetime.now(UTC), imported_by="bench",
    )  # fmt: skip
    session.add(row)
    session.flush()
    return int(row.id)
