"""Texts without upper case and without accents, for searches that do not mind them. Pure."""

import re
import unicodedata

_MARKS = re.compile("[\u0300-\u036f]")


def lowered(text: str) -> str:
    """Return a text in lower case, by the rules of Unicode."""
    return text.lower()


def unaccented(text: str) -> str:
    """Return a text without the marks that combine with a letter (ș becomes s, ø stays)."""
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text)))
