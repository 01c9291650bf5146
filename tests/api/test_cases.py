"""The commands of cases: figures with their lists, without names of people, and the proof of the chain."""

import json
from datetime import UTC, date, datetime

import geopandas as gpd
import pytest
import shapely
import typer
from sqlalchemy import text
from typer.testing import CliRunner

from api.commands.cases import register_cases
from audits.case_opening import Report, report_case
from audits.case_store import Subject
from audits.casework import act, dispatch
from gis.db import make_engine, transaction
from gis.frames import write_frame
from gis.tables import Region, Toilet

NOON = datetime(2025, 6, 2, 4, tzinfo=UTC)


@pytest.fixture
def audit(monkeypatch, database_url):
    """The family `tantu audit` with the commands of cases, on a fresh database."""
    monkeypatch.setenv("TANTU_DATABASE_URL", database_url)
    app = typer.Typer()
    register_cases(app)

    def run(*arguments):
        said = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if said.exception is not None and not isinstance(said.exception, SystemExit):
            raise said.exception
        return said

    return run


@pytest.fixture
def dispatched(database_url):
    """One case at a toilet of a township, dispatched by 23 June 2025, and one whose place has no region."""
    engine = make_engine(database_url)
    box = shapely.box(100.4, 38.9, 100.5, 39.0)
    regions = gpd.GeoDataFrame(
        {
            "uid": ["county", "town"], "code": ["620702", "620702001"], "name": ["甘州区", "东街街道"],
            "name_en": ["Ganzhou", None], "level": ["county", "township"], "parent_code": [None, "620702"],
        },
        geometry=[box, box], crs=4326,
    )  # fmt: skip
    toilet = gpd.GeoDataFrame(
        {"uid": ["t1"], "region_code": ["620702001"]}, geometry=[shapely.Point(100.45, 38.95)], crs=4326
    )
    with transaction(engine) as session:
        write_frame(session, Region, regions)
        write_frame(session, Toilet, toilet)
        uid = report_case(
            session, Report(Subject("toilets", "t1", "accessible_toilet"), "王巡查", "major"), at=NOON
        )
        elsewhere = Subject("toilets", "t9", "accessible_toilet")
        report_case(session, Report(elsewhere, "王巡查", "minor"), at=NOON)
        for hour, (kind, by) in enumerate((("review", "李审核"), ("file", "赵立案")), 5):
            act(session, uid, kind, by=by, at=NOON.replace(hour=hour))
        dispatch(
            session, uid, by="赵立案", at=NOON.replace(hour=7), unit="street office", due_on=date(2025, 6, 23)
        )
    yield uid
    engine.dispose()


def test_figures_are_by_region_with_their_list_and_without_names(audit, dispatched):
    said = audit("cases", "--from", "2025-06-01", "--to", "2025-06-30", "--json")
    told = json.loads(said.stdout)
    assert (told["total"]["filed"], told["total"]["due"], told["total"]["closed_share"]) == (1, 1, 0.0)
    assert [(row["code"], row["filed"]) for row in told["regions"]] == [("620702", 1), (None, 0)]
    case = next(row for row in told["cases"] if row["case"] == dispatched)
    assert (case["state"], case["due_on"], case["overdue"], case["unit"]) == (
        "dispatched", "2025-06-23", True, "street office",
    )  # fmt: skip
    assert len(told["cases"]) == 2
    for name in ("王巡查", "李审核", "赵立案"):
        assert name not in said.stdout


def test_the_list_behind_a_figure_holds_its_cases_only(audit, dispatched):
    options = ("--from", "2025-06-01", "--to", "2025-06-30", "--level", "township", "--json")
    filed = json.loads(audit("cases", "--figure", "filed", *options).stdout)
    assert [row["case"] for row in filed["cases"]] == [dispatched]
    assert json.loads(audit("cases", "--figure", "closed_share", *options).stdout)["cases"] == []
    assert filed["regions"][0]["name"] == "东街街道"


def test_a_person_reads_the_figures_in_words(audit, dispatched):
    shown = audit("cases", "--from", "2025-06-01", "--to", "2025-06-30").stdout
    assert "street office" in shown
    assert dispatched in shown


def test_the_chain_verifies_here_and_from_an_export_and_a_forgery_ends_in_code_1(
    audit, dispatched, tmp_path, database_url, monkeypatch
):
    file = tmp_path / "chain.txt"
    assert json.loads(audit("chain", "export", file, "--json").stdout)["links"] == 5
    whole = audit("chain", "verify", "--json")
    assert (whole.exit_code, json.loads(whole.stdout)["links"]) == (0, 5)
    assert audit("chain", "verify", file).exit_code == 0
    engine = make_engine(database_url)
    with transaction(engine) as session:
        session.execute(text("UPDATE audit_case SET state = 'closed', reviewer='a', repairer='b',"
                             " reinspector='c', ended_by='d' WHERE state = 'dispatched'"))  # fmt: skip
    engine.dispose()
    forged = audit("chain", "verify", "--json")
    assert (forged.exit_code, json.loads(forged.stdout)["altered"]) == (1, [dispatched])
    assert dispatched in audit("chain", "verify").stdout
    monkeypatch.setenv("TANTU_DATABASE_URL", f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert audit("chain", "verify", file).exit_code == 0
    file.write_text(file.read_text().replace("\n2\t", "\n3\t", 1))
    assert json.loads(audit("chain", "verify", file, "--json").stdout)["faults"] == [
        {"position": 2, "why": "missing"}
    ]


@pytest.fixture
def found(doors):
    """A door too narrow at a toilet in Ganzhou and at one in Gaotai, each found by its county's inspector."""
    toilets = gpd.GeoDataFrame(
        {"uid": ["t1", "t2"], "region_code": ["620702101", "620724100"]},
        geometry=[shapely.Point(100.45, 38.93)] * 2, crs=4326,
    )  # fmt: skip
    with transaction(doors.engine) as session:
        write_frame(session, Toilet, toilets)
    reading = {"element": "door", "attribute": "clear_width", "value": 600, "unit": "mm"}
    for number, (place, who) in enumerate((("t1", "inspector"), ("t2", "inspector_elsewhere"))):
        visit = {
            "place_layer": "toilets",
            "place_uid": place,
            "visited_on": "2026-03-01",
            "readings": [reading],
        }
        put = doors.client(who).put(f"/api/v1/visits/00000000-0000-4000-8000-00000000000{number}", json=visit)
        assert put.status_code == 201, put.text
    return doors


def test_findings_become_cases_once_and_each_county_sees_its_own(found):
    desk = found.client("reviewer")
    listed = desk.get("/api/v1/findings?state=open").json()["items"]
    assert {one["place_uid"] for one in listed} == {"t1", "t2"}
    asked = {"findings": [one["uid"] for one in listed]}
    assert found.client("inspector").post("/api/v1/cases", json=asked).status_code == 403
    told = desk.post("/api/v1/cases", json=asked)
    assert (told.status_code, len(told.json()["opened"])) == (201, 2)
    assert desk.post("/api/v1/cases", json=asked).status_code == 404
    figures = desk.get("/api/v1/kpis").json()
    assert (figures["total"]["filed"], figures["total"]["closed_share"]) == (0, None)
    assert {one["place"] for one in desk.get("/api/v1/kpis/open").json()["cases"]} == {"t1", "t2"}
    near = found.client("inspector").get("/api/v1/kpis/open").json()["cases"]
    assert [one["place"] for one in near] == ["t1"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("kpis?since=2026-03-02&until=2026-03-01", 400),
        ("kpis?since=yesterday", 400),
        ("kpis?colour=red", 400),
        ("kpis?level=street", 400),
        ("kpis/colour", 400),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(found, asked, status):
    answer = found.client("reviewer").get(f"/api/v1/{asked}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_the_command_opens_a_case_for_each_element_that_no_case_knows(found, monkeypatch):
    monkeypatch.setenv("TANTU_DATABASE_URL", found.settings.database_url)
    app = typer.Typer()
    register_cases(app)
    first, second = (json.loads(CliRunner().invoke(app, ["open", "--json"]).stdout) for _ in range(2))
    assert (len(first["opened"]), first["joined"]) == (2, 0)
    assert second == {"opened": [], "recurring": [], "joined": 0, "waiting": 0}
