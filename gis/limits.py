"""What an import refuses to read, decided from sizes and bytes before any parser sees the content.

The figures are those of a public upload; whoever imports a larger file of their own hands in other
`Limits`. The decision a reader would question is that nesting and spreadsheet extent are counted on the
raw bytes: a parser would have to survive the content first, and shapely and spreadsheet readers do not.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from zipfile import ZipInfo

import numpy as np

from gis.errors import FileFormatError, FileTooLargeError

MB = 1_000_000
SPARE_ROWS = 50  # titles, headers and signatures around the rows of a table

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NOT_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")
_CELL = re.compile(rb"""\br=["']([A-Z]{0,7})([0-9]{1,12})["']""")
_REFERENCE = re.compile(rb"""\bt=["']s["'][^>]*>\s*<(?:\w+:)?v>([0-9]{1,9})<""")
_ARCHIVES = (".zip", ".gz", ".bz2", ".7z", ".rar", ".tar", ".xz", ".kmz")


@dataclass(frozen=True)
class Limits:
    """Largest sizes that are read.

    Attributes
    ----------
    file_bytes, unpacked_bytes
        Size of the file, and of everything in an archive.
    unpacked_ratio
        Unpacked to packed size of an archive larger than a megabyte unpacked.
    rows, columns
        Of a table (CSV, XLSX).
    features, properties, vertices
        Of a vector file; vertices are counted for each feature.
    depth
        Of nested JSON.
    text
        Characters in one cell.
    """

    file_bytes: int = 200 * MB
    unpacked_bytes: int = 200 * MB
    unpacked_ratio: int = 100
    entries: int = 1_000
    rows: int = 100_000
    columns: int = 200
    features: int = 1_000_000
    properties: int = 200
    vertices: int = 100_000
    depth: int = 32
    text: int = 10_000


def check_limit(name: str, what: str, found: int, limit: int) -> None:
    """Refuse a file in which something is larger than its limit.

    Raises
    ------
    FileTooLargeError
        It is.
    """
    if found > limit:
        raise FileTooLargeError(name, what, found, limit)


def check_depth(name: str, content: bytes, limit: int) -> None:
    """Refuse JSON that nests deeper than a parser or shapely would survive.

    Raises
    ------
    FileTooLargeError
        Objects and arrays nest deeper than `limit`.
    """
    brackets = _STRING.sub(b"", content).translate(None, _NOT_BRACKETS)
    if not brackets:
        return
    codes = np.frombuffer(brackets, dtype=np.uint8)
    steps = np.where((codes == ord("[")) | (codes == ord("{")), np.int8(1), np.int8(-1))
    deepest = int(np.cumsum(steps, dtype=np.int64).max())
    check_limit(name, "the nesting of the JSON", deepest, limit)


def check_archive(name: str, entries: Iterable[ZipInfo], limits: Limits) -> None:
    """Refuse an archive that unpacks to more than it should, nests or climbs out of its folder.

    The sizes are those that the archive declares; a reader must not read more than declared.

    Raises
    ------
    FileTooLargeError
        Too many entries, too large unpacked, or too large for its packed size.
    FileFormatError
        It holds another archive, an encrypted entry, or a path that leaves the folder.
    """
    infos = list(entries)
    check_limit(name, "the number of entries", len(infos), limits.entries)
    unpacked = sum(info.file_size for info in infos)
    check_limit(name, "the unpacked size in bytes", unpacked, limits.unpacked_bytes)
    if unpacked > MB:
        ratio = unpacked // max(sum(info.compress_size for info in infos), 1)
        check_limit(name, "the ratio of unpacked to packed size", ratio, limits.unpacked_ratio)
    for info in infos:
        if info.filename.lower().endswith(_ARCHIVES):
            raise FileFormatError(name, f"holds another archive ({info.filename})", "unpack that one first")
        if info.flag_bits & 1:
            raise FileFormatError(name, "is protected by a password", "save it without one")
        if info.filename.startswith(("/", "\\")) or ".." in re.split(r"[\\/]", info.filename):
            raise FileFormatError(name, f"holds the unsafe path {info.filename[:80]}", "pack it anew")


def string_lengths(name: str, xml: bytes) -> list[int]:
    """Return the bytes of each shared string of a workbook (its `xl/sharedStrings.xml`, may be empty).

    Raises
    ------
    FileFormatError
        The XML has a document type, which no spreadsheet program writes.
    """
    _check_plain_xml(name, xml)
    return [len(item) for item in re.split(rb"<(?:\w+:)?si[ >]", xml)[1:]]


def check_sheet(name: str, xml: bytes, lengths: list[int], limits: Limits) -> None:
    """Refuse a worksheet whose cells span or hold more than is read.

    A single cell at XFD1048576 makes a reader fill 17 billion cells, and one long shared string may
    stand in a million cells, so addresses and references are added up before.

    Raises
    ------
    FileTooLargeError
        A cell lies beyond the row or column limit, or the texts of all cells are too large together.
    FileFormatError
        The XML has a document type, which no spreadsheet program writes.
    """
    _check_plain_xml(name, xml)
    letters, rows = set(), 0
    for column, row in _CELL.findall(xml):
        letters.add(column)
        rows = max(rows, int(row))
    columns = max((_column_number(word) for word in letters), default=0)
    check_limit(name, "the number of columns", columns, limits.columns)
    check_limit(name, "the number of rows", rows, limits.rows + SPARE_ROWS)
    references = Counter(_REFERENCE.findall(xml))
    texts = sum(
        lengths[int(number)] * times for number, times in references.items() if int(number) < len(lengths)
    )
    check_limit(name, "the size of the texts in bytes", texts, limits.unpacked_bytes)


def _check_plain_xml(name: str, xml: bytes) -> None:
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise FileFormatError(name, "holds an XML document type", "save it again from a spreadsheet program")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
