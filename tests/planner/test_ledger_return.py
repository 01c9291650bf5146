"""A ledger goes out, is filled in with a spreadsheet, and comes back: nothing is lost, nothing saved by mistake."""

import shutil
import subprocess
from datetime import UTC, date, datetime

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import get_column_letter

from gis.db import transaction
from planner import ledgers, register_store
from planner.ledger_return import returned
from planner.ledger_rows import COLUMNS, HIDDEN, Ledger, ledger_diff

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def ledger(revision=0, plan=7):
    """Three homes in two years."""
    usual = dict.fromkeys((c for c in COLUMNS if c != "number"), "")
    homes = [
        usual
        | {
            "year": 2026 + n // 2, "county_code": "620702", "household": f"0{n}1", "county": "甘州区", "place": "东街街道",
            "region": "620702001201", "name": "䶮·阿*丽", "certificate": "00*************041", "grade": 1, "category_4": "√",
            "items": "RI-01;RI-16", "score": 61.5, "cost": 3400.5, "home_id": f"{plan}:0{n}1", "revision": revision,
        }
        for n in range(3)
    ]  # fmt: skip
    return Ledger(
        pd.DataFrame(homes), (2026, 2027), {"zh": "张掖市", "en": "Zhangye"}, date(2026, 1, 2), masked=True
    )


def fill(path, values, year="2026年"):
    """Write into the sheet of a year: {(household, heading): value}."""
    book = openpyxl.load_workbook(path)
    sheet = book[year]
    heads = {cell.value: cell.column for line in (3, 4) for cell in sheet[line] if cell.value}
    lines = {row[1].value: row[0].row for row in sheet.iter_rows(min_row=5) if row[1].value}
    for (household, heading), value in values.items():
        sheet.cell(lines[household], heads[heading]).value = value
    book.save(path)


def sent(tmp_path, **options):
    path = tmp_path / "ledger.xlsx"
    ledgers.write_ledger(ledger(**options), path, "zh")
    return path


def test_ids_are_text_ticks_have_lists_and_the_columns_of_the_machine_are_hidden(tmp_path):
    sheet = openpyxl.load_workbook(sent(tmp_path))["2026年"]
    ids = [row[1] for row in sheet.iter_rows(min_row=5, max_row=6)]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in ids] == [
        ("001", "s", "@"),
        ("011", "s", "@"),
    ]
    for place, name in enumerate(HIDDEN, len(COLUMNS) + 1):
        assert sheet.cell(4, place).value == name
        # Neighbouring columns of one width are one entry of the file, by the first of them.
        assert sheet.column_dimensions[get_column_letter(len(COLUMNS) + 1)].hidden
    lists = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    done = get_column_letter(COLUMNS.index("done") + 1)
    assert lists[f"{done}5:{done}6"] == '"√,×"'
    assert f"{get_column_letter(COLUMNS.index('category_1') + 1)}5" in "".join(lists)


def test_a_ledger_is_opened_and_saved_by_openpyxl_without_loss(tmp_path):
    path = sent(tmp_path)
    openpyxl.load_workbook(path).save(path)
    again = ledgers.read_ledger(path)
    assert ledger_diff(ledger().homes, again).empty
    assert again[list(HIDDEN)].to_numpy().tolist() == [[f"7:0{n}1", "0"] for n in range(3)]


def test_a_ledger_is_opened_and_saved_by_libreoffice_without_loss(tmp_path):
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed (400 MB; the set-up of a bare machine leaves it out)")
    path = sent(tmp_path)
    fill(path, {("011", "备注"): "已核"})
    command = [
        office,
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(tmp_path / "out"),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    again = ledgers.read_ledger(tmp_path / "out" / "ledger.xlsx")
    found = returned(ledger().homes, again, 7)
    assert found.differences[["household", "column", "after"]].to_numpy().tolist() == [
        ["011", "note", "已核"]
    ]
    assert found.can_be_saved
    sheet = openpyxl.load_workbook(tmp_path / "out" / "ledger.xlsx")["2026年"]
    assert sheet.column_dimensions[get_column_letter(len(COLUMNS) + 1)].hidden
    assert sheet.data_validations.dataValidation
    assert str(sheet["A1"].value).endswith("台账")
    assert any(str(part).startswith("A1:") for part in sheet.merged_cells.ranges)


def test_what_an_office_fills_in_is_saved_and_what_it_may_not_is_only_shown(tmp_path):
    path = sent(tmp_path)
    fill(path, {("001", "完成"): "√", ("001", "备注"): " 已验收 ", ("011", "预算（元）"): 9999})
    found = returned(ledger().homes, ledgers.read_ledger(path), 7)
    told = {(row.household, row.column): (row.after, row.saves) for row in found.differences.itertuples()}
    assert told == {
        ("001", "done"): ("√", True),
        ("001", "note"): ("已验收", True),
        ("011", "cost"): ("9999.00", False),
    }
    assert found.entries == [{"household": "001", "done": "√", "note": "已验收"}]
    assert found.can_be_saved


def test_a_home_saved_by_somebody_else_since_is_a_conflict(tmp_path):
    path = sent(tmp_path)
    fill(path, {("001", "备注"): "x"})
    found = returned(ledger(revision=1).homes, ledgers.read_ledger(path), 7)
    assert (found.stale, found.can_be_saved) == (("001",), False)


def test_a_row_of_another_plan_or_of_no_home_is_foreign(tmp_path):
    other = returned(ledger().homes, ledgers.read_ledger(sent(tmp_path, plan=8)), 7)
    assert (other.foreign, other.can_be_saved) == (("001", "011", "021"), False)
    assert other.differences.empty
    path = sent(tmp_path)
    fill(path, {("001", "住户编号"): "999"})
    assert returned(ledger().homes, ledgers.read_ledger(path), 7).foreign == ("999",)


def test_a_ledger_whose_hidden_columns_were_cut_off_is_shown_but_not_saved(tmp_path):
    path = sent(tmp_path)
    book = openpyxl.load_workbook(path)
    for year in ("2026年", "2027年"):
        book[year].delete_cols(len(COLUMNS) + 1, 2)
    book.save(path)
    fill(path, {("001", "备注"): "x"})
    found = returned(ledger().homes, ledgers.read_ledger(path), 7)
    assert found.differences["column"].tolist() == ["note"]
    assert not found.can_be_saved


def test_entries_are_kept_with_their_revision(engine):
    from tests.planner.homes_in_works import plan_of

    with transaction(engine) as session:
        plan = plan_of(session, {"h1": "620702", "h2": "620702"}).id
        row = {"household": "h1", "done": "√", "note": ""}
        register_store.save_ledger_entries(session, plan, [row], at=NOW, by="office")
        register_store.save_ledger_entries(session, plan, [row | {"note": "ok"}], at=NOW, by="office")
    with transaction(engine, read_only=True) as session:
        kept = register_store.ledger_entries(session, plan)
    assert kept.loc["h1"].tolist() == ["√", "ok", 2]
    assert list(kept.index) == ["h1"]
