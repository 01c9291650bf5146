"""A mixed whole-number model as HiGHS takes it, row by row, and what HiGHS proves of it.

`highspy` is compiled code without effects of its own. One thread and a fixed seed: the same model gives
the same answer, unless the time limit ends the search.
"""

from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import csr_array

from planner.quiet import QuietHighs
from planner.siting_problem import Bools, Floats

STATUS = {True: "optimal", False: "infeasible"}


@dataclass(frozen=True)
class Linear:
    """Minimise `cost` x with rows between `low` and `high` and columns between 0 and `most`.

    Attributes
    ----------
    whole
        Which columns are whole numbers.
    least
        Lower ends of columns; None for 0.
    """

    cost: Floats
    matrix: csr_array
    low: Floats
    high: Floats
    most: Floats
    whole: Bools
    least: Floats | None = None


@dataclass(frozen=True)
class Found:
    """What came of a run: `optimal`, `infeasible` or `limit`; `values` are empty without a solution.

    `row_dual` are prices of the rows, of meaning only where no column is whole.
    """

    status: str
    values: Floats
    objective: float
    bound: float
    seconds: float
    row_dual: Floats


def minimise(
    linear: Linear,
    *,
    time_limit_s: float,
    gap: float = 0.0,
    start: Floats | None = None,
    interior: bool = False,
) -> Found:
    """Return the best whole solution found and the bound that HiGHS proves.

    Parameters
    ----------
    gap
        Relative gap at which to stop.
    start
        A feasible solution to begin from.
    interior
        Whether a relaxation is solved by the interior point method, then crossed over to a vertex.
    """
    if len(linear.cost) == 0:
        feasible = bool((linear.low <= 0).all() and (linear.high >= 0).all())
        found = 0.0 if feasible else np.inf
        return Found(
            "optimal" if feasible else "infeasible", np.zeros(0), found, found, 0.0, np.zeros(len(linear.low))
        )
    solver = _solver(time_limit_s, gap)
    if interior:
        solver.setOptionValue("solver", "ipm")
    solver.passModel(_model(linear))
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        solver.setSolution(solution)
    solver.run()
    return _found(solver, bool(linear.whole.any()))


def _model(linear: Linear) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(linear.cost), linear.matrix.shape[0]
    model.sense_ = highspy.ObjSense.kMinimize
    model.col_cost_ = linear.cost
    model.col_lower_ = np.zeros(len(linear.cost)) if linear.least is None else linear.least
    model.col_upper_ = linear.most
    model.row_lower_, model.row_upper_ = linear.low, linear.high
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = linear.matrix.indptr
    model.a_matrix_.index_ = linear.matrix.indices
    model.a_matrix_.value_ = linear.matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    model.integrality_ = [kinds[whole] for whole in linear.whole.astype(int).tolist()]
    return model


def _solver(time_limit_s: float, gap: float) -> highspy.Highs:
    solver = QuietHighs()  # type: ignore[no-untyped-call]  # highspy ships no types
    solver.setOptionValue("time_limit", max(0.1, float(time_limit_s)))
    solver.setOptionValue("mip_rel_gap", float(gap))
    solver.setOptionValue("mip_abs_gap", 1e-7)
    solver.setOptionValue("mip_feasibility_tolerance", 1e-9)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    solver.setOptionValue("dual_feasibility_tolerance", 1e-9)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 1)
    return solver


def _found(solver: highspy.Highs, whole: bool) -> Found:
    status, info = solver.getModelStatus(), solver.getInfo()
    seconds = float(solver.getRunTime())
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return Found("infeasible", np.zeros(0), np.inf, np.inf, seconds, np.zeros(0))
    solved = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    optimal = status == highspy.HighsModelStatus.kOptimal
    values = np.array(solver.getSolution().col_value) if solved else np.zeros(0)
    duals = np.array(solver.getSolution().row_dual)
    objective = float(info.objective_function_value) if solved else np.inf
    bound = float(info.mip_dual_bound) if whole else (objective if optimal else -np.inf)
    return Found("optimal" if optimal else "limit", values, objective, bound, seconds, duals)
