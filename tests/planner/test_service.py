"""People are kept encrypted, a plan is kept and explained, and its ledger goes out and comes back."""

import logging
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
from shapely import Point
from sqlalchemy import text

from gis.db import is_spatialite, transaction
from gis.errors import EmptyLayerError, FileFormatError, InfeasibleError, KeyMissingError, NotFoundError
from gis.frames import write_frame
from gis.tables import Household, ImportBatch, Region
from planner import ledgers, service
from planner.ledger_rows import ledger_diff, summary
from planner.secrecy import Cipher
from planner.service import PlanOptions
from tests.planner.towns import ON, certificate, homes_frame, people_frame, person

NOW = datetime(2026, 1, 1, 8, tzinfo=UTC)
CIPHER = Cipher(b"k" * 32)
SECRETS = ("王隐秘", "13912345678", "隐秘路7号", "tekun", "wheelchair_user")
OPTIONS = PlanOptions(first_year=2026, years=2, homes_per_year=2, budget_yuan=30_000)


def batch(session, number=1):
    row = ImportBatch(
        layer="people", file_name="people.csv", content_key=str(number), options={}, read=0, accepted=0,
        unchanged=0, repaired=0, quarantined=0, state="applied", imported_at=NOW, imported_by="test",
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def town_people():
    """Nine homes: six qualify, one is refused, one is open, one has a name that is a formula."""
    six = [
        person(f"p{n}", f"h{n}", name=f"王{n}隐秘", phone="13912345678", address="隐秘路7号", hardship="tekun",
               grade=1 + n % 2, certificate=certificate("4", 1 + n % 2, order=f"{n:03d}"))
        for n in range(6)
    ]  # fmt: skip
    refused = person("p6", "h6", hardship="none", certificate=certificate(order="106"))
    doubtful = person("p7", "h7", hardship=None, certificate=certificate(order="107"))
    tricky = person("p8", "h8", name="=1+1", certificate=certificate(order="108"), wheelchair_user=True)
    return people_frame(*six, refused, doubtful, tricky)


@pytest.fixture
def city(engine):
    """A database with two counties, nine homes and their people."""
    homes = homes_frame(*(f"h{n}" for n in range(9)))
    homes["region_code"] = ["620702001201", "620723001201"] * 4 + ["620702001201"]
    places = gpd.GeoDataFrame(homes, geometry=[Point(100 + n / 100, 38.9) for n in range(9)], crs=4326)
    regions = gpd.GeoDataFrame(
        {
            "uid": ["620702", "620723", "620702001201"],
            "code": ["620702", "620723", "620702001201"],
            "name": ["甘州区", "临泽县", "某村"],
            "level": ["county", "county", "village"],
            "kind": ["district", "county", "village"],
        },
        geometry=[Point(100, 38.9)] * 3,
        crs=4326,
    )
    with transaction(engine) as session:
        write_frame(session, Household, places)
        write_frame(session, Region, regions)
        service.write_people(session, town_people(), batch(session), CIPHER)
    return engine


def planned(city, options=OPTIONS):
    with transaction(city) as session:
        assessment = service.assess(session, CIPHER, on=ON)
    draft = service.make_plan(assessment, options)
    with transaction(city) as session:
        return service.saved_plan(session, service.save_plan(session, draft, now=NOW))


def test_people_come_back_as_they_went_in(city):
    with transaction(city) as session:
        found = service.read_people(session, CIPHER).set_index("uid")
    wanted = town_people().set_index("uid")
    assert found.loc["p0", "name"] == "王0隐秘"
    for column in ("certificate", "category", "grade", "born_on", "hardship", "carer_age", "household_uid"):
        went_in = wanted[column].astype(object)
        assert (
            found[column].where(found[column].notna(), None).tolist()
            == went_in.where(went_in.notna(), None).tolist()
        )
    assert found.loc["p8", "wheelchair_user"]


def test_the_database_holds_no_name_number_or_fact_in_clear(city, tmp_path):
    if is_spatialite(city):
        with city.connect() as connection:
            path = connection.execute(text("PRAGMA database_list")).first()[2]
        city.dispose()
        raw = Path(path).read_bytes()
        log = Path(f"{path}-wal")
        raw += log.read_bytes() if log.exists() else b""
        assert b"p0" in raw  # the rows are there
    else:
        with city.connect() as connection:
            rows = connection.execute(text("SELECT t::text, encode(t.facts, 'escape') FROM person t")).all()
        raw = "".join(map(str, rows)).encode()
        assert b"p0" in raw
    for secret in (*SECRETS, "隐秘", certificate("4", 1, order="000"), certificate("4", 1, order="000")[:18]):
        assert secret.encode() not in raw


def test_the_same_people_again_change_nothing(city):
    with transaction(city) as session:
        counts = service.write_people(session, town_people(), batch(session, 2), CIPHER)
    assert (counts.inserted, counts.replaced, counts.unchanged) == (0, 0, 9)


def test_another_key_reads_nobody(city):
    with transaction(city) as session, pytest.raises(KeyMissingError):
        service.read_people(session, Cipher(b"x" * 32))


def test_after_a_rotation_only_the_new_key_reads_and_imports_still_change_nothing(city):
    new = Cipher(b"n" * 32)
    with transaction(city) as session:
        assert service.rotate_key(session, old=CIPHER, new=new) == 9
    with transaction(city) as session:
        assert service.read_people(session, new).set_index("uid").loc["p0", "name"] == "王0隐秘"
        assert service.write_people(session, town_people(), batch(session, 2), new).unchanged == 9
        with pytest.raises(KeyMissingError):
            service.read_people(session, CIPHER)


def test_candidates_are_those_that_may_be_planned(city):
    with transaction(city) as session:
        assessment = service.assess(session, CIPHER, on=ON)
        found = service.candidates(session, CIPHER, on=ON)
    assert found.index.tolist() == ["h0", "h1", "h2", "h3", "h4", "h5", "h8"]
    assert assessment.counts() == {"eligible": 7, "unknown": 1, "refused": 1, "plannable": 7}
    assert assessment.homes.loc["h0", "rural"]


def test_nobody_registered_is_an_error(engine):
    with transaction(engine) as session, pytest.raises(EmptyLayerError):
        service.assess(session, CIPHER, on=ON)


def test_a_plan_is_kept_as_it_was_solved(city):
    stored = planned(city)
    told = stored.told()
    assert stored.homes_per_year == [2, 2]
    assert (stored.eligible, stored.gap) == (7, 0)
    assert [year["year"] for year in told["years"]] == [2026, 2027]
    assert sum(told["years"][0]["by_county"].values()) == 2
    assert (
        told["objective"]
        == told["bound"]
        == pytest.approx(sum(row.score * 0.97 ** (row.year - 2026) for row in stored.chosen.itertuples()))
    )
    assert {"plan", "ranked_list", "lottery"} == set(stored.comparison)
    assert [sum(parts.values()) for parts in stored.homes["parts"]] == stored.homes["score"].tolist()


def test_a_plan_that_cannot_be_afforded_is_refused_with_reasons(city):
    with pytest.raises(InfeasibleError, match="more yuan"):
        planned(city, PlanOptions(first_year=2026, years=1, homes_per_year=7, budget_yuan=1_000))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_home_is_told_why(city, lang):
    stored = planned(city)
    with transaction(city) as session:
        told = {
            uid: service.explain(session, CIPHER, uid, lang=lang).told()
            for uid in (*stored.homes["household_uid"], "h6", "h7")
        }
        with pytest.raises(NotFoundError):
            service.explain(session, CIPHER, "h99")
    chosen = set(stored.chosen["household_uid"])
    for uid, answer in told.items():
        assert answer["selected"] is (uid in chosen)
        assert answer["reasons"]
        assert bool(answer["would_need"]) is (uid not in chosen)
    assert any("EL-03" in sentence for sentence in told["h6"]["reasons"])
    assert told["h7"]["outcome"] == "unknown"


def test_the_map_gets_every_home_with_its_place(city):
    stored = planned(city)
    with transaction(city) as session:
        found = service.plan_places(session, stored)
    assert len(found) == 7
    assert found["year"].notna().sum() == 4
    assert {"uid", "region_code", "year", "cost_yuan", "geometry"} <= set(found.columns)


def test_no_log_line_names_a_person(city, caplog):
    with caplog.at_level(logging.DEBUG):
        planned(city)
    assert "隐秘" not in caplog.text
    assert "k" * 8 not in caplog.text


def ledger_of(city, *, masked=True):
    stored = planned(city)
    with transaction(city) as session:
        return service.ledger(session, CIPHER, stored, masked=masked)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_ledger_comes_back_as_it_went_out(city, tmp_path, lang):
    ledger = ledger_of(city)
    assert ledgers.write_ledger(ledger, tmp_path / "ledger.xlsx", lang) == 4
    assert ledger_diff(ledger.homes, ledgers.read_ledger(tmp_path / "ledger.xlsx")).empty


def test_what_an_office_fills_in_is_shown_as_a_difference(city, tmp_path):
    ledger, path = ledger_of(city), tmp_path / "ledger.xlsx"
    ledgers.write_ledger(ledger, path, "zh")
    book = openpyxl.load_workbook(path)
    sheet = book["2026年"]
    column = next(cell.column for cell in sheet[3] if cell.value == "完成")
    sheet.cell(5, column).value = "√"
    book.save(path)
    found = ledger_diff(ledger.homes, ledgers.read_ledger(path))
    assert found[["column", "before", "after"]].to_numpy().tolist() == [["done", "", "√"]]


def test_a_ledger_has_title_totals_and_a_place_for_the_stamp(city, tmp_path):
    ledger, path = ledger_of(city), tmp_path / "ledger.xlsx"
    ledgers.write_ledger(ledger, path, "zh")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["汇总", "2026年", "2027年"]
    sheet = book["2026年"]
    assert sheet["A1"].value == "张掖市2026年困难重度残疾人家庭无障碍改造台账"
    assert "盖章" in sheet["A2"].value
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.freeze_panes == "C5"
    assert "A1:" in str(sheet.merged_cells)
    homes = ledger.homes[ledger.homes["year"] == 2026]
    total = next(row for row in sheet.iter_rows() if row[0].value == "合计")
    assert homes["cost"].sum() in [cell.value for cell in total]
    counties = summary(ledger)
    assert counties["homes"].sum() == 4
    assert counties["cost"].sum() == pytest.approx(ledger.homes["cost"].sum())
    ids = [row[1] for row in sheet.iter_rows(min_row=5) if str(row[1].value or "").startswith("h")]
    assert len(ids) == 2
    assert all(cell.data_type == "s" for cell in ids)


def test_a_masked_ledger_holds_no_name_or_number(city, tmp_path):
    path = tmp_path / "ledger.xlsx"
    ledgers.write_ledger(ledger_of(city), path, "zh")
    cells = " ".join(cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows(values_only=True)
                     for cell in map(str, row))  # fmt: skip
    people = town_people()
    assert not [name for name in people["name"] if name != "=1+1" and name in cells]
    assert not [number for number in people["certificate"] if number in cells or number[:18] in cells]


def test_a_name_that_is_a_formula_stays_a_name(city, tmp_path):
    path = tmp_path / "ledger.xlsx"
    ledgers.write_ledger(ledger_of(city, masked=False), path, "zh")
    cells = [cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "=1+1" in [cell.value for cell in cells]


def test_what_is_no_ledger_is_refused(tmp_path):
    (tmp_path / "x.xlsx").write_bytes(b"no workbook")
    with pytest.raises(FileFormatError):
        ledgers.read_ledger(tmp_path / "x.xlsx")
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(FileFormatError):
        ledgers.read_ledger(tmp_path / "empty.xlsx")


def test_equity_is_reported_by_county_category_sex_and_country(city):
    with transaction(city) as session:
        assessment = service.assess(session, CIPHER, on=date(2026, 1, 1))
    draft = service.make_plan(assessment, OPTIONS)
    for by in ("county_code", "category", "sex", "rural"):
        found = draft.equity(by)
        assert found["homes"].sum() == 7
        assert found["chosen"].sum() == 4
        assert np.isfinite(found["parity"]).all()
