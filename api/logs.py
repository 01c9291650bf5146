"""What is noted of every request: one line of JSON and three figures, none of them personal.

A line names the route, not the address that was asked, since an address may hold an id or a search; the role,
not the name; and of a crash the class and the places in the code, not its message, which may hold a row. What
may be questioned: the address of the caller is not noted either; the trail names who did what.
"""

import sys
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

FRAMES = 12  # of a crash, the innermost
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def logger(out: TextIO | None = None) -> Any:  # noqa: ANN401 - of structlog, which types it so
    """Return what writes lines of JSON, to standard error where nothing else is said."""
    return structlog.wrap_logger(
        structlog.PrintLogger(out or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def crash(error: BaseException) -> Mapping[str, Any]:
    """Return what may be noted of an error that nobody foresaw."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    places = [f"{frame.filename.rsplit('/', 3)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": f"{type(error).__module__}.{type(error).__qualname__}", "at": places}


class Figures:
    """The figures of one service, for Prometheus."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("tantu_requests", "Answers", labels, registry=self.registry)
        self._seconds = Histogram(
            "tantu_request_seconds", "Time to the end of an answer", ("method", "route"),
            buckets=BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._crashes = Counter("tantu_crashes", "Requests that crashed", registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def crashed(self) -> None:
        """Count a crash."""
        self._crashes.inc()

    def text(self) -> bytes:
        """Return the figures as Prometheus reads them."""
        return generate_latest(self.registry)
