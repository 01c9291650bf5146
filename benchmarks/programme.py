"""The programme against plain HiGHS on the whole, unreduced model: a column a home and year, a row a home.

The programmes with crews are drawn with villages of unequal size and distance; ours gets `OUR_SECONDS`.
Homes are drawn like those of the demonstration city: whole scores, reserves in steps of 500 yuan, six
counties, 3,500 yuan a home. The peer gets `PEER_SECONDS`; where it runs out of them, `equal` says that its
best plan is no better than ours and its bound no lower, and the note holds its gap.
"""

import time
from dataclasses import replace
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csr_array

from planner.pool_model import model_of, upper_ends
from planner.problem import FREE, Limit, Problem, Works
from planner.programme import solve
from planner.quiet import QuietHighs
from planner.quotas import bands
from planner.secrecy import Cipher
from planner.siting_highs import Found, Linear, minimise
from planner.visits import rows_of, travelled_km, visited

SIZES = (5_850, 20_000, 100_000)
PEER_SECONDS = 40.0
OUR_SECONDS = 15.0  # of a programme with crews
PLACES, POINTS_PER_KM = 888, 0.3
SHARES = (0.46, 0.10, 0.11, 0.13, 0.17, 0.03)
YEARS, HOMES, BUDGET = 5, 200, 700_000.0


def rows() -> list[dict[str, Any]]:
    """Return the figures of the jobs of the programme."""
    return [*(planning(size) for size in SIZES), *(visiting(size) for size in SIZES), encrypting()]


def planning(size: int, *, seed: int = 1) -> dict[str, Any]:
    """Solve one programme both ways and compare what is proved."""
    problem = programme(size, seed=seed)
    started = time.perf_counter()
    plan = solve(problem)
    ours = time.perf_counter() - started
    started = time.perf_counter()
    objective, bound = solved_plainly(problem)
    peer = time.perf_counter() - started
    near = 1e-6 * plan.objective
    peer_gap = (bound - objective) / objective if objective > 0 else float("inf")
    return {
        "job": f"{HOMES} of {size:,} homes a year, {YEARS} years",
        "ours_s": round(ours, 3),
        "peer": "HiGHS, whole model",
        "peer_s": round(peer, 3),
        "ratio": round(peer / ours, 1),
        "equal": objective <= plan.objective + near and bound >= plan.objective - near,
        "note": f"our gap {plan.gap:.7%}, the peer's {peer_gap:.7%}; objective {plan.objective:,.3f}",
    }


def visiting(size: int, *, seed: int = 1) -> dict[str, Any]:
    """Solve a programme with crews; plain HiGHS gets all homes of the smallest size and `PEER_SECONDS`."""
    problem = crewed(programme(size, seed=seed), seed=seed)
    started = time.perf_counter()
    plan = solve(problem, gap=0.002, time_limit_s=OUR_SECONDS)
    ours = time.perf_counter() - started
    km = travelled_km(problem, plan.year)
    told: dict[str, Any] = {
        "job": f"{HOMES} of {size:,} homes a year with crews and travel, {YEARS} years",
        "ours_s": round(ours, 3),
        "peer": "HiGHS, whole model",
        "peer_s": None,
        "ratio": None,
        "equal": None,
        "note": f"our gap {plan.gap:.3%}, {int(visited(problem, plan.year).sum())} visits, {km:,.0f} km",
    }
    if size > SIZES[0]:
        return told | {"note": told["note"] + "; the peer runs at the smallest size only"}
    started = time.perf_counter()
    found = plainly_visited(problem)
    peer = time.perf_counter() - started
    theirs = (found.objective - found.bound) / -found.objective if found.objective < 0 else float("inf")
    within = -found.bound >= plan.objective - 1e-6 * plan.objective and -found.objective <= plan.bound * (
        1 + 1e-6
    )
    note = f"{told['note']}; the peer's gap {theirs:.3%}"
    return told | {"peer_s": round(peer, 3), "ratio": round(peer / ours, 1), "equal": within, "note": note}


def crewed(problem: Problem, *, seed: int) -> Problem:
    """Return a drawn programme with villages, crew days of each county and a floor for wheelchair users."""
    rng = np.random.default_rng(seed)
    size, counties = len(problem.uids), len(SHARES)
    county = np.sort(rng.choice(counties, PLACES, p=SHARES))
    county[np.searchsorted(county, np.arange(counties)).clip(max=PLACES - 1)] = np.arange(counties)
    weight = rng.pareto(1.3, PLACES) + 0.5
    place = np.zeros(size, dtype=np.int64)
    for number in range(counties):
        homes, there = np.flatnonzero(problem.county == number), np.flatnonzero(county == number)
        place[homes] = rng.choice(there, len(homes), p=weight[there] / weight[there].sum())
    spread = np.array([22, 25, 30, 40, 28, 60.0])[county]
    km = 2 * 1.35 * np.hypot(*(rng.normal(size=(PLACES, 2)) * spread[:, None]).T)
    days = (1 + rng.binomial(4, 0.35, size)).astype(np.float64)
    wheelchair = (rng.random(size) < 0.35).astype(np.float64)
    share = np.bincount(problem.county, minlength=counties) / size * HOMES
    free, none = np.full(YEARS, np.inf), np.zeros(YEARS)
    limits = [Limit("least:wheelchair", wheelchair, np.zeros(PLACES), none + 0.4 * HOMES, free)]
    limits += [
        Limit(
            f"days:{problem.counties[number]}",
            days * (problem.county == number),
            (0.5 + km / 200) * (county == number),
            none,
            none + np.ceil(2.6 * share[number] + 2),
        )
        for number in range(counties)
    ]
    works = Works(
        place,
        tuple(str(number) for number in range(PLACES)),
        km,
        POINTS_PER_KM,
        tuple(limits),
        days,
        np.zeros(size, dtype=bool),
    )
    return replace(problem, works=works)


def plainly_visited(problem: Problem) -> Found:
    """Return what plain HiGHS finds over every home and place: no pool, no prices."""
    model = model_of(problem, rows_of(problem), np.arange(len(problem.uids)))
    width = len(model.gains) - model.slack
    linear = Linear(
        -model.gains[:width],
        csr_array(model.matrix[:, :width]),
        model.low,
        model.high,
        upper_ends(problem, model)[:width],
        np.ones(width, dtype=bool),
    )
    return minimise(linear, time_limit_s=PEER_SECONDS, gap=0.002)


def encrypting(people: int = 82_247) -> dict[str, Any]:
    """Encrypt and read five columns of a city's people; the peer is Fernet's usual key and token a value."""
    from cryptography.fernet import Fernet  # noqa: PLC0415  only the peer

    cipher, fernet = Cipher(b"k" * 32), Fernet(Fernet.generate_key())
    uids = [f"p{number}" for number in range(people)]
    values = [f"62079919600203{number % 10_000:04d}41" for number in range(people)]
    started = time.perf_counter()
    for column in "abcde":
        sealed = cipher.encrypt(values, "person", column, uids)
        clear = cipher.decrypt(sealed, "person", column, uids)
    ours = time.perf_counter() - started
    started = time.perf_counter()
    for _ in "abcde":
        plain = [
            fernet.decrypt(token).decode() for token in [fernet.encrypt(value.encode()) for value in values]
        ]
    peer = time.perf_counter() - started
    return {
        "job": f"encrypt and read 5 columns of {people:,} people",
        "ours_s": round(ours, 3),
        "peer": "Fernet",
        "peer_s": round(peer, 3),
        "ratio": round(peer / ours, 1),
        "equal": clear == values == plain,
        "note": "ours is bound to table, column and row",
    }


def programme(size: int, *, seed: int) -> Problem:
    """Return a drawn programme of `size` homes."""
    rng = np.random.default_rng(seed)
    county = rng.choice(len(SHARES), size, p=SHARES)
    score: NDArray[np.float64] = np.clip(rng.normal(62, 11, size), 25, 110).round()
    estimate = np.clip(np.exp(rng.normal(8.0, 0.4, size)) + 18 * score, 1_000, 15_000)
    homes = np.full(YEARS, HOMES, dtype=np.int64)
    least, most = bands(np.bincount(county, minlength=len(SHARES)), homes, low=0.85, high=1.2)
    return Problem(
        uids=[f"h{number:06d}" for number in range(size)],
        county=county.astype(np.int64),
        counties=tuple("ABCDEF"),
        score=score,
        cost=np.ceil(estimate / 500) * 500,
        first_year=2026,
        discount=np.power(0.97, np.arange(YEARS), dtype=np.float64),
        homes=homes,
        budget=np.full(YEARS, BUDGET),
        quota_min=least,
        quota_max=most,
        fixed=np.full(size, FREE, dtype=np.int64),
    )


def solved_plainly(problem: Problem) -> tuple[float, float]:
    """Return objective and bound of plain HiGHS: no classes, no prices, no core."""
    size, years, counties = len(problem.uids), problem.years, len(problem.counties)
    home, year = np.repeat(np.arange(size), years), np.tile(np.arange(years), size)
    column, ones = np.arange(size * years), np.ones(size * years)
    blocks = [
        (home, ones),
        (size + year, ones),
        (size + years + year, problem.cost[home] / 1_000),
        (size + 2 * years + problem.county[home] * years + year, ones),
    ]
    lower = [np.zeros(size), problem.homes, np.zeros(years), problem.quota_min.ravel()]
    upper = [np.ones(size), problem.homes, problem.budget / 1_000, problem.quota_max.ravel()]
    matrix = sparse.csr_matrix(
        (
            np.concatenate([values for _, values in blocks]),
            (np.concatenate([row for row, _ in blocks]), np.tile(column, len(blocks))),
        ),
        shape=(size + 2 * years + counties * years, size * years),
    )
    linear = highspy.HighsLp()
    linear.num_col_, linear.num_row_ = matrix.shape[1], matrix.shape[0]
    linear.sense_ = highspy.ObjSense.kMaximize
    linear.col_cost_ = problem.score[home] * problem.discount[year]
    linear.col_lower_, linear.col_upper_ = np.zeros(size * years), ones
    linear.row_lower_ = np.concatenate(lower).astype(np.float64)
    linear.row_upper_ = np.concatenate(upper).astype(np.float64)
    linear.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    linear.a_matrix_.start_, linear.a_matrix_.index_ = matrix.indptr, matrix.indices
    linear.a_matrix_.value_ = matrix.data
    linear.integrality_ = [highspy.HighsVarType.kInteger] * (size * years)
    solver = QuietHighs()  # type: ignore[no-untyped-call]  # highspy declares no types
    solver.setOptionValue("time_limit", PEER_SECONDS)
    solver.setOptionValue("mip_rel_gap", 1e-9)
    solver.setOptionValue("mip_abs_gap", 1e-7)
    solver.passModel(linear)
    solver.run()
    info = solver.getInfo()
    return float(info.objective_function_value), float(info.mip_dual_bound)
