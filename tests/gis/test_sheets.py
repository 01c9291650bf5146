"""Tables as people make them: the header is found, and only what is no data is left out, and listed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.encodings import dbf_encoding, decoded
from gis.errors import EncodingError, FileFormatError, FileTooLargeError
from gis.limits import Limits
from gis.mapping import EXTRA, Mapping, known_words
from gis.schema import HOUSEHOLDS, TOILETS
from gis.sheets import csv_records, sheet_of

KNOWN = known_words(TOILETS, Mapping())


def sheet(text: str):
    return sheet_of("a.csv", csv_records("a.csv", text, Limits()), KNOWN, Limits())


LEDGER = """张掖市公共厕所台账,,,
单位：张掖市住建局,,,2024年5月
编号,名称,公厕类别,免费
1,甘泉公园公厕,公园,√
2,南关市场公厕,市场,
编号,名称,公厕类别,免费
3,=高铁站公厕,交通设施,√
合计,3,,2
填表人：张三,,审核：李四,
"""


def test_a_ledger_loses_its_title_repeated_header_total_and_signature_and_says_so():
    found = sheet(LEDGER)
    assert list(found.rows.columns) == ["编号", "名称", "公厕类别", "免费"]
    assert found.rows["编号"].tolist() == ["1", "2", "3"]
    assert found.rows.index.tolist() == [1, 2, 4]
    assert found.skipped.index.tolist() == [3, 5, 6]
    reasons = [(issue.row, issue.reason) for issue in found.issues]
    assert sorted(reasons) == [
        (0, "title-row"), (0, "title-row"), (3, "repeated-header"), (5, "footer-row"), (6, "footer-row"),
    ]  # fmt: skip


def test_the_remarks_on_what_was_left_out_name_nobody():
    assert not any("张三" in issue.detail for issue in sheet(LEDGER).issues)


def test_a_place_that_is_called_like_a_footer_stays_when_its_row_is_full():
    found = sheet("编号,名称,公厕类别\n1,单位：食堂公厕,公园\n注：一号公厕,南关,市场\n")
    assert len(found.rows) == 2


def test_a_header_of_two_rows_under_merged_cells_is_one():
    records = [["编号", "厕间", None, "名称"], [None, "厕位数", "无障碍厕位数", None], ["1", 3, 1, "南关"]]
    found = sheet_of("a.xlsx", records, KNOWN, Limits())
    assert list(found.rows.columns) == ["编号", "厕位数", "无障碍厕位数", "名称"]
    assert found.rows.loc[1].tolist() == ["1", 3, 1, "南关"]


def test_a_data_row_under_a_gap_in_the_header_stays_data():
    found = sheet_of("a.csv", [["名称", None, "电话"], ["南关公厕", "男", None]], KNOWN, Limits())
    assert list(found.rows.columns) == ["名称", "column 2", "电话"]
    assert len(found.rows) == 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_and_line_ends_of_every_kind_are_told(end, delimiter):
    lines = [["编号", "名称", "备注"], ["1", "甲", "a,b"], ["2", "乙", "无"]]
    quoted = [delimiter.join(f'"{cell}"' for cell in line) for line in lines]
    found = sheet(end.join(quoted))
    assert found.rows["备注"].tolist() == ["a,b", "无"]


def test_long_numbers_stay_the_texts_they_are():
    found = sheet("编号,名称\n620702199001011234,甲\n00012,乙\n")
    assert found.rows["编号"].tolist() == ["620702199001011234", "00012"]


def test_a_row_with_too_many_cells_is_set_aside_with_all_of_them():
    found = sheet("编号,名称\n1,甲\n2,乙,丙,丁\n")
    assert [(issue.row, issue.action, issue.reason) for issue in found.issues] == [
        (2, "quarantined", "ragged-row")
    ]
    assert found.rows.loc[2, EXTRA] == "丙 | 丁"


def test_names_that_repeat_are_told_apart():
    assert list(sheet("名称,名称,电话\n甲,乙,1\n").rows.columns) == ["名称", "名称.2", "电话"]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12),
            min_size=2,
            max_size=5,
        ),
        min_size=1,
        max_size=20,
    )
)
def test_no_row_of_any_table_is_lost(records):
    rows = [[cell.strip("\ufeff \t\r\n\u3000") for cell in record] for record in records]
    filled = sum(any(row) for row in rows)
    body = sheet_of("a.csv", [["编号", "名称"], *records], KNOWN, Limits())
    assert len(body.rows) + len(body.skipped) == filled


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("gb18030", b""), ("utf-16-le", b"\xff\xfe")],
)
def test_chinese_encodings_are_told_without_asking(encoding, mark):
    # 䶮 and 𠮷 need GB18030; GBK does not have them.
    text = "名称\n䶮村公厕\n𠮷祥·公厕\n"
    assert decoded("a.csv", mark + text.encode(encoding))[0] == text


def test_an_encoding_that_cannot_be_told_is_asked_for():
    with pytest.raises(EncodingError, match="name the encoding"):
        decoded("a.csv", "café à côté\n".encode("mac-roman"))
    assert decoded("a.csv", "café\r".encode("mac-roman"), "mac-roman") == ("café\r", "mac-roman")


@pytest.mark.parametrize("declared", ["utf-8", "no-such-encoding"])
def test_a_declared_encoding_that_does_not_fit_is_refused(declared):
    with pytest.raises(EncodingError):
        decoded("a.csv", "张掖".encode("gb18030"), declared)


def dbf(texts: list[bytes], width: int) -> bytes:
    head = b"\x03" + bytes(3) + len(texts).to_bytes(4, "little") + (65).to_bytes(2, "little")
    head += (width + 1).to_bytes(2, "little") + bytes(20)
    field = b"name".ljust(11, b"\0") + b"C" + bytes(4) + bytes([width]) + bytes(15)
    return head + field + b"\r" + b"".join(b" " + text.ljust(width) for text in texts)


def test_the_encoding_of_a_dbase_table_is_told_even_from_a_text_cut_within_a_character():
    assert dbf_encoding("a.dbf", dbf(["张掖".encode(), "张掖市".encode()[:8]], 8)) == "utf-8"
    assert (
        dbf_encoding("a.dbf", dbf(["张掖".encode("gb18030"), "张掖市公".encode("gb18030")[:7]], 7))
        == "gb18030"
    )
    with pytest.raises(EncodingError):
        dbf_encoding("a.dbf", dbf([b"\xff\xff abc"], 8))
    with pytest.raises(FileFormatError):
        dbf_encoding("a.dbf", b"\x03\x00")


def test_a_table_is_refused_when_it_has_more_than_is_read():
    small = Limits(rows=2, columns=2)
    with pytest.raises(FileTooLargeError, match="rows is 3, the limit is 2"):
        sheet_of("a.csv", [["编号", "名称"], *(["1", "甲"],) * 3], KNOWN, small)
    with pytest.raises(FileTooLargeError, match="columns is 3, the limit is 2"):
        csv_records("a.csv", "a,b,c\n", small)


def test_households_are_known_by_their_own_words():
    assert "住房性质" in known_words(HOUSEHOLDS, Mapping(columns={"tenure": "住房性质*"}))
