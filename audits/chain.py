"""One hash chain over digests: what was once recorded cannot be changed, moved or taken out unseen.

What may be questioned: the chain holds digests only, never the records themselves, so that an export can
be handed to anybody and a record may lawfully be erased while the chain still verifies. The end of a chain
can be cut off without a trace inside it; that shows against a head (count and digest) noted elsewhere,
such as an earlier export.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gis.errors import FileFormatError

GENESIS = "0" * 64
TITLE = "tantu-chain 1"


@dataclass(frozen=True)
class Link:
    """One place of the chain: the digest of a record, and of that together with all before it."""

    position: int  # from 1
    content: str
    digest: str


@dataclass(frozen=True)
class Fault:
    """What is wrong at a position: `missing`, `order`, `digest`, `content`, `head` or `foreign`."""

    position: int
    why: str


def content_digest(facts: Mapping[str, object]) -> str:
    """Return the SHA-256 of a record in its canonical form (JSON, sorted keys, no spaces, UTF-8).

    Raises
    ------
    TypeError
        A value is none of JSON; dates are written as ISO 8601 before.
    """
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def link_digest(before: str, position: int, content: str) -> str:
    """Return the digest of a link from that of the link before it."""
    return hashlib.sha256(f"{before}\n{position}\n{content}".encode()).hexdigest()


def appended(last: Link | None, contents: Iterable[str]) -> list[Link]:
    """Return the links that follow `last` for the digests of new records, in their order."""
    position, digest = (last.position, last.digest) if last else (0, GENESIS)
    links = []
    for content in contents:
        position += 1
        digest = link_digest(digest, position, content)
        links.append(Link(position, content, digest))
    return links


def verified(links: Sequence[Link], *, head: Link | None = None) -> list[Fault]:
    """Return every fault of a chain, none where it is whole; an empty chain is whole.

    Parameters
    ----------
    links
        In the order they are kept.
    head
        A link noted elsewhere that must be in the chain as it was.
    """
    faults = []
    before = GENESIS
    for expected, link in enumerate(links, 1):
        if link.position != expected:
            faults.append(Fault(expected, "missing" if link.position > expected else "order"))
            return faults  # every later position would only repeat it
        if link.digest != link_digest(before, link.position, link.content):
            faults.append(Fault(link.position, "digest"))
        before = link.digest
    if head is not None and (head.position > len(links) or links[head.position - 1] != head):
        faults.append(Fault(head.position, "head"))
    return faults


def verified_export(links: Sequence[Link], head: Link | None) -> list[Fault]:
    """Return every fault of a written chain, whose title must name its very last link."""
    faults = verified(links, head=head)
    if not faults and len(links) != (head.position if head else 0):
        return [Fault(len(links), "head")]
    return faults


def continued(earlier: Sequence[Link], later: Sequence[Link]) -> list[Fault]:
    """Return where a chain no longer begins with an earlier export of itself."""
    return [
        Fault(link.position, "missing" if number >= len(later) else "foreign")
        for number, link in enumerate(earlier)
        if number >= len(later) or later[number] != link
    ]


def faults_of_contents(links: Sequence[Link], contents: Mapping[int, str]) -> list[Fault]:
    """Return the positions whose record is gone or is no longer what was recorded.

    Parameters
    ----------
    contents
        The digests of the records as they are now, by position.
    """
    faults = [
        Fault(link.position, "missing" if link.position not in contents else "content")
        for link in links
        if contents.get(link.position) != link.content
    ]
    known = {link.position for link in links}
    return faults + [Fault(position, "foreign") for position in sorted(set(contents) - known)]


def written(links: Sequence[Link]) -> str:
    """Return a chain as text: a title with its head, then one link a line."""
    head = links[-1].digest if links else GENESIS
    lines = [f"{TITLE}\t{len(links)}\t{head}"]
    lines += [f"{link.position}\t{link.content}\t{link.digest}" for link in links]
    return "\n".join(lines) + "\n"


def read(text: str, name: str = "chain") -> tuple[list[Link], Link | None]:
    """Return the links of a written chain and the head its title names (None for an empty chain).

    Raises
    ------
    FileFormatError
        It is no written chain; the message names the line.
    """
    lines = text.splitlines()
    title = lines[0].split("\t") if lines else []
    if len(title) != 3 or title[0] != TITLE or not title[1].isdecimal():
        raise FileFormatError(name, f"line 1 is not '{TITLE}' with a count and a digest")
    links = []
    for number, line in enumerate(lines[1:], 2):
        parts = line.split("\t")
        if len(parts) != 3 or not parts[0].isdecimal():
            raise FileFormatError(name, f"line {number} is not position, content and digest")
        links.append(Link(int(parts[0]), parts[1], parts[2]))
    count = int(title[1])
    if not count:
        return links, None
    content = links[count - 1].content if count <= len(links) else ""
    return links, Link(count, content, title[2])
