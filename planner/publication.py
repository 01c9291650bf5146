"""Looks for personal facts in what is to be published: identity and certificate numbers, telephones. Pure.

Digits are found however they are written: full width, in circles, with spaces, dashes, dots or invisible
characters between them. What may be questioned: a run of 15 or more digits is refused even where its check
digit is wrong, since a misprinted number still tells whose it is; one whose middle is stars is no finding.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

# Between the digits of one number: nothing, or one or two separators that people write.
GAP = r"[\s\-._·,，、/\\\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]{0,2}"
PATTERNS = {
    "certificate": rf"(?:\d{GAP}){{17}}[\dXx]{GAP}[1-7]{GAP}[1-4](?!\d)",
    "identity": rf"(?<![\d*])(?:\d{GAP}){{17}}[\dXx]",
    "old_identity": rf"(?<![\d*])\d(?:{GAP}\d){{14}}(?![\d*])",
    "mobile": rf"(?<![\d*])(?:(?:\+|00)?86{GAP})?1{GAP}[3-9](?:{GAP}\d){{9}}(?![\d*])",
    "landline": rf"(?<![\d*])0\d{{2,3}}{GAP}[2-8](?:{GAP}\d){{6,7}}(?![\d*])",
}
FOUND = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
SHORTEST_SECRET = 2  # a name of one character would be found everywhere


@dataclass(frozen=True)
class Leak:
    """Something personal in a text: what kind, and how many characters before it; never the thing itself."""

    kind: str
    at: int


def leaks(text: str, *, secrets: Iterable[str] = (), allowed: Iterable[str] = ()) -> list[Leak]:
    """Return what must not be published, in the order of the text.

    Parameters
    ----------
    secrets
        Names, numbers and addresses of the people concerned, in clear: none may stand in the text whole.
    allowed
        Texts that are meant to be public, such as the telephone of the office.
    """
    plain = unicodedata.normalize("NFKC", text)
    for phrase in allowed:
        known = unicodedata.normalize("NFKC", phrase)
        if known:
            plain = plain.replace(known, "\N{SYMBOL FOR DELETE}" * len(known))
    found = {(match.start(), kind) for kind, pattern in FOUND.items() for match in pattern.finditer(plain)}
    for secret in secrets:
        sought = unicodedata.normalize("NFKC", secret).strip()
        if len(sought) >= SHORTEST_SECRET and "*" not in sought:
            found |= {(match.start(), "known") for match in re.finditer(re.escape(sought), plain)}
    return [Leak(kind, at) for at, kind in sorted(found)]
