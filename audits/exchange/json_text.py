"""JSON of other systems as Python values, its size and nesting checked before a parser sees it.

Reading may be lenient, since published examples have trailing commas; what is accepted so is that comma
and nothing else. Writing is always strict.
"""

import json
import re
from pathlib import Path
from typing import Any

import orjson

from gis.encodings import decoded
from gis.errors import FileFormatError
from gis.limits import Limits, check_depth, check_limit

_STRING_OR_COMMA = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|,(?=\s*[}\]])', re.DOTALL)


def read_json(path: Path, limits: Limits | None = None, *, lenient: bool = False) -> Any:  # noqa: ANN401 - JSON is anything
    """Return what a JSON file holds.

    Raises
    ------
    FileFormatError
        It is absent or no JSON.
    FileTooLargeError
        It is larger or nests deeper than is read.
    EncodingError
        The text is in no encoding that can be told.
    """
    limits = limits or Limits()
    if not path.is_file():
        raise FileFormatError(path.name, "there is no such file", "check the path")
    check_limit(path.name, "the size in bytes", path.stat().st_size, limits.file_bytes)
    text, _ = decoded(path.name, path.read_bytes())
    return parsed(path.name, text, limits, lenient=lenient)


def parsed(name: str, text: str, limits: Limits | None = None, *, lenient: bool = False) -> Any:  # noqa: ANN401 - see above
    """Return what a JSON text holds; a `lenient` reading allows a comma before a closing bracket.

    Raises
    ------
    FileFormatError
        It is no JSON.
    FileTooLargeError
        It nests deeper than is read.
    """
    check_depth(name, text.encode(), (limits or Limits()).depth)
    if lenient:
        text = _STRING_OR_COMMA.sub(lambda found: found[1] or "", text)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FileFormatError(name, f"is no JSON ({error})", "export it again") from error


def write_json(value: object, path: Path) -> None:
    """Write a value as strict JSON in UTF-8, indented, so that two exports can be compared.

    Raises
    ------
    FileFormatError
        A figure is not finite, which JSON cannot say.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    except ValueError as error:
        raise FileFormatError(path.name, f"cannot hold a value ({error})") from error
    path.write_text(text + "\n", encoding="utf-8")
