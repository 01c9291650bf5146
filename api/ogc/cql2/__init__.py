"""Filters in CQL2 (OGC 21-065r2): text and JSON become one tree, and the tree becomes a condition.

The tree is CQL2 JSON as the standard writes it, whichever way a filter came. What may be questioned: the
parser is our own, since a kept one overflows the stack on 2,000 parentheses and none answers all of the
official predicates on both databases; length and depth are checked before anything is parsed.
"""

from typing import Any

from api.ogc.cql2.text import parse_text
from api.ogc.cql2.tree import parse_json
from gis.errors import InputError

LONGEST_BYTES = 2_048
LANGUAGES = ("cql2-text", "cql2-json", "cql-text")

Tree = Any  # of JSON: an object, a list, a text, a number, yes, no or nothing


def parse(filter_text: str, language: str) -> Tree:
    """Return the tree of a filter.

    Parameters
    ----------
    language
        One of `LANGUAGES`; `cql-text` is what GDAL writes, a part of CQL2 text.

    Raises
    ------
    InputError
        The filter is too long, nests too deeply or is not well formed; the message says where.
    """
    size = len(filter_text.encode())
    if size > LONGEST_BYTES:
        raise InputError(f"filter: it has {size:,} bytes, the limit is {LONGEST_BYTES:,}.")
    if "\0" in filter_text:
        raise InputError("filter: it holds a character that no text may hold (NUL).")
    if language == "cql2-json":
        return parse_json(filter_text)
    return parse_text(filter_text)
