"""Small programmes and people that the tests of the planner share; nobody in them is real."""

from datetime import date

import numpy as np
import pandas as pd

from planner.people import id_check_digit
from planner.problem import FREE, Problem

ON = date(2026, 1, 1)


def certificate(category="4", grade=1, born="19600203", order="001"):
    """A well-formed certificate number of the area 620799, which is not assigned."""
    first = f"620799{born}{order}"
    return f"{first}{id_check_digit(first)}{category}{grade}"


def person(uid, household, **facts):
    """A person who passes every rule, apart from what is said."""
    usual = {
        "uid": uid,
        "household_uid": household,
        "region_code": "620702001201",
        "name": "张小三",
        "certificate": certificate(),
        "phone": "13800001234",
        "address": "某镇某村1号",
        "category": "4",
        "grade": 1,
        "sex": "female",
        "born_on": date(1960, 2, 3),
        "hardship": "dibao",
        "hardship_until": None,
        "consent": True,
        "wheelchair_user": False,
        "walking_difficulty": False,
        "lives_alone": False,
        "carer_age": 40,
        "has_labour": True,
        "only_safety_net": False,
        "disabled_on": date(1990, 1, 1),
        "needs": None,
        "device_only": False,
        "other_programme": False,
        "applied_on": date(2025, 6, 1),
    }
    return usual | facts


def people_frame(*people):
    """People with the column types of the layer."""
    frame = pd.DataFrame(list(people))
    whole = {"grade": "Int64", "carer_age": "Int64"}
    flags = ("consent", "wheelchair_user", "walking_difficulty", "lives_alone", "has_labour")
    flags += ("only_safety_net", "device_only", "other_programme")
    return frame.astype(whole | dict.fromkeys(flags, "boolean"))


def homes_frame(*uids, **facts):
    """Homes that pass every rule, apart from what is said."""
    usual = {
        "region_code": "620702001201",
        "dwelling_kind": "courtyard",
        "storey": 1,
        "has_lift": False,
        "tenure": "own",
        "safety_grade": "A",
        "demolition_planned": False,
        "relocated": False,
        "renovated_on": None,
    }
    frame = pd.DataFrame([{"uid": uid} | usual | facts for uid in uids])
    return frame.astype({"storey": "Int64", "has_lift": "boolean", "demolition_planned": "boolean"})


def problem(scores, costs, *, homes=1, budget=10_000.0, years=2, **options):
    """A programme of one county whose quotas do not bind, unless options say otherwise."""
    size = len(scores)
    county = np.array(options.pop("county", [0] * size), dtype=np.int64)
    counties = int(county.max()) + 1
    per_year = np.full(years, homes, dtype=np.int64)
    usual = {
        "uids": [f"h{number:03d}" for number in range(size)],
        "county": county,
        "counties": tuple("ABCDEF"[:counties]),
        "score": np.array(scores, dtype=float),
        "cost": np.array(costs, dtype=float),
        "first_year": 2026,
        "discount": 0.9 ** np.arange(years),
        "homes": per_year,
        "budget": np.full(years, float(budget)),
        "quota_min": np.zeros((counties, years), dtype=np.int64),
        "quota_max": np.tile(per_year, (counties, 1)),
        "fixed": np.full(size, FREE, dtype=np.int64),
    }
    return Problem(**(usual | options))
