"""The answer to one family: is my home in, why, why this year, and what would it have needed."""

from dataclasses import dataclass
from typing import Any

from gis.catalogue import Language, words
from gis.errors import NotFoundError
from planner import reasons
from planner.assessment import Assessment
from planner.dated import programme_rows
from planner.reasons import Price, Rule
from planner.stored import StoredPlan


@dataclass(frozen=True)
class Explanation:
    """Why one home is in or out.

    Attributes
    ----------
    outcome
        `chosen`, `left_out`, `refused` or `unknown` (not planned because a fact is open).
    reasons, would_need
        Sentences in the language asked for; those from prices say so.
    price
        What forcing the home in (or out) really costs, when it was solved again.
    """

    household: str
    outcome: str
    year: int | None
    rank: int | None
    of: int
    score: float | None
    parts: dict[str, float]
    reasons: list[str]
    would_need: list[str]
    price: Price | None = None

    def told(self) -> dict[str, Any]:
        """Return the machine-readable answer of `plan explain`."""
        price = None
        if self.price is not None:
            price = {"loss": self.price.loss, "year": self.price.year, "gap": self.price.gap}
        return {
            "household": self.household,
            "selected": self.outcome == "chosen",
            "outcome": self.outcome,
            "year": self.year,
            "rank": self.rank,
            "eligible": self.of,
            "score": self.score,
            "parts": self.parts,
            "reasons": self.reasons,
            "would_need": self.would_need,
            "price": price,
        }


def of_candidate(stored: StoredPlan, household: str, *, lang: Language, solved_again: bool) -> Explanation:
    """Return why a home that could be planned is in or out.

    Parameters
    ----------
    solved_again
        Whether to solve the programme again with the home forced in (or out) for its true price.

    Raises
    ------
    NotFoundError
        The plan does not know the home.
    DomainError
        The second run found no plan in its time.
    """
    found = stored.homes.index[stored.homes["household_uid"] == household]
    if len(found) == 0:
        raise NotFoundError("home in the plan", household)
    position = int(found[0])
    row = stored.reasons.iloc[position]
    parts = dict(stored.homes["parts"].iloc[position])
    chosen = stored.plan.year[position] >= 0
    price = reasons.true_price(stored.problem, stored.plan, position) if solved_again else None
    told = reasons.words_of(stored.problem, stored.plan, position, stored.reasons)
    sentences = [_sentence(rule, lang) for rule in [*told, ("reason.by_prices", {})]]
    if price is not None:
        sentences.append(_sentence(_of_price(price, chosen=chosen), lang))
    return Explanation(
        household=household,
        outcome="chosen" if chosen else "left_out",
        year=int(row["year"]) if chosen else None,
        rank=int(row["rank"]),
        of=stored.eligible,
        score=float(stored.problem.score[position]),
        parts={str(name): float(points) for name, points in parts.items()},
        reasons=sentences,
        would_need=[_sentence(rule, lang) for rule in reasons.would_need(row)],
        price=price,
    )


def of_others(assessment: Assessment, household: str, *, lang: Language, eligible: int) -> Explanation:
    """Return why a home was not among those that could be planned: its refusals or open facts.

    Raises
    ------
    NotFoundError
        Nobody is registered in that home.
    """
    if household not in assessment.homes.index:
        raise NotFoundError("household with registered people", household)
    row = assessment.homes.loc[household]
    book = assessment.rulebook
    labels = {rule["id"]: rule[lang] for rule in programme_rows(book.city_id, "eligibility", book.on)}
    refusing, doubtful = str(row["refused_by"]), str(row["unknown"])
    told: list[Rule] = []
    needed: list[Rule] = []
    for rule_id in filter(None, refusing.split(";")):
        told.append(("reason.refused", {"rule": rule_id, "label": labels[rule_id]}))
        needed.append(("need.rule", {"rule": rule_id, "label": labels[rule_id]}))
    for rule_id in filter(None, doubtful.split(";")):
        told.append(("reason.unknown", {"rule": rule_id, "label": labels[rule_id]}))
        needed.append(("need.fact", {"rule": rule_id, "label": labels[rule_id]}))
    if bool(row["plannable"]):
        told.append(("reason.newer", {}))
    return Explanation(
        household=household,
        outcome="refused" if refusing else "unknown",
        year=None,
        rank=None,
        of=eligible,
        score=None,
        parts={},
        reasons=[_sentence(rule, lang) for rule in told],
        would_need=[_sentence(rule, lang) for rule in needed],
    )


def _of_price(price: Price, *, chosen: bool) -> Rule:
    if price.loss is None:
        return ("reason.price_impossible", {})
    key = "reason.price_out" if chosen else "reason.price_in"
    return (key, {"loss": round(price.loss, 3), "year": price.year})


def _sentence(rule: Rule, lang: Language) -> str:
    key, values = rule
    return words(lang, "planner")[key].format(**values)
