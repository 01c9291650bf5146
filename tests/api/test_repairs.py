"""`tantu repairs` on the small demonstration city, on both databases."""

import geopandas as gpd
import pytest

pytestmark = pytest.mark.xdist_group("demo")  # one process builds the city, not each


def test_the_answer_ties_every_repair_to_finding_case_cost_and_gain(in_city, tmp_path):
    said = in_city("repairs", "--budget", 20_000, "--out", tmp_path / "repairs.gpkg", "--json")
    told = said.told
    bundle = told["bundle"]
    assert told["mode"] == "wheelchair"
    assert told["people"] == 3000
    assert told["repairs"]
    rows = {row["finding"]: row for row in told["repairs"]}
    assert {"finding", "people_gained", "cost_yuan", "case_uid", "clause"} <= set(told["repairs"][0])
    assert 0 < bundle["people_gained"] == bundle["bound"] <= told["reachable"] - told["reached"]
    assert 0 < bundle["cost_yuan"] <= 20_000
    bought = {uid for uid in bundle["findings"] if uid in rows}
    assert bought == {uid for uid, row in rows.items() if row["in_bundle"]}
    assert sum(rows[uid]["cost_yuan"] for uid in bought) == pytest.approx(bundle["cost_yuan"])
    written = gpd.read_file(tmp_path / "repairs.gpkg")
    assert sorted(written["finding"]) == sorted(rows)
    assert written.crs.to_epsg() == 4326
    assert "repairs written to" in said.err or "已写入" in said.err


def test_more_money_never_brings_fewer_and_without_a_budget_everybody_is_reached(in_city):
    gained = [
        in_city("repairs", "--budget", yuan, "--json").told["bundle"]["people_gained"] for yuan in (0, 5_000)
    ]
    whole = in_city("repairs", "--json").told
    assert gained[0] == 0
    assert gained[1] <= whole["bundle"]["people_gained"] == whole["reachable"] - whole["reached"]


def test_who_has_access_now_is_what_effective_coverage_says_where_no_barrier_is_found(in_city):
    told = in_city("repairs", "rehabilitation", "--mode", "drive", "--json").told
    covered = in_city("cover", "rehabilitation", "--json").told
    assert told["reached"] == covered["effective"]["reached"]
    potential = in_city(
        "repairs", "rehabilitation", "--mode", "drive", "--access", "potential", "--json"
    ).told
    assert potential["reached"] == covered["reached"]
    assert potential["repairs"] == []  # no finding stops a car


def test_a_reader_sees_the_best_repairs_and_where_prices_come_from(in_city):
    said = in_city("repairs", "--budget", 20_000)
    assert said.code == 0
    assert "default of this project" in said.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nothing"], "code"),
        (["--access", "some"], "not-found"),
        (["--budget", -1], "input"),
        (["--mode", "fly"], "code"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_stable_code(in_city, arguments, code):
    assert in_city("repairs", *arguments, "--json").told["error"]["code"] == code
