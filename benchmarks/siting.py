"""Siting against spopt with CBC and with HiGHS, and against the plain model given to HiGHS at once.

Towns are drawn around forty centres, seeded. What peers would need minutes for is run by us alone; the
note says so, and the proved gap. Equal means an equal optimum within one part in a million.
"""

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pulp  # type: ignore[import-untyped]  # ships no types
from scipy.sparse import csr_array, eye_array, hstack, vstack

from planner.siting import Siting, SitingProblem, solve_lscp, solve_mclp, solve_pcenter, solve_pmedian
from planner.siting_highs import Linear, minimise

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from spopt.locate import LSCP, MCLP, PMedian  # type: ignore[import-untyped]  # ships no types

CAP_S = 20.0  # seconds that a peer may take
SAME = 1e-6


def rows() -> list[dict[str, Any]]:
    """Return the figures of the jobs of siting."""
    costs, weight = towns(1_000, 200)
    near, whole = problem(costs, weight, 400), problem(costs, weight, np.inf)
    for solve in (solve_mclp, solve_pmedian, solve_pcenter):
        solve(whole, 2)
    solve_mclp(near, 2)
    found = [
        *_covering(costs, weight, near),
        _alone("p-centre 1,000 x 200, p=10", lambda: solve_pcenter(whole, 10)),
    ]
    found += _travel(*towns(400, 80))
    costs, weight = towns(10_000, 500)
    found += [_alone(f"{name} 10,000 x 500, p={new}", solve) for name, new, solve in _larger(costs, weight)]
    return found


def towns(demands: int, sites: int, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return costs in whole units (demands, sites) and people of each demand, sites being demands too."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 100, (40, 2))
    homes = centres[rng.integers(40, size=demands)] + rng.normal(0, 5, (demands, 2))
    stands = homes[rng.choice(demands, sites, replace=False)]
    costs = np.rint(np.hypot(*(homes[:, None] - stands[None]).transpose(2, 0, 1)) * 60)
    return costs, rng.integers(1, 10, demands).astype(float)


def problem(costs: np.ndarray, weight: np.ndarray, limit: float) -> SitingProblem:
    """Return the problem of pairs within a limit."""
    row, column = np.nonzero(costs <= limit)
    reach = csr_array((costs[row, column], (row, column)), shape=costs.shape)
    return SitingProblem(reach, weight, np.zeros(costs.shape[1], dtype=bool))


def _covering(costs: np.ndarray, weight: np.ndarray, near: SitingProblem) -> list[dict[str, Any]]:
    seconds, ours = _timed(lambda: solve_mclp(near, 10))
    job = "MCLP 1,000 x 200, p=10"
    peers = [
        _spopt(name, job, (seconds, ours), lambda: MCLP.from_cost_matrix(costs, weight, 400, 10), solver)
        for name, solver in _solvers()
    ]
    plain_s, plain = _timed(lambda: _plain_mclp(near, 10))
    peers.append(_row(job, (seconds, ours.objective), ("plain HiGHS", plain_s, plain), ""))
    inside = (costs <= 400).any(axis=1)
    seconds, fewest = _timed(lambda: solve_lscp(near, reachable_only=True))
    job = "LSCP 1,000 x 200"
    peers += [
        _spopt(name, job, (seconds, fewest), lambda: LSCP.from_cost_matrix(costs[inside], 400), solver)
        for name, solver in _solvers()
    ]
    return peers


def _travel(costs: np.ndarray, weight: np.ndarray) -> list[dict[str, Any]]:
    whole = problem(costs, weight, np.inf)
    seconds, ours = _timed(lambda: solve_pmedian(whole, 10))
    job = "p-median 400 x 80, p=10"
    return [
        _spopt(name, job, (seconds, ours), lambda: PMedian.from_cost_matrix(costs, weight, 10), solver)
        for name, solver in _solvers()
    ]


def _larger(costs: np.ndarray, weight: np.ndarray) -> list[tuple[str, int, Callable[[], Siting]]]:
    near, whole = problem(costs, weight, 400), problem(costs, weight, np.inf)
    return [
        ("MCLP", 25, lambda: solve_mclp(near, 25, time_limit_s=15)),
        ("p-median", 25, lambda: solve_pmedian(whole, 25)),
        ("p-centre", 25, lambda: solve_pcenter(whole, 25, time_limit_s=15)),
    ]


def _solvers() -> list[tuple[str, pulp.LpSolver]]:
    cbc = pulp.PULP_CBC_CMD(msg=False, timeLimit=CAP_S)
    return [("spopt + CBC", cbc), ("spopt + HiGHS", pulp.HiGHS(msg=False, timeLimit=CAP_S))]


def _spopt(
    name: str, job: str, ours: tuple[float, Siting], build: Callable[[], Any], solver: pulp.LpSolver
) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pulp and spopt warn of their own future
        seconds, model = _timed(lambda: build().solve(solver, results=False))
    value = pulp.value(model.problem.objective)
    capped = seconds >= CAP_S
    note = f"stopped at {CAP_S:.0f} s" if capped else f"our gap {ours[1].gap:.2%}"
    return _row(job, (ours[0], ours[1].objective), (name, seconds, None if capped else value), note)


def _plain_mclp(near: SitingProblem, new: int) -> float:
    many, width = near.reach.shape
    cover = csr_array(
        (np.ones(near.reach.nnz), near.reach.indices, near.reach.indptr), shape=near.reach.shape
    )
    number = csr_array(np.concatenate([np.ones(width), np.zeros(many)])[None])
    matrix = csr_array(vstack([hstack([cover, -eye_array(many)]), number], format="csr"))
    low, high = np.append(np.zeros(many), -np.inf), np.append(np.full(many, np.inf), new)
    cost, ones = np.concatenate([np.zeros(width), -near.weight]), np.ones(width + many)
    linear = Linear(cost, matrix, low, high, ones, ones > 0)
    return -minimise(linear, time_limit_s=CAP_S).objective


def _alone(job: str, solve: Callable[[], Siting]) -> dict[str, Any]:
    seconds, ours = _timed(solve)
    found = _row(job, (seconds, ours.objective), ("none", None, ours.objective), f"proved gap {ours.gap:.2%}")
    return found | {"equal": None}


def _row(
    job: str, ours: tuple[float, float], peer: tuple[str, float | None, float | None], note: str
) -> dict[str, Any]:
    seconds, value = ours
    name, peer_s, theirs = peer
    return {
        "job": job,
        "ours_s": round(seconds, 3),
        "peer": name,
        "peer_s": None if peer_s is None else round(peer_s, 3),
        "ratio": None if peer_s is None else round(peer_s / seconds, 1),
        "equal": None if theirs is None else abs(theirs - value) <= SAME * max(1.0, abs(value)),
        "note": note,
    }


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
