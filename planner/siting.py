"""Where the next sites should be: most people reached, fewest sites, least travel, shortest longest way.

Four models over the same sparse pairs of demand and site, each solved to a proved gap. What stands already
is fixed; nobody may use a pair that is not stored. A limit that a model does not keep is refused. No clock
is read here: HiGHS keeps its own time limit, the other searches count their steps.
"""

from gis.errors import DomainError
from planner.siting_capacity import fewest_with_capacity, most_served
from planner.siting_center import shortest_longest
from planner.siting_covering import fewest_sites, most_reached
from planner.siting_median import least_travel
from planner.siting_problem import Siting, SitingProblem, check, from_pairs, only

__all__ = [
    "Siting",
    "SitingProblem",
    "from_pairs",
    "solve_lscp",
    "solve_mclp",
    "solve_pcenter",
    "solve_pmedian",
]


def solve_mclp(
    problem: SitingProblem, new: int | None, *, gap: float = 0.0, time_limit_s: float = 60.0
) -> Siting:
    """Return the sites that reach most people.

    Parameters
    ----------
    new
        The most new sites; None where only the budget limits them.
    gap
        Relative gap at which to stop; 0 asks for the proved optimum.
    time_limit_s
        Solver seconds; then the best choice so far comes with its proved gap.

    Raises
    ------
    EmptyLayerError
        There is no demand, or no site.
    DomainError
        The problem contradicts itself, nothing limits the sites, or the time was too short for any choice.
    InfeasibleError
        No choice keeps all limits; it names the contradicting ones and the cheapest ways out.
    """
    check(problem, new=new)
    if new is None and problem.budget_yuan is None:
        raise DomainError("Nothing limits the new sites; give their number or a budget.")
    solve = most_reached if problem.capacity is None else most_served
    return solve(problem, new, gap=gap, time_limit_s=time_limit_s)


def solve_lscp(
    problem: SitingProblem, *, reachable_only: bool = False, gap: float = 0.0, time_limit_s: float = 60.0
) -> Siting:
    """Return the fewest new sites that reach everybody, or the cheapest where sites have a cost.

    Parameters
    ----------
    reachable_only
        Leave out those whom no site can reach, instead of refusing.
    gap, time_limit_s
        As for `solve_mclp`.

    Raises
    ------
    EmptyLayerError
        There is no demand, or no site.
    DomainError
        The problem contradicts itself or has a limit this model does not keep, or the time was too short.
    InfeasibleError
        A demand is out of reach of every site, or capacities are too small for everybody.
    """
    check(problem)
    only(problem, "lscp", "capacity")
    solve = fewest_sites if problem.capacity is None else fewest_with_capacity
    return solve(problem, reachable_only=reachable_only, gap=gap, time_limit_s=time_limit_s)


def solve_pmedian(problem: SitingProblem, new: int, *, gap: float = 0.0, steps: int = 2000) -> Siting:
    """Return the new sites from which people travel least in all.

    Parameters
    ----------
    gap
        Relative gap at which to stop; 0 asks for the proved optimum.
    steps
        Most steps of the price searches; then the best choice so far comes with its proved gap.

    Raises
    ------
    EmptyLayerError
        There is no demand, or no site.
    DomainError
        The problem contradicts itself or has a limit this model does not keep.
    InfeasibleError
        A demand is out of reach of every site, or so few sites cannot reach everybody.
    """
    check(problem, new=new)
    only(problem, "pmedian")
    return least_travel(problem, new, gap=gap, steps=steps)


def solve_pcenter(problem: SitingProblem, new: int, *, time_limit_s: float = 60.0) -> Siting:
    """Return the new sites from which the farthest people are nearest.

    Parameters
    ----------
    time_limit_s
        Solver seconds of each of the set covers it asks for.

    Raises
    ------
    EmptyLayerError
        There is no demand, or no site.
    DomainError
        The problem contradicts itself or has a limit this model does not keep, or time was too short.
    InfeasibleError
        A demand is out of reach of every site, or so few sites cannot reach everybody.
    """
    check(problem, new=new)
    only(problem, "pcenter")
    return shortest_longest(problem, new, time_limit_s=time_limit_s)
