"""A share that never travels without what it is a share of."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Rate:
    """A numerator over a denominator whose origin is told.

    The same 82,247 people are 6.47 % of the registered and 7.27 % of the resident population: a rate is
    only worth comparing with the source of its denominator beside it.

    Attributes
    ----------
    source
        Where the denominator comes from.
    as_of
        Day of the denominator, None where the source does not say.
    unknown
        How many of the denominator nothing is known about; they are not in the numerator.
    """

    numerator: float
    denominator: float
    source: str
    as_of: date | None = None
    unknown: float = 0

    @property
    def value(self) -> float | None:
        """The share, None when there is nothing to be a share of."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def at_most(self) -> float | None:
        """The share if all that is unknown counted, None when there is nothing to be a share of."""
        return (self.numerator + self.unknown) / self.denominator if self.denominator else None
