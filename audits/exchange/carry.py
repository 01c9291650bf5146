"""What an exchange could not carry over: counted, named and told, never dropped in silence. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Uncarried:
    """One kind of thing that stayed behind.

    Attributes
    ----------
    what
        Column, field or kind of row as the source calls it.
    count
        How many values or rows.
    why
        A code; its words are `carry.<why>` of the section `audits`.
    """

    what: str
    count: int
    why: str


@dataclass(frozen=True)
class CarryReport:
    """What an exchange wrote or read, and what it left behind, the most frequent first."""

    format: str
    carried: int
    uncarried: tuple[Uncarried, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing was left behind."""
        return not self.uncarried


def report(format_name: str, carried: int, lost: Mapping[tuple[str, str], int]) -> CarryReport:
    """Return a report from counts by (what, why); counts of 0 are left out."""
    ordered = sorted(Counter(lost).items(), key=lambda entry: (-entry[1], entry[0]))
    left = tuple(Uncarried(what, count, why) for (what, why), count in ordered if count)
    return CarryReport(format_name, carried, left)
