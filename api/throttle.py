"""How often one address or one account may do something, counted in this process (`limits`).

What may be questioned: the counts are in memory and forgotten on a restart. What must outlast one, the
waiting after failed passwords, is in the database (`api.accounts`); this is the coarser net in front of it.
"""

import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from gis.errors import ThrottledError

ANSWERS = (parse("1/day"), parse("20/hour"))  # of one address: about one place, and about all
LOGINS = parse("30/15 minutes")  # of one address: an office behind one address signs in every morning
PASSWORDS = parse("10/15 minutes")  # of one account: whoever finds an open session must not guess on


class Throttle:
    """The counts of one service."""

    def __init__(self) -> None:
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, limit: RateLimitItem, *who: str) -> None:
        """Count one more, for instance `throttle.hit(LOGINS, "login", address)`.

        Raises
        ------
        ThrottledError
            There were too many already.
        """
        if not self._windows.hit(limit, *who):
            until = self._windows.get_window_stats(limit, *who).reset_time
            raise ThrottledError(int(until - time.time()) + 1)
