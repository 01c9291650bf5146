"""A home on its way through the programme, told day by day."""

from datetime import UTC, date, datetime

import pandas as pd

from planner.store import PlanRecord, add_plan
from planner.stored import StoredPlan
from planner.tables import Plan
from planner.works import replay
from planner.works_policy import policy_on
from planner.works_state import WorksEvent

SOLVED = datetime(2026, 1, 2, 4, tzinfo=UTC)
POLICY = policy_on(date(2026, 1, 5), "zhangye")
BARRIERS = {"threshold": 3, "toilet": 4}
AFTER = {"threshold": 0, "toilet": 1}
ITEMS = {"RI-01": 4, "RI-16": 1}
SIGNATURES = ["household", "village", "builder", "federation"]
PAPERS = [paper.id for paper in POLICY.documents]
# Kind, who, day, facts: a home that goes through without a hitch.
WAY = (
    ("register", "census", (2026, 1, 5),
     {"uid": "2026-00001", "household": "h1", "year": 2026, "county": "620702"}),
    ("apply", "clerk", (2026, 3, 2), {"consents": ["works", "photos"]}),
    ("assess", "assessor", (2026, 3, 9), {"barriers": BARRIERS}),
    ("propose", "assessor", (2026, 3, 11), {"items": ITEMS, "cost_yuan": 3400, "agreed": True}),
    ("review_township", "township", (2026, 3, 13), {}),
    ("review_county", "county", (2026, 3, 16), {}),
    ("publish", "county", (2026, 3, 17), {"until": "2026-03-24"}),
    ("contract", "county", (2026, 3, 25), {"contractor": "Builder Ltd", "price_yuan": 3300}),
    ("start", "builder", (2026, 4, 1), {}),
    ("finish", "builder", (2026, 4, 15), {}),
    ("accept", "acceptor", (2026, 4, 20),
     {"items": {"RI-01": True, "RI-16": True}, "barriers": AFTER, "signatures": SIGNATURES}),
    ("countersign", "second", (2026, 4, 21), {}),
    ("settle", "treasurer", (2026, 5, 6), {"lines": {"lottery": 2000, "county": 1250}}),
    ("archive", "clerk", (2026, 5, 8), {"documents": PAPERS}),
    ("spot_check", "city", (2026, 6, 1), {"passed": True}),
    ("survey", "clerk", (2026, 6, 2), {"answers": {"overall": 5, "quality": 4}}),
    ("follow_up", "clerk", (2026, 10, 21), {"month": 6, "in_use": True}),
    ("follow_up", "clerk", (2027, 4, 21), {"month": 12, "in_use": True}),
    ("close", "clerk", (2027, 4, 22), {}),
)  # fmt: skip
KINDS = [row[0] for row in WAY]


def event(kind, by, day, **facts):
    """An event on a day, given as (year, month, day)."""
    return WorksEvent(kind, by, date(*day), facts)


def events_until(kind, **changes):
    """The events of the smooth way up to and with the first of a kind; facts of an event may be changed."""
    found = []
    for name, by, day, facts in WAY:
        said = changes.get(name, {})
        found.append(event(name, said.get("by", by), said.get("day", day), **(facts | said.get("facts", {}))))
        if name == kind:
            return found
    raise AssertionError(kind)


def home_at(kind, **changes):
    """The home after the first event of a kind."""
    return replay(events_until(kind, **changes), POLICY)


def plan_of(session, homes, year=2026):
    """A kept plan that gives homes, by county, the first year."""
    row = Plan(
        solved_at=SOLVED, first_year=year, years=1, parameters={}, eligible=len(homes), objective=1, bound=1, gap=0,
        seconds=0, state="draft",
    )  # fmt: skip
    frame = pd.DataFrame(
        {
            "household_uid": list(homes), "county_code": list(homes.values()), "year": pd.array([year] * len(homes), dtype="Int64"),
            "rank": range(1, len(homes) + 1), "score": 50.0, "cost_yuan": 3500.0, "parts": [{}] * len(homes), "assessed_on": None,
        }
    )  # fmt: skip
    number = add_plan(session, row, frame)
    record = PlanRecord(number, SOLVED, year, 1, {}, len(homes), 1, 1, 0, 0, "draft")
    return StoredPlan(record, frame)
