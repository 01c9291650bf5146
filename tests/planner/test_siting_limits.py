"""What siting keeps and what it says when it cannot: capacities, floors, names, the same answer twice."""

import geopandas as gpd
import numpy as np
import pytest
from scipy.sparse import csr_array
from shapely import Point, box

from gis.catalogue import city
from gis.errors import DomainError, EmptyLayerError, InfeasibleError
from gis.travel import Pairs
from planner.scenarios import candidates, compared, project_sites, projects
from planner.siting import SitingProblem, from_pairs, solve_lscp, solve_mclp, solve_pcenter, solve_pmedian


def line(people=(5, 1, 1, 4), limit=1, **limits):
    """Return demands at 0, 1, 2, 3 on a line, each a candidate site, within reach of `limit`."""
    away = np.abs(np.subtract.outer(np.arange(4), np.arange(4))).astype(float)
    row, column = np.nonzero(away <= limit)
    reach = csr_array((away[row, column], (row, column)), shape=(4, 4))
    limits.setdefault("existing", np.zeros(4, dtype=bool))
    return SitingProblem(reach, np.array(people, dtype=float), **limits)


def town(seed=1, demands=400, sites=60, limit=12.0):
    rng = np.random.default_rng(seed)
    homes, stands = rng.uniform(0, 60, (demands, 2)), rng.uniform(0, 60, (sites, 2))
    away = np.rint(np.hypot(*(homes[:, None] - stands[None]).transpose(2, 0, 1)) * 10) / 10
    row, column = np.nonzero(away <= limit)
    reach = csr_array((away[row, column], (row, column)), shape=away.shape)
    return away, SitingProblem(reach, rng.integers(1, 9, demands).astype(float), np.zeros(sites, dtype=bool))


def test_a_site_serves_no_more_people_than_it_has_places():
    # One site in the middle would reach 5 + 1 + 1 people, but has places for 4.
    found = solve_mclp(line(capacity=np.full(4, 4.0)), 1)
    assert (found.objective, found.served.sum(), found.gap) == (4.0, 4.0, 0.0)


def test_everybody_needs_as_many_sites_as_have_places_enough():
    assert len(solve_lscp(line(capacity=np.full(4, 6.0))).new) == 2
    with pytest.raises(InfeasibleError, match="11 people are to be served, all sites together serve 8"):
        solve_lscp(line(capacity=np.full(4, 2.0)))


def test_a_site_that_stands_is_kept_and_not_counted_as_new():
    stands = np.array([False, True, False, False])
    found = solve_mclp(line(existing=stands), 1)
    assert found.chosen.tolist()[0] == 1
    assert (len(found.new), found.objective) == (1, 11.0)


def test_a_floor_moves_the_site_to_its_county():
    county = np.array([0, 0, 1, 1])
    free = solve_mclp(line(county=county), 1)
    kept = solve_mclp(line(county=county, floors=np.array([0.0, 5.0])), 1)
    assert (free.objective, kept.objective) == (7.0, 6.0)


def test_a_contradiction_names_its_limits_and_the_ways_out():
    limits = {
        "county": np.array([0, 0, 1, 1]),
        "floors": np.array([6.0, 5.0]),
        "counties": ("Ganzhou", "Shandan"),
    }
    with pytest.raises(InfeasibleError) as refused:
        solve_mclp(line(**limits), 1)
    assert refused.value.conflict == (
        "at most 1 new sites",
        "at least 6 people reached in Ganzhou",
        "at least 5 people reached in Shandan",
    )
    assert "allow 2 new sites" in refused.value.relaxations


def test_who_is_out_of_reach_is_named():
    reach = csr_array(([1.0], ([0], [0])), shape=(2, 1))
    lonely = SitingProblem(reach, np.array([1.0, 7.0]), np.array([False]), demands=("Dafo", "Mati"))
    for solve in (solve_lscp, lambda one: solve_pmedian(one, 1), lambda one: solve_pcenter(one, 1)):
        with pytest.raises(InfeasibleError, match=r"no site reaches Mati \(7 people\)"):
            solve(lonely)


def test_too_few_sites_for_everybody_are_refused_with_the_number_needed():
    for solve in (solve_pmedian, solve_pcenter):
        with pytest.raises(InfeasibleError, match="at least 2 are needed"):
            solve(line(), 1)


def test_a_limit_that_a_model_does_not_keep_is_refused():
    with pytest.raises(DomainError, match="does not keep `capacity`"):
        solve_pmedian(line(capacity=np.ones(4)), 1)
    with pytest.raises(DomainError, match="Nothing limits"):
        solve_mclp(line(), None)
    with pytest.raises(EmptyLayerError):
        solve_lscp(SitingProblem(csr_array((0, 0)), np.zeros(0), np.zeros(0, dtype=bool)))


def test_pairs_of_the_network_come_in_tenths():
    pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([600, 0]))
    found = solve_pcenter(from_pairs(pairs, np.ones(2), np.array([False])), 1)
    assert (found.objective, found.owner.tolist()) == (60.0, [0, 0])


def test_more_sites_never_reach_fewer_and_the_same_question_has_the_same_answer():
    _, problem = town()
    found = [solve_mclp(problem, new) for new in range(1, 7)]
    assert [one.objective for one in found] == sorted(one.objective for one in found)
    again = solve_mclp(problem, 6)
    assert again.chosen.tolist() == found[-1].chosen.tolist()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_optimum_is_that_of_spopt():
    import pulp
    from spopt.locate import LSCP, MCLP, PCenter, PMedian

    away, near = town(demands=80, sites=15, limit=20.0)
    _, whole = town(demands=80, sites=15, limit=1e9)
    weight = near.weight
    inside = (away <= 20).any(axis=1)
    solver = pulp.PULP_CBC_CMD(msg=False)
    pairs = [
        (solve_mclp(near, 3), MCLP.from_cost_matrix(away, weight, 20, 3)),
        (solve_lscp(near, reachable_only=True), LSCP.from_cost_matrix(away[inside], 20)),
        (solve_pmedian(whole, 3), PMedian.from_cost_matrix(away, weight, 3)),
        (solve_pcenter(whole, 3), PCenter.from_cost_matrix(away, 3)),
    ]
    for ours, theirs in pairs:
        value = pulp.value(theirs.solve(solver, results=False).problem.objective)
        assert (ours.objective, ours.gap) == (pytest.approx(value), 0.0)


def test_the_plans_projects_are_compared_side_by_side():
    planned = projects(city("zhangye"))
    assert [(one.county, one.cost_yuan, one.floor_m2) for one in planned] == [
        ("620702", 53_000_000, 9_400),
        ("620725", 18_000_000, None),
    ]
    assert len(project_sites(planned)) == 2
    costs = {"cost_yuan": np.array([53e6, 18e6, 1e6, 1e6])}
    problem = line(county=np.array([0, 0, 1, 1]), counties=("Ganzhou", "Shandan"), **costs)
    found = compared(problem, {"first": np.array([0]), "both": np.array([0, 1])})
    assert found["gained"].tolist() == [6, 0, 6, 6, 1, 7]
    assert found["cost_yuan"].dropna().tolist() == [53e6, 71e6]


def test_villages_and_public_buildings_that_run_are_candidates():
    regions = gpd.GeoDataFrame(
        {"code": ["b", "a", "c"], "name": ["B", "A", "C"], "level": ["village", "village", "county"]},
        geometry=[box(2, 0, 4, 2), box(0, 0, 2, 2), box(0, 0, 4, 2)],
        crs=32647,
    )
    villages = candidates(regions, cost_yuan=5.0)
    assert villages["uid"].tolist() == ["region:a", "region:b"]
    assert [(at.x, at.y) for at in villages.geometry] == [(1, 1), (3, 1)]
    facilities = gpd.GeoDataFrame(
        {
            "uid": ["1", "2", "3"],
            "name": None,
            "facility_class": ["government", "culture", "finance"],
            "operating_status": ["operating", "closed", "operating"],
            "region_code": "a",
        },
        geometry=[Point(0, 0)] * 3,
        crs=32647,
    )
    assert candidates(facilities)["uid"].tolist() == ["facility:1"]
    with pytest.raises(EmptyLayerError):
        candidates(facilities[1:])


def test_a_town_of_many_demands_is_solved_with_its_gap_proved():
    _, near = town(demands=4000, sites=150, limit=6.0)
    _, whole = town(demands=1500, sites=100, limit=1e9)
    covered, median = solve_mclp(near, 20, time_limit_s=20), solve_pmedian(whole, 15)
    assert covered.objective <= covered.bound <= covered.objective * 1.01
    assert median.objective * 0.995 <= median.bound <= median.objective
