"""Reads a filter in CQL2 JSON, whose tree is the one that text is read into."""

from typing import Any

import orjson

from api.ogc.cql2.words import DEEPEST
from gis.errors import InputError, TantuError
from gis.limits import check_depth

# An operation is an object that holds a list: two brackets a level.
DEEPEST_JSON = 2 * DEEPEST


def parse_json(text: str) -> Any:  # noqa: ANN401  a tree of JSON
    """Return the tree of a filter in CQL2 JSON.

    Raises
    ------
    InputError
        It is no JSON, or nests too deeply.
    """
    content = text.encode()
    try:
        check_depth("filter", content, DEEPEST_JSON)
    except TantuError as error:
        raise InputError(f"filter: it nests deeper than {DEEPEST}.") from error
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InputError(f"filter: it is not well-formed JSON ({error}).") from error
