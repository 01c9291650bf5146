"""Tells in which encoding a text file or a dBASE table is written, without ever guessing silently.

The order is: byte-order mark, what was declared (`--encoding` or a .cpg), strict UTF-8, strict GB18030;
where none fits, the user is asked. What a reader would question is that nothing else is tried: Big5 and
Latin-1 accept each other's bytes, so they have to be declared.
"""

import codecs
import struct

from gis.errors import EncodingError, FileFormatError

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
TOLD = ("utf-8", "gb18030")


def decoded(name: str, content: bytes, declared: str | None = None) -> tuple[str, str]:
    """Return the text of a file and the encoding that was used.

    Raises
    ------
    EncodingError
        The declared encoding is unknown or does not fit, or none can be told.
    """
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return _strictly(name, content, encoding), encoding
    if declared:
        return _strictly(name, content, declared), declared
    for encoding in TOLD:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise EncodingError(name, "the text is neither UTF-8 nor GB18030")


def dbf_encoding(name: str, content: bytes) -> str:
    """Return the encoding of a dBASE table without .cpg: strict UTF-8 or strict GB18030.

    A text that fills its field may end within a character; that is allowed.

    Raises
    ------
    EncodingError
        The texts are in neither.
    FileFormatError
        The table is cut short.
    """
    if len(content) < 33:
        raise FileFormatError(name, "the .dbf is cut short", "copy the file again")
    _, head, width = struct.unpack_from("<IHH", content, 4)
    fields, offset = [], 1
    for at in range(32, min(head - 1, len(content) - 31), 32):
        size = content[at + 16]
        if content[at + 11 : at + 12] == b"C":
            fields.append((offset, size))
        offset += size
    body = content[head:]
    texts = [
        body[start + offset : start + offset + size].rstrip(b" \0")
        for start in range(0, len(body) - width + 1, max(width, 1))
        for offset, size in fields
    ]
    names = content[32:head].split(b"\r")[0]
    for encoding in TOLD:
        try:
            for text in (*texts, *(names[at : at + 11].split(b"\0")[0] for at in range(0, len(names), 32))):
                codecs.getincrementaldecoder(encoding)().decode(text, final=False)
        except UnicodeDecodeError:
            continue
        return encoding
    raise EncodingError(name, "the texts of the .dbf are neither UTF-8 nor GB18030")


def _strictly(name: str, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except LookupError as error:
        raise EncodingError(name, f"there is no encoding '{encoding}'") from error
    except UnicodeDecodeError as error:
        raise EncodingError(name, f"byte {error.start} is not {encoding}") from error
